//! Samples as they are packed, whatever they mean: the `tiff` crate unpacks them as shades of gray, of a file that begins with a directory made
//! for that.

use std::io::{self, Read, Seek, SeekFrom};

use ::image::ImageFormat;
use ::image::error::{
    DecodingError, ImageError, ImageFormatHint, ImageResult, LimitError, LimitErrorKind,
    UnsupportedError, UnsupportedErrorKind,
};
use ::tiff::TiffError;
use ::tiff::decoder::{ChunkType, Decoder, Limits};
use ::tiff::tags::{CompressionMethod, Tag};

use crate::image::Size;

/// What is read of the directory of a file.
pub(super) type Directory<'a> = Decoder<io::Cursor<&'a [u8]>>;

pub(super) fn directory(bytes: &[u8]) -> Option<Directory<'_>> {
    Decoder::new(io::Cursor::new(bytes)).ok()
}

/// The first number that stands there.
pub(super) fn number(directory: &mut Directory<'_>, tag: Tag) -> Option<u16> {
    let numbers = directory.find_tag_unsigned_vec::<u16>(tag).ok()??;
    numbers.first().copied()
}

/// Rows of samples, in strips or tiles.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    pub(super) size: Size,
    /// The size of a strip or tile.
    pub(super) part: Size,
    pub(super) bits: u16,
    /// How many there are of each pixel.
    pub(super) samples: u16,
    compression: u16,
    predictor: u16,
    is_tiled: bool,
    offsets: Vec<u64>,
    lengths: Vec<u64>,
}

/// Of each byte the last bit first.
const REVERSED: u16 = 2;

impl Packed {
    /// What a file says of them, or why they are not read.
    pub(super) fn of(directory: &mut Directory<'_>) -> Result<Self, &'static str> {
        const BROKEN: &str = "its directory is broken";
        let (width, height) = directory.dimensions().map_err(|_| BROKEN)?;
        let (part_width, part_height) = directory.chunk_dimensions();
        let is_tiled = directory.get_chunk_type() == ChunkType::Tile;
        let (offsets, lengths) = if is_tiled {
            (Tag::TileOffsets, Tag::TileByteCounts)
        } else {
            (Tag::StripOffsets, Tag::StripByteCounts)
        };
        let mut places = |tag| directory.find_tag_unsigned_vec::<u64>(tag).ok()?;
        let places = places(offsets).zip(places(lengths));
        let (offsets, lengths) = places.ok_or(BROKEN)?;
        let mut number = |tag, usual| number(directory, tag).unwrap_or(usual);
        let packed = Self {
            size: Size::new(width, height),
            part: Size::new(part_width, part_height),
            bits: number(Tag::BitsPerSample, 1),
            samples: number(Tag::SamplesPerPixel, 1),
            compression: number(Tag::Compression, 1),
            predictor: number(Tag::Predictor, 1),
            is_tiled,
            offsets,
            lengths,
        };
        if number(Tag::PlanarConfiguration, 1) != 1 && packed.samples > 1 {
            return Err("the samples of its pixels are in planes");
        }
        if number(Tag::FillOrder, 1) == REVERSED {
            return Err("the bits of its bytes are in reverse order");
        }
        // These give colours.
        let is_picture = [
            CompressionMethod::JPEG,
            CompressionMethod::ModernJPEG,
            CompressionMethod::WebP,
        ];
        if is_picture
            .map(|method| method.to_u16())
            .contains(&packed.compression)
        {
            return Err("its samples are packed as colours");
        }
        Ok(packed)
    }

    pub(super) const fn is_tiled(&self) -> bool {
        self.is_tiled
    }

    /// Whether samples are stored as how far they are from those before them.
    pub(super) const fn has_differences(&self) -> bool {
        self.predictor != 1
    }

    /// The same, as bytes: so many of them, in such parts.
    pub(super) fn with_bytes(&self, size: Size, part: Size) -> Self {
        Self {
            size,
            part,
            bits: 8,
            samples: 1,
            ..self.clone()
        }
    }

    /// The length of a row, in bytes.
    pub(super) fn stride(&self) -> usize {
        let bits = u64::from(self.bits) * u64::from(self.samples);
        let bits = bits.saturating_mul(u64::from(self.size.width));
        usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX)
    }

    /// The rows of all samples, if they are no more than so many bytes: those of 16 bits in the order of this machine, others packed as in the file.
    pub(super) fn read(&self, bytes: &[u8], most: usize) -> ImageResult<Vec<u8>> {
        let length = self.stride().checked_mul(self.size.height as usize);
        let length = length
            .filter(|length| *length <= most)
            .ok_or_else(too_much)?;
        let head = self.head(bytes.starts_with(b"M")).ok_or_else(elsewhere)?;
        let joined = Joined {
            parts: [&head, bytes],
            at: 0,
        };
        let mut limits = Limits::default();
        limits.decoding_buffer_size = length;
        // A length that lies is no reason to stop: nothing is allocated for it.
        limits.intermediate_buffer_size = usize::MAX;
        let mut decoder = Decoder::new(joined).map_err(refused)?.with_limits(limits);
        let mut samples = vec![0; length];
        decoder.read_image_bytes(&mut samples).map_err(refused)?;
        Ok(samples)
    }

    /// What stands before the file (TIFF 6.0, section 2): places in it move up by its length.
    fn head(&self, big_endian: bool) -> Option<Vec<u8>> {
        let (across, down, of_places, of_lengths) = if self.is_tiled {
            (Some((322, 1, self.part.width)), 323, 324, 325)
        } else {
            (None, 278, 273, 279)
        };
        let count = u32::try_from(self.offsets.len()).ok()?;
        let entries = 10 + u32::from(self.is_tiled);
        let lists = 8 + 2 + entries * 12 + 4;
        let list = count.checked_mul(4)?;
        let length = list.checked_mul(2)?.checked_add(lists)?;
        let moved = |at: &u64| u32::try_from(*at).ok()?.checked_add(length);
        let places: Vec<u32> = self.offsets.iter().map(moved).collect::<Option<_>>()?;
        let lengths = self.lengths.iter();
        let lengths = lengths.map(|length| u32::try_from(*length).ok());
        let lengths: Vec<u32> = lengths.collect::<Option<_>>()?;
        // A single number stands in the entry itself.
        let value = |at: u32, numbers: &[u32]| match numbers {
            [single] => *single,
            _ => at,
        };
        let mut directory = vec![
            (256, 1, self.size.width),
            (257, 1, self.size.height),
            (258, 1, self.bits.into()),
            (259, 1, self.compression.into()),
            (262, 1, 1),
            (277, 1, self.samples.into()),
            (down, 1, self.part.height),
            (317, 1, self.predictor.into()),
            (of_places, count, value(lists, &places)),
            (of_lengths, count, value(lists + list, &lengths)),
        ];
        directory.extend(across);
        directory.sort_unstable();
        let lists = [places, lengths].concat();
        Some(written(big_endian, &directory, &lists))
    }
}

/// A file of a directory, whose entries are a tag, a count and a value each, and lists of numbers behind it.
fn written(big_endian: bool, directory: &[(u16, u32, u32)], lists: &[u32]) -> Vec<u8> {
    let long = |number: u32| {
        let mut bytes = number.to_be_bytes();
        if !big_endian {
            bytes.reverse();
        }
        bytes
    };
    let short = |number: u16| {
        let mut bytes = number.to_be_bytes();
        if !big_endian {
            bytes.reverse();
        }
        bytes
    };
    let mark = if big_endian { b"MM" } else { b"II" };
    let count = u16::try_from(directory.len()).unwrap_or(u16::MAX);
    let mut file = [&mark[..], &short(42), &long(8), &short(count)].concat();
    for (tag, count, value) in directory {
        file.extend([short(*tag), short(LONG)].concat());
        file.extend([long(*count), long(*value)].concat());
    }
    file.extend(long(0));
    file.extend(lists.iter().flat_map(|number| long(*number)));
    file
}

/// The kind of numbers of 32 bits.
const LONG: u16 = 4;

fn too_much() -> ImageError {
    ImageError::Limits(LimitError::from_kind(LimitErrorKind::InsufficientMemory))
}

fn elsewhere() -> ImageError {
    let hint = ImageFormatHint::Exact(ImageFormat::Tiff);
    ImageError::Decoding(DecodingError::new(hint, "its samples are not in it"))
}

/// A complaint of the `tiff` crate, as the `image` crate has it.
fn refused(error: TiffError) -> ImageError {
    let hint = ImageFormatHint::Exact(ImageFormat::Tiff);
    match error {
        TiffError::LimitsExceeded => too_much(),
        TiffError::UnsupportedError(what) => {
            let kind = UnsupportedErrorKind::GenericFeature(what.to_string());
            ImageError::Unsupported(UnsupportedError::from_format_and_kind(hint, kind))
        }
        TiffError::FormatError(_)
        | TiffError::IoError(_)
        | TiffError::IntSizeError
        | TiffError::UsageError(_) => ImageError::Decoding(DecodingError::new(hint, error)),
    }
}

/// Two pieces, read as one file.
struct Joined<'a> {
    parts: [&'a [u8]; 2],
    at: u64,
}

impl Read for Joined<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let [head, rest] = self.parts;
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let left = match head.get(at..) {
            Some(left) if !left.is_empty() => left,
            _ => rest.get(at - head.len()..).unwrap_or_default(),
        };
        let length = left.len().min(into.len());
        into[..length].copy_from_slice(&left[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Joined<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.parts.iter().map(|part| part.len() as u64).sum::<u64>();
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => end.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
