//! Convolution on the full grid: down the columns into a row that stays in the cache, then along it.

use rayon::prelude::*;

use super::Frame;
use super::plan::Taps;
use super::weigh::{repeat_edges, weigh, weigh_along};
use crate::image::Sample;

pub(super) fn run<T: Sample, S: Send>(
    rows: &[&[T]],
    frame: Frame,
    taps: &Taps,
    out: &mut [S],
    finish: impl Fn(usize, &mut [f32], &mut [S]) + Sync,
) {
    let row_len = frame.row_len();
    let radius = taps.weights.len() / 2;
    let scratch = || {
        let padded = vec![0.0; row_len + 2 * radius * frame.channels];
        (vec![0.0; row_len], padded)
    };
    out.par_chunks_exact_mut(row_len).enumerate().for_each_init(
        scratch,
        |(row, padded), (y, out)| {
            weigh(taps.rows(rows, y, 0), &taps.weights, row);
            repeat_edges(row, frame.channels, radius, padded);
            weigh_along(padded, frame.channels, &taps.weights, row);
            finish(y, row, out);
        },
    );
}
