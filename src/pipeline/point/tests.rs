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
