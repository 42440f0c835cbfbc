//! Colours that are stored as they count before their alpha (TIFF 6.0, section 18).

use std::io::Cursor;

use ::image::ImageDecoder;
use ::image::error::ImageError;
use ::tiff::tags::Tag;

use super::indexed::Indexed;
use super::inks;
use super::jpeg::InJpeg;
use super::luma::Luma;
use crate::codecs::through_image::Decoder;
use crate::warning::Damage;

/// Reads the samples, and says how they are damaged. Colours that are stored as they count before their alpha are brought to what they are without it.
pub(super) fn read(
    decoder: Decoder<'_>,
    bytes: &[u8],
    samples: &mut [u8],
) -> Result<Option<Damage>, ImageError> {
    if let Some(picture) = InJpeg::of(bytes) {
        return picture.read(samples);
    }
    if let Some(Ok(picture)) = Indexed::of(bytes) {
        return picture.read(samples);
    }
    if let Some(Ok(picture)) = Luma::of(bytes) {
        picture.read(samples)?;
        return Ok(None);
    }
    if inks::read(bytes, samples) {
        return Ok(None);
    }
    let color = decoder.color_type();
    decoder.read_image(samples)?;
    if color.has_alpha() && is_premultiplied(bytes) {
        let count = usize::from(color.channel_count());
        match color.bytes_per_pixel() / color.channel_count() {
            1 => samples.chunks_exact_mut(count).for_each(divide_bytes),
            2 => samples.chunks_exact_mut(2 * count).for_each(divide_words),
            _ => samples.chunks_exact_mut(4 * count).for_each(divide_floats),
        }
    }
    Ok(None)
}

/// Whether its first further sample is associated alpha (TIFF 6.0, section 18).
fn is_premultiplied(bytes: &[u8]) -> bool {
    const ASSOCIATED: u16 = 1;
    let further = || {
        let mut decoder = ::tiff::decoder::Decoder::new(Cursor::new(bytes)).ok()?;
        let kinds = decoder.find_tag(Tag::ExtraSamples).ok()??;
        kinds.into_u16_vec().ok()?.first().copied()
    };
    further() == Some(ASSOCIATED)
}

pub(super) fn divide_bytes(pixel: &mut [u8]) {
    if let Some((alpha, colors)) = pixel.split_last_mut().filter(|(alpha, _)| **alpha > 0) {
        let alpha = u32::from(*alpha);
        for color in colors {
            let whole = (u32::from(*color) * 255 + alpha / 2) / alpha;
            *color = u8::try_from(whole).unwrap_or(u8::MAX);
        }
    }
}

fn divide_words(pixel: &mut [u8]) {
    let (parts, _) = pixel.as_chunks_mut::<2>();
    if let Some((alpha, colors)) = parts.split_last_mut() {
        let alpha = u64::from(u16::from_ne_bytes(*alpha));
        for color in colors.iter_mut().filter(|_| alpha > 0) {
            let whole = (u64::from(u16::from_ne_bytes(*color)) * 65_535 + alpha / 2) / alpha;
            *color = u16::try_from(whole).unwrap_or(u16::MAX).to_ne_bytes();
        }
    }
}

fn divide_floats(pixel: &mut [u8]) {
    let (parts, _) = pixel.as_chunks_mut::<4>();
    if let Some((alpha, colors)) = parts.split_last_mut() {
        let alpha = f32::from_ne_bytes(*alpha);
        for color in colors.iter_mut().filter(|_| alpha > 0.0) {
            *color = (f32::from_ne_bytes(*color) / alpha).to_ne_bytes();
        }
    }
}
