//! What hangs together.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::ops::Range;

use rayon::prelude::*;

use super::{NONE, STRONG, WEAK};
use crate::simd::{self, Loop};

/// Pixels that one task looks at.
const PART: usize = 1 << 16;

/// Leaves what is strong, and what is weak and hangs together with it.
pub(super) fn run(width: usize, kinds: &mut [u8]) {
    let parts = (0..kinds.len().div_ceil(PART)).into_par_iter();
    let found = parts.flat_map_iter(|part| {
        let end = ((part + 1) * PART).min(kinds.len());
        let part = part * PART..end;
        simd::run(Find { width, kinds, part })
    });
    let mut open: Vec<usize> = found.collect();
    while let Some(at) = open.pop() {
        if kinds[at] == WEAK {
            kinds[at] = STRONG;
            open.extend(around(at, width).filter(|at| kinds.get(*at) == Some(&WEAK)));
        }
    }
    kinds
        .par_chunks_mut(PART)
        .for_each(|kinds| simd::run(Clean(kinds)));
}

/// The pixels around one, and itself. What lies above the picture has wrapped around to far below it.
#[inline(always)]
fn around(at: usize, width: usize) -> impl Iterator<Item = usize> {
    let column = at % width;
    let columns = usize::from(column == 0)..2 + usize::from(column + 1 < width);
    let corner = at.wrapping_sub(width + 1);
    let rows = [0, width, 2 * width].into_iter();
    rows.flat_map(move |row| columns.clone().map(move |x| corner.wrapping_add(row + x)))
}

/// Finds weak pixels beside strong ones.
struct Find<'a> {
    width: usize,
    kinds: &'a [u8],
    part: Range<usize>,
}

impl Loop for Find<'_> {
    type Output = Vec<usize>;

    #[inline(always)]
    fn run(self) -> Vec<usize> {
        let (width, kinds) = (self.width, self.kinds);
        let mut found = Vec::new();
        for start in self.part.clone().step_by(BLOCK) {
            if !may_have(kinds, width, start) {
                continue;
            }
            for at in start..(start + BLOCK).min(self.part.end) {
                let is_strong = |at: usize| kinds.get(at) == Some(&STRONG);
                if kinds[at] == WEAK && around(at, width).any(is_strong) {
                    found.push(at);
                }
            }
        }
        found
    }
}

/// Pixels that are looked at side by side.
const BLOCK: usize = 64;

/// Whether there may be a weak pixel beside a strong one among those from `start` on: where a row ends the next one is taken for what
/// is beside it.
#[inline(always)]
fn may_have(kinds: &[u8], width: usize, start: usize) -> bool {
    let seen = |start: usize| kinds.get(start..)?.first_chunk::<{ BLOCK + 2 }>();
    let corner = start.wrapping_sub(width + 1);
    let rows = [0, width, 2 * width].map(|row| seen(corner.wrapping_add(row)));
    let [Some(above), Some(own), Some(below)] = rows else {
        return true;
    };
    // Strong ones have bits that others have not.
    let mut found = NONE;
    for x in 0..BLOCK {
        let corners = above[x] | above[x + 2] | below[x] | below[x + 2];
        let near = corners | above[x + 1] | own[x] | own[x + 2] | below[x + 1];
        found |= if own[x + 1] == WEAK { near } else { NONE };
    }
    found > WEAK
}

/// Takes weak pixels away.
struct Clean<'a>(&'a mut [u8]);

impl Loop for Clean<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for kind in self.0 {
            *kind = if *kind == STRONG { STRONG } else { NONE };
        }
    }
}
