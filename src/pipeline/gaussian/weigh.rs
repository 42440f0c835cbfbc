//! The one inner loop: rows weighed and added up.

use crate::image::Sample;

/// Samples that are added up side by side, in registers. A multiple of what any vector unit takes at once.
const LANES: usize = 16;

/// A row in blocks, what remains of it, and its weight.
type Weighed<'a, T> = (&'a [[T; LANES]], &'a [T], f32);

/// Writes the sum of `rows`, each times its weight, into `out`. No row may be shorter than `out`.
pub(super) fn weigh<'a, T: Sample>(
    rows: impl Iterator<Item = &'a [T]>,
    weights: &[f32],
    out: &mut [f32],
) {
    let length = out.len();
    let rows: Vec<Weighed<'a, T>> = rows
        .zip(weights)
        .map(|(row, weight)| {
            let (blocks, rest) = row[..length].as_chunks();
            (blocks, rest, *weight)
        })
        .collect();
    let (blocks, rest) = out.as_chunks_mut::<LANES>();
    for (index, out) in blocks.iter_mut().enumerate() {
        let mut sums = [0.0; LANES];
        for (blocks, _, weight) in &rows {
            for (sum, sample) in sums.iter_mut().zip(&blocks[index]) {
                *sum += weight * sample.to_f32();
            }
        }
        *out = sums;
    }
    for (index, out) in rest.iter_mut().enumerate() {
        *out = rows
            .iter()
            .map(|(_, rest, weight)| weight * rest[index].to_f32())
            .sum();
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
