//! TIFF (Adobe TIFF 6.0, `BigTIFF`).

use std::io::Cursor;

use ::image::codecs::tiff::{TiffDecoder, TiffEncoder};
use ::image::error::ImageError;
use ::image::{ImageDecoder, ImageEncoder, ImageFormat};

use super::through_image::{ThroughImage, write_pixels};
use super::{CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Tiff,
    name: "tiff",
    title: "TIFF",
    extensions: &["tif", "tiff"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"II*\x00",
        },
        Magic {
            offset: 0,
            bytes: b"MM\x00*",
        },
        Magic {
            offset: 0,
            bytes: b"II+\x00",
        },
        Magic {
            offset: 0,
            bytes: b"MM\x00+",
        },
    ],
    stores: &[
        (Channels::Gray, Depth::U8),
        (Channels::Rgb, Depth::U8),
        (Channels::Rgba, Depth::U8),
        (Channels::Gray, Depth::U16),
        (Channels::Rgb, Depth::U16),
        (Channels::Rgba, Depth::U16),
        (Channels::Rgb, Depth::F32),
        (Channels::Rgba, Depth::F32),
    ],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    max_side: u32::MAX,
    keeps_icc: true,
    keeps_exif: false,
    note: "of several pages, the first; written uncompressed",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Tiff,
    profile: Some(profile),
    encode,
};

/// Pages after the first are left out, and EXIF is not written: the `image` crate's encoder takes neither.
fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut out);
    if let Some(icc) = &image.metadata.icc {
        encoder
            .set_icc_profile(icc.clone())
            .map_err(ImageError::Unsupported)?;
    }
    write_pixels(encoder, image)?;
    Ok(out.into_inner())
}

/// Under a memory limit the decoder of `image` 0.25 refuses a profile that is larger than the picture, so the profile is
/// read by a decoder of its own, under the `tiff` crate's limits.
fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    TiffDecoder::new(Cursor::new(bytes))
        .ok()?
        .icc_profile()
        .ok()
        .flatten()
}
