//! Convolution on the full grid, written over the picture: fresh memory would take a good part of the time.

use super::Frame;
use super::plan::Taps;
use crate::pipeline::bands::{self, Band, shared_out};
use crate::pipeline::weigh::{Number, Term, repeat_edges, weigh, weigh_along};

/// Rows of a band, at least: of fewer too many would be copied.
const LEAST: usize = 32;

/// Convolves samples as `load` takes them, a row at a time; `finish` makes of each row, as it is, and of what was made of it, what it
/// becomes.
pub(super) fn run<S: Copy + Send + Sync, N: Number + Term<N>>(
    samples: &mut [S],
    frame: Frame,
    taps: &Taps<N>,
    load: impl Fn(&[S], &mut [N]) + Sync,
    finish: impl Fn(&[N], &mut [S]) + Sync,
) {
    let row_len = frame.row_len();
    let count = taps.weights.len();
    let radius = count / 2;
    let before = radius * frame.channels;
    let height = shared_out(frame.height, LEAST);
    let scratch = || {
        let held = vec![vec![N::default(); row_len]; count];
        let padded = vec![N::default(); row_len + 2 * before];
        (held, padded, vec![N::default(); row_len])
    };
    let work = |scratch: &mut (Vec<Vec<N>>, Vec<N>, Vec<N>), mut band: Band<'_, S>| {
        let (held, padded, row) = scratch;
        for (index, held) in held.iter_mut().enumerate().take(count - 1) {
            load(band.covered(index), held);
        }
        for y in 0..band.height() {
            // Each at the number of its row modulo how many there are.
            let last = y + count - 1;
            load(band.covered(last), &mut held[last % count]);
            let rows = (y..y + count).map(|row| &held[row % count][..]);
            weigh(rows, &taps.weights, &mut padded[before..before + row_len]);
            repeat_edges(padded, frame.channels, radius, row_len);
            weigh_along(padded, frame.channels, &taps.weights, row);
            finish(row, band.row_mut(y));
        }
    };
    bands::run(samples, row_len, (height, radius), scratch, work);
}
