//! Multiply each colour by a factor, as CSS `brightness()` does
//! (W3C Filter Effects Module Level 1, <https://www.w3.org/TR/filter-effects-1/#brightnessEquivalent>).
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Integers saturate,
//! floats keep what lies outside of 0 to 1. Alpha is left alone.

use serde::{Deserialize, Serialize};

use super::params::parse_factor;
use super::{Cost, OpInfo, Operation, Value};
use crate::pipeline::linear::Linear;
use crate::pipeline::point::{Point, Stage, is_one, narrow};

/// Multiplies the colours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Brightness {
    /// 0 to 100; 1 changes nothing.
    pub factor: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "brightness",
    aliases: &[],
    value: Value::Needed("FACTOR"),
    summary: "make brighter or darker",
    details: "FACTOR, 0 to 100: what colours are multiplied by.\n0 is black, 1 changes nothing, 2 is twice as bright.",
    example: "1.2",
    cost: Cost::Light,
    elsewhere: "sharp `modulate({brightness})` in another space, CSS `brightness()`",
    parse: |text, _| {
        let factor = parse_factor("brightness", text)?;
        Ok(Brightness { factor }.into())
    },
};

impl Operation for Brightness {
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
            offset: 0.0,
        })
    }

    fn point(&self) -> Option<Point> {
        if is_one(self.factor) {
            return Some(Point::nothing());
        }
        let factor = narrow(self.factor);
        let curve = Stage::curve(move |value| value * factor);
        Some(Point::encoded(vec![curve]))
    }
}
