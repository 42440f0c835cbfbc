use super::*;
use crate::image::{Channels, Depth, Size};
use crate::simd;

fn noise(size: Size, channels: Channels) -> Raster {
    let count = size.pixels() * channels.count() as u64;
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let samples = (0..count).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        u16::try_from(state >> 48).unwrap()
    });
    Raster::new(size, channels, samples.collect::<Vec<u16>>()).unwrap()
}

fn blurred(raster: &Raster, radius: usize) -> Raster {
    let mut made = raster.clone();
    blur(&mut made, radius);
    made
}

fn floats(raster: &Raster) -> Vec<f32> {
    match raster.clone().to_depth(Depth::F32).into_samples() {
        Samples::F32(values) => values,
        Samples::U8(_) | Samples::U16(_) => unreachable!("they were made floats"),
    }
}

#[test]
fn each_pixel_is_the_mean_of_its_window() {
    for (size, radius) in [
        (Size::new(23, 300), 2),
        (Size::new(9, 5), 7),
        (Size::new(1, 1), 3),
    ] {
        for channels in [Channels::Gray, Channels::Rgb] {
            for depth in Depth::ALL {
                let raster = noise(size, channels).to_depth(depth);
                let (values, found) = (floats(&raster), floats(&blurred(&raster, radius)));
                let (width, height, count) = (raster.width(), raster.height(), channels.count());
                let side = 2 * radius + 1;
                for (at, found) in found.iter().enumerate() {
                    let (pixel, channel) = (at / count, at % count);
                    let taps = (0..side * side).map(|tap| {
                        let x = (pixel % width + tap % side)
                            .saturating_sub(radius)
                            .min(width - 1);
                        let y = (pixel / width + tap / side)
                            .saturating_sub(radius)
                            .min(height - 1);
                        f64::from(values[(y * width + x) * count + channel])
                    });
                    #[expect(clippy::cast_precision_loss, reason = "windows are small")]
                    let mean = taps.sum::<f64>() / (side * side) as f64;
                    let off = (f64::from(*found) - mean).abs();
                    assert!(off < 0.51 / 255.0, "{size} {radius} {depth:?} {off}");
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_seen_does_not_bleed() {
    let pixels = [[200_u8, 10, 10, 255], [0, 255, 0, 0]].concat().repeat(40);
    let raster = Raster::new(Size::new(10, 8), Channels::Rgba, pixels).unwrap();
    let Samples::U8(found) = blurred(&raster, 2).into_samples() else {
        panic!("the depth has changed")
    };
    assert!(
        found
            .chunks_exact(4)
            .all(|pixel| pixel[..3] == [200, 10, 10])
    );
}

#[test]
fn results_are_the_same_whatever_the_processor_has() {
    for channels in Channels::ALL {
        let raster = noise(Size::new(101, 20), channels);
        for depth in Depth::ALL {
            let raster = raster.clone().to_depth(depth);
            let [lowest, highest] = simd::at_both_levels(|| blurred(&raster, 4));
            assert!(lowest == highest, "{channels:?} {depth:?}");
        }
    }
}
