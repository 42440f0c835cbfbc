//! GIF (`CompuServe`, version 89a).
//!
//! The `gif` crate takes files apart and packs codes; what is seen of frames is worked out by `reader`, what must be written of
//! them by `writer`. `scan` counts them.

mod reader;
mod scan;
mod writer;

use serde::{Deserialize, Serialize};

use super::frames::{Delay, Frame, Plays, ReadFrames, Several, WriteFrames};
use super::palette::{Dither, MOST_COLORS};
use super::through_image::admit;
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DetailsInfo, EncodeError, EncodeOptions,
    Format, Magic,
};
use crate::image::{Channels, Depth, Image, Layout, Limits, Size, Transfer};
use crate::params::{Params, ValueError};
use crate::warning::Warning;
use reader::Frames;
use writer::Writer;

static DETAILS: DetailsInfo = DetailsInfo {
    help: "colors=N: 2 to 256 of them, with that which is not seen [default: 256]\n\
           dither=none|ordered|diffusion: how those are mixed that it lacks [default: diffusion, and ordered in animations]",
    example: "colors=64,dither=ordered",
    parse: |text, details| {
        details.gif = GifDetails::parse(text)?;
        Ok(())
    },
};

/// What only GIF knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GifDetails {
    /// The most colours of a frame, with that of pixels of which nothing is seen: 2 to 256.
    pub colors: u16,
    /// How colours are mixed that a frame's palette lacks; `None` is what suits it.
    pub dither: Option<Dither>,
}

impl Default for GifDetails {
    fn default() -> Self {
        Self {
            colors: 256,
            dither: None,
        }
    }
}

impl GifDetails {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let mut params = Params::new("--gif", text);
        let details = Self {
            colors: params.whole_number("colors", 2..=256)?.unwrap_or(256),
            dither: params.take_named("dither")?,
        };
        params.finish()?;
        Ok(details)
    }
}

static INFO: CodecInfo = CodecInfo {
    format: Format::Gif,
    name: "gif",
    title: "GIF",
    extensions: &["gif"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"GIF87a",
        },
        Magic {
            offset: 0,
            bytes: b"GIF89a",
        },
    ],
    stores: &[(Channels::Rgba, Depth::U8)],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: Some(&DETAILS),
    max_side: 65_535,
    carries: Carries {
        xmp: Some(MOST_XMP),
        ..Carries::NOTHING
    },
    note: "256 colours a frame, exact where they are enough; animations",
};

/// The longest packet that is written: browsers have to read it to come to the picture.
const MOST_XMP: usize = 8 << 20;

/// What is written of a picture by way of others: its pixels as they are and as they were before, what is left of them, and their
/// places in a palette.
const BYTES_A_PIXEL: u64 = 4 * 5;

pub(super) static CODEC: Gif = Gif;

/// See the module.
pub(super) struct Gif;

impl Codec for Gif {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        reader::header(bytes)
    }

    fn decode(&self, bytes: &[u8], _: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let mut frames = Frames::new(bytes, u64::MAX)?;
        let more = frames.count() > 1;
        let Some(Frame { image, .. }) = frames.next()? else {
            return Err(reader::no_picture());
        };
        let mut warnings = frames.warnings();
        warnings.extend(more.then(|| Warning::frames_dropped(Several::Animation.what())));
        Ok(Decoded {
            picture: image,
            warnings,
        })
    }

    fn frames<'a>(
        &self,
        bytes: &'a [u8],
        _: &Layout,
        limits: &Limits,
    ) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
        if scan::scan(bytes, 2).is_single() {
            return Ok(None);
        }
        Ok(Some(Box::new(Frames::new(bytes, limits.max_pixels)?)))
    }

    fn several(&self) -> Option<Several> {
        Some(Several::Animation)
    }

    fn write_frames(
        &self,
        size: Size,
        plays: Plays,
        options: &EncodeOptions,
    ) -> Result<Box<dyn WriteFrames>, EncodeError> {
        admit(&INFO, size)?;
        Ok(Box::new(Writer::new(size, plays, options, true)))
    }

    fn memory(&self, picture: &Layout, _options: &EncodeOptions) -> u64 {
        let writer = picture.size.pixels().saturating_mul(BYTES_A_PIXEL);
        picture.bytes().saturating_add(writer)
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        let size = image.raster.size();
        admit(&INFO, size)?;
        let mut writer = Writer::new(size, Plays::Times(1), options, false);
        let delay = Delay::NONE;
        writer.add(Frame { image, delay })?;
        Box::new(writer).finish()
    }
}

const _: () = assert!(
    MOST_COLORS == 256,
    "what an index of a GIF file tells apart"
);

#[cfg(test)]
mod tests;
