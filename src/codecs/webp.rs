//! WebP (RFC 9649).

use ::image::ImageFormat;
use ::image::codecs::webp::WebPEncoder;
use ::image::error::ImageError;

use super::store::BYTES;
use super::through_image::{ThroughImage, write_with};
use super::{CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::WebP,
    name: "webp",
    title: "WebP",
    extensions: &["webp"],
    magic: &[Magic {
        offset: 8,
        bytes: b"WEBP",
    }],
    stores: &BYTES,
    float_transfer: Transfer::Srgb,
    default_quality: None,
    max_side: 16_383,
    keeps_icc: true,
    keeps_exif: true,
    note: "written lossless; of an animation, the first frame",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::WebP,
    profile: None,
    encode,
};

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_with(WebPEncoder::new_lossless(&mut out), image)?;
    Ok(out)
}
