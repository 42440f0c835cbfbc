//! What a file stores of a picture: its samples, or places in a palette, in as many bits as they take.

use std::borrow::Cow;

use crate::codecs::palette::{CLEAR, Dither, Exact, MOST_COLORS, Rgba, map, quantize};
use crate::image::{Channels, Raster, Samples, Size};

/// Pixels as a file stores them.
#[derive(Debug, Clone)]
pub(super) struct Stored<'a> {
    pub(super) size: Size,
    /// As 11.2.1 of W3C PNG, third edition, numbers them.
    pub(super) color_type: u8,
    /// Bits of a sample or a place.
    pub(super) bits: u8,
    samples: usize,
    /// Whole bytes for each sample, the high one first; a byte for each place or narrow gray.
    bytes: Cow<'a, [u8]>,
    pub(super) palette: Vec<Rgba>,
}

const INDEXED: u8 = 3;

impl<'a> Stored<'a> {
    /// All samples, as they are.
    pub(super) fn plain(raster: &'a Raster) -> Self {
        let channels = raster.channels();
        let (bytes, bits) = match raster.samples() {
            Samples::U8(samples) => (Cow::Borrowed(samples.as_slice()), 8),
            Samples::U16(samples) => {
                let bytes = samples.iter().flat_map(|sample| sample.to_be_bytes());
                (Cow::Owned(bytes.collect()), 16)
            }
            Samples::F32(_) => unreachable!("the format stores no floats"),
        };
        Self {
            size: raster.size(),
            color_type: match channels {
                Channels::Gray => 0,
                Channels::Rgb => 2,
                Channels::GrayAlpha => 4,
                Channels::Rgba => 6,
            },
            bits,
            samples: channels.count(),
            bytes,
            palette: Vec::new(),
        }
    }

    /// The same in fewer bits, if its colours are few enough for a palette or for shades of gray. Deeper samples than
    /// those of 8 bits stay as they are. A profile is for gray or for colours, and what it describes stays such.
    pub(super) fn reduced(raster: &'a Raster, has_profile: bool) -> Option<Self> {
        let pixels = pixels(raster)?;
        let exact = Exact::of(pixels.iter().copied(), MOST_COLORS)?;
        let gray = |color: &Rgba| color[0] == color[1] && color[1] == color[2] && color[3] == 255;
        let is_gray = exact.colors().iter().all(gray);
        if has_profile && raster.channels().is_gray() != is_gray {
            return None;
        }
        if is_gray {
            return Some(Self::shades(raster.size(), &pixels, exact.colors()));
        }
        let places = pixels.iter().map(|pixel| exact.index(*pixel));
        let places = places.collect::<Option<Vec<u8>>>()?;
        Some(Self::indexed(raster.size(), exact.colors(), places))
    }

    /// In at most so many colours, which stand for those that there are. Samples become those of 8 bits.
    pub(super) fn quantized(raster: &Raster, colors: usize, dither: Dither) -> Stored<'static> {
        let (palette, places) = palette_of(raster, colors, dither);
        Stored::indexed(raster.size(), &palette, places)
    }

    fn shades(size: Size, pixels: &[Rgba], colors: &[Rgba]) -> Self {
        let fits = |bits: &u8| {
            let step = 255 / ((1_u16 << bits) - 1);
            colors.iter().all(|color| u16::from(color[0]) % step == 0)
        };
        let bits = [1, 2, 4].into_iter().find(fits).unwrap_or(8);
        let step = 255 / ((1_u16 << bits) - 1);
        let shade = |pixel: &Rgba| u8::try_from(u16::from(pixel[0]) / step).unwrap_or(u8::MAX);
        Self {
            size,
            color_type: 0,
            bits,
            samples: 1,
            bytes: pixels.iter().map(shade).collect(),
            palette: Vec::new(),
        }
    }

    /// Colours with alpha come first, so that fewer alphas are written.
    fn indexed(size: Size, palette: &[Rgba], mut places: Vec<u8>) -> Self {
        let mut order: Vec<(usize, &Rgba)> = palette.iter().enumerate().collect();
        order.sort_by_key(|(_, color)| color[3] == 255);
        let mut moved = [0_u8; MOST_COLORS];
        for ((before, _), after) in order.iter().zip(0..=u8::MAX) {
            moved[*before] = after;
        }
        for place in &mut places {
            *place = moved[usize::from(*place)];
        }
        let bits = match palette.len() {
            0..=2 => 1,
            3..=4 => 2,
            5..=16 => 4,
            _ => 8,
        };
        Self {
            size,
            color_type: INDEXED,
            bits,
            samples: 1,
            bytes: places.into(),
            palette: order.into_iter().map(|(_, color)| *color).collect(),
        }
    }

    pub(super) fn is_indexed(&self) -> bool {
        self.color_type == INDEXED
    }

    pub(super) fn bits_a_pixel(&self) -> usize {
        usize::from(self.bits) * self.samples
    }

    /// Appends the pixels of a row, from a column on, one in so many.
    pub(super) fn row(&self, y: u32, left: u32, step: u32, out: &mut Vec<u8>) {
        let pixel = self.samples * usize::from(self.bits).div_ceil(8);
        let width = self.size.width as usize;
        let row = &self.bytes[y as usize * width * pixel..][..width * pixel];
        let (left, step) = (left as usize, step as usize);
        if self.bits < 8 {
            let mut pixels = row.iter().skip(left).step_by(step).peekable();
            while pixels.peek().is_some() {
                let mut byte = 0;
                for at in 1..=8 / self.bits {
                    let value = pixels.next().copied().unwrap_or_default();
                    byte |= value << (8 - at * self.bits);
                }
                out.push(byte);
            }
        } else if step == 1 {
            out.extend_from_slice(&row[left * pixel..]);
        } else {
            for pixel in row.chunks_exact(pixel).skip(left).step_by(step) {
                out.extend_from_slice(pixel);
            }
        }
    }
}

/// Pixels of a picture of 8-bit samples.
fn pixels(raster: &Raster) -> Option<Vec<Rgba>> {
    let Samples::U8(samples) = raster.samples() else {
        return None;
    };
    let pixels = samples.chunks_exact(raster.channels().count());
    let pixels = pixels.map(|pixel| match *pixel {
        [gray] => [gray, gray, gray, 255],
        [gray, alpha] => [gray, gray, gray, alpha],
        [red, green, blue] => [red, green, blue, 255],
        [red, green, blue, alpha] => [red, green, blue, alpha],
        _ => CLEAR,
    });
    Some(pixels.collect())
}

/// Colours that stand for those of a picture, and the place of each of its pixels among them.
fn palette_of(raster: &Raster, colors: usize, dither: Dither) -> (Vec<Rgba>, Vec<u8>) {
    let deep;
    let shallow = if raster.depth() == crate::image::Depth::U8 {
        raster
    } else {
        deep = raster.clone().to_depth(crate::image::Depth::U8);
        &deep
    };
    let pixels = pixels(shallow).unwrap_or_default();
    if let Some(exact) = Exact::of(pixels.iter().copied(), colors) {
        let place = |pixel: &Rgba| exact.index(*pixel).unwrap_or_default();
        let places = pixels.iter().map(place).collect();
        return (exact.colors().to_vec(), places);
    }
    let palette = quantize(pixels.iter().copied(), colors);
    let width = raster.width();
    let places = map(&pixels, width, (0, 0), &palette, None, dither);
    (palette, places)
}

/// The picture in at most so many colours.
pub(super) fn in_few_colors(raster: &Raster, colors: usize, dither: Dither) -> Raster {
    let (palette, places) = palette_of(raster, colors, dither);
    let pixels = places.iter().map(|place| palette[usize::from(*place)]);
    let samples: Vec<u8> = pixels.flatten().collect();
    match Raster::new(raster.size(), Channels::Rgba, samples) {
        Ok(few) => few.to_channels(raster.channels()),
        Err(_) => raster.clone(),
    }
}
