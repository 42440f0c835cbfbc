//! Writing animations: of each frame the rectangle that has changed, in whichever way takes fewer bytes (W3C PNG, third edition,
//! 11.3.6).

use super::chunks::{SIGNATURE, append, append_parts, parts};
use super::rows::packed;
use super::stored::{Stored, in_few_colors};
use super::{INFO, head, pack};
use crate::codecs::frames::{Area, Delay, Frame, Plays, WriteFrames};
use crate::codecs::store::prepare;
use crate::codecs::through_image::encoder_failed;
use crate::codecs::{EncodeError, EncodeOptions, Format};
use crate::image::{Image, Metadata, Raster, Sample, Size};

/// A file that is being written.
pub(super) struct Writer {
    size: Size,
    plays: Plays,
    options: EncodeOptions,
    out: Vec<u8>,
    frames: u32,
    /// Number of the next chunk that needs one.
    sequence: u32,
    seen: Option<Raster>,
}

/// Behind the signature and the header: a length, a name, 13 bytes and a checksum.
const CONTROL: usize = SIGNATURE.len() + 12 + 13;

impl Writer {
    pub(super) fn new(size: Size, plays: Plays, options: &EncodeOptions) -> Self {
        Self {
            size,
            plays,
            options: options.clone(),
            out: Vec::new(),
            frames: 0,
            sequence: 0,
            seen: None,
        }
    }

    fn control(&self) -> [u8; 8] {
        let (frames, plays) = (self.frames, self.plays.count());
        let mut control = [0; 8];
        control[..4].copy_from_slice(&frames.to_be_bytes());
        control[4..].copy_from_slice(&plays.to_be_bytes());
        control
    }

    /// The picture as all of them are stored.
    fn prepared(&self, image: Image) -> (Raster, Metadata) {
        let Image {
            mut raster,
            metadata,
        } = prepare(image, &INFO, &self.options);
        let details = self.options.details.png;
        if let Some(colors) = details.colors {
            raster = in_few_colors(&raster, colors.into(), details.dither());
        }
        if let Some(seen) = &self.seen {
            raster = raster.to_channels(seen.channels()).to_depth(seen.depth());
        }
        (raster, metadata)
    }

    /// The fewer bytes: what is in its place, or what has changed over what is there. The flag says which.
    fn packed(&self, raster: &Raster, area: Area) -> Result<(Vec<u8>, bool), EncodeError> {
        let failed = |error| encoder_failed(Format::Png, error);
        let pack = pack(&self.options);
        let source = cut(raster, area);
        let source = packed(&Stored::plain(&source), pack).map_err(failed)?;
        let seen = self.seen.as_ref().filter(|_| raster.channels().has_alpha());
        let Some(over) = seen.and_then(|seen| difference(raster, seen, area)) else {
            return Ok((source, false));
        };
        let over = packed(&Stored::plain(&over), pack).map_err(failed)?;
        let is_less = over.len() < source.len();
        Ok((if is_less { over } else { source }, is_less))
    }

    fn put(&mut self, data: &[u8], area: Area, delay: Delay, is_over: bool) {
        let is_first = self.frames == 0;
        let (numerator, denominator) = fraction(delay);
        let numbers = [
            self.sequence,
            area.size.width,
            area.size.height,
            area.left,
            area.top,
        ];
        let numbers = numbers.map(u32::to_be_bytes);
        let delay = [numerator.to_be_bytes(), denominator.to_be_bytes()];
        let ways = [0, u8::from(is_over)];
        let fields = [numbers.as_flattened(), delay.as_flattened(), &ways];
        append_parts(&mut self.out, *b"fcTL", &fields);
        self.sequence += 1;
        for part in parts(data) {
            if is_first {
                append(&mut self.out, *b"IDAT", part);
            } else {
                let number = self.sequence.to_be_bytes();
                append_parts(&mut self.out, *b"fdAT", &[&number, part]);
                self.sequence += 1;
            }
        }
        self.frames += 1;
    }
}

impl WriteFrames for Writer {
    fn add(&mut self, frame: Frame) -> Result<(), EncodeError> {
        let size = frame.image.raster.size();
        if size != self.size {
            let (format, first) = (Format::Png, self.size);
            return Err(EncodeError::Sizes {
                format,
                first,
                size,
            });
        }
        let (raster, metadata) = self.prepared(frame.image);
        let least = Area {
            size: Size::new(1, 1),
            ..Area::whole(size)
        };
        let area = if let Some(seen) = &self.seen {
            changed(&raster, seen).unwrap_or(least)
        } else {
            let interlace = self.options.details.png.interlace;
            self.out = head(&Stored::plain(&raster), &metadata, interlace)?;
            let rest = self.out.split_off(CONTROL);
            let control = self.control();
            append(&mut self.out, *b"acTL", &control);
            self.out.extend(rest);
            Area::whole(size)
        };
        let (data, is_over) = self.packed(&raster, area)?;
        self.put(&data, area, frame.delay, is_over);
        self.seen = Some(raster);
        Ok(())
    }

    fn written(&self) -> u64 {
        self.out.len() as u64
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, EncodeError> {
        if self.frames == 0 {
            return Err(EncodeError::NoFrames(Format::Png));
        }
        let mut control = Vec::new();
        append(&mut control, *b"acTL", &self.control());
        self.out[CONTROL..CONTROL + control.len()].copy_from_slice(&control);
        append(&mut self.out, *b"IEND", &[]);
        Ok(self.out)
    }
}

/// A delay as two numbers of 16 bits: as it is, or to the thousandth, hundredth, tenth or second that fits.
fn fraction(delay: Delay) -> (u16, u16) {
    let narrow = |number: u32| u16::try_from(number).ok();
    let exact = narrow(delay.numerator).zip(narrow(delay.denominator));
    if let Some(fraction) = exact {
        return fraction;
    }
    let parts = |of: u16| {
        let parts = u64::from(delay.numerator) * u64::from(of);
        let rounded = (parts + u64::from(delay.denominator) / 2) / u64::from(delay.denominator);
        Some((u16::try_from(rounded).ok()?, of))
    };
    let mut scales = [1000, 100, 10, 1].into_iter();
    scales.find_map(parts).unwrap_or((u16::MAX, 1))
}

/// Where two pictures of the same kind differ.
fn changed(one: &Raster, other: &Raster) -> Option<Area> {
    use crate::image::Samples::{F32, U8, U16};
    fn around<S: Sample>(size: Size, count: usize, one: &[S], other: &[S]) -> Option<Area> {
        let pixel = |at: usize| at * count..(at + 1) * count;
        Area::around(size, |at| one[pixel(at)] != other[pixel(at)])
    }
    let (size, count) = (one.size(), one.channels().count());
    match (one.samples(), other.samples()) {
        (U8(one), U8(other)) => around(size, count, one, other),
        (U16(one), U16(other)) => around(size, count, one, other),
        (U8(_) | U16(_) | F32(_), _) => Some(Area::whole(size)),
    }
}

/// A part of a picture.
fn cut(raster: &Raster, area: Area) -> Raster {
    use crate::image::raster::with_samples;
    if area.size == raster.size() {
        return raster.clone();
    }
    let (width, count) = (raster.size().width, raster.channels().count());
    let samples = with_samples!(raster.samples(), |samples| {
        let rows = area.rows(width);
        let rows = rows.flat_map(|row| &samples[row.start * count..row.end * count]);
        crate::image::Samples::from(rows.copied().collect::<Vec<_>>())
    });
    Raster::new(area.size, raster.channels(), samples).unwrap_or_else(|_| raster.clone())
}

/// What of an area has changed, and nothing where it has not; `None` where that cannot be laid over what is seen: pixels that are
/// not opaque would mix with it.
fn difference(raster: &Raster, seen: &Raster, area: Area) -> Option<Raster> {
    use crate::image::Samples::{U8, U16};
    fn clear<S: Sample>(now: &mut [S], seen: &[S], count: usize) -> bool {
        let pixels = now.chunks_exact_mut(count).zip(seen.chunks_exact(count));
        let mut fits = true;
        for (now, seen) in pixels {
            if now == seen {
                now.fill(S::default());
            } else {
                fits &= now[count - 1] == S::FULL;
            }
        }
        fits
    }
    let (mut now, seen) = (cut(raster, area), cut(seen, area));
    let count = now.channels().count();
    let fits = match (now.samples_mut(), seen.samples()) {
        (U8(now), U8(seen)) => clear(now, seen, count),
        (U16(now), U16(seen)) => clear(now, seen, count),
        _ => false,
    };
    fits.then_some(now)
}
