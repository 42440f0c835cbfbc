//! Film grain: noise of a given coarseness, strongest in the middle tones, where film has the most of it.
//!
//! Each pixel's noise follows from its place and the seed by a counter-based generator (`SplitMix64`: G. Steele, D. Lea and C. Flood, "Fast
//! splittable pseudorandom number generators", 2014), so that it is the same whoever computes it; a Gaussian makes grains of it.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Layout, Raster, Sample, Samples, Size};
use crate::params::{Params, push_unless};
use crate::pipeline::canvas;
use crate::pipeline::finish::Round;
use crate::pipeline::gaussian;
use crate::pipeline::luma;
use crate::pipeline::point::narrow;

/// Adds film grain. Alpha is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Grain {
    /// Standard deviation in the middle tones, full intensity being 1; 0 changes nothing.
    pub amount: f64,
    /// The size of a grain in pixels.
    pub size: f64,
    /// What tells one film from another.
    pub seed: u64,
    /// Whether each colour has grains of its own.
    pub color: bool,
}

const AMOUNT: f64 = 0.05;
const SIZE: f64 = 1.5;
const SEED: u64 = 0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "grain",
    aliases: &[],
    value: Value::Optional("AMOUNT"),
    summary: "add film grain",
    details: "AMOUNT, 0 to 1: standard deviation in the middle tones, full intensity being 1; default 0.05. 0 changes nothing.\n\
              size=S, 1 to 50: the size of a grain in pixels; default 1.5; 1 is a noise of single pixels.\n\
              seed=N: another number is another film; default 0. The same seed is the same grain, each time.\n\
              color: each colour has grains of its own.",
    example: "0.06,size=2",
    cost: Cost::Medium,
    elsewhere: "ImageMagick `+noise Gaussian`, libvips `gaussnoise`, Lightroom Grain",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("grain", text);
    let amount = params.number("amount", AMOUNT, 0.0..=1.0)?;
    let size = params.number("size", SIZE, 1.0..=50.0)?;
    let seed = params.take_named("seed")?.unwrap_or(SEED);
    let color = params.take_flag("color");
    params.finish()?;
    Ok(Op::Grain(Grain {
        amount,
        size,
        seed,
        color,
    }))
}

/// A number that nobody can tell from the counter that it is made of.
fn scrambled(counter: u64) -> u64 {
    let mut bits = counter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Nearly a normal distribution, of mean 0 and variance 1: the sum of four even ones.
fn normal(bits: u64) -> f32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "16 bits are taken of each part"
    )]
    let part = |shift: u32| f32::from((bits >> shift) as u16);
    let sum = part(0) + part(16) + part(32) + part(48);
    // Each has a variance of 1/12 of its range squared.
    (sum / 65535.0 - 2.0) * 3.0_f32.sqrt()
}

impl Grain {
    fn channels(&self, channels: Channels) -> Channels {
        if self.color && !channels.is_gray() {
            Channels::Rgb
        } else {
            Channels::Gray
        }
    }

    /// Noise of variance 1, with grains of their size.
    fn noise(&self, size: Size, channels: Channels) -> Raster {
        let row_len = size.width as usize * channels.count();
        let mut noise = vec![0.0_f32; row_len * size.height as usize];
        let film = scrambled(self.seed.wrapping_add(1));
        let rows = noise.par_chunks_exact_mut(row_len).zip(0..size.height);
        rows.for_each(|(row, y)| {
            // Rows of pictures of any width have the same beginning.
            let row_bits = scrambled(film ^ u64::from(y));
            for (value, x) in row.iter_mut().zip(0_u64..) {
                *value = normal(scrambled(row_bits.wrapping_add(x)));
            }
        });
        let noise = canvas::rebuilt(size, channels, noise.into());
        let sigma = (self.size - 1.0) / 2.0;
        if gaussian::changes_nothing(&noise, sigma) {
            return noise;
        }
        gaussian::filter(&noise, sigma, &Round)
    }

    /// By how much the Gaussian makes noise weaker: the sum of its squared weights, for each axis.
    fn loss(&self) -> f64 {
        let sigma = (self.size - 1.0) / 2.0;
        if sigma <= 0.0 {
            return 1.0;
        }
        let weight = |at: i32| (-0.5 * (f64::from(at) / sigma).powi(2)).exp();
        let weights: Vec<f64> = (-200..=200).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| (weight / sum).powi(2)).sum()
    }

    fn add<S: Sample>(&self, samples: &mut [S], channels: Channels, noise: &[f32], width: usize) {
        let (count, colors) = (channels.count(), channels.colors());
        let amount = narrow(self.amount / self.loss());
        let noises = noise.len() * count / samples.len();
        let rows = samples.par_chunks_exact_mut(width * count);
        let noise = noise.par_chunks_exact(width * noises);
        rows.zip(noise).for_each(|(row, noise)| {
            let pixels = row.chunks_exact_mut(count).zip(noise.chunks_exact(noises));
            for (pixel, noise) in pixels {
                let strength = amount * tone(&pixel[..colors]) * S::MAX;
                for (channel, sample) in pixel[..colors].iter_mut().enumerate() {
                    let grain = noise[channel.min(noises - 1)];
                    *sample = S::from_f32(sample.to_f32() + strength * grain);
                }
            }
        });
    }
}

/// How much grain a tone has: all of it in the middle, none in black and white.
fn tone<S: Sample>(colors: &[S]) -> f32 {
    let luma = match colors {
        [red, green, blue] => luma::luma([*red, *green, *blue].map(Sample::to_f32)),
        _ => colors[0].to_f32(),
    };
    let luma = (luma / S::MAX).clamp(0.0, 1.0);
    4.0 * luma * (1.0 - luma)
}

impl Operation for Grain {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.amount.to_string();
        push_unless(&mut parts, "size", self.size, SIZE);
        push_unless(&mut parts, "seed", self.seed, SEED);
        if self.color {
            parts.push_str(",color");
        }
        parts
    }

    /// The noise, and what its grains are made of.
    fn scratch(&self, before: &Layout, _: &Layout) -> u64 {
        let samples = before.size.pixels() * self.channels(before.channels).count() as u64;
        samples.saturating_mul(10)
    }

    fn apply(&self, mut image: Image) -> Result<Image, OpError> {
        if self.amount <= 0.0 {
            return Ok(image);
        }
        let (channels, width) = (image.raster.channels(), image.raster.width());
        let noise = self.noise(image.raster.size(), self.channels(channels));
        let Samples::F32(noise) = noise.into_samples() else {
            return Ok(image);
        };
        with_samples!(image.raster.samples_mut(), |samples| self
            .add(samples, channels, &noise, width));
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grained(value: &str, gray: f32) -> Vec<f32> {
        let size = Size::new(300, 200);
        let samples = vec![gray; usize::try_from(size.pixels()).unwrap()];
        let raster = Raster::new(size, Channels::Gray, samples).unwrap();
        let op: Op = format!("grain {value}").parse().unwrap();
        match op.apply(Image::new(raster)).unwrap().raster.into_samples() {
            Samples::F32(samples) => samples,
            Samples::U8(_) | Samples::U16(_) => panic!("the depth has changed"),
        }
    }

    #[test]
    fn grain_is_as_strong_as_it_was_asked_for() {
        for (value, wanted) in [
            ("0.1,size=1", 0.1),
            ("0.1,size=2", 0.1),
            ("0.05,size=6", 0.05),
        ] {
            let samples = grained(value, 0.5);
            let count = 60_000.0;
            let mean: f32 = samples.iter().sum::<f32>() / count;
            let variance: f32 = samples.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count;
            assert!((mean - 0.5).abs() < 0.01, "{value}: {mean}");
            assert!(
                (variance.sqrt() / wanted - 1.0).abs() < 0.1,
                "{value}: {}",
                variance.sqrt()
            );
        }
        assert!(grained("0.3", 0.0).iter().all(|sample| sample.abs() <= 0.0));
        assert!(
            grained("0.3", 1.0)
                .iter()
                .all(|sample| (sample - 1.0).abs() <= 0.0)
        );
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(grained("0.1,seed=7", 0.5), grained("0.1,seed=7", 0.5));
        assert_ne!(grained("0.1,seed=7", 0.5), grained("0.1,seed=8", 0.5));
    }
}
