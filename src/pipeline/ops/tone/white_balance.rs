//! Take away the colour of the light: as the picture tells it, or of a temperature.
//!
//! Without parameters the picture tells its light by its edges (J. van de Weijer et al., "Edge-based color constancy", 2007; see
//! `pipeline/light.rs`). With a temperature or a tint the light lies on the Planckian locus (M. Krystek, "An algorithm to
//! calculate correlated colour temperature", 1985), or beside it. Either becomes neutral by a von Kries adaptation in the cone
//! space of CAT16 (C. Li et al., "Comprehensive color solutions: CAM16, CAT16, and CAM16-UCS", 2017).
//!
//! It works on linear light. Integers saturate, floats keep what lies above white. What cannot be seen has no say, and alpha is
//! left alone. Gray pictures stay what they are.

use serde::{Deserialize, Serialize};

use super::matrix;
use super::{Cost, Image, Layout, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::light;
use crate::pipeline::point::{self, Point};

/// Takes away the colour of the light.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum WhiteBalance {
    /// The light that the picture tells.
    Seen {
        /// How much of its colour is taken away: 0 to 1.
        amount: f64,
    },
    /// A light that is known.
    Light {
        /// In kelvins: 1000 to 15000.
        temperature: f64,
        /// How far it lies on the green side: -150 to 150.
        tint: f64,
    },
}

const AMOUNT: f64 = 1.0;
/// Daylight, which is what white is made for.
const TEMPERATURE: f64 = 6504.0;
const TINT: f64 = 0.0;

/// Distance from the locus for one unit of tint, in the diagram of 1960: as raw converters have it (Adobe DNG SDK).
const TINT_STEP: f64 = 1.0 / 3000.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "white-balance",
    aliases: &[],
    value: Value::Optional("PARAMETERS"),
    summary: "take away the colour of the light",
    details: "Without parameters the light is the one that edges show, which are gray in the mean (gray edge hypothesis).\n\
              One that is hardly coloured is doubted: of 3 degrees beside gray half is taken away, of 1 a tenth.\n\
              amount=A, 0 to 1: how much of that colour is taken away; default 1.\n\
              temperature=K, 1000 to 15000 kelvins: the light that becomes white instead; default 6504, daylight.\n\
              Less makes the picture bluer, more makes it warmer.\n\
              tint=T, -150 to 150: how far that light is on the green side; default 0. More makes the picture redder.",
    example: "temperature=4800,tint=5",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-white-balance` (in Lab), `Temperature` and `Tint` of raw converters, OpenCV `GrayworldWB` (the mean of the picture)",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("white-balance", text);
    let amount: Option<f64> = params.take_named("amount")?;
    let temperature: Option<f64> = params.take_named("temperature")?;
    let tint: Option<f64> = params.take_named("tint")?;
    let has_light = temperature.is_some() || tint.is_some();
    if has_light && amount.is_some() {
        let what =
            "`amount` is for the light that the picture tells, not for a given one".to_owned();
        return Err(params.error(ParamError::Malformed(what)).into());
    }
    let ranged = |params: &Params<'_>, name, value: Option<f64>, usual: f64, range| {
        params.in_range(name, value.unwrap_or(usual), range)
    };
    let op = if has_light {
        WhiteBalance::Light {
            temperature: ranged(
                &params,
                "temperature",
                temperature,
                TEMPERATURE,
                1000.0..=15000.0,
            )?,
            tint: ranged(&params, "tint", tint, TINT, -150.0..=150.0)?,
        }
    } else {
        WhiteBalance::Seen {
            amount: ranged(&params, "amount", amount, AMOUNT, 0.0..=1.0)?,
        }
    };
    params.finish()?;
    Ok(op.into())
}

type Matrix = [[f64; 3]; 3];
type Vector = [f64; 3];

/// IEC 61966-2-1.
const XYZ_OF_SRGB: Matrix = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175],
    [0.019_333_9, 0.119_192, 0.950_304_1],
];

/// CAT16.
const CONES_OF_XYZ: Matrix = [
    [0.401_288, 0.650_173, -0.051_461],
    [-0.250_268, 1.204_414, 0.045_854],
    [-0.002_079, 0.048_952, 0.953_127],
];

/// Degrees between the colour of a light and gray at which half of it is taken away.
const DOUBT: f64 = 3.0;

/// The least and the most that a cone's response is multiplied by: what no light does to a picture with colours in it.
const GAINS: (f64, f64) = (1.0 / 16.0, 16.0);

fn times(matrix: &Matrix, vector: Vector) -> Vector {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

fn product(one: &Matrix, other: &Matrix) -> Matrix {
    one.map(|row| [0, 1, 2].map(|column| (0..3).map(|at| row[at] * other[at][column]).sum()))
}

fn scaled(matrix: &Matrix, gains: Vector) -> Matrix {
    [0, 1, 2].map(|at| matrix[at].map(|value| value * gains[at]))
}

/// By the adjugate. The matrices here have one.
fn inverse(matrix: &Matrix) -> Matrix {
    let minor = |row: usize, column: usize| {
        let at = |down: usize, right: usize| matrix[(row + down) % 3][(column + right) % 3];
        at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
    };
    let first = matrix[0].iter().enumerate();
    let determinant: f64 = first.map(|(column, value)| value * minor(0, column)).sum();
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row) / determinant))
}

/// What makes of the light that has these responses one that has those; both as red, green and blue.
fn adaptation(from: Vector, to: Vector) -> Matrix {
    let cones = product(&CONES_OF_XYZ, &XYZ_OF_SRGB);
    let (from, to) = (times(&cones, from), times(&cones, to));
    let gains = [0, 1, 2].map(|at| {
        let gain = to[at] / from[at].max(f64::MIN_POSITIVE);
        gain.clamp(GAINS.0, GAINS.1)
    });
    product(&inverse(&cones), &scaled(&cones, gains))
}

/// A light of this temperature as red, green and blue, its luminance being 1.
fn planckian(temperature: f64, tint: f64) -> Vector {
    let place = |t: f64| {
        let u = (0.860_117_757 + 1.541_182_54e-4 * t + 1.286_412_12e-7 * t * t)
            / (1.0 + 8.424_202_35e-4 * t + 7.081_451_63e-7 * t * t);
        let v = (0.317_398_726 + 4.228_062_45e-5 * t + 4.204_816_91e-8 * t * t)
            / (1.0 - 2.897_418_16e-5 * t + 1.614_560_53e-7 * t * t);
        (u, v)
    };
    let (u, v) = place(temperature);
    let (next_u, next_v) = place(temperature * 1.001);
    // Along the locus to the blue end u and v become less: green is at a right angle, where v grows.
    let (along_u, along_v) = (next_u - u, next_v - v);
    let length = along_u.hypot(along_v);
    let distance = tint * TINT_STEP;
    let (u, v) = (
        u + along_v / length * distance,
        v - along_u / length * distance,
    );
    let (x, y) = (3.0 * u, 2.0 * v);
    let sum = 2.0 * u - 8.0 * v + 4.0;
    let (x, y) = (x / sum, y / sum);
    times(&inverse(&XYZ_OF_SRGB), [x / y, 1.0, (1.0 - x - y) / y])
}

/// What makes that light gray, its luminance staying, by so much. Of two explanations, a weak light or things that have a colour, a
/// camera that has balanced the picture already makes the second likely: so little is taken away for little.
fn balance(light: Vector, amount: f64) -> Matrix {
    let [_, luminance, _] = times(&XYZ_OF_SRGB, light);
    let (sum, length) = (light.iter().sum::<f64>(), light.map(|part| part * part));
    let cosine = sum / (3.0 * length.iter().sum::<f64>()).sqrt();
    let angle = cosine.min(1.0).acos().to_degrees();
    let sure = angle * angle / (angle * angle + DOUBT * DOUBT);
    let from = light.map(|value| luminance + amount * sure * (value - luminance));
    adaptation(from, [luminance; 3])
}

impl Operation for WhiteBalance {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = String::new();
        match self {
            Self::Seen { amount } => push_unless(&mut parts, "amount", *amount, AMOUNT),
            Self::Light { temperature, tint } => {
                parts = format!("temperature={temperature}");
                push_unless(&mut parts, "tint", *tint, TINT);
            }
        }
        parts.trim_start_matches(',').to_owned()
    }

    fn point(&self) -> Option<Point> {
        match *self {
            Self::Seen { amount } => (amount <= 0.0).then(Point::nothing),
            Self::Light { temperature, tint } if (temperature, tint) == (TEMPERATURE, TINT) => {
                Some(Point::nothing())
            }
            Self::Light { temperature, tint } => {
                let matrix = adaptation(planckian(temperature, tint), planckian(TEMPERATURE, TINT));
                Some(Point::linear(vec![matrix::stage_of_colors(matrix)]))
            }
        }
    }

    /// A small copy to look at; alpha is multiplied in before one is made.
    fn scratch(&self, before: &Layout, _: &Layout) -> u64 {
        if matches!(self, Self::Light { .. }) {
            return point::SCRATCH;
        }
        let copied = if before.channels.has_alpha() {
            before.bytes().saturating_mul(2)
        } else {
            before.bytes() / 4
        };
        copied.saturating_add(light::SCRATCH)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let Self::Seen { amount } = *self else {
            return Ok(image);
        };
        let Some(light) = light::of(&image)? else {
            return Ok(image);
        };
        let stage = matrix::stage_of_colors(balance(light, amount));
        Ok(point::apply(&[Point::linear(vec![stage])], image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Samples, Size};

    #[test]
    fn inverses_undo() {
        let one = product(&CONES_OF_XYZ, &inverse(&CONES_OF_XYZ));
        for (row, values) in one.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let wanted = f64::from(u8::from(row == column));
                assert!((value - wanted).abs() < 1e-12);
            }
        }
    }

    /// CIE 015: illuminant A lies at 2856 K, x = 0.4476, y = 0.4074; the locus at 5000 K at x = 0.3451, y = 0.3516.
    #[test]
    fn lights_are_where_they_belong() {
        for (temperature, x, y) in [(2856.0, 0.4476, 0.4074), (5000.0, 0.3451, 0.3516)] {
            let [a, b, c] = times(&XYZ_OF_SRGB, planckian(temperature, 0.0));
            let sum = a + b + c;
            assert!((a / sum - x).abs() < 1e-3, "{temperature}: {}", a / sum);
            assert!((b / sum - y).abs() < 1e-3, "{temperature}: {}", b / sum);
        }
        // Green is up.
        let green = planckian(5000.0, 50.0);
        let neutral = planckian(5000.0, 0.0);
        assert!(green[1] / green[0] > neutral[1] / neutral[0]);
        assert!(green[1] / green[2] > neutral[1] / neutral[2]);
    }

    /// Of a strong light all is taken away but what a small doubt leaves.
    #[test]
    fn the_light_becomes_gray_and_keeps_its_luminance() {
        for (light, most) in [([0.4, 0.3, 0.1], 0.02), ([0.3, 0.31, 0.29], 0.02)] {
            let balanced = times(&balance(light, 1.0), light);
            let [_, luminance, _] = times(&XYZ_OF_SRGB, light);
            for (value, before) in balanced.into_iter().zip(light) {
                let (off, was) = ((value - luminance).abs(), (before - luminance).abs());
                assert!(off < most && off <= was + 1e-9, "{balanced:?}");
            }
            let [_, after, _] = times(&XYZ_OF_SRGB, balanced);
            assert!((after - luminance).abs() < 0.01, "{balanced:?}");
        }
        // Half a degree is as good as nothing.
        let matrix = balance([1.0, 0.99, 1.0], 1.0);
        let white = times(&matrix, [1.0; 3]);
        assert!(white.iter().all(|value| (value - 1.0).abs() < 5e-4));
    }

    #[test]
    fn a_cast_is_taken_away_and_gray_stays() {
        let size = Size::new(16, 16);
        let checks = |cast: [f32; 3]| {
            let pixels = (0..256_u16).flat_map(|at| {
                let value = if (at / 3 + at / 16) % 2 == 0 {
                    90.0
                } else {
                    150.0
                };
                cast.map(|part| {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a sample"
                    )]
                    let sample = (part * value) as u8;
                    sample
                })
            });
            Image::new(Raster::new(size, Channels::Rgb, pixels.collect::<Vec<u8>>()).unwrap())
        };
        let op: Op = "white-balance".parse().unwrap();
        let gray = checks([1.0; 3]);
        assert!(op.apply(gray.clone()).unwrap() == gray);
        let warm = op.apply(checks([1.2, 1.0, 0.7])).unwrap();
        let Samples::U8(samples) = warm.raster.into_samples() else {
            panic!("the depth has changed");
        };
        for pixel in samples.as_chunks::<3>().0 {
            let [red, green, blue] = *pixel;
            assert!(
                red.abs_diff(green) <= 3 && blue.abs_diff(green) <= 3,
                "{pixel:?}"
            );
        }
    }

    #[test]
    fn warm_light_becomes_white() {
        let [red, green, blue] = planckian(3000.0, 10.0).map(|value| value / 3.0);
        let warm = [red, green, blue].map(|value| {
            #[expect(clippy::cast_possible_truncation, reason = "a sample")]
            crate::image::linear_to_srgb(value as f32)
        });
        let raster = Raster::new(Size::new(1, 1), Channels::Rgb, warm.to_vec()).unwrap();
        let op: Op = "white-balance temperature=3000,tint=10".parse().unwrap();
        let Samples::F32(white) = op.apply(Image::new(raster)).unwrap().raster.into_samples()
        else {
            panic!("the depth has changed");
        };
        // The locus passes a little beside the white of sRGB, which is daylight's.
        assert!(
            white.iter().all(|value| (value - white[1]).abs() < 0.02),
            "{white:?}"
        );
    }
}
