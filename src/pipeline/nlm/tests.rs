#![expect(clippy::cast_precision_loss, reason = "numbers of small pictures")]

use super::*;
use crate::image::{Channels, Depth, Size};

const MEANS: Means = Means {
    patch: 1,
    search: 3,
    strength: 0.1,
};

/// Stripes, and noise on them, the same each time.
fn stripes(size: Size, channels: Channels, noise: u64) -> Raster {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut samples = Vec::new();
    for at in 0..size.pixels() * channels.count() as u64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let pixel = at / channels.count() as u64;
        let stripe = if (pixel % u64::from(size.width) / 6).is_multiple_of(2) {
            60
        } else {
            170
        };
        samples.push(u8::try_from(stripe + (state >> 40) % (noise + 1)).unwrap());
    }
    Raster::new(size, channels, samples).unwrap()
}

fn floats(raster: Raster) -> Vec<f32> {
    match raster.to_depth(Depth::F32).into_samples() {
        Samples::F32(values) => values,
        Samples::U8(_) | Samples::U16(_) => unreachable!("they were made floats"),
    }
}

/// Each pixel compared with each other, one after the other.
fn by_definition(raster: &Raster, means: Means) -> Vec<f32> {
    let (width, height) = (raster.width(), raster.height());
    let count = raster.channels().count();
    let values = floats(raster.clone());
    let margin = means.search + means.patch;
    let value = |x: usize, y: usize, channel: usize| {
        let x = x.saturating_sub(margin).min(width - 1);
        let y = y.saturating_sub(margin).min(height - 1);
        values[(y * width + x) * count + channel]
    };
    let side = 2 * means.patch + 1;
    let area = (side * side * count) as f32;
    let strength = narrow(means.strength);
    let mut out = Vec::new();
    for at in 0..width * height {
        let (x, y) = (at % width + margin, at / width + margin);
        let mut sums = vec![0.0; count];
        let mut total = 0.0;
        for v in y - means.search..=y + means.search {
            for u in x - means.search..=x + means.search {
                let mut off = 0.0;
                for tap in 0..side * side * count {
                    let (place, channel) = (tap / count, tap % count);
                    let (right, down) = (place % side, place / side);
                    let a = value(x + right - means.patch, y + down - means.patch, channel);
                    let b = value(u + right - means.patch, v + down - means.patch, channel);
                    off += (a - b).powi(2);
                }
                let unlike = off / (area * strength * strength);
                let weight = (1.0 - unlike / 16.0).max(0.0).powi(16);
                total += weight;
                for (channel, sum) in sums.iter_mut().enumerate() {
                    *sum += weight * value(u, v, channel);
                }
            }
        }
        out.extend(sums.into_iter().map(|sum| sum / total));
    }
    out
}

#[test]
fn pairs_and_sums_that_slide_make_what_the_definition_says() {
    for (size, means) in [
        (Size::new(31, 19), MEANS),
        (Size::new(1, 1), MEANS),
        (
            Size::new(2, 9),
            Means {
                patch: 2,
                search: 2,
                strength: 0.3,
            },
        ),
        (
            Size::new(210, 3),
            Means {
                patch: 0,
                search: 2,
                ..MEANS
            },
        ),
        (Size::new(5, 60), Means { search: 1, ..MEANS }),
    ] {
        for channels in [Channels::Gray, Channels::Rgb] {
            let raster = stripes(size, channels, 40).to_depth(Depth::F32);
            let wanted = by_definition(&raster, means);
            let found = floats(filter(&raster, means));
            for (found, wanted) in found.iter().zip(&wanted) {
                assert!((found - wanted).abs() < 2e-4, "{size} {found} {wanted}");
            }
        }
    }
}

#[test]
fn noise_goes_and_stripes_stay() {
    let clean = floats(stripes(Size::new(60, 50), Channels::Gray, 0));
    let noisy = stripes(Size::new(60, 50), Channels::Gray, 40);
    let spread = |values: Vec<f32>| {
        // Noise is from 0 to 40 and so has a mean of 20.
        let off = values
            .iter()
            .zip(&clean)
            .map(|(a, b)| (a - b - 20.0 / 255.0).powi(2));
        (off.sum::<f32>() / clean.len() as f32).sqrt()
    };
    let before = spread(floats(noisy.clone()));
    let after = spread(floats(filter(&noisy, Means { search: 7, ..MEANS })));
    assert!(after < before / 3.0, "{before} {after}");
}

#[test]
fn what_cannot_be_seen_has_no_say() {
    let pixels = [[200_u8, 10, 10, 255], [0, 255, 0, 0]].concat().repeat(40);
    let raster = Raster::new(Size::new(10, 8), Channels::Rgba, pixels.clone()).unwrap();
    let found = filter(
        &raster,
        Means {
            strength: 1.0,
            ..MEANS
        },
    )
    .into_samples();
    let Samples::U8(found) = found else {
        panic!("the depth has changed")
    };
    for (pixel, before) in found.chunks_exact(4).zip(pixels.chunks_exact(4)) {
        assert_eq!(pixel[..3], [200, 10, 10], "{pixel:?}");
        assert_eq!(pixel[3], before[3]);
    }
}

#[test]
fn results_are_the_same_whatever_the_processor_has() {
    for channels in Channels::ALL {
        let raster = stripes(Size::new(220, 20), channels, 40);
        let [lowest, highest] = simd::at_both_levels(|| filter(&raster, MEANS));
        assert!(lowest == highest, "{channels:?}");
    }
}
