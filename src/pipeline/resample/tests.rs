#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "small numbers of a test"
)]

use std::f64::consts::PI;

use super::*;
use crate::image::{Channels, Depth};
use crate::simd::at_both_levels;

const KERNELS: [Kernel; 6] = [
    Kernel::Lanczos3,
    Kernel::CatmullRom,
    Kernel::Mitchell,
    Kernel::Gaussian,
    Kernel::Triangle,
    Kernel::Box,
];

/// Noise between a quarter and three quarters of the range, so that overshoot is not cut off half way.
fn noise(size: Size, channels: Channels, depth: Depth) -> Raster {
    let count = size.pixels() as usize * channels.count();
    let samples: Vec<u8> = (0..count)
        .map(|at| 64 + ((at * 2_654_435_761) >> 9 & 127) as u8)
        .collect();
    Raster::new(size, channels, samples)
        .unwrap()
        .to_depth(depth)
}

fn values(raster: &Raster) -> Vec<f64> {
    let Samples::F32(values) = raster.clone().to_depth(Depth::F32).into_samples() else {
        panic!("they were made floats");
    };
    values.into_iter().map(f64::from).collect()
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// The two-parameter cubics of Mitchell and Netravali (SIGGRAPH 1988).
fn cubic(x: f64, b: f64, c: f64) -> f64 {
    if x < 1.0 {
        ((12.0 - 9.0 * b - 6.0 * c) * x.powi(3) + (-18.0 + 12.0 * b + 6.0 * c) * x * x + 6.0
            - 2.0 * b)
            / 6.0
    } else if x < 2.0 {
        ((-b - 6.0 * c) * x.powi(3)
            + (6.0 * b + 30.0 * c) * x * x
            + (-12.0 * b - 48.0 * c) * x
            + 8.0 * b
            + 24.0 * c)
            / 6.0
    } else {
        0.0
    }
}

fn weight(kernel: Kernel, x: f64) -> f64 {
    let distance = x.abs();
    match kernel {
        Kernel::Lanczos3 if distance < 3.0 => sinc(distance) * sinc(distance / 3.0),
        Kernel::CatmullRom => cubic(distance, 0.0, 0.5),
        Kernel::Mitchell => cubic(distance, 1.0 / 3.0, 1.0 / 3.0),
        Kernel::Gaussian if distance < 3.0 => (-2.0 * distance * distance).exp(),
        Kernel::Triangle => (1.0 - distance).max(0.0),
        Kernel::Box => f64::from(x > -0.5 && x <= 0.5),
        Kernel::Lanczos3 | Kernel::Gaussian | Kernel::Nearest => 0.0,
    }
}

/// The definition, along one axis of a line of pixels. An axis that keeps its pixels is not filtered.
fn reference(line: &[f64], stretch: Stretch, target: u32, kernel: Kernel) -> Vec<f64> {
    if stretch.is_copied_to(target) {
        return line[whole_pixels(stretch)].to_vec();
    }
    let step = stretch.length / f64::from(target);
    let wide = step.max(1.0);
    (0..target)
        .map(|at| {
            let center = stretch.start + (f64::from(at) + 0.5) * step;
            let (mut sum, mut weights) = (0.0, 0.0);
            for (x, value) in line.iter().enumerate() {
                let weight = weight(kernel, (x as f64 + 0.5 - center) / wide);
                sum += weight * value;
                weights += weight;
            }
            sum / weights
        })
        .collect()
}

fn reference_raster(
    raster: &Raster,
    across: Stretch,
    down: Stretch,
    size: Size,
    kernel: Kernel,
) -> Vec<f64> {
    let count = raster.channels().count();
    let (width, height) = (raster.width(), raster.height());
    let source = values(raster);
    let mut out = vec![0.0; size.pixels() as usize * count];
    for channel in 0..count {
        let rows: Vec<Vec<f64>> = (0..height)
            .map(|y| {
                let line: Vec<f64> = (0..width)
                    .map(|x| source[(y * width + x) * count + channel])
                    .collect();
                reference(&line, across, size.width, kernel)
            })
            .collect();
        for x in 0..size.width as usize {
            let column: Vec<f64> = rows.iter().map(|row| row[x]).collect();
            let column = reference(&column, down, size.height, kernel);
            for (y, value) in column.iter().enumerate() {
                out[(y * size.width as usize + x) * count + channel] = *value;
            }
        }
    }
    out
}

#[test]
fn it_is_the_convolution_it_says() {
    let source = Size::new(37, 41);
    let part = |start, length| Stretch { start, length };
    let (width, height) = (Stretch::whole(37), Stretch::whole(41));
    let cases = [
        (width, height, Size::new(11, 17)),
        (width, height, Size::new(80, 23)),
        (width, height, Size::new(37, 7)),
        (width, height, Size::new(9, 41)),
        (part(3.0, 20.0), part(2.0, 30.0), Size::new(20, 7)),
        (part(3.0, 20.0), part(2.0, 30.0), Size::new(9, 30)),
        (part(5.25, 21.5), part(20.5, 20.0), Size::new(10, 10)),
        (part(30.7, 6.3), part(0.0, 3.3), Size::new(21, 11)),
    ];
    for depth in Depth::ALL {
        for channels in [Channels::Gray, Channels::Rgb] {
            let raster = noise(source, channels, depth);
            for kernel in KERNELS {
                for (across, down, size) in cases {
                    let wanted = reference_raster(&raster, across, down, size, kernel);
                    let result = resample(&raster, across, down, size, kernel).unwrap();
                    for (result, wanted) in values(&result).iter().zip(&wanted) {
                        let levels = (result - wanted).abs() * 255.0;
                        let most = if depth == Depth::U8 { 1.5 } else { 0.01 };
                        assert!(levels < most, "{depth:?} {kernel} {size}: {levels}");
                    }
                }
            }
        }
    }
}

#[test]
fn bands_make_what_the_library_makes_alone() {
    let raster = noise(Size::new(301, 203), Channels::Rgb, Depth::U8);
    let Samples::U8(samples) = raster.samples() else {
        panic!("the depth was asked for");
    };
    let size = Size::new(150, 97);
    let (across, down) = (
        Stretch {
            start: 20.25,
            length: 260.5,
        },
        Stretch::whole(203),
    );
    let options = ResizeOptions::new().crop(20.25, 0.0, 260.5, 203.0);
    let mut wanted = vec![0; 150 * 97 * 3];
    Resizer::new()
        .resize_typed(
            &view::<u8, pixels::U8x3>(samples, 301, 3).unwrap(),
            &mut view_mut::<u8, pixels::U8x3>(&mut wanted, 150, 3).unwrap(),
            &options,
        )
        .unwrap();
    for threads in [1, 2, 3, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let result = pool.install(|| resample(&raster, across, down, size, Kernel::Lanczos3));
        assert!(result.unwrap().into_samples() == Samples::U8(wanted.clone()));
    }
}

#[test]
fn nearest_takes_samples_and_makes_none() {
    let line = Raster::new(Size::new(4, 1), Channels::Gray, vec![10_u8, 20, 30, 40]).unwrap();
    let take = |start, length, target: u32| {
        let across = Stretch { start, length };
        let size = Size::new(target, 1);
        resample(&line, across, Stretch::whole(1), size, Kernel::Nearest)
            .unwrap()
            .into_samples()
    };
    assert_eq!(take(0.0, 4.0, 2), Samples::U8(vec![20, 40]));
    assert_eq!(take(1.0, 2.0, 4), Samples::U8(vec![20, 20, 30, 30]));
    assert_eq!(take(0.0, 4.0, 1), Samples::U8(vec![30]));
}

#[test]
fn what_cannot_be_seen_does_not_bleed() {
    for depth in Depth::ALL {
        let (wild, most) = match depth {
            Depth::U8 => (1.0_f32, 0.6),
            Depth::U16 => (1.0, 0.01),
            Depth::F32 => (1000.0, 0.01),
        };
        let mut samples = [wild, 0.0].repeat(21 * 21);
        for pixel in [200, 219, 220, 221, 241] {
            samples[2 * pixel] = 0.5;
            samples[2 * pixel + 1] = 1.0;
        }
        let raster = Raster::new(Size::new(21, 21), Channels::GrayAlpha, samples)
            .unwrap()
            .to_depth(depth);
        for kernel in KERNELS {
            for side in [10, 50] {
                let whole = Stretch::whole(21);
                let size = Size::new(side, side);
                let result = resample(&raster, whole, whole, size, kernel).unwrap();
                for pixel in values(&result).chunks_exact(2) {
                    let levels = (pixel[0] - 0.5).abs() * pixel[1] * 255.0;
                    assert!(levels < most, "{depth:?} {kernel}: {pixel:?}");
                }
            }
        }
    }
}

fn run(resampler: &Resampler, plane: &crate::image::Plane) -> Vec<u8> {
    let mut rows = Rows::new(resampler.clone().into());
    plane.lines().for_each(|line| rows.push(line));
    rows.finish()
}

/// A plane that is taken row by row becomes what the library makes of the same samples.
#[test]
fn planes_are_resampled_as_pictures_are() {
    let raster = noise(Size::new(97, 61), Channels::Gray, Depth::U8);
    let Samples::U8(samples) = raster.samples().clone() else {
        panic!("they were made so");
    };
    let plane = crate::image::Plane {
        samples,
        stride: 97,
        extent: (97.0, 61.0),
    };
    let whole = |length: f64, target| Axis::all(0.0, length, target);
    for kernel in [
        Kernel::Lanczos3,
        Kernel::CatmullRom,
        Kernel::Mitchell,
        Kernel::Gaussian,
        Kernel::Triangle,
    ] {
        for (width, height) in [
            (97, 61),
            (40, 25),
            (96, 61),
            (97, 30),
            (1, 1),
            (200, 150),
            (31, 61),
        ] {
            let size = Size::new(width, height);
            let expected = resample(
                &raster,
                Stretch::whole(97),
                Stretch::whole(61),
                size,
                kernel,
            );
            let Samples::U8(expected) = expected.unwrap().into_samples() else {
                panic!("the depth has changed");
            };
            let (across, down) = (whole(97.0, width as usize), whole(61.0, height as usize));
            let made = run(&Resampler::new((97, 61), across, down, kernel), &plane);
            assert_eq!(made.len(), expected.len());
            let most = made
                .iter()
                .zip(&expected)
                .map(|(a, b)| a.abs_diff(*b))
                .max();
            assert!(most <= Some(1), "{kernel} to {size}: {most:?}");
        }
    }
}

/// What lies beyond an edge has no say, and what is beyond it altogether is as the edge is.
#[test]
fn windows_may_reach_over_an_edge() {
    let plane = crate::image::Plane {
        samples: vec![10, 20, 30, 40],
        stride: 4,
        extent: (4.0, 1.0),
    };
    let row = Axis::all(0.0, 1.0, 1);
    let beyond = |start, length, target| {
        let across = Axis::all(start, length, target);
        run(
            &Resampler::new((4, 1), across, row, Kernel::Triangle),
            &plane,
        )
    };
    assert_eq!(beyond(-0.5, 5.0, 5), [10, 15, 25, 35, 40]);
    assert_eq!(beyond(1.0, 2.0, 2), [20, 30]);
    assert_eq!(beyond(9.0, 1.0, 1), [40]);
}

/// Whatever instructions a processor has, the samples are the same.
#[test]
fn every_level_makes_the_same_plane() {
    let Samples::U8(samples) = noise(Size::new(97, 61), Channels::Gray, Depth::U8).into_samples()
    else {
        panic!("they were made so");
    };
    let plane = crate::image::Plane {
        samples,
        stride: 97,
        extent: (97.0, 61.0),
    };
    let axis = |length, target| Axis::all(0.25, length, target);
    let resampler = Resampler::new((97, 61), axis(96.0, 41), axis(60.0, 77), Kernel::Lanczos3);
    let made = at_both_levels(|| run(&resampler, &plane));
    assert_eq!(made[0], made[1]);
}
