//! Averages of pixels whose surroundings look alike, wherever they stand: non-local means (A. Buades, B. Coll and J.-M. Morel, "A
//! non-local algorithm for image denoising", CVPR 2005).
//!
//! All pixels are compared with those at one distance from them, then with those at the next. So the difference of their
//! surroundings is a sum that slides down and along the picture, at a cost that does not grow with them (J. Darbon et al., "Fast
//! nonlocal filtering applied to electron cryomicroscopy", ISBI 2008), and each is good for both pixels of a pair (J. Froment,
//! "Parameter-free fast pixelwise non-local means denoising", IPOL 2014).
//!
//! Pictures are worked on in tiles, which stay in a near cache and know nothing of each other.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

mod pair;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::alpha::has_alpha;
use super::point::narrow;
use crate::image::raster::with_samples;
use crate::image::{Raster, Sample, Samples};
use crate::simd;
use pair::Pair;

/// Pixels across and down a tile.
const TILE: (usize, usize) = (192, 96);

/// Samples behind a plane that are read and not looked at, where blocks do not end with it.
const BEHIND: usize = 2 * pair::LANES;

/// What pixels are compared by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    /// How far surroundings reach that are compared, in pixels.
    pub(super) patch: usize,
    /// How far those are looked for that look alike.
    pub(super) search: usize,
    /// How different they may look, full intensity being 1.
    pub(super) strength: f64,
}

/// Takes noise away.
pub(super) fn filter(raster: &Raster, means: Means) -> Raster {
    let samples = with_samples!(raster.samples(), |samples| Samples::from(
        match raster.channels().count() {
            1 => filter_samples::<_, 1>(raster, samples, means),
            2 => filter_samples::<_, 2>(raster, samples, means),
            3 => filter_samples::<_, 3>(raster, samples, means),
            _ => filter_samples::<_, 4>(raster, samples, means),
        }
    ));
    super::canvas::rebuilt(raster.size(), raster.channels(), samples)
}

fn filter_samples<S: Sample, const C: usize>(
    raster: &Raster,
    samples: &[S],
    means: Means,
) -> Vec<S> {
    let (width, height) = (raster.width(), raster.height());
    let mut out = samples.to_vec();
    let row_len = width * C;
    out.par_chunks_mut(row_len * TILE.1)
        .enumerate()
        .for_each_init(Tile::<C>::new, |tile, (band, out)| {
            for left in (0..width).step_by(TILE.0) {
                tile.size = (TILE.0.min(width - left), out.len() / row_len);
                tile.load(samples, (width, height), (left, band * TILE.1), means);
                tile.compare_all(means);
                for (y, line) in out.chunks_exact_mut(row_len).enumerate() {
                    let end = (left + tile.size.0) * C;
                    tile.store(y, &mut line[left * C..end]);
                }
            }
        });
    out
}

/// A tile, and what its pixels have around them.
#[derive(Debug)]
struct Tile<const C: usize> {
    size: (usize, usize),
    /// How far it reaches around the tile.
    margin: usize,
    /// Samples in a row of planes.
    stride: usize,
    /// Colours from 0 to 1, times alpha if there is any, and alpha.
    planes: [Vec<f32>; C],
    /// Sums of colours by their weights, without margin.
    sums: [Vec<f32>; C],
    weights: Vec<f32>,
    pair: Pair,
}

impl<const C: usize> Tile<C> {
    const HAS_ALPHA: bool = has_alpha(C);

    fn new() -> Self {
        Self {
            size: (0, 0),
            margin: 0,
            stride: 0,
            planes: std::array::from_fn(|_| Vec::new()),
            sums: std::array::from_fn(|_| Vec::new()),
            weights: Vec::new(),
            pair: Pair::default(),
        }
    }

    /// Takes the samples of a tile and its margin apart. Beyond its edges the picture goes on as it is there.
    fn load<S: Sample>(
        &mut self,
        samples: &[S],
        (width, height): (usize, usize),
        (left, top): (usize, usize),
        means: Means,
    ) {
        self.margin = means.search + means.patch;
        self.stride = self.size.0 + 2 * self.margin;
        let rows = self.size.1 + 2 * self.margin;
        let scale = S::MAX.recip();
        for plane in &mut self.planes {
            plane.resize(self.stride * rows + BEHIND, 0.0);
        }
        for y in 0..rows {
            let from = (top + y).saturating_sub(self.margin).min(height - 1);
            let row = &samples[from * width * C..][..width * C];
            for x in 0..self.stride {
                let from = (left + x).saturating_sub(self.margin).min(width - 1);
                let pixel = &row[from * C..][..C];
                let alpha = if Self::HAS_ALPHA {
                    pixel[C - 1].to_f32() * scale
                } else {
                    1.0
                };
                for (at, plane) in self.planes.iter_mut().enumerate() {
                    let is_alpha = Self::HAS_ALPHA && at == C - 1;
                    let value = if is_alpha {
                        1.0
                    } else {
                        pixel[at].to_f32() * scale
                    };
                    plane[y * self.stride + x] = value * alpha;
                }
            }
        }
        // Each pixel looks like itself.
        let count = self.size.0 * self.size.1;
        self.weights.clear();
        self.weights.resize(count, 1.0);
        for (sums, plane) in self.sums.iter_mut().zip(&self.planes) {
            sums.clear();
            for y in 0..self.size.1 {
                let start = (y + self.margin) * self.stride + self.margin;
                sums.extend(&plane[start..start + self.size.0]);
            }
        }
    }

    /// Compares pixels with all others around them. Of two opposite distances one is enough.
    fn compare_all(&mut self, means: Means) {
        #[expect(clippy::cast_precision_loss, reason = "samples of a patch are few")]
        let count = ((2 * means.patch + 1).pow(2) * C) as f64;
        let scale = narrow(1.0 / (means.strength * means.strength * count));
        let reach = means.search.cast_signed();
        for down in 0..=reach {
            let first = if down == 0 { 1 } else { -reach };
            for right in first..=reach {
                simd::run(pair::Compare {
                    tile: self,
                    patch: means.patch,
                    right,
                    down: down.unsigned_abs(),
                    scale,
                });
            }
        }
    }

    /// Writes a row.
    fn store<S: Sample>(&self, y: usize, out: &mut [S]) {
        let start = y * self.size.0;
        for (x, pixel) in out.chunks_exact_mut(C).enumerate() {
            let weight = if Self::HAS_ALPHA {
                self.sums[C - 1][start + x]
            } else {
                self.weights[start + x]
            };
            // What cannot be seen, and is like nothing that can, stays what it is.
            if weight > 0.0 {
                let colors = if Self::HAS_ALPHA { C - 1 } else { C };
                for (sample, sums) in pixel[..colors].iter_mut().zip(&self.sums) {
                    *sample = S::from_f32(sums[start + x] / weight * S::MAX);
                }
            }
        }
    }
}
