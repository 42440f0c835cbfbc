use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Orientation;

/// Width and height in pixels; neither is ever zero in a decoded image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// A size of `width` columns and `height` rows.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// How many pixels that is.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The size of the picture turned by a quarter.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self::new(self.height, self.width)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Which samples a pixel has, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Channels {
    /// One gray sample.
    Gray,
    /// Gray, then alpha (straight, not premultiplied).
    GrayAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha (straight, not premultiplied).
    Rgba,
}

impl Channels {
    /// Every combination, for tables and tests.
    pub const ALL: [Self; 4] = [Self::Gray, Self::GrayAlpha, Self::Rgb, Self::Rgba];

    /// Samples of one pixel, alpha included.
    pub const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    /// Samples of one pixel, alpha left out.
    pub const fn colors(self) -> usize {
        if self.is_gray() { 1 } else { 3 }
    }

    /// Whether the last sample of a pixel is its alpha.
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }

    /// Whether there is a single colour sample.
    pub const fn is_gray(self) -> bool {
        matches!(self, Self::Gray | Self::GrayAlpha)
    }

    /// The same colours, with alpha or without.
    #[must_use]
    pub const fn with_alpha(self, alpha: bool) -> Self {
        match (self.is_gray(), alpha) {
            (true, false) => Self::Gray,
            (true, true) => Self::GrayAlpha,
            (false, false) => Self::Rgb,
            (false, true) => Self::Rgba,
        }
    }

    /// The same alpha, with one colour sample or three.
    #[must_use]
    pub const fn with_gray(self, gray: bool) -> Self {
        match (gray, self.has_alpha()) {
            (true, false) => Self::Gray,
            (true, true) => Self::GrayAlpha,
            (false, false) => Self::Rgb,
            (false, true) => Self::Rgba,
        }
    }
}

/// How one sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Depth {
    /// 8 bits, 0 to 255.
    U8,
    /// 16 bits, 0 to 65535.
    U16,
    /// 32-bit float, nominally 0 to 1; values outside are kept.
    F32,
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::U8 => "8 bits",
            Self::U16 => "16 bits",
            Self::F32 => "float",
        })
    }
}

/// A text that names no depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is 8, 16 or float")]
pub struct ParseDepthError;

impl FromStr for Depth {
    type Err = ParseDepthError;

    fn from_str(text: &str) -> Result<Self, ParseDepthError> {
        match text {
            "8" => Ok(Self::U8),
            "16" => Ok(Self::U16),
            "float" => Ok(Self::F32),
            _ => Err(ParseDepthError),
        }
    }
}

impl Depth {
    /// Every depth, shallowest first.
    pub const ALL: [Self; 3] = [Self::U8, Self::U16, Self::F32];

    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::F32 => 4,
        }
    }
}

/// Everything about an image that can be known, and changed, before there are pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Layout {
    /// Size as stored, before the orientation is applied.
    pub size: Size,
    /// Samples of a pixel.
    pub channels: Channels,
    /// Storage of a sample.
    pub depth: Depth,
    /// How the stored picture must be turned to be upright.
    pub orientation: Orientation,
}

impl Layout {
    /// Bytes that the samples take; saturates where they could not be addressed anyway.
    pub fn bytes(&self) -> u64 {
        let pixel = (self.channels.count() * self.depth.bytes()) as u64;
        self.size.pixels().saturating_mul(pixel)
    }
}
