//! Bitmaps of Windows and OS/2.
//!
//! They are read here, whichever of their headers they have: `header` takes files apart, `rows` and `runs` are the two ways in which
//! pixels are stored. The `image` crate writes them.

mod header;
mod rows;
mod runs;
#[cfg(test)]
mod tests;

use ::image::ImageFormat;
use ::image::codecs::bmp::BmpEncoder;
use ::image::error::ImageError;

use super::through_image::{ThroughImage, write_pixels};
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DecoderSaid, EncodeError, EncodeOptions,
    Format, Magic,
};
use crate::image::{Channels, Depth, Image, Layout, Metadata, Raster, Sample, Samples, Transfer};
use crate::warning::{Damage, Warning};
use header::{Header, Kind};

static INFO: CodecInfo = CodecInfo {
    format: Format::Bmp,
    name: "bmp",
    title: "BMP",
    extensions: &["bmp", "dib"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"BM",
        },
        // The first of several comes behind a header that begins as many a text does.
        Magic {
            offset: 14,
            bytes: b"BM",
        },
    ],
    stores: &[
        (Channels::Gray, Depth::U8),
        (Channels::Rgb, Depth::U8),
        (Channels::Rgba, Depth::U8),
    ],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: i32::MAX as u32,
    carries: Carries::NOTHING,
    note: "",
};

pub(super) static CODEC: Bmp = Bmp {
    library: ThroughImage::new(&INFO, ImageFormat::Bmp, encode),
};

/// See the module.
pub(super) struct Bmp {
    library: ThroughImage,
}

impl Codec for Bmp {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        Header::parse(bytes)?.layout()
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let header = Header::parse(bytes)?;
        if header.pixels.is_empty() {
            return Err(DecodeError::Damaged {
                format: Format::Bmp,
                source: DecoderSaid("the file ends before its pixels".to_owned()),
            });
        }
        let (samples, damage) = match header.kind {
            Kind::File(format) => return format.codec().decode(header.pixels, layout),
            Kind::Indices(bits) => {
                let indices = rows::indices(&header, bits);
                let samples = looked_up(&indices, &header.palette, layout.channels);
                (samples, cut(&header, bits))
            }
            Kind::Runs(24) => {
                let (mut pixels, damage) = runs::read(&header, 24);
                pixels
                    .as_chunks_mut::<3>()
                    .0
                    .iter_mut()
                    .for_each(|pixel| pixel.reverse());
                (pixels.into(), damage)
            }
            Kind::Runs(bits) => {
                let (indices, damage) = runs::read(&header, bits);
                (
                    looked_up(&indices, &header.palette, layout.channels),
                    damage,
                )
            }
            Kind::Masked(bits, masks) => (masked(&header, bits, masks, layout), cut(&header, bits)),
        };
        let doubt = header.doubtful.then_some(Damage::Corrupt);
        let metadata = Metadata {
            icc: header.profile.map(<[u8]>::to_vec),
            ..Metadata::default()
        };
        let raster = Raster::new(layout.size, layout.channels, samples);
        let raster = raster.map_err(|source| DecodeError::Inconsistent {
            format: Format::Bmp,
            source,
        })?;
        Ok(Decoded {
            picture: Image { raster, metadata },
            warnings: damage
                .or(doubt)
                .map(|damage| Warning::damaged(Format::Bmp, damage))
                .into_iter()
                .collect(),
        })
    }

    fn lossless(&'static self) -> Option<&'static dyn Codec> {
        Some(self)
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        self.library.encode(image, options)
    }
}

fn cut(header: &Header<'_>, bits: u32) -> Option<Damage> {
    rows::is_cut(header, bits).then_some(Damage::Truncated)
}

/// Colours of the palette; black where it has none.
fn looked_up(indices: &[u8], palette: &[[u8; 3]], channels: Channels) -> Samples {
    let color = |index: &u8| {
        palette
            .get(usize::from(*index))
            .copied()
            .unwrap_or_default()
    };
    let colors = indices.iter().map(color);
    if channels.is_gray() {
        return Samples::U8(colors.map(|[gray, ..]| gray).collect());
    }
    Samples::U8(colors.flatten().collect())
}

fn masked(header: &Header<'_>, bits: u32, masks: [u32; 4], layout: &Layout) -> Samples {
    let masks = &masks[..layout.channels.count()];
    match layout.depth {
        Depth::U8 => seen(rows::masked::<u8>(header, bits, masks), layout.channels).into(),
        Depth::U16 | Depth::F32 => {
            seen(rows::masked::<u16>(header, bits, masks), layout.channels).into()
        }
    }
}

/// Where nothing at all would be seen, alpha was not meant: as browsers have it.
fn seen<S: Sample>(mut samples: Vec<S>, channels: Channels) -> Vec<S> {
    let count = channels.count();
    let alphas = || samples.iter().skip(count - 1).step_by(count);
    if channels.has_alpha() && alphas().all(|alpha| *alpha == S::default()) {
        let alphas = samples.iter_mut().skip(count - 1).step_by(count);
        alphas.for_each(|alpha| *alpha = S::FULL);
    }
    samples
}

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_pixels(BmpEncoder::new(&mut out), image)?;
    Ok(out)
}
