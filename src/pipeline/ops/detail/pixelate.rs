//! Make the picture of large squares, each of the mean of what it covers.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::ops::AddAssign;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Size};
use crate::params::Params;
use crate::pipeline::alpha::is_opaque;
use crate::pipeline::length::Length;
use crate::pipeline::point::narrow;
use crate::simd::{self, Loop};

/// Replaces squares of pixels by their mean, colours weighed by their alpha. Squares begin at the top left; those at the right and
/// at the bottom may be cut off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pixelate {
    /// Of a square; percentages are of the longer side.
    pub side: Length,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "pixelate",
    aliases: &[],
    value: Value::Needed("SIDE"),
    summary: "make the picture of large squares",
    details: "SIDE of a square in pixels, or as a part of the longer side such as `2%`; up to 1 pixel changes nothing.",
    example: "3%",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-scale` down and up, GIMP Pixelize, ffmpeg `pixelize`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("pixelate", text);
    let side = params.need("side", "a side such as `16` or `2%`")?;
    params.finish()?;
    Ok(Op::Pixelate(Pixelate { side }))
}

impl Pixelate {
    fn pixels(&self, size: Size) -> usize {
        let longer = size.width.max(size.height);
        self.side.whole(longer).min(longer) as usize
    }
}

impl Operation for Pixelate {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.side.to_string()
    }

    fn apply(&self, mut image: Image) -> Result<Image, OpError> {
        let side = self.pixels(image.raster.size());
        if side <= 1 {
            return Ok(image);
        }
        let channels = image.raster.channels();
        let row_len = image.raster.row_len();
        with_samples!(image.raster.samples_mut(), |samples| {
            pixelate(samples, row_len, channels, side);
        });
        Ok(image)
    }
}

/// What samples are added up as: whole numbers exactly, floats in twice their precision.
trait Summed: Sample {
    type Sum: Sum + From<Self>;
}

impl Summed for u8 {
    type Sum = u32;
}

impl Summed for u16 {
    type Sum = u64;
}

impl Summed for f32 {
    type Sum = f64;
}

/// So many bytes add up to 32 bits at the most.
const MOST_ROWS: usize = 1 << 24;

trait Sum: Copy + Default + AddAssign {
    fn total(self) -> f64;
}

impl Sum for u32 {
    fn total(self) -> f64 {
        self.into()
    }
}

impl Sum for u64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a column of a picture, far from 2^53"
    )]
    fn total(self) -> f64 {
        self as f64
    }
}

impl Sum for f64 {
    fn total(self) -> f64 {
        self
    }
}

fn pixelate<S: Summed>(samples: &mut [S], row_len: usize, channels: Channels, side: usize)
where
    f64: From<S>,
{
    let is_opaque = is_opaque(samples, channels);
    let square = (channels.count(), side);
    samples.par_chunks_mut(side * row_len).for_each(|rows| {
        if !is_opaque {
            squares(rows, row_len, square, seen_means, |sums, samples| {
                simd::run(Weighed {
                    sums,
                    samples,
                    channels: channels.count(),
                });
            });
        } else if side <= MOST_ROWS {
            squares(rows, row_len, square, means, |sums, samples| {
                simd::run(Plain::<S, S::Sum> { sums, samples });
            });
        } else {
            squares(rows, row_len, square, means, |sums, samples| {
                simd::run(Plain::<S, f64> { sums, samples });
            });
        }
    });
}

/// One row of squares.
fn squares<S: Sample, T: Sum>(
    rows: &mut [S],
    row_len: usize,
    (channels, side): (usize, usize),
    means: impl Fn(&mut [f64], f64),
    add: impl Fn(&mut [T], &[S]),
) {
    let mut columns = vec![T::default(); row_len];
    for row in rows.chunks_exact(row_len) {
        add(&mut columns, row);
    }
    let height = rows.len() / row_len;
    let (first, others) = rows.split_at_mut(row_len);
    let squares = first.chunks_mut(side * channels);
    for (square, columns) in squares.zip(columns.chunks(side * channels)) {
        let mut totals = [0.0; 4];
        for column in columns.chunks_exact(channels) {
            for (total, sum) in totals.iter_mut().zip(column) {
                *total += sum.total();
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "less than 2^53 pixels")]
        means(
            &mut totals[..channels],
            (height * square.len() / channels) as f64,
        );
        let mean = totals.map(|mean| S::from_f32(narrow(mean)));
        for pixel in square.chunks_exact_mut(channels) {
            pixel.copy_from_slice(&mean[..channels]);
        }
    }
    for row in others.chunks_exact_mut(row_len) {
        row.copy_from_slice(first);
    }
}

/// Adds samples to the sums of their columns.
struct Plain<'a, S, T> {
    sums: &'a mut [T],
    samples: &'a [S],
}

impl<S: Copy, T: Sum + From<S>> Loop for Plain<'_, S, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, sample) in self.sums.iter_mut().zip(self.samples) {
            *sum += T::from(*sample);
        }
    }
}

/// The same of colours times alpha, and of alpha.
struct Weighed<'a, S> {
    sums: &'a mut [f64],
    samples: &'a [S],
    channels: usize,
}

impl<S: Sample> Loop for Weighed<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let pixels = self.samples.chunks_exact(self.channels);
        for (sums, pixel) in self.sums.chunks_exact_mut(self.channels).zip(pixels) {
            let (colors, alpha) = pixel.split_at(self.channels - 1);
            let alpha = f64::from(alpha[0].to_f32());
            for (sum, color) in sums.iter_mut().zip(colors) {
                *sum += alpha * f64::from(color.to_f32());
            }
            sums[self.channels - 1] += alpha;
        }
    }
}

/// Makes sums over so many pixels means.
fn means(sums: &mut [f64], pixels: f64) {
    for sum in sums {
        *sum /= pixels;
    }
}

/// Makes sums of colours times alpha, and of alpha, means of what is seen.
fn seen_means(sums: &mut [f64], pixels: f64) {
    let Some((alpha, colors)) = sums.split_last_mut() else {
        return;
    };
    for color in colors {
        *color = if *alpha > 0.0 { *color / *alpha } else { 0.0 };
    }
    *alpha /= pixels;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Depth, Raster, Samples};

    /// Whether it is weighed by alpha or not, where there is nothing to see through.
    #[test]
    fn opaque_pictures_are_those_without_alpha() {
        let noise = |at: u32| at.wrapping_mul(2_654_435_761).to_be_bytes()[0];
        let samples: Vec<u8> = (0..3 * 50 * 37).map(noise).collect();
        let plain = Raster::new(Size::new(50, 37), Channels::Rgb, samples).unwrap();
        let op: Op = "pixelate 7".parse().unwrap();
        for depth in Depth::ALL {
            let plain = plain.clone().to_depth(depth);
            let mut alpha = plain.clone().to_channels(Channels::Rgba);
            let made = op.apply(Image::new(plain)).unwrap().raster;
            let wanted = made.to_channels(Channels::Rgba);
            let found = op.apply(Image::new(alpha.clone())).unwrap().raster;
            assert!(found == wanted, "{depth:?}");
            // One that is not opaque, in the last square, has all of them weighed.
            with_samples!(alpha.samples_mut(), |samples| {
                if let Some(last) = samples.last_mut() {
                    *last = Default::default();
                }
            });
            let weighed = op.apply(Image::new(alpha)).unwrap().raster;
            let without_last = |raster: &Raster| {
                with_samples!(raster.clone().to_depth(Depth::U8).samples(), |samples| {
                    let whole = &samples[..raster.row_len() * 35];
                    whole
                        .iter()
                        .map(|sample| sample.to_f32())
                        .collect::<Vec<_>>()
                })
            };
            assert!(without_last(&weighed) == without_last(&wanted), "{depth:?}");
        }
    }

    #[test]
    fn squares_have_the_mean_of_what_they_cover() {
        let samples = vec![10_u8, 20, 90, 30, 40, 70, 5, 6, 200];
        let raster = Raster::new(Size::new(3, 3), Channels::Gray, samples).unwrap();
        let op: Op = "pixelate 2".parse().unwrap();
        let made = op.apply(Image::new(raster)).unwrap().raster;
        // 5.5 goes to the even neighbour.
        let wanted = vec![25_u8, 25, 80, 25, 25, 80, 6, 6, 200];
        assert_eq!(made.samples(), &Samples::U8(wanted));
    }

    #[test]
    fn what_cannot_be_seen_has_no_say() {
        let samples = vec![250_u8, 0, 100, 200];
        let raster = Raster::new(Size::new(2, 1), Channels::GrayAlpha, samples).unwrap();
        let op: Op = "pixelate 100%".parse().unwrap();
        let made = op.apply(Image::new(raster)).unwrap().raster;
        assert_eq!(made.samples(), &Samples::U8(vec![100, 100, 100, 100]));
    }
}
