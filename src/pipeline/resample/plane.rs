//! Single planes of 8-bit samples brought to another size, row by row as they come.
//!
//! The last rows are held as floats, as many as a kernel is high. From them each row of the target is mixed, as wide as
//! the source; some of those together are then resampled along their length. Nothing is rounded but the result.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::rc::Rc;

use wide::f32x8;

use super::windows::{Axis, Windows};
use crate::image::Sample;
use crate::pipeline::geometry::Kernel;
use crate::simd::{self, Loop};

/// Rows that are resampled along their length together: with a sample of each in a vector, nothing need be added up within
/// one.
const LANES: usize = 8;

/// Columns that are mixed at once: their sums stay in registers.
const STRIP: usize = 32;

/// Brings planes of one size to another.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Resampler {
    /// What it is made for: samples across and down, and what becomes of them.
    from: (usize, usize),
    axes: (Axis, Axis),
    across: Along,
    down: Windows,
}

/// What is done along a row.
#[derive(Debug, Clone)]
enum Along {
    /// Samples are taken as they are, from this one on, so many.
    Copy(usize, usize),
    Weigh(Windows),
}

impl Along {
    fn new(axis: Axis, available: usize, kernel: Kernel) -> Self {
        let copied = axis.copied_from();
        match copied.filter(|first| first + axis.count <= available) {
            Some(first) => Self::Copy(first, axis.count),
            None => Self::Weigh(Windows::new(axis, available, kernel)),
        }
    }
}

impl Resampler {
    /// For planes of `from` samples across and down.
    pub(in crate::pipeline) fn new(
        from: (usize, usize),
        across: Axis,
        down: Axis,
        kernel: Kernel,
    ) -> Self {
        Self {
            from,
            axes: (across, down),
            across: Along::new(across, from.0, kernel),
            down: Windows::new(down, from.1, kernel),
        }
    }

    /// Whether it was made for this.
    pub(in crate::pipeline) fn is_for(
        &self,
        from: (usize, usize),
        across: Axis,
        down: Axis,
    ) -> bool {
        (self.from, self.axes) == (from, (across, down))
    }
}

/// Takes the rows of a plane, and makes those of another.
#[derive(Debug)]
pub(in crate::pipeline) struct Rows {
    plan: Rc<Resampler>,
    /// Source rows taken, and target rows mixed.
    taken: usize,
    mixed: usize,
    /// Floats from row to row, in the two buffers that follow.
    stride: usize,
    /// The last source rows, each at the place that its number is when divided by theirs.
    held: Vec<f32>,
    /// Target rows as wide as the source, [`LANES`] at the most.
    wide: Vec<f32>,
    /// The samples of those, one of each together.
    columns: Vec<f32x8>,
    narrow: Vec<[u8; LANES]>,
    done: Vec<u8>,
}

impl Rows {
    /// None has come yet.
    pub(in crate::pipeline) fn new(plan: Rc<Resampler>) -> Self {
        let stride = plan.from.0.next_multiple_of(STRIP);
        let most = (0..plan.down.len()).map(|at| plan.down.span(at).len());
        let most = most.max().unwrap_or(1);
        let (across, down) = plan.axes;
        Self {
            plan,
            taken: 0,
            mixed: 0,
            stride,
            held: vec![0.0; stride * most],
            wide: vec![0.0; stride * LANES],
            columns: vec![f32x8::ZERO; stride],
            narrow: vec![[0; LANES]; across.count],
            done: Vec::with_capacity(across.count * down.count),
        }
    }

    /// Takes the next row.
    pub(in crate::pipeline) fn push(&mut self, row: &[u8]) {
        let at = self.taken;
        self.taken += 1;
        let down = &self.plan.down;
        if self.mixed == down.len() || down.span(self.mixed).start > at {
            return;
        }
        let held = self.held.len() / self.stride;
        simd::run(Widen {
            row: &row[..self.plan.from.0],
            out: &mut self.held[at % held * self.stride..],
        });
        while self.mixed < self.plan.down.len() && self.plan.down.span(self.mixed).end == at + 1 {
            self.mix();
        }
    }

    /// Mixes the next row of the target from those that are held.
    fn mix(&mut self) {
        let lane = self.mixed % LANES;
        let (first, weights) = self.plan.down.window(self.mixed);
        simd::run(Mix {
            held: &self.held,
            stride: self.stride,
            first,
            weights,
            out: &mut self.wide[lane * self.stride..][..self.stride],
        });
        self.mixed += 1;
        if lane == LANES - 1 {
            self.narrow(LANES);
        }
    }

    /// The plane that was made of the rows, without anything between its own.
    pub(in crate::pipeline) fn finish(mut self) -> Vec<u8> {
        self.narrow(self.mixed % LANES);
        self.done
    }

    /// Resamples the first `count` of the rows that were mixed along their length.
    fn narrow(&mut self, count: usize) {
        let plan = self.plan.clone();
        match &plan.across {
            Along::Copy(first, length) => {
                for row in self.wide.chunks_exact(self.stride).take(count) {
                    let samples = row[*first..][..*length].iter();
                    self.done
                        .extend(samples.map(|sample| u8::from_f32(*sample)));
                }
            }
            Along::Weigh(windows) => {
                simd::run(Interleave {
                    rows: &self.wide,
                    stride: self.stride,
                    out: &mut self.columns,
                });
                simd::run(Weigh {
                    columns: &self.columns,
                    windows,
                    out: &mut self.narrow,
                });
                for lane in 0..count {
                    self.done
                        .extend(self.narrow.iter().map(|sample| sample[lane]));
                }
            }
        }
    }
}

/// Samples to floats.
struct Widen<'a> {
    row: &'a [u8],
    out: &'a mut [f32],
}

impl Loop for Widen<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, sample) in self.out.iter_mut().zip(self.row) {
            *out = f32::from(*sample);
        }
    }
}

/// The weighed sum of rows that follow each other.
struct Mix<'a> {
    held: &'a [f32],
    stride: usize,
    /// The first row's number.
    first: usize,
    weights: &'a [f32],
    out: &'a mut [f32],
}

impl Loop for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.held.len() / self.stride;
        let first = self.first % rows;
        let (strips, _) = self.out.as_chunks_mut::<STRIP>();
        for (n, out) in strips.iter_mut().enumerate() {
            let mut sums = [0.0; STRIP];
            let mut at = first * self.stride + n * STRIP;
            for weight in self.weights {
                let samples = self.held[at..].first_chunk::<STRIP>();
                for (sum, sample) in sums.iter_mut().zip(samples.unwrap_or(&[0.0; STRIP])) {
                    *sum += weight * sample;
                }
                at += self.stride;
                if at >= self.held.len() {
                    at -= self.held.len();
                }
            }
            *out = sums;
        }
    }
}

/// Rows to columns.
struct Interleave<'a> {
    rows: &'a [f32],
    stride: usize,
    out: &'a mut [f32x8],
}

impl Loop for Interleave<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (blocks, _) = self.out.as_chunks_mut::<LANES>();
        for (n, block) in blocks.iter_mut().enumerate() {
            let row = |lane: usize| {
                let samples = self.rows[lane * self.stride + n * LANES..].first_chunk();
                f32x8::new(samples.copied().unwrap_or_default())
            };
            *block = f32x8::transpose(std::array::from_fn(row));
        }
    }
}

/// The weighed sums of columns, rounded.
struct Weigh<'a> {
    columns: &'a [f32x8],
    windows: &'a Windows,
    out: &'a mut [[u8; LANES]],
}

impl Loop for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, (first, weights)) in self.out.iter_mut().zip(self.windows.each()) {
            let mut sums = [0.0; LANES];
            for (column, weight) in self.columns[first..].iter().zip(weights) {
                for (sum, sample) in sums.iter_mut().zip(column.as_array()) {
                    *sum += weight * sample;
                }
            }
            *out = sums.map(u8::from_f32);
        }
    }
}
