//! Averages of neighbours that are near in place and alike in luma (C. Tomasi and R. Manduchi, "Bilateral filtering for gray and
//! color images", 1998), at a cost that does not grow with how far they may be.
//!
//! A picture is made a grid of three axes, across, down and luma, of cells about as wide as the Gaussians are ([`grid`]). There a
//! plain Gaussian does what the two do together, and each pixel looks up what came of its place and its luma. (J. Chen,
//! S. Paris and F. Durand, "Real-time edge-aware image processing with the bilateral grid", ACM Transactions on Graphics 26,
//! 2007.) What dealing out to cells and looking up between them blurs is known, and the Gaussian does only what is missing.
//!
//! Pictures are worked on in tiles, whose grids stay in a near cache, and know nothing of each other.

#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

mod gray;
mod grid;
#[cfg(test)]
mod tests;

use std::ops::Range;

use rayon::prelude::*;

use super::luma::luma;
use super::point::narrow;
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Samples, Transfer, linear_to_srgb};
use crate::simd::{self, Loop};
use gray::Levels;
use grid::{Cells, Grid};

/// Averages with standard deviations of `space` pixels and `range`, full intensity being 1.
pub(super) fn filter(image: Image, space: f64, range: f64) -> Image {
    let frame = Frame {
        width: image.raster.width(),
        height: image.raster.height(),
        channels: image.raster.channels(),
        transfer: image.metadata.transfer,
    };
    let cells = Cells::new(space, range);
    let samples = match image.raster.samples() {
        Samples::U8(samples) if frame.channels == Channels::Gray => {
            let levels = Levels::new(&cells, frame.transfer);
            let tables = (&cells, &levels);
            let work = |tile: &mut gray::Tile, corner: (usize, usize), out: &mut [u8]| {
                tile.run(samples, frame, tables, corner, out);
            };
            Samples::from(in_tiles(samples, frame, &cells, work))
        }
        samples @ (Samples::U8(_) | Samples::U16(_) | Samples::F32(_)) => with_samples!(
            samples,
            |samples| Samples::from(filter_samples(samples, frame, &cells))
        ),
    };
    Image {
        raster: super::canvas::rebuilt(image.raster.size(), frame.channels, samples),
        ..image
    }
}

/// Bytes of memory that the tiles of a few threads take.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "levels are few"
)]
pub(super) fn scratch(range: f64) -> u64 {
    let levels = (1.0 / range).ceil() as u64 + 10;
    levels * (4 << 20)
}

/// The picture.
#[derive(Debug, Clone, Copy)]
struct Frame {
    width: usize,
    height: usize,
    channels: Channels,
    transfer: Transfer,
}

impl Frame {
    /// The columns and rows that the windows of a tile cover, as far as there are any.
    fn covered(
        self,
        cells: &Cells,
        (left, top): (usize, usize),
        height: usize,
    ) -> (Range<usize>, Range<usize>) {
        let (tile, reach) = (cells.tile(), cells.reach());
        let right = (left + tile).min(self.width);
        let columns = left.saturating_sub(reach)..(right + reach).min(self.width);
        let rows = top.saturating_sub(reach)..(top + height + reach).min(self.height);
        (columns, rows)
    }
}

fn filter_samples<S: Sample>(samples: &[S], frame: Frame, cells: &Cells) -> Vec<S> {
    let work = |tile: &mut Tile, corner: (usize, usize), out: &mut [S]| match frame.channels {
        Channels::Gray => tile.run::<S, 1, 2>(samples, frame, cells, corner, out),
        Channels::GrayAlpha => tile.run::<S, 2, 2>(samples, frame, cells, corner, out),
        Channels::Rgb => tile.run::<S, 3, 4>(samples, frame, cells, corner, out),
        Channels::Rgba => tile.run::<S, 4, 4>(samples, frame, cells, corner, out),
    };
    in_tiles(samples, frame, cells, work)
}

/// Writes what `work` makes of each tile, which begins at a pixel, into the rows of its band.
fn in_tiles<S: Sample, T: Default>(
    samples: &[S],
    frame: Frame,
    cells: &Cells,
    work: impl Fn(&mut T, (usize, usize), &mut [S]) + Sync,
) -> Vec<S> {
    let mut out = samples.to_vec();
    let row_len = frame.width * frame.channels.count();
    let tile = cells.tile();
    out.par_chunks_mut(row_len * tile)
        .enumerate()
        .for_each_init(T::default, |state, (band, out)| {
            for left in (0..frame.width).step_by(tile) {
                work(state, (left, band * tile), out);
            }
        });
    out
}

/// The pixels that the grid of a tile is made of.
#[derive(Debug, Default)]
struct Tile {
    /// Luma of each.
    guide: Vec<f32>,
    /// Colours of each times its weight, and its weight.
    values: Vec<f32>,
    grid: Grid,
    row: Vec<f32>,
}

impl Tile {
    /// Writes what becomes of the tile that begins at a pixel into the rows of its band. A pixel has `C` channels, and a cell
    /// `N` values.
    fn run<S: Sample, const C: usize, const N: usize>(
        &mut self,
        samples: &[S],
        frame: Frame,
        cells: &Cells,
        (left, top): (usize, usize),
        out: &mut [S],
    ) {
        let row_len = frame.width * C;
        let (columns, rows) = frame.covered(cells, (left, top), out.len() / row_len);
        let right = (left + cells.tile()).min(frame.width);
        let width = columns.len();
        self.guide.resize(rows.len() * width, 0.0);
        self.values.resize(rows.len() * width * N, 0.0);
        let guides = self.guide.chunks_exact_mut(width);
        let lines = guides.zip(self.values.chunks_exact_mut(width * N));
        for (y, (guide, values)) in rows.clone().zip(lines) {
            simd::run(Load::<S, C, N> {
                samples: &samples[y * row_len..][columns.start * C..columns.end * C],
                transfer: frame.transfer,
                guide,
                values,
            });
        }
        self.grid.fill::<N>(cells, &self.guide, &self.values, width);
        let mut found = Vec::new();
        for (index, line) in out.chunks_exact_mut(row_len).enumerate() {
            let y = top + index - rows.start;
            let from = left - columns.start;
            self.grid.level(y, &mut self.row);
            found.resize(right - left, [0.0; N]);
            self.grid.look_up(&self.row, (from, y), &mut found);
            simd::run(Finish::<S, C, N> {
                found: &found,
                out: &mut line[left * C..right * C],
            });
        }
    }
}

/// Takes a row of pixels apart.
struct Load<'a, S, const C: usize, const N: usize> {
    samples: &'a [S],
    transfer: Transfer,
    guide: &'a mut [f32],
    values: &'a mut [f32],
}

impl<S: Sample, const C: usize, const N: usize> Loop for Load<'_, S, C, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let scale = S::MAX.recip();
        let pixels = self.samples.as_chunks::<C>().0.iter();
        let made = self
            .guide
            .iter_mut()
            .zip(self.values.as_chunks_mut::<N>().0);
        for (pixel, (guide, values)) in pixels.zip(made) {
            let pixel = pixel.map(|sample| sample.to_f32() * scale);
            // One colour or three, and alpha perhaps.
            let weight = if C == N { pixel[C - 1] } else { 1.0 };
            *guide = if N == 4 {
                luma([pixel[0], pixel[1 % C], pixel[2 % C]])
            } else {
                pixel[0]
            };
            for (at, value) in values.iter_mut().enumerate() {
                *value = if at < N - 1 {
                    pixel[at] * weight
                } else {
                    weight
                };
            }
        }
        if self.transfer == Transfer::Linear {
            for guide in self.guide {
                *guide = linear_to_srgb(*guide);
            }
        }
    }
}

/// Makes a row of pixels of what became of their cells.
struct Finish<'a, S, const C: usize, const N: usize> {
    found: &'a [[f32; N]],
    out: &'a mut [S],
}

impl<S: Sample, const C: usize, const N: usize> Loop for Finish<'_, S, C, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let pixels = self.out.as_chunks_mut::<C>().0.iter_mut();
        for (pixel, found) in pixels.zip(self.found) {
            let weight = found[N - 1];
            let scale = S::MAX / weight;
            for at in 0..N - 1 {
                // What cannot be seen, and has nothing around it that can, stays what it is.
                let made = S::from_f32(found[at] * scale);
                pixel[at] = if weight > 0.0 { made } else { pixel[at] };
            }
        }
    }
}
