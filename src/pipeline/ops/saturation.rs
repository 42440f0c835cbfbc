//! Raise or lower the saturation, as CSS `saturate()` does
//! (W3C Filter Effects Module Level 1, <https://www.w3.org/TR/filter-effects-1/#saturateEquivalent>);
//! the matrix is that of `feColorMatrix` with its luma weights 0.213, 0.715, 0.072.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Integers saturate,
//! floats keep what lies outside of 0 to 1. Alpha is left alone. Gray pictures have no
//! saturation and stay what they are.

use serde::{Deserialize, Serialize};

use super::params::parse_factor;
use super::{OpError, OpInfo, Operation};
use crate::image::raster::with_samples;
use crate::image::{Image, Sample};
use crate::pipeline::point::{self, is_one, narrow};

/// Multiplies the distance of the colours from their own luma.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Saturation {
    /// 0 to 100; 1 changes nothing.
    pub factor: f64,
}

pub(super) static INFO: OpInfo = OpInfo {
    name: "saturation",
    value: Some("FACTOR"),
    summary: "make colours stronger or paler",
    details: "FACTOR, 0 to 100: what the distance from gray is multiplied by.\n0 is gray (in colour channels), 1 changes nothing, 2 is twice the saturation.",
    example: "1.2",
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

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if is_one(self.factor) || image.raster.channels().is_gray() {
            return Ok(image);
        }
        let factor = narrow(self.factor);
        Ok(point::in_srgb(image, |mut raster| {
            let count = raster.channels().count();
            with_samples!(raster.samples_mut(), |samples| saturate(
                samples, count, factor
            ));
            raster
        }))
    }
}

fn saturate<S: Sample>(samples: &mut [S], count: usize, factor: f32) {
    point::for_each_pixel(samples, count, |pixel| {
        let [red, green, blue] = [0, 1, 2].map(|channel| pixel[channel].to_f32());
        let luma = 0.213 * red + 0.715 * green + 0.072 * blue;
        for (sample, value) in pixel.iter_mut().zip([red, green, blue]) {
            *sample = S::from_f32(luma + factor * (value - luma));
        }
    });
}
