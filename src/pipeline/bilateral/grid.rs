//! The grid of a tile.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::inline_always,
    reason = "places of pixels and cells, which are small and have no sign"
)]

use std::array::from_fn;

use super::narrow;
use crate::pipeline::weigh::weigh;
use crate::simd::{self, Loop};

/// Levels of luma that a grid has at the most: those of floats may be far apart.
const MOST_LEVELS: f32 = 200.0;

/// How wide cells are, and what is done between them.
#[derive(Debug)]
pub(super) struct Cells {
    /// Pixels across and down a cell.
    side: usize,
    /// Luma of a cell.
    depth: f32,
    across: Vec<f32>,
    through: Vec<f32>,
}

impl Cells {
    pub(super) fn new(space: f64, range: f64) -> Self {
        let side = (space * SPACE).floor().max(1.0);
        // A sample goes to the cell that it is in, and is looked up between the nearest two.
        let dealt = (side * side - 1.0) / 12.0 + side * side / 6.0;
        let depth = range * RANGE;
        Self {
            side: side as usize,
            depth: narrow(depth),
            across: gaussian((space * space - dealt).max(0.0) / (side * side)),
            // In luma it goes to the nearest two as well.
            through: gaussian((range / depth).powi(2) - 1.0 / 3.0),
        }
    }

    /// The level below a luma, counted from black, and how far it is from there to the next one.
    pub(super) fn place(&self, luma: f32) -> (u32, f32) {
        let at = luma / self.depth;
        let level = (at - 0.5).max(0.0).round_ties_even();
        (level as u32, at - level)
    }

    /// Pixels across and down a tile.
    pub(super) fn tile(&self) -> usize {
        let cells = match self.side {
            ..=8 => 64,
            9..=32 => 32,
            _ => 16,
        };
        cells * self.side
    }

    /// Pixels around a tile that have a say in it: whole cells, so that those of all tiles are the same.
    pub(super) fn reach(&self) -> usize {
        (self.across.len() / 2 + 1) * self.side
    }
}

/// How wide cells are, in standard deviations.
pub(super) const SPACE: f64 = 1.5;
pub(super) const RANGE: f64 = 1.0;

/// The weights of a Gaussian of this variance, in cells.
fn gaussian(variance: f64) -> Vec<f32> {
    if variance <= 0.0 {
        return vec![1.0];
    }
    let radius = (3.0 * variance.sqrt()).ceil() as i32;
    let weight = |at: i32| (-f64::from(at * at) / (2.0 * variance)).exp();
    let total: f64 = (-radius..=radius).map(weight).sum();
    (-radius..=radius)
        .map(|at| narrow(weight(at) / total))
        .collect()
}

/// Sums of values in cells, row after row; those of all levels of a cell lie side by side.
#[derive(Debug, Default)]
pub(super) struct Grid {
    columns: usize,
    rows: usize,
    side: usize,
    scale: Scale,
    /// For each column of pixels, the cells on both sides, and how far it is from the one to the other.
    between: Vec<(usize, usize, f32)>,
    /// For each pixel, the level below its luma, and how far it is from there to the next one.
    levels: Vec<u32>,
    parts: Vec<f32>,
    cells: Vec<f32>,
    scratch: Vec<f32>,
}

impl Grid {
    /// Makes all cells empty, for pixels of this range of luma.
    pub(super) fn begin<const N: usize>(
        &mut self,
        cells: &Cells,
        (low, high): (f32, f32),
        (width, height): (usize, usize),
    ) {
        self.side = cells.side;
        let depth = cells.depth.recip();
        let lowest = (low * depth).floor();
        let span = (high * depth - lowest).clamp(0.0, MOST_LEVELS);
        let levels = span as usize + 3;
        self.scale = Scale {
            depth,
            lowest,
            levels,
            most: (levels - 2) as f32,
        };
        self.columns = width.div_ceil(self.side);
        self.rows = height.div_ceil(self.side);
        self.between.clear();
        self.between
            .extend((0..width).map(|x| between(x, self.side, self.columns)));
        self.cells.clear();
        self.cells
            .resize(self.rows * self.columns * levels * N, 0.0);
    }

    /// Pixels across a cell, and its levels.
    pub(super) fn shape(&self) -> (usize, usize) {
        (self.side, self.scale.levels)
    }

    /// The lowest level, counted from black. There must be no luma below that.
    pub(super) fn lowest(&self) -> u32 {
        self.scale.lowest as u32
    }

    /// The cells on both sides of pixels, from the one at `x` on.
    pub(super) fn between(&self, x: usize) -> &[(usize, usize, f32)] {
        &self.between[x..]
    }

    /// The cells of a row of pixels.
    pub(super) fn row_mut(&mut self, y: usize) -> &mut [f32] {
        let line = self.cells.len() / self.rows;
        &mut self.cells[y / self.side * line..][..line]
    }

    /// Deals pixels out to cells, and blurs those.
    pub(super) fn fill<const N: usize>(
        &mut self,
        cells: &Cells,
        guide: &[f32],
        values: &[f32],
        width: usize,
    ) {
        let range = simd::run(Range(guide));
        self.begin::<N>(cells, range, (width, guide.len() / width));
        self.levels.resize(guide.len(), 0);
        self.parts.resize(guide.len(), 0.0);
        simd::run(Place {
            scale: self.scale,
            guide,
            levels: &mut self.levels,
            parts: &mut self.parts,
        });
        let line = self.cells.len() / self.rows;
        for (y, values) in values.chunks_exact(width * N).enumerate() {
            simd::run(Deal::<N> {
                cells: &mut self.cells[y / self.side * line..][..line],
                levels: &self.levels[y * width..][..width],
                parts: &self.parts[y * width..][..width],
                values,
                count: self.scale.levels,
                side: self.side,
            });
        }
        self.blur(cells, N);
    }

    /// Blurs along all three axes. What lies beyond the edges does not count.
    pub(super) fn blur(&mut self, cells: &Cells, count: usize) {
        let cell = self.scale.levels * count;
        let line = self.columns * cell;
        // Between cells there is nothing, as far as the weights reach: so they do not mix levels of one with those of the next.
        let gap = cells.through.len() / 2 * count;
        let apart = cell + gap;
        let mut spread = vec![0.0; self.columns * apart + 2 * gap];
        let mut blurred = vec![0.0; self.columns * apart];
        let along = cells.across.len() / 2 * cell;
        let mut padded = vec![0.0; line + 2 * along];
        for row in self.cells.chunks_exact_mut(line) {
            let places = spread[gap..].chunks_exact_mut(apart);
            for (place, levels) in places.zip(row.chunks_exact(cell)) {
                place[..cell].copy_from_slice(levels);
            }
            let taps = (0..cells.through.len()).map(|tap| &spread[tap * count..]);
            weigh(taps, &cells.through, &mut blurred);
            let places = padded[along..].chunks_exact_mut(cell);
            for (place, levels) in places.zip(blurred.chunks_exact(apart)) {
                place.copy_from_slice(&levels[..cell]);
            }
            let taps = (0..cells.across.len()).map(|tap| &padded[tap * cell..]);
            weigh(taps, &cells.across, row);
        }
        self.scratch.resize(self.cells.len(), 0.0);
        let radius = cells.across.len() / 2;
        let nothing = vec![0.0; line];
        for (y, out) in self.scratch.chunks_exact_mut(line).enumerate() {
            let taps = (0..cells.across.len()).map(|tap| {
                let y = (y + tap).checked_sub(radius).filter(|y| *y < self.rows);
                y.map_or(&nothing[..], |y| &self.cells[y * line..][..line])
            });
            weigh(taps, &cells.across, out);
        }
        std::mem::swap(&mut self.cells, &mut self.scratch);
    }

    /// Brings the cells above and below a row of pixels to it.
    pub(super) fn level(&self, y: usize, row: &mut Vec<f32>) {
        let line = self.cells.len() / self.rows;
        let (above, below, share) = between(y, self.side, self.rows);
        row.resize(line, 0.0);
        let [above, below] = [above, below].map(|at| &self.cells[at * line..][..line]);
        let rows = [above, below].into_iter();
        weigh(rows, &[1.0 - share, share], row);
    }

    /// What became of the pixels of such a row, from the one at `x` of row `y` on.
    pub(super) fn look_up<const N: usize>(
        &self,
        row: &[f32],
        (x, y): (usize, usize),
        found: &mut [[f32; N]],
    ) {
        let start = y * self.between.len() + x;
        simd::run(LookUp {
            cells: row.as_chunks().0,
            count: self.scale.levels,
            between: &self.between[x..],
            levels: &self.levels[start..],
            parts: &self.parts[start..],
            found,
        });
    }
}

struct LookUp<'a, const N: usize> {
    cells: &'a [[f32; N]],
    /// Levels of a cell.
    count: usize,
    between: &'a [(usize, usize, f32)],
    levels: &'a [u32],
    parts: &'a [f32],
    found: &'a mut [[f32; N]],
}

impl<const N: usize> Loop for LookUp<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let places = self.levels.iter().zip(self.parts).zip(self.between);
        for (found, ((level, part), (left, right, share))) in self.found.iter_mut().zip(places) {
            // Two levels of a cell lie side by side: one vector holds both.
            let at = |column: usize| {
                let at = column * self.count + *level as usize;
                self.cells[at..].first_chunk::<2>()
            };
            let (Some(left), Some(right)) = (at(*left), at(*right)) else {
                return;
            };
            let mut levels = [[0.0; N]; 2];
            let values = levels.as_flattened_mut().iter_mut();
            let sides = left.as_flattened().iter().zip(right.as_flattened());
            for (value, (left, right)) in values.zip(sides) {
                *value = left + (right - left) * share;
            }
            let [lower, upper] = levels;
            for (at, found) in found.iter_mut().enumerate() {
                *found = lower[at] + (upper[at] - lower[at]) * part;
            }
        }
    }
}

/// The least luma, and the greatest. What is no number is neither.
struct Range<'a>(&'a [f32]);

impl Loop for Range<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn run(self) -> (f32, f32) {
        const LANES: usize = 32;
        let (mut lows, mut highs) = ([f32::MAX; LANES], [f32::MIN; LANES]);
        let (blocks, rest) = self.0.as_chunks::<LANES>();
        for block in blocks {
            for ((low, high), luma) in lows.iter_mut().zip(&mut highs).zip(block) {
                *low = if *luma < *low { *luma } else { *low };
                *high = if *luma > *high { *luma } else { *high };
            }
        }
        let low = lows.iter().chain(rest).copied().fold(f32::MAX, f32::min);
        let high = highs.iter().chain(rest).copied().fold(f32::MIN, f32::max);
        (low, high)
    }
}

/// Finds the levels of luma.
struct Place<'a> {
    scale: Scale,
    guide: &'a [f32],
    levels: &'a mut [u32],
    parts: &'a mut [f32],
}

impl Loop for Place<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Scale {
            depth,
            lowest,
            most,
            ..
        } = self.scale;
        let places = self.levels.iter_mut().zip(self.parts);
        for ((level, part), luma) in places.zip(self.guide) {
            let at = (luma * depth - lowest).clamp(0.0, most);
            // Adding 2^23 rounds to whole numbers, and leaves them at the end of the mantissa.
            let rounded = (at - 0.5).max(0.0) + WHOLE;
            *level = rounded.to_bits() & MANTISSA;
            *part = at - (rounded - WHOLE);
        }
    }
}

const WHOLE: f32 = 8_388_608.0;
const MANTISSA: u32 = (1 << 23) - 1;

/// Adds the pixels of a row to cells.
struct Deal<'a, const N: usize> {
    cells: &'a mut [f32],
    levels: &'a [u32],
    parts: &'a [f32],
    values: &'a [f32],
    /// Levels of a cell.
    count: usize,
    side: usize,
}

impl<const N: usize> Loop for Deal<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let cells = self.cells.chunks_exact_mut(self.count * N);
        let (values, _) = self.values.as_chunks::<N>();
        let places = self
            .levels
            .chunks(self.side)
            .zip(self.parts.chunks(self.side));
        let pixels = places.zip(values.chunks(self.side));
        for (cells, ((levels, parts), values)) in cells.zip(pixels) {
            let (cells, _) = cells.as_chunks_mut::<N>();
            for ((level, part), values) in levels.iter().zip(parts).zip(values) {
                let level = *level as usize;
                let [lower, upper] = &mut cells[level..level + 2] else {
                    return;
                };
                let more = values.map(|value| value * part);
                let lower_sum = from_fn(|at| lower[at] + (values[at] - more[at]));
                let upper_sum = from_fn(|at| upper[at] + more[at]);
                (*lower, *upper) = (lower_sum, upper_sum);
            }
        }
    }
}

/// Levels of luma.
#[derive(Debug, Clone, Copy, Default)]
struct Scale {
    /// Levels in full intensity.
    depth: f32,
    /// The lowest level, counted from black.
    lowest: f32,
    levels: usize,
    /// The level before the last.
    most: f32,
}

/// The cells before and behind a pixel, and how far it is from the one to the other.
fn between(at: usize, side: usize, cells: usize) -> (usize, usize, f32) {
    let twice = 2 * at + 1 + side;
    let behind = twice / (2 * side);
    let share = (twice % (2 * side)) as f32 / (2 * side) as f32;
    (behind.saturating_sub(1), behind.min(cells - 1), share)
}
