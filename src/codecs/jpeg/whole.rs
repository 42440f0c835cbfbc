//! Whole pictures, by the library: strictly first. What it does not take so it takes otherwise, as libjpeg does: what is
//! missing is gray.
//!
//! The library passes over much that is wrong without a word, so that it is not asked alone.

use ::image::ImageDecoder;
use ::image::error::ImageResult;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::codecs::through_image::Decoder;
use crate::warning::Damage;

/// What stands where nothing was decoded.
const GRAY: u8 = 128;

/// Behind data that are cut off at their marker: more than the library reads ahead of what it needs, which is less than
/// two times eight bytes.
const READ_AHEAD: [u8; 32] = [0; 32];

/// Decodes a picture into samples, as many as the decoder has announced. Says how it is damaged, if it is.
pub(super) fn read(
    decoder: Decoder<'_>,
    bytes: &[u8],
    samples: &mut [u8],
) -> ImageResult<Option<Damage>> {
    let extent = Extent::of(bytes);
    let damage = match extent {
        Extent::Truncated => Damage::Truncated,
        Extent::OneScan { end } => {
            // Whoever needs more than there is up to the marker comes to the end, and says so. At a marker the library
            // would go on, with zeros.
            let scan = [&bytes[..end], &READ_AHEAD].concat();
            match strictly(&scan, decoder.color_type().channel_count(), samples) {
                Ok(()) => return Ok(None),
                Err(_) => Damage::Corrupt,
            }
        }
        Extent::Scans => match strictly(bytes, decoder.color_type().channel_count(), samples) {
            Ok(()) => return Ok(None),
            Err(_) => Damage::Corrupt,
        },
    };
    samples.fill(GRAY);
    decoder.read_image(samples)?;
    Ok(Some(damage))
}

fn strictly(bytes: &[u8], channels: u8, samples: &mut [u8]) -> Result<(), DecodeErrors> {
    let color = if channels == 1 {
        ColorSpace::Luma
    } else {
        ColorSpace::RGB
    };
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(color);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode_into(samples)
}

/// What there is of a picture's data, by their markers (ITU-T T.81, B.1 and B.2).
#[derive(Debug, PartialEq, Eq)]
enum Extent {
    /// The file ends before the picture does.
    Truncated,
    /// All of them are in one sequential scan, whose data end here.
    OneScan {
        /// Where the marker behind them stands.
        end: usize,
    },
    /// Several scans, or one that is none of the kind.
    Scans,
}

impl Extent {
    fn of(bytes: &[u8]) -> Self {
        Self::walk(bytes).unwrap_or(Self::Truncated)
    }

    fn walk(bytes: &[u8]) -> Option<Self> {
        let (mut at, mut end, mut scans, mut sequential) = (0, 0, 0, false);
        loop {
            at += memchr::memchr(0xff, bytes.get(at..)?)? + 1;
            let code = *bytes.get(at)?;
            match code {
                // Filling, stuffing, and markers without a body.
                0xff => continue,
                0 | 0x01 | 0xd0..=0xd8 => {}
                END_OF_IMAGE => break,
                _ => {
                    sequential |= matches!(code, 0xc0 | 0xc1);
                    let length = u16::from_be_bytes(*bytes.get(at + 1..)?.first_chunk()?);
                    at += usize::from(length);
                    if code == START_OF_SCAN {
                        at = behind_data(bytes, at)?;
                        end = at;
                        scans += 1;
                        continue;
                    }
                }
            }
            at += 1;
        }
        Some(if sequential && scans == 1 {
            Self::OneScan { end }
        } else {
            Self::Scans
        })
    }
}

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

/// The place of the first marker that is neither stuffing nor a restart.
fn behind_data(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)?;
        match bytes.get(at + 1)? {
            0 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Decoded, Format, decode};
    use super::*;
    use crate::image::{Image, Limits, Samples};
    use crate::warning::Warning;

    macro_rules! samples {
        ($($name:literal),* $(,)?) => {
            [$(($name, include_bytes!(concat!("samples/", $name, ".jpg")).as_slice())),*]
        };
    }

    const SAMPLES: [(&str, &[u8]); 9] = samples!(
        "420",
        "440",
        "444",
        "gray",
        "gray2x2",
        "optimized",
        "progressive",
        "restarts",
        "separate"
    );

    fn read(bytes: &[u8]) -> Decoded<Image> {
        decode(Format::Jpeg.codec(), bytes, &Limits::default()).unwrap()
    }

    /// What is said of the damage.
    fn damage(bytes: &[u8]) -> Option<String> {
        let warnings = read(bytes).warnings;
        warnings.damage().map(|warning| warning.reason.clone())
    }

    /// Whether that is this.
    fn tells(said: Option<String>, damage: Damage) -> bool {
        said == Some(Warning::damaged("jpeg", damage).reason)
    }

    /// Where the data of the first scan begin.
    fn data(bytes: &[u8]) -> usize {
        let scan = memchr::memmem::find(bytes, b"\xff\xda").unwrap();
        scan + 2 + usize::from(bytes[scan + 3])
    }

    #[test]
    fn there_is_nothing_to_say_of_a_whole_file_whatever_follows_it() {
        for (name, bytes) in SAMPLES {
            assert_eq!(damage(bytes), None, "{name}");
            let followed = [bytes, &[0; 100], bytes, b"\xff"].concat();
            assert_eq!(damage(&followed), None, "{name}");
        }
    }

    #[test]
    fn a_file_that_is_cut_is_gray_from_there_on() {
        for (name, bytes) in SAMPLES {
            let start = data(bytes);
            for part in [start, start + (bytes.len() - start) / 2, bytes.len() - 2] {
                let cut = damage(&bytes[..part]);
                assert!(tells(cut, Damage::Truncated), "{name} to {part}");
            }
        }
        let (_, bytes) = SAMPLES[0];
        let half = read(&bytes[..usize::midpoint(data(bytes), bytes.len())]);
        let [whole, half] =
            [read(bytes), half].map(|read| match read.picture.raster.into_samples() {
                Samples::U8(samples) => samples,
                Samples::U16(_) | Samples::F32(_) => unreachable!("JPEG has 8 bits"),
            });
        let (quarter, end) = (whole.len() / 4, whole.len() * 9 / 10);
        assert_eq!(half[..quarter], whole[..quarter]);
        assert!(half[end..].iter().all(|sample| *sample == GRAY));
    }

    #[test]
    fn data_that_are_missing_in_the_middle_are_missed() {
        for (name, bytes) in samples!("420", "444", "gray", "optimized") {
            let (start, length) = (data(bytes), bytes.len());
            let middle = start + (length - start) / 3;
            let gone = [&bytes[..middle], &bytes[middle + (length - start) / 2..]].concat();
            assert!(tells(damage(&gone), Damage::Corrupt), "{name}");
        }
    }

    #[test]
    fn headers_end_somewhere() {
        assert_eq!(Extent::of(b""), Extent::Truncated);
        assert_eq!(Extent::of(&[255; 100]), Extent::Truncated);
        assert_eq!(Extent::of(b"\xff\xd8\xff\xd9"), Extent::Scans);
        assert_eq!(
            Extent::of(b"\xff\xd8\xff\xe0\xff\xff\xff\xd9"),
            Extent::Truncated
        );
        assert_eq!(
            Extent::of(b"\xff\xda\0\x02\xff\0\xff\xd1a"),
            Extent::Truncated
        );
        let scan = b"\xff\xd8\xff\xc0\0\x02\xff\xda\0\x02data\xff\xff\xd9";
        assert_eq!(Extent::of(scan), Extent::OneScan { end: 15 });
    }
}
