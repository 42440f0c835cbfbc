//! Turn the hue, as CSS `hue-rotate()` does
//! (W3C Filter Effects Module Level 1, <https://www.w3.org/TR/filter-effects-1/#huerotateEquivalent>);
//! the matrix is that of `feColorMatrix` with its luma weights 0.213, 0.715, 0.072.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Integers saturate,
//! floats keep what lies outside of 0 to 1. Alpha is left alone. Gray pictures have no hue and stay what they are.

use serde::{Deserialize, Serialize};

use super::matrix;
use super::{Cost, OpInfo, Operation, Value};
use crate::params::Params;
use crate::pipeline::point::Point;

/// Turns the hue of colours; their luma stays.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Hue {
    /// -3600 to 3600; whole turns change nothing.
    pub degrees: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "hue",
    aliases: &["hue-rotate"],
    value: Value::Needed("DEGREES"),
    summary: "turn hues, luma staying what it is",
    details: "DEGREES, -3600 to 3600: how far; 120 makes green of red, 360 changes nothing.",
    example: "40",
    cost: Cost::Light,
    elsewhere: "CSS `hue-rotate()`; ImageMagick `-modulate 100,100,N` and sharp `modulate({hue})` in other spaces",
    parse: |text, _| {
        let mut params = Params::new("hue", text);
        let degrees = params.need_number("degrees", "degrees such as `40`", -3600.0..=3600.0)?;
        params.finish()?;
        Ok(Hue { degrees }.into())
    },
};

/// What each of red, green and blue is made of: for any angle, by its cosine, by its sine.
const PARTS: [[[f64; 3]; 3]; 3] = [
    [
        [0.213, 0.715, 0.072],
        [0.787, -0.715, -0.072],
        [-0.213, -0.715, 0.928],
    ],
    [
        [0.213, 0.715, 0.072],
        [-0.213, 0.285, -0.072],
        [0.143, 0.140, -0.283],
    ],
    [
        [0.213, 0.715, 0.072],
        [-0.213, -0.715, 0.928],
        [-0.787, 0.715, 0.072],
    ],
];

impl Operation for Hue {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.degrees.to_string()
    }

    fn point(&self) -> Option<Point> {
        if (self.degrees % 360.0).abs() <= 0.0 {
            return Some(Point::nothing());
        }
        let (sine, cosine) = self.degrees.to_radians().sin_cos();
        let turn = PARTS.map(|[any, cosines, sines]| {
            [0, 1, 2].map(|at| any[at] + cosine * cosines[at] + sine * sines[at])
        });
        Some(Point::encoded(vec![matrix::stage_of_colors(turn)]))
    }
}
