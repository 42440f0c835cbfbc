//! Luma and chroma that are packed without JPEG (TIFF 6.0, section 21).

use ::image::error::ImageResult;
use ::image::{ColorType, ImageDecoder};
use ::tiff::decoder::ifd::Value;
use ::tiff::tags::{PhotometricInterpretation as Photometric, Tag};

use super::packed::{self, Directory, Packed};
use crate::codecs::through_image::Decoder;
use crate::codecs::{DecodeError, DecoderSaid, Format};
use crate::image::Size;

/// A decoder for such a picture, or why it is not read.
pub(super) fn open(bytes: &[u8]) -> Option<Result<Decoder<'_>, DecodeError>> {
    let opened = Luma::of(bytes)?;
    Some(opened.map(|picture| Box::new(picture) as Decoder<'_>))
}

/// A picture of units: so many pixels across and down, each with its luma, and their chroma behind them. That counts for all of them, as libtiff has it.
#[derive(Debug)]
pub(super) struct Luma<'a> {
    bytes: &'a [u8],
    packed: Packed,
    across: u32,
    down: u32,
    meaning: Meaning,
}

impl<'a> Luma<'a> {
    /// `None` where the picture is none of luma and chroma.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Result<Self, DecodeError>> {
        let mut directory = packed::directory(bytes)?;
        let photometric = packed::number(&mut directory, Tag::PhotometricInterpretation)?;
        if photometric != Photometric::YCbCr.to_u16() {
            return None;
        }
        let opened = Self::admitted(bytes, &mut directory);
        Some(opened.map_err(|reason| DecodeError::Unsupported {
            format: Format::Tiff,
            source: DecoderSaid(reason.to_owned()),
        }))
    }

    fn admitted(bytes: &'a [u8], directory: &mut Directory<'_>) -> Result<Self, &'static str> {
        let packed = Packed::of(directory)?;
        if (packed.bits, packed.samples) != (8, 3) {
            return Err("its luma and chroma are not three samples of 8 bits");
        }
        let pair = directory.find_tag_unsigned_vec::<u32>(Tag::ChromaSubsampling);
        let pair = pair.ok().flatten().unwrap_or_else(|| vec![2, 2]);
        let &[across @ (1 | 2 | 4), down @ (1 | 2 | 4)] = &pair[..] else {
            return Err("its chroma is of an odd size");
        };
        let part = packed.part;
        let is_odd = !part.width.is_multiple_of(across) || !part.height.is_multiple_of(down);
        if packed.is_tiled() && is_odd {
            return Err("its tiles end within chroma");
        }
        if packed.has_differences() && across * down > 1 {
            return Err("its samples are differences between units");
        }
        Ok(Self {
            bytes,
            packed,
            across,
            down,
            meaning: Meaning::of(directory),
        })
    }

    /// The length of a unit, in bytes.
    const fn unit(&self) -> u32 {
        self.across * self.down + 2
    }

    /// Its rows of units, as if each of their bytes was a pixel.
    fn units(&self) -> Packed {
        // Differences are between pixels, where these are units.
        if self.across * self.down == 1 {
            return self.packed.clone();
        }
        let bytes = |width: u32| {
            let units = width.div_ceil(self.across);
            units.saturating_mul(self.unit())
        };
        let Size { width, height } = self.packed.size;
        let rows = self.rows();
        // Each strip begins with whole units.
        let (before, last) = ((height - 1) / rows, (height - 1) % rows + 1);
        let before = before.saturating_mul(rows.div_ceil(self.down));
        let down = before.saturating_add(last.div_ceil(self.down));
        let part = Size::new(bytes(self.packed.part.width), rows.div_ceil(self.down));
        let part = if self.packed.is_tiled() {
            Size::new(part.width, self.packed.part.height / self.down)
        } else {
            part
        };
        let size = Size::new(bytes(width), down);
        self.packed.with_bytes(size, part)
    }

    /// The rows of pixels after which units begin anew, if they do.
    fn rows(&self) -> u32 {
        let height = self.packed.size.height;
        if self.packed.is_tiled() {
            height
        } else {
            self.packed.part.height.clamp(1, height)
        }
    }

    /// Reads the colours of the whole picture.
    pub(super) fn read(&self, colors: &mut [u8]) -> ImageResult<()> {
        // What stands at the edges of narrow pictures comes on top.
        let most = colors.len().saturating_mul(2).saturating_add(SPARE);
        let units = self.units();
        let bytes = units.read(self.bytes, most)?;
        let (unit, across) = (self.unit() as usize, self.across as usize);
        let (rows, down) = (self.rows(), self.down);
        let lines = colors.chunks_exact_mut(3 * self.packed.size.width as usize);
        for (y, line) in (0_u32..).zip(lines) {
            let row = y / rows * rows.div_ceil(down) + y % rows / down;
            let start = row as usize * units.stride();
            let row = bytes.get(start..start + units.stride()).unwrap_or_default();
            let first = (y % rows % down) as usize * across;
            for (pixels, unit) in line.chunks_mut(3 * across).zip(row.chunks_exact(unit)) {
                let (luma, chroma) = unit.split_at(unit.len() - 2);
                let shift = self.meaning.shift(chroma[0], chroma[1]);
                for (pixel, luma) in pixels.chunks_exact_mut(3).zip(&luma[first..]) {
                    self.meaning.put_color(*luma, shift, pixel);
                }
            }
        }
        Ok(())
    }
}

/// Bytes beside those of the pixels.
const SPARE: usize = 1 << 20;

impl ImageDecoder for Luma<'_> {
    fn dimensions(&self) -> (u32, u32) {
        (self.packed.size.width, self.packed.size.height)
    }

    fn color_type(&self) -> ColorType {
        ColorType::Rgb8
    }

    fn read_image(self, colors: &mut [u8]) -> ImageResult<()> {
        self.read(colors)
    }

    fn read_image_boxed(self: Box<Self>, colors: &mut [u8]) -> ImageResult<()> {
        self.read(colors)
    }
}

/// Fractions or whole numbers that stand in a list, if all of them are numbers.
fn numbers(directory: &mut Directory<'_>, tag: Tag) -> Option<Vec<f64>> {
    let Value::List(values) = directory.find_tag(tag).ok()?? else {
        return None;
    };
    let numbers = values.into_iter().map(|value| {
        if let Value::Rational(over, under) = value {
            Some(f64::from(over) / f64::from(under))
        } else if let Value::Float(number) = value {
            Some(number.into())
        } else {
            value.into_u32().ok().map(f64::from)
        }
    });
    let numbers: Vec<_> = numbers.collect::<Option<_>>()?;
    numbers
        .iter()
        .all(|number| number.is_finite())
        .then_some(numbers)
}

/// What luma and chroma say of red, green and blue.
#[derive(Debug)]
struct Meaning {
    /// How much of luma each of them is.
    parts: [f64; 3],
    /// The codes of black and white of luma, and of no and of full chroma.
    codes: [f64; 6],
}

const PARTS: u16 = 529;
const CODES: u16 = 532;

impl Meaning {
    /// What the directory says, or where that makes no sense, the usual (section 21; full chroma and luma as libtiff has them).
    fn of(directory: &mut Directory<'_>) -> Self {
        let mut said = |tag| numbers(directory, Tag::from_u16_exhaustive(tag));
        let parts = said(PARTS).and_then(|parts| parts.try_into().ok());
        let parts = parts.filter(|parts: &[f64; 3]| {
            let is_part = |part: &f64| *part > 0.001 && *part < 1.0;
            parts.iter().all(is_part)
        });
        let codes = said(CODES).and_then(|codes| codes.try_into().ok());
        Self {
            parts: parts.unwrap_or([0.299, 0.587, 0.114]),
            codes: codes.unwrap_or([0.0, 255.0, 128.0, 255.0, 128.0, 255.0]),
        }
    }

    /// A code as a part of a range.
    fn value(&self, code: u8, kind: usize, range: f64) -> f64 {
        let (none, full) = (self.codes[2 * kind], self.codes[2 * kind + 1]);
        let span = full - none;
        let span = if span.abs() > f64::EPSILON { span } else { 1.0 };
        (f64::from(code) - none) * range / span
    }

    /// How far red, green and blue are from luma.
    fn shift(&self, blue: u8, red: u8) -> [f64; 3] {
        let [of_red, of_green, of_blue] = self.parts;
        let red = self.value(red, 2, 127.0) * (2.0 - 2.0 * of_red);
        let blue = self.value(blue, 1, 127.0) * (2.0 - 2.0 * of_blue);
        [red, -(of_blue * blue + of_red * red) / of_green, blue]
    }

    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    #[expect(clippy::cast_sign_loss, reason = "clamped")]
    fn put_color(&self, luma: u8, shift: [f64; 3], pixel: &mut [u8]) {
        let luma = self.value(luma, 0, 255.0) + 0.5;
        for (sample, shift) in pixel.iter_mut().zip(shift) {
            *sample = (luma + shift).clamp(0.0, 255.0) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ::tiff::encoder::colortype::YCbCr8;
    use ::tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder};

    use super::super::CODEC;
    use super::super::tests::made;
    use crate::codecs::{self, Codec, DecodeError, Decoded};
    use crate::image::{Image, Limits, Samples, Size};

    const SIZE: Size = Size::new(37, 21);

    fn decode(bytes: &[u8]) -> Result<Decoded<Image>, DecodeError> {
        codecs::decode(&CODEC, bytes, &Limits::default())
    }

    fn samples(bytes: &[u8]) -> Vec<u8> {
        let raster = decode(bytes).unwrap().picture.raster;
        assert_eq!(raster.size(), SIZE);
        let Samples::U8(samples) = raster.into_samples() else {
            panic!("they are of 8 bits");
        };
        samples
    }

    fn luma(x: u32, y: u32) -> u8 {
        u8::try_from((x * 5 + y * 3) % 256).unwrap()
    }

    /// That of the unit that a pixel is in.
    fn chroma(x: u32, y: u32) -> [u8; 2] {
        [x * 9 + 20, 230 + y * 248].map(|code| u8::try_from(code % 256).unwrap())
    }

    /// Units of a strip or tile, which may reach beyond the picture.
    fn part(left: u32, top: u32, size: Size, (across, down): (u32, u32)) -> Vec<u8> {
        let unit = |x: u32, y: u32| {
            let rows = (0..down).flat_map(move |row| (0..across).map(move |at| (at, row)));
            let lumas = rows.map(move |(at, row)| luma(x + at, y + row));
            lumas.chain(chroma(x, y))
        };
        let units = (0..size.height.div_ceil(down))
            .flat_map(|y| (0..size.width.div_ceil(across)).map(move |x| (x, y)));
        units
            .flat_map(|(x, y)| unit(left + x * across, top + y * down))
            .collect()
    }

    /// The colours of the picture as JFIF has them (ITU-T T.871, section 7), where units begin anew after so many rows.
    fn wanted((across, down): (u32, u32), rows: u32) -> Vec<u8> {
        let pixels = (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (x, y)));
        let color = |(x, y): (u32, u32)| {
            let [blue, red] = chroma(x / across * across, y - y % rows % down);
            let (blue, red) = (f64::from(blue) - 128.0, f64::from(red) - 128.0);
            let luma = f64::from(luma(x, y));
            [
                luma + 1.402 * red,
                luma - 0.344_136 * blue - 0.714_136 * red,
                luma + 1.772 * blue,
            ]
        };
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        #[expect(clippy::cast_sign_loss, reason = "clamped")]
        let sample = |sample: f64| sample.round().clamp(0.0, 255.0) as u8;
        pixels.flat_map(color).map(sample).collect()
    }

    /// Full chroma is 127 in one and 127.5 in the other.
    #[track_caller]
    fn near(read: &[u8], wanted: &[u8]) {
        assert_eq!(read.len(), wanted.len());
        let most = read.iter().zip(wanted).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most.unwrap() <= 1, "{most:?}");
    }

    fn entries((across, down): (u32, u32)) -> Vec<(u16, Vec<u32>)> {
        vec![
            (256, vec![SIZE.width]),
            (257, vec![SIZE.height]),
            (258, vec![8, 8, 8]),
            (262, vec![6]),
            (277, vec![3]),
            (530, vec![across, down]),
        ]
    }

    fn strips(units: (u32, u32), rows: u32) -> Vec<Vec<u8>> {
        let tops = (0..SIZE.height).step_by(rows as usize);
        let strip = |top| {
            let height = rows.min(SIZE.height - top);
            part(0, top, Size::new(SIZE.width, height), units)
        };
        tops.map(strip).collect()
    }

    #[test]
    fn units_of_all_sizes_are_read_in_strips_and_tiles() {
        for units in [(1, 1), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4), (1, 2)] {
            // Strips of 5 rows end within units.
            for rows in [4, 5, 8, 21, 100] {
                let mut entries = entries(units);
                entries.push((278, vec![rows]));
                let file = made(rows == 4, &entries, &strips(units, rows));
                near(&samples(&file), &wanted(units, rows));
            }
            let mut entries = entries(units);
            entries.extend([(322, vec![16]), (323, vec![16])]);
            let tile = |at: u32| part(at % 3 * 16, at / 3 * 16, Size::new(16, 16), units);
            let file = made(false, &entries, &(0..6).map(tile).collect::<Vec<_>>());
            near(&samples(&file), &wanted(units, 16));
        }
    }

    #[test]
    fn where_nothing_is_said_units_are_of_four_pixels() {
        let mut entries = entries((2, 2));
        entries.pop();
        let file = made(false, &entries, &strips((2, 2), SIZE.height));
        near(&samples(&file), &wanted((2, 2), SIZE.height));
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
                let encoder = encoder.with_compression(compression);
                let mut encoder = encoder.with_predictor(predictor);
                let Size { width, height } = SIZE;
                let mut page = encoder.new_image::<YCbCr8>(width, height).unwrap();
                page.rows_per_strip(8).unwrap();
                page.write_data(&part(0, 0, SIZE, (1, 1))).unwrap();
                near(&samples(&out.into_inner()), &wanted((1, 1), 8));
            }
        }
    }

    #[test]
    fn codes_of_video_are_those_that_the_file_says() {
        let mut entries = entries((1, 1));
        entries.push((532, vec![16, 235, 128, 240, 128, 240]));
        let pixels = [
            [16, 128, 128],
            [235, 128, 128],
            [81, 90, 240],
            [255, 128, 128],
        ];
        let mut strip = pixels.concat();
        strip.resize(SIZE.width as usize * SIZE.height as usize * 3, 128);
        let read = samples(&made(false, &entries, &[strip.clone()]));
        // The last but one is red in the numbers of ITU-R BT.601.
        let wanted = [[0; 3], [255; 3], [254, 0, 0], [255; 3]].concat();
        near(&read[..12], &wanted);
        // No span at all is no reason to stop.
        entries.pop();
        entries.push((532, vec![9, 9, 128, 128, 128, 128]));
        entries.push((529, vec![0, 0, 0]));
        assert!(decode(&made(false, &entries, &[strip])).is_ok());
    }

    #[test]
    fn what_is_not_so_is_refused() {
        let parts = strips((2, 2), SIZE.height);
        for further in [
            vec![(530, vec![3, 1])],
            vec![(530, vec![2])],
            vec![(530, vec![0, 0])],
            vec![(530, vec![2, 2]), (317, vec![2])],
            vec![(530, vec![2, 2]), (284, vec![2])],
            vec![(530, vec![4, 4])],
        ] {
            let mut entries = entries((2, 2));
            entries.pop();
            entries.extend(further.clone());
            let is_short = further == [(530, vec![4, 4])];
            let is_whole = decode(&made(false, &entries, &parts)).is_ok();
            // Units of sixteen pixels take fewer bytes.
            assert_eq!(is_whole, is_short, "{further:?}");
        }
        let file = made(false, &entries((2, 2)), &parts);
        let end = parts[0].len();
        for length in (0..end).step_by(50).chain(end..file.len()) {
            assert!(decode(&file[..length]).is_err());
        }
        for at in end..file.len() {
            for value in [0, 1, 4, 255] {
                let mut file = file.clone();
                file[at] = value;
                let _no_panic = decode(&file);
            }
        }
        // A picture of which nothing fits into memory.
        let mut huge = entries((4, 4));
        huge[0].1 = vec![u32::MAX];
        huge[1].1 = vec![u32::MAX];
        let file = made(false, &huge, &[vec![0; 40]]);
        assert!(decode(&file).is_err());
        assert!(CODEC.header(&file).is_ok());
    }
}
