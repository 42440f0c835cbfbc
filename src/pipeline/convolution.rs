//! Weighed sums of neighbours, with any weights. Beyond its edges a picture goes on as it is at the edge.
//!
//! Each row is converted once to floats with its edges repeated; a row of the result is the sum of such rows, each shifted
//! and times its weight. Weights of zero cost nothing.

use rayon::prelude::*;

use super::alpha::{Premultiply, is_opaque, straighten};
use super::canvas;
use super::gaussian::{Finish, weigh};
use crate::image::raster::with_samples;
use crate::image::{Channels, Raster, Sample, Samples};

/// Rows that one task makes: each converts a kernel's height of rows beside its own.
const BAND: usize = 32;

/// Weights of a rectangle of pixels around each, row by row. Both sides are odd.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

impl Weights {
    /// Those that are not zero, and where they are.
    fn taps(&self) -> Vec<(usize, usize, f32)> {
        let places = self.values.iter().enumerate();
        let taps = places.map(|(at, weight)| (at / self.width, at % self.width, *weight));
        taps.filter(|(.., weight)| weight.abs() > 0.0).collect()
    }

    /// Whether they take a mean: then alpha is mixed like colours, and weighs them. Otherwise alpha stays, and colours count as much as
    /// they can be seen.
    fn is_mean(&self) -> bool {
        (self.values.iter().sum::<f32>() - 1.0).abs() < 1e-4
    }
}

/// Weighs the neighbours of each pixel, and makes of each row what `finish` says.
pub(super) fn filter(raster: &Raster, weights: &Weights, finish: &impl Finish) -> Raster {
    let samples = with_samples!(raster.samples(), |samples| Samples::from(filter_samples(
        raster, samples, weights, finish
    )));
    canvas::rebuilt(raster.size(), raster.channels(), samples)
}

fn filter_samples<S: Premultiply>(
    raster: &Raster,
    samples: &[S],
    weights: &Weights,
    finish: &impl Finish,
) -> Vec<S> {
    let pass = Pass {
        weights,
        taps: weights.taps(),
        channels: raster.channels(),
        row_len: raster.row_len(),
        height: raster.height(),
    };
    if is_opaque(samples, raster.channels()) {
        return pass.run(samples, samples, finish, |_, _| {});
    }
    let count = raster.channels().count();
    let weighed = S::premultiply(samples, count, |product| product);
    if weights.is_mean() {
        return pass.run(samples, &weighed, finish, |_, row| {
            straighten::<S>(row, count);
        });
    }
    pass.run(samples, &weighed, finish, |before, row| {
        on_black(before, row, count);
    })
}

/// Colours as they are seen on black, and the alpha that there was.
fn on_black<S: Sample>(before: &[S], row: &mut [f32], channels: usize) {
    let pixels = row.chunks_exact_mut(channels);
    for (pixel, before) in pixels.zip(before.chunks_exact(channels)) {
        for color in &mut pixel[..channels - 1] {
            *color /= S::MAX;
        }
        pixel[channels - 1] = before[channels - 1].to_f32();
    }
}

struct Pass<'a> {
    weights: &'a Weights,
    taps: Vec<(usize, usize, f32)>,
    channels: Channels,
    row_len: usize,
    height: usize,
}

impl Pass<'_> {
    fn run<S: Premultiply, T: Sample>(
        &self,
        before: &[S],
        weighed: &[T],
        finish: &impl Finish,
        restore: impl Fn(&[S], &mut [f32]) + Sync,
    ) -> Vec<S> {
        let mut out = vec![S::default(); before.len()];
        let bands = out.par_chunks_mut(BAND * self.row_len).enumerate();
        bands.for_each(|(band, out)| {
            let first = band * BAND;
            let rows = out.len() / self.row_len;
            let padded = self.padded(weighed, first, rows);
            let mut sum = vec![0.0; self.row_len];
            for (row, out) in out.chunks_exact_mut(self.row_len).enumerate() {
                self.weigh(&padded, row, &mut sum);
                let start = (first + row) * self.row_len;
                let before = &before[start..start + self.row_len];
                restore(before, &mut sum);
                finish.finish(before, &sum, out);
            }
        });
        out
    }

    /// The rows that `rows` rows from `first` on are made of, as floats with their edges repeated.
    fn padded<T: Sample>(&self, samples: &[T], first: usize, rows: usize) -> Vec<Vec<f32>> {
        let (above, beside) = (self.weights.height / 2, self.weights.width / 2);
        let count = self.channels.count();
        let row = |at: usize| {
            let y = (first + at).saturating_sub(above).min(self.height - 1);
            let row = &samples[y * self.row_len..][..self.row_len];
            let mut padded = Vec::with_capacity(self.row_len + 2 * beside * count);
            for _ in 0..beside {
                padded.extend(row[..count].iter().map(|sample| sample.to_f32()));
            }
            padded.extend(row.iter().map(|sample| sample.to_f32()));
            for _ in 0..beside {
                let last = &row[row.len() - count..];
                padded.extend(last.iter().map(|sample| sample.to_f32()));
            }
            padded
        };
        (0..rows + 2 * above).map(row).collect()
    }

    fn weigh(&self, padded: &[Vec<f32>], row: usize, sum: &mut [f32]) {
        let count = self.channels.count();
        let weights: Vec<f32> = self.taps.iter().map(|(.., weight)| *weight).collect();
        let rows = self
            .taps
            .iter()
            .map(|(y, x, _)| &padded[row + y][x * count..]);
        weigh(rows, &weights, sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Depth, Size};
    use crate::pipeline::gaussian::Round;

    fn picture(size: Size, channels: Channels) -> Raster {
        let count = usize::try_from(size.pixels()).unwrap() * channels.count();
        let samples: Vec<u8> = (0..count)
            .map(|at| u8::try_from(at * at * 31 % 251).unwrap())
            .collect();
        Raster::new(size, channels, samples).unwrap()
    }

    #[test]
    fn sums_are_those_of_the_definition() {
        for (width, height) in [(1, 1), (3, 1), (1, 5), (5, 3), (7, 7)] {
            let count = width * height;
            let weights: Vec<f32> = (0..count)
                .map(|at| f32::from(u8::try_from(at * 7 % 5).unwrap()) - 1.9)
                .collect();
            let weights = Weights {
                width,
                height,
                values: weights,
            };
            for size in [Size::new(1, 1), Size::new(2, 70), Size::new(37, 33)] {
                let raster = picture(size, Channels::Rgb).to_depth(Depth::F32);
                let Samples::F32(before) = raster.samples() else {
                    panic!("it was made of floats");
                };
                let made = filter(&raster, &weights, &Round);
                let Samples::F32(made) = made.samples() else {
                    panic!("the depth has changed");
                };
                let (across, down) = (size.width as usize, size.height as usize);
                // Places count from as far outside as the kernel reaches.
                let at = |x: usize, y: usize, channel: usize| {
                    let x = x.saturating_sub(width / 2).min(across - 1);
                    let y = y.saturating_sub(height / 2).min(down - 1);
                    before[(y * across + x) * 3 + channel]
                };
                for (place, made) in made.iter().enumerate() {
                    let (pixel, channel) = (place / 3, place % 3);
                    let (x, y) = (pixel % across, pixel / across);
                    let wanted: f32 = (0..count)
                        .map(|tap| {
                            let sample = at(x + tap % width, y + tap / width, channel);
                            weights.values[tap] * sample
                        })
                        .sum();
                    assert!((made - wanted).abs() < 1e-4, "{made} for {wanted}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_seen_has_no_say() {
        let raster = Raster::new(
            Size::new(3, 1),
            Channels::GrayAlpha,
            vec![100_u8, 255, 255, 0, 50, 255],
        );
        let weights = Weights {
            width: 3,
            height: 1,
            values: vec![1.0 / 3.0; 3],
        };
        let made = filter(&raster.unwrap(), &weights, &Round);
        let wanted = vec![100_u8, 170, 75, 170, 50, 170];
        assert_eq!(made.samples(), &Samples::U8(wanted));
    }
}
