//! Animations (RFC 9649, 2.7.1): frames are composed here, as browsers have it: what files say of their background is a hint that nobody
//! takes. libwebp says how each frame is written best.

use super::animator::Animator;
use super::container::extended;
use super::libwebp::Way;
use super::{INFO, refused};
use crate::codecs::frames::{
    Area, Delay, Frame, Plays, ReadFrames, Several, Ticks, WriteFrames, over,
};
use crate::codecs::store::prepare;
use crate::codecs::through_image::ThroughImage;
use crate::codecs::{Codec, DecodeError, DecoderSaid, EncodeError, EncodeOptions, Format};
use crate::image::{Channels, Image, Layout, Metadata, Raster, Samples, Size};
use crate::warning::{Damage, Warning, Warnings};

/// What a file is of which the first frame is read.
pub(super) fn more(bytes: &[u8]) -> Option<&'static str> {
    is_animation(bytes).then(|| Several::Animation.what())
}

/// Whether there are several: frames are chunks of their own.
pub(super) fn is_animation(bytes: &[u8]) -> bool {
    let chunks = Chunks(bytes.get(HEAD..).unwrap_or_default());
    let frames = chunks.filter(|chunk| chunk.name == b"ANMF");
    frames.take(2).count() > 1
}

/// `RIFF`, a length, `WEBP`.
const HEAD: usize = 12;

/// The chunks of a file or a frame (2.3), as far as they are there whole.
#[derive(Debug, Clone)]
struct Chunks<'a>(&'a [u8]);

struct Chunk<'a> {
    name: &'a [u8; 4],
    data: &'a [u8],
    /// With its name and length, as it stands there.
    whole: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let (name, rest) = self.0.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let data = rest.get(..length)?;
        let even = (8 + length).checked_next_multiple_of(2)?.min(self.0.len());
        let (whole, rest) = self.0.split_at(even);
        self.0 = rest;
        Some(Chunk { name, data, whole })
    }
}

fn damaged(reason: &str) -> DecodeError {
    let source = DecoderSaid(reason.to_owned());
    let format = Format::WebP;
    DecodeError::Damaged { format, source }
}

/// The frames of a file.
pub(super) struct Frames<'a> {
    library: &'static ThroughImage,
    chunks: Chunks<'a>,
    plays: Plays,
    layout: Layout,
    canvas: Vec<[u8; 4]>,
    /// What is made transparent before the next frame.
    cleared: Option<Area>,
    metadata: Metadata,
    read: usize,
    /// Whether the file ends before it says so.
    is_cut: bool,
    /// How a frame is damaged that is not the first: neither it nor what follows is read.
    damage: Option<Damage>,
}

impl<'a> Frames<'a> {
    /// For an animation whose canvas has passed the limits.
    pub(super) fn new(
        bytes: &'a [u8],
        library: &'static ThroughImage,
        layout: &Layout,
    ) -> Result<Self, DecodeError> {
        let announced = bytes.get(4..).and_then(<[u8]>::first_chunk);
        let announced = announced.map_or(0, |length| u64::from(u32::from_le_bytes(*length)));
        let chunks = Chunks(bytes.get(HEAD..).unwrap_or_default());
        let control = chunks.clone().find(|chunk| chunk.name == b"ANIM");
        let plays = control.and_then(|chunk| Some(*chunk.data.get(4..)?.first_chunk()?));
        let pixels = usize::try_from(layout.size.pixels()).unwrap_or(usize::MAX);
        Ok(Self {
            library,
            chunks,
            plays: Plays::from_count(u16::from_le_bytes(plays.unwrap_or_default()).into()),
            layout: *layout,
            canvas: vec![[0; 4]; pixels],
            cleared: None,
            metadata: library.described(bytes, layout)?,
            read: 0,
            is_cut: announced.saturating_add(8) > bytes.len() as u64,
            damage: None,
        })
    }

    /// Lays the next frame over the canvas. `None` where there is none, or none that is whole.
    fn advance(&mut self) -> Result<Option<Delay>, DecodeError> {
        if self.damage.is_some() {
            return Ok(None);
        }
        match self.lay() {
            Ok(None) if self.is_cut && self.read == 0 => Err(damaged("the file ends too early")),
            Ok(None) if self.is_cut => {
                self.damage = Some(Damage::Truncated);
                Ok(None)
            }
            Err(DecodeError::Damaged { .. }) if self.read > 0 => {
                self.damage = Some(Damage::Corrupt);
                Ok(None)
            }
            laid => laid,
        }
    }

    fn lay(&mut self) -> Result<Option<Delay>, DecodeError> {
        let Some(chunk) = self.chunks.find(|chunk| chunk.name == b"ANMF") else {
            return Ok(None);
        };
        let Some((head, data)) = chunk.data.split_first_chunk::<16>() else {
            return Err(damaged("a frame without its head"));
        };
        let three = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], 0]);
        let area = Area {
            left: 2 * three(0),
            top: 2 * three(3),
            size: Size::new(three(6) + 1, three(9) + 1),
        };
        let whole = self.layout.size;
        if area.right() > whole.width || area.bottom() > whole.height {
            return Err(damaged("a frame is not on the canvas"));
        }
        // Two flags: laid over what is there unless the one is set, and cleared away if the other is.
        let (is_over, clears) = (head[15] & 2 == 0, head[15] & 1 != 0);
        let pixels = self.pixels(data, area.size)?;
        if let Some(area) = self.cleared.take() {
            area.rows(whole.width)
                .for_each(|row| self.canvas[row].fill([0; 4]));
        }
        let mut pixels = pixels.as_chunks::<4>().0.iter();
        for row in area.rows(whole.width) {
            for (below, pixel) in self.canvas[row].iter_mut().zip(&mut pixels) {
                *below = if is_over {
                    over(*pixel, *below)
                } else {
                    *pixel
                };
            }
        }
        self.cleared = clears.then_some(area);
        self.read += 1;
        Ok(Some(Delay::new(three(12), 1000)))
    }

    /// A frame's own picture: decoded as the file that it would be alone.
    fn pixels(&self, data: &[u8], size: Size) -> Result<Vec<u8>, DecodeError> {
        let chunks = Chunks(data);
        let has_alpha = chunks.clone().any(|chunk| chunk.name == b"ALPH");
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        if has_alpha {
            file.extend(b"VP8X\x0a\0\0\0\x10\0\0\0");
            for side in [size.width, size.height] {
                file.extend(&(side - 1).to_le_bytes()[..3]);
            }
        }
        for chunk in chunks {
            if matches!(chunk.name, b"ALPH" | b"VP8 " | b"VP8L") {
                file.extend_from_slice(chunk.whole);
            }
        }
        let length = u32::try_from(file.len() - 8).unwrap_or(u32::MAX);
        file[4..8].copy_from_slice(&length.to_le_bytes());
        let layout = self.library.header(&file)?;
        if layout.size != size {
            return Err(damaged("a frame has another size than it says"));
        }
        let raster = self.library.decode(&file, &layout)?.picture.raster;
        match raster.to_channels(Channels::Rgba).into_samples() {
            Samples::U8(samples) => Ok(samples),
            Samples::U16(_) | Samples::F32(_) => Err(damaged("samples are too deep")),
        }
    }
}

impl ReadFrames for Frames<'_> {
    fn several(&self) -> Several {
        Several::Animation
    }

    fn plays(&self) -> Plays {
        self.plays
    }

    fn next(&mut self) -> Result<Option<Frame>, DecodeError> {
        let Some(delay) = self.advance()? else {
            return Ok(None);
        };
        let samples = self.canvas.as_flattened().to_vec();
        let raster = Raster::new(self.layout.size, Channels::Rgba, samples);
        let raster = raster.map_err(|source| DecodeError::Inconsistent {
            format: Format::WebP,
            source,
        })?;
        let raster = raster.to_channels(self.layout.channels);
        let metadata = self.metadata.clone();
        Ok(Some(Frame {
            image: Image { raster, metadata },
            delay,
        }))
    }

    fn warnings(&self) -> Warnings {
        let damage = self
            .damage
            .map(|damage| Warning::damaged(Format::WebP, damage));
        damage.into_iter().collect()
    }

    fn skip(&mut self) -> Result<bool, DecodeError> {
        Ok(self.advance()?.is_some())
    }

    /// The canvas, and a frame with what it is decoded from.
    fn memory(&self) -> u64 {
        self.layout.size.pixels().saturating_mul(16)
    }
}

/// A file that is being written.
pub(super) struct Writer {
    animator: Animator,
    size: Size,
    options: EncodeOptions,
    ticks: Ticks,
    metadata: Option<Metadata>,
}

impl Writer {
    pub(super) fn new(
        size: Size,
        plays: Plays,
        way: Way,
        options: &EncodeOptions,
    ) -> Result<Self, EncodeError> {
        let details = options.details.webp;
        let animator = Animator::new(size, plays.count(), way, options.effort, details);
        Ok(Self {
            animator: animator.map_err(refused)?,
            size,
            options: options.clone(),
            ticks: Ticks::new(1000),
            metadata: None,
        })
    }
}

impl WriteFrames for Writer {
    fn add(&mut self, frame: Frame) -> Result<(), EncodeError> {
        let size = frame.image.raster.size();
        if size != self.size {
            let (format, first) = (Format::WebP, self.size);
            return Err(EncodeError::Sizes {
                format,
                first,
                size,
            });
        }
        let Image { raster, metadata } = prepare(frame.image, &INFO, &self.options);
        self.metadata.get_or_insert(metadata);
        let Samples::U8(samples) = raster.to_channels(Channels::Rgba).into_samples() else {
            unreachable!("the format stores nothing deeper");
        };
        let milliseconds = self.ticks.next(frame.delay);
        self.animator.add(&samples, milliseconds).map_err(refused)
    }

    /// What libwebp keeps between frames: four canvases.
    fn written(&self) -> u64 {
        self.size.pixels().saturating_mul(16)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, EncodeError> {
        let Some(metadata) = &self.metadata else {
            return Err(EncodeError::NoFrames(Format::WebP));
        };
        let (icc, exif) = (metadata.icc.as_deref(), metadata.exif.as_deref());
        let bytes = self.animator.finish().map_err(refused)?;
        let xmp = metadata.xmp.as_deref();
        Ok(extended(bytes, self.size, icc, exif, xmp))
    }
}
