//! Medians of three by three samples: the greatest of what is least in each column, the median of what is in their middles, and
//! the least of what is greatest; the median of these three is that of all (J. L. Smith, "Implementing median filters in XC4000E
//! FPGAs", Xilinx `XCell` 23, 1996).
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::pairs::{BLOCK, LONGEST, Pair, each, pair, put};
use super::rows::Key;

/// Columns of the rows of each of two windows, sorted.
#[derive(Debug)]
pub(super) struct Three<K> {
    upper: [[K; LONGEST]; 3],
    lower: [[K; LONGEST]; 3],
}

impl<K: Key> Pair<K, 4> for Box<Three<K>> {
    fn new() -> Self {
        let columns = [[K::default(); LONGEST]; 3];
        Self::new(Three {
            upper: columns,
            lower: columns,
        })
    }

    #[inline(always)]
    fn medians(&mut self, rows: [&[K]; 4], channels: usize, out: [&mut [K]; 2]) {
        let Three { upper, lower } = &mut **self;
        let [out_upper, out_lower] = out;
        sort(rows, out_upper.len() + BLOCK, upper, lower);
        medians(upper, channels, out_upper);
        medians(lower, channels, out_lower);
    }
}

#[inline(always)]
fn sort<K: Key>(
    rows: [&[K]; 4],
    length: usize,
    upper: &mut [[K; LONGEST]; 3],
    lower: &mut [[K; LONGEST]; 3],
) {
    let length = length.min(LONGEST);
    let rows = each!(0 1 2 3, |row| &rows[row][..length]);
    for at in 0..length {
        let shared = pair(rows[1][at], rows[2][at]);
        put!(0 1 2, upper, at, with(shared, rows[0][at]));
        put!(0 1 2, lower, at, with(shared, rows[3][at]));
    }
}

/// Two that are sorted, and one more.
#[inline(always)]
fn with<K: Key>([low, high]: [K; 2], other: K) -> [K; 3] {
    let [low, other] = pair(low, other);
    let [middle, high] = pair(other, high);
    [low, middle, high]
}

#[inline(always)]
fn medians<K: Key>(columns: &[[K; LONGEST]; 3], channels: usize, out: &mut [K]) {
    let length = out.len();
    let low = each!(0 1 2, |column| &columns[0][column * channels..][..length]);
    let middle = each!(0 1 2, |column| &columns[1][column * channels..][..length]);
    let high = each!(0 1 2, |column| &columns[2][column * channels..][..length]);
    for at in 0..length {
        let lows = low[0][at].max(low[1][at]).max(low[2][at]);
        let middles = median(middle[0][at], middle[1][at], middle[2][at]);
        let highs = high[0][at].min(high[1][at]).min(high[2][at]);
        out[at] = median(lows, middles, highs);
    }
}

#[inline(always)]
fn median<K: Key>(a: K, b: K, c: K) -> K {
    let [low, high] = pair(a, b);
    low.max(high.min(c))
}
