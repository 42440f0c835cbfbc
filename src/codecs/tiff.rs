//! TIFF (Adobe TIFF 6.0, `BigTIFF`).

use std::io::Cursor;

use ::image::codecs::tiff::{TiffDecoder, TiffEncoder};
use ::image::error::ImageError;
use ::image::{ImageDecoder, ImageEncoder, ImageFormat};

use super::carries::Carried;
use super::frames::ReadFrames;
use super::jpeg;
use super::pages::Pages;
use super::through_image::{ThroughImage, write_pixels};
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, EncodeError, EncodeOptions, Format, Magic,
};
use crate::image::{Channels, Depth, Image, Layout, Limits, MOST_PICTURES, Metadata, Transfer};
use crate::metadata::exif;

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
    has_effort: false,
    details: None,
    max_side: u32::MAX,
    carries: Carries {
        icc: true,
        exif: Some(MOST_BYTES),
        moves_exif: true,
        xmp: Some(MOST_BYTES),
        iptc: Some(MOST_BYTES),
    },
    note: "of several pages, the first, or --frames N; written uncompressed",
};

pub(super) static CODEC: Tiff = Tiff;

static LIBRARY: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Tiff,
    profile: Some(profile),
    carried: Some(carried),
    more: Some(pages),
    pixels: None,
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

/// Pages after the first are left out: the `image` crate's encoder takes none.
fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut out);
    if let Some(icc) = &image.metadata.icc {
        encoder
            .set_icc_profile(icc.clone())
            .map_err(ImageError::Unsupported)?;
    }
    write_pixels(encoder, image)?;
    let Metadata {
        exif, xmp, iptc, ..
    } = &image.metadata;
    let (exif, xmp, iptc) = (exif.as_deref(), xmp.as_deref(), iptc.as_deref());
    Ok(exif::attached_to_tiff(out.into_inner(), exif, xmp, iptc))
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

/// Under a memory limit the decoder of `image` 0.25 refuses a profile that is larger than the picture, so the profile is
/// read by a decoder of its own, under the `tiff` crate's limits.
fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    TiffDecoder::new(Cursor::new(bytes))
        .ok()?
        .icc_profile()
        .ok()
        .flatten()
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
