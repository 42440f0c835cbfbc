//! From one quality to another without samples in between: nothing is lost but what the steps of the new quality take.

use wide::{f32x8, i16x8, i32x8};

use super::segments::Steps;

/// Turns coefficients that were divided by some steps into such that are divided by others.
#[derive(Debug, Clone)]
pub(super) struct Requantizer {
    ratios: [f32x8; 8],
}

impl Requantizer {
    pub(super) fn new(from: &Steps, to: &Steps) -> Self {
        let ratio = |at: usize| f32::from(from[at]) / f32::from(to[at]);
        let ratios =
            std::array::from_fn(|n| f32x8::new(std::array::from_fn(|at| ratio(8 * n + at))));
        Self { ratios }
    }

    /// The block, whose DC coefficient is given apart, in the order it comes in.
    #[inline]
    pub(super) fn run(&self, dc: i32, block: &[i16; 64]) -> [i16; 64] {
        let mut out = [0; 64];
        let eights = out
            .as_chunks_mut::<8>()
            .0
            .iter_mut()
            .zip(block.as_chunks::<8>().0);
        for ((out, eight), ratios) in eights.zip(self.ratios) {
            let values = f32x8::from_i32x8(i32x8::from_i16x8(i16x8::new(*eight)));
            *out = nearest(values * ratios);
        }
        #[expect(clippy::cast_precision_loss, reason = "16 bits, but for damaged files")]
        let dc = dc as f32 * self.ratios[0].to_array()[0];
        out[0] = nearest(f32x8::splat(dc))[0];
        out
    }
}

fn nearest(values: f32x8) -> [i16; 8] {
    // Far beyond what there can be, and within what is rounded alike everywhere.
    let within = values
        .fast_max(f32x8::splat(-32_000.0))
        .fast_min(f32x8::splat(32_000.0));
    i16x8::from_i32x8_saturate(within.fast_round_int()).to_array()
}
