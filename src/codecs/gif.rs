//! GIF (`CompuServe`, version 89a).

use ::image::codecs::gif::GifEncoder;
use ::image::error::ImageError;
use ::image::{ExtendedColorType, ImageFormat};

use super::through_image::{ANIMATION, ThroughImage};
use super::{Carries, CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Channels, Depth, Image, Samples, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Gif,
    name: "gif",
    title: "GIF",
    extensions: &["gif"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"GIF87a",
        },
        Magic {
            offset: 0,
            bytes: b"GIF89a",
        },
    ],
    stores: &[(Channels::Rgba, Depth::U8)],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 65_535,
    carries: Carries::NOTHING,
    note: "256 colours; of an animation, the first frame",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Gif,
    profile: None,
    more: Some(animation),
    pixels: None,
    encode,
};

fn animation(bytes: &[u8]) -> Option<&'static str> {
    (frames(bytes, 2) > 1).then_some(ANIMATION)
}

/// The pictures of a file, counted as far as `most`, by their descriptors (version 89a of the format, sections 15 to 27). Nothing is
/// decompressed.
fn frames(bytes: &[u8], most: usize) -> usize {
    let mut frames = 0;
    let mut at = 13 + bytes.get(10).map_or(0, |packed| colors(*packed));
    while frames < most {
        at = match bytes.get(at) {
            Some(b',') => {
                frames += 1;
                // Behind the descriptor its colours, and the least length of its codes.
                let colors = bytes.get(at + 9).map_or(0, |packed| colors(*packed));
                behind_blocks(bytes, at + 10 + colors + 1)
            }
            Some(b'!') => behind_blocks(bytes, at + 2),
            Some(_) | None => return frames,
        };
    }
    frames
}

/// The length of a table of colours.
const fn colors(packed: u8) -> usize {
    if packed & 0x80 == 0 {
        0
    } else {
        3 << ((packed & 7) + 1)
    }
}

/// What follows on a sequence of blocks.
fn behind_blocks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(length) = bytes.get(at).filter(|length| **length > 0) {
        at += 1 + usize::from(*length);
    }
    at + 1
}

/// 1 to 30; beyond 10 the palette visibly suffers.
const SPEED: i32 = 10;

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let Samples::U8(samples) = image.raster.samples() else {
        return Ok(Vec::new());
    };
    let size = image.raster.size();
    let mut out = Vec::new();
    GifEncoder::new_with_speed(&mut out, SPEED).encode(
        samples,
        size.width,
        size.height,
        ExtendedColorType::Rgba8,
    )?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use ::image::{Frame, RgbaImage};

    use super::*;

    fn file(frames: u8) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = GifEncoder::new(&mut out);
        for shade in 0..frames {
            let image = RgbaImage::from_fn(30, 20, |_, _| [shade, 80, 255 - shade, 255].into());
            encoder.encode_frame(Frame::new(image)).unwrap();
        }
        drop(encoder);
        out
    }

    #[test]
    fn frames_are_counted_without_decoding_them() {
        for count in 1..4 {
            assert_eq!(frames(&file(count), 9), usize::from(count));
        }
        assert_eq!(
            (animation(&file(1)), animation(&file(2))),
            (None, Some(ANIMATION))
        );
    }

    #[test]
    fn a_file_that_is_cut_has_no_more_frames_than_it_had() {
        let whole = file(3);
        for length in 0..whole.len() {
            assert!(frames(&whole[..length], 9) <= 3);
        }
    }
}
