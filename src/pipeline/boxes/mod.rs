//! Means of square windows, at a cost that does not grow with them: sums win a row and lose one from row to row, and a column from
//! pixel to pixel (M. J. `McDonnell`, "Box-filtering techniques", Computer Graphics and Image Processing 17, 1981). Beyond its
//! edges a picture goes on as it is there.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::mem;

use super::alpha::{Premultiply, is_opaque, straighten};
use super::bands;
use crate::image::{Channels, Layout, Raster, Sample, Samples};
use crate::simd::{self, Loop};

#[cfg(test)]
mod tests;

/// Rows that one task makes, the same for any number of threads: sums of floats depend on where they begin.
const BAND: usize = 256;

/// Rows of a picture, and how far windows reach.
#[derive(Debug, Clone, Copy)]
struct Frame {
    width: usize,
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

/// Bytes of memory that it takes beside two pictures, one of which it does without.
pub(super) fn scratch(layout: &Layout) -> u64 {
    u64::from(layout.size.width) * 1024 + layout.bytes()
}

/// Makes each pixel the mean of `2 * radius + 1` pixels squared around it. Alpha weighs colours.
pub(super) fn blur(raster: &mut Raster, radius: usize) {
    let frame = Frame {
        width: raster.width(),
        channels: raster.channels().count(),
        radius,
    };
    let channels = raster.channels();
    match raster.samples_mut() {
        Samples::U8(samples) => blur_samples(samples, channels, frame),
        Samples::U16(samples) => blur_samples(samples, channels, frame),
        Samples::F32(samples) => blur_samples(samples, channels, frame),
    }
}

fn blur_samples<S>(samples: &mut [S], channels: Channels, frame: Frame)
where
    S: Premultiply<Wide: Summed> + Summed,
{
    if is_opaque(samples, channels) {
        run(
            samples,
            frame,
            |row, summed: &mut [S]| summed.copy_from_slice(row),
            |means, out| simd::run(Store { means, out }),
        );
    } else {
        run(
            samples,
            frame,
            |row, summed| S::premultiply_row(row, frame.channels, summed, |product| product),
            |means, out| {
                straighten::<S>(means, frame.channels);
                simd::run(Store { means, out });
            },
        );
    }
}

/// Makes each row that of its means, from what `load` makes of rows.
fn run<S: Sample, T: Summed>(
    samples: &mut [S],
    frame: Frame,
    load: impl Fn(&[S], &mut [T]) + Sync + Send,
    finish: impl Fn(&mut [f32], &mut [S]) + Sync + Send,
) {
    let row_len = frame.width * frame.channels;
    let side = 2 * frame.radius + 1;
    bands::run(
        samples,
        row_len,
        (BAND.max(4 * frame.radius), frame.radius),
        || (Kept::new(frame), vec![0.0; row_len]),
        |(kept, means), mut band| {
            kept.sums.fill(T::Sum::default());
            for index in 0..side - 1 {
                load(band.covered(index), &mut kept.won);
                kept.win(index);
            }
            for y in 0..band.height() {
                load(band.covered(y + side - 1), &mut kept.won);
                if y == 0 {
                    kept.win(side - 1);
                } else {
                    kept.exchange(y - 1);
                }
                simd::run(Slide::<T> {
                    sums: kept.with_edges(),
                    frame,
                    means: &mut *means,
                });
                finish(means, band.row_mut(y));
            }
        },
    );
}

/// The rows that windows cover, and the sums of their columns.
struct Kept<T: Summed> {
    channels: usize,
    reach: usize,
    /// With as many before and behind them as windows reach.
    sums: Vec<T::Sum>,
    rows: Vec<Vec<T>>,
    /// The row that comes in.
    won: Vec<T>,
}

impl<T: Summed> Kept<T> {
    fn new(frame: Frame) -> Self {
        let row_len = frame.width * frame.channels;
        let reach = frame.radius * frame.channels;
        let row = vec![T::default(); row_len];
        Self {
            channels: frame.channels,
            reach,
            sums: vec![T::Sum::default(); row_len + 2 * reach],
            rows: vec![row.clone(); 2 * frame.radius + 1],
            won: row,
        }
    }

    fn win(&mut self, row: usize) {
        let length = self.won.len();
        simd::run(Win::<T> {
            sums: &mut self.sums[self.reach..][..length],
            won: &self.won,
        });
        mem::swap(&mut self.rows[row], &mut self.won);
    }

    /// The one that comes in takes the place of the first one that is left.
    fn exchange(&mut self, lost: usize) {
        let (length, count) = (self.won.len(), self.rows.len());
        let lost = &mut self.rows[lost % count];
        simd::run(Exchange::<T> {
            sums: &mut self.sums[self.reach..][..length],
            won: &self.won,
            lost,
        });
        mem::swap(lost, &mut self.won);
    }

    fn with_edges(&mut self) -> &[T::Sum] {
        repeat_edges(&mut self.sums, self.channels, self.reach);
        &self.sums
    }
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
