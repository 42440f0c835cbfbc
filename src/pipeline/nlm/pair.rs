//! Pixels compared with those at one distance from them.

use std::array::from_fn;

use super::Tile;
use crate::simd::Loop;

/// Pixels that are added up side by side.
pub(super) const LANES: usize = 16;

/// Differences of a few rows.
#[derive(Debug, Default)]
pub(super) struct Pair {
    /// Squared differences of the rows of a patch, in turns.
    rows: Vec<f32>,
    /// Their sums.
    sums: Vec<f32>,
    weights: Vec<f32>,
}

/// Compares the pixels of a tile with those `right` and `down` of them, and adds each of a pair to the other.
pub(super) struct Compare<'a, const C: usize> {
    pub(super) tile: &'a mut Tile<C>,
    pub(super) patch: usize,
    pub(super) right: isize,
    pub(super) down: usize,
    /// What a sum of squared differences is divided by, as a factor.
    pub(super) scale: f32,
}

impl<const C: usize> Loop for Compare<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            tile,
            patch,
            right,
            down,
            scale,
        } = self;
        let (width, height) = tile.size;
        let (margin, stride) = (tile.margin, tile.stride);
        // Pairs of which one at least lies in the tile, by the upper one.
        let before = right.max(0).unsigned_abs();
        let columns = width + right.unsigned_abs();
        let side = 2 * patch + 1;
        // Whole blocks of what is added up, and of what is added to them. What lies behind the last pair is not looked at.
        let wide = (columns.next_multiple_of(LANES) + 2 * patch).next_multiple_of(LANES);
        let Pair {
            rows,
            sums,
            weights,
        } = &mut tile.pair;
        rows.clear();
        rows.resize(side * wide, 0.0);
        sums.clear();
        sums.resize(wide, 0.0);
        weights.resize(wide, 0.0);
        let left = margin - before - patch;
        let top = margin - down - patch;
        for y in 0..height + down + 2 * patch {
            let start = (top + y) * stride + left;
            let other = (start + down * stride).wrapping_add_signed(right);
            let planes: [(&[f32], &[f32]); C] = from_fn(|at| {
                let plane = &tile.planes[at];
                (&plane[start..start + wide], &plane[other..other + wide])
            });
            differ(planes, &mut rows[y % side * wide..][..wide], sums);
            let Some(y) = y.checked_sub(2 * patch) else {
                continue;
            };
            weigh(sums, side, scale, weights);
            // The upper one of the pair stands in row `y - down` of the tile, the other one in row `y`.
            if let Some(upper) = y.checked_sub(down) {
                let from = (margin + y) * stride + margin;
                let from = from.wrapping_add_signed(right);
                let weights = &weights[before..before + width];
                let sums = (&mut tile.weights[..], &mut tile.sums);
                add(sums, upper * width, weights, &tile.planes, from);
            }
            if y < height {
                let from = (margin + y - down) * stride + margin;
                let from = from.wrapping_add_signed(-right);
                let first = before.wrapping_add_signed(-right);
                let weights = &weights[first..first + width];
                let sums = (&mut tile.weights[..], &mut tile.sums);
                add(sums, y * width, weights, &tile.planes, from);
            }
        }
    }
}

/// Puts the squared differences of a row in place of those of another one, in sums of rows as well. All are whole blocks.
#[inline(always)]
fn differ<const C: usize>(planes: [(&[f32], &[f32]); C], row: &mut [f32], sums: &mut [f32]) {
    let (rows, _) = row.as_chunks_mut::<LANES>();
    let (sums, _) = sums.as_chunks_mut::<LANES>();
    for (block, (row, sums)) in rows.iter_mut().zip(sums).enumerate() {
        let mut squares = [0.0; LANES];
        for (a, b) in planes {
            let blocks = [a, b].map(|plane| plane[block * LANES..].first_chunk::<LANES>());
            let [Some(a), Some(b)] = blocks else {
                return;
            };
            for lane in 0..LANES {
                let difference = a[lane] - b[lane];
                squares[lane] += difference * difference;
            }
        }
        for lane in 0..LANES {
            sums[lane] += squares[lane] - row[lane];
        }
        *row = squares;
    }
}

/// What pixels of such sums weigh: nearly `exp(-x)`, but nothing from 16 on.
#[inline(always)]
fn weigh(sums: &[f32], side: usize, scale: f32, weights: &mut [f32]) {
    let (blocks, _) = weights.as_chunks_mut::<LANES>();
    for (index, block) in blocks.iter_mut().enumerate() {
        let start = index * LANES;
        if start + LANES + side - 1 > sums.len() {
            break;
        }
        let mut patch = [0.0; LANES];
        for tap in 0..side {
            for (sum, value) in patch.iter_mut().zip(&sums[start + tap..][..LANES]) {
                *sum += value;
            }
        }
        for (weight, sum) in block.iter_mut().zip(patch) {
            let near = (1.0 - sum.max(0.0) * (scale / 16.0)).max(0.0);
            let twice = near * near;
            let fourth = twice * twice;
            let eighth = fourth * fourth;
            *weight = eighth * eighth;
        }
    }
}

/// Adds a row of pixels by their weights.
#[inline(always)]
fn add<const C: usize>(
    (total, sums): (&mut [f32], &mut [Vec<f32>; C]),
    to: usize,
    weights: &[f32],
    planes: &[Vec<f32>; C],
    from: usize,
) {
    let length = weights.len();
    for (sum, weight) in total[to..to + length].iter_mut().zip(weights) {
        *sum += weight;
    }
    for (sums, plane) in sums.iter_mut().zip(planes) {
        let values = &plane[from..from + length];
        let sums = &mut sums[to..to + length];
        for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
            *sum += weight * value;
        }
    }
}
