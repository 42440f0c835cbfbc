//! Whole pictures by the library: those that the reader of this folder does not understand. The library fills up with what it
//! likes where data are missing, and says nothing: whether they are is told by markers alone.

use ::image::ImageDecoder;
use ::image::error::ImageResult;

use super::inks;
use super::segments::marker;
use super::target::GRAY;
use crate::codecs::through_image::Decoder;
use crate::warning::Damage;

/// Decodes a picture into samples, as many as the decoder has announced. Says whether the file ends before the picture does.
pub(super) fn read(
    decoder: Decoder<'_>,
    bytes: &[u8],
    samples: &mut [u8],
) -> ImageResult<Option<Damage>> {
    samples.fill(GRAY);
    if !inks::read(bytes, samples) {
        decoder.read_image(samples)?;
    }
    Ok((!has_end(bytes)).then_some(Damage::Truncated))
}

/// Whether the marker of the picture's end is there (ITU-T T.81, B.1 and B.2), and not in a segment, such as one that holds a
/// preview.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) {
        at += found + 1;
        match bytes.get(at) {
            Some(&marker::EOI) => return true,
            // Filling, stuffing, and markers without a body.
            Some(0xff) => {}
            Some(0 | 0x01 | marker::RST0..=marker::SOI) => at += 1,
            _ => {
                let length = bytes.get(at + 1..).and_then(<[u8]>::first_chunk);
                at += 1 + length.map_or(2, |length| usize::from(u16::from_be_bytes(*length)));
            }
        }
    }
    false
}
