//! Windows icon.

use ::image::ImageFormat;
use ::image::codecs::ico::IcoEncoder;
use ::image::error::ImageError;

use super::through_image::{ThroughImage, write_pixels};
use super::{Carries, CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Ico,
    name: "ico",
    title: "ICO",
    extensions: &["ico"],
    magic: &[Magic {
        offset: 0,
        bytes: b"\x00\x00\x01\x00",
    }],
    stores: &[(Channels::Rgba, Depth::U8)],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 256,
    carries: Carries::NOTHING,
    note: "of several pictures, the largest; at most 256 pixels a side",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Ico,
    profile: None,
    carried: None,
    more: None,
    pixels: None,
    encode,
};

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_pixels(IcoEncoder::new(&mut out), image)?;
    Ok(out)
}
