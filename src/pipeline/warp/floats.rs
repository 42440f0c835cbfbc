//! Samples of any depth, and with alpha: in floats.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::pixel::{self, weighed};
use super::places::{BLOCK, LANES, Places, Source};
use crate::image::Sample;
use crate::pipeline::alpha::has_alpha;

/// Draws inner pixels from `x` on of row `y` of the result.
#[inline(always)]
pub(super) fn draw<S: Sample, const N: usize, const M: usize>(
    source: &Source<S>,
    (x, y): (usize, usize),
    out: &mut [[S; M]],
) {
    let mut places = Places::NONE;
    let (mut across, mut down) = ([[0.0; BLOCK]; 4], [[0.0; BLOCK]; 4]);
    let mut rows = [[0.0; LANES + 4]; BLOCK];
    for (x, out) in (x..).step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
        places.find::<S, N>(source, x, y);
        weigh(&places.across, &mut across);
        weigh(&places.down, &mut down);
        for (at, row) in rows[..out.len()].iter_mut().enumerate() {
            let weights = down.each_ref().map(|weights| weights[at]);
            let sums = four::<S, N>(source, places.starts[at], weights);
            row[..LANES].copy_from_slice(&sums);
        }
        for (at, (to, row)) in out.iter_mut().zip(&rows).enumerate() {
            let weights = across.each_ref().map(|weights| weights[at]);
            let sums = std::array::from_fn(|channel| {
                weights[0] * row[channel]
                    + weights[1] * row[N + channel]
                    + weights[2] * row[2 * N + channel]
                    + weights[3] * row[3 * N + channel]
            });
            *to = pixel::over::<S, N, M>(sums, *to, 1.0);
        }
    }
}

/// The weights of four pixels at each of these places.
#[inline(always)]
fn weigh(places: &[u64; BLOCK], weights: &mut [[f32; BLOCK]; 4]) {
    /// Bits of a fraction that a float holds, and what they are parts of.
    const BITS: u32 = 24;
    const PARTS: f32 = 16_777_216.0;
    let [first, second, third, fourth] = weights;
    for (at, place) in places.iter().enumerate() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "a fraction of no more bits than a float has"
        )]
        let fraction = (*place as u32 >> (32 - BITS)).cast_signed() as f32;
        let t = fraction * (1.0 / PARTS);
        [first[at], second[at], third[at], fourth[at]] = pixel::cubic(t);
    }
}

/// Four rows of four pixels, added up by their weights, and whatever lies behind them.
#[inline(always)]
fn four<S: Sample, const N: usize>(
    source: &Source<S>,
    start: usize,
    weights: [f32; 4],
) -> [f32; LANES] {
    let row = |number: usize| &source.samples[start + number * source.stride..][..LANES];
    let rows = [row(0), row(1), row(2), row(3)];
    let mut sums = [0.0; LANES];
    for (row, weight) in rows.into_iter().zip(weights) {
        if has_alpha(N) {
            let (pixels, _) = row[..4 * N].as_chunks::<N>();
            for (sums, pixel) in sums.chunks_exact_mut(N).zip(pixels) {
                let values = weighed::<S, N>(pixel);
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
