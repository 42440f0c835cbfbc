//! Edges as lines: J. Canny, "A Computational Approach to Edge Detection", IEEE PAMI 8, 1986.
//!
//! All but what hangs together is found row by row, on rows that stay in a near cache: luma, its blur, how steep it is, and which
//! pixels are the steepest across their edge. Threads work on bands of rows, and make those anew that reach across.

mod join;
#[cfg(test)]
mod tests;
mod thin;

use rayon::prelude::*;

use super::bands::shared_out;
use super::canvas;
use super::finish::Round;
use super::gaussian::{self, Rows};
use super::gradient;
use super::point::narrow;
use super::weigh::repeat_edges;
use crate::image::{Channels, Depth, Raster};
use thin::{Bounds, Slopes};

/// What a pixel is, before it is known what hangs together.
const NONE: u8 = 0;
const WEAK: u8 = 1;
const STRONG: u8 = 255;

/// Rows of a band, at least: of fewer too many would be made anew.
const LEAST: usize = 64;

/// Whether a picture that is blurred like that is never held as a whole.
pub(super) fn is_done_by_row(sigma: f64) -> bool {
    Rows::new(sigma, 0, 0).is_some()
}

/// 255 for each pixel on a line, 0 for the others. A step from black to white is as steep as 1.
pub(super) fn lines(raster: &Raster, sigma: f64, low: f64, high: f64) -> Vec<u8> {
    let (width, height) = (raster.width(), raster.height());
    let units = units(raster.depth());
    let bounds = Bounds {
        low: narrow(low * units).powi(2),
        high: narrow(high * units).powi(2),
        units: narrow(units),
    };
    let plane = (!is_done_by_row(sigma)).then(|| blurred(raster, sigma));
    let mut kinds = vec![NONE; width * height];
    let rows = shared_out(height, LEAST);
    let bands = kinds.par_chunks_mut(rows * width).enumerate();
    bands.for_each(|(band, kinds)| {
        let source = match (&plane, Rows::new(sigma, width, height)) {
            (None, Some(rows)) => Source::Original(raster, rows),
            (plane, _) => Source::Blurred(plane.as_ref().unwrap_or(raster)),
        };
        Band::new(source, width, height).run(bounds, band * rows, kinds);
    });
    join::run(width, &mut kinds);
    kinds
}

/// What a gradient from black to white is. Of samples of 8 bits gradients are whole numbers that fit into 16 bits: `OpenCV` can take
/// such, and finds the same lines then; of finer differences the samples know nothing.
fn units(depth: Depth) -> f64 {
    match depth {
        Depth::U8 => 255.0 * 128.0,
        Depth::U16 | Depth::F32 => 1.0,
    }
}

/// Luma of the whole picture, blurred.
fn blurred(raster: &Raster, sigma: f64) -> Raster {
    let width = raster.width();
    let mut luma = vec![0.0; width * raster.height()];
    let rows = luma.par_chunks_exact_mut(width).enumerate();
    rows.for_each(|(y, row)| gradient::luma_row(raster, y, row));
    let luma = canvas::rebuilt(raster.size(), Channels::Gray, luma.into());
    if gaussian::changes_nothing(&luma, sigma) {
        return luma;
    }
    gaussian::filter(luma, sigma, &Round)
}

/// Where blurred rows come from.
enum Source<'a> {
    Original(&'a Raster, Rows),
    Blurred(&'a Raster),
}

/// What is at hand while a band is looked at. Rows are at their number modulo 3.
struct Band<'a> {
    source: Source<'a>,
    width: usize,
    height: usize,
    /// Blurred rows, with one pixel more on each side.
    blurred: [Vec<f32>; 3],
    slopes: [Slopes; 3],
}

impl<'a> Band<'a> {
    fn new(source: Source<'a>, width: usize, height: usize) -> Self {
        Self {
            source,
            width,
            height,
            blurred: [0, 1, 2].map(|_| vec![0.0; width + 2]),
            slopes: [0, 1, 2].map(|_| Slopes::new(width)),
        }
    }

    /// Finds out what pixels are, from row `first` on. All is flat beyond the ends of the picture.
    fn run(&mut self, bounds: Bounds, first: usize, kinds: &mut [u8]) {
        for y in first.saturating_sub(2)..first {
            self.blur(y);
        }
        self.blur(first);
        if let Some(above) = first.checked_sub(1) {
            self.look(above, bounds);
        }
        self.blur(first + 1);
        self.look(first, bounds);
        for (y, kinds) in (first..).zip(kinds.chunks_exact_mut(self.width)) {
            self.blur(y + 2);
            self.look(y + 1, bounds);
            let rows = [y + 2, y, y + 1].map(|at| &self.slopes[at % 3]);
            bounds.kinds(rows, kinds);
        }
    }

    /// Makes blurred row `y`, if there is one.
    fn blur(&mut self, y: usize) {
        if y >= self.height {
            return;
        }
        let padded = &mut self.blurred[y % 3];
        let row = &mut padded[1..=self.width];
        match &mut self.source {
            Source::Original(raster, rows) => {
                rows.blur(y, |y, out| gradient::luma_row(raster, y, out), row);
            }
            Source::Blurred(plane) => gradient::luma_row(plane, y, row),
        }
        repeat_edges(padded, 1, 1, self.width);
    }

    /// Finds out how steep row `y` is. Of blurred rows it and its neighbours must be the last.
    fn look(&mut self, y: usize, bounds: Bounds) {
        let slopes = &mut self.slopes[y % 3];
        if y >= self.height {
            return slopes.flatten();
        }
        let rows = [y.saturating_sub(1), y, (y + 1).min(self.height - 1)];
        slopes.fill(rows.map(|at| &self.blurred[at % 3][..]), bounds.units);
    }
}
