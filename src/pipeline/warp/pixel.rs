//! Single pixels: what they count, and how they are laid over others.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use crate::image::Sample;
use crate::pipeline::alpha::has_alpha;

/// The weights of the cubic for four pixels in a row, at a place so far behind the second one.
#[inline(always)]
pub(super) fn cubic(t: f32) -> [f32; 4] {
    [
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    ]
}

/// A pixel's samples as numbers. With alpha all are multiplied by it, and alpha itself by full intensity.
#[inline(always)]
pub(super) fn weighed<S: Sample, const N: usize>(pixel: &[S; N]) -> [f32; N] {
    let mut values = [0.0; N];
    for (value, sample) in values.iter_mut().zip(pixel) {
        *value = sample.to_f32();
    }
    if has_alpha(N) {
        let alpha = values[N - 1];
        values[N - 1] = S::MAX;
        for value in &mut values {
            *value *= alpha;
        }
    }
    values
}

/// A sum of [`weighed`] pixels over as much of the background as it does not cover. The background has the same channels, or alpha
/// besides.
#[inline(always)]
pub(super) fn over<S: Sample, const N: usize, const M: usize>(
    sums: [f32; N],
    background: [S; M],
    coverage: f32,
) -> [S; M] {
    let rest = 1.0 - coverage;
    let mut out = background;
    if !has_alpha(M) {
        for ((out, sum), back) in out.iter_mut().zip(sums).zip(background) {
            *out = S::from_f32(sum * coverage + back.to_f32() * rest);
        }
        return out;
    }
    let mut colors = [S::MAX * S::MAX; M];
    let opaque = if has_alpha(N) { 1.0 } else { S::MAX };
    for (color, sum) in colors.iter_mut().zip(sums) {
        *color = sum * opaque;
    }
    let behind = background[M - 1].to_f32() * rest;
    let alpha = colors[M - 1] * coverage + behind * S::MAX;
    if alpha <= 0.0 {
        out[M - 1] = S::default();
        return out;
    }
    let scale = S::MAX / alpha;
    for ((out, color), back) in out[..M - 1].iter_mut().zip(colors).zip(background) {
        *out = S::from_f32((color * coverage + back.to_f32() * behind) * scale);
    }
    out[M - 1] = S::from_f32((alpha / S::MAX).min(S::MAX));
    out
}
