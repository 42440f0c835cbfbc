//! How much a written picture looks like the one it was made of: SSIMULACRA2 (Cloudinary, 2022), by `fast-ssim2`. It gives the
//! same score on every processor.

use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Error, Ssimulacra2Reference};

use crate::color::{self, Profile};
use crate::image::{Channels, Depth, Image, Raster, Samples, Transfer};

/// Bytes of memory that a comparison takes for each pixel, at the most: two pyramids of floats, and what is between them.
pub(super) const BYTES_OF_A_PIXEL: u64 = 140;

/// A picture that others are compared with.
pub(super) struct Original(Ssimulacra2Reference);

impl Original {
    pub(super) fn new(image: &Image) -> Result<Self, Ssimulacra2Error> {
        let seen = seen(image);
        Ssimulacra2Reference::new(&slice(&seen)).map(Self)
    }

    /// 100 for the same picture; 90 is what nobody can tell apart side by side, 70 is high quality, 50 medium. A picture with
    /// alpha is looked at before a dark and a light background, and the worse counts.
    pub(super) fn score(&self, made: &Image) -> Result<f64, Ssimulacra2Error> {
        let seen = seen(made);
        self.0.compare(&slice(&seen))
    }
}

/// The picture as eyes have it: 8 bits of sRGB.
fn seen(image: &Image) -> Raster {
    let metadata = &image.metadata;
    let raster = image.raster.clone();
    let raster = raster.to_transfer(metadata.transfer, Transfer::Srgb);
    let profile = metadata
        .icc
        .as_deref()
        .and_then(|icc| Profile::parse(icc).ok());
    let profile = profile.filter(|profile| !profile.is_srgb());
    let converted = profile.and_then(|own| color::convert(&raster, &own, &Profile::srgb()).ok());
    let raster = converted.unwrap_or(raster).to_depth(Depth::U8);
    let alpha = raster.channels().has_alpha();
    raster.to_channels(Channels::Rgb.with_alpha(alpha))
}

fn slice(raster: &Raster) -> PixelSlice<'_> {
    let (Samples::U8(samples), size) = (raster.samples(), raster.size()) else {
        unreachable!("they are brought to 8 bits");
    };
    let descriptor = if raster.channels().has_alpha() {
        PixelDescriptor::RGBA8_SRGB
    } else {
        PixelDescriptor::RGB8_SRGB
    };
    let (width, height) = (size.width, size.height);
    match PixelSlice::new(samples, width, height, raster.row_len(), descriptor) {
        Ok(slice) => slice,
        Err(_) => unreachable!("a raster has a sample for each of its pixels"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Metadata, Size};

    /// Slopes, with specks on them.
    fn picture(channels: Channels, noise: u32) -> Image {
        let count = u32::try_from(64 * 48 * channels.count()).unwrap();
        let samples = (0..count).map(|at| {
            let speck = at.wrapping_mul(2_654_435_761) >> 24;
            let off = speck.checked_rem(noise).unwrap_or(0);
            u8::try_from(at / 9 % 128 + off).unwrap()
        });
        let size = Size::new(64, 48);
        Image::new(Raster::new(size, channels, samples.collect::<Vec<u8>>()).unwrap())
    }

    #[test]
    fn the_more_is_lost_the_less_it_looks_alike() {
        for channels in Channels::ALL {
            let original = Original::new(&picture(channels, 0)).unwrap();
            let score = |noise| original.score(&picture(channels, noise)).unwrap();
            assert!((score(0) - 100.0).abs() < 1e-9, "{channels:?}");
            assert!(score(0) > score(9) && score(9) > score(80), "{channels:?}");
        }
    }

    #[test]
    fn colors_are_compared_as_they_look() {
        let plain = picture(Channels::Rgb, 5);
        let (srgb, p3) = (Profile::srgb(), Profile::display_p3());
        let wide = Image {
            raster: color::convert(&plain.raster, &srgb, &p3).unwrap(),
            metadata: Metadata {
                icc: p3.icc(),
                ..Metadata::default()
            },
        };
        let original = Original::new(&plain).unwrap();
        let tagged = original.score(&wide).unwrap();
        let mistaken = original.score(&Image::new(wide.raster)).unwrap();
        assert!(tagged > 90.0 && tagged > mistaken, "{tagged} {mistaken}");
    }
}
