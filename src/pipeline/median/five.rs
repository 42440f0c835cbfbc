//! Medians of five by five samples, by the program of [`network`](super::network) for two rows at once, written out: the columns of
//! the four rows that both windows cover are sorted, and merged in pairs; two pairs and a column are the twenty samples that both
//! windows have in common, of which six may be a median; the row above or below decides.
//!
//! Lists are merged as K. E. Batcher does it ("Sorting networks and their applications", AFIPS 1968): those of every other value,
//! and then neighbours. What cannot be a median is not asked for, and so is never made.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::pairs::{BLOCK, LONGEST, Pair, each, pair, put};
use super::rows::Key;

#[derive(Debug)]
pub(super) struct Five<K> {
    /// Columns of four, sorted.
    columns: [[K; LONGEST]; 4],
    /// A column and the next one.
    pairs: [[K; LONGEST]; 8],
    /// What may be a median of five columns and five more.
    middles: [[K; LONGEST]; 6],
}

impl<K: Key> Pair<K, 6> for Box<Five<K>> {
    fn new() -> Self {
        Self::new(Five {
            columns: [[K::default(); LONGEST]; 4],
            pairs: [[K::default(); LONGEST]; 8],
            middles: [[K::default(); LONGEST]; 6],
        })
    }

    #[inline(always)]
    fn medians(&mut self, rows: [&[K]; 6], channels: usize, out: [&mut [K]; 2]) {
        let Five {
            columns,
            pairs,
            middles,
        } = &mut **self;
        let [above, first, second, third, fourth, below] = rows;
        let [upper, lower] = out;
        let length = upper.len();
        sort([first, second, third, fourth], length + 2 * BLOCK, columns);
        merge(columns, channels, length + BLOCK, pairs);
        choose(pairs, columns, channels, length, middles);
        decide(middles, above, channels, upper);
        decide(middles, below, channels, lower);
    }
}

#[inline(always)]
fn sort<K: Key>(rows: [&[K]; 4], length: usize, columns: &mut [[K; LONGEST]; 4]) {
    let length = length.min(LONGEST);
    let rows = each!(0 1 2 3, |row| &rows[row][..length]);
    for at in 0..length {
        let upper = pair(rows[0][at], rows[1][at]);
        let lower = pair(rows[2][at], rows[3][at]);
        put!(0 1 2 3, columns, at, merge_2_2(upper, lower));
    }
}

#[inline(always)]
fn merge<K: Key>(
    columns: &[[K; LONGEST]; 4],
    channels: usize,
    length: usize,
    pairs: &mut [[K; LONGEST]; 8],
) {
    let length = length.min(LONGEST);
    let left = each!(0 1 2 3, |rank| &columns[rank][..length]);
    let right = each!(0 1 2 3, |rank| &columns[rank][channels..][..length]);
    for at in 0..length {
        let left = each!(0 1 2 3, |rank| left[rank][at]);
        let right = each!(0 1 2 3, |rank| right[rank][at]);
        put!(0 1 2 3 4 5 6 7, pairs, at, merge_4_4(left, right));
    }
}

#[inline(always)]
fn choose<K: Key>(
    pairs: &[[K; LONGEST]; 8],
    columns: &[[K; LONGEST]; 4],
    channels: usize,
    length: usize,
    middles: &mut [[K; LONGEST]; 6],
) {
    let length = length.min(LONGEST);
    let left = each!(0 1 2 3 4 5 6 7, |rank| &pairs[rank][..length]);
    let right = each!(0 1 2 3 4 5 6 7, |rank| &pairs[rank][2 * channels..][..length]);
    let last = each!(0 1 2 3, |rank| &columns[rank][4 * channels..][..length]);
    for at in 0..length {
        let left = each!(0 1 2 3 4 5 6 7, |rank| left[rank][at]);
        let right = each!(0 1 2 3 4 5 6 7, |rank| right[rank][at]);
        let last = each!(0 1 2 3, |rank| last[rank][at]);
        put!(0 1 2 3 4 5, middles, at, middle_6(middle_10(left, right), last));
    }
}

#[inline(always)]
fn decide<K: Key>(middles: &[[K; LONGEST]; 6], row: &[K], channels: usize, out: &mut [K]) {
    let length = out.len();
    let row = each!(0 1 2 3 4, |column| &row[column * channels..][..length]);
    let middles = each!(0 1 2 3 4 5, |rank| &middles[rank][..length]);
    for at in 0..length {
        let row = sort_5(each!(0 1 2 3 4, |column| row[column][at]));
        // However many of the row are below it, the rest are of the six: it is the least of the greatest of both.
        let both = each!(0 1 2 3 4, |count| middles[4 - count][at].max(row[count]));
        let least = both[0].min(both[1]).min(both[2]).min(both[3]).min(both[4]);
        out[at] = least.min(middles[5][at]);
    }
}

#[inline(always)]
fn sort_5<K: Key>(values: [K; 5]) -> [K; 5] {
    let [upper, lower] = [pair(values[0], values[1]), pair(values[2], values[3])];
    let four = merge_2_2(upper, lower);
    let [first, last] = pair(four[0], values[4]);
    let [second, last] = pair(four[1], last);
    let [third, last] = pair(four[2], last);
    let [fourth, fifth] = pair(four[3], last);
    [first, second, third, fourth, fifth]
}

#[inline(always)]
fn merge_2_1<K: Key>([a0, a1]: [K; 2], b: K) -> [K; 3] {
    let [least, b] = pair(a0, b);
    let [middle, greatest] = pair(a1, b);
    [least, middle, greatest]
}

#[inline(always)]
fn merge_2_2<K: Key>([a0, a1]: [K; 2], [b0, b1]: [K; 2]) -> [K; 4] {
    let ([e0, e1], [o0, o1]) = (pair(a0, b0), pair(a1, b1));
    let [m1, m2] = pair(o0, e1);
    [e0, m1, m2, o1]
}

#[inline(always)]
fn merge_3_1<K: Key>([a0, a1, a2]: [K; 3], b: K) -> [K; 4] {
    let [e0, e1, e2] = merge_2_1([a0, a2], b);
    let [m1, m2] = pair(a1, e1);
    [e0, m1, m2, e2]
}

#[inline(always)]
fn merge_4_4<K: Key>([a0, a1, a2, a3]: [K; 4], [b0, b1, b2, b3]: [K; 4]) -> [K; 8] {
    let [e0, e1, e2, e3] = merge_2_2([a0, a2], [b0, b2]);
    let [o0, o1, o2, o3] = merge_2_2([a1, a3], [b1, b3]);
    let [m1, m2] = pair(o0, e1);
    let [m3, m4] = pair(o1, e2);
    let [m5, m6] = pair(o2, e3);
    [e0, m1, m2, m3, m4, m5, m6, o3]
}

#[inline(always)]
fn merge_5_2<K: Key>([a0, a1, a2, a3, a4]: [K; 5], [b0, b1]: [K; 2]) -> [K; 7] {
    let [e0, e1, e2, e3] = merge_3_1([a0, a2, a4], b0);
    let [o0, o1, o2] = merge_2_1([a1, a3], b1);
    let [m1, m2] = pair(o0, e1);
    let [m3, m4] = pair(o1, e2);
    let [m5, m6] = pair(o2, e3);
    [e0, m1, m2, m3, m4, m5, m6]
}

/// Those in the middle of two lists of eight.
#[inline(always)]
fn middle_10<K: Key>(a: [K; 8], b: [K; 8]) -> [K; 10] {
    let [_, _, e2, e3, e4, e5, e6, _] =
        merge_4_4([a[0], a[2], a[4], a[6]], [b[0], b[2], b[4], b[6]]);
    let [_, o1, o2, o3, o4, o5, _, _] =
        merge_4_4([a[1], a[3], a[5], a[7]], [b[1], b[3], b[5], b[7]]);
    let [m3, m4] = pair(o1, e2);
    let [m5, m6] = pair(o2, e3);
    let [m7, m8] = pair(o3, e4);
    let [m9, m10] = pair(o4, e5);
    let [m11, m12] = pair(o5, e6);
    [m3, m4, m5, m6, m7, m8, m9, m10, m11, m12]
}

/// Those in the middle of a list of ten and one of four.
#[inline(always)]
fn middle_6<K: Key>(a: [K; 10], b: [K; 4]) -> [K; 6] {
    let [_, _, e2, e3, e4, e5, _] = merge_5_2([a[0], a[2], a[4], a[6], a[8]], [b[0], b[2]]);
    let [_, o1, o2, o3, o4, _, _] = merge_5_2([a[1], a[3], a[5], a[7], a[9]], [b[1], b[3]]);
    let [m5, m6] = pair(o2, e3);
    let [m7, m8] = pair(o3, e4);
    [o1.max(e2), m5, m6, m7, m8, o4.min(e5)]
}
