//! Weighed sums of neighbours, with any weights. Beyond its edges a picture goes on as it is at the edge.
//!
//! Each row is converted once to floats with its edges repeated; a row of the result is the sum of such rows, each shifted
//! and times its weight. Weights of zero cost nothing.

use rayon::prelude::*;

use super::alpha::{Premultiply, is_opaque, straighten};
use super::canvas;
use super::finish::{Alpha, Finish, finish_opaque, finish_row};
use super::weigh::{Number, Signed, SignedWeights, Term, weigh};
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

/// Weighs the neighbours of each pixel, and adds `offset` to its colours, full intensity being 1.
pub(super) fn filter(raster: &Raster, weights: &Weights, offset: f32) -> Raster {
    let signed = match raster.samples() {
        Samples::U8(samples) => filter_signed(raster, samples, weights, offset),
        Samples::U16(_) | Samples::F32(_) => None,
    };
    let samples = signed.map_or_else(
        || {
            with_samples!(raster.samples(), |samples| Samples::from(filter_samples(
                raster, samples, weights, offset
            )))
        },
        Samples::U8,
    );
    canvas::rebuilt(raster.size(), raster.channels(), samples)
}

fn filter_samples<S: Premultiply>(
    raster: &Raster,
    samples: &[S],
    weights: &Weights,
    offset: f32,
) -> Vec<S> {
    let pass = Pass::new(raster, weights);
    let channels = raster.channels();
    if is_opaque(samples, channels) {
        let alpha = Alpha::Kept;
        return pass.run_floats(samples, |y, sum, out| {
            finish_row(
                &Shift { offset, alpha },
                channels,
                pass.row(samples, y),
                sum,
                out,
            );
        });
    }
    let count = channels.count();
    let weighed = S::premultiply(samples, count, |product| product);
    let (is_mean, alpha) = (weights.is_mean(), Alpha::Filtered);
    pass.run_floats(&weighed, |y, sum, out| {
        let before = pass.row(samples, y);
        if is_mean {
            straighten::<S>(sum, count);
        } else {
            on_black(before, sum, count);
        }
        finish_row(&Shift { offset, alpha }, channels, before, sum, out);
    })
}

/// Adds to colours. What is opaque is so whatever the weights.
struct Shift {
    offset: f32,
    alpha: Alpha,
}

impl Finish for Shift {
    fn alpha(&self) -> Alpha {
        self.alpha
    }

    #[expect(
        clippy::inline_always,
        reason = "it is compiled with the loop it belongs to: see `simd`"
    )]
    #[inline(always)]
    fn color(&self, _: f32, filtered: f32, full: f32) -> f32 {
        filtered + self.offset * full
    }
}

/// Samples of 8 bits that are all seen, in fixed point, if the weights allow it.
fn filter_signed(
    raster: &Raster,
    samples: &[u8],
    weights: &Weights,
    offset: f32,
) -> Option<Vec<u8>> {
    let channels = raster.channels();
    let pass = Pass::new(raster, weights);
    let weights = SignedWeights::new(&pass.values())?;
    let offset = weights.offset(offset * <u8 as Sample>::MAX);
    let color = |_: &u8, sum: &Signed| weights.nearest(*sum, offset);
    is_opaque(samples, channels).then(|| {
        pass.run(
            samples,
            |sample| sample,
            &weights.weights,
            |y, sum: &mut [Signed], out| {
                finish_opaque(channels, pass.row(samples, y), sum, out, color);
            },
        )
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

/// Weights up to which it is faster to convert samples each time than to read floats, which are four times as large.
const FEW: usize = 12;

impl<'a> Pass<'a> {
    fn new(raster: &Raster, weights: &'a Weights) -> Self {
        Self {
            weights,
            taps: weights.taps(),
            channels: raster.channels(),
            row_len: raster.row_len(),
            height: raster.height(),
        }
    }

    /// The weights that are not zero.
    fn values(&self) -> Vec<f32> {
        self.taps.iter().map(|(.., weight)| *weight).collect()
    }

    fn row<'s, S>(&self, samples: &'s [S], y: usize) -> &'s [S] {
        &samples[y * self.row_len..][..self.row_len]
    }

    fn run_floats<T: Sample, S: Clone + Default + Send>(
        &self,
        samples: &[T],
        finish: impl Fn(usize, &mut [f32], &mut [S]) + Sync,
    ) -> Vec<S> {
        let weights = self.values();
        if weights.len() <= FEW {
            self.run(samples, |sample| sample, &weights, finish)
        } else {
            self.run(samples, T::to_f32, &weights, finish)
        }
    }

    /// Weighs the neighbours of each sample, once converted, and makes of each row what `finish` says.
    fn run<T: Sample, U: Term<N>, N: Number, S: Clone + Default + Send>(
        &self,
        samples: &[T],
        convert: impl Fn(T) -> U + Sync,
        weights: &[N::Weight],
        finish: impl Fn(usize, &mut [N], &mut [S]) + Sync,
    ) -> Vec<S> {
        let mut out = vec![S::default(); samples.len()];
        let bands = out.par_chunks_mut(BAND * self.row_len).enumerate();
        bands.for_each(|(band, out)| {
            let first = band * BAND;
            let rows = out.len() / self.row_len;
            let padded = self.padded(samples, &convert, first, rows);
            let mut sum = vec![N::default(); self.row_len];
            for (row, out) in out.chunks_exact_mut(self.row_len).enumerate() {
                let shifted = self.shifted(&padded, row);
                weigh(shifted, weights, &mut sum);
                finish(first + row, &mut sum, out);
            }
        });
        out
    }

    /// The rows that `rows` rows from `first` on are made of, converted, with their edges repeated.
    fn padded<T: Sample, U>(
        &self,
        samples: &[T],
        convert: &impl Fn(T) -> U,
        first: usize,
        rows: usize,
    ) -> Vec<Vec<U>> {
        let (above, beside) = (self.weights.height / 2, self.weights.width / 2);
        let count = self.channels.count();
        let row = |at: usize| {
            let y = (first + at).saturating_sub(above).min(self.height - 1);
            let row = self.row(samples, y);
            let mut padded = Vec::with_capacity(self.row_len + 2 * beside * count);
            for _ in 0..beside {
                padded.extend(row[..count].iter().copied().map(convert));
            }
            padded.extend(row.iter().copied().map(convert));
            for _ in 0..beside {
                padded.extend(row[row.len() - count..].iter().copied().map(convert));
            }
            padded
        };
        (0..rows + 2 * above).map(row).collect()
    }

    /// For each weight the row that it is for, from where it begins.
    fn shifted<'r, U>(&self, padded: &'r [Vec<U>], row: usize) -> impl Iterator<Item = &'r [U]> {
        let count = self.channels.count();
        let taps = self.taps.iter();
        taps.map(move |(y, x, _)| &padded[row + y][x * count..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Depth, Size};

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
                let made = filter(&raster, &weights, 0.0);
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
        let made = filter(&raster.unwrap(), &weights, 0.0);
        let wanted = vec![100_u8, 170, 75, 170, 50, 170];
        assert_eq!(made.samples(), &Samples::U8(wanted));
    }

    #[test]
    fn what_is_opaque_stays_so() {
        let edges = Weights {
            width: 3,
            height: 1,
            values: vec![-1.0, 0.0, 1.0],
        };
        let opaque = picture(Size::new(9, 7), Channels::Rgb).to_channels(Channels::Rgba);
        for depth in Depth::ALL {
            let raster = opaque.clone().to_depth(depth);
            let made = filter(&raster, &edges, 0.5);
            with_samples!(made.samples(), |samples| {
                assert!(is_opaque(samples, Channels::Rgba), "{depth:?}");
            });
        }
    }

    #[test]
    fn bytes_are_rounded_once() {
        let kernels: [(usize, &[f32]); 5] = [
            (3, &[0.0, -1.0, 0.0, -1.0, 5.0, -1.0, 0.0, -1.0, 0.0]),
            (3, &[-0.3, 0.1, 0.2, 0.7, 0.0, -0.05, 1.1, -0.9, 0.4]),
            (5, &[0.2; 5]),
            (1, &[1.0 / 3.0; 3]),
            (3, &[-9.5, 9.0, 9.25]),
        ];
        for (width, values) in kernels {
            let weights = Weights {
                width,
                height: values.len() / width,
                values: values.to_vec(),
            };
            let is_whole = values.iter().all(|value| value.fract().abs() <= 0.0);
            let most = if is_whole { 0.0 } else { 0.75 };
            for channels in [Channels::Gray, Channels::Rgb] {
                let raster = picture(Size::new(57, 40), channels);
                // On the scale of bytes.
                let Samples::U8(made) = filter(&raster, &weights, 0.0).into_samples() else {
                    panic!("the depth has changed");
                };
                let deep = filter(&raster.to_depth(Depth::F32), &weights, 0.0);
                let Samples::F32(wanted) = deep.samples() else {
                    panic!("it was made of floats");
                };
                for (made, wanted) in made.iter().zip(wanted) {
                    let wanted = (wanted * 255.0).clamp(0.0, 255.0);
                    let off = (f32::from(*made) - wanted).abs();
                    assert!(off <= most + 1e-3, "{values:?}: {made} for {wanted}");
                }
            }
        }
    }
}
