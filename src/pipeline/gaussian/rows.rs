//! Convolution row by row, for whoever needs no more than a few rows at once: none of them leaves the cache.

use super::plan::{Taps, direct};
use crate::pipeline::weigh::{repeat_edges, weigh, weigh_along};

/// The blurred rows of a picture of one channel, from top to bottom.
pub(in crate::pipeline) struct Rows {
    taps: Taps<f32>,
    height: usize,
    /// Rows as they were, each at its number modulo how many there are: those that the weights cover.
    held: Vec<Vec<f32>>,
    /// The first row that is not there yet.
    next: usize,
    /// A row that is blurred down the columns, with its edges repeated.
    padded: Vec<f32>,
}

impl Rows {
    /// `None` where so large a sigma is dealt with otherwise.
    pub(in crate::pipeline) fn new(sigma: f64, width: usize, height: usize) -> Option<Self> {
        let taps = direct(sigma)?;
        let count = taps.weights.len();
        Some(Self {
            taps,
            height,
            held: vec![vec![0.0; width]; count],
            next: 0,
            padded: vec![0.0; width + count - 1],
        })
    }

    /// Blurs row `y`, which must not lie above the one before. `load` makes rows as they were.
    pub(in crate::pipeline) fn blur(
        &mut self,
        y: usize,
        mut load: impl FnMut(usize, &mut [f32]),
        out: &mut [f32],
    ) {
        let (count, last) = (self.held.len(), self.height - 1);
        let radius = count / 2;
        let covered = y.saturating_sub(radius)..(y + radius + 1).min(self.height);
        for row in covered.start.max(self.next)..covered.end {
            load(row, &mut self.held[row % count]);
        }
        self.next = covered.end;
        let rows = (y..y + count).map(|row| {
            let row = row.saturating_sub(radius).min(last);
            &self.held[row % count][..]
        });
        weigh(
            rows,
            &self.taps.weights,
            &mut self.padded[radius..][..out.len()],
        );
        repeat_edges(&mut self.padded, 1, radius, out.len());
        weigh_along(&self.padded, 1, &self.taps.weights, out);
    }
}
