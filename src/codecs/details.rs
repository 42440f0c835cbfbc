//! How a file is to be written: what all formats have in common, and what each has of its own.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Format;
use super::avif::AvifDetails;
use super::gif::GifDetails;
use super::jpeg::JpegDetails;
use super::png::PngDetails;
use super::tiff::TiffDetails;
use super::webp::WebPDetails;
use crate::image::{Color, Depth};
use crate::params::ValueError;

/// How a file is to be written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncodeOptions {
    /// 1 to 100; `None` is the format's default.
    pub quality: Option<u8>,
    /// From 1, fast, to [`MOST_EFFORT`], small; `None` is the format's default.
    pub effort: Option<u8>,
    /// What shows through where the format holds no alpha.
    pub background: Color,
    /// Storage of a sample; `None` is the picture's own, as far as the format has it.
    pub depth: Option<Depth>,
    /// Whether shades that are given up become a fine pattern of those that are left.
    pub dither: bool,
    /// What only one format knows, for each that knows something.
    pub details: Details,
}

/// The most effort that can be asked for.
pub const MOST_EFFORT: u8 = 10;

impl Default for EncodeOptions {
    /// What each format takes for its default.
    fn default() -> Self {
        Self {
            quality: None,
            effort: None,
            background: Color::TRANSPARENT,
            depth: None,
            dither: false,
            details: Details::default(),
        }
    }
}

/// What only one format knows, for each that knows something. A format says in its [`CodecInfo`](super::CodecInfo) how people
/// write it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// Of JPEG.
    pub jpeg: JpegDetails,
    /// Of GIF.
    pub gif: GifDetails,
    /// Of PNG.
    pub png: PngDetails,
    /// Of TIFF.
    pub tiff: TiffDetails,
    /// Of AVIF.
    pub avif: AvifDetails,
    /// Of WebP.
    pub webp: WebPDetails,
}

/// A format's own options as people see them.
#[derive(Debug)]
pub struct DetailsInfo {
    /// Each with what it takes and its default; several lines.
    pub help: &'static str,
    /// A value that makes sense.
    pub example: &'static str,
    /// Reads a value into its place.
    pub parse: fn(&str, &mut Details) -> Result<(), ValueError>,
}

impl Details {
    /// Reads what is written for a format: `--jpeg subsampling=444`. `None` where it has no options of its own.
    pub fn read(&mut self, format: Format, text: &str) -> Option<Result<(), ValueError>> {
        let info = format.info().details?;
        Some((info.parse)(text, self))
    }
}

/// Which pixels share a sample of chroma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subsampling {
    /// None: each has its own.
    Full,
    /// Two beside each other.
    Across,
    /// Two above each other.
    Down,
    /// Four.
    Both,
}

impl Subsampling {
    /// Pixels across and down that share a sample.
    pub const fn pixels(self) -> (u8, u8) {
        match self {
            Self::Full => (1, 1),
            Self::Across => (2, 1),
            Self::Down => (1, 2),
            Self::Both => (2, 2),
        }
    }
}

/// A text that names no subsampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is 444, 422, 440 or 420")]
pub struct ParseSubsamplingError;

impl FromStr for Subsampling {
    type Err = ParseSubsamplingError;

    /// `420`, or `4:2:0`.
    fn from_str(text: &str) -> Result<Self, ParseSubsamplingError> {
        match text.replace(':', "").as_str() {
            "444" => Ok(Self::Full),
            "422" => Ok(Self::Across),
            "440" => Ok(Self::Down),
            "420" => Ok(Self::Both),
            _ => Err(ParseSubsamplingError),
        }
    }
}
