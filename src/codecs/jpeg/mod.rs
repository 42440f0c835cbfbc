//! JPEG (ITU-T T.81).
//!
//! Files are written by `encode`, and read by the reader of this folder, to planes of as many samples as are wanted: `segments` reads
//! headers, `entropy` takes the stuffing out of the data, `walk` finds the blocks in them, `gather` takes out what is wanted of each,
//! `inverse` makes samples of it; where a file is `progressive`, `bits` are read one symbol after the other. Of a damaged file it decodes
//! what is there; the rest is gray. What it does not understand it leaves to a library, which `whole` asks.

mod abbreviated;
mod bits;
mod encode;
mod entropy;
mod extras;
mod gain_map;
mod gather;
mod huffman;
mod inks;
mod inverse;
mod make;
mod part;
mod progressive;
mod reader;
mod requantize;
mod segments;
mod sequential;
mod tables;
mod target;
mod walk;
mod whole;

use ::image::ImageFormat;
use serde::{Deserialize, Serialize};

pub(super) use abbreviated::{header, read, whole};
pub(super) use extras::iptc;
pub use gain_map::GainMap;
use segments::NotOurs;

use super::carries::Carried;
use super::store::{self, prepare};
use super::through_image::{ELSEWHERE, ThroughImage, admit};
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DetailsInfo, EncodeError, EncodeOptions,
    Format, Magic, Subsampling,
};
use crate::image::{Channels, Depth, Image, Layout, Metadata, Planes, Size, TakeRows, Transfer};
use crate::params::Params;
use crate::warning::{Damage, Warning, Warnings};

static DETAILS: DetailsInfo = DetailsInfo {
    help: "subsampling=444|422|440|420: pixels that share chroma [default: 420, and 444 from quality 90 on]\n\
           progressive: coarsely first, then finer; a little shorter",
    example: "subsampling=444,progressive",
    parse: |text, details| {
        let mut params = Params::new("--jpeg", text);
        details.jpeg = JpegDetails {
            subsampling: params.take_named("subsampling")?,
            progressive: params.take_flag("progressive"),
        };
        params.finish()
    },
};

/// What only JPEG knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JpegDetails {
    /// The pixels that share chroma; `None` is what suits the quality.
    pub subsampling: Option<Subsampling>,
    /// Whether the picture comes coarsely first, and then finer: such files are a little shorter, and take longer to make.
    pub progressive: bool,
}

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
    has_effort: false,
    details: Some(&DETAILS),
    max_side: 65_535,
    carries: Carries {
        icc: true,
        exif: Some(extras::MAX_EXIF),
        moves_exif: false,
        xmp: Some(extras::MAX_XMP),
        iptc: Some(extras::MAX_IPTC),
    },
    note: "alpha is laid over the background; chroma is halved below quality 90",
};

/// From this quality on each pixel has its own chroma: as libvips and sharp do it.
const FINE: u8 = 90;

pub(super) static CODEC: Jpeg = Jpeg {
    library: ThroughImage {
        carried: Some(carried),
        pixels: Some(whole::read),
        ..ThroughImage::new(&INFO, ImageFormat::Jpeg, ELSEWHERE)
    },
};

/// See the module.
pub(super) struct Jpeg {
    library: ThroughImage,
}

impl Codec for Jpeg {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(4)
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        // The library copies the whole file for it.
        reader::header(bytes).or_else(|NotOurs| self.library.header(bytes))
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let planes = self.planes(bytes, layout, layout.size, (1, 1));
        let ours = planes.and_then(|Decoded { picture, warnings }| {
            let (planes, metadata) = picture;
            let raster = planes.to_raster().ok()?;
            let picture = Image { raster, metadata };
            Some(Decoded { picture, warnings })
        });
        ours.map_or_else(|| self.library.decode(bytes, layout), Ok)
    }

    fn rows(
        &self,
        bytes: &[u8],
        layout: &Layout,
        whole: Size,
        coarseness: (u32, u32),
        rows: &mut dyn TakeRows,
    ) -> Option<Decoded<Metadata>> {
        let read = reader::rows(bytes, layout, whole, coarseness, rows).ok()?;
        Some(Decoded {
            picture: read.metadata,
            warnings: warnings(read.damage),
        })
    }

    fn rows_memory(
        &self,
        bytes: &[u8],
        layout: &Layout,
        whole: Size,
        coarseness: (u32, u32),
    ) -> Option<u64> {
        reader::rows_memory(bytes, layout, whole, coarseness).ok()
    }

    fn metadata(&self, bytes: &[u8]) -> Option<Metadata> {
        reader::metadata(bytes).ok()
    }

    fn recode(
        &self,
        bytes: &[u8],
        layout: &Layout,
        options: &EncodeOptions,
        keep: &mut dyn FnMut(Metadata) -> Metadata,
    ) -> Option<Decoded<Vec<u8>>> {
        let steps = encode::quality_steps(quality(options));
        let read = reader::requantize(bytes, layout, sampling(options), &steps).ok()?;
        let metadata = keep(read.metadata);
        let blocks: Vec<_> = read
            .grids
            .iter()
            .map(|grid| encode::Blocks {
                blocks: &grid.blocks,
                across: grid.across,
                steps: &grid.steps,
            })
            .collect();
        let Size { width, height } = read.size;
        let sampling = sampling(options);
        let extras = extras(&metadata);
        Some(Decoded {
            picture: encode::write(width, height, sampling, &blocks, way(options), &extras),
            warnings: warnings(read.damage),
        })
    }

    /// The picture and its planes, then these, what is kept of their coefficients, and the file.
    fn memory(&self, picture: &Layout, options: &EncodeOptions) -> u64 {
        let (across, down) = sampling(options);
        let stored = store::stored(picture, &INFO, options);
        let luma = stored.size.pixels();
        let chroma = luma.div_ceil(u64::from(across) * u64::from(down));
        let colors = if stored.channels.is_gray() { 0 } else { 2 };
        let planes = luma.saturating_add(chroma.saturating_mul(colors));
        let coded = planes.saturating_add(encode::kept(planes, way(options)));
        let whole = picture.bytes().max(stored.bytes());
        store::preparing(picture, &INFO, options)
            .max(whole.saturating_add(planes))
            .max(coded.saturating_add(planes))
    }

    fn coarseness(&self, options: &EncodeOptions) -> Option<(u32, u32)> {
        let (across, down) = sampling(options);
        Some((across.into(), down.into()))
    }

    fn encode_planes(
        &self,
        planes: &Planes,
        metadata: &Metadata,
        options: &EncodeOptions,
    ) -> Result<Vec<u8>, EncodeError> {
        admit(&INFO, planes.size)?;
        let samples: Vec<_> = planes
            .planes
            .iter()
            .map(|plane| encode::Samples {
                samples: &plane.samples,
                stride: plane.stride,
                width: plane.columns(),
                height: plane.rows(),
            })
            .collect();
        let extras = extras(metadata);
        let Size { width, height } = planes.size;
        Ok(encode::encode(
            width,
            height,
            sampling(options),
            &samples,
            quality(options),
            way(options),
            &extras,
        ))
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        admit(&INFO, image.raster.size())?;
        let Image { raster, metadata } = prepare(image, &INFO, options);
        let (across, down) = sampling(options);
        let planes = Planes::from_raster(&raster, (across.into(), down.into()));
        drop(raster);
        match planes {
            Some(planes) => self.encode_planes(&planes, &metadata, options),
            None => unreachable!("that is what the format stores"),
        }
    }
}

/// The pixels across and down that share a sample of chroma.
fn sampling(options: &EncodeOptions) -> (u8, u8) {
    let usual = if quality(options) < FINE {
        Subsampling::Both
    } else {
        Subsampling::Full
    };
    let chosen = options.details.jpeg.subsampling;
    chosen.unwrap_or(usual).pixels()
}

fn way(options: &EncodeOptions) -> encode::Way {
    if options.details.jpeg.progressive {
        encode::Way::Progressive
    } else {
        encode::Way::Baseline
    }
}

fn warnings(damage: Option<Damage>) -> Warnings {
    let warning = damage.map(|damage| Warning::damaged(Format::Jpeg, damage));
    warning.into_iter().collect()
}

fn extras(metadata: &Metadata) -> encode::Extras<'_> {
    encode::Extras {
        icc: metadata.icc.as_deref(),
        exif: metadata.exif.as_deref(),
        xmp: metadata.xmp.as_deref(),
        iptc: metadata.iptc.as_deref(),
    }
}

/// Of files that the library decodes, too.
fn carried(bytes: &[u8]) -> Carried {
    let metadata = reader::metadata(bytes).unwrap_or_default();
    Carried {
        exif: metadata.exif,
        xmp: metadata.xmp,
        iptc: metadata.iptc,
    }
}

fn quality(options: &EncodeOptions) -> u8 {
    options.quality.or(INFO.default_quality).unwrap_or(85)
}

#[cfg(test)]
mod tests;
