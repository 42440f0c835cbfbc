//! `OpenEXR`: linear light.

use std::io::Cursor;

use ::image::ImageFormat;
use ::image::codecs::openexr::OpenExrEncoder;
use ::image::error::ImageError;

use super::through_image::{ThroughImage, write_pixels};
use super::{Carries, CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Exr,
    name: "exr",
    title: "OpenEXR",
    extensions: &["exr"],
    magic: &[Magic {
        offset: 0,
        bytes: b"v/1\x01",
    }],
    stores: &[(Channels::Rgb, Depth::F32), (Channels::Rgba, Depth::F32)],
    float_transfer: Transfer::Linear,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: u32::MAX,
    carries: Carries::NOTHING,
    note: "linear light; made sRGB for formats without floats",
};

pub(super) static CODEC: ThroughImage = ThroughImage::new(&INFO, ImageFormat::OpenExr, encode);

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Cursor::new(Vec::new());
    write_pixels(OpenExrEncoder::new(&mut out), image)?;
    Ok(out.into_inner())
}
