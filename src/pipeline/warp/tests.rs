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

#[test]
fn a_mirror_is_exact() {
    let samples: Vec<u8> = (0..60).collect();
    let picture = Raster::new(Size::new(10, 6), Channels::Gray, samples).unwrap();
    let mirrored = warped(&picture, [-1.0, 0.0, 0.0, 1.0], "white");
    let flop = picture.turned(crate::image::Orientation::MirrorHorizontal);
    assert_eq!(mirrored, flop);
}
