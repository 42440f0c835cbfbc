//! Raise contrast where there is little of it: contrast-limited adaptive histogram equalization (K. Zuiderveld, "Contrast
//! limited adaptive histogram equalization", Graphics Gems IV, 1994).
//!
//! Of colours luma (Rec. ITU-R BT.709) is equalized, and what is added to it is added to red, green and blue alike. It works on
//! sRGB-encoded values; pictures in linear light are encoded for it and decoded again. What cannot be seen has no say, and
//! alpha is left alone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Cost, Image, Layout, OpError, OpInfo, Operation, Value};
use crate::params::{Params, push_unless};
use crate::pipeline::clahe;

/// Makes the values of each neighbourhood about as frequent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Clahe {
    /// Neighbourhoods that the picture is divided into.
    pub tiles: Tiles,
    /// How many times as frequent as on average a value may count.
    pub clip: f64,
}

/// How many tiles there are across and down: `8x8`, or `8` for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tiles {
    /// 1 to 64.
    pub across: u8,
    /// 1 to 64.
    pub down: u8,
}

const TILES: Tiles = Tiles { across: 8, down: 8 };
const CLIP: f64 = 2.0;
const MOST: u8 = 64;

/// Tables of as many tiles as there may be.
const SCRATCH: u64 = 8 << 20;

impl fmt::Display for Tiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.across, self.down)
    }
}

/// A text that is no number of tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is one number from 1 to 64, or two such as `8x6`")]
pub struct ParseTilesError;

impl FromStr for Tiles {
    type Err = ParseTilesError;

    fn from_str(text: &str) -> Result<Self, ParseTilesError> {
        let (across, down) = text.split_once('x').unwrap_or((text, text));
        let read = |text: &str| {
            let tiles = text.parse().map_err(|_| ParseTilesError)?;
            (1..=MOST)
                .contains(&tiles)
                .then_some(tiles)
                .ok_or(ParseTilesError)
        };
        Ok(Self {
            across: read(across)?,
            down: read(down)?,
        })
    }
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "clahe",
    aliases: &[],
    value: Value::Optional("CLIP"),
    summary: "raise contrast where there is little of it",
    details: "CLIP, 1 to 256: how many times as frequent as on average a value may count, which limits how much contrast is\n\
              raised, and noise with it; default 2. 1 changes next to nothing, 256 limits nothing.\n\
              tiles=TxT, 1 to 64 each: neighbourhoods across and down, each with a histogram of its own; default 8x8.",
    example: "3,tiles=6x4",
    cost: Cost::Light,
    elsewhere: "OpenCV `createCLAHE`, ImageMagick `-clahe`, sharp `clahe` and libvips `hist_local` (take the size of a tile)",
    parse: |text, _| {
        let mut params = Params::new("clahe", text);
        let clip = params.number("clip", CLIP, 1.0..=256.0)?;
        let tiles = params.take_named("tiles")?.unwrap_or(TILES);
        params.finish()?;
        Ok(Clahe { tiles, clip }.into())
    },
};

impl Operation for Clahe {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.clip.to_string();
        push_unless(&mut parts, "tiles", self.tiles, TILES);
        parts
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        SCRATCH
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let tiles = (usize::from(self.tiles.across), usize::from(self.tiles.down));
        Ok(clahe::filter(image, tiles, self.clip))
    }
}
