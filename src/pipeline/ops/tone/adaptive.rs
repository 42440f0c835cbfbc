//! Black and white by the mean around each pixel (D. Bradley and G. Roth, "Adaptive thresholding using the integral image", Journal
//! of Graphics Tools 12, 2007), at a cost that does not grow with the window.
//!
//! Sums over the columns of the window go along from row to row, and a sum of those from pixel to pixel: whole numbers, so that
//! nothing is lost on the way. Where the window reaches over an edge it is cut off. Pixels count as much as they can be seen.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::ops::{AddAssign, SubAssign};

use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Samples, Transfer, linear_to_srgb};
use crate::pipeline::bands::{self, shared_out};
use crate::pipeline::histogram::weight;
use crate::pipeline::luma::luma;
use crate::simd::{self, Loop};

/// Rows that are worth handing over; and how many times as many as windows reach up, so that little is summed twice.
const LEAST_ROWS: usize = 64;
const LEAST_REACHES: usize = 4;

/// Bytes of memory for each pixel.
pub(super) const fn bytes(has_alpha: bool) -> u64 {
    if has_alpha { 4 } else { 2 }
}

/// A picture, and how it is divided.
#[derive(Debug, Clone, Copy)]
struct Division {
    width: usize,
    height: usize,
    channels: Channels,
    transfer: Transfer,
    radius: usize,
    /// White is what is not below this part of the mean.
    part: f64,
}

/// Makes white what is brighter than the mean of the pixels up to `radius` away, less a part of it, and black what is not.
pub(super) fn divide(mut image: Image, radius: usize, sensitivity: f64) -> Image {
    let division = Division {
        width: image.raster.width(),
        height: image.raster.height(),
        channels: image.raster.channels(),
        transfer: image.metadata.transfer,
        radius,
        part: 1.0 - sensitivity,
    };
    let samples = image.raster.samples_mut();
    match (samples, division.transfer, division.channels) {
        // As they are: 16 bits would be 257 times that.
        (Samples::U8(samples), Transfer::Srgb, Channels::Gray) => {
            let copy = |row: &[u8], values: &mut [u8]| values.copy_from_slice(row);
            if i32::try_from(division.area() * 255).is_ok() {
                division.run(samples, || Counted::<_, i32, _>::new(division, 257.0, copy));
            } else {
                division.run(samples, || Counted::<_, i64, _>::new(division, 257.0, copy));
            }
        }
        (samples, ..) => with_samples!(samples, |samples| division.run_any(samples)),
    }
    image
}

impl Division {
    /// Pixels of a window, at the most.
    fn area(&self) -> u64 {
        let side = 2 * self.radius + 1;
        side.min(self.width) as u64 * side.min(self.height) as u64
    }

    fn run_any<S: Sample>(self, samples: &mut [S]) {
        if self.channels.has_alpha() {
            self.run(samples, || Weighed::new(self));
        } else {
            let values = |row: &[S], values: &mut [u16]| self.values(row, values);
            self.run(samples, || Counted::<_, i64, _>::new(self, 1.0, values));
        }
    }

    fn run<S: Sample, W: Window<S>>(
        &self,
        samples: &mut [S],
        window: impl Fn() -> W + Send + Sync,
    ) {
        let radius = self.radius;
        let height = shared_out(self.height, LEAST_ROWS.max(LEAST_REACHES * radius));
        let init = || (window(), vec![false; self.width]);
        let row_len = self.width * self.channels.count();
        bands::run(
            samples,
            row_len,
            (height, radius),
            init,
            |(window, white), mut band| {
                window.clear();
                // Rows of the picture, as many further up as windows reach.
                let rows = radius..radius + self.height;
                for index in 0..band.height() + 2 * radius {
                    if rows.contains(&(band.top + index)) {
                        window.win(index, band.covered(index));
                    }
                    let Some(first) = index.checked_sub(2 * radius) else {
                        continue;
                    };
                    let around = band.top + first..=band.top + index;
                    let count = rows.end.min(around.end() + 1) - rows.start.max(*around.start());
                    let row = band.row_mut(first);
                    window.divide(first + radius, count, row, white);
                    self.paint(row, white);
                    if rows.contains(around.start()) {
                        window.lose(first);
                    }
                }
            },
        );
    }

    fn paint<S: Sample>(&self, row: &mut [S], white: &[bool]) {
        let color = |is_white: bool| if is_white { S::FULL } else { S::default() };
        if self.channels == Channels::Gray {
            for (sample, is_white) in row.iter_mut().zip(white) {
                *sample = color(*is_white);
            }
            return;
        }
        let pixels = row.chunks_exact_mut(self.channels.count());
        for (pixel, is_white) in pixels.zip(white) {
            pixel[..self.channels.colors()].fill(color(*is_white));
        }
    }

    /// Brightness of pixels in 16 bits.
    fn values<S: Sample>(&self, row: &[S], values: &mut [u16]) {
        let count = self.channels.count();
        match self.transfer {
            Transfer::Srgb => simd::run(Values {
                row,
                out: values,
                count,
            }),
            Transfer::Linear => {
                let encoded = |sample: &S| linear_to_srgb(sample.to_f32() / S::MAX);
                for (value, pixel) in values.iter_mut().zip(row.chunks_exact(count)) {
                    *value = brightness(pixel, encoded);
                }
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 16 bits"
)]
#[inline(always)]
fn brightness<S>(pixel: &[S], encoded: impl Fn(&S) -> f32) -> u16 {
    let value = match pixel {
        [red, green, blue, ..] => luma([red, green, blue].map(encoded)),
        pixel => encoded(&pixel[0]),
    };
    (value.clamp(0.0, 1.0) * 65535.0 + 0.5) as u16
}

struct Values<'a, S> {
    row: &'a [S],
    out: &'a mut [u16],
    count: usize,
}

impl<S: Sample> Loop for Values<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.count {
            1 => self.of_channels::<1>(),
            2 => self.of_channels::<2>(),
            3 => self.of_channels::<3>(),
            _ => self.of_channels::<4>(),
        }
    }
}

impl<S: Sample> Values<'_, S> {
    #[inline(always)]
    fn of_channels<const N: usize>(self) {
        let (pixels, _) = self.row.as_chunks::<N>();
        for (out, pixel) in self.out.iter_mut().zip(pixels) {
            *out = brightness(pixel, |sample| sample.to_f32() / S::MAX);
        }
    }
}

/// The rows that windows cover, each at an index that goes up by one from row to row, and what is known of them.
trait Window<S> {
    /// Forgets all of them.
    fn clear(&mut self);

    fn win(&mut self, index: usize, row: &[S]);

    fn lose(&mut self, index: usize);

    /// Says of each pixel of a row whether it is white, with windows of so many rows around it.
    fn divide(&mut self, index: usize, rows: usize, row: &[S], white: &mut [bool]);
}

/// Of pixels that all count the same.
struct Counted<V, T, F> {
    division: Division,
    values: Sums<V, T>,
    /// What rows are made values by, and what a step of those is in 16 bits.
    load: F,
    step: f64,
    /// Columns of the window around each pixel.
    columns: Vec<f64>,
}

impl<V: Value<T>, T: Sum, F> Counted<V, T, F> {
    #[expect(clippy::cast_precision_loss, reason = "sizes of windows")]
    fn new(division: Division, step: f64, load: F) -> Self {
        let Division { width, radius, .. } = division;
        let columns = |at: usize| (width.min(at + radius + 1) - at.saturating_sub(radius)) as f64;
        Self {
            division,
            values: Sums::new(division),
            load,
            step,
            columns: (0..width).map(columns).collect(),
        }
    }
}

impl<S, V: Value<T>, T: Sum, F: Fn(&[S], &mut [V])> Window<S> for Counted<V, T, F> {
    fn clear(&mut self) {
        self.values.clear();
    }

    fn win(&mut self, index: usize, row: &[S]) {
        self.values.win(index, |values| (self.load)(row, values));
    }

    fn lose(&mut self, index: usize) {
        self.values.lose(index);
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes of windows")]
    fn divide(&mut self, index: usize, rows: usize, _: &[S], white: &mut [bool]) {
        let (values, sums) = self.values.slide(index);
        simd::run(Compare {
            values,
            weights: &self.columns,
            scale: rows as f64 * self.step,
            sums,
            step: self.step,
            part: self.division.part,
            white,
        });
    }
}

/// Of pixels that count as much as they can be seen.
struct Weighed {
    division: Division,
    weights: Sums<u16, i64>,
    /// Values times weights.
    products: Sums<u32, i64>,
    values: Vec<u16>,
}

impl Weighed {
    fn new(division: Division) -> Self {
        Self {
            division,
            weights: Sums::new(division),
            products: Sums::new(division),
            values: vec![0; division.width],
        }
    }
}

impl<S: Sample> Window<S> for Weighed {
    fn clear(&mut self) {
        self.weights.clear();
        self.products.clear();
    }

    fn win(&mut self, index: usize, row: &[S]) {
        self.division.values(row, &mut self.values);
        let count = self.division.channels.count();
        let pixels = row.chunks_exact(count);
        let weights =
            pixels.map(|pixel| u16::try_from(weight(pixel[count - 1])).unwrap_or(u16::MAX));
        let weights: Vec<u16> = weights.collect();
        self.weights.win(index, |row| row.copy_from_slice(&weights));
        self.products.win(index, |row| {
            let values = self.values.iter().zip(&weights);
            for (product, (value, weight)) in row.iter_mut().zip(values) {
                *product = u32::from(*value) * u32::from(*weight);
            }
        });
    }

    fn lose(&mut self, index: usize) {
        self.weights.lose(index);
        self.products.lose(index);
    }

    fn divide(&mut self, index: usize, _: usize, row: &[S], white: &mut [bool]) {
        self.division.values(row, &mut self.values);
        let (_, weights) = self.weights.slide(index);
        let (_, sums) = self.products.slide(index);
        simd::run(Compare {
            values: &self.values,
            weights,
            scale: 1.0,
            sums,
            step: 1.0,
            part: self.division.part,
            white,
        });
    }
}

/// What is added up, and what it is added up as.
trait Value<T>: Copy + Default + Into<T> + Into<f64> {}

impl<V: Copy + Default + Into<T> + Into<f64>, T> Value<T> for V {}

trait Sum: Copy + Default + AddAssign + SubAssign {
    fn to_f64(self) -> f64;
}

impl Sum for i32 {
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.into()
    }
}

impl Sum for i64 {
    #[inline(always)]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a comparison needs no more digits"
    )]
    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl Sum for f64 {
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
}

/// Rows of values, and the sums of their columns and windows.
struct Sums<V, T> {
    radius: usize,
    rows: Vec<Vec<V>>,
    /// With as much room as windows reach beyond the edges, where there is nothing.
    columns: Vec<T>,
    windows: Vec<T>,
}

impl<V: Value<T>, T: Sum> Sums<V, T> {
    fn new(division: Division) -> Self {
        let Division {
            width,
            height,
            radius,
            ..
        } = division;
        Self {
            radius,
            rows: vec![vec![V::default(); width]; height.min(2 * radius + 1)],
            columns: vec![T::default(); width + 2 * radius],
            windows: vec![T::default(); width],
        }
    }

    fn clear(&mut self) {
        self.columns.fill(T::default());
    }

    fn parts(&mut self, index: usize) -> (&mut [T], &mut [V]) {
        let (row, width) = (index % self.rows.len(), self.windows.len());
        (
            &mut self.columns[self.radius..][..width],
            &mut self.rows[row],
        )
    }

    fn win(&mut self, index: usize, load: impl FnOnce(&mut [V])) {
        let (columns, row) = self.parts(index);
        load(row);
        simd::run(Change {
            columns,
            row,
            by: T::add_assign,
        });
    }

    fn lose(&mut self, index: usize) {
        let (columns, row) = self.parts(index);
        simd::run(Change {
            columns,
            row,
            by: T::sub_assign,
        });
    }

    /// The values of a row, and what the windows around them hold.
    fn slide(&mut self, index: usize) -> (&[V], &[T]) {
        let mut sum = T::default();
        let (before, ahead) = self.columns.split_at(2 * self.radius);
        for column in before {
            sum += *column;
        }
        let edges = self.columns.iter().zip(ahead);
        for (window, (lost, won)) in self.windows.iter_mut().zip(edges) {
            sum += *won;
            *window = sum;
            sum -= *lost;
        }
        (&self.rows[index % self.rows.len()], &self.windows)
    }
}

/// Changes columns by a row.
struct Change<'a, V, T, F> {
    columns: &'a mut [T],
    row: &'a [V],
    by: F,
}

impl<V: Copy + Into<T>, T, F: Fn(&mut T, T)> Loop for Change<'_, V, T, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (column, value) in self.columns.iter_mut().zip(self.row) {
            (self.by)(column, (*value).into());
        }
    }
}

/// Compares values with means: both times the weight of the window.
struct Compare<'a, V, W, T> {
    values: &'a [V],
    weights: &'a [W],
    /// What weights are multiplied by.
    scale: f64,
    sums: &'a [T],
    /// What sums are multiplied by.
    step: f64,
    part: f64,
    white: &'a mut [bool],
}

impl<V: Copy + Into<f64>, W: Sum, T: Sum> Loop for Compare<'_, V, W, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let windows = self.weights.iter().zip(self.sums);
        let pixels = self.values.iter().zip(windows);
        for (is_white, (value, (weight, sum))) in self.white.iter_mut().zip(pixels) {
            let value: f64 = (*value).into();
            let sum = sum.to_f64() * self.step * self.part;
            *is_white = value * (weight.to_f64() * self.scale) >= sum;
        }
    }
}
