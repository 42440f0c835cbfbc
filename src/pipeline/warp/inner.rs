//! The pixels of a row that have sixteen pixels of the picture around them, and lie wholly within it: nearly all. They are done a
//! block at a time, each step for all of them, so that each becomes vectors.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::ops::Range;

use super::Map;
use super::draw::weighed;
use crate::image::{Sample, Size};
use crate::pipeline::point::narrow;

/// Pixels that are done at once.
const BLOCK: usize = 32;

/// Samples of four pixels, and as many more as fill vectors.
const LANES: usize = 16;

/// Pixels between the edges of the picture and the middle of the sixteen; behind, what fills vectors counts as well.
const BEFORE: f64 = 3.0;
const BEHIND: f64 = 16.0;

/// Which of these columns of row `y` of the result are inner ones.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the row"
)]
pub(super) fn columns(map: &Map, picture: Size, y: usize, within: Range<usize>) -> Range<usize> {
    let (mut first, mut last) = (within.start as f64, within.end as f64);
    let (from, next) = (map.source(0, y), map.source(1, y));
    let (across, down) = (f64::from(picture.width), f64::from(picture.height));
    for (at, step, length) in [
        (from.0, next.0 - from.0, across),
        (from.1, next.1 - from.1, down),
    ] {
        let (low, high) = (BEFORE - at, length - BEHIND - at);
        if low > high || step.abs() < 1e-9 && !(low..=high).contains(&0.0) {
            return within.start..within.start;
        }
        if step.abs() >= 1e-9 {
            let (one, other) = (low / step, high / step);
            first = f64::max(first, one.min(other));
            last = f64::min(last, one.max(other));
        }
    }
    if first.ceil() >= last.floor() {
        return within.start..within.start;
    }
    first.ceil() as usize..last.floor() as usize
}

/// The places of a block: the first sample of the four pixels of the first of four rows, and the weights of columns and rows.
struct Places {
    starts: [usize; BLOCK],
    across: [[f32; BLOCK]; 4],
    down: [[f32; BLOCK]; 4],
}

/// Writes premultiplied sums, as [`super::draw::Look::interpolate`] makes them, of some inner pixels from column `x` of row `y` on,
/// and hands them to `finish` with their place among them.
#[inline(always)]
pub(super) fn run<S: Sample, const N: usize, const ALPHA: bool>(
    map: &Map,
    samples: &[S],
    stride: usize,
    (columns, y): (Range<usize>, usize),
    mut finish: impl FnMut(usize, &[[f32; 4]]),
) {
    let mut places = Places {
        starts: [0; BLOCK],
        across: [[0.0; BLOCK]; 4],
        down: [[0.0; BLOCK]; 4],
    };
    let mut sums = [[0.0; 4]; BLOCK];
    let mut rows = [[0.0; LANES + 4]; BLOCK];
    for x in columns.clone().step_by(BLOCK) {
        let count = BLOCK.min(columns.end - x);
        places.find::<N>(map, stride, (x, y));
        for (at, row) in rows[..count].iter_mut().enumerate() {
            let down = places.down.map(|weights| weights[at]);
            let four = four::<S, N, ALPHA>(samples, places.starts[at], stride, down);
            row[..LANES].copy_from_slice(&four);
        }
        for (at, (sum, row)) in sums.iter_mut().zip(&rows).enumerate() {
            let weights = places.across.map(|weights| weights[at]);
            for (channel, sum) in sum.iter_mut().enumerate() {
                *sum = weights[0] * row[channel]
                    + weights[1] * row[N + channel]
                    + weights[2] * row[2 * N + channel]
                    + weights[3] * row[3 * N + channel];
            }
        }
        finish(x, &sums[..count]);
    }
}

impl Places {
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "places are within the picture"
    )]
    fn find<const N: usize>(&mut self, map: &Map, stride: usize, (x, y): (usize, usize)) {
        // Adding it rounds to whole numbers, and leaves them at the end of the mantissa.
        const WHOLE: f64 = 4_503_599_627_370_496.0;
        let (mut across, mut down) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (mut lefts, mut tops) = ([0_u32; BLOCK], [0_u32; BLOCK]);
        for at in 0..BLOCK {
            let (source_x, source_y) = map.source(x + at, y);
            let (column, row) = (source_x + WHOLE, source_y + WHOLE);
            (lefts[at], tops[at]) = (column.to_bits() as u32, row.to_bits() as u32);
            across[at] = narrow(source_x + 0.5 - (column - WHOLE));
            down[at] = narrow(source_y + 0.5 - (row - WHOLE));
        }
        for at in 0..BLOCK {
            // Those behind the last of a row lie anywhere, and are not looked at.
            let (left, top) = (lefts[at].wrapping_sub(2), tops[at].wrapping_sub(2));
            self.starts[at] = (top as usize)
                .wrapping_mul(stride)
                .wrapping_add(left as usize * N);
        }
        for (weights, places) in [(&mut self.across, across), (&mut self.down, down)] {
            let [first, second, third, fourth] = weights;
            for (at, t) in places.into_iter().enumerate() {
                first[at] = ((-0.5 * t + 1.0) * t - 0.5) * t;
                second[at] = (1.5 * t - 2.5) * t * t + 1.0;
                third[at] = ((-1.5 * t + 2.0) * t + 0.5) * t;
                fourth[at] = (0.5 * t - 0.5) * t * t;
            }
        }
    }
}

/// Four rows of four pixels, added up by their weights, and whatever lies behind them.
#[inline(always)]
fn four<S: Sample, const N: usize, const ALPHA: bool>(
    samples: &[S],
    start: usize,
    stride: usize,
    weights: [f32; 4],
) -> [f32; LANES] {
    let row = |number: usize| &samples[start + number * stride..][..LANES];
    let rows = [row(0), row(1), row(2), row(3)];
    let mut sums = [0.0; LANES];
    for (row, weight) in rows.into_iter().zip(weights) {
        if ALPHA {
            let (pixels, _) = row[..4 * N].as_chunks::<N>();
            for (sums, pixel) in sums.chunks_exact_mut(N).zip(pixels) {
                let values = weighed::<S, N, true>(pixel);
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += weight * value;
                }
            }
        } else {
            for (sum, sample) in sums.iter_mut().zip(row) {
                *sum += weight * sample.to_f32();
            }
        }
    }
    sums
}
