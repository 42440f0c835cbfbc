//! Replace each colour by its complement: full intensity minus the value. Alpha is left alone.
//!
//! Floats become `1 - value`, so that what lies outside of 0 to 1 survives a second negation.

use serde::{Deserialize, Serialize};

use super::params::parse_bare;
use super::{Cost, OpInfo, Operation, Value};
use crate::pipeline::linear::Linear;
use crate::pipeline::point::{Point, Stage};

/// Complements the colours. Lossless for integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Negate;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "negate",
    aliases: &["invert"],
    value: Value::None,
    summary: "replace colours by their complements",
    details: "",
    example: "",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-negate`, sharp `negate()`, libvips `invert`, CSS `invert()`",
    parse: |text, _| parse_bare(Negate, "negate", text),
};

impl Operation for Negate {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn linear(&self) -> Option<Linear> {
        Some(Linear::Point {
            factor: -1.0,
            offset: 1.0,
        })
    }

    fn point(&self) -> Option<Point> {
        let curve = Stage::curve(|value| 1.0 - value);
        Some(Point::as_stored(vec![curve]))
    }
}
