//! The median of a square window around each pixel, each channel by itself. Beyond its edges a picture goes on as it is there.
//!
//! Whatever the depth, the result is the very sample in the middle; there are three ways to it. Small windows are compared by
//! programs of minima and maxima on whole vectors ([`network`]). Those of 8 bits that are larger have histograms, at a cost
//! that does not grow with the radius ([`histogram`]). Larger ones of 16 bits and floats have sets of ranks, which take and
//! give away a column of the window at each step, at a cost that grows with the radius and not with its square ([`ranks`]).
//!
//! Where alpha is not the same everywhere, colours are medians of what can be seen of them: of colours times alpha.

mod extremes;
mod histogram;
mod lanes;
mod network;
mod ranks;
mod rows;
#[cfg(test)]
mod tests;

use super::alpha::is_opaque;
use crate::image::raster::with_samples;
use crate::image::{Raster, Samples};
pub(super) use extremes::Extreme;
use rows::{Plain, Rows, Sorted, Weighed};

/// The largest radius: a window of more would overflow the counts of [`histogram`].
pub(super) const MOST: usize = 127;

/// The largest radius that is compared.
const MOST_COMPARED: usize = 8;

/// The same for 8 bits, where histograms are faster from there on.
const MOST_COMPARED_BYTES: usize = 5;

/// The picture that medians are taken of.
#[derive(Debug, Clone, Copy)]
struct Frame {
    width: usize,
    height: usize,
    channels: usize,
    radius: usize,
}

impl Frame {
    fn new(raster: &Raster, radius: usize) -> Self {
        Self {
            width: raster.width(),
            height: raster.height(),
            channels: raster.channels().count(),
            radius,
        }
    }

    const fn row_len(self) -> usize {
        self.width * self.channels
    }

    /// Samples that the window reaches to the left of its pixel, and to the right.
    const fn reach(self) -> usize {
        self.radius * self.channels
    }

    /// Pixels in a window.
    const fn area(self) -> usize {
        let side = 2 * self.radius + 1;
        side * side
    }
}

/// Takes the median of `2 * radius + 1` pixels squared around each one.
pub(super) fn filter(raster: &Raster, radius: usize) -> Raster {
    let samples = with_samples!(raster.samples(), |samples| Samples::from(filter_samples(
        raster, samples, radius
    )));
    super::canvas::rebuilt(raster.size(), raster.channels(), samples)
}

/// Takes the least or the greatest sample of `2 * radius + 1` pixels squared around each one.
pub(super) fn extremes(raster: &Raster, radius: usize, extreme: Extreme) -> Raster {
    let frame = Frame::new(raster, radius);
    let samples = with_samples!(raster.samples(), |samples| Samples::from({
        let mut out = vec![Default::default(); samples.len()];
        if is_opaque(samples, raster.channels()) {
            extremes::filter(&Plain { samples, frame }, extreme, &mut out);
        } else {
            extremes::filter(&Weighed { samples, frame }, extreme, &mut out);
        }
        out
    }));
    super::canvas::rebuilt(raster.size(), raster.channels(), samples)
}

fn filter_samples<S: Sorted>(raster: &Raster, samples: &[S], radius: usize) -> Vec<S> {
    let frame = Frame::new(raster, radius);
    let mut out = vec![S::default(); samples.len()];
    if is_opaque(samples, raster.channels()) {
        S::run_plain(&Plain { samples, frame }, &mut out);
    } else {
        run(&Weighed { samples, frame }, &mut out);
    }
    out
}

fn run<R: Rows>(rows: &R, out: &mut [R::Sample]) {
    if rows.frame().radius <= MOST_COMPARED {
        lanes::filter(rows, out);
    } else {
        ranks::filter(rows, out);
    }
}

fn run_bytes<R: Rows<Key = u8>>(rows: &R, out: &mut [R::Sample]) {
    if rows.frame().radius <= MOST_COMPARED_BYTES {
        lanes::filter(rows, out);
    } else {
        histogram::filter(rows, out);
    }
}
