//! Pictures made of what sensors have measured: by `rawler`, as the camera has set the white balance, in sRGB of 16 bits, without a
//! tone curve of anybody's taste. What describes the picture is taken along as with the JPEG picture inside.

use std::sync::Arc;

use rawler::decoders::RawDecodeParams;
use rawler::imgop::develop::{Intermediate, RawDevelop};
use rawler::rawimage::RawPhotometricInterpretation;
use rawler::rawsource::RawSource;
use rawler::{RawImage, RawlerError};

use super::{INFO, described};
use crate::codecs::{
    Codec, CodecInfo, DecodeError, Decoded, DecoderSaid, EncodeError, EncodeOptions, Format,
};
use crate::image::{Channels, Depth, Image, Layout, Metadata, Orientation, Raster, Sample, Size};

pub(in super::super) static CODEC: Developing = Developing;

/// See the module.
pub(in super::super) struct Developing;

/// Bytes of memory that it takes for a pixel: what was measured, twice, and three colours in floats, twice.
const OF_A_PIXEL: u64 = 40;

impl Codec for Developing {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn reading(&self, picture: &Layout) -> u64 {
        picture.size.pixels().saturating_mul(OF_A_PIXEL)
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        let measured = measured(bytes, true)?;
        let area = measured.crop_area.or(measured.active_area);
        let (width, height) = area.map_or((measured.width, measured.height), |area| {
            (area.d.w, area.d.h)
        });
        let length = |length: usize| u32::try_from(length).map_err(|_| damaged("it is too large"));
        Ok(Layout {
            size: Size::new(length(width)?, length(height)?),
            channels: channels(&measured),
            depth: Depth::U16,
            orientation: orientation(bytes, &measured),
        })
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let measured = measured(bytes, false)?;
        let developed = RawDevelop::default().develop_intermediate(&measured);
        let raster = match developed.map_err(|error| refused(&error))? {
            Intermediate::Monochrome(pixels) => {
                let samples = pixels.data.iter().copied().map(sample).collect();
                raster(
                    layout,
                    (pixels.width, pixels.height),
                    Channels::Gray,
                    samples,
                )
            }
            Intermediate::ThreeColor(pixels) => {
                let samples = pixels.data.iter().flatten().copied().map(sample).collect();
                raster(
                    layout,
                    (pixels.width, pixels.height),
                    Channels::Rgb,
                    samples,
                )
            }
            Intermediate::FourColor(_) => Err(damaged("its colours are four")),
        }?;
        let mut metadata = Metadata {
            exif: described(bytes).1,
            ..Metadata::default()
        };
        metadata.orientation = layout.orientation;
        Ok(Image { raster, metadata }.into())
    }

    fn written_as(&self) -> Format {
        Format::Jpeg
    }

    fn encode(&self, _: Image, _: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        Err(EncodeError::ReadOnly(INFO.format))
    }
}

/// What the sensor has measured; only what is said of it where that is enough.
fn measured(bytes: &[u8], is_said: bool) -> Result<RawImage, DecodeError> {
    let source = RawSource::new_from_shared_vec(Arc::new(bytes.to_vec()));
    let decoder = rawler::get_decoder(&source).map_err(|error| refused(&error))?;
    let image = decoder.raw_image(&source, &RawDecodeParams::default(), is_said);
    image.map_err(|error| refused(&error))
}

fn channels(measured: &RawImage) -> Channels {
    match measured.photometric {
        RawPhotometricInterpretation::BlackIsZero => Channels::Gray,
        RawPhotometricInterpretation::Cfa(_) | RawPhotometricInterpretation::LinearRaw => {
            Channels::Rgb
        }
    }
}

/// What the file says itself, or else what its maker is known to do.
fn orientation(bytes: &[u8], measured: &RawImage) -> Orientation {
    let known = u8::try_from(measured.orientation.to_u16()).ok();
    let known = known.and_then(Orientation::from_exif);
    described(bytes).0.or(known).unwrap_or_default()
}

fn sample(value: f32) -> u16 {
    u16::from_f32(value * <u16 as Sample>::MAX)
}

fn raster(
    layout: &Layout,
    (width, height): (usize, usize),
    channels: Channels,
    samples: Vec<u16>,
) -> Result<Raster, DecodeError> {
    let size = layout.size;
    if (width, height) != (size.width as usize, size.height as usize) || channels != layout.channels
    {
        return Err(damaged("its picture is not of the size that it announces"));
    }
    Raster::new(size, channels, samples).map_err(|source| DecodeError::Inconsistent {
        format: INFO.format,
        source,
    })
}

fn damaged(reason: &str) -> DecodeError {
    DecodeError::Damaged {
        format: INFO.format,
        source: DecoderSaid(reason.to_owned()),
    }
}

fn refused(error: &RawlerError) -> DecodeError {
    let (format, source) = (INFO.format, DecoderSaid(error.to_string()));
    match error {
        RawlerError::Unsupported { .. } => DecodeError::Unsupported { format, source },
        RawlerError::DecoderFailed(_) => DecodeError::Damaged { format, source },
    }
}
