//! TIFF (Adobe TIFF 6.0, `BigTIFF`).

use std::io::Cursor;
use std::str::FromStr;

use ::image::codecs::tiff::TiffDecoder;
use ::image::error::{EncodingError, ImageError, ImageFormatHint};
use ::image::{ImageDecoder, ImageFormat};
use ::tiff::TiffResult;
use ::tiff::encoder::colortype::{
    ColorType, Gray8, Gray16, RGB8, RGB16, RGB32Float, RGBA8, RGBA16, RGBA32Float,
};
use ::tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, TiffValue};
use ::tiff::tags::Tag;
use serde::{Deserialize, Serialize};

use super::carries::Carried;
use super::frames::ReadFrames;
use super::jpeg;
use super::pages::Pages;
use super::through_image::{Decoder, ThroughImage};
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DetailsInfo, EncodeError, EncodeOptions, Format,
    Magic,
};
use crate::image::{
    Channels, Depth, Image, Layout, Limits, MOST_PICTURES, Metadata, Samples, Transfer,
};
use crate::metadata::exif;
use crate::params::Params;
use crate::warning::Damage;

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
    has_effort: true,
    details: Some(&DETAILS),
    max_side: u32::MAX,
    carries: Carries {
        icc: true,
        exif: Some(MOST_BYTES),
        moves_exif: true,
        xmp: Some(MOST_BYTES),
        iptc: Some(MOST_BYTES),
    },
    note: "packed with deflate, or as --tiff says; of several pages, the first, or --frames N",
};

pub(super) static CODEC: Tiff = Tiff;

static LIBRARY: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Tiff,
    profile: Some(profile),
    carried: Some(carried),
    more: Some(pages),
    pixels: Some(read),
    encode,
};

/// See the module.
pub(super) struct Tiff;

impl Codec for Tiff {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        LIBRARY.header(bytes)
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        LIBRARY.decode(bytes, layout)
    }

    fn frames<'a>(
        &self,
        bytes: &'a [u8],
        _: &Layout,
        limits: &Limits,
    ) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
        let pages = Pages::new(&LIBRARY, bytes, heads(bytes), *limits);
        Ok(pages.map(|pages| Box::new(pages) as Box<dyn ReadFrames>))
    }

    fn lossless(&'static self) -> Option<&'static dyn Codec> {
        Some(self)
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        LIBRARY.encode(image, options)
    }
}

/// The most of a block that is carried, in bytes: a file has 4 GiB.
const MOST_BYTES: usize = 64 << 20;

fn carried(bytes: &[u8]) -> Carried {
    let exif::InTiff {
        xmp,
        iptc,
        photoshop,
    } = exif::in_tiff(bytes);
    Carried {
        exif: exif::of_tiff(bytes),
        xmp: xmp.map(<[u8]>::to_vec),
        iptc: iptc.or(photoshop.and_then(jpeg::iptc)).map(<[u8]>::to_vec),
    }
}

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

static DETAILS: DetailsInfo = DetailsInfo {
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

/// Pages after the first are left out.
fn encode(image: &Image, options: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let file = write(image, options).map_err(|error| {
        let hint = ImageFormatHint::Exact(ImageFormat::Tiff);
        ImageError::Encoding(EncodingError::new(hint, error))
    })?;
    let Metadata {
        exif, xmp, iptc, ..
    } = &image.metadata;
    let (exif, xmp, iptc) = (exif.as_deref(), xmp.as_deref(), iptc.as_deref());
    Ok(exif::attached_to_tiff(file, exif, xmp, iptc))
}

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

/// Under a memory limit the decoder of `image` 0.25 refuses a profile that is larger than the picture, so the profile is
/// read by a decoder of its own, under the `tiff` crate's limits.
fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    TiffDecoder::new(Cursor::new(bytes))
        .ok()?
        .icc_profile()
        .ok()
        .flatten()
}

/// Reads the samples. Colours that are stored as they count before their alpha are brought to what they are without it.
fn read(
    decoder: Decoder<'_>,
    bytes: &[u8],
    samples: &mut [u8],
) -> Result<Option<Damage>, ImageError> {
    let color = decoder.color_type();
    decoder.read_image(samples)?;
    if color.has_alpha() && is_premultiplied(bytes) {
        let count = usize::from(color.channel_count());
        match color.bytes_per_pixel() / color.channel_count() {
            1 => samples.chunks_exact_mut(count).for_each(divide_bytes),
            2 => samples.chunks_exact_mut(2 * count).for_each(divide_words),
            _ => samples.chunks_exact_mut(4 * count).for_each(divide_floats),
        }
    }
    Ok(None)
}

/// Whether its first further sample is associated alpha (TIFF 6.0, section 18).
fn is_premultiplied(bytes: &[u8]) -> bool {
    const ASSOCIATED: u16 = 1;
    let further = || {
        let mut decoder = ::tiff::decoder::Decoder::new(Cursor::new(bytes)).ok()?;
        let kinds = decoder.find_tag(Tag::ExtraSamples).ok()??;
        kinds.into_u16_vec().ok()?.first().copied()
    };
    further() == Some(ASSOCIATED)
}

fn divide_bytes(pixel: &mut [u8]) {
    if let Some((alpha, colors)) = pixel.split_last_mut().filter(|(alpha, _)| **alpha > 0) {
        let alpha = u32::from(*alpha);
        for color in colors {
            let whole = (u32::from(*color) * 255 + alpha / 2) / alpha;
            *color = u8::try_from(whole).unwrap_or(u8::MAX);
        }
    }
}

fn divide_words(pixel: &mut [u8]) {
    let (parts, _) = pixel.as_chunks_mut::<2>();
    if let Some((alpha, colors)) = parts.split_last_mut() {
        let alpha = u64::from(u16::from_ne_bytes(*alpha));
        for color in colors.iter_mut().filter(|_| alpha > 0) {
            let whole = (u64::from(u16::from_ne_bytes(*color)) * 65_535 + alpha / 2) / alpha;
            *color = u16::try_from(whole).unwrap_or(u16::MAX).to_ne_bytes();
        }
    }
}

fn divide_floats(pixel: &mut [u8]) {
    let (parts, _) = pixel.as_chunks_mut::<4>();
    if let Some((alpha, colors)) = parts.split_last_mut() {
        let alpha = f32::from_ne_bytes(*alpha);
        for color in colors.iter_mut().filter(|_| alpha > 0.0) {
            *color = (f32::from_ne_bytes(*color) / alpha).to_ne_bytes();
        }
    }
}

/// Directories that are looked at for a second page.
const MOST_DIRECTORIES: usize = 64;

/// Small copies and masks are no pages.
fn pages(bytes: &[u8]) -> Option<&'static str> {
    let directories = Directories::of(bytes)?;
    let pages = directories.take(MOST_DIRECTORIES).filter(|page| *page);
    (pages.take(2).count() > 1).then_some("a file of several pages")
}

/// What a file of each page alone would begin with: the way to its directory.
fn heads(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut heads = Vec::new();
    let Some(mut directories) = Directories::of(bytes) else {
        return heads;
    };
    let (width, ..) = directories.widths;
    let mut passed = std::collections::BTreeSet::new();
    loop {
        let place = directories.next;
        let (Some(is_page), true) = (directories.next(), passed.insert(place)) else {
            return heads;
        };
        let most = usize::try_from(MOST_PICTURES).unwrap_or(usize::MAX);
        if passed.len() > most {
            return heads;
        }
        if let (true, Some(head)) = (is_page, bytes.get(..2 * width)) {
            let place = (place as u64).to_be_bytes();
            let mut place = place[8 - width..].to_vec();
            if !directories.big_endian {
                place.reverse();
            }
            heads.push([&head[..width], &place].concat());
        }
    }
}

/// The directories of a file, each as whether it is a page (TIFF 6.0, section 2; `BigTIFF` has wider numbers).
struct Directories<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// Widths of an offset, of the count of entries, and of an entry.
    widths: (usize, usize, usize),
    next: usize,
}

impl<'a> Directories<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = bytes.first()? == &b'M';
        let is_big = bytes.get(2..4)?.contains(&43);
        let mut directories = Self {
            bytes,
            big_endian,
            widths: if is_big { (8, 8, 20) } else { (4, 2, 12) },
            next: 0,
        };
        let (width, ..) = directories.widths;
        directories.next = directories.number(width, width)?;
        Some(directories)
    }

    fn number(&self, at: usize, width: usize) -> Option<usize> {
        let digits = self.bytes.get(at..at.checked_add(width)?)?;
        let join = |number: u64, digit: &u8| number << 8 | u64::from(*digit);
        let number = if self.big_endian {
            digits.iter().fold(0, join)
        } else {
            digits.iter().rev().fold(0, join)
        };
        usize::try_from(number).ok()
    }

    fn read(&mut self) -> Option<bool> {
        let (offset, count, entry) = self.widths;
        let entries = self.number(self.next, count)?;
        let first = self.next + count;
        let end = first.checked_add(entries.checked_mul(entry)?)?;
        self.next = self.number(end, offset)?;
        // Entries come in the order of their tags; that of its kind has the least.
        let has_kind = entries > 0 && self.number(first, 2)? == NEW_SUBFILE_TYPE;
        let value = first + entry - offset;
        Some(!has_kind || self.number(value, 4)? & (SMALL_COPY | MASK) == 0)
    }
}

const NEW_SUBFILE_TYPE: usize = 254;
const SMALL_COPY: usize = 1;
const MASK: usize = 4;

impl Iterator for Directories<'_> {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        (self.next > 0).then(|| self.read())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::{self, Codec};
    use crate::image::{Limits, Raster, Size};

    /// A file of directories with an entry each: what kind of picture it is.
    fn file(kinds: &[u8]) -> Vec<u8> {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        for (at, kind) in kinds.iter().enumerate() {
            let next = if at + 1 < kinds.len() {
                8 + (at + 1) * 18
            } else {
                0
            };
            file.extend(b"\x01\0\xfe\0\x04\0\x01\0\0\0");
            file.extend([*kind, 0, 0, 0, u8::try_from(next).unwrap(), 0, 0, 0]);
        }
        file
    }

    #[test]
    fn every_packing_gives_the_samples_back() {
        let samples: Vec<u8> = (0..3 * 50 * 40_u32)
            .map(|at| u8::try_from(at / 7 % 256).unwrap())
            .collect();
        let raster = Raster::new(Size::new(50, 40), Channels::Rgb, samples).unwrap();
        let mut lengths = Vec::new();
        for text in [
            "compression=none",
            "compression=packbits",
            "compression=lzw",
            "compression=lzw,plain",
            "plain",
            "",
        ] {
            for depth in Depth::ALL {
                let raster = raster.clone().to_depth(depth);
                let mut options = EncodeOptions::default();
                options.details.read(Format::Tiff, text).unwrap().unwrap();
                let bytes = CODEC.encode(Image::new(raster.clone()), &options).unwrap();
                let read = codecs::decode(&CODEC, &bytes, &Limits::default()).unwrap();
                assert_eq!(read.picture.raster, raster, "{text} {depth:?}");
                lengths.push((text, depth, bytes.len()));
            }
        }
        let length = |text| {
            lengths
                .iter()
                .find(|(t, d, _)| *t == text && *d == Depth::U8)
                .unwrap()
                .2
        };
        assert!(length("") < length("plain"));
        assert!(length("plain") < length("compression=none"));
        assert!(length("compression=lzw") < length("compression=none"));
    }

    #[test]
    fn colours_that_count_before_their_alpha_are_brought_back() {
        let mut pixel = [50, 0, 100, 100];
        divide_bytes(&mut pixel);
        assert_eq!(pixel, [128, 0, 255, 100]);
        // Written as what stands by itself, and then called associated.
        let raster =
            Raster::new(Size::new(1, 1), Channels::Rgba, vec![40_u8, 0, 100, 100]).unwrap();
        for depth in Depth::ALL {
            let mut options = EncodeOptions::default();
            options
                .details
                .read(Format::Tiff, "compression=none")
                .unwrap()
                .unwrap();
            let image = Image::new(raster.clone().to_depth(depth));
            let mut bytes = CODEC.encode(image, &options).unwrap();
            let entry = [338_u16.to_ne_bytes(), 3_u16.to_ne_bytes()].concat();
            let at = bytes.windows(4).position(|found| found == entry).unwrap();
            bytes[at + 8..at + 10].copy_from_slice(&1_u16.to_ne_bytes());
            let read = codecs::decode(&CODEC, &bytes, &Limits::default()).unwrap();
            let read = read.picture.raster.to_depth(Depth::U8);
            assert_eq!(
                read.samples(),
                &Samples::U8(vec![102, 0, 255, 100]),
                "{depth:?}"
            );
        }
    }

    #[test]
    fn small_copies_and_masks_are_no_pages() {
        for (kinds, several) in [
            (&[0][..], false),
            (&[0, 1], false),
            (&[0, 4, 1], false),
            (&[0, 2], true),
            (&[2, 1, 2], true),
        ] {
            assert_eq!(pages(&file(kinds)).is_some(), several, "{kinds:?}");
        }
    }

    #[test]
    fn wide_numbers_and_the_other_order_are_read() {
        let directory = [0, 0, 0, 0, 0, 0, 0, 0];
        let second = 16 + 16_u64;
        let mut big = b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10".to_vec();
        big.extend([directory, second.to_be_bytes(), directory, directory].concat());
        assert!(pages(&big).is_some());
        assert!(pages(&big[..big.len() - 1]).is_none());
    }

    /// Pages of gray, each of a size and a shade of its own (TIFF 6.0, section 4), with a small copy among them.
    fn paged(shades: &[u8]) -> Vec<u8> {
        let mut file = b"MM\0*\0\0\0\x08".to_vec();
        for (at, shade) in (1_u32..).zip(shades) {
            let is_last = at as usize == shades.len();
            let start = u32::try_from(file.len()).unwrap();
            let samples = start + 2 + 10 * 12 + 4;
            let kind = u32::from(*shade == 255);
            let entries = [
                (254, kind),
                (256, at),
                (257, 2),
                (258, 8),
                (259, 1),
                (262, 1),
                (273, samples),
                (277, 1),
                (278, 2),
                (279, 2 * at),
            ];
            file.extend(10_u16.to_be_bytes());
            for (tag, value) in entries {
                file.extend(u16::to_be_bytes(tag));
                file.extend(b"\0\x04\0\0\0\x01");
                file.extend(u32::to_be_bytes(value));
            }
            let next = if is_last { 0 } else { samples + 2 * at };
            file.extend(next.to_be_bytes());
            file.extend(vec![*shade; 2 * at as usize]);
        }
        file
    }

    #[test]
    fn each_page_is_read_and_small_copies_are_none() {
        let file = paged(&[10, 255, 30, 40]);
        let layout = CODEC.header(&file).unwrap();
        let limits = Limits::default();
        let mut pages = CODEC.frames(&file, &layout, &limits).unwrap().unwrap();
        for (width, shade) in [(1, 10), (3, 30), (4, 40)] {
            let image = pages.next().unwrap().unwrap().image;
            let expected = vec![shade; 2 * width as usize];
            assert_eq!(image.raster.size(), crate::image::Size::new(width, 2));
            assert_eq!(image.raster.samples(), &crate::image::Samples::U8(expected));
        }
        assert!(pages.next().unwrap().is_none());
        assert!(
            CODEC
                .frames(&paged(&[1, 255]), &layout, &limits)
                .unwrap()
                .is_none()
        );
        for length in 0..file.len() {
            let Ok(Some(mut pages)) = CODEC.frames(&file[..length], &layout, &limits) else {
                continue;
            };
            let read = (0..9).take_while(|_| matches!(pages.next(), Ok(Some(_))));
            assert!(read.count() < 3);
        }
    }

    #[test]
    fn what_goes_round_or_leads_nowhere_has_an_end() {
        let mut round = file(&[1]);
        round[22] = 8;
        assert_eq!(pages(&round), None);
        let whole = file(&[0, 0]);
        for length in 0..whole.len() {
            assert_eq!(pages(&whole[..length]), None, "{length}");
        }
        assert_eq!(pages(&[b"MM\0+".as_slice(), &[255; 80]].concat()), None);
    }
}
