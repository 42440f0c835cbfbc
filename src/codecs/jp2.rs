//! JPEG 2000 (ISO/IEC 15444-1): files, and bare codestreams. They are read, and not written.

use std::fmt::Display;

use hayro_jpeg2000::{ColorSpace, ComponentData, DecodeSettings, DecoderContext, Image as Picture};

use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DecoderSaid, EncodeError, EncodeOptions,
    Format, Magic,
};
use crate::image::{
    Channels, Depth, Image, Layout, Metadata, Orientation, Raster, Sample, Samples, Size, Transfer,
};

static INFO: CodecInfo = CodecInfo {
    format: Format::Jp2,
    name: "jp2",
    title: "JPEG 2000",
    extensions: &["jp2", "j2k", "j2c", "jpc", "jpf", "jpx"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"\0\0\0\x0cjP  \r\n\x87\n",
        },
        Magic {
            offset: 0,
            bytes: b"\xff\x4f\xff\x51",
        },
    ],
    stores: &[],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 0,
    carries: Carries::NOTHING,
    note: "files and codestreams; becomes PNG where no format is named",
};

pub(super) static CODEC: Jp2 = Jp2;

/// See the module.
pub(super) struct Jp2;

/// Bytes of memory that the decoder takes for each sample: coefficients and samples are floats, twice.
const OF_A_SAMPLE: u64 = 16;

/// Something said in the file is taken as it is meant, and what is missing at its end is not there.
const SETTINGS: DecodeSettings = DecodeSettings {
    resolve_palette_indices: true,
    strict: false,
    target_resolution: None,
};

impl Codec for Jp2 {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(4)
    }

    fn reading(&self, picture: &Layout) -> u64 {
        let samples = picture.size.pixels() * picture.channels.count() as u64;
        samples.saturating_mul(OF_A_SAMPLE)
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        layout(&open(bytes)?)
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let picture = open(bytes)?;
        let mut context = DecoderContext::default();
        let decoded = picture.decode(&mut context).map_err(damaged)?;
        let parts = decoded.components();
        let pixels = usize::try_from(layout.size.pixels()).unwrap_or(usize::MAX);
        let is_whole = |part: &ComponentData| part.samples().len() == pixels;
        if parts.len() != layout.channels.count() || !parts.iter().all(is_whole) {
            return Err(damaged("its parts do not make a picture"));
        }
        let samples = match layout.depth {
            Depth::U8 => Samples::U8(interleaved(parts)),
            Depth::U16 => Samples::U16(interleaved(parts)),
            Depth::F32 => Samples::F32(interleaved(parts)),
        };
        let raster = Raster::new(layout.size, layout.channels, samples);
        let raster = raster.map_err(|source| DecodeError::Inconsistent {
            format: INFO.format,
            source,
        })?;
        let icc = match picture.color_space() {
            ColorSpace::Icc { profile, .. } => Some(profile.clone()),
            ColorSpace::Gray | ColorSpace::RGB | ColorSpace::CMYK | ColorSpace::Unknown { .. } => {
                None
            }
        };
        let metadata = Metadata {
            icc,
            ..Metadata::default()
        };
        Ok(Image { raster, metadata }.into())
    }

    fn written_as(&self) -> Format {
        Format::Png
    }

    fn encode(&self, _: Image, _: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        Err(EncodeError::ReadOnly(INFO.format))
    }
}

fn open(bytes: &[u8]) -> Result<Picture<'_>, DecodeError> {
    Picture::new(bytes, &SETTINGS).map_err(damaged)
}

fn layout(picture: &Picture<'_>) -> Result<Layout, DecodeError> {
    let channels = match picture.color_space() {
        ColorSpace::Gray
        | ColorSpace::Icc {
            num_channels: 1, ..
        } => Channels::Gray,
        ColorSpace::RGB
        | ColorSpace::Icc {
            num_channels: 3, ..
        } => Channels::Rgb,
        ColorSpace::CMYK
        | ColorSpace::Icc {
            num_channels: 4, ..
        } => {
            return Err(unsupported("its samples are inks"));
        }
        ColorSpace::Unknown { .. } | ColorSpace::Icc { .. } => {
            return Err(unsupported("it does not say what its samples are"));
        }
    };
    Ok(Layout {
        size: Size::new(picture.width(), picture.height()),
        channels: channels.with_alpha(picture.has_alpha()),
        depth: if picture.original_bit_depth() <= 8 {
            Depth::U8
        } else {
            Depth::U16
        },
        orientation: Orientation::Upright,
    })
}

/// The samples of all parts, each from its own scale to that of the depth.
fn interleaved<S: Sample>(parts: &[ComponentData]) -> Vec<S> {
    let pixels = parts.first().map_or(0, |part| part.samples().len());
    let mut samples = vec![S::default(); pixels * parts.len()];
    for (at, part) in parts.iter().enumerate() {
        let scale = S::MAX / full(part.bit_depth());
        let places = samples.iter_mut().skip(at).step_by(parts.len());
        for (place, sample) in places.zip(part.samples()) {
            *place = S::from_f32(sample * scale);
        }
    }
    samples
}

/// Full intensity in so many bits.
#[expect(clippy::cast_precision_loss, reason = "a scale")]
fn full(bits: u8) -> f32 {
    ((1_u64 << bits.clamp(1, 38)) - 1) as f32
}

fn damaged(said: impl Display) -> DecodeError {
    DecodeError::Damaged {
        format: INFO.format,
        source: DecoderSaid(said.to_string()),
    }
}

fn unsupported(what: &str) -> DecodeError {
    DecodeError::Unsupported {
        format: INFO.format,
        source: DecoderSaid(what.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs;
    use crate::image::Limits;

    /// Made by `OpenJPEG`, without loss: 16 x 12 pixels.
    const CODESTREAM: &[u8] = include_bytes!("samples/slope.j2k");
    const ALPHA: &[u8] = include_bytes!("samples/slope-alpha.jp2");
    const DEEP: &[u8] = include_bytes!("samples/slope-16.jp2");

    fn read(file: &[u8]) -> Image {
        let decoded = codecs::decode(&CODEC, file, &Limits::default()).unwrap();
        assert_eq!(decoded.picture.layout(), CODEC.header(file).unwrap());
        decoded.picture
    }

    fn slope(at: usize) -> [u8; 3] {
        let (x, y) = (at % 16, at / 16);
        [x * 16, y * 16, (x + y) * 8].map(|value| u8::try_from(value).unwrap())
    }

    #[test]
    fn samples_are_what_they_were() {
        let Samples::U8(samples) = read(CODESTREAM).raster.into_samples() else {
            panic!("it has 8 bits");
        };
        for (at, pixel) in samples.chunks_exact(3).enumerate() {
            assert_eq!(pixel, slope(at), "{at}");
        }
        let Samples::U8(samples) = read(ALPHA).raster.into_samples() else {
            panic!("it has 8 bits");
        };
        for (at, pixel) in samples.chunks_exact(4).enumerate() {
            assert_eq!((&pixel[..3], pixel[3]), (&slope(at)[..], 100), "{at}");
        }
        let wanted: Vec<u16> = (0..192).map(|at| at * 300).collect();
        assert_eq!(read(DEEP).raster.into_samples(), Samples::U16(wanted));
    }

    #[test]
    fn no_changed_byte_and_no_cut_takes_it_down() {
        for file in [CODESTREAM, ALPHA, DEEP] {
            for at in 0..file.len() {
                let mut bytes = file.to_vec();
                bytes[at] ^= 1 << (at % 8);
                for bytes in [&bytes[..], &file[..at]] {
                    let _whatever: Result<_, _> =
                        codecs::decode(&CODEC, bytes, &Limits { max_pixels: 10_000 });
                }
            }
        }
        assert!(codecs::decode(&CODEC, &CODESTREAM[..40], &Limits::default()).is_err());
    }

    #[test]
    fn limits_come_before_pixels() {
        let limits = Limits { max_pixels: 191 };
        let error = codecs::decode(&CODEC, DEEP, &limits).unwrap_err();
        assert!(matches!(error, DecodeError::Limit(_)), "{error}");
    }
}
