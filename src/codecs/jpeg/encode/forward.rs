//! The cosine transform (ITU-T T.81, A.3.3) and quantisation (A.3.4).
//!
//! The transform is that of Arai, Agui and Nakajima (Trans. IEICE E-71, 1988): five multiplications for eight samples, and
//! results that are too large by factors known beforehand, which go into the quantisation. It is computed in floats,
//! in an order that the source fixes, so that every processor makes the same of it.
//!
//! Each step is a function of its own that is not to be inlined: the compiler makes vectors of each by itself, and loses
//! sight of them in all together.

use super::super::inverse::ZIGZAG;
use super::super::segments::Steps;

/// Four numbers that are treated alike: a vector of today's processors.
type Four = [f32; 4];

/// Eight rows, or one half of their columns. Aligned, so that no vector lies across cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Half([Four; 8]);

/// From samples to numbers of quantisation steps.
#[derive(Debug, Clone)]
pub(super) struct Forward {
    /// What turns results of the transform into numbers of steps, as they stand in its result.
    upper: Half,
    lower: Half,
}

impl Forward {
    pub(super) fn new(steps: &Steps) -> Self {
        let (mut upper, mut lower) = (Half([[0.0; 4]; 8]), Half([[0.0; 4]; 8]));
        for (step, place) in steps.iter().zip(ZIGZAG) {
            let (row, column) = (place / 8, place % 8);
            let half = if row < 4 { &mut upper } else { &mut lower };
            half.0[column][row % 4] = factor(row, column, *step);
        }
        Self { upper, lower }
    }

    /// The coefficients of a block in the order [`AS_TRANSFORMED`](super::order::AS_TRANSFORMED).
    #[inline(never)]
    pub(super) fn run(&self, block: &[[u8; 8]; 8], out: &mut [i16; 64]) {
        let (left, right) = (columns_of_samples(block, 0), columns_of_samples(block, 4));
        let (left_upper, left_lower) = left.0.split_at(4);
        let (right_upper, right_lower) = right.0.split_at(4);
        let upper = columns(&turned(left_upper, right_upper));
        let lower = columns(&turned(left_lower, right_lower));
        let (out_upper, out_lower) = out.split_at_mut(32);
        quantise(&upper, &self.upper, out_upper);
        quantise(&lower, &self.lower, out_lower);
    }
}

/// What a result of the transform is to be multiplied with. Halves are to be rounded away from zero, as libjpeg does: the
/// little more sees to that, and is too little to move anything else.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the nearest float is meant"
)]
fn factor(row: usize, column: usize, step: u16) -> f32 {
    let more = 1.0 + 1.0 / f64::from(1 << 20);
    (more / (8.0 * EXCESS[row] * EXCESS[column] * f64::from(step.max(1)))) as f32
}

/// By how much the results for each frequency are too large, but for the common factor: sqrt(2) cos(n pi / 16) from the
/// first on. Written out, because not every library rounds cosines alike.
const EXCESS: [f64; 8] = [
    1.0,
    1.387_039_845_322_147_5,
    1.306_562_964_876_376_6,
    1.175_875_602_419_358_8,
    1.0,
    0.785_694_958_387_102_3,
    0.541_196_100_146_197_1,
    0.275_899_379_282_943_1,
];

#[inline(never)]
fn quantise(half: &Half, factors: &Half, out: &mut [i16]) {
    let numbers = half.0.as_flattened().iter().zip(factors.0.as_flattened());
    for (out, (number, factor)) in out.iter_mut().zip(numbers) {
        *out = nearest(number * factor);
    }
}

/// The nearest whole number. From 2^23 on floats have no fractions, and the lowest bits count: adding that much rounds, in
/// whole vectors. Half as much again keeps negative numbers there.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the number is in the lowest bits"
)]
fn nearest(value: f32) -> i16 {
    (value + 12_582_912.0).to_bits() as i16
}

/// The transform down four columns of samples, from `first` on, which are brought around zero (A.3.1).
#[inline(never)]
fn columns_of_samples(block: &[[u8; 8]; 8], first: usize) -> Half {
    let mut rows = [[0.0; 4]; 8];
    for (row, samples) in rows.iter_mut().zip(block) {
        let samples = &samples[first..first + 4];
        let samples = [samples[0], samples[1], samples[2], samples[3]];
        *row = samples.map(|sample| f32::from(sample) - 128.0);
    }
    transform(&rows)
}

/// The transform down four columns.
#[inline(never)]
fn columns(rows: &Half) -> Half {
    transform(&rows.0)
}

/// cos(pi / 4), cos(3 pi / 8), and the difference and the sum of cos(pi / 8) and that.
const HALF_TURN: f32 = std::f32::consts::FRAC_1_SQRT_2;
const STEEP: f32 = 0.382_683_43;
const LESS: f32 = 0.541_196_1;
const MORE: f32 = 1.306_563;

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "samples become numbers within it, not in memory"
)]
fn transform(rows: &[Four; 8]) -> Half {
    let [r0, r1, r2, r3, r4, r5, r6, r7] = *rows;
    let [f0, f2, f4, f6] = even(add(r0, r7), add(r1, r6), add(r2, r5), add(r3, r4));
    let [f1, f3, f5, f7] = odd(sub(r0, r7), sub(r1, r6), sub(r2, r5), sub(r3, r4));
    Half([f0, f1, f2, f3, f4, f5, f6, f7])
}

/// The even frequencies, from the sums of rows that mirror each other, the outermost first.
#[inline]
fn even(a: Four, b: Four, c: Four, d: Four) -> [Four; 4] {
    let (outer, inner) = (add(a, d), add(b, c));
    let (outer_less, inner_less) = (sub(a, d), sub(b, c));
    let bent = scale(add(inner_less, outer_less), HALF_TURN);
    [
        add(outer, inner),
        add(outer_less, bent),
        sub(outer, inner),
        sub(outer_less, bent),
    ]
}

/// The odd frequencies, from the differences.
#[inline]
fn odd(a: Four, b: Four, c: Four, d: Four) -> [Four; 4] {
    let (low, middle, high) = (add(d, c), add(c, b), add(b, a));
    let common = scale(sub(low, high), STEEP);
    let low = add(scale(low, LESS), common);
    let high = add(scale(high, MORE), common);
    let middle = scale(middle, HALF_TURN);
    let (more, less) = (add(a, middle), sub(a, middle));
    [
        add(more, high),
        sub(less, low),
        add(less, low),
        sub(more, high),
    ]
}

/// Rows for columns: of each half four rows become columns, side by side.
#[inline(never)]
fn turned(left: &[Four], right: &[Four]) -> Half {
    let [c0, c1, c2, c3] = quarter(left[0], left[1], left[2], left[3]);
    let [c4, c5, c6, c7] = quarter(right[0], right[1], right[2], right[3]);
    Half([c0, c1, c2, c3, c4, c5, c6, c7])
}

/// In two steps of what vectors have an instruction for.
#[inline]
fn quarter(a: Four, b: Four, c: Four, d: Four) -> [Four; 4] {
    let (ab, ab_more) = ([a[0], b[0], a[1], b[1]], [a[2], b[2], a[3], b[3]]);
    let (cd, cd_more) = ([c[0], d[0], c[1], d[1]], [c[2], d[2], c[3], d[3]]);
    [
        [ab[0], ab[1], cd[0], cd[1]],
        [ab[2], ab[3], cd[2], cd[3]],
        [ab_more[0], ab_more[1], cd_more[0], cd_more[1]],
        [ab_more[2], ab_more[3], cd_more[2], cd_more[3]],
    ]
}

#[inline]
fn add(a: Four, b: Four) -> Four {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]
}

#[inline]
fn sub(a: Four, b: Four) -> Four {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]]
}

#[inline]
fn scale(a: Four, by: f32) -> Four {
    [a[0] * by, a[1] * by, a[2] * by, a[3] * by]
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small numbers"
)]
mod tests {
    use std::f64::consts::PI;

    use super::super::order::AS_TRANSFORMED;
    use super::*;

    /// A.3.3, word for word.
    fn exact(block: &[[u8; 8]; 8], row: usize, column: usize) -> f64 {
        let wave = |place: usize, frequency: usize| {
            let scale = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
            0.5 * scale * ((2 * place + 1) as f64 * frequency as f64 * PI / 16.0).cos()
        };
        let mut sum = 0.0;
        for (y, line) in block.iter().enumerate() {
            for (x, sample) in line.iter().enumerate() {
                sum += (f64::from(*sample) - 128.0) * wave(y, row) * wave(x, column);
            }
        }
        sum
    }

    #[test]
    fn numbers_of_steps_are_the_nearest() {
        let mut seed = 1_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let steps: Steps = std::array::from_fn(|index| 1 + index as u16 % 9);
        let forward = Forward::new(&steps);
        for _ in 0..200 {
            let block: [[u8; 8]; 8] = std::array::from_fn(|_| std::array::from_fn(|_| next()));
            let mut out = [0; 64];
            forward.run(&block, &mut out);
            for (index, step) in steps.iter().enumerate() {
                let number = exact(&block, ZIGZAG[index] / 8, ZIGZAG[index] % 8) / f64::from(*step);
                let found = f64::from(out[usize::from(AS_TRANSFORMED.places[index])]);
                assert!(
                    (found - number).abs() < 0.5 + 0.002,
                    "{index}: {found}, not {number}"
                );
            }
        }
    }

    #[test]
    fn factors_are_those_of_the_transform() {
        for (frequency, excess) in EXCESS.iter().enumerate().skip(1) {
            let exact = 2.0_f64.sqrt() * (frequency as f64 * PI / 16.0).cos();
            assert!((excess - exact).abs() < 1e-14);
        }
    }

    #[test]
    fn halves_go_away_from_zero() {
        let forward = Forward::new(&[16; 64]);
        for (sample, number) in [(129, 1), (127, -1), (131, 2), (125, -2), (128, 0)] {
            let mut out = [0; 64];
            forward.run(&[[sample; 8]; 8], &mut out);
            assert_eq!(out[0], number);
        }
    }
}
