//! Convolution on a reduced grid, for large sigmas.

use rayon::prelude::*;

use super::plan::{Reduction, Span};
use super::{Frame, Written};
use crate::pipeline::weigh::{Mean, Number, Term, repeat_edges, weigh, weigh_along};

/// A picture that is blurred, and back at its full width; the number of its rows is still reduced.
pub(super) struct Reduced<'a, N: Number> {
    reduction: &'a Reduction<N>,
    row_len: usize,
    down: Span,
    wide: Vec<N>,
}

impl<'a, N: Mean + Term<N>> Reduced<'a, N> {
    pub(super) fn new<T: Term<N>>(
        rows: &[&[T]],
        frame: Frame,
        reduction: &'a Reduction<N>,
    ) -> Self {
        let across = reduction.span(frame.width);
        let down = reduction.span(frame.height);
        let small = reduce(rows, frame, reduction, across, down);
        Self {
            reduction,
            row_len: frame.row_len(),
            down,
            wide: blur_and_widen(&small, frame, reduction, across, down),
        }
    }

    /// Leads back to all rows; `finish` makes of each what is to be written.
    pub(super) fn widen<S: Send>(
        &self,
        out: Written<'_, S>,
        finish: impl Fn(usize, &mut [N], &mut [S]) + Sync,
    ) {
        let rows: Vec<&[N]> = self.wide.chunks_exact(self.row_len).collect();
        let factor = self.reduction.factor;
        let rows_out = out.samples.par_chunks_exact_mut(out.row_len);
        rows_out.enumerate().for_each_init(
            || vec![N::default(); self.row_len],
            |row, (index, out_row)| {
                let y = out.first + index;
                let taps = &self.reduction.phases[y % factor];
                let rows = taps.rows(&rows, y / factor, self.down.first);
                weigh(rows, &taps.weights, row);
                finish(y, row, out_row);
            },
        );
    }
}

/// Takes the picture to the reduced grid along both axes.
fn reduce<T: Term<N>, N: Mean + Term<N>>(
    rows: &[&[T]],
    frame: Frame,
    reduction: &Reduction<N>,
    across: Span,
    down: Span,
) -> Vec<N> {
    let mut small = vec![N::default(); across.count * down.count * frame.channels];
    small
        .par_chunks_exact_mut(across.count * frame.channels)
        .enumerate()
        .for_each_init(
            || Narrower::new(frame, reduction, across),
            |narrower, (index, out)| {
                weigh(
                    reduction.rows(rows, down, index),
                    &reduction.prefilter.weights,
                    narrower.row(),
                );
                narrower.narrow(out);
            },
        );
    small
}

/// Takes rows to the reduced grid: their samples are dealt out to `factor` rows first, so that taps lie side by side.
struct Narrower<'a, N: Number> {
    channels: usize,
    row_len: usize,
    /// Pixels in front of the row.
    before: usize,
    reduction: &'a Reduction<N>,
    padded: Vec<N>,
    dealt: Vec<Vec<N>>,
}

impl<'a, N: Mean + Term<N>> Narrower<'a, N> {
    fn new(frame: Frame, reduction: &'a Reduction<N>, across: Span) -> Self {
        let factor = reduction.factor;
        // As many whole groups of `factor` pixels as the taps of the last sample reach.
        let groups = across.count + reduction.prefilter.weights.len().div_ceil(factor);
        Self {
            channels: frame.channels,
            row_len: frame.row_len(),
            before: reduction.pixels_before(across),
            reduction,
            padded: vec![N::default(); groups * factor * frame.channels],
            dealt: vec![vec![N::default(); groups * frame.channels]; factor],
        }
    }

    /// Where the row is to be written.
    fn row(&mut self) -> &mut [N] {
        &mut self.padded[self.before * self.channels..][..self.row_len]
    }

    fn narrow(&mut self, out: &mut [N]) {
        let (channels, factor) = (self.channels, self.reduction.factor);
        repeat_edges(&mut self.padded, channels, self.before, self.row_len);
        match channels {
            1 => deal::<1, N>(&self.padded, &mut self.dealt),
            2 => deal::<2, N>(&self.padded, &mut self.dealt),
            3 => deal::<3, N>(&self.padded, &mut self.dealt),
            _ => deal::<4, N>(&self.padded, &mut self.dealt),
        }
        let weights = &self.reduction.prefilter.weights;
        let taps =
            (0..weights.len()).map(|tap| &self.dealt[tap % factor][tap / factor * channels..]);
        weigh(taps, weights, out);
    }
}

/// Deals the pixels of a row out to as many rows as there are, in turn.
fn deal<const COUNT: usize, N: Number>(from: &[N], to: &mut [Vec<N>]) {
    let (pixels, _) = from.as_chunks::<COUNT>();
    let factor = to.len();
    for (phase, to) in to.iter_mut().enumerate() {
        let (to, _) = to.as_chunks_mut::<COUNT>();
        for (to, group) in to.iter_mut().zip(pixels.chunks_exact(factor)) {
            *to = group[phase];
        }
    }
}

/// The inverse of [`deal`].
fn gather<const COUNT: usize, N: Number>(from: &[Vec<N>], to: &mut [N]) {
    let (pixels, _) = to.as_chunks_mut::<COUNT>();
    let factor = from.len();
    for (phase, from) in from.iter().enumerate() {
        let (from, _) = from.as_chunks::<COUNT>();
        for (group, from) in pixels.chunks_mut(factor).zip(from) {
            if let Some(to) = group.get_mut(phase) {
                *to = *from;
            }
        }
    }
}

/// Blurs on the reduced grid and leads the rows back to full width. Their number stays reduced.
fn blur_and_widen<N: Mean + Term<N>>(
    small: &[N],
    frame: Frame,
    reduction: &Reduction<N>,
    across: Span,
    down: Span,
) -> Vec<N> {
    let channels = frame.channels;
    let small_len = across.count * channels;
    let rows: Vec<&[N]> = small.chunks_exact(small_len).collect();
    let taps = &reduction.blur;
    let radius = taps.weights.len() / 2;
    let groups = frame.width.div_ceil(reduction.factor);
    let mut wide = vec![N::default(); frame.row_len() * down.count];
    let before = radius * channels;
    let scratch = || {
        let padded = vec![N::default(); small_len + 2 * before];
        let phases = vec![vec![N::default(); groups * channels]; reduction.factor];
        (vec![N::default(); small_len], padded, phases)
    };
    wide.par_chunks_exact_mut(frame.row_len())
        .enumerate()
        .for_each_init(scratch, |(row, padded, phases), (y, out)| {
            let down = &mut padded[before..before + small_len];
            weigh(taps.rows(&rows, y, 0), &taps.weights, down);
            repeat_edges(padded, channels, radius, small_len);
            weigh_along(padded, channels, &taps.weights, row);
            for (phase, taps) in phases.iter_mut().zip(&reduction.phases) {
                let start = across.index_of(taps.start) * channels;
                weigh_along(&row[start..], channels, &taps.weights, phase);
            }
            match channels {
                1 => gather::<1, N>(phases, out),
                2 => gather::<2, N>(phases, out),
                3 => gather::<3, N>(phases, out),
                _ => gather::<4, N>(phases, out),
            }
        });
    wide
}
