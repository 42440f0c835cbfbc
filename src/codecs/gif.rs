//! GIF (`CompuServe`, version 89a).

use ::image::codecs::gif::GifEncoder;
use ::image::error::ImageError;
use ::image::{ExtendedColorType, ImageFormat};

use super::through_image::ThroughImage;
use super::{CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Samples, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Gif,
    name: "gif",
    title: "GIF",
    extensions: &["gif"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"GIF87a",
        },
        Magic {
            offset: 0,
            bytes: b"GIF89a",
        },
    ],
    stores: &[(Channels::Rgba, Depth::U8)],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    max_side: 65_535,
    keeps_icc: false,
    keeps_exif: false,
    note: "256 colours; of an animation, the first frame",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Gif,
    profile: None,
    encode,
};

/// 1 to 30; beyond 10 the palette visibly suffers.
const SPEED: i32 = 10;

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let Samples::U8(samples) = image.raster.samples() else {
        return Ok(Vec::new());
    };
    let size = image.raster.size();
    let mut out = Vec::new();
    GifEncoder::new_with_speed(&mut out, SPEED).encode(
        samples,
        size.width,
        size.height,
        ExtendedColorType::Rgba8,
    )?;
    Ok(out)
}
