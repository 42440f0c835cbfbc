//! Reading animations: frames are parts of a canvas, laid over it or put in its place (W3C PNG, third edition, 11.3.6 and 12.7).

use std::io::Cursor;

use png::{BlendOp, ColorType, Decoder, DecodingError, DisposeOp, Limits, Reader, Transformations};

use super::chunks::Chunks;
use crate::codecs::frames::{Area, Delay, Frame, Plays, ReadFrames, Several, over};
use crate::codecs::{DecodeError, DecoderSaid, Format};
use crate::image::{Channels, Image, Metadata, Raster, Sample, Samples, Size};
use crate::warning::{Damage, Warning, Warnings};

/// Memory that the decoder may take beside the picture, in bytes.
const SCRATCH: usize = 256 << 20;

/// What a file is of which only the default picture is read.
pub(super) fn more(bytes: &[u8]) -> Option<&'static str> {
    let plan = Plan::of(bytes)?;
    let lost = plan.frames - u32::from(plan.default_is_first).min(plan.frames);
    (lost > 0).then(|| Several::Animation.what())
}

/// Whether there are several frames.
pub(super) fn is_animation(bytes: &[u8]) -> bool {
    Plan::of(bytes).is_some_and(|plan| plan.frames > 1)
}

/// What a file says of its frames.
#[derive(Debug, Clone, Copy)]
struct Plan {
    frames: u32,
    plays: u32,
    /// Whether the picture that stands there for those who know of no animations is the first frame.
    default_is_first: bool,
    /// Whether no frame leaves a hole that was not in its samples.
    covers: bool,
    /// Whether the file has its end.
    ends: bool,
}

impl Plan {
    /// `None` where the file is no animation.
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut plan = None;
        let (mut size, mut controls, mut covers) = (None, 0, true);
        for (name, data) in Chunks::of(bytes) {
            match (name, &mut plan) {
                (b"IHDR", _) => size = data.first_chunk::<8>(),
                (b"acTL", None) => {
                    let (frames, plays) = data.split_first_chunk::<4>()?;
                    plan = Some(Self {
                        frames: u32::from_be_bytes(*frames),
                        plays: u32::from_be_bytes(*plays.first_chunk()?),
                        default_is_first: false,
                        covers: false,
                        ends: false,
                    });
                }
                (b"fcTL", _) => {
                    controls += 1;
                    let whole = data.get(4..12) == size.map(<[u8; 8]>::as_slice);
                    covers &= controls > 1 || whole;
                    covers &= data.get(24) != Some(&CLEARS);
                    covers &= controls > 1 || data.get(24) == Some(&0);
                }
                (b"IDAT", None) => return None,
                (b"IDAT", Some(plan)) => plan.default_is_first |= controls > 0,
                (b"IEND", Some(plan)) => plan.ends = true,
                _ => {}
            }
        }
        plan.map(|plan| Self { covers, ..plan })
    }
}

/// What disposes of a frame by making its place transparent.
const CLEARS: u8 = 1;

/// The frames of a file.
pub(super) struct Frames<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
    plan: Plan,
    read: u32,
    canvas: Canvas,
    /// What is done to the canvas before the next frame.
    disposal: Disposal,
    metadata: Metadata,
    buffer: Vec<u8>,
    /// How a frame is damaged that is not the first: neither it nor what follows is read.
    damage: Option<Damage>,
}

/// Pixels with alpha, of one depth.
enum Canvas {
    Bytes(Vec<[u8; 4]>),
    Words(Vec<[u16; 4]>),
}

enum Disposal {
    Keep,
    Clear(Area),
    /// Puts back what stood in a place.
    Restore(Area, Box<Canvas>),
}

fn refused(error: DecodingError) -> DecodeError {
    let format = Format::Png;
    let source = DecoderSaid(error.to_string());
    match error {
        DecodingError::LimitsExceeded => DecodeError::Memory { format, source },
        DecodingError::IoError(_) | DecodingError::Format(_) | DecodingError::Parameter(_) => {
            DecodeError::Damaged { format, source }
        }
    }
}

impl<'a> Frames<'a> {
    /// For an animation whose canvas has passed the limits.
    pub(super) fn new(bytes: &'a [u8], metadata: Metadata) -> Result<Self, DecodeError> {
        let limits = Limits { bytes: SCRATCH };
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_transformations(Transformations::EXPAND);
        decoder.set_ignore_text_chunk(true);
        let reader = decoder.read_info().map_err(refused)?;
        let unfit = || refused(DecodingError::LimitsExceeded);
        let plan = Plan::of(bytes).ok_or_else(unfit)?;
        let info = reader.info();
        let pixels = u64::from(info.width) * u64::from(info.height);
        let pixels = usize::try_from(pixels).map_err(|_| unfit())?;
        let (_, depth) = reader.output_color_type();
        let canvas = if depth == png::BitDepth::Sixteen {
            Canvas::Words(vec![[0; 4]; pixels])
        } else {
            Canvas::Bytes(vec![[0; 4]; pixels])
        };
        let buffer = vec![0; reader.output_buffer_size().ok_or_else(unfit)?];
        let mut frames = Self {
            reader,
            plan,
            read: 0,
            canvas,
            disposal: Disposal::Keep,
            metadata,
            buffer,
            damage: None,
        };
        if frames.reader.info().frame_control().is_none() {
            // What stands there for those who know of no animations is not one of them.
            let skipped = frames.reader.next_frame(&mut frames.buffer);
            skipped.map_err(refused)?;
        }
        Ok(frames)
    }

    fn size(&self) -> Size {
        let info = self.reader.info();
        Size::new(info.width, info.height)
    }

    /// Lays the next frame over the canvas. `None` where there is none, or none that is whole.
    fn advance(&mut self) -> Result<Option<Delay>, DecodeError> {
        if self.read == self.plan.frames || self.damage.is_some() {
            return Ok(None);
        }
        self.dispose();
        match self.lay() {
            Err(DecodeError::Damaged { .. }) if self.read > 0 => {
                self.damage = Some(if self.plan.ends {
                    Damage::Corrupt
                } else {
                    Damage::Truncated
                });
                Ok(None)
            }
            laid => laid.map(Some),
        }
    }

    fn lay(&mut self) -> Result<Delay, DecodeError> {
        let output = self.reader.next_frame(&mut self.buffer).map_err(refused)?;
        let Some(control) = self.reader.info().frame_control().copied() else {
            return Err(refused(DecodingError::LimitsExceeded));
        };
        let area = Area {
            left: control.x_offset,
            top: control.y_offset,
            size: Size::new(output.width, output.height),
        };
        let (width, first) = (self.size().width, self.read == 0);
        self.disposal = match control.dispose_op {
            DisposeOp::None => Disposal::Keep,
            DisposeOp::Background => Disposal::Clear(area),
            // There is nothing to restore from.
            DisposeOp::Previous if first => Disposal::Clear(area),
            DisposeOp::Previous => Disposal::Restore(area, Box::new(self.canvas.part(area, width))),
        };
        let is_over = control.blend_op == BlendOp::Over && !first;
        let samples = output.color_type;
        // Passes are put together on lines as long as the canvas's.
        let line = if self.reader.info().interlaced {
            let whole = self.reader.output_line_size(width);
            whole.ok_or_else(|| refused(DecodingError::LimitsExceeded))?
        } else {
            output.line_size
        };
        let lines = self.buffer.chunks(line).take(area.size.height as usize);
        let lines = lines.map(|bytes| &bytes[..output.line_size]);
        let count = samples.samples();
        match &mut self.canvas {
            Canvas::Bytes(canvas) => {
                let pixels = lines.flat_map(|line| line.chunks_exact(count));
                let pixels = pixels.map(|pixel| full(samples, pixel));
                draw(canvas, width, area, pixels, is_over);
            }
            Canvas::Words(canvas) => {
                let pixels = lines.flat_map(|line| line.chunks_exact(2 * count));
                let pixels = pixels.map(|pixel| {
                    let mut words = [0; 4];
                    for (word, pair) in words.iter_mut().zip(pixel.as_chunks().0) {
                        *word = u16::from_be_bytes(*pair);
                    }
                    full(samples, &words[..count])
                });
                draw(canvas, width, area, pixels, is_over);
            }
        }
        self.read += 1;
        Ok(Delay::new(
            control.delay_num.into(),
            control.delay_den.into(),
        ))
    }

    fn dispose(&mut self) {
        let width = self.size().width;
        match std::mem::replace(&mut self.disposal, Disposal::Keep) {
            Disposal::Keep => {}
            Disposal::Clear(area) => match &mut self.canvas {
                Canvas::Bytes(canvas) => area.rows(width).for_each(|row| canvas[row].fill([0; 4])),
                Canvas::Words(canvas) => area.rows(width).for_each(|row| canvas[row].fill([0; 4])),
            },
            Disposal::Restore(area, part) => match (&mut self.canvas, *part) {
                (Canvas::Bytes(canvas), Canvas::Bytes(part)) => {
                    draw(canvas, width, area, part.into_iter(), false);
                }
                (Canvas::Words(canvas), Canvas::Words(part)) => {
                    draw(canvas, width, area, part.into_iter(), false);
                }
                (Canvas::Bytes(_), Canvas::Words(_)) | (Canvas::Words(_), Canvas::Bytes(_)) => {}
            },
        }
    }

    /// The canvas as it is, without alpha where there cannot be any.
    fn picture(&self) -> Result<Image, DecodeError> {
        let samples = match &self.canvas {
            Canvas::Bytes(canvas) => Samples::U8(canvas.as_flattened().to_vec()),
            Canvas::Words(canvas) => Samples::U16(canvas.as_flattened().to_vec()),
        };
        let raster = Raster::new(self.size(), Channels::Rgba, samples);
        let raster = raster.map_err(|source| DecodeError::Inconsistent {
            format: Format::Png,
            source,
        })?;
        let (color, _) = self.reader.output_color_type();
        let has_alpha = matches!(color, ColorType::Rgba | ColorType::GrayscaleAlpha);
        let is_gray = matches!(color, ColorType::Grayscale | ColorType::GrayscaleAlpha);
        let channels = raster.channels().with_alpha(has_alpha || !self.plan.covers);
        Ok(Image {
            raster: raster.to_channels(channels.with_gray(is_gray)),
            metadata: self.metadata.clone(),
        })
    }
}

impl Canvas {
    fn part(&self, area: Area, width: u32) -> Self {
        match self {
            Self::Bytes(canvas) => Self::Bytes(
                area.rows(width)
                    .flat_map(|row| canvas[row].to_vec())
                    .collect(),
            ),
            Self::Words(canvas) => Self::Words(
                area.rows(width)
                    .flat_map(|row| canvas[row].to_vec())
                    .collect(),
            ),
        }
    }
}

/// A pixel with all samples.
fn full<S: Sample>(color: ColorType, pixel: &[S]) -> [S; 4] {
    match (color, pixel) {
        (ColorType::Rgba, [red, green, blue, alpha]) => [*red, *green, *blue, *alpha],
        (ColorType::Rgb, [red, green, blue]) => [*red, *green, *blue, S::FULL],
        (ColorType::GrayscaleAlpha, [gray, alpha]) => [*gray, *gray, *gray, *alpha],
        (ColorType::Grayscale, [gray]) => [*gray, *gray, *gray, S::FULL],
        _ => [S::default(); 4],
    }
}

fn draw<S: Sample>(
    canvas: &mut [[S; 4]],
    width: u32,
    area: Area,
    mut pixels: impl Iterator<Item = [S; 4]>,
    is_over: bool,
) {
    for row in area.rows(width) {
        for (below, pixel) in canvas[row].iter_mut().zip(&mut pixels) {
            *below = if is_over { over(pixel, *below) } else { pixel };
        }
    }
}

impl ReadFrames for Frames<'_> {
    fn several(&self) -> Several {
        Several::Animation
    }

    fn plays(&self) -> Plays {
        Plays::from_count(self.plan.plays)
    }

    fn next(&mut self) -> Result<Option<Frame>, DecodeError> {
        let Some(delay) = self.advance()? else {
            return Ok(None);
        };
        let image = self.picture()?;
        Ok(Some(Frame { image, delay }))
    }

    fn warnings(&self) -> Warnings {
        let damage = self
            .damage
            .map(|damage| Warning::damaged(Format::Png, damage));
        damage.into_iter().collect()
    }

    fn skip(&mut self) -> Result<bool, DecodeError> {
        Ok(self.advance()?.is_some())
    }

    /// The canvas, as much to restore it from, and the samples of a frame.
    fn memory(&self) -> u64 {
        let pixel = match self.canvas {
            Canvas::Bytes(_) => 4,
            Canvas::Words(_) => 8,
        };
        self.size().pixels().saturating_mul(3 * pixel)
    }
}
