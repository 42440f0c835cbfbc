//! The inverse cosine transform, for whole blocks and for small pictures of them (ITU-T T.81, A.3.3).
//!
//! The lowest `N` x `N` coefficients of a block, taken for those of an `N` x `N` transform, are the block at `N` eighths of its
//! size: what an ideal low-pass filter would leave of it. One formula serves all sizes. It is computed in floats: on
//! today's vector units they cost what integers do, and every result is the nearest.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use std::f64::consts::{PI, SQRT_2};

use wide::{f32x8, i16x8, i32x8, u8x16};

use super::segments::Steps;

/// A block's side, in full.
const SIDE: usize = 8;

/// Where the coefficient of each index stands: 8 times its row, plus its column.
pub(super) const ZIGZAG: [usize; 64] = zigzag();

const fn zigzag() -> [usize; 64] {
    let mut order = [0; 64];
    let (mut at, mut row, mut column) = (0, 0_usize, 0_usize);
    while at < 64 {
        order[at] = 8 * row + column;
        at += 1;
        let up = (row + column).is_multiple_of(2);
        match (up, row, column) {
            (true, _, 7) | (false, 7, _) => {
                if up {
                    row += 1;
                } else {
                    column += 1;
                }
            }
            (true, 0, _) => column += 1,
            (false, _, 0) => row += 1,
            (true, ..) => {
                row -= 1;
                column += 1;
            }
            (false, ..) => {
                row += 1;
                column -= 1;
            }
        }
    }
    order
}

/// The index of the last coefficient among the lowest `across` x `down`.
pub(super) const fn last_index(across: usize, down: usize) -> u32 {
    let mut at = 0;
    while ZIGZAG[at as usize] != 8 * (down - 1) + across - 1 {
        at += 1;
    }
    at
}

/// Makes whole blocks, by Y. Arai, T. Agui and M. Nakajima, "A fast DCT-SQ scheme for images", 1988: five
/// multiplications for eight samples, and factors that go into the quantisation steps.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    /// Steps with their factors, in columns.
    steps: [f32x8; SIDE],
}

impl Whole {
    /// For coefficients that were divided by these steps, which are in zigzag order.
    pub(super) fn new(steps: &Steps) -> Self {
        let scaled = scaled(steps, |row, column| factor(row) * factor(column));
        let column = |x: usize| f32x8::new(std::array::from_fn(|y| scaled[SIDE * y + x]));
        Self {
            steps: std::array::from_fn(column),
        }
    }

    /// Samples from quantised coefficients in columns, the first of which is given apart.
    #[inline(always)]
    pub(super) fn run(&self, dc: i32, coefficients: &[i16; 64]) -> [[u8; SIDE]; SIDE] {
        let (columns, _) = coefficients.as_chunks::<SIDE>();
        let mut values = self.steps;
        for (value, column) in values.iter_mut().zip(columns) {
            *value *= f32x8::from_i32x8(i32x8::from_i16x8(i16x8::new(*column)));
        }
        let correction = (as_float(dc) - f32::from(coefficients[0])) * self.steps[0].to_array()[0];
        values[0] += f32x8::new([correction, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        // Columns stand for rows here, until they are exchanged.
        let lines = transformed(f32x8::transpose(transformed(values)));
        let mut out = [[0; SIDE]; SIDE];
        for (out, [first, second]) in out
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .zip(lines.as_chunks().0)
        {
            let bytes = u8x16::narrow_i16x8(rounded(*first), rounded(*second)).to_array();
            out.copy_from_slice(bytes.as_chunks().0);
        }
        out
    }
}

/// What a coefficient in this row, or column, is to be multiplied with before.
fn factor(frequency: usize) -> f64 {
    let angle = as_double(frequency) * PI / 16.0;
    let scale = if frequency == 0 {
        1.0
    } else {
        angle.cos() * SQRT_2
    };
    scale / 8.0_f64.sqrt()
}

/// Transforms eight columns.
#[inline(always)]
fn transformed(lines: [f32x8; SIDE]) -> [f32x8; SIDE] {
    const ROOT: f32 = std::f32::consts::SQRT_2;
    let [l0, l1, l2, l3, l4, l5, l6, l7] = lines;
    // Even frequencies.
    let (sum, difference) = (l0 + l4, l0 - l4);
    let inner = l2 + l6;
    let outer = (l2 - l6) * ROOT - inner;
    let (e0, e3) = (sum + inner, sum - inner);
    let (e1, e2) = (difference + outer, difference - outer);
    // Odd ones.
    let (a, b) = (l5 + l3, l5 - l3);
    let (c, d) = (l1 + l7, l1 - l7);
    let o7 = c + a;
    let turned = (b + d) * 1.847_759_1;
    let o6 = turned - b * 2.613_126 - o7;
    let o5 = (c - a) * ROOT - o6;
    let o4 = d * 1.082_392_2 - turned + o5;
    [
        e0 + o7,
        e1 + o6,
        e2 + o5,
        e3 - o4,
        e3 + o4,
        e2 - o5,
        e1 - o6,
        e0 - o7,
    ]
}

/// The nearest samples to distances from the middle.
#[inline(always)]
fn rounded(line: f32x8) -> i16x8 {
    let line = (line + 128.0)
        .fast_max(f32x8::ZERO)
        .fast_min(f32x8::splat(255.0));
    i16x8::from_i32x8_saturate(line.fast_round_int())
}

/// Makes small pictures of blocks, `W` x `H` samples of each: by the definition.
#[derive(Debug, Clone)]
pub(super) struct Small<const W: usize, const H: usize> {
    /// `W` values for each frequency across, the lowest first.
    waves: [f32x8; W],
    /// `H` values for each frequency down.
    weights: [[f32; H]; H],
    /// Quantisation steps, in rows.
    steps: [f32x8; H],
}

impl<const W: usize, const H: usize> Small<W, H> {
    /// For coefficients that were divided by these steps, which are in zigzag order.
    pub(super) fn new(steps: &Steps) -> Self {
        let scaled = scaled(steps, |_, _| 1.0);
        let wave =
            |frequency| f32x8::new(std::array::from_fn(|place| wave_at(frequency, place, W)));
        let weights = |frequency| std::array::from_fn(|place| wave_at(frequency, place, H));
        let row = |y: usize| f32x8::new(std::array::from_fn(|x| scaled[SIDE * y + x]));
        Self {
            waves: std::array::from_fn(wave),
            weights: std::array::from_fn(weights),
            steps: std::array::from_fn(row),
        }
    }

    /// Samples from quantised coefficients in rows of 8, the first of which is given apart.
    #[inline(always)]
    pub(super) fn run(&self, dc: i32, coefficients: &[i16; 64]) -> [[u8; W]; H] {
        let (rows, _) = coefficients.as_chunks::<SIDE>();
        let mut sums = [f32x8::ZERO; H];
        for (y, (row, steps)) in rows.iter().zip(self.steps).enumerate() {
            let mut line = f32x8::from_i32x8(i32x8::from_i16x8(i16x8::new(*row)));
            if y == 0 {
                let correction = as_float(dc) - f32::from(row[0]);
                line += f32x8::new([correction, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
            }
            let line = line * steps;
            for (sum, weight) in sums.iter_mut().zip(self.weights[y]) {
                *sum += line * weight;
            }
        }
        sums.map(|sum| {
            let weighed = self.waves.iter().zip(sum.to_array());
            let line = weighed.fold(f32x8::ZERO, |line, (wave, value)| line + *wave * value);
            let bytes = u8x16::narrow_i16x8(rounded(line), i16x8::ZERO).to_array();
            std::array::from_fn(|at| bytes[at])
        })
    }
}

/// Steps in rows, times a factor for each.
fn scaled(steps: &Steps, factor: impl Fn(usize, usize) -> f64) -> [f32; 64] {
    let mut rows = [0.0; 64];
    for (step, place) in steps.iter().zip(ZIGZAG) {
        #[expect(clippy::cast_possible_truncation, reason = "24 bits are plenty")]
        let value = (f64::from(*step) * factor(place / SIDE, place % SIDE)) as f32;
        rows[place] = value;
    }
    rows
}

#[expect(clippy::cast_precision_loss, reason = "16 bits, but for damaged files")]
fn as_float(dc: i32) -> f32 {
    dc as f32
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn as_double(number: usize) -> f64 {
    number as f64
}

/// Makes up to two samples across and down of a block. All waves have the same height here, so that nothing is multiplied but
/// with the steps. `LAST` is the index of the last coefficient that matters.
#[derive(Debug, Clone)]
pub(super) struct Few<const LAST: u32, const W: usize, const H: usize> {
    /// Steps of the mean, and of the lowest frequency across, down, and both.
    steps: [i32; 4],
}

impl<const LAST: u32, const W: usize, const H: usize> Few<LAST, W, H> {
    /// For coefficients that were divided by these steps, which are in zigzag order.
    pub(super) fn new(steps: &Steps) -> Self {
        let [whole, across, down, _, both, ..] = steps.map(i32::from);
        Self {
            steps: [whole, across, down, both],
        }
    }

    /// Samples from the quantised coefficients with the indices 0, 1, 2 and 4, the first of which is given apart.
    #[inline(always)]
    pub(super) fn run(&self, dc: i32, coefficients: &[i16; 8]) -> [[u8; W]; H] {
        let value = |at: usize, counts: bool| {
            let value = i32::from(coefficients[at]) * self.steps[at];
            if counts { value } else { 0 }
        };
        let (across, down) = (value(1, W == 2), value(2, H == 2));
        let both = value(3, W == 2 && H == 2);
        let dc = dc.wrapping_mul(self.steps[0]);
        let (left, right) = (dc.wrapping_add(across), dc.wrapping_sub(across));
        let (first, second) = (down.wrapping_add(both), down.wrapping_sub(both));
        let quarters = [
            [left.wrapping_add(first), right.wrapping_add(second)],
            [left.wrapping_sub(first), right.wrapping_sub(second)],
        ];
        std::array::from_fn(|y| std::array::from_fn(|x| mean(quarters[y][x])))
    }
}

/// The sample that a sum of coefficients means: exactly as libjpeg rounds it.
#[inline(always)]
#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn mean(sum: i32) -> u8 {
    ((sum.wrapping_add(4) >> 3).wrapping_add(128)).clamp(0, 255) as u8
}

/// The value of a frequency's wave at one of `n` places; 0 at none of them.
#[expect(clippy::cast_possible_truncation, reason = "24 bits are plenty")]
fn wave_at(frequency: usize, place: usize, n: usize) -> f32 {
    if place >= n {
        return 0.0;
    }
    let scale = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
    let angle = as_double((2 * place + 1) * frequency) * PI / as_double(2 * n);
    (0.5 * scale * angle.cos()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_the_standards() {
        assert_eq!(ZIGZAG[..12], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25]);
        assert_eq!(ZIGZAG[57..], [60, 61, 54, 47, 55, 62, 63]);
        assert_eq!(
            [1, 2, 3, 4, 8].map(|side| last_index(side, side)),
            [0, 4, 12, 24, 63]
        );
    }
}
