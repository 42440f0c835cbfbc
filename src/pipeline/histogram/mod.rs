//! How often each value occurs in a picture: what operations look at that spread, balance or divide values.
//!
//! Values are sRGB-encoded ones, whatever the picture holds. A pixel counts as much as it can be seen. Counts are whole numbers, so
//! that it does not matter in which order threads add them up.

mod bytes;

use rayon::prelude::*;

use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Samples, Transfer, linear_to_srgb};

/// Places of values that are not 8 bits.
const FINE: usize = 1 << 16;

/// Bytes that counting takes at the most.
pub(super) const SCRATCH: u64 = (PIECES * 3 * FINE * 8) as u64;

/// Parts of the picture that are counted by themselves: memory for each is what threads cost.
const PIECES: usize = 8;

/// Counts of values, evenly from the lowest to the highest.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    low: f32,
    high: f32,
}

/// Of each colour: of gray there is one.
pub(super) fn of_colors(image: &Image) -> Vec<Histogram> {
    let colors = image.raster.channels().colors();
    if let (Samples::U8(samples), Transfer::Srgb) =
        (image.raster.samples(), image.metadata.transfer)
    {
        let counts = match image.raster.channels() {
            Channels::Gray => bytes::count::<1>(samples),
            Channels::Rgb => bytes::count::<3>(samples),
            Channels::GrayAlpha | Channels::Rgba => {
                count(samples, image, colors, 256, |pixel: &[u8], at| {
                    usize::from(pixel[at])
                })
            }
        };
        return with_range(counts, (0.0, 1.0));
    }
    with_samples!(image.raster.samples(), |samples| {
        let scale = Scale::of(samples, image);
        let counts = count(samples, image, colors, FINE, |pixel, at| {
            scale.place(scale.value(pixel[at]))
        });
        with_range(counts, (scale.low, scale.high))
    })
}

/// Of luma, by `luma` of red, green and blue; gray is its own.
pub(super) fn of_luma(image: &Image, luma: impl Fn([f32; 3]) -> f32 + Sync) -> Histogram {
    let channels = image.raster.channels();
    let mut histograms = if channels.is_gray() {
        of_colors(image)
    } else {
        with_samples!(image.raster.samples(), |samples| {
            let scale = Scale::of(samples, image);
            let counts = count(samples, image, 1, FINE, |pixel, _| {
                scale.place(luma([0, 1, 2].map(|at| scale.value(pixel[at]))))
            });
            with_range(counts, (scale.low, scale.high))
        })
    };
    histograms.swap_remove(0)
}

fn with_range(counts: Vec<Vec<u64>>, (low, high): (f32, f32)) -> Vec<Histogram> {
    let counts = counts.into_iter();
    let histograms = counts.map(|counts| Histogram { counts, low, high });
    histograms.collect()
}

/// From samples to values, and to their places.
struct Scale {
    is_linear: bool,
    low: f32,
    high: f32,
}

impl Scale {
    /// Integers are from 0 to 1; floats have the range that they have.
    fn of<S: Sample>(samples: &[S], image: &Image) -> Self {
        let is_linear = image.metadata.transfer == Transfer::Linear;
        let mut scale = Self {
            is_linear,
            low: 0.0,
            high: 1.0,
        };
        if matches!(image.raster.samples(), Samples::F32(_)) {
            (scale.low, scale.high) = scale.range(samples, image);
        }
        scale
    }

    /// The least value and the greatest, of those that are numbers.
    fn range<S: Sample>(&self, samples: &[S], image: &Image) -> (f32, f32) {
        let channels = image.raster.channels();
        let (count, colors) = (channels.count(), channels.colors());
        let of_row = |row: &[S]| {
            let pixels = row.chunks_exact(count);
            let values = pixels.flat_map(|pixel| pixel[..colors].iter());
            let values = values.map(|sample| self.value(*sample));
            let finite = values.filter(|value| value.is_finite());
            finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            })
        };
        let rows = samples.par_chunks(image.raster.row_len()).map(of_row);
        let (low, high) = rows.reduce(
            || (f32::INFINITY, f32::NEG_INFINITY),
            |one, other| (one.0.min(other.0), one.1.max(other.1)),
        );
        if low < high { (low, high) } else { (0.0, 1.0) }
    }

    fn value<S: Sample>(&self, sample: S) -> f32 {
        let value = sample.to_f32() * S::MAX.recip();
        if self.is_linear {
            linear_to_srgb(value)
        } else {
            value
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the places there are; what is no number is at the first"
    )]
    fn place(&self, value: f32) -> usize {
        let part = (value - self.low) * (self.high - self.low).recip();
        (part.clamp(0.0, 1.0) * (FINE - 1) as f32 + 0.5) as usize
    }
}

/// How many pixels have each place, for so many things that are looked at in each of them.
fn count<S: Sample>(
    samples: &[S],
    image: &Image,
    things: usize,
    places: usize,
    place: impl Fn(&[S], usize) -> usize + Sync,
) -> Vec<Vec<u64>> {
    let channels = image.raster.channels();
    let pixels = samples.len() / channels.count();
    let piece = piece(pixels) * channels.count();
    let counted = samples.par_chunks(piece).map(|piece| {
        let mut counts = vec![vec![0; places]; things];
        for pixel in piece.chunks_exact(channels.count()) {
            let weight = if channels.has_alpha() {
                weight(pixel[channels.colors()])
            } else {
                1
            };
            for (thing, counts) in counts.iter_mut().enumerate() {
                counts[place(pixel, thing)] += weight;
            }
        }
        counts
    });
    counted
        .reduce_with(sum)
        .unwrap_or_else(|| vec![vec![0; places]; things])
}

/// Pixels of a part that is counted by itself.
fn piece(pixels: usize) -> usize {
    pixels
        .div_ceil(PIECES.min(rayon::current_num_threads()))
        .max(1)
}

fn sum(mut one: Vec<Vec<u64>>, other: Vec<Vec<u64>>) -> Vec<Vec<u64>> {
    for (one, other) in one.iter_mut().flatten().zip(other.iter().flatten()) {
        *one += other;
    }
    one
}

/// How much a pixel of this alpha counts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 16 bits"
)]
pub(super) fn weight<S: Sample>(alpha: S) -> u64 {
    (alpha.to_f32() / S::MAX * 65535.0)
        .round()
        .clamp(0.0, 65535.0) as u64
}

impl Histogram {
    /// How many there are of each value, in the order of values.
    pub(super) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// All of them together.
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The lowest value and the highest that have a place.
    pub(super) fn range(&self) -> (f32, f32) {
        (self.low, self.high)
    }

    /// The value at a place.
    #[expect(clippy::cast_precision_loss, reason = "16 bits at the most")]
    pub(super) fn value(&self, place: usize) -> f32 {
        self.low + (self.high - self.low) * (place as f32 / (self.counts.len() - 1) as f32)
    }

    /// Counts what several have counted.
    pub(super) fn merged(histograms: &[Self]) -> Option<Self> {
        let (first, others) = histograms.split_first()?;
        let mut merged = first.clone();
        for other in others {
            for (count, more) in merged.counts.iter_mut().zip(&other.counts) {
                *count += more;
            }
        }
        Some(merged)
    }

    /// The least value up to which there is this part of all: of 0 the darkest there is, of 1 the brightest. `None` where
    /// nothing is seen.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a part of the count, which is far from 2^53"
    )]
    pub(super) fn quantile(&self, part: f64) -> Option<f32> {
        let wanted = (part * self.total() as f64).ceil() as u64;
        let mut below = 0;
        let place = self.counts.iter().position(|count| {
            below += count;
            below >= wanted.max(1)
        });
        place.map(|place| self.value(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Depth, Raster, Size};

    fn image(channels: Channels, samples: Vec<u8>) -> Image {
        let width = u32::try_from(samples.len() / channels.count()).unwrap();
        Image::new(Raster::new(Size::new(width, 1), channels, samples).unwrap())
    }

    #[test]
    fn quantiles_are_values_that_are_there() {
        let gray = image(Channels::Gray, (0..100).map(|at| at * 2 + 20).collect());
        for depth in Depth::ALL {
            let mut image = gray.clone();
            image.raster = image.raster.to_depth(depth);
            let histogram = &of_colors(&image)[0];
            assert_eq!(histogram.total(), 100);
            for (part, wanted) in [
                (0.0, 20.0),
                (0.01, 20.0),
                (0.02, 22.0),
                (0.5, 118.0),
                (1.0, 218.0),
            ] {
                let value = histogram.quantile(part).unwrap() * 255.0;
                assert!((value - wanted).abs() < 0.01, "{depth:?} {part}: {value}");
            }
        }
    }

    #[test]
    fn what_cannot_be_seen_does_not_count() {
        let image = image(Channels::GrayAlpha, vec![10, 0, 30, 255, 200, 51]);
        let histogram = &of_colors(&image)[0];
        assert_eq!(histogram.total(), 65535 + 13107);
        assert!((histogram.quantile(0.0).unwrap() * 255.0 - 30.0).abs() < 1e-4);
        assert!((histogram.quantile(1.0).unwrap() * 255.0 - 200.0).abs() < 1e-4);
    }

    #[test]
    fn floats_have_the_range_that_they_have() {
        let samples = vec![-1.0_f32, 0.0, f32::NAN, f32::INFINITY, 3.0];
        let raster = Raster::new(Size::new(5, 1), Channels::Gray, samples).unwrap();
        let histogram = &of_colors(&Image::new(raster))[0];
        assert_eq!(histogram.range(), (-1.0, 3.0));
        assert_eq!(histogram.counts()[FINE / 4], 1);
    }
}
