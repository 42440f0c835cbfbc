//! Convolution on a reduced grid, for large sigmas.

use rayon::prelude::*;

use super::Frame;
use super::plan::{Reduction, Span};
use super::weigh::{repeat_edges, weigh, weigh_along};
use crate::image::Sample;

pub(super) fn run<T: Sample, S: Send>(
    rows: &[&[T]],
    frame: Frame,
    reduction: &Reduction,
    out: &mut [S],
    finish: impl Fn(usize, &mut [f32], &mut [S]) + Sync,
) {
    let row_len = frame.row_len();
    let across = reduction.span(frame.width);
    let down = reduction.span(frame.height);
    let small = reduce(rows, frame, reduction, across, down);
    let wide = blur_and_widen(&small, frame, reduction, across, down);
    let rows: Vec<&[f32]> = wide.chunks_exact(row_len).collect();
    out.par_chunks_exact_mut(row_len).enumerate().for_each_init(
        || vec![0.0; row_len],
        |row, (y, out)| {
            let taps = &reduction.phases[y % reduction.factor];
            let at = y / reduction.factor;
            weigh(taps.rows(&rows, at, down.first), &taps.weights, row);
            finish(y, row, out);
        },
    );
}

/// Takes the picture to the reduced grid along both axes.
fn reduce<T: Sample>(
    rows: &[&[T]],
    frame: Frame,
    reduction: &Reduction,
    across: Span,
    down: Span,
) -> Vec<f32> {
    let row_len = frame.row_len();
    let mut small = vec![0.0; across.count * down.count * frame.channels];
    small
        .par_chunks_exact_mut(across.count * frame.channels)
        .enumerate()
        .for_each_init(
            || (vec![0.0; row_len], Narrower::new(frame, reduction, across)),
            |(row, narrower), (index, out)| {
                weigh(
                    reduction.rows(rows, down, index),
                    &reduction.prefilter.weights,
                    row,
                );
                narrower.narrow(row, out);
            },
        );
    small
}

/// Takes rows to the reduced grid: their samples are dealt out to `factor` rows first, so that taps lie side by side.
struct Narrower<'a> {
    channels: usize,
    reduction: &'a Reduction,
    across: Span,
    padded: Vec<f32>,
    dealt: Vec<Vec<f32>>,
}

impl<'a> Narrower<'a> {
    fn new(frame: Frame, reduction: &'a Reduction, across: Span) -> Self {
        let factor = reduction.factor;
        // As many whole groups of `factor` pixels as the taps of the last sample reach.
        let groups = across.count + reduction.prefilter.weights.len().div_ceil(factor);
        Self {
            channels: frame.channels,
            reduction,
            across,
            padded: vec![0.0; groups * factor * frame.channels],
            dealt: vec![vec![0.0; groups * frame.channels]; factor],
        }
    }

    fn narrow(&mut self, row: &[f32], out: &mut [f32]) {
        let (channels, factor) = (self.channels, self.reduction.factor);
        let before = self.reduction.pixels_before(self.across);
        repeat_edges(row, channels, before, &mut self.padded);
        match channels {
            1 => deal::<1>(&self.padded, &mut self.dealt),
            2 => deal::<2>(&self.padded, &mut self.dealt),
            3 => deal::<3>(&self.padded, &mut self.dealt),
            _ => deal::<4>(&self.padded, &mut self.dealt),
        }
        let weights = &self.reduction.prefilter.weights;
        let taps =
            (0..weights.len()).map(|tap| &self.dealt[tap % factor][tap / factor * channels..]);
        weigh(taps, weights, out);
    }
}

/// Deals the pixels of a row out to as many rows as there are, in turn.
fn deal<const N: usize>(from: &[f32], to: &mut [Vec<f32>]) {
    let (pixels, _) = from.as_chunks::<N>();
    let factor = to.len();
    for (phase, to) in to.iter_mut().enumerate() {
        let (to, _) = to.as_chunks_mut::<N>();
        for (to, group) in to.iter_mut().zip(pixels.chunks_exact(factor)) {
            *to = group[phase];
        }
    }
}

/// The inverse of [`deal`].
fn gather<const N: usize>(from: &[Vec<f32>], to: &mut [f32]) {
    let (pixels, _) = to.as_chunks_mut::<N>();
    let factor = from.len();
    for (phase, from) in from.iter().enumerate() {
        let (from, _) = from.as_chunks::<N>();
        for (group, from) in pixels.chunks_mut(factor).zip(from) {
            if let Some(to) = group.get_mut(phase) {
                *to = *from;
            }
        }
    }
}

/// Blurs on the reduced grid and leads the rows back to full width. Their number stays reduced.
fn blur_and_widen(
    small: &[f32],
    frame: Frame,
    reduction: &Reduction,
    across: Span,
    down: Span,
) -> Vec<f32> {
    let channels = frame.channels;
    let small_len = across.count * channels;
    let rows: Vec<&[f32]> = small.chunks_exact(small_len).collect();
    let taps = &reduction.blur;
    let radius = taps.weights.len() / 2;
    let groups = frame.width.div_ceil(reduction.factor);
    let mut wide = vec![0.0; frame.row_len() * down.count];
    let scratch = || {
        let padded = vec![0.0; small_len + 2 * radius * channels];
        let phases = vec![vec![0.0; groups * channels]; reduction.factor];
        (vec![0.0; small_len], padded, phases)
    };
    wide.par_chunks_exact_mut(frame.row_len())
        .enumerate()
        .for_each_init(scratch, |(row, padded, phases), (y, out)| {
            weigh(taps.rows(&rows, y, 0), &taps.weights, row);
            repeat_edges(row, channels, radius, padded);
            weigh_along(padded, channels, &taps.weights, row);
            for (phase, taps) in phases.iter_mut().zip(&reduction.phases) {
                let start = across.index_of(taps.start) * channels;
                weigh_along(&row[start..], channels, &taps.weights, phase);
            }
            match channels {
                1 => gather::<1>(phases, out),
                2 => gather::<2>(phases, out),
                3 => gather::<3>(phases, out),
                _ => gather::<4>(phases, out),
            }
        });
    wide
}
