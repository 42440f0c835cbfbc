//! Windows icon.

use ::image::ImageFormat;
use ::image::codecs::ico::IcoEncoder;
use ::image::error::ImageError;

use super::frames::ReadFrames;
use super::pages::Pages;
use super::through_image::{ThroughImage, write_pixels};
use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, EncodeError, EncodeOptions, Format, Magic,
};
use crate::image::{Channels, Depth, Image, Layout, Limits, Transfer};

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
    note: "of several pictures, the largest, or --frames N; at most 256 pixels a side",
};

pub(super) static CODEC: Ico = Ico;

static LIBRARY: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Ico,
    profile: None,
    carried: None,
    more: None,
    pixels: None,
    encode,
};

/// See the module.
pub(super) struct Ico;

impl Codec for Ico {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        LIBRARY.header(bytes)
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        LIBRARY.decode(bytes, layout)
    }

    fn frames<'a>(
        &self,
        bytes: &'a [u8],
        _: &Layout,
        limits: &Limits,
    ) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
        let pages = Pages::new(&LIBRARY, bytes, heads(bytes), *limits);
        Ok(pages.map(|pages| Box::new(pages) as Box<dyn ReadFrames>))
    }

    fn lossless(&'static self) -> Option<&'static dyn Codec> {
        Some(self)
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        LIBRARY.encode(image, options)
    }
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

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_pixels(IcoEncoder::new(&mut out), image)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use ::image::ExtendedColorType;
    use ::image::codecs::ico::IcoFrame;

    use super::*;

    #[test]
    fn each_picture_is_read() {
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
        for side in sizes {
            let image = pages.next().unwrap().unwrap().image;
            assert_eq!(image.raster.size().width, side);
        }
        assert!(pages.next().unwrap().is_none());
    }
}
