//! Spread values so that each of them is about as frequent: histogram equalization
//! (R. C. Gonzalez and R. E. Woods, "Digital Image Processing", 3.3), with the darkest value at black as `OpenCV` has it.
//!
//! Of colours luma (Rec. ITU-R BT.709) is equalized, and what is added to it is added to red, green and blue alike. It works on
//! sRGB-encoded values; pictures in linear light are encoded for it and decoded again. What cannot be seen has no say, and
//! alpha is left alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::stretch::{Look, by_histogram};
use super::{Cost, Image, Layout, OpError, OpInfo, Operation, Value};
use crate::params::Params;
use crate::pipeline::histogram::{self, Histogram};
use crate::pipeline::luma::luma;
use crate::pipeline::point::{self, Map, Point, Stage};

/// Makes all values about as frequent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equalize {
    /// Whether red, green and blue are equalized apart from each other.
    pub each: bool,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "equalize",
    aliases: &[],
    value: Value::Optional("each"),
    summary: "spread values until all are as frequent",
    details: "each: equalize red, green and blue apart from each other, which changes hues; without it their luma.",
    example: "each",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-equalize`, OpenCV `equalizeHist`, Pillow `ImageOps.equalize` and libvips `hist_equal` (each)",
    parse: |text, _| {
        let mut params = Params::new("equalize", text);
        let each = params.take_flag("each");
        params.finish()?;
        Ok(Equalize { each }.into())
    },
};

/// What part of the picture is darker, for each place: 0 at the darkest that there is, 1 at the brightest.
struct Ranks {
    parts: Vec<f32>,
    low: f32,
    high: f32,
}

impl Ranks {
    /// `None` where there is one value only.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "parts of a count"
    )]
    fn new(histogram: &Histogram) -> Option<Self> {
        let counts = histogram.counts();
        let darkest = *counts.iter().find(|count| **count > 0)?;
        let others = histogram.total() - darkest;
        if others == 0 {
            return None;
        }
        let mut below = 0;
        let ranks = counts.iter().map(|count| {
            below += count;
            (below.saturating_sub(darkest) as f64 / others as f64) as f32
        });
        let parts = ranks.collect();
        let (low, high) = histogram.range();
        Some(Self { parts, low, high })
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the places there are"
    )]
    fn at(&self, value: f32) -> f32 {
        let last = self.parts.len() - 1;
        let part = (value - self.low) / (self.high - self.low);
        let place = part.clamp(0.0, 1.0) * last as f32;
        let before = (place as usize).min(last - 1);
        let (less, more) = (self.parts[before], self.parts[before + 1]);
        less + (place - before as f32) * (more - less)
    }
}

impl Operation for Equalize {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        if self.each { "each" } else { "" }.to_owned()
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        histogram::SCRATCH
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.each || image.raster.channels().is_gray() {
            return Ok(by_histogram(image, Look::Each, |histogram| {
                let ranks = Ranks::new(histogram)?;
                Some(Arc::new(move |value| ranks.at(value)) as Arc<Map>)
            }));
        }
        let Some(ranks) = Ranks::new(&histogram::of_luma(&image, luma)) else {
            return Ok(image);
        };
        let shift = Stage::mix(move |colors| {
            let luma = luma(colors);
            let shift = ranks.at(luma) - luma;
            colors.map(|value| value + shift)
        });
        Ok(point::apply(&[Point::encoded(vec![shift])], image))
    }
}
