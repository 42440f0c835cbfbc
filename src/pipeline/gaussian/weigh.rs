//! The one inner loop: rows weighed and added up.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use crate::image::Sample;
use crate::simd::{self, Loop};

/// Samples that are added up side by side, in registers. A multiple of what any vector unit takes at once.
const LANES: usize = 16;

/// A row in blocks, and what remains of it.
type Blocks<'a, T> = (&'a [[T; LANES]], &'a [T]);

/// What is weighed.
trait Part {
    /// A block of it.
    fn block(&self, index: usize) -> [f32; LANES];

    /// A sample of what remains.
    fn rest(&self, index: usize) -> f32;
}

/// A row.
impl<T: Sample> Part for Blocks<'_, T> {
    #[inline(always)]
    fn block(&self, index: usize) -> [f32; LANES] {
        self.0[index].map(Sample::to_f32)
    }

    #[inline(always)]
    fn rest(&self, index: usize) -> f32 {
        self.1[index].to_f32()
    }
}

/// The sum of two rows that have the same weight.
impl<T: Sample> Part for [Blocks<'_, T>; 2] {
    #[inline(always)]
    fn block(&self, index: usize) -> [f32; LANES] {
        let [first, second] = self.map(|(blocks, _)| &blocks[index]);
        std::array::from_fn(|lane| first[lane].sum(second[lane]))
    }

    #[inline(always)]
    fn rest(&self, index: usize) -> f32 {
        let [first, second] = self.map(|(_, rest)| rest[index]);
        first.sum(second)
    }
}

/// Writes the sum of `rows`, each times its weight, into `out`. No row may be shorter than `out`.
pub(in crate::pipeline) fn weigh<'a, T: Sample>(
    rows: impl Iterator<Item = &'a [T]>,
    weights: &[f32],
    out: &mut [f32],
) {
    let length = out.len();
    let rows: Vec<Blocks<'a, T>> = rows.map(|row| row[..length].as_chunks()).collect();
    let mirrored = weights.iter().rev();
    if !weights.iter().eq(mirrored) {
        let parts: Vec<_> = rows.into_iter().zip(weights.iter().copied()).collect();
        return simd::run(AddUp { parts: &parts, out });
    }
    // Two rows to one multiplication. A row in the middle is added to itself, at half its weight.
    let count = weights.len();
    let parts: Vec<_> = (0..count.div_ceil(2))
        .map(|at| {
            let (first, second) = (at, count - 1 - at);
            let shares = if first == second { 0.5 } else { 1.0 };
            ([rows[first], rows[second]], shares * weights[at])
        })
        .collect();
    simd::run(AddUp { parts: &parts, out });
}

/// Adds up parts, each times its weight.
struct AddUp<'a, P> {
    parts: &'a [(P, f32)],
    out: &'a mut [f32],
}

impl<P: Part> Loop for AddUp<'_, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (blocks, rest) = self.out.as_chunks_mut::<LANES>();
        for (index, out) in blocks.iter_mut().enumerate() {
            let mut sums = [0.0; LANES];
            for (part, weight) in self.parts {
                for (sum, sample) in sums.iter_mut().zip(part.block(index)) {
                    *sum += weight * sample;
                }
            }
            *out = sums;
        }
        for (index, out) in rest.iter_mut().enumerate() {
            let weighed = self.parts.iter();
            *out = weighed
                .map(|(part, weight)| weight * part.rest(index))
                .sum();
        }
    }
}

/// Copies `row` into `out` with its first pixel repeated `before` times in front of it, and its last as often behind
/// as makes `out` full.
pub(super) fn repeat_edges(row: &[f32], channels: usize, before: usize, out: &mut [f32]) {
    let start = before * channels;
    let end = start + row.len();
    for pixel in out[..start].chunks_exact_mut(channels) {
        pixel.copy_from_slice(&row[..channels]);
    }
    out[start..end].copy_from_slice(row);
    for pixel in out[end..].chunks_exact_mut(channels) {
        pixel.copy_from_slice(&row[row.len() - channels..]);
    }
}

/// Weighs the pixels of a row that has its edges repeated: `out` at pixel x is the sum of `padded` at x, x + 1, ...
pub(super) fn weigh_along(padded: &[f32], channels: usize, weights: &[f32], out: &mut [f32]) {
    let shifted = (0..weights.len()).map(|tap| &padded[tap * channels..]);
    weigh(shifted, weights, out);
}
