//! Leave black and white: by a level, by one that is found (N. Otsu, "A threshold selection method from gray-level histograms",
//! 1979), or by what is around each pixel (D. Bradley and G. Roth, "Adaptive thresholding using the integral image", 2007).
//!
//! Compared is luma (Rec. ITU-R BT.709) of sRGB-encoded values; pictures in linear light are encoded for it. Channels stay what they
//! are, so that `grayscale` is to follow where gray is wanted. Alpha is left alone.

use serde::{Deserialize, Serialize};

use super::adaptive;
use super::{Cost, Image, Layout, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::params::{Params, push_unless};
use crate::pipeline::histogram::{self, Histogram};
use crate::pipeline::luma::luma;
use crate::pipeline::point::{self, Point, Stage, narrow};

/// Makes everything black or white.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Threshold {
    /// What is at the level, or above it, is white.
    Level(f64),
    /// The level is the one that divides the picture best.
    Otsu,
    /// The level is the mean of the pixels around.
    Adaptive {
        /// How many pixels to each side; 1 to 10000. `None` is a sixteenth of the longer side.
        radius: Option<u32>,
        /// How much darker than the mean is white still: 0 to 1.
        sensitivity: f64,
    },
}

const LEVEL: f64 = 0.5;
const SENSITIVITY: f64 = 0.15;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "threshold",
    aliases: &[],
    value: Value::Optional("LEVEL"),
    summary: "leave black and white",
    details: "LEVEL, 0 to 1 or in percent: white is what is at it or brighter; default 50%.\n\
              otsu, instead of LEVEL: find the level that divides the picture best into dark and bright.\n\
              adaptive, instead of LEVEL: compare each pixel with the mean around it, for pages in uneven light;\n\
              radius=R, 1 to 10000 pixels: how far around it; default a sixteenth of the longer side.\n\
              sensitivity=S, 0 to 1 or in percent: how much darker than the mean is white still; default 15%.",
    example: "otsu",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-threshold`, `-auto-threshold otsu` and `-lat`, sharp `threshold()` (0 to 255), OpenCV `threshold` and `adaptiveThreshold`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("threshold", text);
    let op = if params.take_flag("otsu") {
        Threshold::Otsu
    } else if params.take_flag("adaptive") {
        let radius = params.whole_number("radius", 1..=10_000)?;
        let sensitivity = params.part("sensitivity", SENSITIVITY, 0.0..=1.0)?;
        Threshold::Adaptive {
            radius,
            sensitivity,
        }
    } else {
        Threshold::Level(params.part("level", LEVEL, 0.0..=1.0)?)
    };
    params.finish()?;
    Ok(Op::Threshold(op))
}

/// White from this level on. A level that is this very one is at it, however it was scaled.
fn divided(level: f64) -> Point {
    const ROUNDING: f64 = 1e-6;
    let level = narrow(level - ROUNDING);
    let divide = Stage::mix(move |colors| {
        let is_white = luma(colors) >= level;
        [if is_white { 1.0 } else { 0.0 }; 3]
    });
    Point::encoded(vec![divide])
}

/// The level for which the variance between what is darker and what is not is the largest; in the middle between the two
/// values. Of a picture of one value any will do.
#[expect(
    clippy::cast_precision_loss,
    reason = "parts of a picture, not counts of pixels"
)]
fn otsu(histogram: &Histogram) -> f64 {
    let counted = histogram.counts().iter().enumerate();
    let counted: Vec<(f64, f64)> = counted
        .filter(|(_, count)| **count > 0)
        .map(|(place, count)| (f64::from(histogram.value(place)), *count as f64))
        .collect();
    let all: f64 = counted.iter().map(|(_, count)| count).sum();
    let sum: f64 = counted.iter().map(|(value, count)| value * count).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut best, mut level) = (0.0, LEVEL);
    for pair in counted.windows(2) {
        let ((value, count), (next, _)) = (pair[0], pair[1]);
        below += count;
        sum_below += value * count;
        let above = all - below;
        let apart = sum_below / below - (sum - sum_below) / above;
        let variance = below * above * apart * apart;
        if variance > best {
            (best, level) = (variance, f64::midpoint(value, next));
        }
    }
    level
}

impl Operation for Threshold {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        match self {
            Self::Level(level) => level.to_string(),
            Self::Otsu => "otsu".to_owned(),
            Self::Adaptive {
                radius,
                sensitivity,
            } => {
                let mut parts = "adaptive".to_owned();
                if let Some(radius) = radius {
                    push_unless(&mut parts, "radius", *radius, 0);
                }
                push_unless(&mut parts, "sensitivity", *sensitivity, SENSITIVITY);
                parts
            }
        }
    }

    fn point(&self) -> Option<Point> {
        match self {
            Self::Level(level) => Some(divided(*level)),
            Self::Otsu | Self::Adaptive { .. } => None,
        }
    }

    fn scratch(&self, before: &Layout, _: &Layout) -> u64 {
        match self {
            Self::Level(_) | Self::Otsu => histogram::SCRATCH,
            Self::Adaptive { .. } => {
                let pixel = adaptive::bytes(before.channels.has_alpha());
                let pixels = before.size.pixels().saturating_mul(pixel);
                pixels.saturating_add(histogram::SCRATCH)
            }
        }
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        match *self {
            Self::Adaptive {
                radius,
                sensitivity,
            } => {
                let size = image.raster.size();
                let usual = (size.width.max(size.height) / 16).max(1);
                let radius = radius.unwrap_or(usual) as usize;
                Ok(adaptive::divide(image, radius, sensitivity))
            }
            Self::Otsu => {
                let level = otsu(&histogram::of_luma(&image, luma));
                Ok(point::apply(&[divided(level)], image))
            }
            Self::Level(level) => Ok(point::apply(&[divided(level)], image)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Depth, Raster, Samples, Size};

    fn divided(value: &str, size: Size, channels: Channels, samples: &[u8]) -> Vec<u8> {
        let raster = Raster::new(size, channels, samples.to_vec()).unwrap();
        let op: Op = format!("threshold {value}").parse().unwrap();
        let deep = Image::new(raster.clone().to_depth(Depth::U16));
        let done = op.apply(Image::new(raster)).unwrap().raster;
        assert_eq!(op.apply(deep).unwrap().raster.to_depth(Depth::U8), done);
        let Samples::U8(samples) = done.into_samples() else {
            panic!("the depth has changed");
        };
        samples
    }

    #[test]
    fn the_level_itself_is_white() {
        let all: Vec<u8> = (0..=255).collect();
        for level in 0..=255_u8 {
            let value = (f64::from(level) / 255.0).to_string();
            let done = divided(&value, Size::new(16, 16), Channels::Gray, &all);
            let wanted = all
                .iter()
                .map(|sample| if *sample >= level { 255 } else { 0 });
            assert!(done.into_iter().eq(wanted), "{level}");
        }
    }

    #[test]
    fn otsu_divides_between_two_heaps() {
        let samples = [10, 12, 11, 13, 200, 201, 199, 90];
        let done = divided("otsu", Size::new(4, 2), Channels::Gray, &samples);
        assert_eq!(done, [0, 0, 0, 0, 255, 255, 255, 0]);
    }

    #[test]
    fn windows_are_summed_as_they_are_defined() {
        let size = Size::new(23, 150);
        let (width, height) = (23, 150);
        for channels in [Channels::Gray, Channels::GrayAlpha] {
            let count = channels.count();
            let noise = |at: u32| at.wrapping_mul(2_654_435_761).to_be_bytes()[0] / 2;
            let slope = |at: u32| (at % 97).to_le_bytes()[0];
            let samples: Vec<u8> = (0..u32::MAX)
                .map(|at| noise(at) + slope(at))
                .take(width * height * count)
                .collect();
            for radius in [1_usize, 4, 11, 40] {
                let value = format!("adaptive,radius={radius},sensitivity=0.1");
                let done = divided(&value, size, channels, &samples);
                for at in 0..width * height {
                    let (x, y) = (at % width, at / width);
                    let (mut weights, mut sum) = (0.0, 0.0);
                    for row in y.saturating_sub(radius)..(y + radius + 1).min(height) {
                        for column in x.saturating_sub(radius)..(x + radius + 1).min(width) {
                            let pixel = &samples[(row * width + column) * count..][..count];
                            let weight = f64::from(*pixel.get(1).unwrap_or(&1));
                            weights += weight;
                            sum += weight * f64::from(pixel[0]);
                        }
                    }
                    let sample = f64::from(samples[at * count]);
                    let margin = sample * weights - sum * 0.9;
                    if margin.abs() > 1e-6 {
                        assert_eq!(done[at * count] == 255, margin > 0.0, "{x} {y} {radius}");
                    }
                }
            }
        }
    }
}
