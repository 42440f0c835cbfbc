//! A single plane of 8-bit samples brought to another size, row by row as it comes.
//!
//! Rows are added up first, with weights, into those rows of the target that they belong to: as few of them are held
//! as a kernel is high. A row that is complete is resampled along its length. All is computed in floats, so that
//! nothing is rounded but the result.

use std::collections::VecDeque;

use wide::f32x4;

use super::windows::{Axis, Windows};
use crate::image::{Plane, Sample};
use crate::pipeline::geometry::Kernel;

/// Takes the rows of a plane, and makes those of another.
#[derive(Debug)]
pub(in crate::pipeline) struct Rows {
    across: Along,
    down: Windows,
    /// Samples in a source row.
    width: usize,
    /// Source rows taken, and target rows of which nothing is missing.
    taken: usize,
    completed: usize,
    /// The row at hand, as floats.
    row: Vec<f32>,
    /// Sums for target rows that are not complete, the first one first.
    sums: VecDeque<Vec<f32>>,
    /// Sums that are complete.
    ready: Vec<Vec<f32>>,
    /// The samples of those, one of each together.
    columns: Vec<f32x4>,
    /// Sums that can be used again.
    spare: Vec<Vec<f32>>,
    done: Vec<u8>,
}

impl Rows {
    /// For a plane of `columns` by `rows` samples, of which `across` and `down` say what becomes of them.
    pub(in crate::pipeline) fn new(
        (columns, rows): (usize, usize),
        across: Axis,
        down: Axis,
        kernel: Kernel,
    ) -> Self {
        Self {
            across: Along::new(across, columns, kernel),
            down: Windows::new(down, rows, kernel),
            width: columns,
            taken: 0,
            completed: 0,
            row: Vec::with_capacity(columns),
            sums: VecDeque::new(),
            ready: Vec::new(),
            columns: Vec::new(),
            spare: Vec::new(),
            done: Vec::with_capacity(across.target * down.target),
        }
    }

    /// Takes the next row.
    pub(in crate::pipeline) fn push(&mut self, row: &[u8]) {
        let at = self.taken;
        self.taken += 1;
        let first = self.completed;
        let last = self.down.len();
        let begun = (first..last)
            .take_while(|target| self.down.span(*target).start <= at)
            .count();
        if begun == 0 {
            return;
        }
        self.row.clear();
        self.row
            .extend(row[..self.width].iter().map(|sample| f32::from(*sample)));
        while self.sums.len() < begun {
            let mut sum = self.spare.pop().unwrap_or_default();
            sum.clear();
            sum.resize(self.width, 0.0);
            self.sums.push_back(sum);
        }
        for (target, sum) in (first..).zip(&mut self.sums) {
            if self.down.span(target).contains(&at) {
                let weight = self.down.weight(target, at);
                for (sum, sample) in sum.iter_mut().zip(&self.row) {
                    *sum += weight * sample;
                }
            }
        }
        for target in first..last {
            if self.down.span(target).end != at + 1 {
                break;
            }
            self.completed += 1;
            self.complete();
        }
    }

    /// The plane that was made of the rows.
    pub(in crate::pipeline) fn finish(mut self) -> Vec<u8> {
        self.write();
        self.done
    }

    fn complete(&mut self) {
        self.ready.extend(self.sums.pop_front());
        if self.ready.len() == LANES {
            self.write();
        }
    }

    /// Resamples the rows that are ready along their length, all at once: with a sample of each in a vector, nothing need
    /// be added up within one.
    fn write(&mut self) {
        let (from, count) = (self.done.len(), self.across.target());
        self.done.resize(from + count * self.ready.len(), 0);
        let mut lines: Vec<&mut [u8]> = self.done[from..].chunks_exact_mut(count).collect();
        match &self.across {
            Along::Copy(first, count) => {
                for (line, row) in lines.iter_mut().zip(&self.ready) {
                    for (out, sample) in line.iter_mut().zip(&row[*first..][..*count]) {
                        *out = u8::from_f32(*sample);
                    }
                }
            }
            Along::Weigh(windows) => {
                self.columns.clear();
                self.columns.extend((0..self.width).map(|x| {
                    let sample = |n: usize| self.ready.get(n).map_or(0.0, |row| row[x]);
                    f32x4::new([sample(0), sample(1), sample(2), sample(3)])
                }));
                for (x, (first, weights)) in windows.each().enumerate() {
                    let columns = self.columns[first..].iter().zip(weights);
                    let sum = columns.fold(f32x4::ZERO, |sum, (column, weight)| {
                        sum + *column * f32x4::splat(*weight)
                    });
                    for (line, sample) in lines.iter_mut().zip(sum.to_array()) {
                        line[x] = u8::from_f32(sample);
                    }
                }
            }
        }
        self.spare.append(&mut self.ready);
    }
}

/// Rows that are resampled along their length together.
const LANES: usize = 4;

/// What is done along a row.
#[derive(Debug)]
enum Along {
    /// Samples are taken as they are, from this one on, so many.
    Copy(usize, usize),
    Weigh(Windows),
}

impl Along {
    fn new(axis: Axis, available: usize, kernel: Kernel) -> Self {
        let copied = axis.copied_from();
        match copied.filter(|first| first + axis.target <= available) {
            Some(first) => Self::Copy(first, axis.target),
            None => Self::Weigh(Windows::new(axis, available, kernel)),
        }
    }

    /// Samples made of a row.
    fn target(&self) -> usize {
        match self {
            Self::Copy(_, count) => *count,
            Self::Weigh(windows) => windows.len(),
        }
    }
}

/// Brings a plane to another size.
pub(in crate::pipeline) fn resample(
    plane: &Plane,
    across: Axis,
    down: Axis,
    kernel: Kernel,
) -> Vec<u8> {
    let mut rows = Rows::new((plane.columns(), plane.rows()), across, down, kernel);
    for line in plane.lines() {
        rows.push(line);
    }
    rows.finish()
}
