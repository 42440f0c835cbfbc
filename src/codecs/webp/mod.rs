//! WebP (RFC 9649).
//!
//! Files are read by a library in safe Rust, and written by libwebp: `libwebp` calls it, `studio` brings planes to the range
//! that it wants, `container` adds what the picture carries along.

mod container;
mod libwebp;
mod studio;

use ::image::ImageFormat;
use ::image::error::{
    EncodingError, ImageError, ImageFormatHint, LimitError as Exhausted, LimitErrorKind,
};

use super::store::{BYTES, prepare};
use super::through_image::{ANIMATION, ThroughImage, admit};
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, EncodeError, EncodeOptions, Format, Magic,
};
use crate::image::{Channels, Image, Layout, Metadata, Planes, Raster, Samples, Size, Transfer};
use libwebp::{Refused, Source, Way};

static INFO: CodecInfo = CodecInfo {
    format: Format::WebP,
    name: "webp",
    title: "WebP",
    extensions: &["webp"],
    magic: &[Magic {
        offset: 8,
        bytes: b"WEBP",
    }],
    stores: &BYTES,
    float_transfer: Transfer::Srgb,
    default_quality: Some(DEFAULT_QUALITY),
    has_effort: true,
    details: None,
    max_side: 16_383,
    carries: Carries {
        icc: true,
        exif: Some(i32::MAX as usize),
        xmp: Some(i32::MAX as usize),
        ..Carries::NOTHING
    },
    note: "lossy, or lossless with --lossless; of an animation, the first frame",
};

/// As sharp and Pillow have it; their figures mean what libwebp makes of them, and so do ours.
const DEFAULT_QUALITY: u8 = 80;

/// The pixels across and down that share a sample of chroma in a lossy file.
const COARSENESS: (u32, u32) = (2, 2);

/// Bytes of memory that libwebp takes for a pixel of a photo, and then some: for one of noise three times as much. Alpha is
/// always written without loss.
const LOSSY: u64 = 6;
const EXACT: u64 = 20;

/// Writes lossy files.
pub(super) static CODEC: WebP = WebP {
    library: LIBRARY,
    lossless: false,
};

static LOSSLESS: WebP = WebP {
    library: LIBRARY,
    lossless: true,
};

const LIBRARY: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::WebP,
    profile: None,
    carried: None,
    more: Some(animation),
    pixels: None,
    encode: |_, _| unreachable!("files are written here"),
};

/// See the module.
pub(super) struct WebP {
    library: ThroughImage,
    lossless: bool,
}

impl Codec for WebP {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        self.library.header(bytes)
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        self.library.decode(bytes, layout)
    }

    fn memory(&self, picture: &Layout) -> u64 {
        let exact = self.lossless || picture.channels.has_alpha();
        let of_a_pixel = if exact { EXACT } else { LOSSY };
        let encoder = picture.size.pixels().saturating_mul(of_a_pixel);
        picture.bytes().saturating_add(encoder)
    }

    fn lossless(&'static self) -> Option<&'static dyn Codec> {
        Some(&LOSSLESS)
    }

    fn coarseness(&self, _: &EncodeOptions) -> Option<(u32, u32)> {
        (!self.lossless).then_some(COARSENESS)
    }

    fn encode_planes(
        &self,
        planes: &Planes,
        metadata: &Metadata,
        options: &EncodeOptions,
    ) -> Result<Vec<u8>, EncodeError> {
        let (format, size) = (Format::WebP, planes.size);
        admit(&INFO, size)?;
        let unfit = EncodeError::Planes { format, size };
        let mut planes = studio::planes(planes).ok_or(unfit)?;
        finish(
            size,
            Source::Planes(&mut planes),
            self.way(options),
            options.effort,
            metadata,
        )
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        let size = image.raster.size();
        admit(&INFO, size)?;
        let Image { raster, metadata } = prepare(image, &INFO, options.background);
        if let (Channels::Gray, false) = (raster.channels(), self.lossless)
            && let Some(planes) = Planes::from_raster(&raster, COARSENESS)
        {
            return self.encode_planes(&planes, &metadata, options);
        }
        let pixels = coloured(raster);
        let source = match (pixels.channels(), pixels.samples()) {
            (Channels::Rgba, Samples::U8(samples)) => Source::Rgba(samples),
            (_, Samples::U8(samples)) => Source::Rgb(samples),
            (_, Samples::U16(_) | Samples::F32(_)) => {
                unreachable!("the format stores nothing deeper")
            }
        };
        finish(size, source, self.way(options), options.effort, &metadata)
    }
}

impl WebP {
    fn way(&self, options: &EncodeOptions) -> Way {
        if self.lossless {
            return Way::Lossless;
        }
        Way::Lossy(options.quality.unwrap_or(DEFAULT_QUALITY))
    }
}

/// Frames are chunks of their own (RFC 9649, 2.7.1.1).
fn animation(bytes: &[u8]) -> Option<&'static str> {
    let mut frames = 0;
    let mut at = 12;
    while frames < 2 {
        let length = u32::from_le_bytes(*bytes.get(at + 4..)?.first_chunk()?);
        frames += u8::from(bytes[at..].starts_with(b"ANMF"));
        at = (at + 8)
            .checked_add(usize::try_from(length).ok()?)?
            .checked_next_multiple_of(2)?;
    }
    Some(ANIMATION)
}

/// Pixels of three or four channels: libwebp knows no others.
fn coloured(raster: Raster) -> Raster {
    let channels = if raster.channels().has_alpha() {
        Channels::Rgba
    } else {
        Channels::Rgb
    };
    raster.to_channels(channels)
}

/// The file, with what it carries along.
fn finish(
    size: Size,
    source: Source<'_>,
    way: Way,
    effort: Option<u8>,
    metadata: &Metadata,
) -> Result<Vec<u8>, EncodeError> {
    let bytes = libwebp::encode(size, source, way, effort).map_err(refused)?;
    let (icc, exif) = (metadata.icc.as_deref(), metadata.exif.as_deref());
    let xmp = metadata.xmp.as_deref();
    Ok(container::extended(bytes, size, icc, exif, xmp))
}

fn refused(reason: Refused) -> EncodeError {
    let source = match reason {
        Refused::Memory => {
            ImageError::Limits(Exhausted::from_kind(LimitErrorKind::InsufficientMemory))
        }
        Refused::Other(_) => {
            let hint = ImageFormatHint::Exact(ImageFormat::WebP);
            ImageError::Encoding(EncodingError::new(hint, reason))
        }
    };
    EncodeError::Encoder {
        format: Format::WebP,
        source,
    }
}

#[cfg(test)]
mod tests;
