//! The inverse cosine transform, for whole blocks and for small pictures of them (ITU-T T.81, A.3.3).
//!
//! The lowest `N` x `N` coefficients of a block, taken for those of an `N` x `N` transform, are the block at `N` eighths of its
//! size: what an ideal low-pass filter would leave of it. One formula serves all sizes. It is computed in floats: on
//! today's vector units they cost what integers do, and every result is the nearest.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use std::f64::consts::PI;

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

/// The index of the last coefficient among the lowest `n` x `n`.
pub(super) const fn last_index(n: usize) -> usize {
    let mut at = 0;
    while ZIGZAG[at] != 9 * (n - 1) {
        at += 1;
    }
    at
}

/// The transform to `N` samples: `N` values for each frequency, the lowest first.
#[derive(Debug, Clone)]
pub(super) struct Inverse<const N: usize> {
    waves: [[f32; N]; N],
}

impl<const N: usize> Inverse<N> {
    pub(super) fn new() -> Self {
        let mut waves = [[0.0; N]; N];
        for (frequency, wave) in waves.iter_mut().enumerate() {
            for (place, value) in wave.iter_mut().enumerate() {
                *value = wave_at(frequency, place, N);
            }
        }
        Self { waves }
    }

    /// Samples from dequantised coefficients, rows of both. Only the first `rows` rows hold anything but zeros.
    #[inline(always)]
    pub(super) fn run(&self, coefficients: &[[f32; N]; N], rows: usize) -> [[u8; N]; N] {
        let mut half = [[0.0_f32; N]; N];
        for (wave, line) in self.waves.iter().zip(coefficients).take(rows) {
            for (half, weight) in half.iter_mut().zip(wave) {
                for (half, value) in half.iter_mut().zip(line) {
                    *half += weight * value;
                }
            }
        }
        let mut out = [[0; N]; N];
        for (out, half) in out.iter_mut().zip(&half) {
            let mut line = [128.0_f32; N];
            for (wave, value) in self.waves.iter().zip(half) {
                for (line, weight) in line.iter_mut().zip(wave) {
                    *line += weight * value;
                }
            }
            for (out, value) in out.iter_mut().zip(line) {
                *out = nearest(value);
            }
        }
        out
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small numbers"
)]
fn wave_at(frequency: usize, place: usize, n: usize) -> f32 {
    let scale = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
    let angle = (2 * place + 1) as f64 * frequency as f64 * PI / (2 * n) as f64;
    (0.5 * scale * angle.cos()) as f32
}

/// The nearest sample. From 2^23 on floats have no fractions: adding that much rounds, in whole vectors.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the number is in the lowest byte"
)]
pub(super) fn nearest(value: f32) -> u8 {
    (value.clamp(0.0, 255.0) + 8_388_608.0).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_the_standards() {
        assert_eq!(ZIGZAG[..12], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25]);
        assert_eq!(ZIGZAG[57..], [60, 61, 54, 47, 55, 62, 63]);
        assert_eq!([1, 2, 3, 4, 8].map(last_index), [0, 4, 12, 24, 63]);
    }
}
