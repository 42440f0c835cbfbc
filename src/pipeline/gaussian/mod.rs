//! The Gaussian that blurring and sharpening share. Beyond its edges a picture goes on as it is at the edge.
//!
//! Small sigmas are convolved directly, one axis after the other. From [`plan::DECIMATE_FROM`] on the work is done on
//! a reduced grid, which makes it independent of sigma: a Gaussian prefilter takes every `factor`-th sample, a small
//! Gaussian does most of the blurring there, and cubic B-splines lead back to the full grid. All three widths are
//! known, and variances of convolved filters add up, so the small Gaussian supplies exactly what the other two leave
//! open. (P. J. Burt, "Fast filter transforms for image processing", Computer Graphics and Image Processing 16, 1981,
//! has the idea; M. Unser, "Splines: a perfect fit for signal and image processing", IEEE Signal Processing Magazine,
//! 1999, the splines.)
//!
//! All weights are positive and every stage adds up rows, so `f32` is precise enough for any sigma, and every stage
//! runs on rows that do not know of each other: the result is the same for any number of threads.

mod direct;
mod plan;
mod reduced;
mod weigh;

use super::alpha::{Premultiply, is_opaque, straighten};
use crate::image::raster::with_samples;
use crate::image::{Plane, Raster, Sample, Samples};
use plan::Plan;
pub(super) use weigh::weigh;

/// What is made of a row: the row as it was, blurred (straight alpha, on the scale of the samples), and to be written.
pub(super) trait Finish: Sync {
    /// Writes one row.
    fn finish<S: Premultiply>(&self, before: &[S], blurred: &[f32], out: &mut [S]);
}

/// Leaves what was made of a row as it is, rounded to samples.
pub(super) struct Round;

impl Finish for Round {
    fn finish<S: Premultiply>(&self, _: &[S], blurred: &[f32], out: &mut [S]) {
        for (out, value) in out.iter_mut().zip(blurred) {
            *out = S::from_f32(*value);
        }
    }
}

/// The geometry of a picture in rows of samples.
#[derive(Debug, Clone, Copy)]
struct Frame {
    width: usize,
    height: usize,
    channels: usize,
}

impl Frame {
    const fn row_len(self) -> usize {
        self.width * self.channels
    }
}

/// Blurs with a standard deviation of `sigma` pixels, and makes of each row what `finish` says. Alpha weighs colours.
pub(super) fn filter(raster: &Raster, sigma: f64, finish: &impl Finish) -> Raster {
    let samples = with_samples!(raster.samples(), |samples| Samples::from(filter_samples(
        raster, samples, sigma, finish
    )));
    super::canvas::rebuilt(raster.size(), raster.channels(), samples)
}

/// Whether blurring would change no sample: sigma is 0, or the picture is of one colour. Floats of one colour would
/// otherwise gather rounding errors.
pub(super) fn changes_nothing(raster: &Raster, sigma: f64) -> bool {
    let count = raster.channels().count();
    sigma <= 0.0
        || with_samples!(raster.samples(), |samples| samples
            .chunks_exact(count)
            .all(|pixel| pixel == &samples[..count]))
}

fn filter_samples<S: Premultiply>(
    raster: &Raster,
    samples: &[S],
    sigma: f64,
    finish: &impl Finish,
) -> Vec<S> {
    let frame = Frame {
        width: raster.width(),
        height: raster.height(),
        channels: raster.channels().count(),
    };
    let rows: Vec<&[S]> = samples.chunks_exact(frame.row_len()).collect();
    let mut out = vec![S::default(); samples.len()];
    if is_opaque(samples, raster.channels()) {
        run(&rows, frame, sigma, &mut out, |y, blurred, out| {
            finish.finish(rows[y], blurred, out);
        });
    } else {
        let premultiplied = S::premultiply(samples, frame.channels, |product| product);
        let weighed: Vec<&[S::Wide]> = premultiplied.chunks_exact(frame.row_len()).collect();
        run(&weighed, frame, sigma, &mut out, |y, blurred, out| {
            straighten::<S>(blurred, frame.channels);
            finish.finish(rows[y], blurred, out);
        });
    }
    out
}

/// Blurs a plane with a standard deviation of `sigma` of its samples, and makes of each row what `finish` says: it gets the
/// row as it was, the row blurred, and the row to be written.
pub(super) fn filter_plane(
    plane: &Plane,
    sigma: f64,
    finish: impl Fn(&[u8], &[f32], &mut [u8]) + Sync,
) -> Plane {
    let rows: Vec<&[u8]> = plane.lines().collect();
    let frame = Frame {
        width: plane.columns(),
        height: rows.len(),
        channels: 1,
    };
    let mut samples = vec![0; frame.width * frame.height];
    run(&rows, frame, sigma, &mut samples, |y, blurred, out| {
        finish(rows[y], blurred, out);
    });
    Plane {
        samples,
        stride: frame.width,
        extent: plane.extent,
    }
}

fn run<T: Sample, S: Send>(
    rows: &[&[T]],
    frame: Frame,
    sigma: f64,
    out: &mut [S],
    finish: impl Fn(usize, &mut [f32], &mut [S]) + Sync,
) {
    match Plan::new(sigma) {
        Plan::Direct(taps) => direct::run(rows, frame, &taps, out, finish),
        Plan::Reduced(reduction) => reduced::run(rows, frame, &reduction, out, finish),
    }
}

#[cfg(test)]
mod tests;
