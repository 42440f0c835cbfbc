//! A region of a picture brought to another size.
//!
//! The work is `fast_image_resize`'s, one axis after the other. Its own threading is not used, because it would take
//! all of the threads of whatever pool there is into account and none of our bands; here each pass is cut into bands
//! that do not know of each other: rows for the pass along rows, columns for the pass down the columns. Bands start
//! at multiples of what the library's vector code takes at once, so that a float is always computed by the same
//! instructions, and the result is the same for any number of threads.

mod plane;
mod weighed;
mod windows;

use std::ops::Range;

use bytemuck::Pod;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer, pixels};
use rayon::prelude::*;
use weighed::Roomy;

pub(super) use plane::{Resampler, Rows};
pub(super) use windows::Axis;

use super::alpha::{Premultiply, is_opaque};
use super::canvas;
use super::geometry::Kernel;
use super::ops::OpError;
use crate::image::raster::with_samples;
use crate::image::{Channels, Raster, Sample, Samples, Size};

/// Rows that the library takes at once, at most.
const ROW_STEP: usize = 8;

/// Columns of which the library takes all samples in whole vectors.
const COLUMN_STEP: usize = 64;

/// A part of one axis, in pixels and their fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) start: f64,
    pub(super) length: f64,
}

impl Stretch {
    /// All of `length` pixels.
    pub(super) fn whole(length: u32) -> Self {
        Self {
            start: 0.0,
            length: length.into(),
        }
    }

    /// Whether it becomes `target` pixels just by taking them.
    fn is_copied_to(self, target: u32) -> bool {
        let unchanged = (self.length - f64::from(target)).abs() <= 0.0;
        unchanged && self.start.fract() <= 0.0
    }

    /// The pixels of an axis of `whole` pixels that can have a say in the `target` pixels made of this.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the axis"
    )]
    fn reach(self, whole: u32, target: u32, support: f64) -> Range<usize> {
        let radius = support * (self.length / f64::from(target)).max(1.0) + 1.0;
        let start = (self.start - radius).floor().max(0.0);
        let end = (self.start + self.length + radius).ceil();
        start as usize..end.min(whole.into()) as usize
    }
}

/// Resamples the part of the picture that `across` and `down` name to `size`. Alpha weighs colours.
pub(super) fn resample(
    raster: &Raster,
    across: Stretch,
    down: Stretch,
    size: Size,
    kernel: Kernel,
) -> Result<Raster, OpError> {
    let channels = raster.channels();
    let Some((filter, support)) = filter(kernel) else {
        return Ok(nearest(raster, across, down, size));
    };
    let job = Job {
        source: raster.size(),
        across,
        down,
        size,
        filter,
        support,
    };
    let opaque = with_samples!(raster.samples(), |samples| is_opaque(samples, channels));
    if opaque && channels.has_alpha() {
        // An alpha that is the same everywhere stays so.
        let colors = raster.clone().to_channels(channels.with_alpha(false));
        return Ok(resample(&colors, across, down, size, kernel)?.to_channels(channels));
    }
    let run = with_samples!(raster.samples(), |samples| job
        .run(samples, channels)
        .map(Samples::from));
    let samples = run.map_err(|error| OpError::Library(error.to_string()))?;
    Ok(canvas::rebuilt(size, channels, samples))
}

/// A copy of the picture that is no longer than so many pixels, each the mean of those that it stands for: to look at.
pub(super) fn small_copy(raster: &Raster, most: u32) -> Result<Raster, OpError> {
    let whole = raster.size();
    let longest = whole.width.max(whole.height);
    if longest <= most {
        return Ok(raster.clone());
    }
    let reduced = |length: u32| {
        let side = u64::from(length) * u64::from(most) / u64::from(longest);
        u32::try_from(side).unwrap_or(most).max(1)
    };
    let size = Size::new(reduced(whole.width), reduced(whole.height));
    let (across, down) = (Stretch::whole(whole.width), Stretch::whole(whole.height));
    resample(raster, across, down, size, Kernel::Box)
}

/// Samples that can be resampled.
trait Pixels: Sample + Pod {
    fn convolve(job: &Job, samples: &[Self], channels: Channels) -> Result<Vec<Self>, Failure>;
}

/// Only colour photographs are resampled in 8 bits, where it counts: each further 8-bit pixel type of the library
/// takes half a minute to compile, and 16 bits round better anyway.
impl Pixels for u8 {
    fn convolve(job: &Job, samples: &[Self], channels: Channels) -> Result<Vec<Self>, Failure> {
        if channels == Channels::Rgb {
            return job.convolve::<Self, pixels::U8x3>(samples);
        }
        let wide: Vec<u16> = samples
            .par_iter()
            .map(|sample| u16::from(*sample) * 257)
            .collect();
        let wide = u16::convolve(job, &wide, channels)?;
        let narrow = |sample: &u16| Self::from_f32(f32::from(*sample) / 257.0);
        Ok(wide.par_iter().map(narrow).collect())
    }
}

impl Pixels for u16 {
    fn convolve(job: &Job, samples: &[Self], channels: Channels) -> Result<Vec<Self>, Failure> {
        match channels {
            Channels::Gray => job.convolve::<Self, pixels::U16>(samples),
            Channels::GrayAlpha => job.convolve::<Self, pixels::U16x2>(samples),
            Channels::Rgb => job.convolve::<Self, pixels::U16x3>(samples),
            Channels::Rgba => job.convolve::<Self, pixels::U16x4>(samples),
        }
    }
}

impl Pixels for f32 {
    fn convolve(job: &Job, samples: &[Self], channels: Channels) -> Result<Vec<Self>, Failure> {
        match channels {
            Channels::Gray => job.convolve::<Self, pixels::F32>(samples),
            Channels::GrayAlpha => job.convolve::<Self, pixels::F32x2>(samples),
            Channels::Rgb => job.convolve::<Self, pixels::F32x3>(samples),
            Channels::Rgba => job.convolve::<Self, pixels::F32x4>(samples),
        }
    }
}

/// The library's name for a kernel, and how many pixels it reaches to either side.
fn filter(kernel: Kernel) -> Option<(FilterType, f64)> {
    match kernel {
        Kernel::Lanczos3 => Some((FilterType::Lanczos3, 3.0)),
        Kernel::CatmullRom => Some((FilterType::CatmullRom, 2.0)),
        Kernel::Mitchell => Some((FilterType::Mitchell, 2.0)),
        Kernel::Gaussian => Some((FilterType::Gaussian, 3.0)),
        Kernel::Triangle => Some((FilterType::Bilinear, 1.0)),
        Kernel::Box => Some((FilterType::Box, 0.5)),
        Kernel::Nearest => None,
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One resampling with a kernel.
struct Job {
    source: Size,
    across: Stretch,
    down: Stretch,
    size: Size,
    filter: FilterType,
    support: f64,
}

impl Job {
    fn run<S>(&self, samples: &[S], channels: Channels) -> Result<Vec<S>, Failure>
    where
        S: Pixels + Premultiply<Wide: Pixels + Roomy>,
    {
        if !channels.has_alpha() {
            return S::convolve(self, samples, channels);
        }
        let count = channels.count();
        let premultiplied = weighed::premultiply(samples, count);
        let result = Pixels::convolve(self, &premultiplied, channels)?;
        drop(premultiplied);
        Ok(weighed::straighten(&result, count))
    }

    /// Both passes, in the order that suits the depth: as the library itself does.
    fn convolve<S: Sample + Pod, P: PixelTrait>(&self, samples: &[S]) -> Result<Vec<S>, Failure> {
        let Size { width, height } = self.source;
        let copies_columns = self.across.is_copied_to(self.size.width);
        let copies_rows = self.down.is_copied_to(self.size.height);
        let columns = self.across.reach(width, self.size.width, self.support);
        let rows = self.down.reach(height, self.size.height, self.support);
        let row_len = self.size.width as usize * (size_of::<P>() / size_of::<S>());
        let out = || vec![S::default(); row_len * self.size.height as usize];
        if copies_rows {
            let mut out = out();
            self.pass_along_rows::<S, P>(samples, whole_pixels(self.down), &mut out)?;
            return Ok(out);
        }
        if copies_columns {
            return self.pass_down_columns::<S, P>(samples, width, whole_pixels(self.across), None);
        }
        if size_of::<S>() == 1 {
            let flat = self.pass_down_columns::<S, P>(samples, width, columns, Some(width))?;
            let mut out = out();
            self.pass_along_rows::<S, P>(&flat, 0..self.size.height as usize, &mut out)?;
            return Ok(out);
        }
        // Rows that nothing reaches are not computed, but stay in place, since positions count from the first row.
        let mut narrow = vec![S::default(); row_len * height as usize];
        let reached = &mut narrow[row_len * rows.start..row_len * rows.end];
        self.pass_along_rows::<S, P>(samples, rows, reached)?;
        let columns = 0..self.size.width as usize;
        self.pass_down_columns::<S, P>(&narrow, self.size.width, columns, None)
    }

    /// Resamples some rows of the source along their length.
    fn pass_along_rows<S: Sample + Pod, P: PixelTrait>(
        &self,
        samples: &[S],
        rows: Range<usize>,
        out: &mut [S],
    ) -> Result<(), Failure> {
        let count = size_of::<P>() / size_of::<S>();
        let (from_width, to_width) = (self.source.width, self.size.width);
        let (from_len, to_len) = (from_width as usize * count, to_width as usize * count);
        let band = band(rows.len(), ROW_STEP);
        out.par_chunks_mut(to_len * band)
            .zip(samples[rows.start * from_len..rows.end * from_len].par_chunks(from_len * band))
            .try_for_each(|(to, from)| {
                let from = view::<S, P>(from, from_width, count)?;
                let mut to = view_mut::<S, P>(to, to_width, count)?;
                let height = fast_image_resize::ImageView::height(&from).into();
                let options =
                    self.options()
                        .crop(self.across.start, 0.0, self.across.length, height);
                Ok(Resizer::new().resize_typed(&from, &mut to, &options)?)
            })
    }

    /// Resamples some columns of a picture of `width` columns from top to bottom. They are alone in the result, or in
    /// their places where it is to have `keep` columns.
    fn pass_down_columns<S: Sample + Pod, P: PixelTrait>(
        &self,
        samples: &[S],
        width: u32,
        columns: Range<usize>,
        keep: Option<u32>,
    ) -> Result<Vec<S>, Failure> {
        let count = size_of::<P>() / size_of::<S>();
        let from = view::<S, P>(samples, width, count)?;
        let height = self.size.height;
        let step = band(columns.len(), COLUMN_STEP);
        let starts: Vec<usize> = columns.clone().step_by(step).collect();
        let mut bands = starts
            .par_iter()
            .map(|&start| {
                let width = u32::try_from(step.min(columns.end - start))?;
                let mut band = vec![S::default(); width as usize * count * height as usize];
                let left = f64::from(u32::try_from(start)?);
                let options =
                    self.options()
                        .crop(left, self.down.start, width.into(), self.down.length);
                let mut to = view_mut::<S, P>(&mut band, width, count)?;
                Resizer::new().resize_typed(&from, &mut to, &options)?;
                Ok(band)
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        let (out_width, first) = match keep {
            Some(width) => (width as usize, columns.start),
            None => (columns.len(), 0),
        };
        if bands.len() == 1 && out_width == columns.len() {
            return Ok(bands.swap_remove(0));
        }
        let mut out = vec![S::default(); out_width * count * height as usize];
        out.par_chunks_exact_mut(out_width * count)
            .enumerate()
            .for_each(|(y, row)| {
                let mut row = &mut row[first * count..];
                for band in &bands {
                    let length = band.len() / height as usize;
                    let (here, rest) = row.split_at_mut(length);
                    here.copy_from_slice(&band[y * length..][..length]);
                    row = rest;
                }
            });
        Ok(out)
    }

    fn options(&self) -> ResizeOptions {
        ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(self.filter))
            .use_alpha(false)
    }
}

/// How many of `count` rows or columns make a band: all threads get one, and bands start at multiples of `step`.
fn band(count: usize, step: usize) -> usize {
    let threads = rayon::current_num_threads();
    count.div_ceil(threads).next_multiple_of(step)
}

/// The pixels of a stretch that is made of whole ones.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers within a picture"
)]
fn whole_pixels(stretch: Stretch) -> Range<usize> {
    stretch.start as usize..(stretch.start + stretch.length) as usize
}

fn view<S: Pod, P: PixelTrait>(
    samples: &[S],
    width: u32,
    count: usize,
) -> Result<TypedImageRef<'_, P>, Failure> {
    let height = u32::try_from(samples.len() / (width as usize * count))?;
    Ok(TypedImageRef::from_buffer(
        width,
        height,
        bytemuck::cast_slice(samples),
    )?)
}

fn view_mut<S: Pod, P: PixelTrait>(
    samples: &mut [S],
    width: u32,
    count: usize,
) -> Result<TypedImage<'_, P>, Failure> {
    let height = u32::try_from(samples.len() / (width as usize * count))?;
    Ok(TypedImage::from_buffer(
        width,
        height,
        bytemuck::cast_slice_mut(samples),
    )?)
}

/// Takes the nearest sample for each.
fn nearest(raster: &Raster, across: Stretch, down: Stretch, size: Size) -> Raster {
    fn pick<S: Sample>(
        samples: &[S],
        row_len: usize,
        xs: &[usize],
        ys: &[usize],
        count: usize,
    ) -> Vec<S> {
        let mut out = vec![S::default(); xs.len() * ys.len() * count];
        out.par_chunks_exact_mut(xs.len() * count)
            .zip(ys)
            .for_each(|(out, y)| {
                let row = &samples[y * row_len..][..row_len];
                for (out, x) in out.chunks_exact_mut(count).zip(xs) {
                    out.copy_from_slice(&row[x * count..][..count]);
                }
            });
        out
    }
    let xs = nearest_pixels(across, raster.width(), size.width);
    let ys = nearest_pixels(down, raster.height(), size.height);
    let (channels, row_len) = (raster.channels(), raster.row_len());
    let samples = with_samples!(raster.samples(), |samples| Samples::from(pick(
        samples,
        row_len,
        &xs,
        &ys,
        channels.count()
    )));
    canvas::rebuilt(size, channels, samples)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions within a picture"
)]
fn nearest_pixels(stretch: Stretch, whole: usize, target: u32) -> Vec<usize> {
    let step = stretch.length / f64::from(target);
    (0..target)
        .map(|at| (stretch.start + (f64::from(at) + 0.5) * step) as usize)
        .map(|at| at.min(whole - 1))
        .collect()
}

#[cfg(test)]
mod tests;
