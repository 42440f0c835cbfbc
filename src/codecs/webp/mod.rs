//! WebP (RFC 9649).
//!
//! Files are read by a library in safe Rust, and written by libwebp: `libwebp` calls it, `studio` brings planes to the range
//! that it wants, `container` adds what the picture carries along. `frames` reads and writes animations, with libwebp's `animator`.

mod animator;
mod container;
mod frames;
mod libwebp;
mod studio;

use ::image::ImageFormat;
use ::image::error::{
    EncodingError, ImageError, ImageFormatHint, LimitError as Exhausted, LimitErrorKind,
};

use serde::{Deserialize, Serialize};

use super::frames::{Plays, ReadFrames, Several, WriteFrames};
use super::store::{BYTES, prepare};
use super::through_image::{ELSEWHERE, ThroughImage, admit};
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DetailsInfo, EncodeError, EncodeOptions,
    Format, Magic,
};
use crate::image::{
    Channels, Image, Layout, Limits, Metadata, Planes, Raster, Samples, Size, Transfer,
};
use crate::params::{Params, ValueError};
use libwebp::{Refused, Source, Way};

static DETAILS: DetailsInfo = DetailsInfo {
    help: "near-lossless=N: without loss, but for samples that are brought near to what they are: 0, small, to 100, exact\n\
           alpha-quality=N: of lossy files, 0 to 100 [default: 100, without loss]\n\
           sharp-yuv: chroma made with more care, for what is red beside blue; slower",
    example: "sharp-yuv,alpha-quality=80",
    parse: |text, details| {
        details.webp = WebPDetails::parse(text)?;
        Ok(())
    },
};

/// What only WebP knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebPDetails {
    /// How near to what they are samples stay in a file that is else without loss: 0 to 100.
    pub near_lossless: Option<u8>,
    /// Quality of alpha in lossy files: 0 to 100.
    pub alpha_quality: Option<u8>,
    /// Whether chroma is made with more care.
    pub sharp_yuv: bool,
}

impl WebPDetails {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let mut params = Params::new("--webp", text);
        let details = Self {
            near_lossless: params.whole_number("near-lossless", 0..=100)?,
            alpha_quality: params.whole_number("alpha-quality", 0..=100)?,
            sharp_yuv: params.take_flag("sharp-yuv"),
        };
        params.finish()?;
        Ok(details)
    }
}

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
    details: Some(&DETAILS),
    max_side: 16_383,
    carries: Carries {
        icc: true,
        exif: Some(i32::MAX as usize),
        xmp: Some(i32::MAX as usize),
        ..Carries::NOTHING
    },
    note: "lossy, or lossless with --lossless; animations",
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
pub(super) static CODEC: WebP = WebP { lossless: false };

static LOSSLESS: WebP = WebP { lossless: true };

static LIBRARY: ThroughImage = ThroughImage {
    more: Some(frames::more),
    ..ThroughImage::new(&INFO, ImageFormat::WebP, ELSEWHERE)
};

/// See the module.
pub(super) struct WebP {
    lossless: bool,
}

impl Codec for WebP {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(4)
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        LIBRARY.header(bytes)
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        LIBRARY.decode(bytes, layout)
    }

    fn memory(&self, picture: &Layout, _options: &EncodeOptions) -> u64 {
        let exact = self.lossless || picture.channels.has_alpha();
        let of_a_pixel = if exact { EXACT } else { LOSSY };
        let encoder = picture.size.pixels().saturating_mul(of_a_pixel);
        picture.bytes().saturating_add(encoder)
    }

    fn lossless(&'static self) -> Option<&'static dyn Codec> {
        Some(&LOSSLESS)
    }

    fn coarseness(&self, options: &EncodeOptions) -> Option<(u32, u32)> {
        let is_lossy = matches!(self.way(options), Way::Lossy(_));
        // Where care is asked for, chroma is made of colours.
        (is_lossy && !options.details.webp.sharp_yuv).then_some(COARSENESS)
    }

    fn frames<'a>(
        &self,
        bytes: &'a [u8],
        layout: &Layout,
        _: &Limits,
    ) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
        if !frames::is_animation(bytes) {
            return Ok(None);
        }
        let frames = frames::Frames::new(bytes, &LIBRARY, layout)?;
        Ok(Some(Box::new(frames)))
    }

    fn several(&self) -> Option<Several> {
        Some(Several::Animation)
    }

    fn write_frames(
        &self,
        size: Size,
        plays: Plays,
        options: &EncodeOptions,
    ) -> Result<Box<dyn WriteFrames>, EncodeError> {
        admit(&INFO, size)?;
        let way = self.way(options);
        let writer = frames::Writer::new(size, plays, way, options)?;
        Ok(Box::new(writer))
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
            options,
            metadata,
        )
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        let size = image.raster.size();
        admit(&INFO, size)?;
        let Image { raster, metadata } = prepare(image, &INFO, options);
        if let (Channels::Gray, Some(_)) = (raster.channels(), self.coarseness(options))
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
        finish(size, source, self.way(options), options, &metadata)
    }
}

impl WebP {
    fn way(&self, options: &EncodeOptions) -> Way {
        if self.lossless {
            return Way::Lossless;
        }
        if let Some(level) = options.details.webp.near_lossless {
            return Way::NearLossless(level);
        }
        Way::Lossy(options.quality.unwrap_or(DEFAULT_QUALITY))
    }
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
    options: &EncodeOptions,
    metadata: &Metadata,
) -> Result<Vec<u8>, EncodeError> {
    let bytes = libwebp::encode(size, source, way, options.effort, options.details.webp);
    let bytes = bytes.map_err(refused)?;
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
