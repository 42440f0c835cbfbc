//! Film grain: noise of a given coarseness, strongest in the middle tones, where film has the most of it.
//!
//! Each pixel's noise follows from its place and the seed by a counter-based generator (`SplitMix64`: G. Steele, D. Lea and C. Flood, "Fast
//! splittable pseudorandom number generators", 2014), so that it is the same whoever computes it; a Gaussian makes grains of it.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Image, Layout};
use crate::params::{Params, push_unless};
use crate::pipeline::grain;
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
    cost: Cost::Light,
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

impl Grain {
    /// The standard deviation of the Gaussian that makes grains.
    fn sigma(&self) -> f64 {
        (self.size - 1.0) / 2.0
    }

    fn grain(&self) -> grain::Grain {
        grain::Grain {
            amount: narrow(self.amount / self.loss()),
            sigma: self.sigma(),
            seed: self.seed,
            color: self.color,
        }
    }

    /// By how much the Gaussian makes noise weaker: the sum of its squared weights, for each axis.
    fn loss(&self) -> f64 {
        let sigma = self.sigma();
        if sigma <= 0.0 {
            return 1.0;
        }
        let weight = |at: i32| (-0.5 * (f64::from(at) / sigma).powi(2)).exp();
        let weights: Vec<f64> = (-200..=200).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| (weight / sum).powi(2)).sum()
    }
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

    /// The noise of some rows.
    fn scratch(&self, before: &Layout, _: &Layout) -> u64 {
        let size = (before.size.width as usize, before.size.height as usize);
        self.grain().scratch(size, before.channels)
    }

    fn apply(&self, mut image: Image) -> Result<Image, OpError> {
        if self.amount > 0.0 {
            grain::add(&mut image, &self.grain());
        }
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Samples, Size};

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
