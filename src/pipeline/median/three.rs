//! Medians of three by three samples: the greatest of what is least in each column, the median of what is in their middles, and
//! the least of what is greatest; the median of these three is that of all (J. L. Smith, "Implementing median filters in XC4000E
//! FPGAs", Xilinx `XCell` 23, 1996).
//!
//! Two rows are made at once: the two rows in the middle of four are part of both, and are compared once.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::Frame;
use super::rows::{Key, Order, Ring};
use crate::pipeline::bands::{self, shared_out};
use crate::simd::{self, Loop};

/// Samples of a row that are worked on at once: few enough for all that is made of them to stay in the nearest cache.
const STRETCH: usize = 1536;

/// Rows that are worth handing over.
const LEAST_ROWS: usize = 64;

/// That, with what windows reach beyond it to both sides.
const COVERED: usize = STRETCH + 2 * 4;

/// What is least, in the middle and greatest in columns of three.
struct Columns<K> {
    low: [K; COVERED],
    middle: [K; COVERED],
    high: [K; COVERED],
}

impl<K: Key> Columns<K> {
    fn new() -> Self {
        let [low, middle, high] = [[K::default(); COVERED]; 3];
        Self { low, middle, high }
    }
}

pub(super) fn filter<O: Order>(samples: &mut [O::Sample], frame: Frame) {
    let stretch = STRETCH / frame.channels * frame.channels;
    let height = shared_out(frame.height, LEAST_ROWS);
    bands::run(
        samples,
        frame.row_len(),
        (height, 1),
        || {
            let columns = Box::new([Columns::new(), Columns::new()]);
            let medians = vec![O::Key::default(); stretch];
            (Ring::<O>::new(frame, 4), columns, medians)
        },
        |(ring, columns, medians), mut band| {
            let mut loaded = 0;
            for top in (0..band.height()).step_by(2) {
                for index in loaded..top + 4 {
                    ring.load(&band, index);
                }
                loaded = top + 4;
                for start in (0..frame.row_len()).step_by(stretch) {
                    let end = frame.row_len().min(start + stretch);
                    let rows = [0, 1, 2, 3].map(|row| {
                        let line = ring.line(top + row);
                        &line[start..end + 2 * frame.reach()]
                    });
                    simd::run(Sort { rows, columns });
                    let medians = &mut medians[..end - start];
                    for (y, columns) in (top..band.height()).zip(columns.iter()) {
                        simd::run(Medians {
                            columns,
                            channels: frame.channels,
                            out: &mut *medians,
                        });
                        let row = &mut band.row_mut(y)[start..end];
                        O::samples(frame.channels, medians, row);
                    }
                }
            }
        },
    );
}

/// Sorts the columns of the first three of four rows, and of the last three.
struct Sort<'a, K> {
    rows: [&'a [K]; 4],
    columns: &'a mut [Columns<K>; 2],
}

impl<K: Key> Loop for Sort<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let [upper, lower] = self.columns;
        sort(self.rows, upper, lower);
    }
}

/// Apart, so that compilers see that neither lies over the other.
#[inline(always)]
fn sort<K: Key>(rows: [&[K]; 4], upper: &mut Columns<K>, lower: &mut Columns<K>) {
    let count = rows[0].len().min(COVERED);
    let rows = rows.map(|row| &row[..count]);
    for at in 0..count {
        let [first, second, third, fourth] = rows.map(|row| row[at]);
        let shared = sorted(second, third);
        [upper.low[at], upper.middle[at], upper.high[at]] = with(shared, first);
        [lower.low[at], lower.middle[at], lower.high[at]] = with(shared, fourth);
    }
}

/// Makes medians of columns.
struct Medians<'a, K> {
    columns: &'a Columns<K>,
    channels: usize,
    out: &'a mut [K],
}

impl<K: Key> Loop for Medians<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let count = self.out.len();
        let [low, middle, high] = [&self.columns.low, &self.columns.middle, &self.columns.high]
            .map(|samples| {
                let from = |column: usize| &samples[column * self.channels..][..count];
                [from(0), from(1), from(2)]
            });
        for (at, out) in self.out.iter_mut().enumerate() {
            let lows = low[0][at].max(low[1][at]).max(low[2][at]);
            let highs = high[0][at].min(high[1][at]).min(high[2][at]);
            let middles = median(middle[0][at], middle[1][at], middle[2][at]);
            *out = median(lows, middles, highs);
        }
    }
}

#[inline(always)]
fn sorted<K: Key>(a: K, b: K) -> [K; 2] {
    [a.min(b), a.max(b)]
}

/// Two that are sorted, and one more.
#[inline(always)]
fn with<K: Key>([low, high]: [K; 2], other: K) -> [K; 3] {
    let [low, other] = sorted(low, other);
    let [middle, high] = sorted(other, high);
    [low, middle, high]
}

#[inline(always)]
fn median<K: Key>(a: K, b: K, c: K) -> K {
    let [low, high] = sorted(a, b);
    low.max(high.min(c))
}
