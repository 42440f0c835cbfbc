//! Change lightness, chroma and hue in Oklch, where each of them can be changed without the others seeming to change
//! (B. Ottosson, "A perceptual color space for image processing", 2020; CSS Color Module Level 4, `oklch()`).
//!
//! It works on linear light. Colours that sRGB cannot show are cut off in integers; floats keep them. Alpha is left alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::oklab::Change;
use super::{Cost, Op, OpDefaults, OpInfo, Operation, ParseOpError, Value};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::point::{Point, Stage, is_one, narrow};

/// Multiplies lightness and chroma, turns hues.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Modulate {
    /// What lightness is multiplied by: 0 to 100.
    pub brightness: f64,
    /// What chroma is multiplied by: 0 to 100.
    pub saturation: f64,
    /// How far hues are turned: -3600 to 3600 degrees.
    pub hue: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "modulate",
    aliases: &[],
    value: Value::Needed("PARAMETERS"),
    summary: "change lightness, saturation and hue, as the eye sees them",
    details: "brightness=B, 0 to 100: what lightness (of Oklch) is multiplied by; default 1.\n\
              saturation=S, 0 to 100: what chroma is multiplied by; default 1.\n\
              hue=H, -3600 to 3600 degrees: how far hues are turned; default 0.",
    example: "brightness=1.1,saturation=1.3,hue=15",
    cost: Cost::Medium,
    elsewhere: "ImageMagick `-modulate 110,130,N` (in HSL), sharp `modulate()` (in CIE LCh)",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("modulate", text);
    if text.is_empty() {
        let what = "parameters such as `saturation=1.3`";
        return Err(params.error(ParamError::Missing(what)).into());
    }
    let brightness = params.number("brightness", 1.0, 0.0..=100.0)?;
    let saturation = params.number("saturation", 1.0, 0.0..=100.0)?;
    let hue = params.number("hue", 0.0, -3600.0..=3600.0)?;
    params.finish()?;
    Ok(Op::Modulate(Modulate {
        brightness,
        saturation,
        hue,
    }))
}

impl Operation for Modulate {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.brightness.to_string();
        push_unless(&mut parts, "saturation", self.saturation, 1.0);
        push_unless(&mut parts, "hue", self.hue, 0.0);
        parts
    }

    fn point(&self) -> Option<Point> {
        let same_hue = (self.hue % 360.0).abs() <= 0.0;
        if is_one(self.brightness) && is_one(self.saturation) && same_hue {
            return Some(Point::nothing());
        }
        let (sine, cosine) = self.hue.to_radians().sin_cos();
        let [brightness, along, across] = [
            self.brightness,
            self.saturation * cosine,
            self.saturation * sine,
        ]
        .map(narrow);
        let change = Change {
            rows: [
                [brightness, 0.0, 0.0],
                [0.0, along, -across],
                [0.0, across, along],
            ],
            offsets: [0.0; 3],
        };
        let stage = if is_one(self.brightness) {
            Stage::MixOfColors(Arc::new(change))
        } else {
            Stage::Mix(Arc::new(change))
        };
        Some(Point::linear(vec![stage]))
    }
}
