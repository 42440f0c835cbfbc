//! A single plane of 8-bit samples brought to another size, row by row as it comes.
//!
//! Rows are added up first, with weights, into those rows of the target that they belong to: as few of them are held
//! as a kernel is high. A row that is complete is resampled along its length. All is computed in floats, so that
//! nothing is rounded but the result.

use std::collections::VecDeque;

use super::windows::{Axis, LANES, Windows};
use crate::image::{Plane, Sample};
use crate::pipeline::geometry::Kernel;

/// Takes the rows of a plane, and makes those of another.
#[derive(Debug)]
pub(in crate::pipeline) struct Rows {
    across: Along,
    down: Windows,
    /// Samples in a source row.
    width: usize,
    /// Source rows taken.
    taken: usize,
    /// The row at hand, as floats.
    row: Vec<f32>,
    /// Sums for target rows that are not complete, the first one first.
    sums: VecDeque<Vec<f32>>,
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
            row: Vec::with_capacity(columns),
            sums: VecDeque::new(),
            spare: Vec::new(),
            done: Vec::with_capacity(across.target * down.target),
        }
    }

    /// Takes the next row.
    pub(in crate::pipeline) fn push(&mut self, row: &[u8]) {
        let at = self.taken;
        self.taken += 1;
        let first = self.done.len() / self.across.target();
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
            sum.resize(self.width + self.across.padding(), 0.0);
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
            self.complete();
        }
    }

    /// The plane that was made of the rows.
    pub(in crate::pipeline) fn finish(self) -> Vec<u8> {
        self.done
    }

    fn complete(&mut self) {
        let Some(sum) = self.sums.pop_front() else {
            return;
        };
        self.across.resample(&sum, &mut self.done);
        self.spare.push(sum);
    }
}

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

    /// Zeros that must follow a row.
    fn padding(&self) -> usize {
        match self {
            Self::Copy(..) => 0,
            Self::Weigh(windows) => windows.padding(),
        }
    }

    fn resample(&self, row: &[f32], out: &mut Vec<u8>) {
        match self {
            Self::Copy(first, count) => {
                out.extend(
                    row[*first..][..*count]
                        .iter()
                        .map(|sample| u8::from_f32(*sample)),
                );
            }
            Self::Weigh(windows) => {
                out.extend(
                    windows
                        .each()
                        .map(|(first, weights)| weighed(&row[first..], weights)),
                );
            }
        }
    }
}

fn weighed(samples: &[f32], weights: &[f32]) -> u8 {
    let mut lanes = [0.0; LANES];
    let samples = samples[..weights.len()].as_chunks::<LANES>().0;
    for (weights, samples) in weights.as_chunks::<LANES>().0.iter().zip(samples) {
        for ((lane, weight), sample) in lanes.iter_mut().zip(weights).zip(samples) {
            *lane += weight * sample;
        }
    }
    u8::from_f32(lanes.iter().sum())
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
