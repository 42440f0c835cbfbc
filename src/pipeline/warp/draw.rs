//! The inner loop.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::ops::Range;

use rayon::prelude::*;

use super::wide::Wide;
use super::{Map, inner};
use crate::image::{Channels, Raster, Sample, Samples, Size};
use crate::pipeline::point::narrow;
use crate::simd::{self, Loop};

/// Draws what the map finds in the picture over the result, which has its channels and depth.
pub(super) fn draw(picture: &Raster, result: &mut Raster, map: &Map) {
    let (channels, width) = (picture.channels(), result.width());
    let look = Look {
        map: *map,
        size: picture.size(),
        steps: map.steps(),
        wide: map.ellipse().map(Wide::new),
    };
    match (picture.samples(), result.samples_mut()) {
        (Samples::U8(from), Samples::U8(to)) => look.draw_any(from, to, channels, width),
        (Samples::U16(from), Samples::U16(to)) => look.draw_any(from, to, channels, width),
        (Samples::F32(from), Samples::F32(to)) => look.draw_any(from, to, channels, width),
        (Samples::U8(_) | Samples::U16(_) | Samples::F32(_), _) => {
            unreachable!("the result was made with the depth of the picture")
        }
    }
}

/// How a picture is looked up.
struct Look {
    map: Map,
    size: Size,
    /// See [`Map::steps`].
    steps: (f64, f64),
    /// What pixels are weighed with where much of the picture becomes one pixel.
    wide: Option<Wide>,
}

/// Rows and columns of the result that are made together: what of the picture they need stays near.
const BAND: usize = 32;
const TILE: usize = 256;

/// A part of a row of the result, from column `x` on.
struct Row<'a, S, const N: usize, const ALPHA: bool> {
    look: &'a Look,
    pixels: &'a [[S; N]],
    x: usize,
    y: usize,
    out: &'a mut [[S; N]],
}

impl<S: Sample, const N: usize, const ALPHA: bool> Loop for Row<'_, S, N, ALPHA> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let (look, first, y) = (self.look, self.x, self.y);
        let columns = first..first + self.out.len();
        let inner = match look.wide {
            None => inner::columns(&look.map, look.size, y, columns.clone()),
            Some(_) => first..first,
        };
        let samples = self.pixels.as_flattened();
        let stride = look.size.width as usize * N;
        let out = &mut *self.out;
        inner::run::<S, N, ALPHA>(&look.map, samples, stride, (inner.clone(), y), |x, sums| {
            for (to, sums) in out[x - first..].iter_mut().zip(sums) {
                let sums = std::array::from_fn(|channel| sums[channel]);
                *to = blend::<S, N, ALPHA>(sums, *to, 1.0);
            }
        });
        self.outer(columns.start..inner.start);
        self.outer(inner.end..columns.end);
    }
}

impl<S: Sample, const N: usize, const ALPHA: bool> Row<'_, S, N, ALPHA> {
    /// Pixels that may lie at the edge of the picture, or beyond it.
    #[inline(always)]
    fn outer(&mut self, columns: Range<usize>) {
        let look = self.look;
        let out = &mut self.out[columns.start - self.x..columns.end - self.x];
        for (x, to) in columns.zip(out) {
            let (at_x, at_y) = look.map.source(x, self.y);
            let coverage = look.coverage(at_x, at_y);
            if coverage <= 0.0 {
                continue;
            }
            let sums = match &look.wide {
                None => look.interpolate::<S, N, ALPHA>(self.pixels, at_x, at_y),
                Some(wide) => wide.mean::<S, N, ALPHA>(self.pixels, look.size, (at_x, at_y)),
            };
            *to = blend::<S, N, ALPHA>(sums, *to, narrow(coverage));
        }
    }
}

impl Look {
    fn draw_any<S: Sample>(&self, from: &[S], to: &mut [S], channels: Channels, width: usize) {
        match channels {
            Channels::Gray => self.draw_rows::<S, 1, false>(from, to, width),
            Channels::GrayAlpha => self.draw_rows::<S, 2, true>(from, to, width),
            Channels::Rgb => self.draw_rows::<S, 3, false>(from, to, width),
            Channels::Rgba => self.draw_rows::<S, 4, true>(from, to, width),
        }
    }

    fn draw_rows<S: Sample, const N: usize, const ALPHA: bool>(
        &self,
        from: &[S],
        to: &mut [S],
        width: usize,
    ) {
        let (pixels, _) = from.as_chunks::<N>();
        let bands = to.par_chunks_mut(BAND * width * N).enumerate();
        bands.for_each(|(band, rows)| {
            let (rows, _) = rows.as_chunks_mut::<N>();
            for x in (0..width).step_by(TILE) {
                let columns = x..(x + TILE).min(width);
                for (y, row) in (band * BAND..).zip(rows.chunks_exact_mut(width)) {
                    simd::run(Row::<S, N, ALPHA> {
                        look: self,
                        pixels,
                        x,
                        y,
                        out: &mut row[columns.clone()],
                    });
                }
            }
        });
    }

    /// How much of a pixel of the result around the point belongs to the picture.
    #[inline(always)]
    fn coverage(&self, x: f64, y: f64) -> f64 {
        let side = |at: f64, length: u32, step: f64| {
            (at.min(f64::from(length) - at) / step + 0.5).clamp(0.0, 1.0)
        };
        side(x, self.size.width, self.steps.0) * side(y, self.size.height, self.steps.1)
    }

    /// The picture at a point. Beyond its edges it goes on as it is there. With alpha all samples are multiplied by it,
    /// and alpha itself by full intensity.
    #[inline(always)]
    fn interpolate<S: Sample, const N: usize, const ALPHA: bool>(
        &self,
        pixels: &[[S; N]],
        x: f64,
        y: f64,
    ) -> [f32; N] {
        let (left, across) = taps(x);
        let (top, down) = taps(y);
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let start = usize::try_from(left).ok().filter(|left| left + 4 <= width);
        let mut columns = [[0.0; N]; 4];
        for (y, weight) in (top..).zip(down) {
            let line = &pixels[clamped(y, height) * width..][..width];
            if let Some(four) = start.and_then(|start| line[start..].first_chunk()) {
                add::<S, N, ALPHA>(&mut columns, four, weight);
            } else {
                let four = [0, 1, 2, 3].map(|x| line[clamped(left + x, width)]);
                add::<S, N, ALPHA>(&mut columns, &four, weight);
            }
        }
        let mut sums = [0.0; N];
        for (column, weight) in columns.iter().zip(across) {
            for (sum, value) in sums.iter_mut().zip(column) {
                *sum += weight * value;
            }
        }
        sums
    }
}

/// Adds four pixels of a row, weighed, to what has been added above them.
#[inline(always)]
fn add<S: Sample, const N: usize, const ALPHA: bool>(
    columns: &mut [[f32; N]; 4],
    four: &[[S; N]; 4],
    weight: f32,
) {
    for (column, pixel) in columns.iter_mut().zip(four) {
        let values = weighed::<S, N, ALPHA>(pixel);
        for (sum, value) in column.iter_mut().zip(values) {
            *sum += weight * value;
        }
    }
}

/// A pixel's samples as numbers. With alpha all are multiplied by it, and alpha itself by full intensity.
#[inline(always)]
pub(super) fn weighed<S: Sample, const N: usize, const ALPHA: bool>(pixel: &[S; N]) -> [f32; N] {
    let mut values = [0.0; N];
    for (value, sample) in values.iter_mut().zip(pixel) {
        *value = sample.to_f32();
    }
    if ALPHA {
        let alpha = values[N - 1];
        values[N - 1] = S::MAX;
        for value in &mut values {
            *value *= alpha;
        }
    }
    values
}

/// A place on an axis, brought to its nearer end where it lies beyond it.
#[inline(always)]
pub(super) fn clamped(at: isize, length: usize) -> usize {
    at.max(0).unsigned_abs().min(length - 1)
}

/// The first of the four pixels around a place on an axis, and their weights.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "places are within a pixel of the picture"
)]
fn taps(place: f64) -> (isize, [f32; 4]) {
    // Adding this keeps places above 0, so that cutting off the fraction rounds down.
    const UP: isize = 1 << 20;
    let nearest = (place + 0.5 + UP as f64) as isize - UP;
    let t = narrow(place + 0.5 - nearest as f64);
    let weights = [
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    ];
    (nearest - 2, weights)
}

/// A premultiplied pixel over as much of the background as it does not cover.
#[inline(always)]
fn blend<S: Sample, const N: usize, const ALPHA: bool>(
    sums: [f32; N],
    background: [S; N],
    coverage: f32,
) -> [S; N] {
    let rest = 1.0 - coverage;
    let mut out = background;
    if !ALPHA {
        for ((out, sum), back) in out.iter_mut().zip(sums).zip(background) {
            *out = S::from_f32(sum * coverage + back.to_f32() * rest);
        }
        return out;
    }
    let behind = background[N - 1].to_f32() * rest;
    let alpha = sums[N - 1] * coverage + behind * S::MAX;
    if alpha <= 0.0 {
        out[N - 1] = S::default();
        return out;
    }
    let scale = S::MAX / alpha;
    let colors = out[..N - 1].iter_mut().zip(sums).zip(background);
    for ((out, sum), back) in colors {
        *out = S::from_f32((sum * coverage + back.to_f32() * behind) * scale);
    }
    out[N - 1] = S::from_f32((alpha / S::MAX).min(S::MAX));
    out
}
