//! The guided filter (K. He, J. Sun and X. Tang, "Guided image filtering", ECCV 2010), guided by the luma of the picture itself.
//!
//! In each square window colours are taken for a line over luma, as steep as fits best, or less where luma hardly changes. A pixel
//! becomes what the lines of all windows that it lies in say of its luma, on average. All of that is made of means of windows,
//! which cost the same whatever their side ([`means`]).
//!
//! Pictures are worked on in tiles, which know nothing of each other. Beyond its edges a picture goes on as it is there.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

mod means;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::luma::luma;
use crate::image::raster::with_samples;
use crate::image::{Channels, Raster, Sample, Samples};
use means::{Plane, window_sums};

/// Pixels across and down a tile.
const TILE: usize = 256;

/// What is smoothed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guided {
    /// How far windows reach, in pixels.
    pub(super) radius: usize,
    /// The variance of luma that is much.
    pub(super) epsilon: f32,
}

/// Smooths what hardly changes.
pub(super) fn filter(raster: &Raster, guided: Guided) -> Raster {
    let samples = with_samples!(raster.samples(), |samples| Samples::from(filter_samples(
        raster, samples, guided
    )));
    super::canvas::rebuilt(raster.size(), raster.channels(), samples)
}

fn filter_samples<S: Sample>(raster: &Raster, samples: &[S], guided: Guided) -> Vec<S> {
    let frame = Frame {
        width: raster.width(),
        height: raster.height(),
        channels: raster.channels(),
    };
    let mut out = samples.to_vec();
    let row_len = raster.row_len();
    out.par_chunks_mut(row_len * TILE)
        .enumerate()
        .for_each(|(band, out)| {
            for left in (0..frame.width).step_by(TILE) {
                let size = (TILE.min(frame.width - left), out.len() / row_len);
                let tile = Tile::load(samples, frame, (left, band * TILE), size, guided.radius);
                tile.smooth(guided, left * frame.channels.count(), row_len, out);
            }
        });
    out
}

/// The picture.
#[derive(Debug, Clone, Copy)]
struct Frame {
    width: usize,
    height: usize,
    channels: Channels,
}

/// A tile, and as much around it as the windows of its windows reach.
struct Tile {
    size: (usize, usize),
    channels: Channels,
    /// Alpha, or 1.
    seen: Plane,
    /// Luma.
    guide: Plane,
    colors: Vec<Plane>,
}

impl Tile {
    fn load<S: Sample>(
        samples: &[S],
        frame: Frame,
        (left, top): (usize, usize),
        size: (usize, usize),
        radius: usize,
    ) -> Self {
        let (count, colors) = (frame.channels.count(), frame.channels.colors());
        let margin = 2 * radius;
        let (width, height) = (size.0 + 2 * margin, size.1 + 2 * margin);
        let plane = || Plane::new(width, height);
        let mut tile = Self {
            size,
            channels: frame.channels,
            seen: plane(),
            guide: plane(),
            colors: (0..colors).map(|_| plane()).collect(),
        };
        for at in 0..width * height {
            let x = (left + at % width)
                .saturating_sub(margin)
                .min(frame.width - 1);
            let y = (top + at / width)
                .saturating_sub(margin)
                .min(frame.height - 1);
            let pixel = &samples[(y * frame.width + x) * count..][..count];
            let value = |channel: usize| pixel[channel].to_f32() / S::MAX;
            for (channel, plane) in tile.colors.iter_mut().enumerate() {
                plane.values[at] = value(channel);
            }
            tile.guide.values[at] = if colors == 3 {
                luma([value(0), value(1), value(2)])
            } else {
                value(0)
            };
            tile.seen.values[at] = if count > colors { value(colors) } else { 1.0 };
        }
        tile
    }

    /// Writes the tile into its band.
    fn smooth<S: Sample>(&self, guided: Guided, start: usize, row_len: usize, out: &mut [S]) {
        let radius = guided.radius;
        let sums = |plane: Plane| window_sums(&plane, radius);
        let seen = sums(self.seen.clone());
        let guide = sums(self.seen.times(&self.guide));
        let squares = sums(self.seen.times(&self.guide).times(&self.guide));
        // Windows in which nothing can be seen say nothing.
        let says = seen.map(|seen| f32::from(seen > 0.0));
        let windows = sums(says);
        for (channel, plane) in self.colors.iter().enumerate() {
            let color = sums(self.seen.times(plane));
            let products = sums(self.seen.times(plane).times(&self.guide));
            let (mut slope, mut offset) = (seen.clone(), seen.clone());
            for at in 0..seen.values.len() {
                let scale = if seen.values[at] > 0.0 {
                    seen.values[at].recip()
                } else {
                    0.0
                };
                let [luma, color] = [&guide, &color].map(|sums| sums.values[at] * scale);
                let variance = (squares.values[at] * scale - luma * luma).max(0.0);
                let covariance = products.values[at] * scale - luma * color;
                slope.values[at] = covariance / (variance + guided.epsilon);
                offset.values[at] = color - slope.values[at] * luma;
            }
            let (slope, offset) = (sums(slope), sums(offset));
            let count = self.channels.count();
            for (y, line) in out.chunks_exact_mut(row_len).enumerate() {
                let pixels = line[start..].chunks_exact_mut(count).take(self.size.0);
                for (x, pixel) in pixels.enumerate() {
                    let at = y * windows.width + x;
                    let here = (y + 2 * radius) * self.guide.width + x + 2 * radius;
                    let said = windows.values[at];
                    if said > 0.0 && self.seen.values[here] > 0.0 {
                        let luma = self.guide.values[here];
                        let value = (slope.values[at] * luma + offset.values[at]) / said;
                        pixel[channel] = S::from_f32(value * S::MAX);
                    }
                }
            }
        }
    }
}
