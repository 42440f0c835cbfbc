//! Truevision TGA, version 2.

use ::image::ImageFormat;
use ::image::codecs::tga::TgaEncoder;
use ::image::error::ImageError;

use super::store::BYTES;
use super::through_image::{ThroughImage, write_pixels};
use super::{Carries, CodecInfo, EncodeOptions, Format};
use crate::image::{Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Tga,
    name: "tga",
    title: "TGA",
    extensions: &["tga", "icb", "vda", "vst"],
    magic: &[],
    stores: &BYTES,
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 65_535,
    carries: Carries::NOTHING,
    note: "known by its extension: the format has no magic number",
};

pub(super) static CODEC: ThroughImage = ThroughImage::new(&INFO, ImageFormat::Tga, encode);

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_pixels(TgaEncoder::new(&mut out), image)?;
    Ok(out)
}
