//! Writing: pages are packed by the `tiff` crate, each as a file of its own, and put together here.

use std::io::Cursor;
use std::str::FromStr;

use ::tiff::TiffResult;
use ::tiff::encoder::colortype::{
    ColorType, Gray8, Gray16, RGB8, RGB16, RGB32Float, RGBA8, RGBA16, RGBA32Float,
};
use ::tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, TiffValue};
use ::tiff::tags::Tag;
use serde::{Deserialize, Serialize};

use super::INFO;
use crate::codecs::frames::{Frame, WriteFrames};
use crate::codecs::store::prepare;
use crate::codecs::through_image::{admit, encoder_failed};
use crate::codecs::{DetailsInfo, EncodeError, EncodeOptions, Format};
use crate::image::{Channels, Depth, Image, Metadata, Samples};
use crate::metadata::exif::{OfPage, PagedTiff};
use crate::params::Params;

/// How the samples of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Packing {
    /// As they are.
    None,
    /// LZW (TIFF 6.0, section 13).
    Lzw,
    /// As in PNG (Adobe Photoshop TIFF Technical Notes).
    Deflate,
    /// Runs of bytes (section 9).
    PackBits,
}

/// A text that names no packing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is none, lzw, deflate or packbits")]
pub struct ParsePackingError;

impl FromStr for Packing {
    type Err = ParsePackingError;

    fn from_str(text: &str) -> Result<Self, ParsePackingError> {
        match text {
            "none" => Ok(Self::None),
            "lzw" => Ok(Self::Lzw),
            "deflate" => Ok(Self::Deflate),
            "packbits" => Ok(Self::PackBits),
            _ => Err(ParsePackingError),
        }
    }
}

/// What only TIFF knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TiffDetails {
    /// How samples are packed; `None` is deflate.
    pub compression: Option<Packing>,
    /// Whether samples are packed as they are, where else their differences would be: some programs do not know these.
    pub plain: bool,
}

pub(super) static DETAILS: DetailsInfo = DetailsInfo {
    help: "compression=deflate|lzw|packbits|none [default: deflate]\n\
           plain: no differences of samples in deflate and lzw, for programs that do not know them",
    example: "compression=lzw,plain",
    parse: |text, details| {
        let mut params = Params::new("--tiff", text);
        details.tiff = TiffDetails {
            compression: params.take_named("compression")?,
            plain: params.take_flag("plain"),
        };
        params.finish()
    },
};

/// A file that is being written.
pub(super) struct Writer {
    file: PagedTiff,
    options: EncodeOptions,
    /// Which page comes next, if there may be several.
    number: Option<u32>,
}

impl Writer {
    pub(super) fn new(options: &EncodeOptions, several: bool) -> Self {
        Self {
            file: PagedTiff::default(),
            options: options.clone(),
            number: several.then_some(0),
        }
    }
}

/// There is no room for another page.
#[derive(Debug, thiserror::Error)]
#[error("it would be longer than 4 GiB")]
struct Full;

impl WriteFrames for Writer {
    fn add(&mut self, frame: Frame) -> Result<(), EncodeError> {
        admit(&INFO, frame.image.raster.size())?;
        let image = prepare(frame.image, &INFO, &self.options);
        let page = write(&image, &self.options);
        let page = page.map_err(|error| encoder_failed(Format::Tiff, error))?;
        let Metadata {
            exif, xmp, iptc, ..
        } = &image.metadata;
        let carried = OfPage {
            exif: exif.as_deref(),
            xmp: xmp.as_deref(),
            iptc: iptc.as_deref(),
            number: self.number.and_then(|number| u16::try_from(number).ok()),
        };
        self.number = self.number.map(|number| number + 1);
        let added = self.file.add(&page, &carried);
        added.ok_or_else(|| encoder_failed(Format::Tiff, Full))
    }

    fn written(&self) -> u64 {
        self.file.length() as u64
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, EncodeError> {
        let bytes = self.file.into_bytes();
        if bytes.is_empty() {
            return Err(EncodeError::NoFrames(Format::Tiff));
        }
        Ok(bytes)
    }
}

/// The file of a single page, with nothing around it.
fn write(image: &Image, options: &EncodeOptions) -> TiffResult<Vec<u8>> {
    let details = options.details.tiff;
    let packing = details.compression.unwrap_or(Packing::Deflate);
    let level = match options.effort {
        Some(..=3) => DeflateLevel::Fast,
        None | Some(4..=7) => DeflateLevel::Balanced,
        Some(_) => DeflateLevel::Best,
    };
    let compression = match packing {
        Packing::None => Compression::Uncompressed,
        Packing::Lzw => Compression::Lzw,
        Packing::Deflate => Compression::Deflate(level),
        Packing::PackBits => Compression::Packbits,
    };
    // Differences of floats are packed in a way of their own, which is not written.
    let differs = matches!(packing, Packing::Lzw | Packing::Deflate)
        && !details.plain
        && image.raster.depth() != Depth::F32;
    let predictor = if differs {
        Predictor::Horizontal
    } else {
        Predictor::None
    };
    let mut out = Cursor::new(Vec::new());
    let file = TiffEncoder::new(&mut out)?;
    let file = file.with_compression(compression).with_predictor(predictor);
    let channels = image.raster.channels();
    match (image.raster.samples(), channels) {
        (Samples::U8(samples), Channels::Gray) => page::<Gray8>(file, image, samples),
        (Samples::U8(samples), Channels::Rgb) => page::<RGB8>(file, image, samples),
        (Samples::U8(samples), _) => page::<RGBA8>(file, image, samples),
        (Samples::U16(samples), Channels::Gray) => page::<Gray16>(file, image, samples),
        (Samples::U16(samples), Channels::Rgb) => page::<RGB16>(file, image, samples),
        (Samples::U16(samples), _) => page::<RGBA16>(file, image, samples),
        (Samples::F32(samples), Channels::Rgb) => page::<RGB32Float>(file, image, samples),
        (Samples::F32(samples), _) => page::<RGBA32Float>(file, image, samples),
    }?;
    Ok(out.into_inner())
}

fn page<C: ColorType>(
    mut file: TiffEncoder<&mut Cursor<Vec<u8>>>,
    image: &Image,
    samples: &[C::Inner],
) -> TiffResult<()>
where
    [C::Inner]: TiffValue,
{
    let size = image.raster.size();
    let mut page = file.new_image::<C>(size.width, size.height)?;
    if let Some(icc) = &image.metadata.icc {
        page.encoder().write_tag(Tag::IccProfile, icc.as_slice())?;
    }
    if image.raster.channels().has_alpha() {
        let straight = [2_u16].as_slice();
        page.encoder().write_tag(Tag::ExtraSamples, straight)?;
    }
    page.write_data(samples)
}
