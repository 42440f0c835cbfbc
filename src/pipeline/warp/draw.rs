//! The rows of a result.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::ops::Range;

use rayon::prelude::*;

use super::fetch::fetch;
use super::pixel::{cubic, over, weighed};
use super::places::{self, BLOCK, Source};
use super::wide::Wide;
use super::{Map, fixed, floats};
use crate::image::{Channels, Raster, Sample, Samples, Size};
use crate::pipeline::alpha::has_alpha;
use crate::pipeline::point::narrow;
use crate::simd::{self, Loop};

/// Draws what the map finds in the picture over the result, which has its depth and channels, or alpha besides.
pub(super) fn draw(picture: &Raster, result: &mut Raster, map: &Map) {
    let channels = (picture.channels(), result.channels());
    let width = result.width();
    let look = Look {
        map: *map,
        size: picture.size(),
        far: map.steps(),
        steps: places::steps(map),
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

/// How pixels are drawn that have sixteen pixels of the picture around them, and lie wholly within it: nearly all.
pub(super) trait Inner: Sample {
    /// Draws those from `x` on of row `y` of the result.
    fn draw<const N: usize, const M: usize>(
        source: &Source<Self>,
        place: (usize, usize),
        out: &mut [[Self; M]],
    );
}

impl Inner for u8 {
    #[inline(always)]
    fn draw<const N: usize, const M: usize>(
        source: &Source<Self>,
        place: (usize, usize),
        out: &mut [[Self; M]],
    ) {
        if has_alpha(N) {
            floats::draw::<Self, N, M>(source, place, out);
        } else {
            fixed::draw::<N, M>(source, place, out);
        }
    }
}

macro_rules! in_floats {
    ($($sample:ty),*) => {$(
        impl Inner for $sample {
            #[inline(always)]
            fn draw<const N: usize, const M: usize>(
                source: &Source<Self>,
                place: (usize, usize),
                out: &mut [[Self; M]],
            ) {
                floats::draw::<Self, N, M>(source, place, out);
            }
        }
    )*};
}

in_floats!(u16, f32);

/// How a picture is looked up.
struct Look {
    map: Map,
    size: Size,
    /// See [`Map::steps`].
    far: (f64, f64),
    /// See [`Source::steps`].
    steps: [[i64; BLOCK]; 2],
    /// What pixels are weighed with where much of the picture becomes one pixel.
    wide: Option<Wide>,
}

/// Rows and columns of the result that are made together: what of the picture they need stays near.
const BAND: usize = 64;
const TILE: usize = 512;

/// A part of a row of the result, from column `x` on.
struct Row<'a, S, const N: usize, const M: usize> {
    look: &'a Look,
    pixels: &'a [[S; N]],
    x: usize,
    y: usize,
    out: &'a mut [[S; M]],
}

impl<S: Inner, const N: usize, const M: usize> Loop for Row<'_, S, N, M> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let (look, first, y) = (self.look, self.x, self.y);
        let seen = look.seen(y, first..first + self.out.len());
        let inner = look.inner(N, y, seen.clone());
        let source = Source {
            samples: self.pixels.as_flattened(),
            stride: look.size.width as usize * N,
            map: &look.map,
            steps: &look.steps,
        };
        let out = &mut self.out[inner.start - first..inner.end - first];
        S::draw::<N, M>(&source, (inner.start, y), out);
        self.outer(seen.start..inner.start);
        self.outer(inner.end..seen.end);
    }
}

impl<S: Sample, const N: usize, const M: usize> Row<'_, S, N, M> {
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
                None => look.interpolate::<S, N>(self.pixels, at_x, at_y),
                Some(wide) => wide.mean::<S, N>(self.pixels, look.size, (at_x, at_y)),
            };
            *to = over::<S, N, M>(sums, *to, narrow(coverage));
        }
    }
}

impl Look {
    fn draw_any<S: Inner>(
        &self,
        from: &[S],
        to: &mut [S],
        channels: (Channels, Channels),
        width: usize,
    ) {
        use Channels::{Gray, GrayAlpha, Rgb, Rgba};
        match channels {
            (Gray, Gray) => self.draw_rows::<S, 1, 1>(from, to, width),
            (Gray, GrayAlpha) => self.draw_rows::<S, 1, 2>(from, to, width),
            (GrayAlpha, GrayAlpha) => self.draw_rows::<S, 2, 2>(from, to, width),
            (Rgb, Rgb) => self.draw_rows::<S, 3, 3>(from, to, width),
            (Rgb, Rgba) => self.draw_rows::<S, 3, 4>(from, to, width),
            (Rgba, Rgba) => self.draw_rows::<S, 4, 4>(from, to, width),
            (Gray | GrayAlpha | Rgb | Rgba, _) => {
                unreachable!("the result was made with the channels of the picture")
            }
        }
    }

    fn draw_rows<S: Inner, const N: usize, const M: usize>(
        &self,
        from: &[S],
        to: &mut [S],
        width: usize,
    ) {
        let (pixels, _) = from.as_chunks::<N>();
        let bands = to.par_chunks_mut(BAND * width * M).enumerate();
        bands.for_each(|(band, rows)| {
            let (rows, _) = rows.as_chunks_mut::<M>();
            let lines = band * BAND..band * BAND + rows.len() / width;
            for x in (0..width).step_by(TILE) {
                let columns = x..(x + TILE).min(width);
                if self.wide.is_none() {
                    fetch(pixels, self.size, &self.map, [&columns, &lines]);
                }
                for (y, row) in lines.clone().zip(rows.chunks_exact_mut(width)) {
                    simd::run(Row::<S, N, M> {
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

    /// Which of some columns of row `y` show something of the picture, and perhaps their neighbours.
    fn seen(&self, y: usize, columns: Range<usize>) -> Range<usize> {
        let side = |length: u32, far: f64| (-far, f64::from(length) + far);
        let (across, down) = (self.far.0 + 1.0, self.far.1 + 1.0);
        let sides = [side(self.size.width, across), side(self.size.height, down)];
        self.map.columns(sides, y, columns)
    }

    /// Which of them are inner ones.
    fn inner(&self, channels: usize, y: usize, columns: Range<usize>) -> Range<usize> {
        if self.wide.is_some() {
            return columns.start..columns.start;
        }
        let sides = places::inner(self.size, channels);
        self.map.columns(sides, y, columns)
    }

    /// How much of a pixel of the result around the point belongs to the picture.
    #[inline(always)]
    fn coverage(&self, x: f64, y: f64) -> f64 {
        let side = |at: f64, length: u32, far: f64| {
            (at.min(f64::from(length) - at) / far + 0.5).clamp(0.0, 1.0)
        };
        side(x, self.size.width, self.far.0) * side(y, self.size.height, self.far.1)
    }

    /// The picture at a point. Beyond its edges it goes on as it is there.
    #[inline(always)]
    fn interpolate<S: Sample, const N: usize>(
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
                add::<S, N>(&mut columns, four, weight);
            } else {
                let four = [0, 1, 2, 3].map(|x| line[clamped(left + x, width)]);
                add::<S, N>(&mut columns, &four, weight);
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
fn add<S: Sample, const N: usize>(columns: &mut [[f32; N]; 4], four: &[[S; N]; 4], weight: f32) {
    for (column, pixel) in columns.iter_mut().zip(four) {
        let values = weighed::<S, N>(pixel);
        for (sum, value) in column.iter_mut().zip(values) {
            *sum += weight * value;
        }
    }
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
    (nearest - 2, cubic(t))
}
