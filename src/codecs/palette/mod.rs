//! Pictures of few colours: those that they have, or, where they are too many, those that stand for them best.

mod dither;
mod nearest;
mod quantize;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub(crate) use dither::map;
pub(crate) use quantize::quantize;

/// A colour with straight alpha.
pub(crate) type Rgba = [u8; 4];

/// A pixel of which nothing is seen.
pub(crate) const CLEAR: Rgba = [0; 4];

/// The most colours of a palette.
pub(crate) const MOST_COLORS: usize = 256;

/// How colours that a palette lacks are made of those around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dither {
    /// Not at all: each pixel gets the colour that is nearest.
    None,
    /// By a pattern: what stands still in an animation stays as it is.
    Ordered,
    /// By what its neighbours are off (Floyd and Steinberg): the smoothest.
    Diffusion,
}

impl Dither {
    const ALL: [Self; 3] = [Self::None, Self::Ordered, Self::Diffusion];

    const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ordered => "ordered",
            Self::Diffusion => "diffusion",
        }
    }
}

impl fmt::Display for Dither {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A text that names no way of dithering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is none, ordered or diffusion")]
pub struct ParseDitherError;

impl FromStr for Dither {
    type Err = ParseDitherError;

    fn from_str(text: &str) -> Result<Self, ParseDitherError> {
        let mut all = Self::ALL.into_iter();
        all.find(|dither| dither.word() == text)
            .ok_or(ParseDitherError)
    }
}

/// Few colours, each with its place in the order of their first appearance.
#[derive(Debug, Clone)]
pub(crate) struct Exact {
    colors: Vec<Rgba>,
    /// One more than the place of the colour that a hash leads to; zero where there is none.
    slots: Vec<u16>,
}

impl Exact {
    const SLOTS: usize = 1024;

    /// The colours of these pixels; `None` where there are more than `most`, or than a palette takes.
    pub(crate) fn of(pixels: impl Iterator<Item = Rgba>, most: usize) -> Option<Self> {
        let mut exact = Self {
            colors: Vec::new(),
            slots: vec![0; Self::SLOTS],
        };
        let most = most.min(MOST_COLORS);
        let mut last = None;
        for pixel in pixels {
            if last != Some(pixel) {
                last = Some(pixel);
                exact.place(pixel, most)?;
            }
        }
        Some(exact)
    }

    pub(crate) fn colors(&self) -> &[Rgba] {
        &self.colors
    }

    /// The place of a colour.
    pub(crate) fn index(&self, color: Rgba) -> Option<u8> {
        let mut slot = slot(color);
        loop {
            let place = usize::from(self.slots[slot]).checked_sub(1)?;
            if self.colors[place] == color {
                return u8::try_from(place).ok();
            }
            slot = (slot + 1) % Self::SLOTS;
        }
    }

    fn place(&mut self, color: Rgba, most: usize) -> Option<()> {
        if self.index(color).is_some() {
            return Some(());
        }
        if self.colors.len() == most {
            return None;
        }
        self.colors.push(color);
        let mut slot = slot(color);
        while self.slots[slot] > 0 {
            slot = (slot + 1) % Self::SLOTS;
        }
        self.slots[slot] = u16::try_from(self.colors.len()).ok()?;
        Some(())
    }
}

fn slot(color: Rgba) -> usize {
    u32::from_ne_bytes(color).wrapping_mul(2_654_435_761) as usize >> 22
}

#[cfg(test)]
mod tests;
