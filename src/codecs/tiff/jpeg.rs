//! Pictures whose strips or tiles are JPEG files without their tables, which stand once for all (Adobe Photoshop TIFF Technical
//! Notes, of 2002: compression 7).
//!
//! What the colours of each mean says the picture that they are of, whatever they say themselves.

use std::io::Cursor;

use ::image::error::{DecodingError, ImageError, ImageFormatHint, ImageResult};
use ::image::{ColorType, ImageDecoder, ImageFormat};
use ::tiff::decoder::{ChunkType, Decoder as TiffDecoder};
use ::tiff::tags::{CompressionMethod, PhotometricInterpretation as Photometric, Tag};

use crate::codecs::through_image::Decoder;
use crate::codecs::{DecodeError, DecoderSaid, Format, jpeg};
use crate::image::{Channels, Samples, Size};
use crate::warning::Damage;

/// A decoder for such a picture. What came before this way is refused: its tables lie about as every writer liked, and the notes say that
/// nobody should write it.
pub(super) fn open(bytes: &[u8]) -> Option<Result<Decoder<'_>, DecodeError>> {
    const OLD: u16 = 6;
    let compression = TiffDecoder::new(Cursor::new(bytes))
        .and_then(|mut decoder| decoder.find_tag_unsigned::<u16>(Tag::Compression));
    if compression.ok()?? == OLD {
        let source = DecoderSaid("its samples are JPEG of the old kind, compression 6".to_owned());
        let format = Format::Tiff;
        return Some(Err(DecodeError::Unsupported { format, source }));
    }
    Some(Ok(Box::new(InJpeg::of(bytes)?)))
}

/// A picture in parts, from left to right and down.
#[derive(Debug)]
pub(super) struct InJpeg<'a> {
    size: Size,
    channels: Channels,
    /// The size of a part; those at the edges may hold more than is seen.
    part: Size,
    parts: Vec<&'a [u8]>,
    tables: Vec<u8>,
    transform: Option<u8>,
}

/// What Adobe's segment says of three components.
const RGB: u8 = 0;
const YCBCR: u8 = 1;

/// What is missing.
const GRAY: u8 = 128;

/// Pixels that a part may have beside those that are seen, and how often as many as the picture.
const SPARE: u64 = 1 << 20;
const TIMES: u64 = 2;

/// There is nothing to be had of a part.
struct Unreadable;

impl<'a> InJpeg<'a> {
    /// `None` where the picture is none of gray or colours in JPEG.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut decoder = TiffDecoder::new(Cursor::new(bytes)).ok()?;
        let mut number = |tag| decoder.find_tag_unsigned::<u16>(tag).ok()?;
        if number(Tag::Compression) != Some(CompressionMethod::ModernJPEG.to_u16()) {
            return None;
        }
        let is_planar = number(Tag::PlanarConfiguration) == Some(2);
        let samples = number(Tag::SamplesPerPixel).unwrap_or(1);
        let photometric = Photometric::from_u16(number(Tag::PhotometricInterpretation)?)?;
        let (channels, transform) = match (photometric, samples) {
            (Photometric::BlackIsZero, 1) => (Channels::Gray, None),
            (Photometric::RGB, 3) if !is_planar => (Channels::Rgb, Some(RGB)),
            (Photometric::YCbCr, 3) if !is_planar => (Channels::Rgb, Some(YCBCR)),
            _ => return None,
        };
        let (width, height) = decoder.dimensions().ok()?;
        let (part_width, part_height) = decoder.chunk_dimensions();
        let (offsets, lengths) = match decoder.get_chunk_type() {
            ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
            ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
        };
        let mut numbers = |tag| decoder.find_tag_unsigned_vec::<u64>(tag).ok()?;
        let places = numbers(offsets)?.into_iter().zip(numbers(lengths)?);
        let parts = places.map(|(start, length)| {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let rest = bytes.get(start..).unwrap_or_default();
            &rest[..length.min(rest.len())]
        });
        let parts = parts.collect();
        let tables = decoder.get_tag_u8_vec(Tag::JPEGTables).unwrap_or_default();
        Some(Self {
            size: Size::new(width, height),
            channels,
            part: Size::new(part_width.max(1), part_height.max(1)),
            parts,
            tables,
            transform,
        })
    }

    /// Reads the samples of the whole picture, and says how they are damaged. Where there are none, that is an error.
    pub(super) fn read(&self, samples: &mut [u8]) -> ImageResult<Option<Damage>> {
        let across = self.size.width.div_ceil(self.part.width);
        let down = self.size.height.div_ceil(self.part.height);
        let places = (0..down).flat_map(|row| (0..across).map(move |column| (column, row)));
        let (mut damage, mut is_empty) = (None, true);
        samples.fill(GRAY);
        // Parts that are not there are none of those that are.
        let mut parts = self.parts.iter();
        for (column, row) in places {
            let (left, top) = (column * self.part.width, row * self.part.height);
            let Some(part) = parts.next() else {
                damage = damage.or(Some(Damage::Truncated));
                break;
            };
            match self.read_part(part, left, top, samples) {
                Ok(torn) => {
                    is_empty = false;
                    damage = damage.or(torn);
                }
                Err(Unreadable) => damage = damage.or(Some(Damage::Corrupt)),
            }
        }
        if is_empty {
            let hint = ImageFormatHint::Exact(ImageFormat::Tiff);
            let reason = "none of its JPEG data can be read";
            return Err(ImageError::Decoding(DecodingError::new(hint, reason)));
        }
        Ok(damage)
    }

    /// Puts a part into its place, and says how it is damaged.
    fn read_part(
        &self,
        part: &[u8],
        left: u32,
        top: u32,
        samples: &mut [u8],
    ) -> Result<Option<Damage>, Unreadable> {
        let file = jpeg::whole(&self.tables, part, self.transform);
        let layout = jpeg::header(&file).map_err(|_| Unreadable)?;
        let most = self.size.pixels().saturating_mul(TIMES);
        if layout.size.pixels() > most.saturating_add(SPARE) || layout.channels != self.channels {
            return Err(Unreadable);
        }
        let (raster, damage) = jpeg::read(&file, &layout).map_err(|_| Unreadable)?;
        let Samples::U8(read) = raster.samples() else {
            return Err(Unreadable);
        };
        let count = self.channels.count();
        let seen = Size::new(
            self.part.width.min(self.size.width - left),
            self.part.height.min(self.size.height - top),
        );
        let (across, line) = (seen.width as usize, self.size.width as usize * count);
        let own = raster.size().width as usize * count;
        let length = own.min(across * count);
        let lines = samples.chunks_exact_mut(line).skip(top as usize);
        let lines = lines.take(seen.height as usize);
        let start = left as usize * count;
        for (line, read) in lines.zip(read.chunks_exact(own)) {
            line[start..start + length].copy_from_slice(&read[..length]);
        }
        let is_whole = raster.size().width >= seen.width && raster.size().height >= seen.height;
        Ok(damage.or((!is_whole).then_some(Damage::Corrupt)))
    }
}

impl ImageDecoder for InJpeg<'_> {
    fn dimensions(&self) -> (u32, u32) {
        (self.size.width, self.size.height)
    }

    fn color_type(&self) -> ColorType {
        if self.channels == Channels::Gray {
            ColorType::L8
        } else {
            ColorType::Rgb8
        }
    }

    fn read_image(self, samples: &mut [u8]) -> ImageResult<()> {
        self.read(samples).map(|_| ())
    }

    fn read_image_boxed(self: Box<Self>, samples: &mut [u8]) -> ImageResult<()> {
        self.read(samples).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::super::CODEC;
    use crate::codecs::{self, Codec, DecodeError, EncodeOptions, Format};
    use crate::image::{Channels, Image, Limits, Raster, Samples, Size};
    use crate::warning::{Damage, Warning};

    const SIZE: Size = Size::new(40, 24);

    /// The tables of a JPEG file, and the file without them: both begin and end as such files do.
    fn taken_apart(file: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut tables, mut picture) = (file[..2].to_vec(), file[..2].to_vec());
        let mut rest = &file[2..];
        while rest[1] != 0xda {
            let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            let is_table = matches!(rest[1], 0xdb | 0xc4);
            let part = if is_table { &mut tables } else { &mut picture };
            part.extend_from_slice(&rest[..length]);
            rest = &rest[length..];
        }
        tables.extend(b"\xff\xd9");
        picture.extend_from_slice(rest);
        (tables, picture)
    }

    fn color(x: u32, y: u32) -> [u8; 3] {
        let (x, y) = (x.min(42), y.min(25));
        [x * 6, y * 10, 255 - x * 6].map(|value| u8::try_from(value).unwrap())
    }

    fn painted(left: u32, top: u32, size: Size, channels: Channels) -> Raster {
        let pixels = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
        let samples: Vec<u8> = pixels.flat_map(|(x, y)| color(left + x, top + y)).collect();
        let raster = Raster::new(size, Channels::Rgb, samples).unwrap();
        raster.to_channels(channels)
    }

    fn part(left: u32, top: u32, size: Size, channels: Channels) -> (Vec<u8>, Vec<u8>) {
        let image = Image::new(painted(left, top, size, channels));
        let options = EncodeOptions {
            quality: Some(95),
            ..EncodeOptions::default()
        };
        taken_apart(&Format::Jpeg.codec().encode(image, &options).unwrap())
    }

    fn long(number: usize) -> [u8; 4] {
        u32::try_from(number).unwrap().to_be_bytes()
    }

    /// A file of such parts: strips of 16 rows, or tiles of 16 pixels across and down.
    fn file(compression: usize, photometric: usize, parts: &[Vec<u8>], tables: &[u8]) -> Vec<u8> {
        let is_tiled = parts.len() > 2;
        let mut file = b"MM\0*\0\0\0\0".to_vec();
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        for part in parts {
            offsets.extend(long(file.len()));
            lengths.extend(long(part.len()));
            file.extend_from_slice(part);
        }
        let places = [&offsets[..], &lengths, tables].map(|list| {
            let at = file.len();
            file.extend_from_slice(list);
            at
        });
        let samples = if photometric == 1 { 1 } else { 3 };
        let (of_places, of_lengths) = if is_tiled { (324, 325) } else { (273, 279) };
        let mut entries = vec![
            (256, 4, 1, 40),
            (257, 4, 1, 24),
            (258, 4, 1, 8),
            (259, 4, 1, compression),
            (262, 4, 1, photometric),
            (277, 4, 1, samples),
            (347, 7, tables.len(), places[2]),
            (of_places, 4, parts.len(), places[0]),
            (of_lengths, 4, parts.len(), places[1]),
        ];
        let sides = [(322, 4, 1, 16), (323, 4, 1, 16)];
        entries.extend(sides.into_iter().filter(|_| is_tiled));
        entries.extend((!is_tiled).then_some((278, 4, 1, 16)));
        entries.sort_unstable();
        let directory = long(file.len());
        file[4..8].copy_from_slice(&directory);
        file.extend(u16::try_from(entries.len()).unwrap().to_be_bytes());
        for (tag, kind, count, value) in entries {
            file.extend([u16::to_be_bytes(tag), u16::to_be_bytes(kind)].concat());
            file.extend([long(count), long(value)].concat());
        }
        file.extend([0; 4]);
        file
    }

    fn samples(raster: &Raster) -> &[u8] {
        let Samples::U8(samples) = raster.samples() else {
            panic!("they are of 8 bits");
        };
        samples
    }

    #[test]
    fn strips_and_tiles_are_read_each_with_its_tables() {
        let strips = [(0, 0, Size::new(40, 16)), (0, 16, Size::new(40, 8))];
        let tile = |at: u32| (at % 3 * 16, at / 3 * 16, Size::new(16, 16));
        let tiles: Vec<_> = (0..6).map(tile).collect();
        for (channels, photometric) in [(Channels::Rgb, 6), (Channels::Gray, 1), (Channels::Rgb, 2)]
        {
            for places in [&strips[..], &tiles] {
                let parts: Vec<_> = places
                    .iter()
                    .map(|(left, top, size)| {
                        let (tables, picture) = part(*left, *top, *size, channels);
                        [&tables[..tables.len() - 2], &picture[2..]].concat()
                    })
                    .collect();
                let file = file(7, photometric, &parts, b"\xff\xd8\xff\xd9");
                let read = codecs::decode(&CODEC, &file, &Limits::default()).unwrap();
                assert_eq!(read.warnings.damage(), None);
                let raster = read.picture.raster;
                assert_eq!((raster.size(), raster.channels()), (SIZE, channels));
                let wanted = painted(0, 0, SIZE, channels);
                let pairs = samples(&raster).iter().zip(samples(&wanted));
                let most = pairs.map(|(read, wanted)| read.abs_diff(*wanted)).max();
                // Luma and chroma that are called colours are none.
                assert_eq!(most.unwrap() < 12, photometric != 2, "{most:?}");
            }
        }
    }

    #[test]
    fn the_tables_of_all_are_put_before_each_and_what_is_missing_is_gray() {
        let (tables, picture) = part(0, 0, Size::new(40, 16), Channels::Rgb);
        let cut = file(7, 6, &[picture.clone(), Vec::new()], &tables);
        let read = codecs::decode(&CODEC, &cut, &Limits::default()).unwrap();
        let corrupt = Warning::damaged(Format::Tiff, Damage::Corrupt);
        assert_eq!(read.warnings.damage(), Some(&corrupt));
        let there = samples(&read.picture.raster);
        let (seen, missing) = there.split_at(40 * 16 * 3);
        let wanted = painted(0, 0, Size::new(40, 16), Channels::Rgb);
        let mut pairs = seen.iter().zip(samples(&wanted));
        assert!(pairs.all(|(read, wanted)| read.abs_diff(*wanted) < 12));
        assert!(missing.iter().all(|sample| *sample == 128));
        let without = file(7, 6, &[picture.clone(), picture], b"");
        assert!(codecs::decode(&CODEC, &without, &Limits::default()).is_err());
        for length in 0..cut.len() {
            let _no_panic = codecs::decode(&CODEC, &cut[..length], &Limits::default());
        }
    }

    #[test]
    fn the_old_kind_is_refused_by_its_name() {
        let old = file(6, 6, &[vec![0; 20], vec![0; 20]], b"");
        let error = CODEC.header(&old).unwrap_err();
        assert!(matches!(error, DecodeError::Unsupported { .. }));
        let said = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(said, "its samples are JPEG of the old kind, compression 6");
    }
}
