//! Raise values to a power: `value ^ (1 / gamma)`, as gamma corrections of displays were made
//! (C. Poynton, "The rehabilitation of gamma", 1998), and as `ImageMagick` has it.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Floats below 0 become what
//! those above it do, with their sign. Alpha is left alone.

use serde::{Deserialize, Serialize};

use super::{Cost, OpInfo, Operation, Value};
use crate::params::Params;
use crate::pipeline::point::{Point, Stage, is_one, narrow};

/// Raises the colours to the power of `1 / gamma`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gamma {
    /// 0.01 to 100; 1 changes nothing.
    pub gamma: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "gamma",
    aliases: &[],
    value: Value::Needed("GAMMA"),
    summary: "lighten or darken what is between black and white",
    details: "GAMMA, 0.01 to 100: values become `value ^ (1 / GAMMA)`.\n\
              More than 1 lightens, less darkens, 1 changes nothing; black and white stay.",
    example: "1.4",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-gamma`; libvips `gamma` takes the exponent; sharp's `gamma()` is undone again after resizing",
    parse: |text, _| {
        let mut params = Params::new("gamma", text);
        let gamma = params.need_number("gamma", "a gamma such as `1.4`", 0.01..=100.0)?;
        params.finish()?;
        Ok(Gamma { gamma }.into())
    },
};

impl Operation for Gamma {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.gamma.to_string()
    }

    fn point(&self) -> Option<Point> {
        if is_one(self.gamma) {
            return Some(Point::nothing());
        }
        let exponent = narrow(self.gamma.recip());
        let curve = Stage::curve(move |value| value.abs().powf(exponent).copysign(value));
        Some(Point::encoded(vec![curve]))
    }
}
