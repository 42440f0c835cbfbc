//! Windows bitmap.

use ::image::ImageFormat;
use ::image::codecs::bmp::BmpEncoder;
use ::image::error::ImageError;

use super::through_image::{ThroughImage, write_pixels};
use super::{Carries, CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Bmp,
    name: "bmp",
    title: "BMP",
    extensions: &["bmp", "dib"],
    magic: &[Magic {
        offset: 0,
        bytes: b"BM",
    }],
    stores: &[
        (Channels::Gray, Depth::U8),
        (Channels::Rgb, Depth::U8),
        (Channels::Rgba, Depth::U8),
    ],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: i32::MAX as u32,
    carries: Carries::NOTHING,
    note: "",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Bmp,
    profile: None,
    more: None,
    pixels: None,
    encode,
};

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_pixels(BmpEncoder::new(&mut out), image)?;
    Ok(out)
}
