//! WebP (RFC 9649).

use ::image::ImageFormat;
use ::image::codecs::webp::WebPEncoder;
use ::image::error::ImageError;

use super::store::BYTES;
use super::through_image::{ANIMATION, ThroughImage, write_with};
use super::{CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::WebP,
    name: "webp",
    title: "WebP",
    extensions: &["webp"],
    magic: &[Magic {
        offset: 8,
        bytes: b"WEBP",
    }],
    stores: &BYTES,
    float_transfer: Transfer::Srgb,
    default_quality: None,
    max_side: 16_383,
    keeps_icc: true,
    max_exif: Some(i32::MAX as usize),
    note: "written lossless; of an animation, the first frame",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::WebP,
    profile: None,
    more: Some(animation),
    pixels: None,
    encode,
};

/// Frames are chunks of their own (RFC 9649, 2.7.1.1).
fn animation(bytes: &[u8]) -> Option<&'static str> {
    let mut frames = 0;
    let mut at = 12;
    while frames < 2 {
        let length = u32::from_le_bytes(*bytes.get(at + 4..)?.first_chunk()?);
        frames += u8::from(bytes[at..].starts_with(b"ANMF"));
        at = (at + 8)
            .checked_add(usize::try_from(length).ok()?)?
            .checked_next_multiple_of(2)?;
    }
    Some(ANIMATION)
}

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    write_with(WebPEncoder::new_lossless(&mut out), image)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_animation_has_more_than_one_frame() {
        let file = |frames: usize| {
            let head = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02123456789".to_vec();
            // An odd length is filled up.
            [head, b"ANMF\x03\0\0\0abc\0".repeat(frames)].concat()
        };
        assert_eq!(animation(&file(1)), None);
        assert_eq!(animation(&file(2)), Some(ANIMATION));
        assert_eq!(animation(&[255; 60]), None);
        for length in 0..40 {
            assert_eq!(animation(&file(2)[..length]), None);
        }
    }
}
