//! Quite OK Image (qoiformat.org).

use ::image::ImageFormat;
use ::image::codecs::qoi::QoiEncoder;
use ::image::error::ImageError;

use super::through_image::{ThroughImage, write_pixels};
use super::{Carries, CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Qoi,
    name: "qoi",
    title: "QOI",
    extensions: &["qoi"],
    magic: &[Magic {
        offset: 0,
        bytes: b"qoif",
    }],
    stores: &[(Channels::Rgb, Depth::U8), (Channels::Rgba, Depth::U8)],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: u32::MAX,
    carries: Carries::NOTHING,
    note: "",
};

pub(super) static CODEC: ThroughImage = ThroughImage::new(&INFO, ImageFormat::Qoi, encode);

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_pixels(QoiEncoder::new(&mut out), image)?;
    Ok(out)
}
