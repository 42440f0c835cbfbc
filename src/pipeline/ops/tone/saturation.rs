//! Raise or lower the saturation, as CSS `saturate()` does
//! (W3C Filter Effects Module Level 1, <https://www.w3.org/TR/filter-effects-1/#saturateEquivalent>);
//! the matrix is that of `feColorMatrix` with its luma weights 0.213, 0.715, 0.072.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Integers saturate,
//! floats keep what lies outside of 0 to 1. Alpha is left alone. Gray pictures have no
//! saturation and stay what they are.

use serde::{Deserialize, Serialize};

use super::matrix;
use super::params::parse_factor;
use super::{Cost, OpInfo, Operation, Value};
use crate::pipeline::point::{Point, is_one};

/// Multiplies the distance of the colours from their own luma.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Saturation {
    /// 0 to 100; 1 changes nothing.
    pub factor: f64,
}

/// What red, green and blue have of luma there.
const LUMA: [f64; 3] = [0.213, 0.715, 0.072];

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
        let row = |own: usize| {
            let rest = LUMA.map(|weight| (1.0 - self.factor) * weight);
            let with_own = |at: usize| rest[at] + if at == own { self.factor } else { 0.0 };
            [0, 1, 2].map(with_own)
        };
        let saturate = matrix::stage_of_colors([0, 1, 2].map(row));
        Some(Point::encoded(vec![saturate]))
    }
}
