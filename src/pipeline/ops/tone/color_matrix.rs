//! Make each of red, green and blue of all three, as SVG's `feColorMatrix` does it
//! (W3C Filter Effects Module Level 1, <https://www.w3.org/TR/filter-effects-1/#feColorMatrixElement>), but for alpha, which is left
//! alone.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Integers saturate,
//! floats keep what lies outside of 0 to 1. Gray pictures become coloured.

use serde::{Deserialize, Serialize};

use super::matrix::{self, IDENTITY, Matrix};
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Layout;
use crate::params::{ParamError, Params};
use crate::pipeline::point::Point;

/// Multiplies the colours by a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ColorMatrix {
    /// What red, green and blue are made of: of red, of green, of blue, and what is added.
    pub rows: [[f64; 4]; 3],
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "color-matrix",
    aliases: &[],
    value: Value::Needed("NUMBERS"),
    summary: "make each colour of all three",
    details: "NUMBERS, 9 or 12, -1000 to 1000 each, row by row: how much of red, green and blue goes into red,\n\
              into green, into blue. Of 12 the fourth in each row is added, 1 being full intensity.",
    example: "0.9,0.1,0,0.05,0.9,0.05,0,0.2,0.8",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-color-matrix`, sharp and libvips `recomb`, SVG `feColorMatrix`, Pillow `convert(\"RGB\", matrix)`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("color-matrix", text);
    let mut numbers: Vec<f64> = Vec::new();
    while let Some(number) = params.take("number")? {
        numbers.push(number);
    }
    let mut rows: Matrix = [[0.0; 4]; 3];
    let columns = match numbers.len() {
        9 => 3,
        12 => 4,
        _ => return Err(params.error(ParamError::Missing("9 numbers or 12")).into()),
    };
    for (row, numbers) in rows.iter_mut().zip(numbers.chunks(columns)) {
        row[..columns].copy_from_slice(numbers);
    }
    let fits = |number: &f64| (-1000.0..=1000.0).contains(number);
    if let Some(number) = numbers.iter().find(|number| !fits(number)) {
        let what = format!("numbers must be from -1000 to 1000, and one is {number}");
        return Err(params.error(ParamError::Malformed(what)).into());
    }
    params.finish()?;
    Ok(Op::ColorMatrix(ColorMatrix { rows }))
}

impl Operation for ColorMatrix {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let has_offsets = self.rows.iter().any(|row| row[3].abs() > 0.0);
        let columns = if has_offsets { 4 } else { 3 };
        let numbers = self.rows.iter().flat_map(|row| &row[..columns]);
        let numbers: Vec<String> = numbers.map(f64::to_string).collect();
        numbers.join(",")
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let channels = layout
            .channels
            .with_gray(layout.channels.is_gray() && self.rows == IDENTITY);
        Ok(Layout { channels, ..layout })
    }

    fn point(&self) -> Option<Point> {
        if self.rows == IDENTITY {
            return Some(Point::nothing());
        }
        Some(Point::encoded(vec![matrix::stage(&self.rows)]))
    }
}
