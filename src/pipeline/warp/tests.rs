use super::*;
use crate::image::{Channels, Depth, Samples};

fn floats(raster: &Raster) -> Vec<f32> {
    let Samples::F32(values) = raster.clone().to_depth(Depth::F32).into_samples() else {
        panic!("they were made floats");
    };
    values
}

fn warped(raster: &Raster, matrix: [f64; 4], background: &str) -> Raster {
    let size = bounds(matrix, raster.size());
    let map = Map::of(matrix, raster.size(), size).unwrap();
    let background = background.parse().unwrap();
    onto(Image::new(raster.clone()), size, &map, background).raster
}

/// Stripes of one pixel: whoever skips some of them makes moire.
fn stripes(width: u32, height: u32) -> Raster {
    let samples = (0..height).flat_map(|_| (0..width).map(|x| if x % 2 == 0 { 0 } else { 255_u8 }));
    Raster::new(
        Size::new(width, height),
        Channels::Gray,
        samples.collect::<Vec<_>>(),
    )
    .unwrap()
}

#[test]
fn nothing_is_skipped_where_it_shrinks() {
    for matrix in [
        [0.3, 0.0, 0.0, 0.3],
        [0.2, 0.1, -0.1, 0.2],
        [0.25, 0.0, 0.0, 1.0],
    ] {
        let shrunk = warped(&stripes(200, 200), matrix, "#808080");
        let off = floats(&shrunk).into_iter().map(|value| (value - 0.5).abs());
        let off = off.fold(0.0, f32::max);
        // At the edges, where the last stripe goes on, it is most.
        assert!(off < 0.2, "{matrix:?}: {off}");
    }
}

#[test]
fn what_is_stretched_in_one_direction_stays_sharp_in_the_other() {
    let squeezed = warped(&stripes(60, 60), [1.0, 0.0, 0.0, 0.25], "#808080");
    let values = floats(&squeezed);
    let row = &values[7 * 60..8 * 60];
    assert!(row.iter().skip(2).step_by(2).all(|value| *value < 0.05));
    assert!(row.iter().skip(3).step_by(2).all(|value| *value > 0.95));
}

#[test]
fn one_color_stays_one_color() {
    let matrices = [
        [0.3, 0.1, -0.2, 0.4],
        [2.0, 0.3, 0.1, 1.5],
        [0.1, 0.0, 0.9, 3.0],
        [-1.0, 0.0, 0.0, 1.0],
    ];
    for depth in Depth::ALL {
        let picture = Raster::new(Size::new(19, 17), Channels::Rgb, vec![200_u8; 19 * 17 * 3]);
        let picture = picture.unwrap().to_depth(depth);
        for matrix in matrices {
            for value in floats(&warped(&picture, matrix, "#c8c8c8")) {
                assert!(
                    (value - 200.0 / 255.0).abs() < 2e-6,
                    "{depth:?} {matrix:?} {value}"
                );
            }
        }
    }
}

/// Samples that have nothing to do with each other.
fn noise(size: Size, channels: Channels) -> Raster {
    let mut state = 1_u32;
    let samples = (0..size.width as usize * size.height as usize * channels.count()).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    });
    Raster::new(size, channels, samples.collect::<Vec<_>>()).unwrap()
}

const MIRROR: [f64; 4] = [-1.0, 0.0, 0.0, 1.0];
const TURNED: [f64; 4] = [0.9, -0.4, 0.4, 0.9];

#[test]
fn a_mirror_is_exact() {
    for (size, channels) in [
        (Size::new(10, 6), Channels::Gray),
        (Size::new(100, 60), Channels::Gray),
        (Size::new(100, 60), Channels::Rgb),
    ] {
        let picture = noise(size, channels);
        let flop = picture
            .clone()
            .turned(crate::image::Orientation::MirrorHorizontal);
        for depth in Depth::ALL {
            let mirrored = warped(&picture.clone().to_depth(depth), MIRROR, "white");
            assert_eq!(mirrored, flop.clone().to_depth(depth), "{depth:?}");
        }
    }
}

#[test]
fn whole_numbers_are_as_good_as_floats() {
    for channels in [Channels::Gray, Channels::Rgb] {
        let picture = noise(Size::new(140, 90), channels);
        let levels = floats(&warped(&picture, TURNED, "#406080"));
        let exact = warped(&picture.to_depth(Depth::F32), TURNED, "#406080");
        for (level, exact) in levels.into_iter().zip(floats(&exact)) {
            let off = (level - exact.clamp(0.0, 1.0)).abs() * 255.0;
            assert!(off < 0.7, "{off} levels");
        }
    }
}

#[test]
fn one_color_is_the_same_level_everywhere() {
    for level in 0..=255 {
        let picture = Raster::new(Size::new(40, 30), Channels::Rgb, vec![level; 3600]).unwrap();
        let background = format!("#{level:02x}{level:02x}{level:02x}");
        let turned = warped(&picture, TURNED, &background);
        let Samples::U8(levels) = turned.into_samples() else {
            panic!("the depth stays");
        };
        assert!(levels.iter().all(|is| *is == level), "{level}");
    }
}

#[test]
fn alpha_that_the_background_adds_is_that_of_an_opaque_picture() {
    for channels in [Channels::Gray, Channels::Rgb] {
        let picture = noise(Size::new(70, 50), channels);
        let added = floats(&warped(&picture, TURNED, "transparent"));
        let opaque = picture.to_channels(channels.with_alpha(true));
        let own = floats(&warped(&opaque, TURNED, "transparent"));
        let count = channels.count() + 1;
        for (added, own) in added.chunks(count).zip(own.chunks(count)) {
            let off = |at: usize| (added[at] - own[at]).abs() * 255.0;
            assert!((0..count).all(|at| off(at) < 1.1), "{added:?} {own:?}");
        }
    }
}

#[test]
fn columns_are_all_that_are_seen_within_a_box_and_no_others() {
    let matrices = [
        TURNED,
        MIRROR,
        [0.2, 0.1, -0.1, 0.2],
        [0.0, 3.0, -0.3, 0.1],
        [1.0, 0.0, 0.0, 0.05],
    ];
    let size = Size::new(61, 47);
    let sides = [(-3.3, 40.7), (5.1, 44.9)];
    for matrix in matrices {
        let map = Map::of(matrix, size, bounds(matrix, size)).unwrap();
        for y in 0..60 {
            let seen = (10..50).filter(|x| {
                let (across, down) = map.source(*x, y);
                let [(left, right), (top, bottom)] = sides;
                (left..=right).contains(&across) && (top..=bottom).contains(&down)
            });
            let seen: Vec<usize> = seen.collect();
            let found: Vec<usize> = map.columns(sides, y, 10..50).collect();
            assert_eq!(found, seen, "{matrix:?} {y}");
        }
    }
}

/// Places that lie far away, and pictures that have no inner pixels.
#[test]
fn any_map_draws_any_picture() {
    let matrices = [
        TURNED,
        [0.05, 0.0, 0.0, 1.0],
        [40.0, 1e-3, -20.0, 30.0],
        [1.0, 30.0, 0.0, 1.0],
        [0.0, 1.0, 1.0, 0.0],
        [1.0, 0.9, 1.0, 1.0],
    ];
    for (width, height) in [(1, 1), (1, 50), (50, 1), (4, 4), (5, 3), (16, 5), (33, 70)] {
        for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
            let picture = noise(Size::new(width, height), channels);
            for matrix in matrices {
                let map = Map::of(matrix, picture.size(), Size::new(90, 40)).unwrap();
                let background = "transparent".parse().unwrap();
                for moved in [(0.0, 0.0), (-1e6, 1e6), (1e12, 3.0)] {
                    let map = map.moved(moved.0, moved.1);
                    let image = Image::new(picture.clone());
                    let drawn = onto(image, Size::new(90, 40), &map, background).raster;
                    assert_eq!(drawn.size(), Size::new(90, 40));
                }
            }
        }
    }
}
