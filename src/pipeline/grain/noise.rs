//! Noise of single pixels.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use crate::simd::{self, Loop};

/// What noise follows from, beside its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Film(u64);

impl Film {
    pub(super) fn new(seed: u64) -> Self {
        Self(scrambled(seed.wrapping_add(1)))
    }

    /// Fills a row, or a part of it that begins at `x`, with noise of variance 1. Places before the first wrap around.
    pub(super) fn expose(self, row: &mut [f32], x: u64, y: u64) {
        // Rows of pictures of any width have the same beginning.
        let counter = scrambled(self.0 ^ y).wrapping_add(x);
        simd::run(Expose { row, counter });
    }
}

/// A number that nobody can tell from the counter that it is made of.
#[inline(always)]
fn scrambled(counter: u64) -> u64 {
    let mut bits = counter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Nearly a normal distribution, of mean 0 and variance 1: the sum of four even ones.
#[inline(always)]
fn normal(bits: u64) -> f32 {
    const EACH_OTHER: u64 = 0x0000_FFFF_0000_FFFF;
    let pairs = (bits & EACH_OTHER) + ((bits >> 16) & EACH_OTHER);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "sums of four numbers of 16 bits"
    )]
    let sum = ((pairs as u32) + (pairs >> 32) as u32).cast_signed() as f32;
    // Each has a variance of 1/12 of its range squared.
    (sum / 65535.0 - 2.0) * 3.0_f32.sqrt()
}

/// Fills a row by counting on.
struct Expose<'a> {
    row: &'a mut [f32],
    counter: u64,
}

impl Loop for Expose<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (value, x) in self.row.iter_mut().zip(0_u64..) {
            *value = normal(scrambled(self.counter.wrapping_add(x)));
        }
    }
}
