//! Which pixels are the steepest across their edge.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::ops::BitOr;

use super::{NONE, STRONG, WEAK};
use crate::simd::{self, Loop};

/// Pixels that are looked at side by side.
const BLOCK: usize = 32;

/// How steep the pixels of a row are: whole blocks, flat behind the end.
pub(super) struct Slopes {
    width: usize,
    /// Gradients to the right, and down.
    across: Vec<f32>,
    down: Vec<f32>,
    /// The square of how steep a pixel is, with one pixel more on each side, where all is flat.
    steepness: Vec<f32>,
}

/// How steep lines are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The square of how steep a line must be to go on.
    pub(super) low: f32,
    /// The square of how steep it must be somewhere.
    pub(super) high: f32,
    /// What a gradient from black to white is. Where that is not 1 gradients are whole numbers.
    pub(super) units: f32,
}

impl Slopes {
    pub(super) fn new(width: usize) -> Self {
        let length = width.next_multiple_of(BLOCK);
        Self {
            width,
            across: vec![0.0; length],
            down: vec![0.0; length],
            steepness: vec![0.0; length + 2],
        }
    }

    pub(super) fn flatten(&mut self) {
        self.steepness.fill(0.0);
    }

    /// Fills it from three rows that have one pixel more on each side.
    pub(super) fn fill(&mut self, rows: [&[f32]; 3], units: f32) {
        let width = self.width;
        simd::run(Gradients {
            rows,
            across: &mut self.across[..width],
            down: &mut self.down[..width],
            steepness: &mut self.steepness[1..=width],
            units,
        });
    }
}

struct Gradients<'a> {
    rows: [&'a [f32]; 3],
    across: &'a mut [f32],
    down: &'a mut [f32],
    steepness: &'a mut [f32],
    units: f32,
}

impl Loop for Gradients<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // Adding 1.5 * 2^23 rounds to whole numbers of either sign.
        const WHOLE: f32 = 12_582_912.0;
        if self.units > 1.0 {
            self.each(|value| value + WHOLE - WHOLE);
        } else {
            self.each(|value| value);
        }
    }
}

impl Gradients<'_> {
    #[inline(always)]
    fn each(self, rounded: impl Fn(f32) -> f32) {
        let (corner, middle) = (0.25 * self.units, 0.5 * self.units);
        let width = self.across.len();
        let [above, own, below] = self.rows.map(|row| &row[..width + 2]);
        let (to_right, to_below) = (&mut self.across[..width], &mut self.down[..width]);
        let steepness = &mut self.steepness[..width];
        for x in 0..width {
            let (left, right) = (x, x + 2);
            let across = corner * (above[right] - above[left] + below[right] - below[left])
                + middle * (own[right] - own[left]);
            let down = corner * (below[left] - above[left] + below[right] - above[right])
                + middle * (below[x + 1] - above[x + 1]);
            let (across, down) = (rounded(across), rounded(down));
            to_right[x] = across;
            to_below[x] = down;
            steepness[x] = across * across + down * down;
        }
    }
}

impl Bounds {
    /// What the pixels of a row are, from how steep the one above is, itself, and the one below.
    pub(super) fn kinds(self, [above, own, below]: [&Slopes; 3], kinds: &mut [u8]) {
        simd::run(Thin {
            bounds: self,
            rows: [above, own, below].map(|row| &row.steepness[..]),
            across: &own.across,
            down: &own.down,
            kinds,
        });
    }
}

struct Thin<'a> {
    bounds: Bounds,
    rows: [&'a [f32]; 3],
    across: &'a [f32],
    down: &'a [f32],
    kinds: &'a mut [u8],
}

impl Loop for Thin<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let slopes = self.across.as_chunks::<BLOCK>().0.iter();
        let slopes = slopes.zip(self.down.as_chunks::<BLOCK>().0);
        let blocks = self.kinds.chunks_mut(BLOCK).zip(slopes).enumerate();
        for (block, (kinds, (across, down))) in blocks {
            // A block of each row, and one pixel more on each side.
            let rows = self
                .rows
                .map(|row| row[block * BLOCK..].first_chunk::<{ BLOCK + 2 }>());
            let [Some(above), Some(own), Some(below)] = rows else {
                return;
            };
            let low = self.bounds.low;
            let is_any = own.iter().map(|own| *own >= low).fold(false, BitOr::bitor);
            if !is_any {
                kinds.fill(NONE);
                continue;
            }
            let made = self.bounds.thinned([above, own, below], across, down);
            for (kind, made) in kinds.iter_mut().zip(made) {
                #[expect(clippy::cast_possible_truncation, reason = "it was one of 8 bits")]
                let made = made as u8;
                *kind = made;
            }
        }
    }
}

impl Bounds {
    /// What pixels are: 32 bits each, as wide as what they are compared by.
    #[inline(always)]
    fn thinned(
        self,
        rows: [&[f32; BLOCK + 2]; 3],
        across: &[f32; BLOCK],
        down: &[f32; BLOCK],
    ) -> [u32; BLOCK] {
        // The tangent of 22.5 degrees.
        const EIGHTH: f32 = 0.414_213_57;
        let mut made = [0; BLOCK];
        for x in 0..BLOCK {
            // All are read before any is chosen: compilers would make branches otherwise.
            let [above, beside, below] = rows.map(|row| [row[x], row[x + 1], row[x + 2]]);
            let (wide, high) = (across[x].abs(), down[x].abs());
            let is_flat = high < EIGHTH * wide;
            let is_steep = wide < EIGHTH * high;
            let is_falling = (across[x].to_bits() ^ down[x].to_bits()).cast_signed() >= 0;
            // The neighbours across the edge.
            let one = if is_falling { above[0] } else { above[2] };
            let one = if is_steep { above[1] } else { one };
            let one = if is_flat { beside[0] } else { one };
            let other = if is_falling { below[2] } else { below[0] };
            let other = if is_steep { below[1] } else { other };
            let other = if is_flat { beside[2] } else { other };
            let own = beside[1];
            // Of two that are as steep the first stays.
            let stays = own > one && own >= other && own >= self.low;
            let kind = if own >= self.high { STRONG } else { WEAK };
            made[x] = u32::from(kind) & u32::from(stays).wrapping_neg();
        }
        made
    }
}
