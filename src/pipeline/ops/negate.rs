//! Replace each colour by its complement: full intensity minus the value. Alpha is left alone.
//!
//! Floats become `1 - value`, so that what lies outside of 0 to 1 survives a second negation.

use serde::{Deserialize, Serialize};

use super::params::parse_bare;
use super::{OpError, OpInfo, Operation};
use crate::image::Image;
use crate::pipeline::linear::Linear;
use crate::pipeline::point;

/// Complements the colours. Lossless for integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Negate;

pub(super) static INFO: OpInfo = OpInfo {
    name: "negate",
    value: None,
    summary: "replace colours by their complements",
    details: "",
    example: "",
    parse: |text, _| parse_bare(Negate, "negate", text),
};

impl Operation for Negate {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn linear(&self) -> Option<Linear> {
        Some(Linear::Point {
            factor: -1.0,
            offset: 1.0,
        })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let mut raster = image.raster;
        point::map_colors(&mut raster, |value| 1.0 - value);
        Ok(Image { raster, ..image })
    }
}
