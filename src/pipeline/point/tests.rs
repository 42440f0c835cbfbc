use super::*;
use crate::image::{Channels, Depth, Metadata, Raster, Samples, Size};

/// Every 8-bit value in each channel, in different orders.
fn image(channels: Channels, depth: Depth) -> Image {
    let count = channels.count();
    let samples: Vec<u8> = (0..4000 * count)
        .map(|at| u8::try_from(at * (at % count + 7) % 256).unwrap())
        .collect();
    let raster = Raster::new(Size::new(80, 50), channels, samples).unwrap();
    Image::new(raster.to_depth(depth))
}

fn values(image: Image) -> Vec<f32> {
    match image.raster.to_depth(Depth::F32).into_samples() {
        Samples::F32(values) => values,
        Samples::U8(_) | Samples::U16(_) => unreachable!("they were made floats"),
    }
}

fn gamma() -> Point {
    Point::encoded(vec![Stage::curve(|value| value.abs().powf(0.7))])
}

fn swap() -> Point {
    Point::encoded(vec![Stage::mix(|[red, green, blue]| {
        [blue, red * 0.5 + green * 0.4, green]
    })])
}

fn stop() -> Point {
    Point::linear(vec![Stage::curve(|value| value * 0.5)])
}

#[test]
fn one_pass_does_what_several_do() {
    for channels in [Channels::Rgb, Channels::Rgba] {
        for depth in [Depth::U8, Depth::U16, Depth::F32] {
            for transfer in [Transfer::Srgb, Transfer::Linear] {
                let metadata = Metadata {
                    transfer,
                    ..Metadata::default()
                };
                let image = Image {
                    metadata,
                    ..image(channels, depth)
                };
                let points = [gamma(), swap(), stop(), swap(), gamma(), stop()];
                let fused = apply(&points, image.clone());
                let mut exact = image;
                exact.raster = exact.raster.to_depth(Depth::F32);
                let wanted = points.iter().fold(exact, |image, point| {
                    apply(std::slice::from_ref(point), image)
                });
                let most = match depth {
                    Depth::U8 => 0.501 / 255.0,
                    Depth::U16 | Depth::F32 => 4e-5,
                };
                for (made, wanted) in values(fused).into_iter().zip(values(wanted)) {
                    assert!(
                        (made - wanted).abs() <= most,
                        "{depth:?}: {made} for {wanted}"
                    );
                }
            }
        }
    }
}

#[test]
fn integers_end_at_white_between_operations_and_floats_do_not() {
    let double = || Point::encoded(vec![Stage::curve(|value| value * 2.0)]);
    let half = || Point::encoded(vec![Stage::mix(|pixel| pixel.map(|value| value * 0.5))]);
    for (depth, white) in [(Depth::U8, 0.5_f32), (Depth::U16, 0.5), (Depth::F32, 1.0)] {
        let raster = Raster::new(Size::new(1, 1), Channels::Rgb, vec![255_u8; 3]).unwrap();
        let image = Image::new(raster.to_depth(depth));
        for points in [[double(), half()], [double(), half()]] {
            let made = values(apply(&points, image.clone()))[0];
            assert!((made - white).abs() < 0.003, "{depth:?}: {made}");
        }
    }
}

#[test]
fn steps_stay_steps_behind_a_mix() {
    let threshold = Point::encoded(vec![Stage::steps(|value| f32::from(value >= 0.37))]);
    for depth in [Depth::U8, Depth::U16, Depth::F32] {
        let points = [swap(), threshold.clone()];
        let made = values(apply(&points, image(Channels::Rgb, depth)));
        assert!(
            made.iter().all(|value| [0.0, 1.0].contains(value)),
            "{depth:?}"
        );
    }
}

#[test]
fn nothing_changes_nothing_and_alpha_stays() {
    for channels in Channels::ALL {
        for depth in [Depth::U8, Depth::U16, Depth::F32] {
            let before = image(channels, depth);
            let same = apply(&[Point::nothing(), Point::nothing()], before.clone());
            assert!(same == before);
            if !channels.has_alpha() {
                continue;
            }
            let black = Point::encoded(vec![Stage::mix(|_| [0.0; 3])]);
            let made = values(apply(&[black], before.clone()));
            let pixels = made.chunks(channels.count());
            for (made, before) in pixels.zip(values(before).chunks(channels.count())) {
                assert_eq!(
                    made[channels.colors()].to_bits(),
                    before[channels.colors()].to_bits()
                );
                assert!(made[..channels.colors()].iter().all(|value| *value == 0.0));
            }
        }
    }
}

/// What points make of samples of this depth is at most so many levels of 255 from what they make of floats, within the scale.
fn assert_close(points: &[Point], image: Image, levels: f32) {
    let mut exact = image.clone();
    exact.raster = exact.raster.to_depth(Depth::F32);
    let wanted = values(apply(points, exact));
    for (made, wanted) in values(apply(points, image)).into_iter().zip(wanted) {
        let off = (made - wanted.clamp(0.0, 1.0)).abs() * 255.0;
        assert!(off <= levels, "{made} for {wanted}");
    }
}

#[test]
fn sums_of_bytes_are_rounded_once_and_gray_stays_gray() {
    let matrices: [Rows; 4] = [
        [
            [0.4, 0.3, 0.3, 0.0],
            [0.1, 0.8, 0.1, 0.0],
            [0.0, 0.0, 1.0, 0.0],
        ],
        [
            [1.9, -0.5, -0.4, 0.1],
            [-0.7, 1.2, 0.0, -0.2],
            [0.0, 0.01, 0.02, 0.9],
        ],
        // Too much for sums of 16 bits.
        [
            [3.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0],
        ],
        [[1.5, 1.5, 1.5, 0.0]; 3],
    ];
    for channels in [Channels::Rgb, Channels::Rgba] {
        for rows in matrices {
            let points = [Point::encoded(vec![Stage::weighed(rows)])];
            assert_close(&points, image(channels, Depth::U8), 0.6);
        }
    }
    let gray: Vec<u8> = (0..=255).flat_map(|value| [value; 3]).collect();
    let gray = Raster::new(Size::new(256, 1), Channels::Rgb, gray).unwrap();
    let third = 1.0 / 3.0;
    for rows in [
        [[0.213, 0.715, 0.072]; 3],
        [[third; 3], [1.3, -0.2, -0.1], [0.9, 0.07, 0.03]],
    ] {
        let points = [Point::encoded(vec![Stage::weighed_of_colors(rows)])];
        let made = apply(&points, Image::new(gray.clone())).raster;
        assert!(made == gray, "{rows:?}");
    }
}

#[test]
fn steps_are_where_they_are() {
    let stairs: [fn(f32) -> f32; 5] = [
        |_| 0.4,
        |value| if value < 0.3 { 0.2 } else { 0.7 },
        |value| if value < 1.0 { 1.0 } else { 0.0 },
        |value| if value > 0.0 { 1.0 } else { 0.0 },
        |value| {
            if (0.3..=0.6).contains(&value) {
                0.7
            } else {
                0.2
            }
        },
    ];
    for map in stairs {
        for depth in [Depth::U8, Depth::U16] {
            let points = [Point::encoded(vec![Stage::steps(map)])];
            assert_close(&points, image(Channels::Gray, depth), 0.501);
        }
    }
}

#[test]
fn gray_of_integers_is_looked_up() {
    for channels in [Channels::Gray, Channels::GrayAlpha] {
        for depth in [Depth::U8, Depth::U16] {
            let points = [gamma(), swap(), stop()];
            let levels = if depth == Depth::U8 { 0.501 } else { 0.02 };
            assert_close(&points, image(channels, depth), levels);
        }
    }
    // More samples than there are values.
    let slope: Vec<u16> = (0..40_000).flat_map(|value| [value; 2]).collect();
    let slope = Raster::new(Size::new(400, 200), Channels::Gray, slope).unwrap();
    assert_close(&[gamma(), swap(), stop()], Image::new(slope), 0.02);
}
