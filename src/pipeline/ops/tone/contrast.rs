//! Spread the colours around middle gray, as CSS `contrast()` does
//! (W3C Filter Effects Module Level 1, <https://www.w3.org/TR/filter-effects-1/#contrastEquivalent>).
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Integers saturate,
//! floats keep what lies outside of 0 to 1. Alpha is left alone.

use serde::{Deserialize, Serialize};

use super::params::parse_factor;
use super::{Cost, OpInfo, Operation, Value};
use crate::pipeline::linear::Linear;
use crate::pipeline::point::{Point, Stage, is_one, narrow};

/// Multiplies the distance of the colours from middle gray.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// 0 to 100; 1 changes nothing.
    pub factor: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "contrast",
    aliases: &[],
    value: Value::Needed("FACTOR"),
    summary: "raise or lower the contrast",
    details: "FACTOR, 0 to 100: what the distance from middle gray is multiplied by.\n0 is all gray, 1 changes nothing, 2 is twice the contrast.",
    example: "1.2",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-brightness-contrast 0xN` (other units), CSS `contrast()`",
    parse: |text, _| {
        let factor = parse_factor("contrast", text)?;
        Ok(Contrast { factor }.into())
    },
};

impl Operation for Contrast {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.factor.to_string()
    }

    fn linear(&self) -> Option<Linear> {
        if is_one(self.factor) {
            return Some(Linear::Same);
        }
        // A larger one cuts colours off.
        (self.factor < 1.0).then_some(Linear::Point {
            factor: self.factor,
            offset: 0.5 - 0.5 * self.factor,
        })
    }

    fn point(&self) -> Option<Point> {
        if is_one(self.factor) {
            return Some(Point::nothing());
        }
        let factor = narrow(self.factor);
        let curve = Stage::curve(move |value| (value - 0.5) * factor + 0.5);
        Some(Point::encoded(vec![curve]))
    }
}
