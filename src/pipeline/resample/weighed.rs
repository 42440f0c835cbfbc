//! Resampling where alpha weighs colours, in a wider type than the samples have.
//!
//! Kernels with negative weights overshoot. An alpha that were clipped for it, even between the two passes, would no
//! longer be the one its colours were weighed with, and a bright halo would follow every edge of a cut-out. So
//! products of 8-bit samples become 16-bit ones with half their range left free, and all others floats.

use bytemuck::Pod;
use rayon::prelude::*;

use crate::image::Sample;
use crate::pipeline::alpha::Premultiply;

/// A product of a colour and an alpha, with room to overshoot.
pub(super) trait Roomy: Sample + Pod {
    /// Moves a product to the middle of the range.
    fn with_room(self) -> Self;

    /// Undoes it.
    fn product(self) -> f32;
}

/// What stands for zero: half of the largest product below it, and half of it above that.
const ZERO: u16 = 1 << 14;

impl Roomy for u16 {
    fn with_room(self) -> Self {
        self / 2 + ZERO
    }

    fn product(self) -> f32 {
        2.0 * (f32::from(self) - f32::from(ZERO))
    }
}

impl Roomy for f32 {
    fn with_room(self) -> Self {
        self
    }

    fn product(self) -> f32 {
        self
    }
}

/// Colours times alpha.
pub(super) fn premultiply<S: Premultiply<Wide: Roomy>>(
    samples: &[S],
    count: usize,
) -> Vec<S::Wide> {
    S::premultiply(samples, count, Roomy::with_room)
}

/// Colours divided by alpha again.
pub(super) fn straighten<S: Premultiply<Wide: Roomy>>(weighed: &[S::Wide], count: usize) -> Vec<S> {
    let mut out = vec![S::default(); weighed.len()];
    out.par_chunks_mut(count << 12)
        .zip(weighed.par_chunks(count << 12))
        .for_each(|(out, weighed)| {
            let pixels = weighed.chunks_exact(count);
            for (out, pixel) in out.chunks_exact_mut(count).zip(pixels) {
                let alpha = (pixel[count - 1].product() / S::MAX).min(S::MAX);
                if alpha <= 0.0 {
                    continue;
                }
                let scale = S::MAX / pixel[count - 1].product();
                for (out, color) in out.iter_mut().zip(&pixel[..count - 1]) {
                    *out = S::from_f32(color.product() * scale);
                }
                out[count - 1] = S::from_f32(alpha);
            }
        });
    out
}
