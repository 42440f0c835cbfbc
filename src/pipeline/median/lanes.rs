//! The programs of [`super::network`], run on rows of samples.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::mem;

use super::Frame;
use super::network::Program;
use super::rows::{Key, Order, Ring};
use crate::pipeline::bands::{self, shared_out};
use crate::simd::{self, Loop};

/// Bytes that are worked on at once: a multiple of what any vector unit takes.
const BLOCK: usize = 32;

/// Samples of a row that a program is run on at a time: few enough for all of its values to stay in a near cache.
const STRETCH: usize = 768;

/// Rows that are worth handing over.
const LEAST_ROWS: usize = 64;

/// Makes rows of medians of the rows that their windows cover.
pub(super) fn filter<O: Order>(samples: &mut [O::Sample], frame: Frame) {
    let program = Program::of_radius(frame.radius);
    let stretch = STRETCH / frame.channels * frame.channels;
    let length = STRETCH + 2 * frame.reach() + BLOCK;
    let height = shared_out(frame.height, LEAST_ROWS);
    bands::run(
        samples,
        frame.row_len(),
        (height, frame.radius),
        || {
            // With room for what windows reach, and for blocks that are not full.
            let slots = vec![vec![O::Key::default(); length]; program.slots];
            let ring = Ring::<O>::new(frame, 2 * frame.radius + program.rows, 0);
            (ring, slots)
        },
        |(ring, slots), mut band| {
            let mut loaded = 0;
            for top in (0..band.height()).step_by(program.rows) {
                let end = top + 2 * frame.radius + program.rows;
                for index in loaded..end {
                    ring.load(&band, index);
                }
                loaded = end;
                for start in (0..frame.row_len()).step_by(stretch) {
                    let length = stretch.min(frame.row_len() - start);
                    let covered = length + 2 * frame.reach();
                    for (slot, index) in slots.iter_mut().zip(top..end) {
                        slot[..covered].copy_from_slice(&ring.line(index)[start..start + covered]);
                    }
                    simd::run(Steps {
                        program,
                        channels: frame.channels,
                        length,
                        slots,
                    });
                    for (y, result) in (top..band.height()).zip(&program.results) {
                        let from = result.right * frame.channels;
                        let keys = &slots[result.slot][from..from + length];
                        let row = &mut band.row_mut(y)[start..start + length];
                        O::samples(frame.channels, keys, row);
                    }
                }
            }
        },
    );
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
