//! Pictures of ink with a profile, which says what the inks look like. The `image` crate makes light of inks as if there were none.

use std::io::Cursor;

use ::tiff::ColorType;
use ::tiff::decoder::{Decoder, DecodingResult};
use ::tiff::tags::Tag;

use crate::color::{Inks, Profile};

/// Reads the colours of such a picture, three bytes for each pixel. Says no, and has changed nothing, where it is not one.
pub(super) fn read(bytes: &[u8], colors: &mut [u8]) -> bool {
    let read = inks(bytes).filter(|read| read.len() == colors.len());
    if let Some(read) = &read {
        colors.copy_from_slice(read);
    }
    read.is_some()
}

fn inks(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).ok()?;
    if decoder.colortype().ok()? != ColorType::CMYK(8) {
        return None;
    }
    let icc = decoder.get_tag_u8_vec(Tag::IccProfile).ok()?;
    let profile = Profile::parse(&icc).ok()?;
    let DecodingResult::U8(samples) = decoder.read_image().ok()? else {
        return None;
    };
    Inks(samples).to_srgb(&profile).ok()
}
