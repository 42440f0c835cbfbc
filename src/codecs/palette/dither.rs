//! From colours to their places in a palette.

use super::nearest::{Nearest, Weighed, distance, weighed};
use super::{Dither, Rgba};

/// The place of each pixel in the palette. Pixels of which nothing is seen get `clear`, where there is such a place; what its
/// neighbours are off does not reach them. `origin` is where the first of the pixels is in the whole picture.
pub(crate) fn map(
    pixels: &[Rgba],
    width: usize,
    origin: (u32, u32),
    palette: &[Rgba],
    clear: Option<u8>,
    dither: Dither,
) -> Vec<u8> {
    match dither {
        Dither::None => {
            let mut nearest = Nearest::new(palette);
            let places = pixels.iter().map(|pixel| match clear {
                Some(clear) if pixel[3] == 0 => clear,
                _ => nearest.find(weighed(*pixel)),
            });
            places.collect()
        }
        Dither::Ordered => ordered(pixels, width, origin, palette, clear),
        Dither::Diffusion => diffused(pixels, width, palette, clear),
    }
}

/// Bayer's pattern: from 0 to 63, neighbours far from each other.
fn threshold(x: u32, y: u32) -> i32 {
    let mut value = 0;
    for bit in 0..3 {
        let (a, b) = ((x ^ y) >> bit & 1, y >> bit & 1);
        value = value << 2 | a << 1 | b;
    }
    value.cast_signed()
}

fn ordered(
    pixels: &[Rgba],
    width: usize,
    (left, top): (u32, u32),
    palette: &[Rgba],
    clear: Option<u8>,
) -> Vec<u8> {
    let mut nearest = Nearest::new(palette);
    let spread = spread(palette);
    let mut places = Vec::with_capacity(pixels.len());
    for (line, y) in pixels.chunks(width.max(1)).zip(top..) {
        for (pixel, x) in line.iter().zip(left..) {
            if let (Some(clear), 0) = (clear, pixel[3]) {
                places.push(clear);
                continue;
            }
            let color = weighed(*pixel);
            let shift = (2 * threshold(x, y) - 63) * spread / 128;
            let shifted = |part: i32| (part + shift).clamp(0, color[3]);
            places.push(nearest.find([
                shifted(color[0]),
                shifted(color[1]),
                shifted(color[2]),
                color[3],
            ]));
        }
    }
    places
}

/// How far a colour of the palette usually is from the next, in each of three parts.
fn spread(palette: &[Rgba]) -> i32 {
    let colors: Vec<Weighed> = palette.iter().map(|color| weighed(*color)).collect();
    let gap = |(at, color): (usize, &Weighed)| {
        let others = colors.iter().enumerate().filter(|(other, _)| *other != at);
        others.map(|(_, other)| distance(*color, *other)).min()
    };
    let mut gaps: Vec<i32> = colors.iter().enumerate().filter_map(gap).collect();
    gaps.sort_unstable();
    let middle = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    (middle / 3).isqrt()
}

/// Sixteenths of what a pixel is off go to its neighbours, ahead and in the next row; rows go to and fro.
fn diffused(pixels: &[Rgba], width: usize, palette: &[Rgba], clear: Option<u8>) -> Vec<u8> {
    let mut nearest = Nearest::new(palette);
    let colors: Vec<Weighed> = palette.iter().map(|color| weighed(*color)).collect();
    let width = width.max(1);
    let mut places = vec![0; pixels.len()];
    // One more at each end, so that no place needs to be looked at.
    let (mut now, mut below) = (vec![[0; 4]; width + 2], vec![[0; 4]; width + 2]);
    let lines = pixels.chunks(width).zip(places.chunks_mut(width));
    for (number, (line, places)) in lines.enumerate() {
        below.fill([0; 4]);
        let backwards = number % 2 == 1;
        for step in 0..line.len() {
            let at = if backwards {
                line.len() - 1 - step
            } else {
                step
            };
            if let (Some(clear), 0) = (clear, line[at][3]) {
                places[at] = clear;
                continue;
            }
            let wanted = wanted(line[at], now[at + 1]);
            let place = nearest.find(wanted);
            places[at] = place;
            let color = colors[usize::from(place)];
            let (ahead, behind) = if backwards {
                (at, at + 2)
            } else {
                (at + 2, at)
            };
            for part in 0..4 {
                let off = wanted[part] - color[part];
                now[ahead][part] += 7 * off;
                below[behind][part] += 3 * off;
                below[at + 1][part] += 5 * off;
                below[ahead][part] += off;
            }
        }
        std::mem::swap(&mut now, &mut below);
    }
    places
}

/// A pixel, and what its neighbours are off, within what can be.
fn wanted(pixel: Rgba, off: [i32; 4]) -> Weighed {
    let color = weighed(pixel);
    let sum = |part: usize| color[part] + (off[part] + 8).div_euclid(16);
    let alpha = sum(3).clamp(0, 255);
    let part = |at: usize| sum(at).clamp(0, alpha);
    [part(0), part(1), part(2), alpha]
}
