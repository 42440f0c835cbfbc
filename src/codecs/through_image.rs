//! Formats that the `image` crate reads and writes.

use std::error::Error;
use std::io::Cursor;

use ::image::error::{EncodingError, ImageError, ImageFormatHint};
use ::image::{ColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader};

use super::carries::Carried;
use super::frames::{Plays, ReadFrames, Several, WriteFrames};
use super::store::{self, prepare};
use super::{
    Codec, CodecInfo, DecodeError, Decoded, DecoderSaid, EncodeError, EncodeOptions, Format,
};
use crate::image::{
    Channels, Depth, Image, Layout, Limits, Metadata, Orientation, Raster, Samples, Size, Transfer,
};
use crate::metadata::exif;
use crate::warning::{Damage, Warning};

/// A codec whose work the `image` crate does.
pub(super) struct ThroughImage {
    pub(super) info: &'static CodecInfo,
    pub(super) image_format: ImageFormat,
    /// Decodes files that the library does not, or says what they are.
    pub(super) own: Option<Open>,
    /// Reads the ICC profile where the decoder's own way does not do.
    pub(super) profile: Option<ReadProfile>,
    /// Reads EXIF, XMP and IPTC where the decoder's own way does not do.
    pub(super) carried: Option<ReadCarried>,
    /// Looks for pictures beside the one that is read.
    pub(super) more: Option<FindMore>,
    /// Reads the samples where the decoder's own way does not do.
    pub(super) pixels: Option<ReadPixels>,
    /// Tells the pictures of a file that holds several apart.
    pub(super) frames: Option<OpenFrames>,
    /// How several pictures are written to one file, and what does that.
    pub(super) several: Option<(Several, MakeWriter)>,
    /// The memory that it takes to write a picture, where that is not the usual.
    pub(super) memory: Option<fn(&Layout) -> u64>,
    pub(super) encode: Encode,
}

/// What writes a picture.
pub(super) enum Encode {
    /// If it is already what the format stores.
    Prepared(EncodePrepared),
    /// Whatever it is.
    Whole(fn(Image, &EncodeOptions) -> Result<Vec<u8>, EncodeError>),
}

type EncodePrepared = fn(&Image, &EncodeOptions) -> Result<Vec<u8>, ImageError>;

/// See [`Codec::frames`].
type OpenFrames =
    for<'a> fn(&'a [u8], &Layout, Limits) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError>;

/// See [`Codec::write_frames`].
type MakeWriter = fn(Size, Plays, &EncodeOptions) -> Box<dyn WriteFrames>;

/// A decoder for files that are for it, or a reason to refuse them.
type Open = for<'a> fn(&'a [u8]) -> Option<Result<Decoder<'a>, DecodeError>>;

/// For formats that are written by others.
pub(super) const ELSEWHERE: EncodePrepared =
    |_, _| unreachable!("the library is not to write files");

/// Reads the ICC profile of a file.
type ReadProfile = fn(&[u8]) -> Option<Vec<u8>>;

/// Reads what a file carries.
type ReadCarried = fn(&[u8]) -> Carried;

/// What a file is, if it holds more pictures than the one that is read of it.
type FindMore = fn(&[u8]) -> Option<&'static str>;

/// Reads the samples of a file, as many as its decoder has announced, and says how they are damaged.
type ReadPixels = fn(Decoder<'_>, &[u8], &mut [u8]) -> Result<Option<Damage>, ImageError>;

pub(super) type Decoder<'a> = Box<dyn ImageDecoder + 'a>;

/// Memory a decoder may take for itself beside the picture, in bytes.
const SCRATCH: u64 = 256 << 20;

impl ThroughImage {
    /// As the library does it.
    pub(super) const fn new(
        info: &'static CodecInfo,
        image_format: ImageFormat,
        encode: EncodePrepared,
    ) -> Self {
        Self {
            info,
            image_format,
            own: None,
            profile: None,
            carried: None,
            more: None,
            pixels: None,
            frames: None,
            several: None,
            memory: None,
            encode: Encode::Prepared(encode),
        }
    }

    fn open<'a>(&self, bytes: &'a [u8], max_alloc: u64) -> Result<Decoder<'a>, DecodeError> {
        if let Some(opened) = self.own.and_then(|own| own(bytes)) {
            return opened;
        }
        let mut reader = ImageReader::with_format(Cursor::new(bytes), self.image_format);
        let mut limits = ::image::Limits::no_limits();
        limits.max_alloc = Some(max_alloc);
        reader.limits(limits);
        let decoder = reader.into_decoder().map_err(|error| self.refused(error))?;
        Ok(Box::new(decoder))
    }

    fn refused(&self, error: ImageError) -> DecodeError {
        let format = self.info.format;
        let innermost = error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string);
        let source = DecoderSaid(innermost);
        match error {
            ImageError::Unsupported(_) => DecodeError::Unsupported { format, source },
            ImageError::Limits(_) => DecodeError::Memory { format, source },
            ImageError::Decoding(_)
            | ImageError::Encoding(_)
            | ImageError::Parameter(_)
            | ImageError::IoError(_) => DecodeError::Damaged { format, source },
        }
    }

    fn layout(
        &self,
        decoder: &mut Decoder<'_>,
        carried: Option<&Carried>,
    ) -> Result<Layout, DecodeError> {
        let (width, height) = decoder.dimensions();
        let (channels, depth) = described(decoder.color_type()).ok_or_else(|| {
            let kind = ::image::error::UnsupportedErrorKind::Color(decoder.original_color_type());
            let hint = self.image_format.into();
            let error = ::image::error::UnsupportedError::from_format_and_kind(hint, kind);
            self.refused(ImageError::Unsupported(error))
        })?;
        // A broken orientation is no reason to refuse a picture.
        let exif = carried.and_then(|carried| carried.exif.as_deref());
        let orientation = exif.and_then(exif::orientation);
        let by_decoder = |decoder: &mut Decoder<'_>| {
            let orientation = decoder.orientation().ok()?.to_exif();
            Orientation::from_exif(orientation)
        };
        Ok(Layout {
            size: Size::new(width, height),
            channels,
            depth,
            orientation: orientation
                .or_else(|| by_decoder(decoder))
                .unwrap_or_default(),
        })
    }

    fn metadata_of(
        &self,
        decoder: &mut Decoder<'_>,
        layout: &Layout,
        bytes: &[u8],
        carried: Option<Carried>,
    ) -> Metadata {
        // A block that cannot be read is no reason to refuse a picture.
        let carried = carried.unwrap_or_else(|| Carried {
            exif: decoder.exif_metadata().ok().flatten(),
            xmp: decoder.xmp_metadata().ok().flatten(),
            iptc: decoder.iptc_metadata().ok().flatten(),
        });
        Metadata {
            orientation: layout.orientation,
            transfer: if layout.depth == Depth::F32 {
                self.info.float_transfer
            } else {
                Transfer::Srgb
            },
            icc: match self.profile {
                Some(read) => read(bytes),
                None => decoder.icc_profile().ok().flatten(),
            },
            exif: carried.exif,
            xmp: carried.xmp,
            iptc: carried.iptc,
            ..Metadata::default()
        }
    }

    /// What travels with the pictures of a file, for those who read its samples themselves.
    pub(super) fn described(&self, bytes: &[u8], layout: &Layout) -> Result<Metadata, DecodeError> {
        let mut decoder = self.open(bytes, layout.bytes().saturating_add(SCRATCH))?;
        let carried = self.carried.map(|carried| carried(bytes));
        Ok(self.metadata_of(&mut decoder, layout, bytes, carried))
    }
}

fn described(color: ColorType) -> Option<(Channels, Depth)> {
    Some(match color {
        ColorType::L8 => (Channels::Gray, Depth::U8),
        ColorType::La8 => (Channels::GrayAlpha, Depth::U8),
        ColorType::Rgb8 => (Channels::Rgb, Depth::U8),
        ColorType::Rgba8 => (Channels::Rgba, Depth::U8),
        ColorType::L16 => (Channels::Gray, Depth::U16),
        ColorType::La16 => (Channels::GrayAlpha, Depth::U16),
        ColorType::Rgb16 => (Channels::Rgb, Depth::U16),
        ColorType::Rgba16 => (Channels::Rgba, Depth::U16),
        ColorType::Rgb32F => (Channels::Rgb, Depth::F32),
        ColorType::Rgba32F => (Channels::Rgba, Depth::F32),
        _ => return None,
    })
}

impl Codec for ThroughImage {
    fn info(&self) -> &'static CodecInfo {
        self.info
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        let mut decoder = self.open(bytes, SCRATCH)?;
        let carried = self.carried.map(|carried| carried(bytes));
        self.layout(&mut decoder, carried.as_ref())
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let more = self.more.and_then(|more| more(bytes));
        let mut decoder = self.open(
            bytes,
            layout.bytes().saturating_mul(2).saturating_add(SCRATCH),
        )?;
        let carried = self.carried.map(|carried| carried(bytes));
        let layout = self.layout(&mut decoder, carried.as_ref())?;
        let metadata = self.metadata_of(&mut decoder, &layout, bytes, carried);
        let bytes_needed = usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX);
        let mut raw = vec![0_u8; bytes_needed];
        let read = match self.pixels {
            Some(read) => read(decoder, bytes, &mut raw),
            None => decoder.read_image(&mut raw).map(|()| None),
        };
        let damage = read.map_err(|error| self.refused(error))?;
        let samples = samples(raw, layout.depth);
        let raster = Raster::new(layout.size, layout.channels, samples).map_err(|source| {
            DecodeError::Inconsistent {
                format: self.info.format,
                source,
            }
        })?;
        Ok(Decoded {
            picture: Image { raster, metadata },
            warnings: damage
                .map(|damage| Warning::damaged(self.info.format, damage))
                .into_iter()
                .chain(more.map(Warning::frames_dropped))
                .collect(),
        })
    }

    fn frames<'a>(
        &self,
        bytes: &'a [u8],
        layout: &Layout,
        limits: &Limits,
    ) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
        self.frames
            .map_or(Ok(None), |open| open(bytes, layout, *limits))
    }

    fn several(&self) -> Option<Several> {
        self.several.map(|(several, _)| several)
    }

    fn write_frames(
        &self,
        size: Size,
        plays: Plays,
        options: &EncodeOptions,
    ) -> Result<Box<dyn WriteFrames>, EncodeError> {
        let (_, make) = self
            .several
            .ok_or(EncodeError::OnePicture(self.info.format))?;
        admit(self.info, size)?;
        Ok(make(size, plays, options))
    }

    fn memory(&self, picture: &Layout, options: &EncodeOptions) -> u64 {
        let usual = || store::memory(picture, self.info, options);
        self.memory.map_or_else(usual, |memory| memory(picture))
    }

    fn lossless(&'static self) -> Option<&'static dyn Codec> {
        // 256 colours, and three floats with one exponent, are less than what came.
        let loses = matches!(self.info.format, Format::Gif | Format::Hdr);
        (!loses).then_some(self)
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        admit(self.info, image.raster.size())?;
        let encode = match self.encode {
            Encode::Whole(encode) => return encode(image, options),
            Encode::Prepared(encode) => encode,
        };
        let image = prepare(image, self.info, options);
        let format = self.info.format;
        encode(&image, options).map_err(|source| EncodeError::Encoder { format, source })
    }
}

/// What an encoder that is none of the `image` crate's complained of.
pub(super) fn encoder_failed(
    format: Format,
    error: impl Error + Send + Sync + 'static,
) -> EncodeError {
    let hint = ImageFormatHint::Name(format.to_string());
    let source = ImageError::Encoding(EncodingError::new(hint, error));
    EncodeError::Encoder { format, source }
}

/// Samples out of the bytes that a decoder has written.
fn samples(raw: Vec<u8>, depth: Depth) -> Samples {
    match depth {
        Depth::U8 => Samples::U8(raw),
        Depth::U16 => Samples::U16(
            raw.as_chunks()
                .0
                .iter()
                .map(|b| u16::from_ne_bytes(*b))
                .collect(),
        ),
        Depth::F32 => Samples::F32(
            raw.as_chunks()
                .0
                .iter()
                .map(|b| f32::from_ne_bytes(*b))
                .collect(),
        ),
    }
}

/// Whether a format can hold a picture of this size.
pub(super) fn admit(info: &CodecInfo, size: Size) -> Result<(), EncodeError> {
    let (format, max_side) = (info.format, info.max_side);
    if size.width > max_side || size.height > max_side {
        return Err(EncodeError::Side {
            format,
            max_side,
            size,
        });
    }
    Ok(())
}

/// Hands a prepared picture to an encoder that carries neither profile nor EXIF.
pub(super) fn write_pixels(encoder: impl ImageEncoder, image: &Image) -> Result<(), ImageError> {
    let size = image.raster.size();
    let color = stored_as(image.raster.channels(), image.raster.depth()).into();
    match image.raster.samples() {
        Samples::U8(samples) => encoder.write_image(samples, size.width, size.height, color),
        Samples::U16(samples) => {
            let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_ne_bytes()).collect();
            encoder.write_image(&bytes, size.width, size.height, color)
        }
        Samples::F32(samples) => {
            let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_ne_bytes()).collect();
            encoder.write_image(&bytes, size.width, size.height, color)
        }
    }
}

/// Floats without colour do not exist in the `image` crate; no format's `stores` names them.
fn stored_as(channels: Channels, depth: Depth) -> ColorType {
    match (depth, channels) {
        (Depth::U8, Channels::Gray) => ColorType::L8,
        (Depth::U8, Channels::GrayAlpha) => ColorType::La8,
        (Depth::U8, Channels::Rgb) => ColorType::Rgb8,
        (Depth::U8, Channels::Rgba) => ColorType::Rgba8,
        (Depth::U16, Channels::Gray) => ColorType::L16,
        (Depth::U16, Channels::GrayAlpha) => ColorType::La16,
        (Depth::U16, Channels::Rgb) => ColorType::Rgb16,
        (Depth::U16, Channels::Rgba) => ColorType::Rgba16,
        (Depth::F32, Channels::Gray | Channels::Rgb) => ColorType::Rgb32F,
        (Depth::F32, Channels::GrayAlpha | Channels::Rgba) => ColorType::Rgba32F,
    }
}
