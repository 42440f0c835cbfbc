//! Gray of 8 bits, which is counted and looked up by whole numbers.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use rayon::prelude::*;

use super::tables::{Grid, PLACES, Span, Table};
use crate::simd::{self, Loop};

/// Bits behind the point of values in tables.
const FINE: u32 = 7;

/// Bits behind the point of what lies between two tables.
const SHARE: u32 = 15;

/// What the left table makes of a value, and how much more the right one does.
type Pair = [i16; 2];

pub(super) fn filter(samples: &mut [u8], grid: &Grid, clip: f64) {
    let width = grid.width;
    let seen: &[u8] = samples;
    let tables = grid.tables((clip, 1), |columns, y, counting| {
        counting.add(&seen[y * width..][..width][columns]);
    });
    let spans = grid.spans();
    let shares = grid.shares();
    let shares: Vec<i16> = shares.iter().map(|share| whole(*share, SHARE)).collect();
    samples
        .par_chunks_exact_mut(width)
        .enumerate()
        .for_each_init(Vec::new, |row: &mut Vec<Table>, (y, line)| {
            grid.bring_to_row(&tables, y, row);
            for Span {
                pixels,
                left,
                right,
            } in &spans
            {
                let shares = &shares[pixels.clone()];
                simd::run(LookUp {
                    tables: [&row[*left], &row[*right]],
                    shares,
                    samples: &mut line[pixels.clone()],
                });
            }
        });
}

/// A number from 0 to 255, or from 0 to 1, with so many bits behind the point.
#[expect(clippy::cast_possible_truncation, reason = "15 bits hold all of it")]
#[inline(always)]
fn whole(value: f32, bits: u32) -> i16 {
    let most = f32::from(i16::MAX);
    let scaled = value * f32::from(1_u16 << bits) + 0.5;
    scaled.min(most) as i16
}

struct LookUp<'a> {
    tables: [&'a Table; 2],
    shares: &'a [i16],
    samples: &'a mut [u8],
}

impl Loop for LookUp<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let [left, right] = self
            .tables
            .map(|table| table.map(|value| whole(value, FINE)));
        let mut pairs: [Pair; PLACES] = [[0; 2]; PLACES];
        for (pair, (left, right)) in pairs.iter_mut().zip(left.into_iter().zip(right)) {
            *pair = [left, right - left];
        }
        for (sample, share) in self.samples.iter_mut().zip(self.shares) {
            let [left, more] = pairs[usize::from(*sample)].map(i32::from);
            let value = left + ((more * i32::from(*share)) >> SHARE);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it lies between two values of tables"
            )]
            let value = ((value + (1 << (FINE - 1))) >> FINE) as u8;
            *sample = value;
        }
    }
}
