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
mod over;
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
use reduced::Reduced;
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
pub(super) fn filter(mut raster: Raster, sigma: f64, finish: &impl Finish) -> Raster {
    let (frame, channels) = (Frame::of(&raster), raster.channels());
    if is_fixed_enough(sigma, finish)
        && let Samples::U8(samples) = raster.samples_mut()
        && is_opaque(samples, channels)
    {
        filter_fixed(samples, frame, channels, sigma, finish);
        return raster;
    }
    let samples = with_samples!(raster.samples(), |samples| Samples::from(filter_samples(
        &raster, samples, sigma, finish
    )));
    super::canvas::rebuilt(raster.size(), channels, samples)
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

impl<'a, S> Written<'a, S> {
    /// All of them.
    fn whole(samples: &'a mut [S], frame: Frame) -> Self {
        Self {
            first: 0,
            row_len: frame.row_len(),
            samples,
        }
    }
}

/// Blurs opaque samples where they are.
fn filter_fixed(
    samples: &mut [u8],
    frame: Frame,
    channels: Channels,
    sigma: f64,
    finish: &impl Finish,
) {
    let finish = |blurred: &[Fixed], row: &mut [u8]| finish_fixed(finish, channels, blurred, row);
    match Plan::<Fixed>::new(sigma) {
        Plan::Direct(taps) => over::run(samples, frame, &taps, Fixed::fill, finish),
        Plan::Reduced(reduction) => {
            let rows: Vec<&[u8]> = samples.chunks_exact(frame.row_len()).collect();
            let reduced = Reduced::new(&rows, frame, &reduction);
            let out = Written::whole(samples, frame);
            reduced.widen(out, |_, blurred, row| finish(blurred, row));
        }
    }
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
    let samples = if is_fixed_enough(sigma, finish) {
        let mut samples = rows.concat();
        filter_fixed(&mut samples, frame, Channels::Gray, sigma, finish);
        samples
    } else {
        let mut samples = vec![0; frame.width * frame.height];
        run(
            &rows,
            frame,
            sigma,
            &mut samples,
            |y, blurred: &mut [f32], out| {
                finish_row(finish, Channels::Gray, rows[y], blurred, out);
            },
        );
        samples
    };
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
    let out = Written::whole(out, frame);
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
            Self::Reduced(reduction) => Reduced::new(rows, frame, reduction).widen(out, finish),
        }
    }
}

#[cfg(test)]
mod tests;
