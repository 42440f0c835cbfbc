use super::network::Program;
use super::*;
use crate::image::{Channels, Depth, Samples, Size};
use crate::simd;

/// A picture of noise on a slope, the same each time.
fn noise(size: Size, channels: Channels) -> Raster {
    let count = usize::try_from(size.pixels()).unwrap() * channels.count();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |at: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        u16::try_from((state >> 50) + (at * 7 % 40_000) as u64).unwrap()
    };
    let samples: Vec<u16> = (0..count).map(&mut next).collect();
    Raster::new(size, channels, samples).unwrap()
}

fn filtered(raster: &Raster, radius: usize) -> Raster {
    let mut made = raster.clone();
    filter(&mut made, radius);
    made
}

/// By sorting each window.
fn sorted<S: Sorted>(raster: &Raster, samples: &[S], radius: usize) -> Vec<S> {
    let (width, height) = (raster.width(), raster.height());
    let count = raster.channels().count();
    let side = 2 * radius + 1;
    let mut out = Vec::new();
    for (at, _) in samples.iter().enumerate() {
        let (y, x, channel) = (at / raster.row_len(), at / count % width, at % count);
        let window = (0..side * side).map(|tap| {
            let y = (y + tap / side).saturating_sub(radius).min(height - 1);
            let x = (x + tap % side).saturating_sub(radius).min(width - 1);
            samples[(y * width + x) * count + channel].to_key()
        });
        let mut window: Vec<_> = window.collect();
        window.sort_unstable();
        out.push(S::from_key(window[side * side / 2]));
    }
    out
}

#[test]
fn medians_are_in_the_middle_whichever_way_they_are_found() {
    for (width, height, radii) in [
        (61, 9, &[1, 2, 3, 4, 5][..]),
        // More than a stretch.
        (300, 5, &[1, 2, 3]),
        (40, 5, &[6, 7, 8, 9, 11]),
        (1, 1, &[1, 2, 5, 6, 9, 127]),
        (3, 9, &[2, 4, 8, 12, 20]),
    ] {
        for channels in [Channels::Gray, Channels::Rgb] {
            let raster = noise(Size::new(width, height), channels);
            for radius in radii.iter().copied() {
                for depth in Depth::ALL {
                    let raster = raster.clone().to_depth(depth);
                    let wanted = with_samples!(raster.samples(), |samples| Samples::from(sorted(
                        &raster, samples, radius
                    )));
                    let found = filtered(&raster, radius).into_samples();
                    assert!(found == wanted, "{width}x{height} {radius} {depth:?}");
                }
            }
        }
    }
}

/// More than a stripe, a band, a tile; the ways to it agree with each other.
#[test]
fn large_pictures_are_put_together_right() {
    let deep = noise(Size::new(1010, 200), Channels::Gray);
    let bytes = deep.clone().to_depth(Depth::U8);
    for radius in [5, 8, 12] {
        let found = filtered(&bytes, radius);
        let same = filtered(&bytes.clone().to_depth(Depth::U16), radius);
        assert!(found.to_depth(Depth::U16) == same, "{radius}");
    }
}

#[test]
fn programs_do_less_work_than_sorting_and_keep_few_values() {
    for radius in 1..=MOST_COMPARED {
        let program = Program::of_radius(radius);
        let side = 2 * radius + 1;
        assert!(program.work() / program.rows < 6 * side * side, "{radius}");
        assert!(program.slots < 256, "{radius}");
    }
}

#[test]
fn what_cannot_be_seen_has_no_say() {
    // Red that is seen by halves, and green that is not seen.
    let mut samples = [[200_u8, 10, 10, 128], [0, 255, 0, 0]].concat().repeat(30);
    samples.extend([200, 10, 10, 128].repeat(30));
    let raster = Raster::new(Size::new(10, 9), Channels::Rgba, samples).unwrap();
    for radius in [1, 6, 9] {
        let Samples::U8(found) = filtered(&raster, radius).into_samples() else {
            panic!("the depth has changed");
        };
        for pixel in found.chunks_exact(4) {
            let right: [&[u8]; 2] = [&[200, 10, 10, 128], &[0, 0, 0, 0]];
            assert!(right.contains(&pixel), "{pixel:?}");
        }
    }
}

#[test]
fn medians_are_the_same_whatever_the_processor_has() {
    let raster = noise(Size::new(300, 6), Channels::Rgb);
    for depth in Depth::ALL {
        let raster = raster.clone().to_depth(depth);
        for radius in [1, 2, 5, 7, 12] {
            let [lowest, highest] = simd::at_both_levels(|| filtered(&raster, radius));
            assert!(lowest == highest, "{radius} {depth:?}");
        }
    }
}

#[test]
fn extremes_are_those_of_windows() {
    for (size, radius) in [
        (Size::new(40, 130), 3),
        (Size::new(7, 5), 9),
        (Size::new(1, 1), 1),
    ] {
        for channels in [Channels::Gray, Channels::Rgb] {
            let raster = noise(size, channels);
            let Samples::U16(samples) = raster.samples() else {
                unreachable!("they were made so")
            };
            let (width, height, count) = (raster.width(), raster.height(), channels.count());
            for extreme in [Extreme::Least, Extreme::Greatest] {
                let mut made = raster.clone();
                extremes(&mut made, radius, extreme);
                let Samples::U16(found) = made.into_samples() else {
                    panic!("the depth has changed")
                };
                for (at, found) in found.iter().enumerate() {
                    let (pixel, channel) = (at / count, at % count);
                    let side = 2 * radius + 1;
                    let window = (0..side * side).map(|tap| {
                        let x = (pixel % width + tap % side)
                            .saturating_sub(radius)
                            .min(width - 1);
                        let y = (pixel / width + tap / side)
                            .saturating_sub(radius)
                            .min(height - 1);
                        samples[(y * width + x) * count + channel]
                    });
                    let wanted = match extreme {
                        Extreme::Least => window.min(),
                        Extreme::Greatest => window.max(),
                    };
                    assert_eq!(Some(*found), wanted, "{size} {radius} {extreme:?}");
                }
            }
        }
    }
}
