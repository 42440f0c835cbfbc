//! Raise or lower the saturation, as CSS `saturate()` does
//! (W3C Filter Effects Module Level 1, <https://www.w3.org/TR/filter-effects-1/#saturateEquivalent>);
//! the matrix is that of `feColorMatrix` with its luma weights 0.213, 0.715, 0.072.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Integers saturate,
//! floats keep what lies outside of 0 to 1. Alpha is left alone. Gray pictures have no
//! saturation and stay what they are.

use serde::{Deserialize, Serialize};

use super::params::parse_factor;
use super::{Cost, OpInfo, Operation, Value};
use crate::pipeline::point::{Point, Stage, is_one, narrow};

/// Multiplies the distance of the colours from their own luma.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Saturation {
    /// 0 to 100; 1 changes nothing.
    pub factor: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "saturation",
    aliases: &[],
    value: Value::Needed("FACTOR"),
    summary: "make colours stronger or paler",
    details: "FACTOR, 0 to 100: what the distance from gray is multiplied by.\n0 is gray (in colour channels), 1 changes nothing, 2 is twice the saturation.",
    example: "1.2",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-modulate 100,N` and sharp `modulate({saturation})` in other spaces, CSS `saturate()`",
    parse: |text, _| {
        let factor = parse_factor("saturation", text)?;
        Ok(Saturation { factor }.into())
    },
};

impl Operation for Saturation {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.factor.to_string()
    }

    fn point(&self) -> Option<Point> {
        if is_one(self.factor) {
            return Some(Point::nothing());
        }
        let factor = narrow(self.factor);
        let saturate = Stage::mix_of_colors(move |[red, green, blue]| {
            let luma = 0.213 * red + 0.715 * green + 0.072 * blue;
            [red, green, blue].map(|value| luma + factor * (value - luma))
        });
        Some(Point::encoded(vec![saturate]))
    }
}
