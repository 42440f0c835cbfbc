//! Mirror left to right.

use serde::{Deserialize, Serialize};

use super::params::parse_bare;
use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout, Orientation};

/// Mirrors the picture left to right. Lossless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flop;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "flop",
    aliases: &[],
    value: Value::None,
    summary: "mirror left to right",
    details: "",
    example: "",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-flop`, sharp `flop()`, libvips `flip horizontal`",
    parse: |text, _| parse_bare(Flop, "flop", text),
};

impl Operation for Flop {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn turn(&self, _: &Layout) -> Option<Orientation> {
        Some(Orientation::MirrorHorizontal)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        Ok(Image {
            raster: image.raster.turned(Orientation::MirrorHorizontal),
            ..image
        })
    }
}
