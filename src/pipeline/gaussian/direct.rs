//! Convolution on the full grid: down the columns into a row that stays in the cache, then along it.

use rayon::prelude::*;

use super::plan::Taps;
use super::{Frame, Written};
use crate::pipeline::weigh::{Number, Term, repeat_edges, weigh, weigh_along};

pub(super) fn run<T: Term<N>, N: Number + Term<N>, S: Send>(
    rows: &[&[T]],
    frame: Frame,
    taps: &Taps<N>,
    out: Written<'_, S>,
    finish: impl Fn(usize, &mut [N], &mut [S]) + Sync,
) {
    let row_len = frame.row_len();
    let radius = taps.weights.len() / 2;
    let before = radius * frame.channels;
    let scratch = || {
        let padded = vec![N::default(); row_len + 2 * before];
        (vec![N::default(); row_len], padded)
    };
    let rows_out = out.samples.par_chunks_exact_mut(out.row_len);
    rows_out
        .enumerate()
        .for_each_init(scratch, |(row, padded), (index, out_row)| {
            let y = out.first + index;
            let down = &mut padded[before..before + row_len];
            weigh(taps.rows(rows, y, 0), &taps.weights, down);
            repeat_edges(padded, frame.channels, radius, row_len);
            weigh_along(padded, frame.channels, &taps.weights, row);
            finish(y, row, out_row);
        });
}
