//! Weigh the neighbours of each pixel as one likes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Image;
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::convolution::{self, Weights};
use crate::pipeline::point::narrow;

/// The sum of each pixel's neighbours, each times its weight. The kernel is laid on the picture as it is written, not mirrored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convolve {
    /// The weights.
    pub kernel: Matrix,
    /// What the sum is divided by.
    pub divisor: f64,
    /// What is added to colours, full intensity being 1.
    pub offset: f64,
}

/// Rows of weights: of odd number, and of odd length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    width: usize,
    weights: Vec<f64>,
}

/// The longest side of a kernel.
const LONGEST: usize = 63;

/// A text that is no matrix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseMatrixError {
    /// A part is no number.
    #[error("`{0}` is no number")]
    Number(String),
    /// Rows have different lengths.
    #[error("its rows have different lengths")]
    Ragged,
    /// There is no middle.
    #[error("it needs a middle: an odd number of rows and columns, {LONGEST} at the most")]
    Even,
}

impl FromStr for Matrix {
    type Err = ParseMatrixError;

    fn from_str(text: &str) -> Result<Self, ParseMatrixError> {
        let number = |word: &str| {
            let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
            number.ok_or_else(|| ParseMatrixError::Number(word.to_owned()))
        };
        let rows = text.split('/');
        let rows = rows.map(|row| row.split_whitespace().map(number).collect());
        let rows: Vec<Vec<f64>> = rows.collect::<Result<_, _>>()?;
        let width = rows[0].len();
        if rows.iter().any(|row| row.len() != width) {
            return Err(ParseMatrixError::Ragged);
        }
        let fits = |side: usize| side % 2 == 1 && side <= LONGEST;
        if !fits(width) || !fits(rows.len()) {
            return Err(ParseMatrixError::Even);
        }
        let weights = rows.concat();
        Ok(Self { width, weights })
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |row: &[f64]| {
            let words: Vec<String> = row.iter().map(f64::to_string).collect();
            words.join(" ")
        };
        let rows: Vec<String> = self.weights.chunks(self.width).map(words).collect();
        f.write_str(&rows.join("/"))
    }
}

impl Matrix {
    /// What a sum is divided by where nothing is said: so that a mean is one, and a difference stays what it is.
    fn usual_divisor(&self) -> f64 {
        let sum: f64 = self.weights.iter().sum();
        if sum.abs() < 1e-9 { 1.0 } else { sum }
    }
}

const OFFSET: f64 = 0.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "convolve",
    aliases: &["conv"],
    value: Value::Needed("KERNEL"),
    summary: "weigh neighbours with a kernel of your own",
    details: "KERNEL: rows of weights, an odd number of each, up to 63 x 63: `0 -1 0/-1 5 -1/0 -1 0`. It is laid on the picture\n\
              as it is written. Beyond its edges the picture goes on as it is there.\n\
              divisor=D: what the sum is divided by; default the sum of the weights, or 1 where that is 0.\n\
              offset=O, -1 to 1: what is added, full intensity being 1; default 0.\n\
              Takes longer the more weights there are that are not 0.",
    example: "0 -1 0/-1 5 -1/0 -1 0",
    cost: Cost::Light,
    elsewhere: "sharp `convolve()`, libvips `conv`, OpenCV `filter2D`, ImageMagick `-morphology Correlate`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("convolve", text);
    let kernel: Matrix = params.need("kernel", "a kernel such as `1 2 1/2 4 2/1 2 1`")?;
    let divisor = params.take_named("divisor")?;
    let divisor: f64 = divisor.unwrap_or_else(|| kernel.usual_divisor());
    let offset = params.number("offset", OFFSET, -1.0..=1.0)?;
    if !divisor.is_normal() {
        let message = format!("nothing can be divided by {divisor}");
        return Err(params.error(ParamError::Malformed(message)).into());
    }
    params.finish()?;
    Ok(Op::Convolve(Convolve {
        kernel,
        divisor,
        offset,
    }))
}

impl Convolve {
    /// Whether each pixel is made of itself alone, and of all of it.
    fn changes_nothing(&self) -> bool {
        let middle = self.kernel.weights.len() / 2;
        let mut weights = self.kernel.weights.iter().enumerate();
        let is_own = |(at, weight): (usize, &f64)| {
            let wanted = if at == middle { self.divisor } else { 0.0 };
            (weight - wanted).abs() <= 0.0
        };
        self.offset.abs() <= 0.0 && weights.all(is_own)
    }
}

impl Operation for Convolve {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.kernel.to_string();
        let usual = self.kernel.usual_divisor();
        push_unless(&mut parts, "divisor", self.divisor, usual);
        push_unless(&mut parts, "offset", self.offset, OFFSET);
        parts
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.changes_nothing() {
            return Ok(image);
        }
        let scaled = self
            .kernel
            .weights
            .iter()
            .map(|weight| weight / self.divisor);
        let weights = Weights {
            width: self.kernel.width,
            height: self.kernel.weights.len() / self.kernel.width,
            values: scaled.map(narrow).collect(),
        };
        Ok(Image {
            raster: convolution::filter(&image.raster, &weights, narrow(self.offset)),
            ..image
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_that_are_none_are_refused() {
        for value in [
            "",
            "1 2",
            "1 2 1/1 2",
            "a b c",
            "1/2",
            "1 nan 1",
            "1,divisor=0",
            "1,offset=2",
        ] {
            assert!(
                format!("convolve {value}").parse::<Op>().is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn a_mean_is_divided_by_its_weights_and_a_difference_is_not() {
        let divisor = |kernel: &str| kernel.parse::<Matrix>().unwrap().usual_divisor();
        assert!((divisor("1 2 1/2 4 2/1 2 1") - 16.0).abs() < 1e-9);
        assert!((divisor("-1 0 1") - 1.0).abs() < 1e-9);
    }
}
