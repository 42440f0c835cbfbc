//! Make the picture brighter or darker by stops, as a camera does: each stop is twice the light.
//!
//! It works on linear light (IEC 61966-2-1 for sRGB-encoded pictures), where twice the light is twice the value. Integers
//! saturate, floats keep what lies above white.

use serde::{Deserialize, Serialize};

use super::{Cost, OpInfo, Operation, Value};
use crate::params::Params;
use crate::pipeline::point::{Point, Stage, narrow};

/// Multiplies the light by a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// -20 to 20; 0 changes nothing.
    pub stops: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "exposure",
    aliases: &[],
    value: Value::Needed("STOPS"),
    summary: "make brighter or darker by stops, in linear light",
    details: "STOPS, -20 to 20: 1 is twice the light, -1 is half of it, 0 changes nothing.",
    example: "0.7",
    cost: Cost::Light,
    elsewhere: "exposure of raw converters (Lightroom, darktable); ImageMagick `-evaluate multiply` in linear light",
    parse: |text, _| {
        let mut params = Params::new("exposure", text);
        let stops = params.need_number("stops", "a number of stops such as `0.7`", -20.0..=20.0)?;
        params.finish()?;
        Ok(Exposure { stops }.into())
    },
};

impl Operation for Exposure {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.stops.to_string()
    }

    fn point(&self) -> Option<Point> {
        if self.stops.abs() <= 0.0 {
            return Some(Point::nothing());
        }
        let factor = narrow(self.stops.exp2());
        Some(Point::linear(vec![Stage::curve(move |light| {
            light * factor
        })]))
    }
}
