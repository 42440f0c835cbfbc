//! The median of a square window around each pixel, each channel by itself. Beyond its edges a picture goes on as it is there.
//!
//! Whatever the depth, the result is the very sample in the middle; there are three ways to it. Small windows are compared by
//! programs of minima and maxima on whole vectors ([`network`]), the smallest by such that were written by hand ([`pairs`]).
//! Those of 8 bits that are larger have histograms ([`histogram`]), and those of 16 bits and floats have such of classes of what
//! is there ([`ranks`]), either at a cost that hardly grows with the radius.
//!
//! Where alpha is not the same everywhere, colours are medians of what can be seen of them: of colours times alpha.

mod extremes;
mod five;
mod histogram;
mod lanes;
mod network;
mod pairs;
mod ranks;
mod rows;
#[cfg(test)]
mod tests;
mod three;

use super::alpha::is_opaque;
use crate::image::raster::with_samples;
use crate::image::{Channels, Raster};
pub(super) use extremes::Extreme;
use five::Five;
use rows::{Order, Plain, Rows, Sorted, Weighed};
use three::Three;

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
pub(super) fn filter(raster: &mut Raster, radius: usize) {
    let (frame, channels) = (Frame::new(raster, radius), raster.channels());
    with_samples!(raster.samples_mut(), |samples| {
        filter_samples(samples, channels, frame);
    });
}

fn filter_samples<S: Sorted>(samples: &mut Vec<S>, channels: Channels, frame: Frame) {
    if is_opaque(samples, channels) {
        S::run_plain(samples, frame);
    } else {
        run::<Weighed<S>>(samples, frame);
    }
}

fn run<O: Order>(samples: &mut Vec<O::Sample>, frame: Frame) {
    match frame.radius {
        1 => pairs::filter::<O, Box<Three<O::Key>>, 4>(samples, frame),
        2 => pairs::filter::<O, Box<Five<O::Key>>, 6>(samples, frame),
        3..=MOST_COMPARED => lanes::filter::<O>(samples, frame),
        _ => *samples = ranks::filter(&Rows::<O> { samples, frame }),
    }
}

fn run_bytes<O: Order<Key = u8>>(samples: &mut Vec<O::Sample>, frame: Frame) {
    if frame.radius <= MOST_COMPARED_BYTES {
        run::<O>(samples, frame);
    } else {
        *samples = histogram::filter(&Rows::<O> { samples, frame });
    }
}

/// Takes the least or the greatest sample of `2 * radius + 1` pixels squared around each one.
pub(super) fn extremes(raster: &mut Raster, radius: usize, extreme: Extreme) {
    let (frame, channels) = (Frame::new(raster, radius), raster.channels());
    with_samples!(raster.samples_mut(), |samples| {
        extremes_of_samples(samples, channels, frame, extreme);
    });
}

fn extremes_of_samples<S: Sorted>(
    samples: &mut [S],
    channels: Channels,
    frame: Frame,
    extreme: Extreme,
) {
    if is_opaque(samples, channels) {
        extremes::filter::<Plain<S>>(samples, frame, extreme);
    } else {
        extremes::filter::<Weighed<S>>(samples, frame, extreme);
    }
}
