//! Radiance RGBE: linear light.

use ::image::ImageFormat;
use ::image::codecs::hdr::HdrEncoder;
use ::image::error::ImageError;

use super::through_image::{ThroughImage, write_pixels};
use super::{Carries, CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Hdr,
    name: "hdr",
    title: "Radiance HDR",
    extensions: &["hdr"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"#?RADIANCE",
        },
        Magic {
            offset: 0,
            bytes: b"#?RGBE",
        },
    ],
    stores: &[(Channels::Rgb, Depth::F32)],
    float_transfer: Transfer::Linear,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: u32::MAX,
    carries: Carries::NOTHING,
    note: "linear light; made sRGB for formats without floats",
};

pub(super) static CODEC: ThroughImage = ThroughImage::new(&INFO, ImageFormat::Hdr, encode);

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_pixels(HdrEncoder::new(&mut out), image)?;
    Ok(out)
}
