//! PNG (W3C PNG, third edition).

use ::image::ImageFormat;
use ::image::codecs::png::{CompressionType, FilterType, PngEncoder};
use ::image::error::ImageError;

use super::png_color;
use super::store::INTEGERS;
use super::through_image::{ANIMATION, ThroughImage, write_with};
use super::{Carries, CodecInfo, EncodeOptions, Format, Magic};
use crate::image::{Image, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Png,
    name: "png",
    title: "PNG",
    extensions: &["png", "apng"],
    magic: &[Magic {
        offset: 0,
        bytes: b"\x89PNG\r\n\x1a\n",
    }],
    stores: &INTEGERS,
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: i32::MAX as u32,
    carries: Carries {
        icc: true,
        exif: Some(i32::MAX as usize),
        ..Carries::NOTHING
    },
    note: "of an animation, the default picture",
};

pub(super) static CODEC: ThroughImage = ThroughImage {
    info: &INFO,
    image_format: ImageFormat::Png,
    profile: Some(png_color::profile),
    more: Some(animation),
    pixels: None,
    encode,
};

/// What is read is the picture that stands there for those who know of no animations; it may be the first frame (W3C
/// PNG, third edition, 11.3.4).
fn animation(bytes: &[u8]) -> Option<&'static str> {
    let mut frames = 0;
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
        let data = at + 8;
        match bytes.get(at + 4..data)? {
            b"acTL" => frames = u32::from_be_bytes(*bytes.get(data..)?.first_chunk()?),
            b"fcTL" => frames = frames.saturating_sub(1),
            b"IDAT" => return (frames > 0).then_some(ANIMATION),
            _ => {}
        }
        at = data.checked_add(usize::try_from(length).ok()?)? + 4;
    }
}

fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive);
    write_with(encoder, image)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a file, up to the data of its picture.
    fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, data) in chunks.iter().chain(&[(b"IDAT", [].as_slice())]) {
            file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            file.extend([name.as_slice(), *data, &[0; 4]].concat());
        }
        file
    }

    #[test]
    fn an_animation_is_one_if_a_frame_is_lost() {
        let header = (b"IHDR", [0; 13].as_slice());
        let frames = |count: &'static [u8; 8]| (b"acTL", count.as_slice());
        let (one, three) = (frames(b"\0\0\0\x01\0\0\0\0"), frames(b"\0\0\0\x03\0\0\0\0"));
        let first = (b"fcTL", [0; 26].as_slice());
        for (chunks, expected) in [
            (&[header][..], None),
            (&[header, one, first], None),
            (&[header, one], Some(ANIMATION)),
            (&[header, three, first], Some(ANIMATION)),
        ] {
            let file = file(chunks);
            assert_eq!(animation(&file), expected);
            for length in 0..file.len() {
                let _no_panic = animation(&file[..length]);
            }
        }
        let endless = [b"\x89PNG\r\n\x1a\n".as_slice(), &[255; 40]].concat();
        assert_eq!(animation(&endless), None);
    }
}
