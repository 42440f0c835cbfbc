//! JPEG (ITU-T T.81).

use ::image::ImageFormat;
use ::image::codecs::jpeg::JpegEncoder;
use ::image::error::ImageError;

use super::through_image::{ThroughImage, write_with};
use super::{CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Transfer};

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

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Jpeg,
    profile: None,
    encode,
};

fn encode(image: &Image, options: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let quality = options.quality.or(INFO.default_quality).unwrap_or(85);
    let mut out = Vec::new();
    write_with(JpegEncoder::new_with_quality(&mut out, quality), image)?;
    Ok(out)
}
