//! What stays in the picture when a part of it is cut away.

mod attention;
mod entropy;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::geometry::{Gravity, ParseGeometryError};
use super::luma::luma;
use super::ops::OpError;
use super::resample;
use crate::image::{Channels, Color, Depth, Image, Samples, Size, Transfer};
use crate::suggest;

/// What stays in the picture when a part of it is cut away.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Anchor {
    /// A side or a corner.
    Side(Gravity),
    /// A point, which comes as near to the middle as it can; parts of the width and the height, from 0 to 1.
    Focus {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
    },
    /// The part that people would look at.
    Attention,
    /// The part in which there is most to see.
    Entropy,
}

const ATTENTION: &str = "attention";
const ENTROPY: &str = "entropy";

/// The longest side in pixels of the picture that is looked at: what draws the eye is not finer than that.
const LOOK: u32 = 160;

impl Anchor {
    /// Every word for one, in the order of the documentation.
    pub fn words() -> impl Iterator<Item = &'static str> + Clone {
        let sides = Gravity::ALL.iter().map(|gravity| gravity.word());
        sides.chain([ATTENTION, ENTROPY])
    }

    /// Whether it depends on what the picture shows.
    pub const fn looks(self) -> bool {
        matches!(self, Self::Attention | Self::Entropy)
    }

    /// The share of what is cut away that is cut at the left and at the top, where `part` of the width and of the height
    /// stays. Whatever [`Self::looks`] counts as the middle.
    pub(super) fn shares(self, part: (f64, f64)) -> (f64, f64) {
        let towards = |direction| f64::from(direction + 1_i8) / 2.0;
        let around = |place: f64, part: f64| match 1.0 - part {
            slack if slack > 0.0 => ((place - part / 2.0) / slack).clamp(0.0, 1.0),
            _ => 0.5,
        };
        match self {
            Self::Side(gravity) => {
                let (x, y) = gravity.direction();
                (towards(x), towards(y))
            }
            Self::Focus { x, y } => (around(x, part.0), around(y, part.1)),
            Self::Attention | Self::Entropy => (0.5, 0.5),
        }
    }

    /// Where a rectangle of size `inner` stands in one of size `outer`: left and top, negative where it sticks out. Whatever
    /// [`Self::looks`] counts as the middle.
    pub(super) fn place(self, inner: Size, outer: Size) -> (i64, i64) {
        let Self::Focus { .. } = self else {
            return self.side().place(inner, outer);
        };
        let part = |inner: u32, outer: u32| f64::from(inner) / f64::from(outer);
        let (x, y) = self.shares((
            part(inner.width, outer.width),
            part(inner.height, outer.height),
        ));
        let along = |inner: u32, outer: u32, share: f64| {
            let slack = i64::from(outer) - i64::from(inner);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "lengths have 32 bits"
            )]
            let place = (slack as f64 * share).round() as i64;
            place
        };
        (
            along(inner.width, outer.width, x),
            along(inner.height, outer.height, y),
        )
    }

    /// The side it counts as where nothing is looked at.
    pub const fn side(self) -> Gravity {
        match self {
            Self::Side(gravity) => gravity,
            Self::Focus { .. } | Self::Attention | Self::Entropy => Gravity::Center,
        }
    }

    /// Left and top of a rectangle of size `inner`, which is no larger than the picture.
    ///
    /// # Errors
    /// Memory for a small copy of the picture is lacking.
    pub(super) fn find(self, image: &Image, inner: Size) -> Result<(u32, u32), OpError> {
        let outer = image.raster.size();
        if !self.looks() || inner == outer {
            let (left, top) = self.place(inner, outer);
            return Ok((inside(left), inside(top)));
        }
        let view = View::of(image)?;
        let window = view.window(inner, outer);
        let (x, y) = match self {
            Self::Attention => attention::find(&view, window),
            Self::Entropy => entropy::find(&view, window),
            Self::Side(_) | Self::Focus { .. } => (0, 0),
        };
        Ok((
            scaled(x, view.width - window.0, outer.width - inner.width),
            scaled(y, view.height - window.1, outer.height - inner.height),
        ))
    }
}

/// A place that is known to lie inside.
fn inside(place: i64) -> u32 {
    u32::try_from(place).unwrap_or(0)
}

/// A place among `slack` of them, where there are `wanted`.
fn scaled(place: usize, slack: usize, wanted: u32) -> u32 {
    if slack == 0 {
        return wanted / 2;
    }
    let (place, slack) = (place as u64, slack as u64);
    let exact = (2 * place * u64::from(wanted) + slack) / (2 * slack);
    u32::try_from(exact).unwrap_or(wanted).min(wanted)
}

impl From<Gravity> for Anchor {
    fn from(gravity: Gravity) -> Self {
        Self::Side(gravity)
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Side(gravity) => gravity.fmt(f),
            Self::Focus { x, y } => write!(f, "{x}:{y}"),
            Self::Attention => f.write_str(ATTENTION),
            Self::Entropy => f.write_str(ENTROPY),
        }
    }
}

impl FromStr for Anchor {
    type Err = ParseGeometryError;

    fn from_str(text: &str) -> Result<Self, ParseGeometryError> {
        let word = text.to_ascii_lowercase();
        if let Some((x, y)) = word.split_once(':') {
            let point = part(x).zip(part(y));
            return point
                .map(|(x, y)| Self::Focus { x, y })
                .ok_or_else(|| ParseGeometryError::Focus(text.to_owned()));
        }
        match word.as_str() {
            ATTENTION => Ok(Self::Attention),
            ENTROPY => Ok(Self::Entropy),
            side => side
                .parse()
                .map(Self::Side)
                .map_err(|_| ParseGeometryError::Word {
                    word: text.to_owned(),
                    what: "gravity",
                    known: Self::words().collect(),
                    hint: suggest::hint(&word, Self::words()),
                }),
        }
    }
}

/// `0.3` or `30%`, from 0 to 1.
fn part(text: &str) -> Option<f64> {
    let (digits, scale) = match text.strip_suffix('%') {
        Some(digits) => (digits, 0.01),
        None => (text, 1.0),
    };
    let part = digits.parse::<f64>().ok()? * scale;
    (0.0..=1.0).contains(&part).then_some(part)
}

/// A small copy of the picture: sRGB-encoded red, green and blue, on black where it is transparent.
struct View {
    width: usize,
    height: usize,
    pixels: Vec<[f32; 3]>,
}

impl View {
    fn of(image: &Image) -> Result<Self, OpError> {
        let small = resample::small_copy(&image.raster, LOOK)?;
        let size = small.size();
        let small = small
            .to_depth(Depth::F32)
            .to_transfer(image.metadata.transfer, Transfer::Srgb)
            .flatten(Color::BLACK, Transfer::Srgb)
            .to_channels(Channels::Rgb);
        let values = match small.into_samples() {
            Samples::F32(values) => values,
            Samples::U8(_) | Samples::U16(_) => Vec::new(),
        };
        let (pixels, _) = values.as_chunks();
        Ok(Self {
            width: size.width as usize,
            height: size.height as usize,
            pixels: pixels.to_vec(),
        })
    }

    /// The size here of a rectangle there.
    fn window(&self, inner: Size, outer: Size) -> (usize, usize) {
        let along = |inner: u32, outer: u32, length: usize| {
            let exact = (length as u64 * u64::from(inner)).div_ceil(u64::from(outer));
            usize::try_from(exact).unwrap_or(length).clamp(1, length)
        };
        (
            along(inner.width, outer.width, self.width),
            along(inner.height, outer.height, self.height),
        )
    }

    fn luma(&self) -> Vec<f32> {
        self.pixels.iter().map(|pixel| luma(*pixel)).collect()
    }
}
