//! Mirror top to bottom.

use serde::{Deserialize, Serialize};

use super::params::parse_bare;
use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout, Orientation};

/// Mirrors the picture top to bottom. Lossless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flip;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "flip",
    aliases: &[],
    value: Value::None,
    summary: "mirror top to bottom",
    details: "",
    example: "",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-flip`, sharp `flip()`, libvips `flip vertical`",
    parse: |text, _| parse_bare(Flip, "flip", text),
};

impl Operation for Flip {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn turn(&self, _: &Layout) -> Option<Orientation> {
        Some(Orientation::MirrorVertical)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        Ok(Image {
            raster: image.raster.turned(Orientation::MirrorVertical),
            ..image
        })
    }
}
