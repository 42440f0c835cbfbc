//! Spread values so that the darkest becomes black and the brightest white, as `ImageMagick`'s `-auto-level` does.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. What cannot be seen has no
//! say, and alpha is left alone.

use serde::{Deserialize, Serialize};

use super::stretch::{Look, by_histogram, line};
use super::{Cost, Image, Layout, OpError, OpInfo, Operation, Value};
use crate::params::Params;
use crate::pipeline::histogram;

/// Takes the darkest value to black and the brightest to white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoLevel {
    /// Whether red, green and blue are spread apart from each other.
    pub each: bool,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "auto-level",
    aliases: &[],
    value: Value::Optional("each"),
    summary: "spread values from black to white",
    details: "each: spread red, green and blue apart from each other, which changes hues; without it all alike.",
    example: "each",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-auto-level`, Pillow `ImageOps.autocontrast` (each)",
    parse: |text, _| {
        let mut params = Params::new("auto-level", text);
        let each = params.take_flag("each");
        params.finish()?;
        Ok(AutoLevel { each }.into())
    },
};

impl Operation for AutoLevel {
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
        let look = if self.each {
            Look::Each
        } else {
            Look::Together
        };
        Ok(by_histogram(image, look, |histogram| {
            line(histogram.quantile(0.0)?, histogram.quantile(1.0)?)
        }))
    }
}
