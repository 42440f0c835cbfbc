//! Reading: frames are laid over each other as they are disposed of (version 89a, sections 20 to 23).

use std::borrow::Cow;
use std::io::{Cursor, Read};

use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod};

use super::scan::{Contents, scan};
use crate::codecs::frames::{Area, Delay, Frame, Plays, ReadFrames, Several};
use crate::codecs::{DecodeError, DecoderSaid, Format};
use crate::image::{
    Channels, Depth, Image, Layout, LimitError, MOST_PICTURES, Metadata, Orientation, Raster, Size,
};
use crate::warning::{Damage, Warning, Warnings};

/// A pixel of which nothing is seen.
const CLEAR: [u8; 4] = [0; 4];

/// The frames of a file.
pub(super) struct Frames<'a> {
    decoder: Decoder<Cursor<Cow<'a, [u8]>>>,
    contents: Contents,
    size: Size,
    max_pixels: u64,
    read: usize,
    canvas: Vec<[u8; 4]>,
    /// What is done to the canvas before the next frame.
    disposal: Disposal,
    metadata: Metadata,
    damage: Option<Damage>,
    /// Whether nothing more is read.
    is_over: bool,
}

enum Disposal {
    Keep,
    Clear(Area),
    /// To what stood there.
    Restore(Vec<[u8; 4]>),
}

/// What a file says of its picture.
pub(super) fn header(bytes: &[u8]) -> Result<Layout, DecodeError> {
    let decoder = open(bytes.into())?;
    Ok(layout(canvas(&decoder, &scan(bytes, 1))))
}

/// The screen; as browsers have it, large enough for the first picture.
fn canvas<R: Read>(decoder: &Decoder<R>, contents: &Contents) -> Size {
    let (right, bottom) = contents.reach;
    Size::new(
        right.max(decoder.width().into()),
        bottom.max(decoder.height().into()),
    )
}

fn layout(size: Size) -> Layout {
    Layout {
        size,
        channels: Channels::Rgba,
        depth: Depth::U8,
        orientation: Orientation::Upright,
    }
}

fn open(bytes: Cow<'_, [u8]>) -> Result<Decoder<Cursor<Cow<'_, [u8]>>>, DecodeError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.read_info(Cursor::new(bytes)).map_err(refused)
}

fn refused(error: DecodingError) -> DecodeError {
    let format = Format::Gif;
    let source = DecoderSaid(error.to_string());
    match error {
        DecodingError::OutOfMemory | DecodingError::MemoryLimit => {
            DecodeError::Memory { format, source }
        }
        DecodingError::Format(_)
        | DecodingError::Io(_)
        | DecodingError::UnexpectedEof
        | DecodingError::DecoderNotFound
        | DecodingError::EndCodeNotFound
        | DecodingError::LzwError(_)
        | _ => DecodeError::Damaged { format, source },
    }
}

impl<'a> Frames<'a> {
    /// For a file whose canvas has passed the limits. No frame may have more pixels than `max_pixels` either.
    pub(super) fn new(bytes: &'a [u8], max_pixels: u64) -> Result<Self, DecodeError> {
        let most = usize::try_from(MOST_PICTURES).unwrap_or(usize::MAX);
        let contents = scan(bytes, most + 1);
        let mut bytes = Cow::Borrowed(bytes);
        for (_, bits) in &contents.unpackable {
            // The decoder would go no further; what it makes of such a picture is not looked at.
            if let Some(bits) = bytes.to_mut().get_mut(*bits) {
                *bits = 2;
            }
        }
        let decoder = open(bytes)?;
        let size = canvas(&decoder, &contents);
        if size.pixels() > max_pixels {
            return Err(LimitError::TooManyPixels { size, max_pixels }.into());
        }
        let metadata = Metadata {
            icc: decoder.icc_profile().map(<[u8]>::to_vec),
            xmp: decoder.xmp_metadata().map(<[u8]>::to_vec),
            ..Metadata::default()
        };
        let pixels = usize::try_from(size.pixels()).unwrap_or(usize::MAX);
        Ok(Self {
            decoder,
            contents,
            size,
            max_pixels,
            read: 0,
            canvas: vec![CLEAR; pixels],
            disposal: Disposal::Keep,
            metadata,
            damage: None,
            is_over: false,
        })
    }

    /// How many there are, as far as they are counted.
    pub(super) fn count(&self) -> usize {
        self.contents.frames + usize::from(self.contents.is_cut)
    }

    /// Lays the next frame over the canvas. `None` where there is none, or none that is whole: of the first, there is what
    /// can be had.
    fn advance(&mut self) -> Result<Option<Delay>, DecodeError> {
        if self.is_over {
            return Ok(None);
        }
        self.dispose();
        match self.lay() {
            Err(DecodeError::Damaged { .. }) if self.read > 0 => {
                self.end_damaged();
                Ok(None)
            }
            laid => laid,
        }
    }

    fn end_damaged(&mut self) {
        let ends = self.contents.is_cut || self.contents.is_torn;
        let is_last = self.read >= self.contents.frames;
        self.damage = Some(if ends && is_last {
            Damage::Truncated
        } else {
            Damage::Corrupt
        });
        self.is_over = true;
    }

    fn lay(&mut self) -> Result<Option<Delay>, DecodeError> {
        // Many files lack their last byte.
        let Contents {
            frames,
            is_cut,
            is_torn,
            ..
        } = self.contents;
        let complete = self.read == frames && !is_cut && !is_torn;
        let frame = match self.decoder.next_frame_info() {
            Ok(Some(frame)) => frame,
            Ok(None) => return Ok(None),
            Err(_) if complete && self.read > 0 => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        let area = Area {
            left: frame.left.into(),
            top: frame.top.into(),
            size: Size::new(frame.width.into(), frame.height.into()),
        };
        if area.size.pixels() > self.max_pixels {
            let (size, max_pixels) = (area.size, self.max_pixels);
            return Err(LimitError::TooManyPixels { size, max_pixels }.into());
        }
        let (interlaced, transparent) = (frame.interlaced, frame.transparent);
        let (delay, dispose) = (Delay::new(frame.delay.into(), 100), frame.dispose);
        self.disposal = match dispose {
            DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
            DisposalMethod::Background => Disposal::Clear(area),
            DisposalMethod::Previous => Disposal::Restore(self.canvas.clone()),
        };
        let mut unpackable = self.contents.unpackable.iter();
        if unpackable.any(|(number, _)| *number == self.read) {
            if self.read > 0 {
                return Err(refused(DecodingError::UnexpectedEof));
            }
            // Nothing is drawn, and others may follow.
            self.damage = Some(Damage::Corrupt);
            self.read += 1;
            return Ok(Some(delay));
        }
        let mut rows = 0;
        let drawn = self.draw(area, interlaced, transparent, &mut rows);
        match drawn {
            Err(DecodeError::Damaged { .. }) if self.read == 0 && rows > 0 => self.end_damaged(),
            drawn => drawn?,
        }
        self.read += 1;
        Ok(Some(delay))
    }

    fn dispose(&mut self) {
        match std::mem::replace(&mut self.disposal, Disposal::Keep) {
            Disposal::Keep => {}
            Disposal::Clear(area) => {
                for y in area.top..area.bottom() {
                    self.row(area, y).fill(CLEAR);
                }
            }
            Disposal::Restore(canvas) => self.canvas = canvas,
        }
    }

    /// What of a row of an area is on the canvas.
    fn row(&mut self, area: Area, y: u32) -> &mut [[u8; 4]] {
        let (left, right) = (area.left, area.right().min(self.size.width));
        if y >= self.size.height || left >= right {
            return &mut [];
        }
        let row = y as usize * self.size.width as usize;
        &mut self.canvas[row + left as usize..row + right as usize]
    }

    fn draw(
        &mut self,
        area: Area,
        interlaced: bool,
        transparent: Option<u8>,
        drawn: &mut u32,
    ) -> Result<(), DecodeError> {
        if area.size.pixels() == 0 {
            return Ok(());
        }
        let palette = self.decoder.palette().map_err(refused)?;
        // An index beyond the table is black, as browsers have it.
        let mut colors = [[0, 0, 0, 255]; 256];
        for (color, entry) in colors.iter_mut().zip(palette.as_chunks::<3>().0) {
            color[..3].copy_from_slice(entry);
        }
        let mut indices = vec![0; area.size.width as usize];
        for y in rows(area.size.height, interlaced) {
            if !self.decoder.fill_buffer(&mut indices).map_err(refused)? {
                return Err(refused(DecodingError::UnexpectedEof));
            }
            *drawn += 1;
            for (pixel, index) in self.row(area, area.top + y).iter_mut().zip(&indices) {
                if Some(*index) != transparent {
                    *pixel = colors[usize::from(*index)];
                }
            }
        }
        Ok(())
    }
}

/// The rows in the order in which they are stored (appendix E).
fn rows(height: u32, interlaced: bool) -> impl Iterator<Item = u32> {
    let passes: &[(u32, usize)] = if interlaced {
        &[(0, 8), (4, 8), (2, 4), (1, 2)]
    } else {
        &[(0, 1)]
    };
    let rows = move |(first, step): &(u32, usize)| (*first..height).step_by(*step);
    passes.iter().flat_map(rows)
}

impl ReadFrames for Frames<'_> {
    fn several(&self) -> Several {
        Several::Animation
    }

    fn plays(&self) -> Plays {
        self.contents.plays
    }

    fn next(&mut self) -> Result<Option<Frame>, DecodeError> {
        let Some(delay) = self.advance()? else {
            return Ok(None);
        };
        let samples = self.canvas.as_flattened().to_vec();
        let raster = Raster::new(self.size, Channels::Rgba, samples);
        let raster = raster.map_err(|source| DecodeError::Inconsistent {
            format: Format::Gif,
            source,
        })?;
        let metadata = self.metadata.clone();
        Ok(Some(Frame {
            image: Image { raster, metadata },
            delay,
        }))
    }

    fn warnings(&self) -> Warnings {
        let damage = self
            .damage
            .map(|damage| Warning::damaged(Format::Gif, damage));
        damage.into_iter().collect()
    }

    fn skip(&mut self) -> Result<bool, DecodeError> {
        Ok(self.advance()?.is_some())
    }

    /// The canvas, and another to restore it from.
    fn memory(&self) -> u64 {
        layout(self.size).bytes().saturating_mul(2)
    }
}

/// A file without any.
pub(super) fn no_picture() -> DecodeError {
    let source = DecoderSaid("there is no picture in it".to_owned());
    DecodeError::Damaged {
        format: Format::Gif,
        source,
    }
}
