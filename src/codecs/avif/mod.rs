//! AVIF (AV1 Image File Format 1.1).
//!
//! `heif` reads what is in the file, and `av1` decodes it. `planes` brings pictures to what `encode` codes, and `write` puts a
//! file around that.

mod av1;
mod encode;
mod planes;
mod write;

use ::image::ImageFormat;
use ::image::error::{EncodingError, ImageError, ImageFormatHint};
use serde::{Deserialize, Serialize};

use super::heif::Coding;
use super::store::{INTEGERS, orientation, prepare};
use super::through_image::admit;
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DetailsInfo, EncodeError, EncodeOptions,
    Format, MOST_EFFORT, Magic, Subsampling,
};
use crate::image::{Cicp, Depth, Image, Layout, Metadata, Planes, Raster, Size, Transfer};
use crate::params::{ParamError, Params};
use encode::{Job, Refused, Source};
use planes::Alpha;
use write::{Coded, Content};

static DETAILS: DetailsInfo = DetailsInfo {
    help: "subsampling=444|422|420: pixels that share chroma [default: 444]\n\
           depth=8|10: bits of a sample [default: 8, and 10 where the picture has more than 8]",
    example: "depth=10,subsampling=420",
    parse: |text, details| {
        let mut params = Params::new("--avif", text);
        let subsampling = params.take_named("subsampling")?;
        if subsampling == Some(Subsampling::Down) {
            let reason = "subsampling `440`: it is 444, 422 or 420".to_owned();
            return Err(params.error(ParamError::Malformed(reason)));
        }
        let depth = params.take_named::<u8>("depth")?;
        if depth.is_some_and(|depth| !matches!(depth, 8 | 10)) {
            let reason = "depth: it is 8 or 10".to_owned();
            return Err(params.error(ParamError::Malformed(reason)));
        }
        details.avif = AvifDetails { subsampling, depth };
        params.finish()
    },
};

/// What only AVIF knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvifDetails {
    /// The pixels that share chroma; `None` is none of them.
    pub subsampling: Option<Subsampling>,
    /// Bits of a sample, 8 or 10; `None` is what suits the picture.
    pub depth: Option<u8>,
}

static INFO: CodecInfo = CodecInfo {
    format: Format::Avif,
    name: "avif",
    title: "AVIF",
    extensions: &["avif"],
    magic: &[
        Magic {
            offset: 4,
            bytes: b"ftypavif",
        },
        Magic {
            offset: 4,
            bytes: b"ftypavis",
        },
    ],
    stores: &INTEGERS,
    float_transfer: Transfer::Srgb,
    default_quality: Some(DEFAULT_QUALITY),
    has_effort: true,
    details: Some(&DETAILS),
    max_side: 65_535,
    carries: Carries {
        icc: true,
        exif: Some(i32::MAX as usize),
        xmp: Some(i32::MAX as usize),
        ..Carries::NOTHING
    },
    note: "what is deeper than 8 bits is written in 10; of an animation, the first frame",
};

/// As avifenc has it.
const DEFAULT_QUALITY: u8 = 60;

/// From 1 to [`MOST_EFFORT`].
const DEFAULT_EFFORT: u8 = 1;

/// Bytes of memory that the encoder takes for a pixel.
const OF_A_PIXEL: u64 = 60;

static CODING: Coding = Coding {
    format: Format::Avif,
    kind: *b"av01",
    decode: av1::decode,
};

pub(super) static CODEC: Avif = Avif;

/// See the module.
pub(super) struct Avif;

impl Codec for Avif {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(8)
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        CODING.layout(bytes)
    }

    fn decode(&self, bytes: &[u8], _: &Layout) -> Result<Decoded<Image>, DecodeError> {
        CODING.image(bytes)
    }

    fn memory(&self, picture: &Layout, _options: &EncodeOptions) -> u64 {
        let encoder = picture.size.pixels().saturating_mul(OF_A_PIXEL);
        picture.bytes().saturating_add(encoder)
    }

    fn coarseness(&self, options: &EncodeOptions) -> Option<(u32, u32)> {
        Some(sampling(options))
    }

    fn encode_planes(
        &self,
        planes: &Planes,
        metadata: &Metadata,
        options: &EncodeOptions,
    ) -> Result<Vec<u8>, EncodeError> {
        admit(&INFO, planes.size)?;
        let color = color_of(planes, metadata, options)?;
        finish(planes.size, color, None, metadata)
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        let size = image.raster.size();
        admit(&INFO, size)?;
        let depth = bits(options).map(|bits| if bits == 8 { Depth::U8 } else { Depth::U16 });
        let options = &EncodeOptions {
            depth,
            ..options.clone()
        };
        let Image { raster, metadata } = prepare(image, &INFO, options);
        let alpha = planes::alpha(&raster);
        let alpha = alpha
            .map(|alpha| alpha_of(alpha, size, options))
            .transpose()?;
        let color = match raster.depth() {
            Depth::U8 => {
                let planes = Planes::from_raster(&planes::opaque(raster), sampling(options));
                let planes = planes.ok_or(EncodeError::Planes {
                    format: INFO.format,
                    size,
                })?;
                color_of(&planes, &metadata, options)?
            }
            Depth::U16 | Depth::F32 => deep_color_of(&raster, &metadata, options)?,
        };
        finish(size, color, alpha, &metadata)
    }
}

/// The pixels across and down that share a sample of chroma.
fn sampling(options: &EncodeOptions) -> (u32, u32) {
    let chosen = options
        .details
        .avif
        .subsampling
        .unwrap_or(Subsampling::Full);
    let (across, down) = chosen.pixels();
    (across.into(), down.into())
}

/// Bits of a sample; `None` is what suits the picture.
fn bits(options: &EncodeOptions) -> Option<u8> {
    let of_depth = |depth| if depth == Depth::U8 { 8 } else { 10 };
    let own = options.details.avif.depth;
    own.or_else(|| options.depth.map(of_depth))
}

fn quality(options: &EncodeOptions) -> u8 {
    options.quality.unwrap_or(DEFAULT_QUALITY)
}

/// The encoder's own scale goes from 10, fast, to 0.
fn speed(options: &EncodeOptions) -> u8 {
    MOST_EFFORT + 1
        - options
            .effort
            .unwrap_or(DEFAULT_EFFORT)
            .clamp(1, MOST_EFFORT)
}

fn job<T>(planes: Vec<Source<T>>, bits: u8, size: Size, options: &EncodeOptions) -> Job<T> {
    Job {
        size,
        bits,
        chroma: (planes.len() > 1).then(|| sampling(options)),
        planes,
        has_profile: false,
        quality: quality(options),
        speed: speed(options),
    }
}

fn color_of(
    planes: &Planes,
    metadata: &Metadata,
    options: &EncodeOptions,
) -> Result<Coded, EncodeError> {
    let has_profile = metadata.icc.is_some();
    let coded = if bits(options) == Some(10) {
        let job = job(planes::in_10_bits(planes), 10, planes.size, options);
        encode::encode(&Job { has_profile, ..job })
    } else {
        let job = job(planes::in_8_bits(planes), 8, planes.size, options);
        encode::encode(&Job { has_profile, ..job })
    };
    coded.map_err(refused)
}

fn deep_color_of(
    raster: &Raster,
    metadata: &Metadata,
    options: &EncodeOptions,
) -> Result<Coded, EncodeError> {
    let planes = planes::of_deep(raster, sampling(options));
    let has_profile = metadata.icc.is_some();
    let job = job(planes, 10, raster.size(), options);
    encode::encode(&Job { has_profile, ..job }).map_err(refused)
}

/// Alpha is coded finer than colours: its faults are edges. It must be as deep as they are.
fn alpha_of(alpha: Alpha, size: Size, options: &EncodeOptions) -> Result<Coded, EncodeError> {
    let quality = quality(options).midpoint(100);
    let coded = match alpha {
        Alpha::Shallow(source) => {
            let job = job(vec![source], 8, size, options);
            encode::encode(&Job { quality, ..job })
        }
        Alpha::Deep(source) => {
            let job = job(vec![source], 10, size, options);
            encode::encode(&Job { quality, ..job })
        }
    };
    coded.map_err(refused)
}

fn finish(
    size: Size,
    color: Coded,
    alpha: Option<Coded>,
    metadata: &Metadata,
) -> Result<Vec<u8>, EncodeError> {
    let unsaid = 2;
    let (primaries, transfer) = if metadata.icc.is_some() {
        (unsaid, unsaid)
    } else {
        (1, 13)
    };
    let content = Content {
        size,
        color,
        alpha,
        cicp: Cicp {
            primaries,
            transfer,
            matrix: 6,
            full_range: true,
        },
        icc: metadata.icc.as_deref(),
        orientation: orientation(metadata),
        exif: metadata.exif.as_deref(),
        xmp: metadata.xmp.as_deref(),
    };
    write::file(&content).ok_or_else(|| refused(Refused::Long))
}

fn refused(reason: Refused) -> EncodeError {
    let hint = ImageFormatHint::Exact(ImageFormat::Avif);
    EncodeError::Encoder {
        format: Format::Avif,
        source: ImageError::Encoding(EncodingError::new(hint, reason)),
    }
}

#[cfg(test)]
mod tests;
