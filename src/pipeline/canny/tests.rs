use super::*;
use crate::image::{Sample, Samples, Size};
use crate::pipeline::gradient::Operator;
use crate::simd::at_both_levels;

/// Luma's gradient at each pixel, to the right and down, and how steep it is; by the definition.
fn slopes(raster: &Raster, sigma: f64) -> Vec<[f32; 3]> {
    let units = narrow(units(raster.depth()));
    let rounded = |value: f32| {
        if units > 1.0 {
            (value * units).round_ties_even()
        } else {
            value
        }
    };
    let mut slopes = vec![[0.0; 3]; raster.width() * raster.height()];
    gradient::for_each_row(&blurred(raster, sigma), &mut slopes, |rows, out| {
        Operator::SOBEL.run(rows, out, |across, down| {
            let (across, down) = (rounded(across), rounded(down));
            [across, down, across * across + down * down]
        });
    });
    slopes
}

/// The same lines, one pixel at a time.
fn plainly(raster: &Raster, sigma: f64, low: f32, high: f32) -> Vec<u8> {
    let (width, height) = (raster.width(), raster.height());
    let slopes = slopes(raster, sigma);
    let units = narrow(units(raster.depth()));
    let steep = |x: usize, y: usize, right: isize, down: isize| {
        let (x, y) = (x.checked_add_signed(right), y.checked_add_signed(down));
        match (x, y) {
            (Some(x), Some(y)) if x < width && y < height => slopes[y * width + x][2],
            _ => 0.0,
        }
    };
    let mut kinds = vec![NONE; width * height];
    for (at, [across, down, own]) in slopes.iter().enumerate() {
        let eighths = down.atan2(*across).to_degrees() / 45.0;
        let (right, below) = match eighths.rem_euclid(4.0) {
            0.5..1.5 => (1, 1),
            1.5..2.5 => (0, 1),
            2.5..3.5 => (-1, 1),
            _ => (1, 0),
        };
        let (x, y) = (at % width, at / width);
        let stays = *own > steep(x, y, -right, -below) && *own >= steep(x, y, right, below);
        if stays && *own >= (low * units).powi(2) {
            let is_strong = *own >= (high * units).powi(2);
            kinds[at] = if is_strong { STRONG } else { WEAK };
        }
    }
    loop {
        let before = kinds.clone();
        for at in 0..kinds.len() {
            let near = |other: usize| {
                let (x, y) = (at % width, at / width);
                x.abs_diff(other % width) < 2 && y.abs_diff(other / width) < 2
            };
            let joins = |other: usize| near(other) && kinds[other] == STRONG;
            if kinds[at] == WEAK && (0..kinds.len()).any(joins) {
                kinds[at] = STRONG;
            }
        }
        if kinds == before {
            let is_strong = |kind: &u8| if *kind == STRONG { STRONG } else { NONE };
            return kinds.iter().map(is_strong).collect();
        }
    }
}

/// Noise of a few spots of a pixel or more.
fn picture<S: Sample>(size: Size, seed: u32) -> Raster
where
    Samples: From<Vec<S>>,
{
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    let mut samples = vec![S::default(); size.width as usize * size.height as usize];
    for sample in &mut samples {
        if random() % 3 == 0 {
            let level = u16::try_from(random() & 255).unwrap();
            *sample = S::from_f32(f32::from(level) / 255.0 * S::MAX);
        }
    }
    Raster::new(size, Channels::Gray, samples).unwrap()
}

#[test]
fn lines_are_those_of_the_definition() {
    let sizes = [
        (1, 1),
        (1, 40),
        (40, 1),
        (2, 3),
        (31, 9),
        (34, 70),
        (67, 20),
    ];
    for (seed, (width, height)) in (1..).zip(sizes) {
        let size = Size::new(width, height);
        let rasters = [
            picture::<u8>(size, seed),
            picture::<u16>(size, seed),
            picture::<f32>(size, seed),
        ];
        for raster in rasters {
            // Sigmas of whole numbers are blurred by the same weights, row by row or not.
            for (sigma, low, high) in [(0.0, 0.2, 0.5), (1.0, 0.05, 0.1), (4.0, 0.004, 0.012)] {
                let wanted = plainly(&raster, sigma, narrow(low), narrow(high));
                for made in at_both_levels(|| lines(&raster, sigma, low, high)) {
                    assert!(made == wanted, "{:?} {size} {sigma}", raster.depth());
                }
            }
        }
    }
}

#[test]
fn there_are_lines_in_what_they_are_looked_for_in() {
    let raster = picture::<u8>(Size::new(67, 40), 7);
    let made = lines(&raster, 1.0, 0.05, 0.1);
    let count: u32 = made.iter().map(|kind| u32::from(*kind / STRONG)).sum();
    assert!((200..1200).contains(&count), "{count}");
}
