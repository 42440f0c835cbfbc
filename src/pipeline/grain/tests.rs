#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "small numbers of a test"
)]

use super::*;
use crate::image::{Depth, Raster, Samples, Size};

fn grained(size: Size, grain: Grain) -> Vec<f32> {
    let samples = vec![0.5_f32; usize::try_from(size.pixels()).unwrap() * 3];
    let mut image = Image::new(Raster::new(size, Channels::Rgb, samples).unwrap());
    add(&mut image, &grain);
    match image.raster.into_samples() {
        Samples::F32(samples) => samples,
        Samples::U8(_) | Samples::U16(_) => panic!("the depth has changed"),
    }
}

const GRAIN: Grain = Grain {
    amount: 0.1,
    sigma: 0.0,
    seed: 5,
    color: true,
};

/// More rows than a band has; of less of them less is made, and the same.
#[test]
fn bands_do_not_show() {
    for sigma in [0.25, 2.9, 3.0, 4.5, 7.0] {
        for color in [false, true] {
            let grain = Grain {
                sigma,
                color,
                ..GRAIN
            };
            let rows = Bands::new(sigma).rows;
            let all = grained(Size::new(40, u32::try_from(2 * rows + 7).unwrap()), grain);
            for height in [1, rows - 1, rows, rows + 1] {
                let some = grained(Size::new(40, u32::try_from(height).unwrap()), grain);
                assert!(all[..some.len()] == some, "{sigma} {color} {height}");
            }
            let height = u32::try_from(rows + 20).unwrap();
            let narrow = grained(Size::new(11, height), grain);
            let same = narrow
                .chunks_exact(11 * 3)
                .zip(all.chunks_exact(40 * 3))
                .all(|(narrow, all)| *narrow == all[..11 * 3]);
            assert!(same, "{sigma} {color}");
        }
    }
}

#[test]
fn grain_is_as_strong_at_the_edges() {
    let (width, height) = (400, 300);
    for sigma in [0.5, 2.0, 4.0] {
        let grain = Grain { sigma, ..GRAIN };
        let samples = grained(Size::new(width, height), grain);
        let deviation = |is_in: &dyn Fn(usize, usize) -> bool| {
            let pixels = samples.chunks_exact(3).enumerate();
            let pixels = pixels.filter(|(at, _)| is_in(at % 400, at / 400));
            let squares = pixels.flat_map(|(_, pixel)| pixel.iter().map(|x| (x - 0.5).powi(2)));
            let (count, sum) = squares.fold((0.0, 0.0), |(count, sum), x| (count + 1.0, sum + x));
            f32::sqrt(sum / count)
        };
        let all = deviation(&|_, _| true);
        let edge = deviation(&|x, y| x == 0 || y == 0 || x == 399 || y == 299);
        assert!((edge / all - 1.0).abs() < 0.2, "{sigma}: {edge} of {all}");
    }
}

/// Blocks end anywhere, and what each sample becomes is known.
#[test]
fn each_pixel_gets_its_noise() {
    let (width, height) = (531, 3);
    for channels in Channels::ALL {
        for depth in Depth::ALL {
            let (count, colors) = (channels.count(), channels.colors());
            let levels = (0..width * height * count).map(|at| (at * 37 % 256) as f32 / 255.0);
            let size = Size::new(width as u32, height as u32);
            let raster = Raster::new(size, channels, levels.collect::<Vec<_>>()).unwrap();
            let mut image = Image::new(raster.to_depth(depth));
            let before = image.raster.clone().to_depth(Depth::F32);
            add(&mut image, &GRAIN);
            let after = image.raster.to_depth(Depth::F32);
            let (Samples::F32(before), Samples::F32(after)) = (before.samples(), after.samples())
            else {
                panic!("they were made floats");
            };
            let mut noise = vec![0.0; width * colors];
            for (y, row) in before.chunks_exact(width * count).enumerate() {
                Film::new(GRAIN.seed).expose(&mut noise, 0, y as u64);
                for (x, pixel) in row.chunks_exact(count).enumerate() {
                    let [red, green, blue] =
                        [0, 1, 2].map(|color: usize| pixel[color.min(colors - 1)]);
                    let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
                    let strength = GRAIN.amount * 4.0 * luma * (1.0 - luma);
                    for channel in 0..count {
                        let found = after[(y * width + x) * count + channel];
                        let grain = if channel < colors {
                            strength * noise[x * colors + channel]
                        } else {
                            0.0
                        };
                        let wanted = pixel[channel] + grain;
                        let wanted = if depth == Depth::F32 {
                            wanted
                        } else {
                            wanted.clamp(0.0, 1.0)
                        };
                        let off = (found - wanted).abs() * 255.0;
                        assert!(off < 0.51, "{channels:?} {depth:?} {x} {y}: {off}");
                    }
                }
            }
        }
    }
}
