//! Operations that may be done to luma and chroma just as well as to colours.
//!
//! Luma and chroma are weighed sums of red, green and blue. So it makes no difference, but for rounding, whether a sample is
//! replaced by a weighed sum of itself and of its neighbours before they are computed, or after. A constant that is added to
//! all three colours is a constant added to luma, as the weights of luma have a sum of one, and those of chroma of zero.
//!
//! There is a difference where colours would leave their scale. They are cut off one by one; here luma is cut off, and
//! chroma stays what it is.

use super::finish::{Alpha, Finish};
use super::gaussian;
use super::ops::Op;
use super::point::narrow;
use super::weigh::{Fixed, Gain};
use crate::image::{Plane, Planes, Sample};

/// What becomes of each sample. Intensities are on a scale of 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Linear {
    /// It stays what it is.
    Same,
    /// `factor` times the intensity, plus `offset`.
    Point {
        /// No more than 1, or colours would be cut off.
        factor: f64,
        /// What is added to red, green and blue.
        offset: f64,
    },
    /// The intensity, plus `amount` times its difference from what a Gaussian makes of it: -1 is the Gaussian alone.
    Mask {
        /// The standard deviation of the Gaussian in pixels.
        sigma: f64,
        /// How much of the difference.
        amount: f64,
    },
}

/// The sample that stands for no chroma.
const NEUTRAL: f32 = 128.0;

/// What these operations do, but for those that change nothing. `None` where one of them has to see colours.
pub(super) fn steps(ops: &[Op]) -> Option<Vec<Linear>> {
    ops.iter()
        .map(Op::linear)
        .filter(|step| *step != Some(Linear::Same))
        .collect()
}

impl Linear {
    /// Does it to all planes. Chroma has one sample for `coarseness` pixels, across as well as down.
    pub(super) fn apply(self, planes: Planes, coarseness: u32) -> Planes {
        let each = planes.planes.into_iter().enumerate();
        let made = each.map(|(at, plane)| match self {
            Self::Same => plane,
            Self::Point { factor, offset } if at == 0 => {
                map(plane, narrow(factor), narrow(offset) * <u8 as Sample>::MAX)
            }
            Self::Point { factor, .. } => {
                let factor = narrow(factor);
                map(plane, factor, NEUTRAL - factor * NEUTRAL)
            }
            Self::Mask { sigma, amount } => {
                let coarseness = if at == 0 { 1 } else { coarseness };
                mask(&plane, sigma / f64::from(coarseness), narrow(amount))
            }
        });
        Planes {
            planes: made.collect(),
            ..planes
        }
    }
}

fn map(mut plane: Plane, factor: f32, offset: f32) -> Plane {
    for sample in &mut plane.samples {
        *sample = u8::from_f32(factor * sample.to_f32() + offset);
    }
    plane
}

fn mask(plane: &Plane, sigma: f64, amount: f32) -> Plane {
    let gain = Gain::new(amount, 0.0);
    gaussian::filter_plane(plane, sigma, &Mask { amount, gain })
}

/// A row and the same row blurred, each times its weight.
struct Mask {
    amount: f32,
    /// The same in fixed point.
    gain: Gain,
}

#[expect(
    clippy::inline_always,
    reason = "it is compiled with the loop it belongs to: see `simd`"
)]
impl Finish for Mask {
    fn alpha(&self) -> Alpha {
        Alpha::Kept
    }

    #[inline(always)]
    fn color(&self, before: f32, blurred: f32, _: f32) -> f32 {
        (1.0 + self.amount) * before - self.amount * blurred
    }

    fn gain(&self) -> f32 {
        self.amount.abs()
    }

    #[inline(always)]
    fn levels(&self, levels: &mut [u8], blurred: &[Fixed]) {
        self.gain.raise(levels, blurred);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Image, Raster, Samples, Size};
    use crate::simd::at_both_levels;

    const SIZE: Size = Size::new(61, 47);

    /// Colours that no operation below takes to the ends of their scale: noise on edges.
    fn raster(channels: Channels, seed: u32) -> Raster {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let count = SIZE.width as usize * SIZE.height as usize * channels.count();
        let samples: Vec<u8> = (0..count)
            .map(|at| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                let edge = if at % 80 < 31 { 105 } else { 125 };
                edge + (state % 26) as u8
            })
            .collect();
        Raster::new(SIZE, channels, samples).unwrap()
    }

    fn samples(raster: Raster) -> Vec<u8> {
        match raster.into_samples() {
            Samples::U8(samples) => samples,
            Samples::U16(_) | Samples::F32(_) => panic!("the depth has changed"),
        }
    }

    const OPS: [&str; 10] = [
        "negate",
        "brightness 0.7",
        "brightness 0",
        "contrast 0.4",
        "blur 0.6",
        "blur 2.5",
        "blur 8",
        "blur 40",
        "sharpen 1",
        "sharpen 4,amount=0.5",
    ];

    #[test]
    fn planes_become_what_colours_become() {
        for text in OPS {
            let op: Op = text.parse().unwrap();
            let steps = steps(std::slice::from_ref(&op)).unwrap();
            // Luma and chroma are rounded twice here, and colours in between.
            let most = if text.starts_with("sharpen") { 4 } else { 2 };
            for (channels, most) in [(Channels::Gray, 1), (Channels::Rgb, most)] {
                for seed in 0..4 {
                    let planes = Planes::from_raster(&raster(channels, seed), (1, 1)).unwrap();
                    let wanted = planes.clone().to_raster().unwrap();
                    let wanted = op.apply(Image::new(wanted)).unwrap().raster;
                    let made = steps[0].apply(planes, 1).to_raster().unwrap();
                    for (made, wanted) in samples(made).iter().zip(samples(wanted)) {
                        let off = made.abs_diff(wanted);
                        assert!(off <= most, "{text} {channels:?}: {made} for {wanted}");
                    }
                }
            }
        }
    }

    #[test]
    fn planes_are_the_same_whatever_the_processor_has() {
        let planes = Planes::from_raster(&raster(Channels::Rgb, 5), (2, 2)).unwrap();
        for text in OPS {
            let steps = steps(&[text.parse().unwrap()]).unwrap();
            let [lowest, highest] = at_both_levels(|| steps[0].apply(planes.clone(), 2));
            assert!(lowest == highest, "{text}");
        }
    }

    #[test]
    fn sigma_is_of_pixels_where_they_share_chroma() {
        let planes = Planes::from_raster(&raster(Channels::Rgb, 1), (2, 2)).unwrap();
        let step = |sigma| Linear::Mask {
            sigma,
            amount: -1.0,
        };
        let shared = step(6.0).apply(planes.clone(), 2);
        let alone = step(3.0).apply(planes.clone(), 1);
        assert_eq!(shared.planes[1..], alone.planes[1..]);
        assert_eq!(shared.planes[0], step(6.0).apply(planes, 1).planes[0]);
    }

    #[test]
    fn what_cuts_colours_off_or_mixes_them_has_to_see_them() {
        let read = |texts: &[&str]| {
            let ops: Vec<Op> = texts.iter().map(|text| text.parse().unwrap()).collect();
            steps(&ops)
        };
        for text in [
            "brightness 1.2",
            "contrast 1.2",
            "saturation 1.2",
            "grayscale",
            "sharpen 1,threshold=0.1",
            "crop 3x3",
        ] {
            assert_eq!(read(&[text]), None, "{text}");
            assert_eq!(read(&["blur 1", text]), None, "{text}");
        }
        let nothing = ["blur 0", "sharpen 0", "sharpen 1,amount=0", "brightness 1"];
        assert_eq!(read(&nothing), Some(Vec::new()));
        assert_eq!(read(&["contrast 1", "blur 1", "negate"]).unwrap().len(), 2);
    }
}
