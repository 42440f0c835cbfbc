//! Camera raw, as far as cameras have done the work: the largest JPEG picture that they have put into the file for displays. What
//! sensors have measured is made a picture of by `develop`, in builds that have it, where that is asked for.
//!
//! `directories` reads files that are TIFF inside; of those that are not, and where nothing is found, whatever looks like a JPEG
//! file is tried. `exif` takes along what the file says of its picture.

#[cfg(feature = "develop")]
pub(super) mod develop;
mod directories;
mod exif;

use super::boxes::Boxes;
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DecoderSaid, EncodeError, EncodeOptions,
    Format, Magic, jpeg,
};
use crate::image::{Image, Layout, Metadata, Orientation, Size, TakeRows, Transfer};
use directories::{Directory, Tiff};

static INFO: CodecInfo = CodecInfo {
    format: Format::Raw,
    name: "raw",
    title: "camera raw",
    extensions: &[
        "dng", "cr2", "cr3", "nef", "nrw", "arw", "sr2", "srf", "raf", "orf", "rw2", "pef", "srw",
        "erf", "kdc", "dcr", "mos", "3fr", "iiq",
    ],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"FUJIFILMCCD-RAW",
        },
        Magic {
            offset: 0,
            bytes: b"IIRO",
        },
        Magic {
            offset: 0,
            bytes: b"IIRS",
        },
        Magic {
            offset: 0,
            bytes: b"IIU\0",
        },
        Magic {
            offset: 4,
            bytes: b"ftypcrx ",
        },
    ],
    stores: &[],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 0,
    carries: Carries::NOTHING,
    note: NOTE,
};

#[cfg(feature = "develop")]
const NOTE: &str = "the largest JPEG picture inside; with --develop, what the sensor has measured";
#[cfg(not(feature = "develop"))]
const NOTE: &str = "the largest JPEG picture inside; a build with the feature `develop` makes pictures of raw data, too";

pub(super) static CODEC: Raw = Raw;

/// See the module.
pub(super) struct Raw;

/// What is taken of a file.
struct Found<'a> {
    jpeg: &'a [u8],
    /// What the file itself says; none where the JPEG picture is asked.
    orientation: Option<Orientation>,
    exif: Option<Vec<u8>>,
}

impl Codec for Raw {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    /// Most of it is not read.
    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes / 2
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        let found = find(bytes)?;
        let layout = jpeg::CODEC.header(found.jpeg)?;
        Ok(found.turned(layout))
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let found = find(bytes)?;
        let mut decoded = jpeg::CODEC.decode(found.jpeg, layout)?;
        found.describe(&mut decoded.picture.metadata);
        Ok(decoded)
    }

    fn rows(
        &self,
        bytes: &[u8],
        layout: &Layout,
        whole: Size,
        coarseness: (u32, u32),
        rows: &mut dyn TakeRows,
    ) -> Option<Decoded<Metadata>> {
        let found = find(bytes).ok()?;
        let mut read = jpeg::CODEC.rows(found.jpeg, layout, whole, coarseness, rows)?;
        found.describe(&mut read.picture);
        Some(read)
    }

    fn rows_memory(
        &self,
        bytes: &[u8],
        layout: &Layout,
        whole: Size,
        coarseness: (u32, u32),
    ) -> Option<u64> {
        let found = find(bytes).ok()?;
        jpeg::CODEC.rows_memory(found.jpeg, layout, whole, coarseness)
    }

    fn metadata(&self, bytes: &[u8]) -> Option<Metadata> {
        let found = find(bytes).ok()?;
        let mut metadata = jpeg::CODEC.metadata(found.jpeg)?;
        found.describe(&mut metadata);
        Some(metadata)
    }

    fn written_as(&self) -> Format {
        Format::Jpeg
    }

    fn encode(&self, _: Image, _: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        Err(EncodeError::ReadOnly(INFO.format))
    }
}

impl Found<'_> {
    fn turned(&self, layout: Layout) -> Layout {
        Layout {
            orientation: self.orientation.unwrap_or(layout.orientation),
            ..layout
        }
    }

    fn describe(&self, metadata: &mut Metadata) {
        if let Some(orientation) = self.orientation {
            metadata.orientation = orientation;
        }
        if let Some(exif) = &self.exif {
            metadata.exif = Some(exif.clone());
        }
    }
}

fn find(bytes: &[u8]) -> Result<Found<'_>, DecodeError> {
    let tiff = Tiff::new(bytes);
    let directories = tiff.map(Tiff::all).unwrap_or_default();
    let named = tiff
        .map(|tiff| named(tiff, &directories))
        .unwrap_or_default();
    let jpeg = largest(named.into_iter()).or_else(|| largest(scattered(bytes)));
    let jpeg = jpeg.ok_or_else(|| DecodeError::Unsupported {
        format: INFO.format,
        source: DecoderSaid(
            "there is no JPEG picture in it, and raw data are developed only where --develop is said".to_owned(),
        ),
    })?;
    let (orientation, exif) = described(bytes);
    Ok(Found {
        jpeg,
        orientation,
        exif,
    })
}

/// What the file says of its picture: how it is turned, and an EXIF block.
fn described(bytes: &[u8]) -> (Option<Orientation>, Option<Vec<u8>>) {
    let tiff = Tiff::new(bytes);
    let first = tiff.and_then(|tiff| tiff.all().into_iter().next());
    // What Canon's newer files say stands in a box of its own.
    let described = tiff.zip(first).or_else(|| canon(bytes));
    let orientation = described.as_ref().and_then(|(tiff, first)| {
        let said = tiff.number(first, ORIENTATION)?;
        Orientation::from_exif(u8::try_from(said).ok()?)
    });
    let exif = described.and_then(|(tiff, first)| exif::block(tiff, &first));
    (orientation, exif)
}

const COMPRESSION: u16 = 0x0103;
const STRIPS: u16 = 0x0111;
const ORIENTATION: u16 = 0x0112;
const STRIP_LENGTHS: u16 = 0x0117;
const JPEG_AT: u16 = 0x0201;
const JPEG_LENGTH: u16 = 0x0202;

/// Panasonic's: the file itself is the value.
const JPEG_FROM_RAW: u16 = 0x002e;

/// What directories say is a JPEG file.
fn named<'a>(tiff: Tiff<'a>, directories: &[Directory]) -> Vec<&'a [u8]> {
    let mut named = Vec::new();
    for directory in directories {
        let part = |at, length| {
            let length = tiff.number(directory, length)?;
            tiff.bytes.get(tiff.number(directory, at)?..)?.get(..length)
        };
        named.extend(part(JPEG_AT, JPEG_LENGTH));
        // 6 and 7 are JPEG, which raw data are as well, in a kind without loss that nobody displays.
        if matches!(tiff.number(directory, COMPRESSION), Some(6 | 7)) {
            named.extend(part(STRIPS, STRIP_LENGTHS));
        }
        let inside = directory.find(JPEG_FROM_RAW);
        named.extend(inside.and_then(|entry| tiff.values(entry)));
    }
    named
}

/// Places that are tried at the most.
const MOST_PLACES: usize = 64;

const BEGINNING: &[u8] = b"\xff\xd8\xff";

/// What looks like the beginning of a JPEG file, wherever it is.
fn scattered(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let places = memchr::memmem::find_iter(bytes, BEGINNING);
    places.take(MOST_PLACES).map(|at| &bytes[at..])
}

/// The one with the most pixels, of those that can be read.
fn largest<'a>(files: impl Iterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    let files = files.filter(|file| file.starts_with(BEGINNING));
    let sized = files.filter_map(|file| {
        let layout = jpeg::CODEC.header(file).ok()?;
        Some((layout.size.pixels(), file))
    });
    // Of two of one size the first.
    let best = sized.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, file)| file)
}

/// The first directory of what a file of ISO's media format says in Canon's own box.
fn canon(bytes: &[u8]) -> Option<(Tiff<'_>, Directory)> {
    const CANON: &[u8] = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
    let moov = Boxes::new(bytes).find_kind(*b"moov")?;
    let mut own = Boxes::new(moov).filter(|found| found.kind == *b"uuid");
    let own = own.find_map(|found| found.content.strip_prefix(CANON))?;
    let tiff = Tiff::new(Boxes::new(own).find_kind(*b"CMT1")?)?;
    let first = tiff.all().into_iter().next()?;
    Some((tiff, first))
}

#[cfg(test)]
mod tests;
