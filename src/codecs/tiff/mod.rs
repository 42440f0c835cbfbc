//! TIFF (Adobe TIFF 6.0, `BigTIFF`).
//!
//! The `image` crate reads it, and `jpeg`, `indexed` and `luma` what it does not (samples come from `packed`); `directories` finds pages, `alpha` brings colours to what they are without it, `inks` to
//! what their profile says, `write` makes files.

mod alpha;
mod directories;
mod indexed;
mod inks;
mod jpeg;
mod luma;
mod packed;
#[cfg(test)]
mod tests;
mod write;

use std::io::Cursor;

use ::image::ImageFormat;
use ::tiff::decoder::Decoder as TiffDecoder;
use ::tiff::tags::Tag;

use super::carries::Carried;
use super::frames::{Delay, Frame, Plays, ReadFrames, Several, WriteFrames};
use super::jpeg::iptc;
use super::pages::Pages;
use super::through_image::{Decoder, ELSEWHERE, Encode, ThroughImage};
use super::{Carries, CodecInfo, DecodeError, EncodeError, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Layout, Limits, Size, Transfer};
use crate::metadata::exif;
use write::Writer;
pub use write::{Packing, ParsePackingError, TiffDetails};

static INFO: CodecInfo = CodecInfo {
    format: Format::Tiff,
    name: "tiff",
    title: "TIFF",
    extensions: &["tif", "tiff"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"II*\x00",
        },
        Magic {
            offset: 0,
            bytes: b"MM\x00*",
        },
        Magic {
            offset: 0,
            bytes: b"II+\x00",
        },
        Magic {
            offset: 0,
            bytes: b"MM\x00+",
        },
    ],
    stores: &[
        (Channels::Gray, Depth::U8),
        (Channels::Rgb, Depth::U8),
        (Channels::Rgba, Depth::U8),
        (Channels::Gray, Depth::U16),
        (Channels::Rgb, Depth::U16),
        (Channels::Rgba, Depth::U16),
        (Channels::Rgb, Depth::F32),
        (Channels::Rgba, Depth::F32),
    ],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: true,
    details: Some(&write::DETAILS),
    max_side: u32::MAX,
    carries: Carries {
        icc: true,
        exif: Some(MOST_BYTES),
        moves_exif: true,
        xmp: Some(MOST_BYTES),
        iptc: Some(MOST_BYTES),
    },
    note: "packed with deflate, or as --tiff says; all pages, or --frames N",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    own: Some(open),
    profile: Some(profile),
    carried: Some(carried),
    more: Some(directories::pages),
    pixels: Some(alpha::read),
    frames: Some(frames),
    several: Some((Several::Pages, write_frames)),
    encode: Encode::Whole(encode),
    ..ThroughImage::new(&INFO, ImageFormat::Tiff, ELSEWHERE)
};

/// A decoder for what the library does not read.
fn open(bytes: &[u8]) -> Option<Result<Decoder<'_>, DecodeError>> {
    jpeg::open(bytes)
        .or_else(|| indexed::open(bytes))
        .or_else(|| luma::open(bytes))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the pictures of other formats can be broken before the first"
)]
fn frames<'a>(
    bytes: &'a [u8],
    _: &Layout,
    limits: Limits,
) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
    let pages = Pages::new(&CODEC, bytes, directories::heads(bytes), limits);
    Ok(pages.map(|pages| Box::new(pages) as Box<dyn ReadFrames>))
}

fn write_frames(_: Size, _: Plays, options: &EncodeOptions) -> Box<dyn WriteFrames> {
    Box::new(Writer::new(options, true))
}

fn encode(image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new(options, false);
    let delay = Delay::NONE;
    writer.add(Frame { image, delay })?;
    Box::new(writer).finish()
}

/// The most of a block that is carried, in bytes: a file has 4 GiB.
const MOST_BYTES: usize = 64 << 20;

fn carried(bytes: &[u8]) -> Carried {
    let exif::InTiff {
        xmp,
        iptc,
        photoshop,
    } = exif::in_tiff(bytes);
    Carried {
        exif: exif::of_tiff(bytes),
        xmp: xmp.map(<[u8]>::to_vec),
        iptc: iptc.or(photoshop.and_then(self::iptc)).map(<[u8]>::to_vec),
    }
}

/// Under a memory limit the decoder of `image` 0.25 refuses a profile that is larger than the picture, so the profile is
/// read by a decoder of its own, under the `tiff` crate's limits.
fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = TiffDecoder::new(Cursor::new(bytes)).ok()?;
    decoder.get_tag_u8_vec(Tag::IccProfile).ok()
}
