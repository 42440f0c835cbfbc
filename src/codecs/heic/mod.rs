//! HEIC (ISO/IEC 23008-12, annex B): pictures that are coded as HEVC, as phones store them. Files are read, and not written.
//!
//! `heif` reads what is in the file, `hevc` has it decoded.

mod hevc;

use super::heif::Coding;
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, EncodeError, EncodeOptions, Format, Magic,
};
use crate::image::{Image, Layout, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Heic,
    name: "heic",
    title: "HEIC",
    extensions: &["heic", "heif", "hif"],
    magic: &[
        brand(b"ftypheic"),
        brand(b"ftypheix"),
        brand(b"ftypheim"),
        brand(b"ftypheis"),
        brand(b"ftyphevc"),
        brand(b"ftypmif1"),
        brand(b"ftypmsf1"),
    ],
    stores: &[],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 0,
    carries: Carries::NOTHING,
    note: "still pictures, also of tiles; gain maps and depth are left out",
};

const fn brand(bytes: &'static [u8]) -> Magic {
    Magic { offset: 4, bytes }
}

/// Bytes of memory that the decoder takes for a pixel, if the picture is not made of tiles: it counts in 32 bits, and filters from one
/// picture to another.
const OF_A_PIXEL: u64 = 16;

static CODING: Coding = Coding {
    format: Format::Heic,
    kind: *b"hvc1",
    decode: hevc::decode,
};

pub(super) static CODEC: Heic = Heic;

/// See the module.
pub(super) struct Heic;

impl Codec for Heic {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(8)
    }

    fn reading(&self, picture: &Layout) -> u64 {
        picture.size.pixels().saturating_mul(OF_A_PIXEL)
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        CODING.layout(bytes)
    }

    fn decode(&self, bytes: &[u8], _: &Layout) -> Result<Decoded<Image>, DecodeError> {
        CODING.image(bytes)
    }

    fn written_as(&self) -> Format {
        Format::Jpeg
    }

    fn encode(&self, _: Image, _: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        Err(EncodeError::ReadOnly(INFO.format))
    }
}

#[cfg(test)]
mod tests;
