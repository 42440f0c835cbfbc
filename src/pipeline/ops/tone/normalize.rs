//! Raise the contrast so that a small part of the picture is black and a small part white.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. What is more than white or
//! less than black then is cut off in integers; floats keep it. What cannot be seen has no say, and alpha is left alone.

use serde::{Deserialize, Serialize};

use super::stretch::{Look, by_histogram, line};
use super::{Cost, Image, Layout, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::histogram;

/// Takes the values at two percentiles to black and to white.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Normalize {
    /// The part of the picture that is not brighter than what becomes black: 0 to 1.
    pub low: f64,
    /// The part of the picture that is not brighter than what becomes white: 0 to 1, more than `low`.
    pub high: f64,
    /// Whether red, green and blue are spread apart from each other.
    pub each: bool,
}

const LOW: f64 = 0.01;
const HIGH: f64 = 0.99;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "normalize",
    aliases: &["normalise"],
    value: Value::Optional("PARAMETERS"),
    summary: "spread values so that little is black and little white",
    details: "low=L, 0 to 1 or in percent: the part of the picture that becomes black, by its luma; default 1%.\n\
              high=H, 0 to 1 or in percent: the part behind which all becomes white; default 99%.\n\
              each: spread red, green and blue apart from each other, which changes hues; without it all alike.",
    example: "low=0.5%,high=99.5%",
    cost: Cost::Light,
    elsewhere: "sharp `normalise({lower, upper})` (on L of Lab), ImageMagick `-normalize` (0.15 % and 0.05 %) and `-contrast-stretch`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("normalize", text);
    let each = params.take_flag("each");
    let low = params.part("low", LOW, 0.0..=1.0)?;
    let high = params.part("high", HIGH, 0.0..=1.0)?;
    if low >= high {
        let what = "low must be less than high".to_owned();
        return Err(params.error(ParamError::Malformed(what)).into());
    }
    params.finish()?;
    Ok(Op::Normalize(Normalize { low, high, each }))
}

impl Operation for Normalize {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = String::new();
        push_unless(&mut parts, "low", self.low, LOW);
        push_unless(&mut parts, "high", self.high, HIGH);
        if self.each {
            parts.push_str(",each");
        }
        parts.trim_start_matches(',').to_owned()
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        histogram::SCRATCH
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let look = if self.each { Look::Each } else { Look::Luma };
        Ok(by_histogram(image, look, |histogram| {
            line(
                histogram.quantile(self.low)?,
                histogram.quantile(self.high)?,
            )
        }))
    }
}
