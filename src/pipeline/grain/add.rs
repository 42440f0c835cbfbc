//! Adding noise to colours.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use crate::pipeline::luma::luma;
use crate::pipeline::point::{BLOCK, Block};
use crate::simd::Loop;

/// Adds noise of variance 1, `amount` times as strong in the middle tones, to the colours of a block.
pub(super) struct Add<'a, const NOISES: usize> {
    pub(super) colors: &'a mut Block,
    pub(super) noise: &'a [[f32; NOISES]],
    pub(super) amount: f32,
}

impl<const NOISES: usize> Loop for Add<'_, NOISES> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut strengths = [0.0; BLOCK];
        for (at, strength) in strengths.iter_mut().enumerate() {
            *strength = self.amount * tone([0, 1, 2].map(|color: usize| self.colors[color][at]));
        }
        for (color, plane) in self.colors.iter_mut().enumerate() {
            let each = plane.iter_mut().zip(&strengths).zip(self.noise);
            for ((value, strength), noise) in each {
                *value += strength * noise[color.min(NOISES - 1)];
            }
        }
    }
}

/// How much grain a tone has: all of it in the middle, none in black and white.
#[inline(always)]
fn tone(colors: [f32; 3]) -> f32 {
    let luma = luma(colors).clamp(0.0, 1.0);
    4.0 * luma * (1.0 - luma)
}
