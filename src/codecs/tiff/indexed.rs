//! Pictures whose samples are places in a table of colours (TIFF 6.0, section 5).

use ::image::error::ImageResult;
use ::image::{ColorType, ImageDecoder};
use ::tiff::tags::{PhotometricInterpretation as Photometric, Tag};

use super::packed::{self, Packed};
use crate::codecs::through_image::Decoder;
use crate::codecs::{DecodeError, DecoderSaid, Format};
use crate::warning::Damage;

/// A decoder for such a picture, or why it is not read.
pub(super) fn open(bytes: &[u8]) -> Option<Result<Decoder<'_>, DecodeError>> {
    let opened = Indexed::of(bytes)?;
    Some(opened.map(|picture| Box::new(picture) as Decoder<'_>))
}

/// A picture and its table.
#[derive(Debug)]
pub(super) struct Indexed<'a> {
    bytes: &'a [u8],
    packed: Packed,
    has_alpha: bool,
    table: Table,
}

impl<'a> Indexed<'a> {
    /// `None` where the picture has no table.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Result<Self, DecodeError>> {
        let mut directory = packed::directory(bytes)?;
        let mut number = |tag| packed::number(&mut directory, tag);
        if number(Tag::PhotometricInterpretation)? != Photometric::RGBPalette.to_u16() {
            return None;
        }
        let kind = number(Tag::ExtraSamples);
        let map = directory.find_tag_unsigned_vec::<u16>(Tag::ColorMap);
        let map = map.ok().flatten().unwrap_or_default();
        let format = Format::Tiff;
        let unsupported = |reason: &str| {
            let source = DecoderSaid(reason.to_owned());
            Err(DecodeError::Unsupported { format, source })
        };
        let packed = match Packed::of(&mut directory) {
            Ok(packed) => packed,
            Err(reason) => return Some(unsupported(reason)),
        };
        if !matches!(packed.bits, 1 | 2 | 4 | 8 | 16) {
            return Some(unsupported("its places in a table are of odd bits"));
        }
        if packed.samples > 2 {
            return Some(unsupported("its pixels have more than a colour and alpha"));
        }
        let Some(table) = Table::of(&map, packed.bits) else {
            let source = DecoderSaid("its table of colours is none".to_owned());
            return Some(Err(DecodeError::Damaged { format, source }));
        };
        // Associated or not (section 18): colours of a table do not change with it.
        let has_alpha = packed.samples == 2 && matches!(kind, Some(1 | 2));
        Some(Ok(Self {
            bytes,
            packed,
            has_alpha,
            table,
        }))
    }

    /// Reads the colours of the whole picture, and says how they are damaged: places beyond the table are black.
    pub(super) fn read(&self, colors: &mut [u8]) -> ImageResult<Option<Damage>> {
        let packed = &self.packed;
        // No place and no alpha takes more than 16 bits.
        let most = colors.len().saturating_mul(2);
        let places = packed.read(self.bytes, most.saturating_add(packed.size.height as usize))?;
        let pixel = usize::from(self.color_type().bytes_per_pixel());
        let (count, color) = (usize::from(packed.samples), self.table.width());
        let opaque = (1_u32 << packed.bits) - 1;
        let mut is_whole = true;
        let lines = colors.chunks_exact_mut(pixel * packed.size.width as usize);
        for (line, row) in lines.zip(places.chunks_exact(packed.stride())) {
            for (x, pixel) in line.chunks_exact_mut(pixel).enumerate() {
                let (into, alpha) = pixel.split_at_mut(color);
                let place = number(row, x * count, packed.bits);
                if let Some(color) = self.table.get(place.into()) {
                    into.copy_from_slice(color);
                } else {
                    into.fill(0);
                    is_whole = false;
                }
                if self.has_alpha {
                    let part = number(row, x * count + 1, packed.bits);
                    self.table.put_alpha(part.into(), opaque, alpha);
                }
            }
        }
        Ok((!is_whole).then_some(Damage::Corrupt))
    }
}

/// The sample at a place of a row. Those of less than 8 bits stand in a byte from its upper end on.
fn number(row: &[u8], at: usize, bits: u16) -> u16 {
    let bits = usize::from(bits);
    if bits == 16 {
        let pair = row.get(2 * at..).and_then(<[u8]>::first_chunk);
        return pair.map_or(0, |pair| u16::from_ne_bytes(*pair));
    }
    let byte = row.get(at * bits / 8).copied().unwrap_or_default();
    let shift = 8 - bits - at * bits % 8;
    u16::from(byte >> shift) & ((1 << bits) - 1)
}

/// Colours, one behind the other.
#[derive(Debug)]
struct Table {
    /// Whether their samples are of 16 bits, as 8 would lose something.
    is_deep: bool,
    bytes: Vec<u8>,
}

impl Table {
    /// Reads a map: all reds, then greens, then blues. As libtiff has it, one list may stand for the three, and values that are all
    /// below 256 are of 8 bits.
    fn of(map: &[u16], bits: u16) -> Option<Self> {
        let full = 1_usize << bits;
        let (count, step) = match map.len() {
            length if length >= 3 * full => (full, full),
            length if length == full => (full, 0),
            length if length > 0 && length % 3 == 0 => (length / 3, length / 3),
            _ => return None,
        };
        let map = &map[..count + 2 * step];
        let (low, high) = (
            |value: &u16| value.to_be_bytes()[1],
            |value: &u16| value.to_be_bytes()[0],
        );
        let is_small = map.iter().all(|value| high(value) == 0);
        let is_repeated = map.iter().all(|value| low(value) == high(value));
        let is_deep = !is_small && !is_repeated && map.iter().any(|value| low(value) != 0);
        let samples = (0..count).flat_map(|at| [0, step, 2 * step].map(|list| map[list + at]));
        let bytes = if is_deep {
            samples.flat_map(u16::to_ne_bytes).collect()
        } else if is_small {
            samples.map(|sample| low(&sample)).collect()
        } else {
            samples.map(|sample| high(&sample)).collect()
        };
        Some(Self { is_deep, bytes })
    }

    /// The length of a colour, in bytes.
    const fn width(&self) -> usize {
        if self.is_deep { 6 } else { 3 }
    }

    fn get(&self, place: usize) -> Option<&[u8]> {
        let start = place * self.width();
        self.bytes.get(start..start + self.width())
    }

    /// Writes an alpha of so many parts of the most that there is, as a sample like those of the colours.
    fn put_alpha(&self, part: u32, most: u32, into: &mut [u8]) {
        let of = |whole: u32| {
            (u64::from(part) * u64::from(whole) + u64::from(most / 2)) / u64::from(most)
        };
        if self.is_deep {
            let alpha = u16::try_from(of(65_535)).unwrap_or(u16::MAX);
            into.copy_from_slice(&alpha.to_ne_bytes());
        } else {
            into.fill(u8::try_from(of(255)).unwrap_or(u8::MAX));
        }
    }
}

impl ImageDecoder for Indexed<'_> {
    fn dimensions(&self) -> (u32, u32) {
        (self.packed.size.width, self.packed.size.height)
    }

    fn color_type(&self) -> ColorType {
        match (self.table.is_deep, self.has_alpha) {
            (false, false) => ColorType::Rgb8,
            (false, true) => ColorType::Rgba8,
            (true, false) => ColorType::Rgb16,
            (true, true) => ColorType::Rgba16,
        }
    }

    fn read_image(self, colors: &mut [u8]) -> ImageResult<()> {
        self.read(colors).map(|_| ())
    }

    fn read_image_boxed(self: Box<Self>, colors: &mut [u8]) -> ImageResult<()> {
        self.read(colors).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ::tiff::encoder::colortype::Gray8;
    use ::tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder};
    use ::tiff::tags::Tag;

    use super::super::CODEC;
    use super::super::tests::made;
    use crate::codecs::{self, Codec, DecodeError, Decoded, Format};
    use crate::image::{Channels, Image, Limits, Samples, Size};
    use crate::warning::{Damage, Warning};

    fn decode(bytes: &[u8]) -> Result<Decoded<Image>, DecodeError> {
        codecs::decode(&CODEC, bytes, &Limits::default())
    }

    fn samples(bytes: &[u8]) -> Samples {
        let read = decode(bytes).unwrap();
        assert_eq!(read.warnings.damage(), None);
        read.picture.raster.into_samples()
    }

    /// A colour for each place in a table, in 8 bits.
    fn color(place: u32) -> [u8; 3] {
        [place, place * 7 + 1, 255 - place % 256].map(|part| u8::try_from(part % 256).unwrap())
    }

    /// The map of so many colours, brought to 16 bits by a factor.
    fn map(count: u32, factor: u32) -> Vec<u32> {
        let list = |part| (0..count).map(move |at| u32::from(color(at)[part]) * factor);
        (0..3).flat_map(list).collect()
    }

    /// The place in the table of each pixel.
    fn place(x: u32, y: u32, bits: u32) -> u32 {
        (x * 5 + y * 11) % (1 << bits).min(256)
    }

    /// A strip or tile of such places, which may reach beyond the picture.
    fn part(left: u32, top: u32, size: Size, bits: u32, big_endian: bool) -> Vec<u8> {
        let row = |y: u32| {
            let mut row = vec![0; (size.width * bits).div_ceil(8) as usize];
            for x in 0..size.width {
                let place = place(left + x, top + y, bits);
                let at = (x * bits / 8) as usize;
                if bits == 16 {
                    row[at + usize::from(big_endian)] = u8::try_from(place).unwrap();
                } else {
                    row[at] |= u8::try_from(place << (8 - bits - x * bits % 8)).unwrap();
                }
            }
            row
        };
        (0..size.height).flat_map(row).collect()
    }

    const SIZE: Size = Size::new(37, 21);

    fn painted(bits: u32) -> Vec<u8> {
        let pixels = (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (x, y)));
        pixels.flat_map(|(x, y)| color(place(x, y, bits))).collect()
    }

    #[test]
    fn places_of_all_widths_are_read_in_strips_and_tiles_and_either_order() {
        for bits in [1, 2, 4, 8, 16] {
            for (big_endian, is_tiled) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let mut entries = vec![
                    (256, vec![SIZE.width]),
                    (257, vec![SIZE.height]),
                    (258, vec![bits]),
                    (262, vec![3]),
                    (320, map(1 << bits, 257)),
                ];
                let parts = if is_tiled {
                    entries.extend([(322, vec![16]), (323, vec![16])]);
                    let size = Size::new(16, 16);
                    let tile = |at: u32| part(at % 3 * 16, at / 3 * 16, size, bits, big_endian);
                    (0..6).map(tile).collect()
                } else {
                    entries.push((278, vec![8]));
                    let rows = [(0, 8), (8, 8), (16, 5)];
                    let strip =
                        |(top, rows)| part(0, top, Size::new(SIZE.width, rows), bits, big_endian);
                    rows.map(strip).to_vec()
                };
                let file = made(big_endian, &entries, &parts);
                let read = decode(&file).unwrap();
                assert_eq!(read.warnings.damage(), None);
                assert_eq!(read.picture.raster.size(), SIZE);
                let wanted = Samples::U8(painted(bits));
                assert_eq!(read.picture.raster.into_samples(), wanted, "{bits} bits");
            }
        }
    }

    #[test]
    fn each_packing_is_undone() {
        for compression in [
            Compression::Uncompressed,
            Compression::Packbits,
            Compression::Lzw,
            Compression::Deflate(DeflateLevel::Fast),
        ] {
            for predictor in [Predictor::None, Predictor::Horizontal] {
                let mut out = Cursor::new(Vec::new());
                let encoder = TiffEncoder::new(&mut out).unwrap();
                let mut encoder = encoder
                    .with_compression(compression)
                    .with_predictor(predictor);
                let mut page = encoder.new_image::<Gray8>(SIZE.width, SIZE.height).unwrap();
                let table: Vec<_> = map(256, 257)
                    .into_iter()
                    .map(|value| u16::try_from(value).unwrap())
                    .collect();
                let table = table.as_slice();
                page.encoder().write_tag(Tag::ColorMap, table).unwrap();
                page.rows_per_strip(8).unwrap();
                page.write_data(&part(0, 0, SIZE, 8, false)).unwrap();
                let mut file = out.into_inner();
                let entry = [262_u16.to_ne_bytes(), 3_u16.to_ne_bytes()].concat();
                let at = file.windows(4).rposition(|found| found == entry).unwrap();
                file[at + 8..at + 10].copy_from_slice(&3_u16.to_ne_bytes());
                assert_eq!(samples(&file), Samples::U8(painted(8)));
            }
        }
    }

    /// A row of four places in a table.
    fn row(places: [u8; 4], map: Vec<u32>, further: &[(u16, Vec<u32>)]) -> Vec<u8> {
        let mut entries = vec![
            (256, vec![4]),
            (257, vec![1]),
            (258, vec![8]),
            (262, vec![3]),
            (320, map),
        ];
        entries.extend_from_slice(further);
        made(true, &entries, &[places.to_vec()])
    }

    #[test]
    fn tables_keep_what_is_in_them_and_no_more() {
        let wanted: Vec<u8> = [3, 0, 255, 9].into_iter().flat_map(color).collect();
        for factor in [1, 256, 257] {
            let file = row([3, 0, 255, 9], map(256, factor), &[]);
            assert_eq!(
                samples(&file),
                Samples::U8(wanted.clone()),
                "times {factor}"
            );
        }
        let mut deep = map(256, 257);
        deep[3] = 0x1234;
        let mut wanted: Vec<_> = wanted.iter().map(|part| u16::from(*part) * 257).collect();
        wanted[0] = 0x1234;
        let file = row([3, 0, 255, 9], deep, &[]);
        assert_eq!(samples(&file), Samples::U16(wanted));
    }

    #[test]
    fn alpha_stands_beside_the_places() {
        let further = |kind| [(277, vec![2]), (338, vec![kind])];
        let entries = |kind| {
            let mut entries = vec![
                (256, vec![2]),
                (257, vec![1]),
                (258, vec![8, 8]),
                (262, vec![3]),
                (320, map(256, 257)),
            ];
            entries.extend(further(kind));
            made(false, &entries, &[vec![3, 40, 9, 255]])
        };
        let (first, second) = (color(3), color(9));
        let with = [&first[..], &[40], &second, &[255]].concat();
        for kind in [1, 2] {
            assert_eq!(samples(&entries(kind)), Samples::U8(with.clone()));
        }
        assert_eq!(samples(&entries(0)), Samples::U8([first, second].concat()));
    }

    #[test]
    fn places_beyond_the_table_are_black_and_a_warning() {
        let read = decode(&row([3, 4, 255, 0], map(4, 257), &[])).unwrap();
        let corrupt = Warning::damaged(Format::Tiff, Damage::Corrupt);
        assert_eq!(read.warnings.damage(), Some(&corrupt));
        let wanted = [color(3), [0; 3], [0; 3], color(0)].concat();
        assert_eq!(read.picture.raster.channels(), Channels::Rgb);
        assert_eq!(read.picture.raster.samples(), &Samples::U8(wanted));
    }

    #[test]
    fn a_strip_may_say_that_it_is_longer_and_not_that_it_is_elsewhere() {
        let file = row([1, 2, 3, 4], map(5, 257), &[]);
        let put = |tag: u16, value: u32| {
            let mut file = file.clone();
            let entry = [tag.to_be_bytes(), 4_u16.to_be_bytes()].concat();
            let at = file.windows(4).rposition(|found| found == entry).unwrap();
            file[at + 8..at + 12].copy_from_slice(&value.to_be_bytes());
            file
        };
        let wanted = [1, 2, 3, 4].map(color).concat();
        assert_eq!(samples(&put(279, u32::MAX)), Samples::U8(wanted));
        for place in [u32::MAX, u32::MAX - 1000, 100_000] {
            let error = decode(&put(273, place)).unwrap_err();
            assert!(matches!(error, DecodeError::Damaged { .. }), "{error}");
        }
    }

    #[test]
    fn what_is_no_table_or_no_places_is_refused() {
        let whole = map(256, 257);
        for map in [vec![7], vec![0; 767], vec![70_000; 768]] {
            let error = CODEC.header(&row([0; 4], map, &[])).unwrap_err();
            assert!(matches!(error, DecodeError::Damaged { .. }), "{error}");
        }
        for further in [
            vec![(259, vec![7])],
            vec![(266, vec![2])],
            vec![(277, vec![3])],
            vec![(277, vec![2]), (284, vec![2])],
        ] {
            let file = row([0; 4], whole.clone(), &further);
            assert!(decode(&file).is_err(), "{further:?}");
        }
        let file = row([1, 2, 3, 4], map(5, 257), &[(278, vec![1])]);
        for length in 0..file.len() {
            assert!(decode(&file[..length]).is_err());
        }
        for at in 0..file.len() {
            for value in [0, 1, 3, 16, 255] {
                let mut file = file.clone();
                file[at] = value;
                let _no_panic = decode(&file);
            }
        }
    }
}
