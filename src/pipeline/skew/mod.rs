//! How far a scanned page is turned.
//!
//! Lines of text make the sums of a page's rows go up and down, and most so when the rows lie along them: the angle is the one
//! at which neighbouring sums differ most (W. Postl, "Detection of linear oblique structures and skew scan in digitized
//! documents", 1986; D. Bloomberg, G. Kopec and L. Dasari, "Measuring document image skew and orientation", 1995). The page is
//! slanted, not turned, for that: each column is added a little lower than the one before it.

use rayon::prelude::*;

use crate::image::raster::with_samples;
use crate::image::{Raster, Sample};

/// The longer side of what is looked at first, and of what is looked at then, in pixels.
const COARSE: usize = 400;
const FINE: usize = 1600;

/// How many times more neighbouring sums must differ at the angle that is found than at most others, for there to be lines at
/// all. Scanned pages have 30 to 80; photos at the most 10, where they show horizons and walls.
const CONFIDENT: f64 = 12.0;

/// As far as others are looked at, in degrees.
const OTHERS: f64 = 10.0;

/// Rows that must be left to be compared.
const ROWS: usize = 16;

/// The angle, in degrees clockwise, by which the lines of a page go down, `most` at the most; `None` where there are no lines to
/// be seen.
pub(super) fn angle(raster: &Raster, most: f64) -> Option<f64> {
    let fine = Page::of(raster, FINE);
    let coarse = fine.reduced(fine.side().div_ceil(COARSE).max(1));
    let scores = coarse.scores(0.0, most.max(OTHERS), coarse.step());
    let usual = median(scores.iter().map(|(_, score)| *score).collect());
    let allowed = scores.into_iter().filter(|(at, _)| at.abs() <= most);
    let (mut at, score) = best(allowed)?;
    if score <= usual * CONFIDENT {
        return None;
    }
    // The answer lies within a step of that.
    let mut reach = coarse.step() * 1.5;
    let mut step = fine.step().min(coarse.step());
    for _ in 0..3 {
        at = best(fine.scores(at, reach, step))?.0;
        reach = step;
        step /= 4.0;
    }
    Some(at.clamp(-most, most))
}

/// The angle with the highest score; of equals the one that turns least.
fn best(scores: impl IntoIterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    scores.into_iter().reduce(|best, next| {
        let better = next.1 > best.1 || (next.1 >= best.1 && next.0.abs() < best.0.abs());
        if better { next } else { best }
    })
}

fn median(mut scores: Vec<f64>) -> f64 {
    scores.sort_unstable_by(f64::total_cmp);
    scores.get(scores.len() / 2).copied().unwrap_or(0.0)
}

/// A page in few pixels, column by column: dark is much.
struct Page {
    columns: Vec<f32>,
    width: usize,
    height: usize,
}

impl Page {
    /// The page with sides of `most` pixels at the most.
    #[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
    fn of(raster: &Raster, most: usize) -> Self {
        let factor = raster.width().max(raster.height()).div_ceil(most).max(1);
        let (width, height) = (
            raster.width().div_ceil(factor),
            raster.height().div_ceil(factor),
        );
        let mut rows = vec![0.0_f32; width * height];
        with_samples!(raster.samples(), |samples| {
            rows.par_chunks_mut(width)
                .zip(samples.par_chunks(raster.row_len() * factor))
                .for_each(|(out, lines)| {
                    for line in lines.chunks_exact(raster.row_len()) {
                        add_line(line, raster.channels().count(), factor, out);
                    }
                    let lines = lines.len() / raster.row_len();
                    for (x, sum) in out.iter_mut().enumerate() {
                        let across = factor.min(raster.width() - x * factor);
                        *sum /= (lines * across) as f32;
                    }
                });
        });
        let mut columns = vec![0.0; width * height];
        for (x, column) in columns.chunks_exact_mut(height).enumerate() {
            for (y, value) in column.iter_mut().enumerate() {
                *value = rows[y * width + x];
            }
        }
        Self {
            columns,
            width,
            height,
        }
    }

    fn side(&self) -> usize {
        self.width.max(self.height)
    }

    /// The page with one pixel for so many across and down.
    #[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
    fn reduced(&self, factor: usize) -> Self {
        let (width, height) = ((self.width / factor).max(1), (self.height / factor).max(1));
        let mut columns = vec![0.0; width * height];
        let groups = self.columns.chunks(self.height * factor);
        for (out, group) in columns.chunks_exact_mut(height).zip(groups) {
            for column in group.chunks_exact(self.height) {
                for (out, values) in out.iter_mut().zip(column.chunks(factor)) {
                    *out += values.iter().sum::<f32>() / (factor * factor) as f32;
                }
            }
        }
        Self {
            columns,
            width,
            height,
        }
    }

    /// The angle that moves the last column by a pixel, in degrees.
    #[expect(clippy::cast_precision_loss, reason = "a length in pixels")]
    fn step(&self) -> f64 {
        (1.0 / self.width.max(2) as f64).atan().to_degrees()
    }

    /// Angles within `reach` of `middle`, and how much sums differ there.
    #[expect(clippy::cast_possible_truncation, reason = "a number of steps")]
    fn scores(&self, middle: f64, reach: f64, step: f64) -> Vec<(f64, f64)> {
        let steps = ((reach / step).ceil() as i32).clamp(1, 4000);
        (-steps..=steps)
            .into_par_iter()
            .map(|at| {
                let angle = middle + f64::from(at) * step;
                (angle, self.score(angle))
            })
            .collect()
    }

    /// How much the sums of neighbouring rows differ in the mean, along lines that go down by so many degrees. Only rows count to
    /// which all columns add: the edges of the page would be the strongest lines of all.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "places on the page"
    )]
    fn score(&self, degrees: f64) -> f64 {
        let slope = degrees.to_radians().tan();
        let reach = (slope.abs() * self.width as f64).ceil() as usize + 1;
        let mut sums = vec![0.0_f32; self.height + reach];
        // A line that goes down to the right is moved up to the right, from as far below as it will go.
        let from = if slope > 0.0 {
            slope * (self.width - 1) as f64
        } else {
            0.0
        };
        for (x, column) in self.columns.chunks_exact(self.height).enumerate() {
            let place = from - slope * x as f64;
            let whole = place.floor().max(0.0) as usize;
            let part = (place - place.floor()) as f32;
            let sums = &mut sums[whole..];
            // Between two rows it counts for both, by how near they are.
            for (sum, value) in sums.iter_mut().zip(column) {
                *sum += value * (1.0 - part);
            }
            for (sum, value) in sums[1..].iter_mut().zip(column) {
                *sum += value * part;
            }
        }
        let whole = sums.get(reach..self.height).unwrap_or_default();
        if whole.len() < ROWS {
            return 0.0;
        }
        let pairs = whole.windows(2);
        let squares = pairs.map(|pair| f64::from(pair[1] - pair[0]).powi(2));
        squares.sum::<f64>() / whole.len() as f64
    }
}

/// Adds a line, `factor` pixels to each sum: how dark they are, as far as they can be seen.
fn add_line<S: Sample>(line: &[S], channels: usize, factor: usize, sums: &mut [f32]) {
    let colors = if channels < 3 { 1 } else { 3 };
    for (pixels, sum) in line.chunks(channels * factor).zip(sums) {
        for pixel in pixels.chunks_exact(channels) {
            // Green is most of what is seen, and enough to find lines by.
            let light = pixel[colors / 2].to_f32() / S::MAX;
            let alpha = pixel
                .get(colors)
                .map_or(1.0, |alpha| alpha.to_f32() / S::MAX);
            *sum += (1.0 - light) * alpha;
        }
    }
}
