//! Medians of bytes at a cost that does not grow with the radius.
//!
//! Each column of the window has a histogram that loses a pixel at the top and wins one at the bottom from row to row, and the
//! window has the sum of those of its columns, which loses one to the left and wins one to the right from pixel to pixel.
//! There are two of each: 16 counts for the upper four bits, and 16 for each of their values, which only follow the window
//! where they are asked. (S. Perreault and P. Hébert, "Median filtering in constant time", IEEE Transactions on Image
//! Processing 16, 2007.)
//!
//! Here counts are of values up to so much, and not of exactly so much: sums of such counts are such counts, the median is
//! at as many of them as are too low, and all of that is done on 16 counts at once.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use rayon::prelude::*;

use super::Frame;
use super::rows::{Order, Rows};
use crate::simd::{self, Loop};

/// How many are lower than or equal to each of 16 values.
type Counts = [u16; 16];

/// What one more of each of 16 values adds.
const ONE: [Counts; 16] = {
    let mut ones = [[0; 16]; 16];
    let mut value = 0;
    while value < 16 {
        let mut at = value;
        while at < 16 {
            ones[value][at] = 1;
            at += 1;
        }
        value += 1;
    }
    ones
};

/// Samples of a row that are done at once at the least, so that histograms of columns stay in a near cache.
const STRIPE: usize = 960;

/// Rows that are done with the same histograms at the least.
const BAND: usize = 192;

/// What is done to 16 counts at once is read before any of it is written: then it is done by vectors.
#[inline(always)]
fn add(to: &mut Counts, counts: &Counts) {
    let sums = std::array::from_fn(|at| to[at].wrapping_add(counts[at]));
    *to = sums;
}

#[inline(always)]
fn exchange(to: &mut Counts, won: &Counts, lost: &Counts) {
    let sums = std::array::from_fn(|at| to[at].wrapping_add(won[at]).wrapping_sub(lost[at]));
    *to = sums;
}

/// How many of the counts are no more than `rank`.
#[inline(always)]
fn too_low(counts: &Counts, rank: u16) -> usize {
    let mut low = 0_u16;
    for count in counts {
        low += u16::from(*count <= rank);
    }
    low.into()
}

/// Takes the medians of all pixels.
pub(super) fn filter<O: Order<Key = u8>>(rows: &Rows<'_, O>) -> Vec<O::Sample> {
    let frame = rows.frame;
    let mut out = vec![O::Sample::default(); rows.samples.len()];
    let band = BAND.max(4 * frame.radius);
    let stripe = STRIPE.max(4 * frame.reach()) / frame.channels * frame.channels;
    out.par_chunks_mut(frame.row_len() * band)
        .enumerate()
        .for_each_init(
            || Columns::new(frame, stripe),
            |columns, (index, out)| {
                let height = out.len() / frame.row_len();
                for start in (0..frame.row_len()).step_by(stripe) {
                    let length = stripe.min(frame.row_len() - start);
                    let load = |y: usize, keys: &mut [u8]| {
                        let y = (index * band + y).saturating_sub(frame.radius);
                        rows.load(y.min(frame.height - 1), start, keys);
                    };
                    columns.run::<false>((length, height), load, |y, medians, _| {
                        let line = &mut out[y * frame.row_len()..][..frame.row_len()];
                        rows.store(medians, &mut line[start..start + length]);
                    });
                }
            },
        );
    out
}

/// Histograms of the columns that the windows of a stripe cover.
#[derive(Debug)]
pub(super) struct Columns {
    frame: Frame,
    upper: Vec<Counts>,
    /// One after the other for each value of the upper bits.
    lower: Vec<Counts>,
    /// Those of the window as they can be looked up.
    window: Counts,
    won: Vec<u8>,
    lost: Vec<u8>,
    medians: Vec<u8>,
    /// How many samples of a window that have the value of its median come before it.
    before: Vec<u16>,
}

impl Columns {
    /// For rows of up to so many samples.
    pub(super) fn new(frame: Frame, stripe: usize) -> Self {
        let count = stripe + 2 * frame.reach();
        Self {
            frame,
            upper: vec![[0; 16]; count],
            lower: vec![[0; 16]; 16 * count],
            window: [0; 16],
            won: vec![0; count],
            lost: vec![0; count],
            medians: vec![0; stripe],
            before: vec![0; stripe],
        }
    }

    /// Makes rows of so many medians, and so many rows of them; with `BEFORE` it tells how many of the same value come before each.
    /// `load` fills a row of those that windows cover, `store` takes one of medians.
    pub(super) fn run<const BEFORE: bool>(
        &mut self,
        (length, height): (usize, usize),
        load: impl Fn(usize, &mut [u8]),
        mut store: impl FnMut(usize, &[u8], &[u16]),
    ) {
        let radius = self.frame.radius;
        let count = length + 2 * self.frame.reach();
        self.upper.fill([0; 16]);
        self.lower.fill([0; 16]);
        for y in 0..height + 2 * radius {
            load(y, &mut self.won[..count]);
            let Some(y) = y.checked_sub(2 * radius) else {
                simd::run(Win {
                    columns: self,
                    count,
                });
                continue;
            };
            if let Some(lost) = y.checked_sub(1) {
                load(lost, &mut self.lost[..count]);
                simd::run(Exchange {
                    columns: self,
                    count,
                });
            } else {
                simd::run(Win {
                    columns: self,
                    count,
                });
            }
            simd::run(Slide::<BEFORE> {
                columns: self,
                length,
            });
            store(y, &self.medians[..length], &self.before[..length]);
        }
    }
}

/// Adds a row to the columns.
struct Win<'a> {
    columns: &'a mut Columns,
    count: usize,
}

impl Loop for Win<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let columns = self.columns;
        let stride = columns.upper.len();
        for (at, won) in columns.won[..self.count].iter().enumerate() {
            let (high, low) = (usize::from(won >> 4), usize::from(won & 15));
            add(&mut columns.upper[at], &ONE[high]);
            add(&mut columns.lower[high * stride + at], &ONE[low]);
        }
    }
}

/// Adds a row to the columns, and takes one away.
struct Exchange<'a> {
    columns: &'a mut Columns,
    count: usize,
}

impl Loop for Exchange<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let columns = self.columns;
        let stride = columns.upper.len();
        let upper = &mut columns.upper[..self.count];
        let pairs = columns.won.iter().zip(&columns.lost);
        for (at, (upper, (won, lost))) in upper.iter_mut().zip(pairs).enumerate() {
            if won == lost {
                continue;
            }
            let (high, low) = (usize::from(won >> 4), usize::from(won & 15));
            let (old_high, old_low) = (usize::from(lost >> 4), usize::from(lost & 15));
            exchange(upper, &ONE[high], &ONE[old_high]);
            add(&mut columns.lower[high * stride + at], &ONE[low]);
            exchange(
                &mut columns.lower[old_high * stride + at],
                &[0; 16],
                &ONE[old_low],
            );
        }
    }
}

/// Slides the window along a row.
struct Slide<'a, const BEFORE: bool> {
    columns: &'a mut Columns,
    length: usize,
}

impl<const BEFORE: bool> Loop for Slide<'_, BEFORE> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let columns = self.columns;
        let channels = columns.frame.channels;
        let (side, area) = (2 * columns.frame.radius + 1, columns.frame.area());
        #[expect(clippy::cast_possible_truncation, reason = "255 squared at the most")]
        let rank = (area / 2) as u16;
        let stride = columns.upper.len();
        for channel in 0..channels {
            let mut upper = [0; 16];
            let mut lower = [[0; 16]; 16];
            // The columns from which on each of the lower ones holds a window; far away where it holds none.
            let mut holds = [usize::MAX; 16];
            for column in 0..side - 1 {
                add(&mut upper, &columns.upper[column * channels + channel]);
            }
            for at in 0..self.length / channels {
                let first = at * channels + channel;
                add(&mut upper, &columns.upper[first + (side - 1) * channels]);
                let high = too_low(&upper, rank) & 15;
                columns.window = upper;
                let below = if high > 0 {
                    columns.window[high - 1]
                } else {
                    0
                };
                let all = &columns.lower[high * stride..][..stride];
                let lower = &mut lower[high];
                follow(lower, all, &mut holds[high], at, (channel, channels, side));
                let low = too_low(lower, rank - below);
                #[expect(clippy::cast_possible_truncation, reason = "two times four bits")]
                let median = (high << 4 | low) as u8;
                columns.medians[first] = median;
                if BEFORE {
                    let less = if low > 0 { lower[low - 1] } else { 0 };
                    columns.before[first] = rank - below - less;
                }
                exchange(&mut upper, &[0; 16], &columns.upper[first]);
            }
        }
    }
}

/// Brings the counts of a window from the column it begins at to another one.
#[inline(always)]
fn follow(
    counts: &mut Counts,
    columns: &[Counts],
    holds: &mut usize,
    at: usize,
    (channel, channels, side): (usize, usize, usize),
) {
    let column = |at: usize| &columns[at * channels + channel];
    if *holds == usize::MAX || at - *holds > side / 2 {
        *counts = [0; 16];
        for at in at..at + side {
            add(counts, column(at));
        }
    } else {
        for at in *holds..at {
            exchange(counts, column(at + side), column(at));
        }
    }
    *holds = at;
}
