//! Curves, computed once for all the values that a picture can hold.

use super::run::{Link, Step, follow};
use crate::image::Sample;

/// Samples that may be few enough for a table.
pub(super) trait Lookup: Sample {
    /// How finely values between two samples are told apart; none where curves have to be followed for each value.
    const POINTS: Option<u16>;

    /// What these curves make of each sample there can be, for each channel; `None` where there are too many.
    fn table(links: &[Link<'_>]) -> Option<[Vec<f32>; 3]>;

    /// The place in such a table.
    fn index(self) -> usize;
}

/// For red, green and blue; computed once where it is the same.
fn tables(links: &[Link<'_>], table: impl Fn(usize) -> Vec<f32>) -> [Vec<f32>; 3] {
    if Step::is_same_for_all(links) {
        let one = table(0);
        return [one.clone(), one.clone(), one];
    }
    [0, 1, 2].map(table)
}

macro_rules! integer_lookup {
    ($integer:ty, $points:expr) => {
        impl Lookup for $integer {
            const POINTS: Option<u16> = Some($points);

            fn table(links: &[Link<'_>]) -> Option<[Vec<f32>; 3]> {
                Some(tables(links, |channel| {
                    (0..=Self::MAX)
                        .map(|sample| {
                            follow(links, channel, sample.to_f32() / <Self as Sample>::MAX)
                        })
                        .collect()
                }))
            }

            fn index(self) -> usize {
                usize::from(self)
            }
        }
    };
}

integer_lookup!(u8, 1 << 14);
integer_lookup!(u16, u16::MAX);

impl Lookup for f32 {
    const POINTS: Option<u16> = None;

    fn table(_: &[Link<'_>]) -> Option<[Vec<f32>; 3]> {
        None
    }

    /// There is no table for it.
    fn index(self) -> usize {
        0
    }
}

/// Curves for values that lie anywhere.
pub(super) enum Table<'a> {
    /// Looked up, and interpolated between two points.
    Points([Vec<f32>; 3]),
    /// Followed for each value.
    Links(&'a [Link<'a>]),
}

impl<'a> Table<'a> {
    /// For a step, if it is one of curves, in a picture with such samples.
    pub(super) fn new<S: Lookup>(step: &'a Step<'a>) -> Option<Self> {
        let Step::Curves(links) = step else {
            return None;
        };
        Some(match S::POINTS {
            Some(points) if !Step::is_stepped(links) => {
                let value = |at| f32::from(at) / f32::from(points);
                Self::Points(tables(links, |channel| {
                    (0..=points)
                        .map(|at| follow(links, channel, value(at)))
                        .collect()
                }))
            }
            Some(_) | None => Self::Links(links),
        })
    }

    /// Changes the values in these planes of red, green and blue.
    pub(super) fn apply(&self, planes: [&mut [f32]; 3]) {
        for (channel, plane) in planes.into_iter().enumerate() {
            match self {
                Self::Points(tables) => {
                    let table = &tables[channel];
                    for value in plane {
                        *value = between(table, *value);
                    }
                }
                Self::Links(links) => {
                    for value in plane {
                        *value = follow(links, channel, *value);
                    }
                }
            }
        }
    }
}

/// The table's value at a place from 0 to 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a table has no more places than a float tells apart, and the value is clamped to them"
)]
fn between(table: &[f32], value: f32) -> f32 {
    let last = table.len() - 1;
    let place = value.clamp(0.0, 1.0) * last as f32;
    let before = (place as usize).min(last - 1);
    let (low, high) = (table[before], table[before + 1]);
    low + (place - before as f32) * (high - low)
}
