//! Adding noise to the pixels of a row.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use crate::image::Sample;
use crate::pipeline::luma::luma;
use crate::pipeline::point::BLOCK;
use crate::simd::Loop;

/// Adds noise of variance 1, `amount` times as strong in the middle tones.
pub(super) struct Add<'a, S, const COUNT: usize, const NOISES: usize> {
    pub(super) pixels: &'a mut [[S; COUNT]],
    pub(super) noise: &'a [[f32; NOISES]],
    pub(super) amount: f32,
}

/// How many of so many samples are colours.
const fn colors(count: usize) -> usize {
    if count < 3 { 1 } else { 3 }
}

impl<S: Sample, const COUNT: usize, const NOISES: usize> Loop for Add<'_, S, COUNT, NOISES> {
    type Output = ();

    /// Block by block: samples are read, added to and put back in loops of their own, of which compilers make vectors.
    #[inline(always)]
    fn run(self) {
        let mut values = [[0.0; BLOCK]; 3];
        let mut strengths = [0.0; BLOCK];
        let mut made = [[S::default(); BLOCK]; 3];
        let blocks = self.pixels.chunks_mut(BLOCK);
        for (block, noise) in blocks.zip(self.noise.chunks(BLOCK)) {
            let [red, green, blue] = &mut values;
            let each = red.iter_mut().zip(green).zip(blue);
            for (((red, green), blue), pixel) in each.zip(&*block) {
                let at = |color: usize| pixel[color.min(colors(COUNT) - 1)].to_f32();
                [*red, *green, *blue] = [at(0), at(1), at(2)];
            }
            for (at, strength) in strengths.iter_mut().enumerate() {
                let tone = tone::<S>([0, 1, 2].map(|color: usize| values[color][at]));
                *strength = self.amount * tone * S::MAX;
            }
            for (color, made) in made.iter_mut().enumerate().take(colors(COUNT)) {
                let each = values[color].iter().zip(&strengths).zip(noise);
                for (made, ((value, strength), noise)) in made.iter_mut().zip(each) {
                    *made = S::from_f32(value + strength * noise[color.min(NOISES - 1)]);
                }
            }
            let [red, green, blue] = &made;
            let each = red.iter().zip(green).zip(blue);
            for (pixel, ((red, green), blue)) in block.iter_mut().zip(each) {
                pixel[0] = *red;
                if COUNT >= 3 {
                    pixel[1] = *green;
                    pixel[2] = *blue;
                }
            }
        }
    }
}

/// How much grain a tone has: all of it in the middle, none in black and white.
#[inline(always)]
fn tone<S: Sample>(colors: [f32; 3]) -> f32 {
    let luma = (luma(colors) / S::MAX).clamp(0.0, 1.0);
    4.0 * luma * (1.0 - luma)
}
