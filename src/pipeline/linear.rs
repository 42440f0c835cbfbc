//! Operations that may be done to luma and chroma just as well as to colours.
//!
//! Luma and chroma are weighed sums of red, green and blue. So it makes no difference, but for rounding, whether a sample is
//! replaced by a weighed sum of itself and of its neighbours before they are computed, or after. A constant that is added to
//! all three colours is a constant added to luma, as the weights of luma have a sum of one, and those of chroma of zero.
//!
//! There is a difference where colours would leave their scale. They are cut off one by one; here luma is cut off, and
//! chroma stays what it is.

use super::gaussian;
use super::ops::Op;
use super::point::narrow;
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
    let (own, blurred) = (1.0 + amount, -amount);
    gaussian::filter_plane(plane, sigma, |before, neighbours, out| {
        for ((out, before), neighbours) in out.iter_mut().zip(before).zip(neighbours) {
            *out = u8::from_f32(own * before.to_f32() + blurred * neighbours);
        }
    })
}
