//! Writing: of each frame what has changed, in colours of its own.
//!
//! Frames are compared as they came, before colours are given up: what stands still keeps the pixels that it has, and does not
//! flicker. A frame waits for the next, which says what must be cleared away before it.

use gif::{DisposalMethod, Encoder, EncodingError, Repeat};

use super::INFO;
use crate::codecs::frames::{Area, Delay, Frame, Plays, Ticks, WriteFrames};
use crate::codecs::palette::{CLEAR, Dither, Exact, MOST_COLORS, Rgba, map, quantize};
use crate::codecs::store::prepare;
use crate::codecs::through_image::encoder_failed;
use crate::codecs::{EncodeError, EncodeOptions, Format};
use crate::image::{Samples, Size};

/// From this alpha on a pixel is seen.
const SEEN: u8 = 128;

/// A file that is being written.
pub(super) struct Writer {
    size: Size,
    plays: Plays,
    options: EncodeOptions,
    dither: Dither,
    is_animation: bool,
    ticks: Ticks,
    out: Option<Encoder<Vec<u8>>>,
    /// The colours that all frames may use, and the place of pixels of which nothing is seen.
    common: Option<(Exact, Option<u8>)>,
    /// What is seen before the frame that waits.
    seen: Vec<Rgba>,
    waiting: Option<Waiting>,
    /// The packet of the first frame, until it is written.
    xmp: Option<Vec<u8>>,
}

struct Waiting {
    pixels: Vec<Rgba>,
    delay: Delay,
}

/// A part of a frame in few colours.
struct Indexed {
    palette: Vec<Rgba>,
    places: Vec<u8>,
    clear: Option<u8>,
    is_common: bool,
}

impl Writer {
    pub(super) fn new(
        size: Size,
        plays: Plays,
        options: &EncodeOptions,
        is_animation: bool,
    ) -> Self {
        let details = options.details.gif;
        let usual = if is_animation {
            Dither::Ordered
        } else {
            Dither::Diffusion
        };
        Self {
            size,
            plays,
            options: options.clone(),
            dither: details.dither.unwrap_or(usual),
            is_animation,
            ticks: Ticks::new(100),
            out: None,
            common: None,
            seen: Vec::new(),
            waiting: None,
            xmp: None,
        }
    }

    /// Writes the frame that waits, with what is to be cleared away behind it.
    fn write(&mut self, cleared: Option<Area>) -> Result<(), EncodeError> {
        let Some(Waiting { pixels, delay }) = self.waiting.take() else {
            return Ok(());
        };
        let is_first = self.out.is_none();
        let changed = if is_first {
            Some(Area::whole(self.size))
        } else {
            Area::around(self.size, |at| pixels[at] != self.seen[at])
        };
        // Something must be there to be shown for a while.
        let least = Area {
            size: Size::new(1, 1),
            ..Area::whole(self.size)
        };
        let area = match (changed, cleared) {
            (Some(changed), Some(cleared)) => changed.with(cleared),
            (Some(area), None) | (None, Some(area)) => area,
            (None, None) => least,
        };
        let ticks = u16::try_from(self.ticks.next(delay)).unwrap_or(u16::MAX);
        let indexed = self.indexed(&pixels, area);
        let dispose = if cleared.is_some() {
            DisposalMethod::Background
        } else {
            DisposalMethod::Keep
        };
        let frame = frame(area, ticks, dispose, indexed.clear, indexed.places);
        self.put(frame, &indexed.palette, indexed.is_common)
            .map_err(|error| encoder_failed(Format::Gif, error))?;
        self.seen = pixels;
        if cleared.is_some() {
            for row in area.rows(self.size.width) {
                self.seen[row].fill(CLEAR);
            }
        }
        Ok(())
    }

    /// The smaller of what can be made of a part of a frame.
    fn indexed(&mut self, pixels: &[Rgba], area: Area) -> Indexed {
        let whole: Vec<Rgba> = area
            .rows(self.size.width)
            .flat_map(|row| pixels[row].iter().copied())
            .collect();
        let mut changed = whole.clone();
        if !self.seen.is_empty() {
            let seen = area.rows(self.size.width).flatten().map(|at| self.seen[at]);
            for (pixel, seen) in changed.iter_mut().zip(seen) {
                if *pixel == seen {
                    *pixel = CLEAR;
                }
            }
        }
        let is_opaque = whole.iter().all(|pixel| pixel[3] > 0);
        let by_change = self.exact(&changed);
        let by_whole = (is_opaque && changed != whole)
            .then(|| self.exact(&whole))
            .flatten();
        let length = |indexed: &Indexed| packed(indexed, area);
        let exact = [by_change, by_whole]
            .into_iter()
            .flatten()
            .min_by_key(length);
        exact.unwrap_or_else(|| self.reduced(&changed, area))
    }

    /// In the colours that these pixels have, if they are few enough.
    fn exact(&mut self, pixels: &[Rgba]) -> Option<Indexed> {
        let most = usize::from(self.options.details.gif.colors).min(MOST_COLORS);
        let exact = Exact::of(pixels.iter().copied(), most)?;
        if let Some((common, clear)) = &self.common {
            let place = |pixel: &Rgba| {
                if pixel[3] == 0 {
                    *clear
                } else {
                    common.index(*pixel)
                }
            };
            let places: Option<Vec<u8>> = pixels.iter().map(place).collect();
            if let Some(places) = places {
                return Some(Indexed {
                    palette: Vec::new(),
                    places,
                    clear: *clear,
                    is_common: true,
                });
            }
        }
        let places = pixels.iter().map(|pixel| exact.index(*pixel));
        Some(Indexed {
            palette: exact.colors().to_vec(),
            places: places.collect::<Option<Vec<u8>>>()?,
            clear: exact.index(CLEAR),
            is_common: false,
        })
    }

    /// In the colours that stand for them best.
    fn reduced(&self, pixels: &[Rgba], area: Area) -> Indexed {
        let has_clear = pixels.iter().any(|pixel| pixel[3] == 0);
        let most = usize::from(self.options.details.gif.colors) - usize::from(has_clear);
        let seen = pixels.iter().copied().filter(|pixel| pixel[3] > 0);
        let mut palette = quantize(seen, most);
        let clear = has_clear.then(|| u8::try_from(palette.len()).unwrap_or(u8::MAX));
        let places = map(
            pixels,
            area.size.width as usize,
            (area.left, area.top),
            &palette,
            clear,
            self.dither,
        );
        palette.extend(clear.map(|_| CLEAR));
        Indexed {
            palette,
            places,
            clear,
            is_common: false,
        }
    }

    fn put(
        &mut self,
        mut frame: gif::Frame<'static>,
        palette: &[Rgba],
        is_common: bool,
    ) -> Result<(), EncodingError> {
        let colors = |palette: &[Rgba]| -> Vec<u8> {
            palette
                .iter()
                .flat_map(|color| color[..3].to_vec())
                .collect()
        };
        if let Some(out) = &mut self.out {
            frame.palette = (!is_common).then(|| colors(palette));
            return out.write_frame(&frame);
        }
        let mut palette = palette.to_vec();
        if self.is_animation && frame.transparent.is_none() && palette.len() < MOST_COLORS {
            // For what later frames leave as it is.
            palette.push(CLEAR);
        }
        let exact = Exact::of(palette.iter().copied(), MOST_COLORS);
        self.common = exact.map(|exact| {
            let clear = exact.index(CLEAR);
            (exact, clear)
        });
        let narrow = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
        let (width, height) = (narrow(self.size.width), narrow(self.size.height));
        let mut out = Encoder::new(Vec::new(), width, height, &colors(&palette))?;
        match self.plays {
            Plays::Endless => out.set_repeat(Repeat::Infinite)?,
            Plays::Times(0 | 1) => {}
            Plays::Times(times) => {
                let again = u16::try_from(times - 1).unwrap_or(u16::MAX);
                out.set_repeat(Repeat::Finite(again))?;
            }
        }
        if let Some(packet) = self.xmp.take() {
            push_xmp(out.get_mut(), &packet);
        }
        out.write_frame(&frame)?;
        self.out = Some(out);
        Ok(())
    }
}

/// A packet, as it is (Adobe XMP Specification Part 3, 1.1.2): whoever takes its bytes for lengths of blocks is led to the end by what
/// stands behind it, wherever he comes there.
fn push_xmp(file: &mut Vec<u8>, packet: &[u8]) {
    file.extend(b"!\xff\x0bXMP DataXMP");
    file.extend_from_slice(packet);
    file.push(1);
    file.extend((0..=255_u8).rev());
    file.push(0);
}

/// About as many bytes as it takes.
fn packed(indexed: &Indexed, area: Area) -> usize {
    let places = indexed.places.clone();
    let mut frame = frame(area, 0, DisposalMethod::Keep, indexed.clear, places);
    frame.make_lzw_pre_encoded();
    frame.buffer.len() + 3 * indexed.palette.len()
}

fn frame(
    area: Area,
    delay: u16,
    dispose: DisposalMethod,
    transparent: Option<u8>,
    places: Vec<u8>,
) -> gif::Frame<'static> {
    let narrow = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
    gif::Frame {
        delay,
        dispose,
        transparent,
        left: narrow(area.left),
        top: narrow(area.top),
        width: narrow(area.size.width),
        height: narrow(area.size.height),
        buffer: places.into(),
        ..gif::Frame::default()
    }
}

impl WriteFrames for Writer {
    fn add(&mut self, frame: Frame) -> Result<(), EncodeError> {
        let size = frame.image.raster.size();
        if size != self.size {
            let (format, first) = (Format::Gif, self.size);
            return Err(EncodeError::Sizes {
                format,
                first,
                size,
            });
        }
        let mut image = prepare(frame.image, &INFO, &self.options);
        if self.out.is_none() && self.waiting.is_none() {
            self.xmp = image.metadata.xmp.take();
        }
        let Samples::U8(samples) = image.raster.into_samples() else {
            unreachable!("the format stores nothing deeper");
        };
        let pixels: Vec<Rgba> = samples
            .as_chunks::<4>()
            .0
            .iter()
            .copied()
            .map(seen)
            .collect();
        let cleared = self.waiting.as_ref().and_then(|waiting| {
            let vanishes = |at: usize| pixels[at][3] == 0 && waiting.pixels[at][3] > 0;
            Area::around(self.size, vanishes)
        });
        self.write(cleared)?;
        let delay = frame.delay;
        self.waiting = Some(Waiting { pixels, delay });
        Ok(())
    }

    fn written(&self) -> u64 {
        self.out
            .as_ref()
            .map_or(0, |out| out.get_ref().len() as u64)
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, EncodeError> {
        self.write(None)?;
        let Some(out) = self.out else {
            return Err(EncodeError::NoFrames(Format::Gif));
        };
        out.into_inner()
            .map_err(|error| encoder_failed(Format::Gif, error))
    }
}

/// A pixel is seen, or it is not.
fn seen(pixel: Rgba) -> Rgba {
    match pixel {
        [red, green, blue, alpha] if alpha >= SEEN => [red, green, blue, 255],
        [..] => CLEAR,
    }
}
