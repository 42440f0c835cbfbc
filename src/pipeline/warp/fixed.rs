//! Opaque pictures of 8 bits: in whole numbers of 16, of which a vector holds all that one row of four pixels has.
//!
//! Samples and weights are fractions of 2^15 and of products the upper half is kept, which compilers know instructions for where both
//! factors are vectors. Before it is rounded a sum is a tenth of a level off where it is most, and three hundredths as a rule.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::places::{BLOCK, LANES, Places, Source};
use crate::pipeline::alpha::has_alpha;
use crate::pipeline::weigh::fixed::{centered, upper_signed};

/// The cubic's weights as polynomials of the distance to the middle of the four pixels, in parts of 2^14: for each power, from the
/// lowest on, the factors of the four.
const CUBIC: [[i16; 4]; 4] = [
    [-1024, 9216, 9216, -1024],
    [2048, -22528, 22528, -2048],
    [4096, -4096, -4096, 4096],
    [-8192, 24576, -24576, 8192],
];

/// Bits behind the point of a sum.
const FRACTION: u32 = 5;

/// Added to sums: a half, what is cut off of the products in the mean, and the middle of the range, from which samples count.
const OFFSET: i16 = (1 << (FRACTION - 1)) + 2 + (128 << (FRACTION + 1));

/// Draws inner pixels from `x` on of row `y` of the result.
#[inline(always)]
pub(super) fn draw<const N: usize, const M: usize>(
    source: &Source<u8>,
    (x, y): (usize, usize),
    out: &mut [[u8; M]],
) {
    let mut places = Places::NONE;
    let mut products = [[0; LANES]; BLOCK + 1];
    let mut levels = [[0; LANES]; BLOCK];
    let columns: [[i16; LANES]; 4] = factors(|lane| lane / N);
    let rows: [[[i16; BLOCK]; 4]; 4] = [0, 1, 2, 3].map(|row| factors(|_| row));
    let mut of_rows = [[0; BLOCK]; 4];
    for (x, out) in (x..).step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
        places.find::<u8, N>(source, x, y);
        let (across, down) = (from_middle(&places.across), from_middle(&places.down));
        for (of_row, factors) in of_rows.iter_mut().zip(&rows) {
            *of_row = weights(factors, &down);
        }
        for (at, products) in products[..out.len()].iter_mut().enumerate() {
            let [first, second, third, fourth] = &of_rows;
            let of_rows = [first[at], second[at], third[at], fourth[at]];
            let sums = add_rows(source, places.starts[at], of_rows);
            let of_columns = weights(&columns, &[across[at]; LANES]);
            for lane in 0..LANES {
                products[lane] = upper_signed(sums[lane], of_columns[lane]);
            }
        }
        add_columns::<N>(&products, &mut levels);
        for (to, level) in out.iter_mut().zip(&levels) {
            for (to, level) in to[..N].iter_mut().zip(level) {
                *to = *level;
            }
            if has_alpha(M) {
                to[M - 1] = u8::MAX;
            }
        }
    }
}

/// For each power, the factors of the pixels that lanes belong to.
fn factors<const L: usize>(pixel: impl Fn(usize) -> usize) -> [[i16; L]; 4] {
    CUBIC.map(|factors| std::array::from_fn(|lane| factors[pixel(lane).min(3)]))
}

/// How far places are from the middle of four pixels, in parts of 2^16.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "bits of a fraction")]
fn from_middle(places: &[u64; BLOCK]) -> [i16; BLOCK] {
    const HALF: u16 = 1 << 15;
    let mut distances = [0; BLOCK];
    for (distance, place) in distances.iter_mut().zip(places) {
        *distance = ((place >> 16) as u16 ^ HALF).cast_signed();
    }
    distances
}

/// Weights in parts of 2^15 at such distances from the middle, of which lane by lane the powers have these factors.
#[inline(always)]
fn weights<const L: usize>(factors: &[[i16; L]; 4], distances: &[i16; L]) -> [i16; L] {
    let mut weights = [0; L];
    for (lane, weight) in weights.iter_mut().enumerate() {
        let [constant, linear, square, cube] = factors;
        let distance = distances[lane];
        let rest = upper_signed(cube[lane], distance).wrapping_add(square[lane]);
        let rest = upper_signed(rest, distance).wrapping_add(linear[lane]);
        let half = upper_signed(rest, distance).wrapping_add(constant[lane]);
        // 1 would be one too much for 16 bits.
        *weight = half.saturating_add(half);
    }
    weights
}

/// Four rows of four pixels, added up by their weights, and whatever lies behind them.
#[inline(always)]
fn add_rows(source: &Source<u8>, start: usize, weights: [i16; 4]) -> [i16; LANES] {
    let mut sums = [0_i16; LANES];
    for (row, weight) in weights.into_iter().enumerate() {
        let samples = &source.samples[start + row * source.stride..];
        let Some(samples) = samples.first_chunk() else {
            return sums;
        };
        let (values, weights) = (centered(samples), [weight; LANES]);
        for lane in 0..LANES {
            sums[lane] = sums[lane].wrapping_add(upper_signed(values[lane], weights[lane]));
        }
    }
    sums
}

/// The levels of pixels whose four columns are weighed: the first ones of their lanes. In all lanes something is added up, since
/// that is less work than to pick out those.
#[inline(always)]
fn add_columns<const N: usize>(
    products: &[[i16; LANES]; BLOCK + 1],
    levels: &mut [[u8; LANES]; BLOCK],
) {
    let columns = [0, N, 2 * N, 3 * N]
        .map(|first| products.as_flattened()[first..].first_chunk::<{ BLOCK * LANES }>());
    let [Some(first), Some(second), Some(third), Some(fourth)] = columns else {
        return;
    };
    for (at, level) in levels.as_flattened_mut().iter_mut().enumerate() {
        let left = first[at].wrapping_add(second[at]);
        let right = third[at].wrapping_add(fourth[at]);
        let sum = left.wrapping_add(right).wrapping_add(OFFSET) >> FRACTION;
        #[expect(clippy::cast_sign_loss, reason = "limited at once")]
        let limited = sum.clamp(0, 255) as u8;
        *level = limited;
    }
}
