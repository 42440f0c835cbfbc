//! The programs of [`super::network`], run on rows of samples.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::mem;

use rayon::prelude::*;

use super::Frame;
use super::network::Program;
use super::rows::{Key, Rows};
use crate::simd::{self, Loop};

/// Bytes that are worked on at once: a multiple of what any vector unit takes.
const BLOCK: usize = 32;

/// Samples of a row that a program is run on at a time: few enough for all of its values to stay in a near cache.
const STRETCH: usize = 768;

/// Makes rows of medians of the rows that their windows cover.
pub(super) fn filter<R: Rows>(rows: &R, out: &mut [R::Sample]) {
    let frame = rows.frame();
    let program = Program::of_radius(frame.radius);
    let stretch = STRETCH / frame.channels * frame.channels;
    out.par_chunks_mut(frame.row_len() * program.rows)
        .enumerate()
        .for_each_init(
            || slots(program, frame),
            |slots, (band, out)| {
                for start in (0..frame.row_len()).step_by(stretch) {
                    let length = stretch.min(frame.row_len() - start);
                    load(rows, band * program.rows, start, length, slots, program);
                    simd::run(Steps {
                        program,
                        channels: frame.channels,
                        length,
                        slots,
                    });
                    let lines = out.chunks_exact_mut(frame.row_len());
                    for (result, line) in program.results.iter().zip(lines) {
                        let from = result.right * frame.channels;
                        let keys = &slots[result.slot][from..from + length];
                        rows.store(keys, &mut line[start..start + length]);
                    }
                }
            },
        );
}

/// Where a program keeps its values, with room for what their windows reach, and for blocks that are not full.
fn slots<K: Key>(program: &Program, frame: Frame) -> Vec<Vec<K>> {
    let length = STRETCH + 2 * frame.reach() + BLOCK;
    vec![vec![K::default(); length]; program.slots]
}

/// Fills the first of them with the rows that windows cover from row `top` on.
fn load<R: Rows>(
    rows: &R,
    top: usize,
    start: usize,
    length: usize,
    slots: &mut [Vec<R::Key>],
    program: &Program,
) {
    let frame = rows.frame();
    let count = 2 * frame.radius + program.rows;
    for (index, slot) in slots.iter_mut().enumerate().take(count) {
        let y = (top + index)
            .saturating_sub(frame.radius)
            .min(frame.height - 1);
        rows.load(y, start, &mut slot[..length + 2 * frame.reach()]);
    }
}

struct Steps<'a, T> {
    program: &'a Program,
    channels: usize,
    length: usize,
    slots: &'a mut [Vec<T>],
}

impl<T: Key> Loop for Steps<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (slots, channels) = (self.slots, self.channels);
        let take = |slots: &mut [Vec<T>], slot: Option<usize>| {
            slot.map_or_else(Vec::new, |slot| mem::take(&mut slots[slot]))
        };
        for step in &self.program.steps {
            let length = (self.length + step.beyond * channels).next_multiple_of(BLOCK);
            let mut lesser = take(slots, step.lesser);
            let mut greater = take(slots, step.greater);
            let [a, b] = step.of.map(|seen| (seen.slot, seen.right * channels));
            let a = &slots[a.0][a.1..a.1 + length];
            let b = &slots[b.0][b.1..b.1 + length];
            match (step.lesser, step.greater) {
                (Some(_), Some(_)) => both(a, b, &mut lesser, &mut greater),
                (Some(_), None) => one(a, b, &mut lesser, T::min),
                (None, _) => one(a, b, &mut greater, T::max),
            }
            for (slot, values) in [(step.lesser, lesser), (step.greater, greater)] {
                if let Some(slot) = slot {
                    slots[slot] = values;
                }
            }
        }
    }
}

#[inline(always)]
fn one<T: Key>(a: &[T], b: &[T], out: &mut [T], of: impl Fn(T, T) -> T) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = of(*a, *b);
    }
}

#[inline(always)]
fn both<T: Key>(a: &[T], b: &[T], lesser: &mut [T], greater: &mut [T]) {
    let out = lesser.iter_mut().zip(greater);
    for ((lesser, greater), (a, b)) in out.zip(a.iter().zip(b)) {
        (*lesser, *greater) = (*a.min(b), *a.max(b));
    }
}
