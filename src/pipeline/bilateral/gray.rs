//! Opaque gray of 8 bits: there are so few levels that what becomes of each is known before.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::Frame;
use super::grid::{Cells, Grid};
use crate::image::{Sample, Transfer, linear_to_srgb};
use crate::simd::{self, Loop};

/// A value and its weight, at two levels of luma that lie side by side.
type Pair = [f32; 4];

/// Where samples go to.
#[derive(Debug)]
pub(super) struct Levels {
    /// Luma of each sample.
    luma: [f32; 256],
    /// For each sample the level below its luma, counted from black.
    lower: [u32; 256],
    /// How far it is from there to the next level.
    parts: [f32; 256],
    /// What it adds to both levels.
    shares: [Pair; 256],
}

impl Levels {
    pub(super) fn new(cells: &Cells, transfer: Transfer) -> Self {
        let mut levels = Self {
            luma: [0.0; 256],
            lower: [0; 256],
            parts: [0.0; 256],
            shares: [[0.0; 4]; 256],
        };
        for sample in 0..=u8::MAX {
            let value = f32::from(sample) / f32::from(u8::MAX);
            let luma = match transfer {
                Transfer::Linear => linear_to_srgb(value),
                Transfer::Srgb => value,
            };
            let at = usize::from(sample);
            let (lower, part) = cells.place(luma);
            levels.luma[at] = luma;
            (levels.lower[at], levels.parts[at]) = (lower, part);
            let more = value * part;
            levels.shares[at] = [value - more, 1.0 - part, more, part];
        }
        levels
    }
}

/// What is at hand while a tile is worked on.
#[derive(Debug, Default)]
pub(super) struct Tile {
    grid: Grid,
    row: Vec<f32>,
    found: Vec<Pair>,
    parts: Vec<f32>,
}

impl Tile {
    /// Writes what becomes of the tile that begins at a pixel into the rows of its band, as it is done with other pictures.
    pub(super) fn run(
        &mut self,
        samples: &[u8],
        frame: Frame,
        (cells, levels): (&Cells, &Levels),
        (left, top): (usize, usize),
        out: &mut [u8],
    ) {
        let height = out.len() / frame.width;
        let (columns, rows) = frame.covered(cells, (left, top), height);
        let right = (left + cells.tile()).min(frame.width);
        let lines = rows
            .clone()
            .map(|y| &samples[y * frame.width..][columns.clone()]);
        let (low, high) = lines.clone().fold((u8::MAX, 0), |(low, high), line| {
            let (least, most) = simd::run(Range(line));
            (low.min(least), high.max(most))
        });
        let [low, high] = [low, high].map(|sample| levels.luma[usize::from(sample)]);
        self.grid
            .begin::<2>(cells, (low, high), (columns.len(), rows.len()));
        let lowest = self.grid.lowest();
        for (y, line) in lines.enumerate() {
            let (side, count) = self.grid.shape();
            simd::run(Deal {
                cells: self.grid.row_mut(y),
                levels,
                samples: line,
                lowest,
                count,
                side,
            });
        }
        self.grid.blur(cells, 2);
        self.found.resize(right - left, [0.0; 4]);
        self.parts.resize(right - left, 0.0);
        for (y, out) in (top..).zip(out.chunks_exact_mut(frame.width)) {
            let from = left - columns.start;
            self.grid.level(y - rows.start, &mut self.row);
            simd::run(Across {
                cells: &self.row,
                levels,
                samples: &samples[y * frame.width..][left..right],
                between: self.grid.between(from),
                lowest,
                count: self.grid.shape().1,
                found: &mut self.found,
                parts: &mut self.parts,
            });
            simd::run(Finish {
                found: &self.found,
                parts: &self.parts,
                out: &mut out[left..right],
            });
        }
    }
}

/// The least sample, and the greatest.
struct Range<'a>(&'a [u8]);

impl Loop for Range<'_> {
    type Output = (u8, u8);

    #[inline(always)]
    fn run(self) -> (u8, u8) {
        let (mut low, mut high) = (u8::MAX, 0);
        for sample in self.0 {
            low = low.min(*sample);
            high = high.max(*sample);
        }
        (low, high)
    }
}

/// Adds the pixels of a row to cells.
struct Deal<'a> {
    cells: &'a mut [f32],
    levels: &'a Levels,
    samples: &'a [u8],
    lowest: u32,
    /// Levels of a cell.
    count: usize,
    side: usize,
}

impl Loop for Deal<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let cells = self.cells.chunks_exact_mut(self.count * 2);
        for (cell, samples) in cells.zip(self.samples.chunks(self.side)) {
            for sample in samples {
                let at = usize::from(*sample);
                let level = self.levels.lower[at].wrapping_sub(self.lowest) as usize;
                let sums = cell.get_mut(2 * level..);
                let Some(sums) = sums.and_then(|sums| sums.first_chunk_mut::<4>()) else {
                    return;
                };
                for (sum, share) in sums.iter_mut().zip(self.levels.shares[at]) {
                    *sum += share;
                }
            }
        }
    }
}

/// Looks up what became of pixels, between the cells before and behind them.
struct Across<'a> {
    cells: &'a [f32],
    levels: &'a Levels,
    samples: &'a [u8],
    between: &'a [(usize, usize, f32)],
    lowest: u32,
    count: usize,
    found: &'a mut [Pair],
    /// How far they are from the lower level to the upper one.
    parts: &'a mut [f32],
}

impl Loop for Across<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let pixels = self.samples.iter().zip(self.between);
        let places = self.found.iter_mut().zip(self.parts);
        for ((found, part), (sample, (before, behind, share))) in places.zip(pixels) {
            let sample = usize::from(*sample);
            let level = self.levels.lower[sample].wrapping_sub(self.lowest) as usize;
            *part = self.levels.parts[sample];
            let at = |column: usize| {
                let at = 2 * (column * self.count + level);
                self.cells.get(at..)?.first_chunk::<4>()
            };
            let (Some(before), Some(behind)) = (at(*before), at(*behind)) else {
                return;
            };
            let mut pair = [0.0; 4];
            for ((value, before), behind) in pair.iter_mut().zip(before).zip(behind) {
                *value = before + (behind - before) * share;
            }
            *found = pair;
        }
    }
}

/// Makes samples of what was found at two levels.
struct Finish<'a> {
    found: &'a [Pair],
    parts: &'a [f32],
    out: &'a mut [u8],
}

impl Loop for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let found = self.found.iter().zip(self.parts);
        for (out, (pair, part)) in self.out.iter_mut().zip(found) {
            let [value, weight, upper_value, upper_weight] = *pair;
            let value = value + (upper_value - value) * part;
            let weight = weight + (upper_weight - weight) * part;
            *out = u8::from_f32(value * (255.0 / weight));
        }
    }
}
