//! What rows are added up in.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use crate::image::Sample;

/// What samples are added up in, each times a weight.
pub(in crate::pipeline) trait Number:
    Copy + Default + Send + Sync + 'static
{
    /// A weight.
    type Weight: Copy + std::fmt::Debug + PartialEq + Send + Sync;
    /// A weight as samples are multiplied by it.
    type Factor: Copy + Send + Sync;
    /// As many as are added up side by side, in registers: what suits vectors of them, as far as it was tried.
    type Block: AsRef<[Self]>;

    /// How many that are.
    const LANES: usize = size_of::<Self::Block>() / size_of::<Self>();

    /// All of them the same.
    fn block(value: Self) -> Self::Block;

    /// By what a sample is multiplied.
    fn factor(weight: Self::Weight) -> Self::Factor;

    /// By what a sample is multiplied that was added to itself before.
    fn half_factor(weight: Self::Weight) -> Self::Factor;
}

/// Numbers whose weights add up to 1.
pub(in crate::pipeline) trait Mean: Number {
    /// The weights nearest to these.
    fn weights(exact: &[f64]) -> Vec<Self::Weight>;
}

/// Samples that can be added up in such numbers.
pub(in crate::pipeline) trait Term<N: Number>:
    Copy + Default + Send + Sync
{
    /// What a sum of `count` products begins with: of two samples each where `paired`.
    fn beginning(count: usize, paired: bool) -> N;

    /// Adds a block of samples, each times `factor`. There may be more samples than a block has, but not fewer.
    fn add(samples: &[Self], factor: &N::Factor, sums: &mut N::Block);

    /// Adds the sums of two samples each, times `factor`.
    #[inline(always)]
    fn add_pairs(samples: [&[Self]; 2], factor: &N::Factor, sums: &mut N::Block) {
        for samples in samples {
            Self::add(samples, factor, sums);
        }
    }
}

impl Number for f32 {
    type Weight = Self;
    type Factor = Self;
    type Block = [Self; 32];

    fn block(value: Self) -> Self::Block {
        [value; Self::LANES]
    }

    fn factor(weight: Self) -> Self {
        weight
    }

    fn half_factor(weight: Self) -> Self {
        0.5 * weight
    }
}

impl Mean for f32 {
    fn weights(exact: &[f64]) -> Vec<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "f32 holds eight digits of a weight"
        )]
        let weights = exact.iter().map(|weight| *weight as Self).collect();
        weights
    }
}

impl<T: Sample> Term<f32> for T {
    fn beginning(_: usize, _: bool) -> f32 {
        0.0
    }

    #[inline(always)]
    fn add(samples: &[Self], factor: &f32, sums: &mut [f32; f32::LANES]) {
        if let Some(samples) = samples.first_chunk::<{ f32::LANES }>() {
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += factor * sample.to_f32();
            }
        }
    }

    #[inline(always)]
    fn add_pairs(samples: [&[Self]; 2], factor: &f32, sums: &mut [f32; f32::LANES]) {
        let [first, second] = samples.map(|samples| samples.first_chunk::<{ f32::LANES }>());
        if let (Some(first), Some(second)) = (first, second) {
            for (sum, (first, second)) in sums.iter_mut().zip(first.iter().zip(second)) {
                *sum += factor * first.sum(*second);
            }
        }
    }
}
