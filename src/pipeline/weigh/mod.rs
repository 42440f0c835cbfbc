//! The one inner loop of filters: rows weighed and added up, in floats or in whole numbers.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

pub(super) mod fixed;
mod number;

pub(super) use fixed::{Fixed, Gain, Signed, SignedWeights};
pub(super) use number::{Mean, Number, Term};

use crate::simd::{self, Loop};

/// What is weighed: a row, or two that have the same weight.
trait Part<N: Number> {
    /// Adds what is at `start` and behind it.
    fn add(&self, start: usize, sums: &mut N::Block);
}

struct Single<'a, T, N: Number> {
    row: &'a [T],
    factor: N::Factor,
}

struct Pair<'a, T, N: Number> {
    rows: [&'a [T]; 2],
    factor: N::Factor,
}

impl<T: Term<N>, N: Number> Part<N> for Single<'_, T, N> {
    #[inline(always)]
    fn add(&self, start: usize, sums: &mut N::Block) {
        T::add(&self.row[start..], &self.factor, sums);
    }
}

impl<T: Term<N>, N: Number> Part<N> for Pair<'_, T, N> {
    #[inline(always)]
    fn add(&self, start: usize, sums: &mut N::Block) {
        let rows = self.rows.map(|row| &row[start..]);
        T::add_pairs(rows, &self.factor, sums);
    }
}

/// Writes the sum of `rows`, each times its weight, into `out`. No row may be shorter than `out`.
pub(super) fn weigh<'a, T: Term<N> + 'a, N: Number>(
    rows: impl Iterator<Item = &'a [T]>,
    weights: &[N::Weight],
    out: &mut [N],
) {
    let rows: Vec<&[T]> = rows.map(|row| &row[..out.len()]).collect();
    if out.len() < N::LANES {
        return weigh_short(&rows, weights, out);
    }
    weigh_blocks(&rows, weights, out);
}

/// Rows that are shorter than one block become as long.
fn weigh_short<T: Term<N>, N: Number>(rows: &[&[T]], weights: &[N::Weight], out: &mut [N]) {
    let lengthen = |row: &&[T]| {
        let mut long = row.to_vec();
        long.resize(N::LANES, T::default());
        long
    };
    let long: Vec<Vec<T>> = rows.iter().map(lengthen).collect();
    let rows: Vec<&[T]> = long.iter().map(Vec::as_slice).collect();
    let mut sums = vec![N::default(); N::LANES];
    weigh_blocks(&rows, weights, &mut sums);
    out.copy_from_slice(&sums[..out.len()]);
}

fn weigh_blocks<T: Term<N>, N: Number>(rows: &[&[T]], weights: &[N::Weight], out: &mut [N]) {
    let mirrored = weights.iter().rev();
    if !weights.iter().eq(mirrored) {
        let parts = rows.iter().zip(weights);
        let parts: Vec<Single<'_, T, N>> = parts
            .map(|(row, weight)| Single {
                row,
                factor: N::factor(*weight),
            })
            .collect();
        let beginning = T::beginning(parts.len(), false);
        let parts = &parts;
        return simd::run(AddUp {
            parts,
            beginning,
            out,
        });
    }
    // Two rows to one multiplication. A row in the middle is added to itself, at half its weight.
    let count = weights.len();
    let parts: Vec<Pair<'_, T, N>> = (0..count.div_ceil(2))
        .map(|at| {
            let (first, second) = (at, count - 1 - at);
            let factor = if first == second {
                N::half_factor(weights[at])
            } else {
                N::factor(weights[at])
            };
            let rows = [rows[first], rows[second]];
            Pair { rows, factor }
        })
        .collect();
    let beginning = T::beginning(parts.len(), true);
    let parts = &parts;
    simd::run(AddUp {
        parts,
        beginning,
        out,
    });
}

/// Adds up parts that are as long as `out`, which holds a block at least.
struct AddUp<'a, P, N> {
    parts: &'a [P],
    beginning: N,
    out: &'a mut [N],
}

impl<P: Part<N>, N: Number> Loop for AddUp<'_, P, N> {
    type Output = ();

    /// The last block ends where the row does: it may make anew what the one before has made.
    #[inline(always)]
    fn run(self) {
        let length = self.out.len();
        for start in (0..length).step_by(N::LANES) {
            let start = start.min(length - N::LANES);
            let mut sums = N::block(self.beginning);
            for part in self.parts {
                part.add(start, &mut sums);
            }
            self.out[start..start + N::LANES].copy_from_slice(sums.as_ref());
        }
    }
}

/// Fills `padded` around the row that is in it from pixel `before` on, `length` samples long: its first pixel is repeated in front of it,
/// its last behind.
pub(super) fn repeat_edges<N: Number>(
    padded: &mut [N],
    channels: usize,
    before: usize,
    length: usize,
) {
    let (front, row) = padded.split_at_mut(before * channels);
    let (row, behind) = row.split_at_mut(length);
    for pixel in front.chunks_exact_mut(channels) {
        pixel.copy_from_slice(&row[..channels]);
    }
    for pixel in behind.chunks_exact_mut(channels) {
        pixel.copy_from_slice(&row[length - channels..]);
    }
}

/// Weighs the pixels of a row that has its edges repeated: `out` at pixel x is the sum of `padded` at x, x + 1, ...
pub(super) fn weigh_along<N: Number + Term<N>>(
    padded: &[N],
    channels: usize,
    weights: &[N::Weight],
    out: &mut [N],
) {
    let shifted = (0..weights.len()).map(|tap| &padded[tap * channels..]);
    weigh(shifted, weights, out);
}
