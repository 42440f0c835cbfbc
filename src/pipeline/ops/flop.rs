//! Mirror left to right.

use serde::{Deserialize, Serialize};

use super::params::parse_bare;
use super::{OpError, OpInfo, Operation};
use crate::image::{Image, Layout, Orientation};

/// Mirrors the picture left to right. Lossless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flop;

pub(super) static INFO: OpInfo = OpInfo {
    name: "flop",
    value: None,
    summary: "mirror left to right",
    details: "",
    example: "",
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
