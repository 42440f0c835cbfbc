//! Black and white by the mean around each pixel (D. Bradley and G. Roth, "Adaptive thresholding using the integral image", Journal
//! of Graphics Tools 12, 2007), at a cost that does not grow with the window.
//!
//! Sums over the columns of the window go along from row to row, and a sum of those from pixel to pixel: whole numbers, so that
//! nothing is lost on the way. Where the window reaches over an edge it is cut off. Pixels count as much as they can be seen.

use rayon::prelude::*;

use crate::image::raster::with_samples;
use crate::image::{Image, Sample, Transfer, linear_to_srgb};
use crate::pipeline::histogram::weight;
use crate::pipeline::luma::luma;

/// Rows that are worth handing over.
const LEAST_ROWS: usize = 64;

/// Brightness in 16 bits for each pixel, and how much it counts: one each where there is no alpha.
struct Plane {
    width: usize,
    height: usize,
    values: Vec<u16>,
    weights: Option<Vec<u16>>,
}

/// What a window holds: so much weight, and values times that.
#[derive(Clone, Copy, Default)]
struct Sum {
    weight: u64,
    value: u64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.weight += other.weight;
        self.value += other.value;
    }

    fn take(&mut self, other: Self) {
        self.weight -= other.weight;
        self.value -= other.value;
    }
}

/// Bytes of memory for each pixel.
pub(super) const fn bytes(has_alpha: bool) -> u64 {
    if has_alpha { 4 } else { 2 }
}

/// Makes white what is brighter than the mean of the pixels up to `radius` away, less a part of it, and black what is not.
pub(super) fn divide(mut image: Image, radius: usize, sensitivity: f64) -> Image {
    let transfer = image.metadata.transfer;
    let channels = image.raster.channels();
    let (width, height) = (image.raster.width(), image.raster.height());
    let plane = with_samples!(image.raster.samples(), |samples| Plane {
        width,
        height,
        values: values(samples, channels.count(), transfer),
        weights: channels
            .has_alpha()
            .then(|| weights(samples, channels.count())),
    });
    let band = (2 * radius + 1).clamp(LEAST_ROWS, height.max(LEAST_ROWS));
    let row_len = image.raster.row_len();
    with_samples!(image.raster.samples_mut(), |samples| {
        let bands = samples.par_chunks_mut(band * row_len).enumerate();
        bands.for_each(|(number, rows)| {
            let mut window = Window::new(&plane, radius, number * band);
            for row in rows.chunks_mut(row_len) {
                let pixels = row.chunks_exact_mut(channels.count());
                window.next_row(sensitivity, pixels, |pixel, is_white| {
                    paint(&mut pixel[..channels.colors()], is_white);
                });
            }
        });
    });
    image
}

fn paint<S: Sample>(colors: &mut [S], is_white: bool) {
    colors.fill(if is_white { S::FULL } else { S::default() });
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 16 bits"
)]
fn values<S: Sample>(samples: &[S], count: usize, transfer: Transfer) -> Vec<u16> {
    let encoded = |sample: S| {
        let value = sample.to_f32() / S::MAX;
        match transfer {
            Transfer::Srgb => value,
            Transfer::Linear => linear_to_srgb(value),
        }
    };
    let value = |pixel: &[S]| {
        let value = if count < 3 {
            encoded(pixel[0])
        } else {
            luma([0, 1, 2].map(|at| encoded(pixel[at])))
        };
        (value.clamp(0.0, 1.0) * 65535.0 + 0.5) as u16
    };
    samples
        .par_chunks_exact(count)
        .with_min_len(1 << 14)
        .map(value)
        .collect()
}

fn weights<S: Sample>(samples: &[S], count: usize) -> Vec<u16> {
    let weight = |pixel: &[S]| u16::try_from(weight(pixel[count - 1])).unwrap_or(u16::MAX);
    samples
        .par_chunks_exact(count)
        .with_min_len(1 << 14)
        .map(weight)
        .collect()
}

/// The sums of columns around a row.
struct Window<'a> {
    plane: &'a Plane,
    radius: usize,
    row: usize,
    columns: Vec<Sum>,
}

impl<'a> Window<'a> {
    /// Before this row.
    fn new(plane: &'a Plane, radius: usize, row: usize) -> Self {
        let mut window = Self {
            plane,
            radius,
            row,
            columns: vec![Sum::default(); plane.width],
        };
        // The row that leaves the window when it moves on is in it.
        for other in row.saturating_sub(radius + 1)..(row + radius).min(plane.height) {
            window.change(other, Sum::add);
        }
        window
    }

    fn pixel(&self, at: usize) -> Sum {
        let weight = self
            .plane
            .weights
            .as_ref()
            .map_or(1, |weights| weights[at].into());
        Sum {
            weight,
            value: weight * u64::from(self.plane.values[at]),
        }
    }

    fn change(&mut self, row: usize, change: impl Fn(&mut Sum, Sum)) {
        for column in 0..self.plane.width {
            let pixel = self.pixel(row * self.plane.width + column);
            change(&mut self.columns[column], pixel);
        }
    }

    /// Says of each pixel of the next row whether it is white.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a comparison needs no more digits"
    )]
    fn next_row<P>(
        &mut self,
        sensitivity: f64,
        pixels: impl Iterator<Item = P>,
        paint: impl Fn(P, bool),
    ) {
        let (row, radius, width) = (self.row, self.radius, self.plane.width);
        if row + radius < self.plane.height {
            self.change(row + radius, Sum::add);
        }
        if row > radius {
            self.change(row - radius - 1, Sum::take);
        }
        let mut sum = Sum::default();
        for column in &self.columns[..radius.min(width)] {
            sum.add(*column);
        }
        for (column, pixel) in pixels.enumerate() {
            if column + radius < width {
                sum.add(self.columns[column + radius]);
            }
            if column > radius {
                sum.take(self.columns[column - radius - 1]);
            }
            let value = u64::from(self.plane.values[row * width + column]);
            let is_white = (value * sum.weight) as f64 >= sum.value as f64 * (1.0 - sensitivity);
            paint(pixel, is_white);
        }
        self.row += 1;
    }
}
