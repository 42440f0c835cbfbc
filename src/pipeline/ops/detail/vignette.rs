//! Darken the corners, as lenses do.
//!
//! The light falls off with the square of a smooth step from `radius` to the corners. Encoded values are multiplied by the 2.4th root of
//! the falloff, which for sRGB's curve (IEC 61966-2-1) is what multiplying light does, but for the deepest shadows.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Size, Transfer};
use crate::params::{Params, push_unless};
use crate::pipeline::point::narrow;
use crate::simd::{self, Loop};

/// Darkens the picture towards its corners. Alpha is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Vignette {
    /// The part of the light that corners lose, 0 to 1; 0 changes nothing.
    pub amount: f64,
    /// Where it begins: 0 is the middle, 1 the corners.
    pub radius: f64,
}

const AMOUNT: f64 = 0.6;
const RADIUS: f64 = 0.25;

/// Places between the middle and the corners for which the falloff is computed.
const PLACES: u16 = 2048;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "vignette",
    aliases: &[],
    value: Value::Optional("AMOUNT"),
    summary: "darken the corners, as lenses do",
    details: "AMOUNT, 0 to 1: the part of the light that corners lose; default 0.6. 0 changes nothing.\n\
              radius=R, 0 to 0.99: where it begins, 0 being the middle and 1 the corners; default 0.25.",
    example: "0.8,radius=0.1",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-vignette` (a soft ellipse on a background), Lightroom post-crop vignetting, ffmpeg `vignette`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("vignette", text);
    let amount = params.number("amount", AMOUNT, 0.0..=1.0)?;
    let radius = params.number("radius", RADIUS, 0.0..=0.99)?;
    params.finish()?;
    Ok(Op::Vignette(Vignette { amount, radius }))
}

impl Vignette {
    /// What values are multiplied by, for squared distances from 0 in the middle to 1 in the corners, and how much more from there to
    /// the next one.
    fn factors(&self, transfer: Transfer) -> Vec<[f32; 2]> {
        let factor = |place: u16| {
            let distance = (f64::from(place) / f64::from(PLACES)).sqrt();
            let step = ((distance - self.radius) / (1.0 - self.radius)).clamp(0.0, 1.0);
            let smooth = step * step * (3.0 - 2.0 * step);
            let light = 1.0 - self.amount * smooth;
            narrow(match transfer {
                Transfer::Linear => light,
                Transfer::Srgb => light.powf(1.0 / 2.4),
            })
        };
        let factors: Vec<f32> = (0..=PLACES).map(factor).collect();
        let pairs = factors.windows(2);
        pairs.map(|pair| [pair[0], pair[1] - pair[0]]).collect()
    }
}

/// Twice the distance from the middle, as a part of the length, squared; the same from both ends.
fn squared_distance(at: u32, length: u32) -> f32 {
    let from_end = at.min(length - 1 - at);
    let part = 1.0 - (2.0 * f64::from(from_end) + 1.0) / f64::from(length);
    narrow(part * part)
}

/// Pixels of a row that are darkened at once.
const STRIP: usize = 64;

/// Darkens a row of pixels with so many samples.
struct Row<'a, S, const N: usize> {
    samples: &'a mut [S],
    factors: &'a [[f32; 2]],
    /// Squared distances across, and the one down.
    across: &'a [f32],
    down: f32,
}

impl<S: Sample, const N: usize> Loop for Row<'_, S, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // From 2^23 on a float has no bits for fractions: what is added rounds, and the number is in the low bits.
        const FRACTIONLESS: f32 = 8_388_608.0;
        let most = f32::from(PLACES);
        let colors = if N < 3 { 1 } else { 3 };
        let (pixels, _) = self.samples.as_chunks_mut::<N>();
        let mut factors = [0.0; STRIP];
        let (mut places, mut ways) = ([0; STRIP], [0.0; STRIP]);
        for (pixels, across) in pixels.chunks_mut(STRIP).zip(self.across.chunks(STRIP)) {
            for ((place, way), across) in places.iter_mut().zip(&mut ways).zip(across) {
                let exact = ((across + self.down) * 0.5).min(1.0) * most;
                let before = (exact - 0.5).max(0.0).min(most - 1.0) + FRACTIONLESS;
                *place = before.to_bits() & 0xffff;
                *way = exact - (before - FRACTIONLESS);
            }
            for (factor, (place, way)) in factors.iter_mut().zip(places.iter().zip(&ways)) {
                let [near, rise] = self.factors[*place as usize];
                *factor = near + way * rise;
            }
            for (pixel, factor) in pixels.iter_mut().zip(&factors) {
                for color in &mut pixel[..colors] {
                    *color = S::from_f32(color.to_f32() * factor);
                }
            }
        }
    }
}

impl Operation for Vignette {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.amount.to_string();
        push_unless(&mut parts, "radius", self.radius, RADIUS);
        parts
    }

    fn apply(&self, mut image: Image) -> Result<Image, OpError> {
        if self.amount <= 0.0 {
            return Ok(image);
        }
        let factors = self.factors(image.metadata.transfer);
        let Size { width, height } = image.raster.size();
        let channels = image.raster.channels();
        let row_len = image.raster.row_len();
        let across: Vec<f32> = (0..width).map(|x| squared_distance(x, width)).collect();
        with_samples!(image.raster.samples_mut(), |samples| samples
            .par_chunks_exact_mut(row_len)
            .zip(0..height)
            .for_each(|(row, y)| {
                let down = squared_distance(y, height);
                darken(channels, row, &factors, &across, down);
            }));
        Ok(image)
    }
}

fn darken<S: Sample>(
    channels: Channels,
    samples: &mut [S],
    factors: &[[f32; 2]],
    across: &[f32],
    down: f32,
) {
    match channels {
        Channels::Gray => simd::run(Row::<S, 1> {
            samples,
            factors,
            across,
            down,
        }),
        Channels::GrayAlpha => simd::run(Row::<S, 2> {
            samples,
            factors,
            across,
            down,
        }),
        Channels::Rgb => simd::run(Row::<S, 3> {
            samples,
            factors,
            across,
            down,
        }),
        Channels::Rgba => simd::run(Row::<S, 4> {
            samples,
            factors,
            across,
            down,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Metadata, Raster, Samples};

    #[test]
    fn corners_lose_their_part_of_the_light_and_the_middle_nothing() {
        let size = Size::new(401, 301);
        let samples = vec![0.8_f32; usize::try_from(size.pixels()).unwrap()];
        let raster = Raster::new(size, Channels::Gray, samples).unwrap();
        let image = Image {
            raster,
            metadata: Metadata {
                transfer: Transfer::Linear,
                ..Metadata::default()
            },
        };
        let op: Op = "vignette 0.5,radius=0.3".parse().unwrap();
        let made = op.apply(image).unwrap().raster;
        let Samples::F32(samples) = made.samples() else {
            panic!("the depth has changed");
        };
        let at = |x: usize, y: usize| samples[y * 401 + x];
        assert!((at(0, 0) - 0.4).abs() < 0.005 && (at(400, 300) - 0.4).abs() < 0.005);
        assert!((at(200, 150) - 0.8).abs() < 1e-6 && (at(230, 150) - 0.8).abs() < 1e-6);
        assert!(at(0, 150) < 0.8 && at(0, 150) > at(0, 0));
    }
}
