//! What the samples of a PNG file mean (W3C PNG, third edition, 4.3 and 11.3.2): code points count most, then a profile, then
//! the word that they are sRGB, then primaries and the power of the curve.

use std::io::Cursor;

use ::image::ImageDecoder;
use ::image::codecs::png::PngDecoder;

use super::chunks;
use crate::color::{Chromaticities, Profile};
use crate::image::Cicp;

/// Encoders write this where they mean sRGB: its curve is near the power of 2.2, and nothing else ever is. Within it an
/// exponent is not taken for more than that, as its own rounding to 45455 is not.
const SRGB_EXPONENTS: std::ops::RangeInclusive<u32> = 45_000..=46_000;

/// A profile for what the file says of its colours, its own or one that means the same. `None` where they are sRGB.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let chunks = Chunks::of(bytes);
    if let Some([primaries, transfer, matrix, full_range]) =
        chunks.cicp.and_then(<[u8]>::first_chunk)
    {
        let cicp = Cicp {
            primaries: *primaries,
            transfer: *transfer,
            matrix: *matrix,
            full_range: *full_range != 0,
        };
        return Profile::from_cicp(cicp).and_then(|profile| different(&profile));
    }
    if chunks.has_profile {
        let mut decoder = PngDecoder::new(Cursor::new(bytes)).ok()?;
        return decoder.icc_profile().ok().flatten();
    }
    if chunks.is_srgb {
        return None;
    }
    let exponent = chunks.gamma.and_then(number);
    let exponent = exponent.filter(|exponent| !SRGB_EXPONENTS.contains(exponent));
    let primaries = chunks.chromaticities.and_then(chromaticities);
    let primaries = primaries.unwrap_or(Chromaticities::SRGB);
    let profile = match exponent {
        Some(0) => return None,
        #[expect(
            clippy::cast_precision_loss,
            reason = "as near as the profile can hold it"
        )]
        Some(exponent) => Profile::from_gamma(SCALE / exponent as f32, primaries),
        None => Profile::srgb_with(primaries),
    };
    profile.and_then(|profile| different(&profile))
}

/// Numbers stand there as so many times themselves.
const SCALE: f32 = 100_000.0;

fn different(profile: &Profile) -> Option<Vec<u8>> {
    (!profile.is_srgb()).then(|| profile.icc()).flatten()
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(u32::from_be_bytes)
}

fn chromaticities(bytes: &[u8]) -> Option<Chromaticities> {
    let (numbers, _) = bytes.as_chunks::<4>();
    #[expect(
        clippy::cast_precision_loss,
        reason = "small numbers, where they mean anything"
    )]
    let numbers = numbers
        .iter()
        .map(|number| u32::from_be_bytes(*number) as f32 / SCALE);
    let numbers: Vec<f32> = numbers.collect();
    let pair = |at: usize| Some((*numbers.get(at)?, *numbers.get(at + 1)?));
    Some(Chromaticities {
        white: pair(0)?,
        red: pair(2)?,
        green: pair(4)?,
        blue: pair(6)?,
    })
}

/// What chunks before the picture say of colours.
#[derive(Debug, Default)]
struct Chunks<'a> {
    cicp: Option<&'a [u8]>,
    gamma: Option<&'a [u8]>,
    chromaticities: Option<&'a [u8]>,
    has_profile: bool,
    is_srgb: bool,
}

impl<'a> Chunks<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut chunks = Self::default();
        for (name, data) in chunks::Chunks::of(bytes) {
            match name {
                b"cICP" => chunks.cicp = Some(data),
                b"gAMA" => chunks.gamma = Some(data),
                b"cHRM" => chunks.chromaticities = Some(data),
                b"iCCP" => chunks.has_profile = true,
                b"sRGB" => chunks.is_srgb = true,
                b"IDAT" => break,
                _ => {}
            }
        }
        chunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a file, up to the data of its picture.
    fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, data) in chunks.iter().chain(&[(b"IDAT", [].as_slice())]) {
            file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            file.extend([name.as_slice(), data, &[0; 4]].concat());
        }
        file
    }

    const LINEAR: (&[u8; 4], &[u8]) = (b"gAMA", &100_000_u32.to_be_bytes());
    const USUAL: (&[u8; 4], &[u8]) = (b"gAMA", &45_455_u32.to_be_bytes());

    fn primaries(red: (u32, u32)) -> Vec<u8> {
        let numbers = [31_270, 32_900, red.0, red.1, 30_000, 60_000, 15_000, 6_000];
        numbers.map(u32::to_be_bytes).concat()
    }

    #[test]
    fn what_says_most_counts() {
        let (srgb, wide) = (primaries((64_000, 33_000)), primaries((70_000, 29_000)));
        let (srgb, wide) = ((b"cHRM", srgb.as_slice()), (b"cHRM", wide.as_slice()));
        let p3 = (b"cICP", [12, 13, 0, 1].as_slice());
        let rec709 = (b"cICP", [1, 13, 0, 1].as_slice());
        let intent = (b"sRGB", [0].as_slice());
        for (chunks, is_other) in [
            (vec![], false),
            (vec![USUAL], false),
            (vec![USUAL, srgb], false),
            (vec![LINEAR], true),
            (vec![LINEAR, intent], false),
            (vec![USUAL, wide], true),
            (vec![wide], true),
            (vec![wide, intent], false),
            (vec![p3, intent, USUAL], true),
            (vec![rec709, LINEAR, wide], false),
            (vec![(b"gAMA", [0; 4].as_slice())], false),
            (
                vec![
                    (b"gAMA", [0; 3].as_slice()),
                    (b"cHRM", &[7; 31]),
                    (b"cICP", &[9]),
                ],
                false,
            ),
            (vec![(b"cHRM", &[0; 32])], false),
        ] {
            let file = file(&chunks);
            assert_eq!(profile(&file).is_some(), is_other, "{chunks:?}");
            for length in 0..file.len() {
                let _no_panic = profile(&file[..length]);
            }
        }
    }

    #[test]
    fn a_power_becomes_a_profile_of_that_power() {
        let icc = profile(&file(&[LINEAR])).unwrap();
        let profile = Profile::parse(&icc).unwrap();
        let gray = crate::image::Raster::new(
            crate::image::Size::new(1, 1),
            crate::image::Channels::Rgb,
            vec![55_u8; 3],
        );
        let shown = crate::color::convert(&gray.unwrap(), &profile, &Profile::srgb()).unwrap();
        // 55/255 of all light.
        assert_eq!(shown.samples(), &crate::image::Samples::U8(vec![128; 3]));
    }
}
