//! PNG (W3C PNG, third edition).

use ::image::ImageFormat;
use ::image::codecs::png::{CompressionType, FilterType, PngEncoder};
use ::image::error::ImageError;

use super::store::INTEGERS;
use super::through_image::{ThroughImage, write_with};
use super::{CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Png,
    name: "png",
    title: "PNG",
    extensions: &["png", "apng"],
    magic: &[Magic {
        offset: 0,
        bytes: b"\x89PNG\r\n\x1a\n",
    }],
    stores: &INTEGERS,
    float_transfer: Transfer::Srgb,
    default_quality: None,
    max_side: i32::MAX as u32,
    keeps_icc: true,
    keeps_exif: true,
    note: "of an animation, the default picture",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Png,
    profile: None,
    encode,
};

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive);
    write_with(encoder, image)?;
    Ok(out)
}
