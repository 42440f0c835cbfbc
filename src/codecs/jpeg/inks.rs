//! Pictures of four components: ink, as printers have it.
//!
//! With Adobe's segment the samples say how much paper is left, without it how much ink there is; its last byte says whether
//! the first three were turned into luma and chroma as red, green and blue are (Adobe Technical Note #5116).

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::extras::Extras;
use super::segments::Segments;
use crate::color::{Inks, Profile};
use crate::image::Sample;

/// The longest side of a JPEG file.
const LONGEST: usize = 65_535;

/// Reads the colours of such a picture, three bytes for each pixel, by its profile if it has one that can be used. Says no,
/// and has changed nothing, where it is not one.
pub(super) fn read(bytes: &[u8], colors: &mut [u8]) -> bool {
    let Some((inks, profile)) = inks(bytes) else {
        return false;
    };
    let by_profile = profile.and_then(|profile| inks.to_srgb(&profile).ok());
    let read = by_profile.unwrap_or_else(|| inks.to_plain_rgb());
    let fits = read.len() == colors.len();
    if fits {
        colors.copy_from_slice(&read);
    }
    fits
}

fn inks(bytes: &[u8]) -> Option<(Inks<u8>, Option<Profile>)> {
    let options = DecoderOptions::default()
        .set_max_width(LONGEST)
        .set_max_height(LONGEST);
    let stored = {
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().ok()?;
        decoder.input_colorspace()?
    };
    if !matches!(stored, ColorSpace::CMYK | ColorSpace::YCCK) {
        return None;
    }
    let options = options.jpeg_set_out_colorspace(stored);
    let mut samples = JpegDecoder::new_with_options(ZCursor::new(bytes), options)
        .decode()
        .ok()?;
    let extras = Segments::new(bytes).ok()?.all_extras();
    let pixels = samples.as_chunks_mut::<4>().0;
    if stored == ColorSpace::YCCK {
        for pixel in pixels {
            *pixel = unturned(*pixel);
        }
    } else if extras.is_by_adobe() {
        for pixel in pixels {
            *pixel = pixel.map(|paper| 255 - paper);
        }
    }
    Some((Inks(samples), profile(&extras)))
}

/// Ink of luma, chroma and black: what is left of the paper is the complement of the red, green and blue that they make (as
/// libjpeg's), and so those are the inks.
fn unturned([luma, blue, red, black]: [u8; 4]) -> [u8; 4] {
    let [luma, blue, red] = [luma, blue, red].map(f32::from);
    let (blue, red) = (blue - 128.0, red - 128.0);
    let inks = [
        luma + 1.402 * red,
        luma - 0.344_136 * blue - 0.714_136 * red,
        luma + 1.772 * blue,
    ];
    let [cyan, magenta, yellow] = inks.map(u8::from_f32);
    [cyan, magenta, yellow, 255 - black]
}

fn profile(extras: &Extras<'_>) -> Option<Profile> {
    Profile::parse(&extras.icc()?).ok()
}
