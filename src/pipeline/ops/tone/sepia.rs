//! Tone the picture like an old photograph, as CSS `sepia()` does
//! (W3C Filter Effects Module Level 1, <https://www.w3.org/TR/filter-effects-1/#sepiaEquivalent>).
//!
//! It works on sRGB-encoded values. Gray pictures become coloured.

use serde::{Deserialize, Serialize};

use super::matrix::{self, IDENTITY};
use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::Layout;
use crate::params::Params;
use crate::pipeline::point::Point;

/// Mixes the colours with their sepia tone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sepia {
    /// 0 to 1; 0 changes nothing.
    pub amount: f64,
}

const AMOUNT: f64 = 1.0;

/// What each of red, green and blue is made of at full strength.
const TONES: [[f64; 3]; 3] = [
    [0.393, 0.769, 0.189],
    [0.349, 0.686, 0.168],
    [0.272, 0.534, 0.131],
];

pub(crate) static INFO: OpInfo = OpInfo {
    name: "sepia",
    aliases: &[],
    value: Value::Optional("AMOUNT"),
    summary: "tone like an old photograph",
    details: "AMOUNT, 0 to 1: how much of it; default 1. 0 changes nothing.",
    example: "0.8",
    cost: Cost::Light,
    elsewhere: "CSS `sepia()`; ImageMagick `-sepia-tone` is a tone of another kind",
    parse: |text, _| {
        let mut params = Params::new("sepia", text);
        let amount = params.number("amount", AMOUNT, 0.0..=1.0)?;
        params.finish()?;
        Ok(Sepia { amount }.into())
    },
};

impl Operation for Sepia {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.amount.to_string()
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let channels = layout
            .channels
            .with_gray(layout.channels.is_gray() && self.amount <= 0.0);
        Ok(Layout { channels, ..layout })
    }

    fn point(&self) -> Option<Point> {
        if self.amount <= 0.0 {
            return Some(Point::nothing());
        }
        let mut rows = IDENTITY;
        for (row, tones) in rows.iter_mut().zip(TONES) {
            for (weight, tone) in row.iter_mut().zip(tones) {
                *weight += self.amount * (tone - *weight);
            }
        }
        Some(Point::encoded(vec![matrix::stage(&rows)]))
    }
}
