//! The colour of the light that a picture was taken in, by what it shows.
//!
//! Gray edges of the second order (J. van de Weijer, T. Gevers and A. Gijsenij, "Edge-based color constancy", 2007): where surfaces
//! meet, the differences between neighbours are gray in the mean, however much there is of a colour, and in a mean of a high
//! power the strongest of them, mostly glints and edges of what is bright, have the colour of the light. It is looked at in a small
//! copy, as far as its pixels are seen and neither as dark nor as bright as samples get. Sums are of whole numbers, so that a
//! mirrored picture has the very same light.

use super::ops::OpError;
use super::resample;
use crate::image::{Channels, Depth, Image, Raster, Samples, Size, Transfer, srgb_to_linear};

/// The longest side in pixels of the copy that is looked at.
const LOOK: u32 = 512;

/// The power that differences are raised to before their mean is taken.
const POWER: u32 = 6;

/// Encoded values of samples that tell something: what is darker is noise, what is brighter may be cut off.
const TRUSTED: (f32, f32) = (0.02, 0.99);

/// What the strongest difference counts as: what is less than a part of that changes no mean.
const STEPS: f32 = 65535.0;

/// Bytes of memory that looking takes at the most, beside what resampling needs for itself.
pub(super) const SCRATCH: u64 = LOOK as u64 * LOOK as u64 * 4 * (2 * 4 + 4);

/// Red, green and blue of the light, the greatest of them being 1. `None` where nothing tells: a picture without edges, or one
/// that is gray.
///
/// # Errors
/// Memory for a small copy of the picture is lacking.
pub(super) fn of(image: &Image) -> Result<Option<[f64; 3]>, OpError> {
    if image.raster.channels().is_gray() {
        return Ok(None);
    }
    // Floats are never cut off.
    let most = match image.raster.samples() {
        Samples::F32(_) => f32::INFINITY,
        Samples::U8(_) | Samples::U16(_) => srgb_to_linear(TRUSTED.1),
    };
    let small = resample::small_copy(&image.raster, LOOK)?
        .to_channels(Channels::Rgba)
        .to_depth(Depth::F32)
        .to_transfer(image.metadata.transfer, Transfer::Linear);
    let differences = differences(&small, most);
    Ok(mean(&differences))
}

/// How far each pixel that tells something is from the mean of its neighbours, times four; in linear light.
fn differences(small: &Raster, most: f32) -> Vec<[f32; 3]> {
    let Samples::F32(samples) = small.samples() else {
        return Vec::new();
    };
    let (pixels, _) = samples.as_chunks::<4>();
    let Size { width, height } = small.size();
    let (width, height) = (width as usize, height as usize);
    let least = srgb_to_linear(TRUSTED.0);
    let tells = |pixel: &[f32; 4]| {
        let [colors @ .., alpha] = pixel;
        *alpha > 0.0 && colors.iter().all(|value| *value > least && *value < most)
    };
    let mut differences = Vec::with_capacity(pixels.len());
    for (at, own) in pixels.iter().enumerate() {
        let (x, y) = (at % width, at / width);
        let left = if x > 0 { at - 1 } else { at };
        let right = if x + 1 < width { at + 1 } else { at };
        let above = if y > 0 { at - width } else { at };
        let below = if y + 1 < height { at + width } else { at };
        let around = [left, right, above, below].map(|at| &pixels[at]);
        if !tells(own) || !around.iter().all(|pixel| tells(pixel)) {
            continue;
        }
        let [left, right, above, below] = around;
        differences.push([0, 1, 2].map(|color| {
            let sum = (left[color] + right[color]) + (above[color] + below[color]);
            (sum - 4.0 * own[color]).abs()
        }));
    }
    differences
}

/// The mean of a high power, as a colour.
fn mean(differences: &[[f32; 3]]) -> Option<[f64; 3]> {
    let most = differences.iter().flatten().copied().fold(0.0, f32::max);
    if !(most > 0.0 && most.is_finite()) {
        return None;
    }
    let mut sums = [0_u128; 3];
    for difference in differences {
        for (sum, value) in sums.iter_mut().zip(difference) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is no more than all steps"
            )]
            let steps = (value / most * STEPS) as u128;
            *sum += steps.pow(POWER);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a mean, no count")]
    let roots = sums.map(|sum| (sum as f64).powf(f64::from(POWER).recip()));
    let most = roots.iter().copied().fold(0.0, f64::max);
    roots
        .iter()
        .all(|root| *root > 0.0)
        .then(|| roots.map(|root| root / most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::linear_to_srgb;

    /// Gray noise on a slope of a strong colour, in a light.
    fn lit(light: [f32; 3], size: Size) -> Raster {
        let mut state = 7_u32;
        let pixels = (0..size.pixels()).flat_map(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            #[expect(clippy::cast_precision_loss, reason = "a small picture")]
            let (noise, slope) = (
                (state >> 24) as f32 / 255.0,
                at as f32 / size.pixels() as f32,
            );
            let color = [0.2 + 0.4 * slope, 0.2, 0.1];
            let lit = [0, 1, 2].map(|at| light[at] * (color[at] + 0.3 * noise));
            lit.map(linear_to_srgb)
        });
        Raster::new(size, Channels::Rgb, pixels.collect::<Vec<f32>>()).unwrap()
    }

    #[test]
    fn edges_have_the_colour_of_the_light_whatever_the_surface() {
        for light in [[1.0, 1.0, 1.0], [1.0, 0.7, 0.3], [0.5, 0.9, 1.0_f32]] {
            for depth in Depth::ALL {
                let raster = lit(light, Size::new(60, 50)).to_depth(depth);
                let found = of(&Image::new(raster)).unwrap().unwrap();
                for (found, light) in found.iter().zip(light) {
                    assert!((found - f64::from(light)).abs() < 0.03, "{found} {light}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_seen_or_cut_off_does_not_tell() {
        let size = Size::new(60, 50);
        let mut raster = lit([1.0; 3], size).to_channels(Channels::Rgba);
        let Samples::F32(samples) = raster.samples_mut() else {
            panic!("it was made of floats");
        };
        for (at, pixel) in samples.chunks_exact_mut(4).enumerate() {
            match at % 60 {
                0..10 => pixel.copy_from_slice(&[0.9 * f32::from(at % 2 == 0), 0.1, 0.1, 0.0]),
                10..20 => pixel[..3].copy_from_slice(&[1.0, f32::from(at % 2 == 0), 0.9]),
                _ => {}
            }
        }
        let found = of(&Image::new(raster.to_depth(Depth::U16))).unwrap();
        let found = found.unwrap();
        assert!(found.iter().all(|value| *value > 0.97), "{found:?}");
    }

    #[test]
    fn without_edges_there_is_nothing_to_tell_by() {
        let plain = [200_u8, 100, 50].repeat(300);
        let raster = Raster::new(Size::new(30, 10), Channels::Rgb, plain).unwrap();
        assert_eq!(of(&Image::new(raster)).unwrap(), None);
        let gray = Raster::new(Size::new(3, 1), Channels::Gray, vec![1_u8, 90, 30]).unwrap();
        assert_eq!(of(&Image::new(gray)).unwrap(), None);
    }
}
