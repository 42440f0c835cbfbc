//! How luma changes from pixel to pixel: what edges are found by.

use rayon::prelude::*;

use super::luma;
use super::weigh::repeat_edges;
use crate::image::raster::with_samples;
use crate::image::{Channels, Raster, Sample};
use crate::simd::{self, Loop};

/// Rows that one task makes: each computes the luma of two more.
const BAND: usize = 32;

/// Three neighbouring rows of luma, from 0 to 1, with one pixel more on each side; beyond the edges the picture goes on as it is
/// there.
pub(super) type Rows<'a> = [&'a [f32]; 3];

/// Makes each row of `out`, which has one value a pixel, of the luma of three rows of the picture. Luma counts as much as it can be
/// seen.
pub(super) fn for_each_row<T: Send>(
    raster: &Raster,
    out: &mut [T],
    make: impl Fn(Rows<'_>, &mut [T]) + Sync,
) {
    let width = raster.width();
    let bands = out.par_chunks_mut(BAND * width).enumerate();
    bands.for_each(|(band, out)| {
        let first = band * BAND;
        let mut rows = [0, 1, 2].map(|_| vec![0.0; width + 2]);
        let [above, own, _] = &mut rows;
        padded_luma(raster, first.saturating_sub(1), above);
        padded_luma(raster, first, own);
        for (y, out) in (first..).zip(out.chunks_exact_mut(width)) {
            let below = (y + 1).min(raster.height() - 1);
            padded_luma(raster, below, &mut rows[2]);
            let [above, own, below] = &rows;
            make([above, own, below], out);
            rows.rotate_left(1);
        }
    });
}

/// Row `y` of luma, with one pixel more on each side.
fn padded_luma(raster: &Raster, y: usize, out: &mut [f32]) {
    let width = raster.width();
    luma_row(raster, y, &mut out[1..=width]);
    repeat_edges(out, 1, 1, width);
}

/// Row `y` of luma, from 0 to 1.
pub(super) fn luma_row(raster: &Raster, y: usize, out: &mut [f32]) {
    let row_len = raster.row_len();
    with_samples!(raster.samples(), |samples| simd::run(Luma {
        row: &samples[y * row_len..][..row_len],
        channels: raster.channels(),
        out,
    }));
}

struct Luma<'a, S> {
    row: &'a [S],
    channels: Channels,
    out: &'a mut [f32],
}

impl<S: Sample> Loop for Luma<'_, S> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "it is compiled with the loop it belongs to: see `simd`"
    )]
    #[inline(always)]
    fn run(self) {
        let scale = S::MAX.recip();
        match self.channels {
            Channels::Gray => {
                for (out, sample) in self.out.iter_mut().zip(self.row) {
                    *out = sample.to_f32() * scale;
                }
            }
            Channels::GrayAlpha => {
                let (pixels, _) = self.row.as_chunks::<2>();
                for (out, [gray, alpha]) in self.out.iter_mut().zip(pixels) {
                    *out = gray.to_f32() * alpha.to_f32() * (scale * scale);
                }
            }
            Channels::Rgb => {
                let (pixels, _) = self.row.as_chunks::<3>();
                for (out, [red, green, blue]) in self.out.iter_mut().zip(pixels) {
                    *out = luma_of(*red, *green, *blue) * scale;
                }
            }
            Channels::Rgba => {
                let (pixels, _) = self.row.as_chunks::<4>();
                for (out, [red, green, blue, alpha]) in self.out.iter_mut().zip(pixels) {
                    *out = luma_of(*red, *green, *blue) * alpha.to_f32() * (scale * scale);
                }
            }
        }
    }
}

#[expect(
    clippy::inline_always,
    reason = "it is compiled with the loop it belongs to: see `simd`"
)]
#[inline(always)]
fn luma_of<S: Sample>(red: S, green: S, blue: S) -> f32 {
    luma::luma([red, green, blue].map(Sample::to_f32))
}

/// How much neighbours count that stand beside the middle of a side: the weights of a side are `corner`, `middle`, `corner`, and their
/// sum is 1, so that a step from black to white is a gradient of 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    pub(super) corner: f32,
    pub(super) middle: f32,
}

impl Operator {
    /// I. Sobel and G. Feldman, 1968: 1, 2, 1.
    pub(super) const SOBEL: Self = Self {
        corner: 0.25,
        middle: 0.5,
    };

    /// H. Scharr, "Optimal Operators in Digital Image Processing", 2000: 3, 10, 3; the same length whatever the direction.
    pub(super) const SCHARR: Self = Self {
        corner: 3.0 / 16.0,
        middle: 10.0 / 16.0,
    };

    /// J. Prewitt, "Object Enhancement and Extraction", 1970: 1, 1, 1.
    pub(super) const PREWITT: Self = Self {
        corner: 1.0 / 3.0,
        middle: 1.0 / 3.0,
    };

    /// The gradient at each pixel, to the right and down, and what is made of it.
    pub(super) fn run<T>(self, rows: Rows<'_>, out: &mut [T], make: impl Fn(f32, f32) -> T) {
        simd::run(Gradients {
            operator: self,
            rows,
            out,
            make,
        });
    }
}

struct Gradients<'a, T, F> {
    operator: Operator,
    rows: Rows<'a>,
    out: &'a mut [T],
    make: F,
}

impl<T, F: Fn(f32, f32) -> T> Loop for Gradients<'_, T, F> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "it is compiled with the loop it belongs to: see `simd`"
    )]
    #[inline(always)]
    fn run(self) {
        let Operator { corner, middle } = self.operator;
        let width = self.out.len();
        let [above, own, below] = self.rows.map(|row| &row[..width + 2]);
        for (x, out) in self.out.iter_mut().enumerate() {
            let (left, right) = (x, x + 2);
            let across = corner * (above[right] - above[left] + below[right] - below[left])
                + middle * (own[right] - own[left]);
            let down = corner * (below[left] - above[left] + below[right] - above[right])
                + middle * (below[x + 1] - above[x + 1]);
            *out = (self.make)(across, down);
        }
    }
}
