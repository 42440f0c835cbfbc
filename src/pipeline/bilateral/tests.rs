#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "numbers of small pictures"
)]

use super::*;
use crate::image::{Depth, Raster, Size};
use crate::simd;

/// Edges, slopes and noise, the same each time.
fn picture(size: Size, channels: Channels) -> Raster {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut samples = Vec::new();
    for at in 0..size.pixels() {
        let (x, y) = (at % u64::from(size.width), at / u64::from(size.width));
        for channel in 0..channels.count() as u64 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let edge = if (x / 17 + y / 13 + channel).is_multiple_of(2) {
                60
            } else {
                150
            };
            samples.push(u8::try_from(edge + x % 17 + y % 13 + (state >> 59)).unwrap());
        }
    }
    Raster::new(size, channels, samples).unwrap()
}

/// The two Gaussians as they are written down.
fn by_definition(raster: &Raster, space: f32, range: f32) -> Vec<f32> {
    let Samples::F32(values) = raster.clone().to_depth(Depth::F32).into_samples() else {
        unreachable!("they were made floats")
    };
    let (count, colors) = (raster.channels().count(), raster.channels().colors());
    let light = |at: usize| {
        let pixel = &values[at * count..][..count];
        if colors == 3 {
            luma([pixel[0], pixel[1], pixel[2]])
        } else {
            pixel[0]
        }
    };
    let mut out = values.clone();
    let (width, height) = (raster.width() as isize, raster.height() as isize);
    let reach = (4.0 * space) as isize;
    for y in 0..height {
        for x in 0..width {
            let here = (y * width + x) as usize;
            let mut sums = [0.0; 4];
            for v in (y - reach).max(0)..(y + reach + 1).min(height) {
                for u in (x - reach).max(0)..(x + reach + 1).min(width) {
                    let there = (v * width + u) as usize;
                    let apart = ((u - x).pow(2) + (v - y).pow(2)) as f32 / (2.0 * space * space);
                    let unlike = (light(here) - light(there)).powi(2) / (2.0 * range * range);
                    let pixel = &values[there * count..][..count];
                    let seen = if count > colors { pixel[colors] } else { 1.0 };
                    let weight = seen * (-apart - unlike).exp();
                    for (sum, value) in sums.iter_mut().zip(&pixel[..colors]) {
                        *sum += weight * value;
                    }
                    sums[3] += weight;
                }
            }
            for (out, sum) in out[here * count..][..colors].iter_mut().zip(sums) {
                *out = sum / sums[3];
            }
        }
    }
    out
}

#[test]
fn levels_of_gray_are_looked_up_as_others_are_computed() {
    for size in [Size::new(1, 1), Size::new(3, 90), Size::new(300, 70)] {
        for (space, range) in [(0.7, 1.0), (3.0, 0.1), (9.0, 0.01)] {
            for transfer in [Transfer::Srgb, Transfer::Linear] {
                let mut gray = Image::new(picture(size, Channels::Gray));
                gray.metadata.transfer = transfer;
                let opaque = Image {
                    raster: gray.raster.clone().to_channels(Channels::GrayAlpha),
                    ..gray.clone()
                };
                let found = filter(gray, space, range).raster.into_samples();
                let wanted = filter(opaque, space, range).raster.into_samples();
                let (Samples::U8(found), Samples::U8(wanted)) = (found, wanted) else {
                    panic!("the depth has changed");
                };
                let wanted = wanted.iter().step_by(2);
                let off = found.iter().zip(wanted).map(|(a, b)| a.abs_diff(*b));
                let (most, sum) = off.fold((0, 0), |(most, sum), off| {
                    (off.max(most), sum + u64::from(off))
                });
                assert!(most <= 1, "{size} {space} {range}: {most}");
                assert!(sum <= size.pixels() / 100, "{size} {space} {range}: {sum}");
            }
        }
    }
}

#[test]
fn it_is_nearly_what_the_definition_says() {
    for channels in Channels::ALL {
        for (space, range) in [(1.0, 0.2), (3.0, 0.1), (6.0, 0.05)] {
            let raster = picture(Size::new(50, 40), channels);
            let wanted = by_definition(&raster, space, range);
            let found = filter(Image::new(raster), space.into(), range.into()).raster;
            let Samples::F32(found) = found.to_depth(Depth::F32).into_samples() else {
                unreachable!("they were made floats")
            };
            let off = |(found, wanted): (&f32, &f32)| (found - wanted).powi(2);
            let sum: f32 = found.iter().zip(&wanted).map(off).sum();
            let mean = (sum / found.len() as f32).sqrt() * 255.0;
            assert!(mean < 2.6, "{channels:?} {space} {range}: {mean}");
        }
    }
}

#[test]
fn tiles_fit_together() {
    let size = Size::new(700, 300);
    let flat = Raster::new(size, Channels::Gray, vec![100_u8; 210_000]).unwrap();
    for space in [1.0, 2.0, 9.0] {
        let found = filter(Image::new(flat.clone()), space, 0.1).raster;
        assert!(found == flat, "{space}");
    }
    // A slope stays one: away from its ends nothing changes, wherever tiles meet.
    let slope: Vec<u16> = (0..210_000).map(|at| (at % 700 * 90) as u16).collect();
    let slope = Raster::new(size, Channels::Gray, slope).unwrap();
    let found = filter(Image::new(slope.clone()), 3.0, 0.1).raster;
    let (Samples::U16(before), Samples::U16(after)) = (slope.samples(), found.samples()) else {
        panic!("the depth has changed");
    };
    for (at, (before, after)) in before.iter().zip(after).enumerate() {
        let is_inside = (40..660).contains(&(at % 700));
        assert!(
            !is_inside || before.abs_diff(*after) < 60,
            "{at}: {before} {after}"
        );
    }
}

#[test]
fn what_cannot_be_seen_has_no_say() {
    let pixels = [[200_u8, 10, 10, 255], [0, 255, 0, 0]].concat().repeat(40);
    let raster = Raster::new(Size::new(10, 8), Channels::Rgba, pixels).unwrap();
    let found = filter(Image::new(raster), 2.0, 1.0).raster.into_samples();
    let Samples::U8(found) = found else {
        panic!("the depth has changed")
    };
    for pixel in found.chunks_exact(4) {
        assert_eq!(pixel[..3], [200, 10, 10], "{pixel:?}");
    }
}

#[test]
fn results_are_the_same_whatever_the_processor_has() {
    for channels in Channels::ALL {
        let image = Image::new(picture(Size::new(90, 30), channels));
        let [lowest, highest] = simd::at_both_levels(|| filter(image.clone(), 2.5, 0.1));
        assert!(lowest == highest, "{channels:?}");
    }
}
