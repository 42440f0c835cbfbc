#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers of a test"
)]

use super::*;
use crate::image::{Depth, Size};
use crate::pipeline::finish::Round;

/// The definition, along one axis, in double precision.
fn direct(line: &[f64], sigma: f64) -> Vec<f64> {
    let radius = (9.0 * sigma).ceil() as isize + 1;
    let weights: Vec<f64> = (-radius..=radius)
        .map(|at| (-0.5 * (at as f64 / sigma).powi(2)).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    let last = line.len().cast_signed() - 1;
    (0..=last)
        .map(|x| {
            let taps = (-radius..=radius).zip(&weights);
            let weighed = taps.map(|(at, weight)| weight * line[(x + at).clamp(0, last) as usize]);
            weighed.sum::<f64>() / sum
        })
        .collect()
}

fn blurred(size: Size, channels: Channels, samples: Vec<f32>, sigma: f64) -> Vec<f32> {
    let raster = Raster::new(size, channels, samples).unwrap();
    match filter(raster.clone(), sigma, &Round).into_samples() {
        Samples::F32(samples) => samples,
        Samples::U8(_) | Samples::U16(_) => unreachable!("the raster is of floats"),
    }
}

/// Patterns of 0 and 1 that are hardest on a blur: edges, lines, checks, noise.
fn patterns(length: usize) -> [Vec<f64>; 5] {
    let line = |rule: &dyn Fn(usize) -> bool| (0..length).map(|x| f64::from(rule(x))).collect();
    [
        line(&|x| x > length / 2),
        line(&|x| x == length / 3),
        line(&|x| x % 2 == 0),
        line(&|x| (x * 2_654_435_761) >> 5 & 1 == 1),
        line(&|x| x / 7 % 2 == 0 || x < 2),
    ]
}

const SIGMAS: [f64; 14] = [
    0.3, 0.5, 1.0, 1.7, 2.999, 3.0, 3.7, 4.9, 6.0, 8.0, 9.99, 23.0, 77.7, 200.0,
];

#[test]
fn it_is_the_gaussian_along_each_axis() {
    for sigma in SIGMAS {
        for length in [1, 2, 3, 8, 31, 200] {
            for (index, pattern) in patterns(length).into_iter().enumerate() {
                let wanted = direct(&pattern, sigma);
                let samples: Vec<f32> = pattern.iter().map(|value| *value as f32).collect();
                let length = u32::try_from(length).unwrap();
                for size in [Size::new(length, 1), Size::new(1, length)] {
                    let result = blurred(size, Channels::Gray, samples.clone(), sigma);
                    for (result, wanted) in result.iter().zip(&wanted) {
                        let levels = (f64::from(*result) - wanted).abs() * 255.0;
                        assert!(levels < 0.25, "{sigma} {size} {index}: {levels}");
                    }
                }
            }
        }
    }
}

#[test]
fn it_is_the_gaussian_in_two_dimensions() {
    let (width, height) = (61, 47);
    let picture: Vec<f64> = (0..width * height)
        .map(|at| f64::from((at * 2_654_435_761) >> 7 & 1 == 1 || at % width < 20))
        .collect();
    for sigma in [0.8, 3.0, 4.0, 8.0, 60.0] {
        let rows: Vec<Vec<f64>> = picture
            .chunks_exact(width)
            .map(|row| direct(row, sigma))
            .collect();
        let columns: Vec<Vec<f64>> = (0..width)
            .map(|x| direct(&rows.iter().map(|row| row[x]).collect::<Vec<_>>(), sigma))
            .collect();
        for channels in Channels::ALL {
            let count = channels.count();
            // Each channel holds the picture scaled differently; alpha is opaque, and stays so.
            let scaled = |channel: usize, value: f64| {
                let is_alpha = channels.has_alpha() && channel + 1 == count;
                if is_alpha {
                    1.0
                } else {
                    value * (1.0 - 0.25 * channel as f64)
                }
            };
            let samples = picture
                .iter()
                .flat_map(|value| (0..count).map(move |channel| scaled(channel, *value) as f32))
                .collect();
            let size = Size::new(width as u32, height as u32);
            let result = blurred(size, channels, samples, sigma);
            for (at, result) in result.iter().enumerate() {
                let (pixel, channel) = (at / count, at % count);
                let wanted = scaled(channel, columns[pixel % width][pixel / width]);
                let levels = (f64::from(*result) - wanted).abs() * 255.0;
                assert!(levels < 0.4, "{sigma} {channels:?} {at}: {levels}");
            }
        }
    }
}

#[test]
fn integers_are_within_a_level_of_the_gaussian() {
    for sigma in SIGMAS {
        let pattern = &patterns(200)[3];
        let wanted = direct(pattern, sigma);
        let samples: Vec<u8> = pattern.iter().map(|value| *value as u8 * 255).collect();
        let raster = Raster::new(Size::new(200, 1), Channels::Gray, samples).unwrap();
        let result = filter(raster.clone(), sigma, &Round);
        let Samples::U8(result) = result.samples() else {
            panic!("the depth has changed");
        };
        for (result, wanted) in result.iter().zip(&wanted) {
            assert!(
                (f64::from(*result) - wanted * 255.0).abs() < 0.75,
                "{sigma}"
            );
        }
    }
}

#[test]
fn what_is_constant_stays_so_to_the_bit() {
    for depth in Depth::ALL {
        for channels in Channels::ALL {
            let gray: Vec<u16> = vec![12345; 9 * 7 * channels.count()];
            let raster = Raster::new(Size::new(9, 7), channels, gray)
                .unwrap()
                .to_depth(depth);
            assert!(changes_nothing(&raster, 3.0));
            if depth != Depth::F32 {
                for sigma in SIGMAS {
                    assert!(
                        filter(raster.clone(), sigma, &Round) == raster,
                        "{channels:?} {sigma}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_seen_does_not_bleed() {
    // A gray of 0.5 in the middle of fully transparent pixels of wild colours.
    for (depth, wild) in [(Depth::U8, 1.0), (Depth::U16, 1.0), (Depth::F32, 1000.0)] {
        for sigma in [0.7, 3.0, 5.0, 40.0] {
            let mut samples = [wild, 0.0].repeat(21 * 21);
            for pixel in [200, 219, 220, 221, 241] {
                samples[2 * pixel] = 0.5;
                samples[2 * pixel + 1] = 1.0;
            }
            let raster = Raster::new(Size::new(21, 21), Channels::GrayAlpha, samples).unwrap();
            let result = filter(raster.to_depth(depth), sigma, &Round).to_depth(Depth::F32);
            let Samples::F32(result) = result.into_samples() else {
                panic!("it was made floats");
            };
            for pixel in result.chunks_exact(2).filter(|pixel| pixel[1] > 0.0) {
                assert!(
                    (pixel[0] - 0.5).abs() < 1.0 / 255.0,
                    "{depth:?} {sigma}: {pixel:?}"
                );
            }
        }
    }
}
