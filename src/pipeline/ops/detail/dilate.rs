//! Let what is bright grow: each sample becomes the greatest of a square window (J. Serra, "Image Analysis and Mathematical
//! Morphology", 1982).
//!
//! It has one step for each bit of its side, on vectors: those of two samples make that of four, and so on. Where alpha is not the
//! same everywhere, colours are compared times alpha, so that what cannot be seen has no say.

use serde::{Deserialize, Serialize};

use super::params::parse_radius;
use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout};
use crate::pipeline::median::{self, Extreme};

/// Makes each sample the greatest of those around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dilate {
    /// How far the window reaches, in pixels; 0 changes nothing.
    pub radius: u32,
}

const RADIUS: u32 = 1;
const MOST: u32 = 127;

/// Bands of a few threads.
const SCRATCH: u64 = 32 << 20;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "dilate",
    aliases: &[],
    value: Value::Optional("RADIUS"),
    summary: "let what is bright grow, by the greatest of square windows",
    details: "RADIUS, 0 to 127, whole: how far the window reaches, in pixels: 1 is 3x3 pixels, 2 is 5x5; default 1,\n\
              0 changes nothing. Each channel by itself; beyond its edges the picture goes on as it is there.\n\
              A large radius takes little longer than a small one.",
    example: "2",
    cost: Cost::Light,
    elsewhere: "OpenCV and sharp `dilate`, ImageMagick `-morphology dilate square:N`, Pillow `MaxFilter` (takes the side)",
    parse: |text, _| {
        let radius = parse_radius("dilate", text, RADIUS, MOST)?;
        Ok(Dilate { radius }.into())
    },
};

impl Operation for Dilate {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.radius.to_string()
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        SCRATCH
    }

    fn apply(&self, mut image: Image) -> Result<Image, OpError> {
        if self.radius > 0 {
            median::extremes(&mut image.raster, self.radius as usize, Extreme::Greatest);
        }
        Ok(image)
    }
}
