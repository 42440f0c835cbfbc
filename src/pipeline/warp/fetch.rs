use std::hint::black_box;
use std::ops::Range;

use super::Map;
use crate::image::{Sample, Size};

/// Bytes that come from memory at once, in most machines.
const LINE: usize = 64;

/// Pixels around a place that are needed as well.
const AROUND: f64 = 3.0;

/// Reads a sample of each line of memory that a tile of the result is made of.
///
/// What is looked up along a slanted line is a little of each of many rows, which processors do not foresee: they would wait for
/// memory at every row. These reads need nothing of each other, so that the waits overlap, and rows are read along.
pub(super) fn fetch<S: Sample, const N: usize>(
    pixels: &[[S; N]],
    size: Size,
    map: &Map,
    [columns, rows]: [&Range<usize>; 2],
) {
    let (width, height) = (size.width as usize, size.height as usize);
    let step = (LINE / size_of::<[S; N]>()).max(1);
    let back = map.inverse();
    let (across, down) = (
        needed(columns, back.steps().0),
        needed(rows, back.steps().1),
    );
    let mut sum = 0.0;
    for row in seen(map, columns, rows, height) {
        let part = back.columns([across, down], row, 0..width);
        let line = &pixels[row * width..][part];
        sum += line
            .iter()
            .step_by(step)
            .map(|pixel| pixel[0].to_f32())
            .sum::<f32>();
    }
    // Nobody needs the sum, but compilers would not read what nobody needs.
    black_box(sum);
}

/// The sides of a range of the result within which the pixels around it are seen as well, where one of the picture is so large there.
#[expect(clippy::cast_precision_loss, reason = "pixels are far fewer than 2^52")]
fn needed(range: &Range<usize>, pixel: f64) -> (f64, f64) {
    let around = AROUND * pixel;
    (range.start as f64 - around, range.end as f64 + around)
}

/// The rows of a picture of so many that some of the tile is made of.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate"
)]
fn seen(map: &Map, columns: &Range<usize>, rows: &Range<usize>, height: usize) -> Range<usize> {
    let corner = |x, y| map.source(x, y).1;
    let corners = [
        corner(columns.start, rows.start),
        corner(columns.end, rows.start),
        corner(columns.start, rows.end),
        corner(columns.end, rows.end),
    ];
    let top = corners.into_iter().fold(f64::INFINITY, f64::min) - AROUND;
    let bottom = corners.into_iter().fold(0.0, f64::max) + AROUND;
    let bottom = height.min(bottom.ceil() as usize);
    (top.floor() as usize).min(bottom)..bottom
}
