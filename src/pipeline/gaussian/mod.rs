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
//! All weights are positive and every stage adds up rows, so `f32` is precise enough for any sigma, and for samples of 8 bits
//! fixed point for most. Every stage
//! runs on rows that do not know of each other: the result is the same for any number of threads.

mod banded;
mod direct;
mod plan;
mod reduced;
mod rows;

use super::alpha::{Premultiply, is_opaque, straighten};
use super::finish::{Finish, finish_fixed, finish_row};
use super::weigh::{Fixed, Mean, Term};
use crate::image::raster::with_samples;
use crate::image::{Channels, Plane, Raster, Samples};
pub(super) use banded::Banded;
use plan::{FIXED_UP_TO, Plan};
pub(super) use rows::Rows;

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
    let samples = match raster.samples() {
        Samples::U8(samples)
            if is_fixed_enough(sigma, finish) && is_opaque(samples, raster.channels()) =>
        {
            Samples::U8(filter_fixed(raster, samples, sigma, finish))
        }
        samples @ (Samples::U8(_) | Samples::U16(_) | Samples::F32(_)) => with_samples!(
            samples,
            |samples| Samples::from(filter_samples(raster, samples, sigma, finish))
        ),
    };
    super::canvas::rebuilt(raster.size(), raster.channels(), samples)
}

/// Whether nobody will see what fixed point loses: less than a tenth of a level.
fn is_fixed_enough(sigma: f64, finish: &impl Finish) -> bool {
    const HIGHEST_GAIN: f32 = 2.0;
    sigma <= FIXED_UP_TO && finish.gain() <= HIGHEST_GAIN
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

impl Frame {
    fn of(raster: &Raster) -> Self {
        Self {
            width: raster.width(),
            height: raster.height(),
            channels: raster.channels().count(),
        }
    }
}

/// Rows that are written.
struct Written<'a, S> {
    /// Which row of the picture the first of them is.
    first: usize,
    row_len: usize,
    samples: &'a mut [S],
}

fn filter_fixed(raster: &Raster, samples: &[u8], sigma: f64, finish: &impl Finish) -> Vec<u8> {
    let (frame, channels) = (Frame::of(raster), raster.channels());
    let rows: Vec<&[u8]> = samples.chunks_exact(frame.row_len()).collect();
    let mut out = vec![0; samples.len()];
    run(
        &rows,
        frame,
        sigma,
        &mut out,
        |y, blurred: &mut [Fixed], out| {
            finish_fixed(finish, channels, rows[y], blurred, out);
        },
    );
    out
}

fn filter_samples<S: Premultiply>(
    raster: &Raster,
    samples: &[S],
    sigma: f64,
    finish: &impl Finish,
) -> Vec<S> {
    let (frame, channels) = (Frame::of(raster), raster.channels());
    let rows: Vec<&[S]> = samples.chunks_exact(frame.row_len()).collect();
    let mut out = vec![S::default(); samples.len()];
    if is_opaque(samples, channels) {
        run(
            &rows,
            frame,
            sigma,
            &mut out,
            |y, blurred: &mut [f32], out| {
                finish_row(finish, channels, rows[y], blurred, out);
            },
        );
    } else {
        let premultiplied = S::premultiply(samples, frame.channels, |product| product);
        let weighed: Vec<&[S::Wide]> = premultiplied.chunks_exact(frame.row_len()).collect();
        run(&weighed, frame, sigma, &mut out, |y, blurred, out| {
            straighten::<S>(blurred, frame.channels);
            finish_row(finish, channels, rows[y], blurred, out);
        });
    }
    out
}

/// Blurs a plane with a standard deviation of `sigma` of its samples, and makes of each row what `finish` says.
pub(super) fn filter_plane(plane: &Plane, sigma: f64, finish: &impl Finish) -> Plane {
    let rows: Vec<&[u8]> = plane.lines().collect();
    let frame = Frame {
        width: plane.columns(),
        height: rows.len(),
        channels: 1,
    };
    let mut samples = vec![0; frame.width * frame.height];
    if is_fixed_enough(sigma, finish) {
        run(
            &rows,
            frame,
            sigma,
            &mut samples,
            |y, blurred: &mut [Fixed], out| {
                finish_fixed(finish, Channels::Gray, rows[y], blurred, out);
            },
        );
    } else {
        run(
            &rows,
            frame,
            sigma,
            &mut samples,
            |y, blurred: &mut [f32], out| {
                finish_row(finish, Channels::Gray, rows[y], blurred, out);
            },
        );
    }
    Plane {
        samples,
        stride: frame.width,
        extent: plane.extent,
    }
}

fn run<T: Term<N>, N: Mean + Term<N>, S: Send>(
    rows: &[&[T]],
    frame: Frame,
    sigma: f64,
    out: &mut [S],
    finish: impl Fn(usize, &mut [N], &mut [S]) + Sync,
) {
    let out = Written {
        first: 0,
        row_len: frame.row_len(),
        samples: out,
    };
    Plan::new(sigma).run(rows, frame, out, finish);
}

impl<N: Mean> Plan<N> {
    fn run<T: Term<N>, S: Send>(
        &self,
        rows: &[&[T]],
        frame: Frame,
        out: Written<'_, S>,
        finish: impl Fn(usize, &mut [N], &mut [S]) + Sync,
    ) where
        N: Term<N>,
    {
        match self {
            Self::Direct(taps) => direct::run(rows, frame, taps, out, finish),
            Self::Reduced(reduction) => reduced::run(rows, frame, reduction, out, finish),
        }
    }
}

#[cfg(test)]
mod tests;
