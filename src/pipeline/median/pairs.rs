//! Medians of windows of three by three and five by five samples, in as few passes as there are steps worth sharing between
//! neighbours: what a pass makes of a sample stays in registers.
//!
//! Two rows are made at once: all rows but the first and the last that their windows cover are part of both.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::Frame;
use super::rows::{Key, Order, Ring};
use crate::pipeline::bands::{self, shared_out};
use crate::simd::{self, Loop};

/// Samples that are worked on at once: a multiple of what any vector unit takes, and more than the whole window of a pixel.
pub(super) const BLOCK: usize = 32;

/// Samples of a row that passes are run on one after the other: few enough for all that they make to stay in the nearest cache.
pub(super) const STRETCH: usize = 24 * BLOCK;

/// The longest row that a pass makes: one block more for each pass that follows, as that reaches beyond its own.
pub(super) const LONGEST: usize = STRETCH + 2 * BLOCK;

/// Rows that are worth handing over.
const LEAST_ROWS: usize = 64;

/// One of those windows, and room for what passes make. `ROWS` are those that two windows cover, one below the other.
pub(super) trait Pair<K, const ROWS: usize>: Send {
    fn new() -> Self;

    /// Makes whole blocks of medians of rows that are two blocks longer. To be marked `#[inline(always)]`.
    fn medians(&mut self, rows: [&[K]; ROWS], channels: usize, out: [&mut [K]; 2]);
}

/// Takes medians with windows that reach `ROWS / 2 - 1` pixels.
pub(super) fn filter<O: Order, P: Pair<O::Key, ROWS>, const ROWS: usize>(
    samples: &mut [O::Sample],
    frame: Frame,
) {
    let stretch = STRETCH / frame.channels * frame.channels;
    let height = shared_out(frame.height, LEAST_ROWS);
    bands::run(
        samples,
        frame.row_len(),
        (height, frame.radius),
        || {
            let out = [[O::Key::default(); STRETCH]; 2];
            (Ring::<O>::new(frame, ROWS, 3 * BLOCK), P::new(), out)
        },
        |(ring, pair, out), mut band| {
            let mut loaded = 0;
            for top in (0..band.height()).step_by(2) {
                for index in loaded..top + ROWS {
                    ring.load(&band, index);
                }
                loaded = top + ROWS;
                for start in (0..frame.row_len()).step_by(stretch) {
                    let length = stretch.min(frame.row_len() - start);
                    let whole = length.next_multiple_of(BLOCK);
                    simd::run(Medians {
                        pair,
                        rows: std::array::from_fn(|row| {
                            &ring.line(top + row)[start..start + whole + 2 * BLOCK]
                        }),
                        channels: frame.channels,
                        out: out.each_mut().map(|out| &mut out[..whole]),
                    });
                    for (y, medians) in (top..band.height()).zip(&*out) {
                        let row = &mut band.row_mut(y)[start..start + length];
                        O::samples(frame.channels, &medians[..length], row);
                    }
                }
            }
        },
    );
}

struct Medians<'a, K, P, const ROWS: usize> {
    pair: &'a mut P,
    rows: [&'a [K]; ROWS],
    channels: usize,
    out: [&'a mut [K]; 2],
}

impl<K: Key, P: Pair<K, ROWS>, const ROWS: usize> Loop for Medians<'_, K, P, ROWS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.pair.medians(self.rows, self.channels, self.out);
    }
}

/// A list of one expression for each of a few numbers, written out: only so do compilers make vectors of the loop that it is in.
macro_rules! each {
    ($($number:literal)*, |$name:ident| $value:expr) => {
        [$({
            let $name = $number;
            $value
        }),*]
    };
}
pub(super) use each;

/// Puts the values of a list, written out, into a row each.
macro_rules! put {
    ($($number:literal)*, $rows:expr, $at:expr, $values:expr) => {{
        let values = $values;
        $($rows[$number][$at] = values[$number];)*
    }};
}
pub(super) use put;

/// The lesser and the greater.
#[inline(always)]
pub(super) fn pair<K: Key>(a: K, b: K) -> [K; 2] {
    [a.min(b), a.max(b)]
}
