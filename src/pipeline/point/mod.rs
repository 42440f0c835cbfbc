//! Operations that look at one pixel at a time. Neighbours of the kind are done in one pass over the picture.

mod run;
mod tables;
#[cfg(test)]
mod tests;
mod weigh;

use std::fmt;
use std::sync::Arc;

use crate::image::{Image, Transfer};
use crate::simd::{self, Loop};

pub(super) use run::{BLOCK, Block, load, store};

/// Bytes of memory that it takes beside the picture, which it changes in place: tables for some curves.
pub(super) const SCRATCH: u64 = 4 << 20;

/// What is done to each pixel by itself. Alpha is left alone. Values are on a scale of 0 to 1; those of integers stay within it
/// from one operation to the next, floats keep what lies outside.
#[derive(Debug, Clone)]
pub struct Point {
    /// The transfer of the values that it works on; none where it takes them as they are.
    space: Option<Transfer>,
    stages: Vec<Stage>,
}

/// One step.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// Each colour by itself.
    Curve(Curve),
    /// Colours that depend on each other.
    Mix(Arc<dyn Mix>),
    /// The same, where it leaves gray as it is.
    MixOfColors(Arc<dyn Mix>),
}

/// A function of one value.
pub(super) type Map = dyn Fn(f32) -> f32 + Send + Sync;

/// What becomes of each colour by itself.
#[derive(Clone)]
pub(super) struct Curve {
    /// For red, green and blue; gray is red.
    maps: [Arc<Map>; 3],
    /// Whether it has steps, so that nothing may be read off between two of its points.
    stepped: bool,
}

/// What becomes of colours that depend on each other.
pub(super) trait Mix: Send + Sync {
    /// Changes the pixels whose red, green and blue these are. There are as many of each.
    fn mix(&self, planes: [&mut [f32]; 3]);

    /// The weights, if it does nothing but to weigh colours.
    fn rows(&self) -> Option<&Rows> {
        None
    }
}

/// What each of red, green and blue is made of: so much of red, of green, of blue, and of full intensity.
pub(super) type Rows = [[f32; 4]; 3];

impl fmt::Debug for dyn Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mix")
    }
}

impl fmt::Debug for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Curve")
    }
}

impl Point {
    /// Nothing: what parameters that change nothing amount to.
    pub(super) const fn nothing() -> Self {
        Self::as_stored(Vec::new())
    }

    /// These stages, on sRGB-encoded values.
    pub(super) const fn encoded(stages: Vec<Stage>) -> Self {
        Self {
            space: Some(Transfer::Srgb),
            stages,
        }
    }

    /// These stages, on values in linear light.
    pub(super) const fn linear(stages: Vec<Stage>) -> Self {
        Self {
            space: Some(Transfer::Linear),
            stages,
        }
    }

    /// These stages, on values as the picture has them.
    pub(super) const fn as_stored(stages: Vec<Stage>) -> Self {
        Self {
            space: None,
            stages,
        }
    }
}

impl Stage {
    /// The same continuous function for each colour. It is called for some values, and the others lie between.
    pub(super) fn curve(map: impl Fn(f32) -> f32 + Send + Sync + 'static) -> Self {
        let map: Arc<Map> = Arc::new(map);
        Self::curves([Arc::clone(&map), Arc::clone(&map), map])
    }

    /// A continuous function for each of red, green and blue.
    pub(super) fn curves(maps: [Arc<Map>; 3]) -> Self {
        let stepped = false;
        Self::Curve(Curve { maps, stepped })
    }

    /// The same function with steps for each colour.
    pub(super) fn steps(map: impl Fn(f32) -> f32 + Send + Sync + 'static) -> Self {
        let map: Arc<Map> = Arc::new(map);
        let maps = [Arc::clone(&map), Arc::clone(&map), map];
        Self::Curve(Curve {
            maps,
            stepped: true,
        })
    }

    /// A function of red, green and blue. Simple arithmetic becomes vectors of it.
    pub(super) fn mix(pixel: impl Fn([f32; 3]) -> [f32; 3] + Send + Sync + 'static) -> Self {
        Self::Mix(Arc::new(EachPixel(pixel)))
    }

    /// A function of red, green and blue that leaves them as they are where they are equal.
    pub(super) fn mix_of_colors(
        pixel: impl Fn([f32; 3]) -> [f32; 3] + Send + Sync + 'static,
    ) -> Self {
        Self::MixOfColors(Arc::new(EachPixel(pixel)))
    }

    /// Weighed sums of colours.
    pub(super) fn weighed(rows: Rows) -> Self {
        Self::Mix(Arc::new(WeighedSums(rows)))
    }

    /// The same where each row has a sum of one and adds nothing, which leaves gray as it is.
    pub(super) fn weighed_of_colors(rows: [[f32; 3]; 3]) -> Self {
        let rows = rows.map(|[red, green, blue]| [red, green, blue, 0.0]);
        Self::MixOfColors(Arc::new(WeighedSums(rows)))
    }
}

struct WeighedSums(Rows);

impl Mix for WeighedSums {
    fn mix(&self, planes: [&mut [f32]; 3]) {
        let rows = &self.0;
        simd::run(Pixels {
            pixel: &|[red, green, blue]: [f32; 3]| {
                rows.map(|[r, g, b, offset]| r * red + g * green + b * blue + offset)
            },
            planes,
        });
    }

    fn rows(&self) -> Option<&Rows> {
        Some(&self.0)
    }
}

struct EachPixel<F>(F);

impl<F: Fn([f32; 3]) -> [f32; 3] + Send + Sync> Mix for EachPixel<F> {
    fn mix(&self, planes: [&mut [f32]; 3]) {
        let pixel = &self.0;
        simd::run(Pixels { pixel, planes });
    }
}

struct Pixels<'a, F> {
    pixel: &'a F,
    planes: [&'a mut [f32]; 3],
}

impl<F: Fn([f32; 3]) -> [f32; 3]> Loop for Pixels<'_, F> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "it is compiled with the loop it belongs to: see `simd`"
    )]
    #[inline(always)]
    fn run(self) {
        let [red, green, blue] = self.planes;
        for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
            [*red, *green, *blue] = (self.pixel)([*red, *green, *blue]);
        }
    }
}

/// Does these, one after the other, in one pass. What turns gray into colours has been done before.
pub(super) fn apply(points: &[Point], image: Image) -> Image {
    run::apply(points, image)
}

/// Whether a factor changes nothing.
#[expect(
    clippy::float_cmp,
    reason = "only the very number 1 leaves every sample as it is"
)]
pub(super) fn is_one(factor: f64) -> bool {
    factor == 1.0
}

/// A parameter in the precision samples are computed in.
#[expect(
    clippy::cast_possible_truncation,
    reason = "parameters need no more digits than samples have"
)]
pub(super) fn narrow(parameter: f64) -> f32 {
    parameter as f32
}
