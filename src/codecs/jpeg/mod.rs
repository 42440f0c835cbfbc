//! JPEG (ITU-T T.81).
//!
//! Whole pictures are read and written by libraries. Where less is wanted than a whole picture, or nothing but its
//! planes, the reader of this folder is at work: `segments` reads headers, `entropy` takes the stuffing out of the
//! data, `walk` finds the blocks in them, `gather` takes out what is wanted of each, `inverse` makes samples of it.
//! What it does not understand, and every file that is damaged, it leaves to the library.

mod entropy;
mod gather;
mod huffman;
mod inverse;
mod plane;
mod reader;
mod segments;
mod sequential;
mod tables;
mod walk;

use ::image::ImageFormat;
use ::image::codecs::jpeg::JpegEncoder;
use ::image::error::ImageError;

use super::through_image::{ThroughImage, write_with};
use super::{Codec, CodecInfo, DecodeError, EncodeError, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Layout, Metadata, Planes, Size, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Jpeg,
    name: "jpeg",
    title: "JPEG",
    extensions: &["jpg", "jpeg", "jpe", "jfif"],
    magic: &[Magic {
        offset: 0,
        bytes: b"\xff\xd8\xff",
    }],
    stores: &[(Channels::Gray, Depth::U8), (Channels::Rgb, Depth::U8)],
    float_transfer: Transfer::Srgb,
    default_quality: Some(85),
    max_side: 65_535,
    keeps_icc: true,
    keeps_exif: true,
    note: "alpha is laid over the background",
};

pub(super) static CODEC: Jpeg = Jpeg {
    library: ThroughImage {
        info: &INFO,
        image_format: ImageFormat::Jpeg,
        profile: None,
        encode,
    },
};

/// See the module.
pub(super) struct Jpeg {
    library: ThroughImage,
}

impl Codec for Jpeg {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        self.library.header(bytes)
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Image, DecodeError> {
        self.library.decode(bytes, layout)
    }

    fn planes(
        &self,
        bytes: &[u8],
        whole: Size,
        coarseness: (u32, u32),
    ) -> Option<(Planes, Metadata)> {
        let picture = reader::read(bytes, whole, coarseness).ok()?;
        Some((picture.planes, picture.metadata))
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        self.library.encode(image, options)
    }
}

fn encode(image: &Image, options: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let quality = options.quality.or(INFO.default_quality).unwrap_or(85);
    let mut out = Vec::new();
    write_with(JpegEncoder::new_with_quality(&mut out, quality), image)?;
    Ok(out)
}

#[cfg(test)]
mod tests;
