//! Means of square windows, at a cost that does not grow with them: sums win a row and lose one from row to row, and a column from
//! pixel to pixel (M. J. `McDonnell`, "Box-filtering techniques", Computer Graphics and Image Processing 17, 1981). Beyond its
//! edges a picture goes on as it is there.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use rayon::prelude::*;

use super::alpha::{Premultiply, is_opaque, straighten};
use crate::image::{Layout, Raster, Sample, Samples};
use crate::simd::{self, Loop};

#[cfg(test)]
mod tests;

/// Rows that one task makes: the sums at its beginning cost as much as half of a window's.
const BAND: usize = 256;

/// A picture in rows of samples, and how far windows reach.
#[derive(Debug, Clone, Copy)]
struct Frame {
    width: usize,
    height: usize,
    channels: usize,
    radius: usize,
}

/// What sums are made of. Whole numbers add up exactly, floats in twice their precision.
trait Summed: Sample {
    /// Holds the sum of a window.
    type Sum: Copy
        + Default
        + Send
        + Sync
        + std::ops::Add<Output = Self::Sum>
        + std::ops::Sub<Output = Self::Sum>;

    fn alone(self) -> Self::Sum;

    /// A part of a sum, on the scale of the samples.
    fn part(sum: Self::Sum, part: f64) -> f32;
}

#[expect(clippy::cast_precision_loss, reason = "rounded to 8 bits in the end")]
#[inline(always)]
fn rough(sum: i32) -> f32 {
    sum as f32
}

#[expect(clippy::cast_precision_loss, reason = "no window has that many pixels")]
#[inline(always)]
fn fine(sum: i64) -> f64 {
    sum as f64
}

macro_rules! summed {
    ($sample:ty as $sum:ty, |$value:ident, $part:ident| $mean:expr) => {
        impl Summed for $sample {
            type Sum = $sum;

            #[inline(always)]
            fn alone(self) -> $sum {
                self.into()
            }

            #[expect(
                clippy::cast_possible_truncation,
                reason = "rounded to samples in the end"
            )]
            #[inline(always)]
            fn part($value: $sum, $part: f64) -> f32 {
                $mean
            }
        }
    };
}

summed!(u8 as i32, |sum, part| rough(sum) * part as f32);
summed!(u16 as i64, |sum, part| (fine(sum) * part) as f32);
summed!(f32 as f64, |sum, part| (sum * part) as f32);

/// Bytes of memory that it takes: where there is alpha, colours times alpha have twice the depth.
pub(super) fn scratch(layout: &Layout) -> u64 {
    let rows = u64::from(layout.size.width) * 1024;
    if layout.channels.has_alpha() {
        rows + 2 * layout.bytes()
    } else {
        rows
    }
}

/// The mean of `2 * radius + 1` pixels squared around each one. Alpha weighs colours.
pub(super) fn blur(raster: &Raster, radius: usize) -> Raster {
    let frame = Frame {
        width: raster.width(),
        height: raster.height(),
        channels: raster.channels().count(),
        radius,
    };
    let samples = match raster.samples() {
        Samples::U8(samples) => Samples::from(blur_samples(raster, samples, frame)),
        Samples::U16(samples) => Samples::from(blur_samples(raster, samples, frame)),
        Samples::F32(samples) => Samples::from(blur_samples(raster, samples, frame)),
    };
    super::canvas::rebuilt(raster.size(), raster.channels(), samples)
}

fn blur_samples<S>(raster: &Raster, samples: &[S], frame: Frame) -> Vec<S>
where
    S: Premultiply<Wide: Summed> + Summed,
{
    let mut out = vec![S::default(); samples.len()];
    if is_opaque(samples, raster.channels()) {
        run(samples, frame, &mut out, |means, out| {
            simd::run(Store { means, out });
        });
    } else {
        let weighed = S::premultiply(samples, frame.channels, |product| product);
        run(&weighed, frame, &mut out, |means, out| {
            straighten::<S>(means, frame.channels);
            simd::run(Store { means, out });
        });
    }
    out
}

/// Makes each row of its means.
fn run<T: Summed, S: Send>(
    samples: &[T],
    frame: Frame,
    out: &mut [S],
    finish: impl Fn(&mut [f32], &mut [S]) + Sync,
) {
    let row_len = frame.width * frame.channels;
    let band = BAND.max(2 * frame.radius);
    out.par_chunks_mut(row_len * band)
        .enumerate()
        .for_each(|(index, out)| {
            let top = index * band;
            let row = |y: usize| {
                let y = y.saturating_sub(frame.radius).min(frame.height - 1);
                &samples[y * row_len..][..row_len]
            };
            let reach = frame.radius * frame.channels;
            let mut sums = vec![T::Sum::default(); row_len + 2 * reach];
            let mut means = vec![0.0; row_len];
            for y in top..top + 2 * frame.radius {
                simd::run(Win::<T> {
                    sums: &mut sums[reach..reach + row_len],
                    won: row(y),
                });
            }
            for (index, out) in out.chunks_exact_mut(row_len).enumerate() {
                let y = top + index;
                let won = row(y + 2 * frame.radius);
                let inner = &mut sums[reach..reach + row_len];
                if index == 0 {
                    simd::run(Win::<T> { sums: inner, won });
                } else {
                    let lost = row(y - 1);
                    simd::run(Exchange::<T> {
                        sums: inner,
                        won,
                        lost,
                    });
                }
                repeat_edges(&mut sums, frame.channels, reach);
                simd::run(Slide::<T> {
                    sums: &sums,
                    frame,
                    means: &mut means,
                });
                finish(&mut means, out);
            }
        });
}

fn repeat_edges<T: Copy>(sums: &mut [T], channels: usize, reach: usize) {
    let end = sums.len() - reach;
    for at in (0..reach).rev() {
        sums[at] = sums[at + channels];
    }
    for at in end..sums.len() {
        sums[at] = sums[at - channels];
    }
}

struct Win<'a, T: Summed> {
    sums: &'a mut [T::Sum],
    won: &'a [T],
}

impl<T: Summed> Loop for Win<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, won) in self.sums.iter_mut().zip(self.won) {
            *sum = *sum + won.alone();
        }
    }
}

struct Exchange<'a, T: Summed> {
    sums: &'a mut [T::Sum],
    won: &'a [T],
    lost: &'a [T],
}

impl<T: Summed> Loop for Exchange<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.won.iter().zip(self.lost);
        for (sum, (won, lost)) in self.sums.iter_mut().zip(rows) {
            *sum = *sum + won.alone() - lost.alone();
        }
    }
}

struct Store<'a, S> {
    means: &'a [f32],
    out: &'a mut [S],
}

impl<S: Sample> Loop for Store<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, mean) in self.out.iter_mut().zip(self.means) {
            *out = S::from_f32(*mean);
        }
    }
}

struct Slide<'a, T: Summed> {
    sums: &'a [T::Sum],
    frame: Frame,
    means: &'a mut [f32],
}

impl<T: Summed> Loop for Slide<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.frame.channels {
            1 => self.of_channels::<1>(),
            2 => self.of_channels::<2>(),
            3 => self.of_channels::<3>(),
            _ => self.of_channels::<4>(),
        }
    }
}

impl<T: Summed> Slide<'_, T> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "windows have less than 2^53 pixels"
    )]
    #[inline(always)]
    fn of_channels<const N: usize>(self) {
        let side = 2 * self.frame.radius + 1;
        let part = ((side * side) as f64).recip();
        let (columns, _) = self.sums.as_chunks::<N>();
        let (means, _) = self.means.as_chunks_mut::<N>();
        let mut sums = [T::Sum::default(); N];
        for column in &columns[..side - 1] {
            sums = std::array::from_fn(|at| sums[at] + column[at]);
        }
        let edges = columns.iter().zip(&columns[side - 1..]);
        for (mean, (lost, won)) in means.iter_mut().zip(edges) {
            let full: [T::Sum; N] = std::array::from_fn(|at| sums[at] + won[at]);
            *mean = full.map(|sum| T::part(sum, part));
            sums = std::array::from_fn(|at| full[at] - lost[at]);
        }
    }
}
