//! Colours weighed by their alpha, so that what cannot be seen does not bleed into what can.

use rayon::prelude::*;

use crate::image::{Channels, Sample};

/// Whether the last of so many channels is alpha.
pub(super) const fn has_alpha(channels: usize) -> bool {
    channels.is_multiple_of(2)
}

/// Samples with a wider type that holds their product with an alpha.
pub(super) trait Premultiply: Sample {
    /// Holds products without loss worth mentioning.
    type Wide: Sample;

    /// `self` times `alpha`, on a scale of 0 to MAX squared.
    fn times(self, alpha: Self) -> Self::Wide;

    /// Colours times alpha, and alpha times full intensity, so that all are on one scale; stored as `store` says.
    fn premultiply(
        samples: &[Self],
        channels: usize,
        store: impl Fn(Self::Wide) -> Self::Wide + Sync,
    ) -> Vec<Self::Wide> {
        let mut out = vec![Self::Wide::default(); samples.len()];
        out.par_chunks_mut(channels << 12)
            .zip(samples.par_chunks(channels << 12))
            .for_each(|(out, samples)| Self::premultiply_row(samples, channels, out, &store));
        out
    }

    /// The same, of a row.
    fn premultiply_row(
        samples: &[Self],
        channels: usize,
        out: &mut [Self::Wide],
        store: impl Fn(Self::Wide) -> Self::Wide,
    ) {
        let pixels = samples.chunks_exact(channels);
        for (out, pixel) in out.chunks_exact_mut(channels).zip(pixels) {
            let alpha = pixel[channels - 1];
            for (out, color) in out.iter_mut().zip(&pixel[..channels - 1]) {
                *out = store(color.times(alpha));
            }
            out[channels - 1] = store(alpha.times(Self::FULL));
        }
    }
}

impl Premultiply for u8 {
    type Wide = u16;

    fn times(self, alpha: Self) -> u16 {
        u16::from(self) * u16::from(alpha)
    }
}

impl Premultiply for u16 {
    type Wide = f32;

    fn times(self, alpha: Self) -> f32 {
        f32::from(self) * f32::from(alpha)
    }
}

impl Premultiply for f32 {
    type Wide = Self;

    fn times(self, alpha: Self) -> Self {
        self * alpha
    }
}

/// Whether no pixel lets anything shine through, so that alpha need not be looked at.
pub(super) fn is_opaque<S: Sample>(samples: &[S], channels: Channels) -> bool {
    let count = channels.count();
    !channels.has_alpha()
        || samples
            .chunks_exact(count)
            .all(|pixel| pixel[count - 1] == S::FULL)
}

/// Turns a row of [`Premultiply::premultiply`]'s making back to straight alpha, on the scale of `S`.
pub(super) fn straighten<S: Sample>(row: &mut [f32], channels: usize) {
    for pixel in row.chunks_exact_mut(channels) {
        let alpha = pixel[channels - 1] / S::MAX;
        let scale = if alpha > 0.0 { alpha.recip() } else { 0.0 };
        for color in &mut pixel[..channels - 1] {
            *color *= scale;
        }
        pixel[channels - 1] = alpha;
    }
}
