#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers of a test"
)]

use super::tables::PLACES;
use super::*;
use crate::image::{Depth, Raster, Size};
use crate::pipeline::luma::luma;

fn equalized(raster: Raster, tiles: usize, clip: f64) -> Raster {
    filter(Image::new(raster), (tiles, tiles), clip).raster
}

fn bytes(raster: Raster) -> Vec<u8> {
    match raster.to_depth(Depth::U8).into_samples() {
        Samples::U8(samples) => samples,
        Samples::U16(_) | Samples::F32(_) => unreachable!("they were made bytes"),
    }
}

/// A slope with ripples, darker than it could be.
fn dull(size: Size) -> Raster {
    let samples = (0..size.pixels()).map(|at| {
        let (x, y) = (at % u64::from(size.width), at / u64::from(size.width));
        u8::try_from(60 + (x * 7 + y * 3) % 20 + x * 40 / u64::from(size.width)).unwrap()
    });
    Raster::new(size, Channels::Gray, samples.collect::<Vec<u8>>()).unwrap()
}

/// One tile, and nothing cut off: each value becomes the part of the picture that is not brighter.
#[test]
fn one_tile_is_histogram_equalization() {
    let raster = Raster::new(Size::new(4, 1), Channels::Gray, vec![10_u8, 20, 20, 30]).unwrap();
    assert_eq!(bytes(equalized(raster, 1, 256.0)), [64, 191, 191, 255]);
}

/// As many as are cut off of the one value there is are shared out among all.
#[test]
fn clipping_limits_how_steep_it_gets() {
    let raster = Raster::new(Size::new(32, 16), Channels::Gray, vec![100_u8; 512]).unwrap();
    // 512 pixels are two for each value; with a clip of 4, 8 stay and 504 are shared: 101 x 504 / 256 + 8 are not brighter.
    let wanted = (101.0_f64 * 504.0 / 256.0 + 8.0) * 255.0 / 512.0;
    let found = bytes(equalized(raster, 1, 4.0));
    assert!(
        found
            .iter()
            .all(|sample| (f64::from(*sample) - wanted).abs() <= 0.5)
    );
}

#[test]
fn contrast_is_raised_and_the_order_kept_within_a_tile() {
    let raster = dull(Size::new(64, 48));
    let spread = |samples: &[u8]| {
        let (low, high) = (samples.iter().min(), samples.iter().max());
        high.zip(low).map_or(0, |(high, low)| high - low)
    };
    let after = bytes(equalized(raster.clone(), 8, 3.0));
    assert!(spread(&after) > 2 * spread(&bytes(raster)));
}

#[test]
fn every_depth_and_gray_in_colors_come_out_the_same() {
    for size in [
        Size::new(61, 37),
        Size::new(5, 3),
        Size::new(1, 9),
        Size::new(1, 1),
    ] {
        let raster = dull(size);
        let wanted = bytes(equalized(raster.clone(), 8, 2.0));
        for depth in Depth::ALL {
            for channels in Channels::ALL {
                let other = raster.clone().to_channels(channels).to_depth(depth);
                let found = equalized(other, 8, 2.0).to_channels(Channels::Gray);
                let pairs = bytes(found).into_iter().zip(&wanted);
                let most = pairs.map(|(found, wanted)| found.abs_diff(*wanted)).max();
                assert!(most <= Some(1), "{size} {depth:?} {channels:?} {most:?}");
            }
        }
    }
}

#[test]
fn tiles_cover_the_picture_and_share_what_lies_between() {
    for (width, tiles) in [(1, 8), (7, 8), (8, 8), (61, 8), (100, 3), (17, 1)] {
        let grid = Grid::new((width, 1), (tiles, 1));
        let mut counted = 0;
        for tile in 0..grid.across.tiles {
            counted += grid.across.inside(tile).len();
        }
        assert_eq!(counted, width);
        let spans = grid.spans();
        let covered: usize = spans.iter().map(|span| span.pixels.len()).sum();
        assert_eq!(covered, width);
        for x in 0..width {
            let share = grid.across.share(x);
            assert!((0.0..1.0).contains(&share), "{share}");
        }
    }
}

#[test]
fn what_cannot_be_seen_is_not_counted() {
    let seen: Vec<u8> = (0..64).flat_map(|at| [100 + at, 255]).collect();
    let hidden: Vec<u8> = (0..64).flat_map(|at| [at, 0]).collect();
    let raster = |samples: Vec<u8>, width| {
        Raster::new(Size::new(width, 1), Channels::GrayAlpha, samples).unwrap()
    };
    let alone = equalized(raster(seen.clone(), 64), 1, 3.0);
    let both = equalized(raster([seen, hidden].concat(), 128), 1, 3.0);
    let visible = |raster: Raster| bytes(raster.to_channels(Channels::GrayAlpha))[..128].to_vec();
    assert_eq!(visible(alone), visible(both));
}

/// Looks each pixel up by itself.
fn one_by_one(samples: &[f32], channels: Channels, grid: &Grid, clip: f64) -> Vec<f32> {
    let (count, colors) = (channels.count(), channels.colors());
    let level = |pixel: &[f32]| {
        luma([0, 1, 2].map(|color: usize| pixel[color.min(colors - 1)])).clamp(0.0, 1.0) * 255.0
    };
    let rows: Vec<&[f32]> = samples.chunks_exact(grid.width * count).collect();
    let tables = grid.tables((clip, 255), |columns, y, counting| {
        for x in columns {
            let pixel = &rows[y][x * count..][..count];
            let seen = if count == colors { 1.0 } else { pixel[colors] };
            let [place, weight] = [level(pixel), seen * 255.0].map(|value| value.round() as u8);
            counting.add_weighed(&[place], &[weight]);
        }
    });
    let mut out = samples.to_vec();
    for (at, pixel) in out.chunks_exact_mut(count).enumerate() {
        let (x, y) = (at % grid.width, at / grid.width);
        let before = level(pixel);
        let at_tile = |(across, down): (usize, usize)| {
            let table = &tables[down * grid.across.tiles + across];
            let place = (before as usize).min(PLACES - 2);
            table[place] + (table[place + 1] - table[place]) * (before - place as f32)
        };
        let (left, right) = grid.across.around(x);
        let along = |down| {
            let share = grid.across.share(x);
            at_tile((left, down)) * (1.0 - share) + at_tile((right, down)) * share
        };
        let (above, below) = grid.down.around(y);
        let share = grid.down.share(y);
        let after = along(above) * (1.0 - share) + along(below) * share;
        for color in &mut pixel[..colors] {
            *color += (after - before) / 255.0;
        }
    }
    out
}

#[test]
fn blocks_are_what_pixels_are_one_by_one() {
    // Wider than a block, and narrower than one; tiles begin within blocks.
    for (size, tiles, clip) in [
        (Size::new(700, 9), (3, 2), 3.0),
        (Size::new(37, 40), (8, 8), 20.0),
        (Size::new(300, 1), (64, 64), 2.0),
    ] {
        for channels in [Channels::Rgb, Channels::Rgba, Channels::GrayAlpha] {
            let wave = |at: usize| ((at * at % 1013) as f32 / 200.0).sin() * 0.3 + 0.4;
            let length = usize::try_from(size.pixels()).unwrap() * channels.count();
            let samples: Vec<f32> = (0..length).map(wave).collect();
            let grid = Grid::new((size.width as usize, size.height as usize), tiles);
            for depth in Depth::ALL {
                let raster = Raster::new(size, channels, samples.clone())
                    .unwrap()
                    .to_depth(depth);
                let floats = |raster: Raster| match raster.to_depth(Depth::F32).into_samples() {
                    Samples::F32(samples) => samples,
                    Samples::U8(_) | Samples::U16(_) => unreachable!("they were made floats"),
                };
                let before = floats(raster.clone());
                let wanted = one_by_one(&before, channels, &grid, clip);
                let found = floats(filter(Image::new(raster), tiles, clip).raster);
                for (found, wanted) in found.iter().zip(&wanted) {
                    let (wanted, most) = match depth {
                        Depth::U8 => (wanted.clamp(0.0, 1.0), 0.51),
                        Depth::U16 => (wanted.clamp(0.0, 1.0), 0.01),
                        Depth::F32 => (*wanted, 0.01),
                    };
                    let off = (found - wanted).abs() * 255.0;
                    assert!(off < most, "{channels:?} {depth:?} {off}");
                }
            }
        }
    }
}
