//! Windows icon.

use ::image::codecs::ico::{IcoEncoder, IcoFrame};
use ::image::error::ImageError;
use ::image::{ExtendedColorType, ImageFormat};

use super::frames::{Delay, Frame, Plays, ReadFrames, Several, WriteFrames};
use super::pages::Pages;
use super::store::prepare;
use super::through_image::{ELSEWHERE, Encode, ThroughImage, admit};
use super::{Carries, CodecInfo, DecodeError, EncodeError, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Layout, Limits, Samples, Size, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Ico,
    name: "ico",
    title: "ICO",
    extensions: &["ico"],
    magic: &[Magic {
        offset: 0,
        bytes: b"\x00\x00\x01\x00",
    }],
    stores: &[(Channels::Rgba, Depth::U8)],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 256,
    carries: Carries::NOTHING,
    note: "all pictures, or --frames N; for formats of one, the largest; at most 256 pixels a side",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    frames: Some(frames),
    several: Some((Several::Pages, write_frames)),
    encode: Encode::Whole(encode),
    ..ThroughImage::new(&INFO, ImageFormat::Ico, ELSEWHERE)
};

#[expect(
    clippy::unnecessary_wraps,
    reason = "the pictures of other formats can be broken before the first"
)]
fn frames<'a>(
    bytes: &'a [u8],
    _: &Layout,
    limits: Limits,
) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
    let pages = Pages::new(&CODEC, bytes, heads(bytes), limits);
    Ok(pages.map(|pages| Box::new(pages) as Box<dyn ReadFrames>))
}

fn write_frames(_: Size, _: Plays, options: &EncodeOptions) -> Box<dyn WriteFrames> {
    Box::new(Writer::new(options))
}

fn encode(image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new(options);
    let delay = Delay::NONE;
    writer.add(Frame { image, delay })?;
    Box::new(writer).finish()
}

/// Bytes of the file's own head, and of an entry for a picture.
const HEAD: usize = 6;
const ENTRY: usize = 16;

/// What a file of each picture alone would begin with: one entry.
fn heads(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Some((head, entries)) = bytes.split_first_chunk::<HEAD>() else {
        return Vec::new();
    };
    let count = usize::from(u16::from_le_bytes([head[4], head[5]]));
    let entries = entries.chunks_exact(ENTRY).take(count);
    let one = [head[0], head[1], head[2], head[3], 1, 0];
    entries.map(|entry| [&one, entry].concat()).collect()
}

/// An icon that is being written.
struct Writer {
    options: EncodeOptions,
    pictures: Vec<IcoFrame<'static>>,
    pixels: u64,
}

impl Writer {
    fn new(options: &EncodeOptions) -> Self {
        Self {
            options: options.clone(),
            pictures: Vec::new(),
            pixels: 0,
        }
    }
}

fn refused(source: ImageError) -> EncodeError {
    EncodeError::Encoder {
        format: Format::Ico,
        source,
    }
}

impl WriteFrames for Writer {
    fn add(&mut self, frame: Frame) -> Result<(), EncodeError> {
        let size = frame.image.raster.size();
        admit(&INFO, size)?;
        let raster = prepare(frame.image, &INFO, &self.options).raster;
        let Samples::U8(samples) = raster.samples() else {
            unreachable!("the format stores nothing deeper");
        };
        let rgba = ExtendedColorType::Rgba8;
        let picture = IcoFrame::as_png(samples, size.width, size.height, rgba);
        self.pictures.push(picture.map_err(refused)?);
        self.pixels = self.pixels.saturating_add(size.pixels());
        Ok(())
    }

    /// As if nothing could be compressed.
    fn written(&self) -> u64 {
        self.pixels.saturating_mul(4)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        let written = IcoEncoder::new(&mut out).encode_images(&self.pictures);
        written.map_err(refused)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::Codec;

    #[test]
    fn each_picture_is_read_and_written() {
        let sizes = [4_u32, 16, 9];
        let frames = sizes.map(|side| {
            let samples = vec![200; (side * side * 4) as usize];
            IcoFrame::as_png(&samples, side, side, ExtendedColorType::Rgba8).unwrap()
        });
        let mut file = Vec::new();
        IcoEncoder::new(&mut file).encode_images(&frames).unwrap();
        let layout = CODEC.header(&file).unwrap();
        let pages = CODEC.frames(&file, &layout, &Limits::default());
        let mut pages = pages.unwrap().unwrap();
        let options = EncodeOptions::default();
        let mut out = CODEC
            .write_frames(layout.size, Plays::default(), &options)
            .unwrap();
        for side in sizes {
            let frame = pages.next().unwrap().unwrap();
            assert_eq!(frame.image.raster.size().width, side);
            out.add(frame).unwrap();
        }
        assert!(pages.next().unwrap().is_none());
        let again = out.finish().unwrap();
        assert_eq!(again, file);
    }
}
