//! Taking coefficients out of blocks whose places are known.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use std::sync::Arc;

use super::inverse::{Inverse, ZIGZAG, last_index};
use super::segments::Steps;
use super::tables::Tables;
use super::walk::Window;

/// Reads the blocks of one component.
#[derive(Debug)]
pub(super) struct Reader {
    tables: Arc<Tables>,
    steps: [i32; 64],
    /// The DC coefficient of the block before, as the file counts it.
    predicted: i32,
}

impl Reader {
    pub(super) fn new(tables: Arc<Tables>, steps: &Steps) -> Self {
        Self {
            tables,
            steps: steps.map(i32::from),
            predicted: 0,
        }
    }

    /// Begins anew, as behind a restart marker.
    pub(super) fn restart(&mut self) {
        self.predicted = 0;
    }

    /// The DC coefficient of the block at a bit, dequantised, and the bit behind it.
    #[inline(always)]
    fn dc(&mut self, window: &Window, position: u32) -> (i32, u32) {
        let found = self.tables.dc.find(window, position);
        // What a damaged file adds up to is of no use, but must not stop anything.
        self.predicted = self.predicted.wrapping_add(found.value());
        (
            self.predicted.wrapping_mul(self.steps[0]),
            position + found.bits(),
        )
    }

    /// The one sample that stands for the block: exactly as libjpeg rounds it.
    #[inline(always)]
    pub(super) fn mean(&mut self, window: &Window, position: u32) -> u8 {
        let (dc, _) = self.dc(window, position);
        clamped([eighth(dc)])[0]
    }

    /// The four samples that stand for each of some blocks.
    ///
    /// They are made of the DC coefficient and those with the indices 1, 2 and 4, to which at most four symbols lead.
    /// Four are read of every block, even where it has ended: the processor need not guess how many there are. What is
    /// not wanted lands in a slot of its own. The blocks are read in turn, since each waits for its own symbols.
    #[inline(always)]
    pub(super) fn quarters<const L: usize>(
        &mut self,
        window: &Window,
        mut positions: [u32; L],
    ) -> [[[u8; 2]; 2]; L] {
        let mut means = [0; L];
        for (mean, position) in means.iter_mut().zip(&mut positions) {
            (*mean, *position) = self.dc(window, *position);
        }
        let mut slots = [[0_i32; 4]; L];
        let mut indices = [0; L];
        for _ in 0..4 {
            for ((position, at), slots) in positions.iter_mut().zip(&mut indices).zip(&mut slots) {
                let found = self.tables.ac.find(window, *position);
                *at += found.growth();
                slots[usize::from(SLOTS[*at & 511])] = found.value();
                *position += found.bits();
            }
        }
        let mut blocks = [[[0; 2]; 2]; L];
        for ((block, dc), slots) in blocks.iter_mut().zip(means).zip(slots) {
            let [_, across, down, both] = slots;
            let (across, down, both) = (
                across * self.steps[1],
                down * self.steps[2],
                both * self.steps[4],
            );
            let (left, right) = (dc.wrapping_add(across), dc.wrapping_sub(across));
            let (first, second) = (down + both, down - both);
            let [a, b, c, d] = clamped([
                eighth(left.wrapping_add(first)),
                eighth(right.wrapping_add(second)),
                eighth(left.wrapping_sub(first)),
                eighth(right.wrapping_sub(second)),
            ]);
            *block = [[a, b], [c, d]];
        }
        blocks
    }

    /// The block at `N` eighths of its size.
    #[inline(always)]
    pub(super) fn block<const N: usize>(
        &mut self,
        window: &Window,
        position: u32,
        inverse: &Inverse<N>,
    ) -> [[u8; N]; N] {
        let mut coefficients = [[0.0; N]; N];
        let (dc, mut position) = self.dc(window, position);
        #[expect(clippy::cast_precision_loss, reason = "16 bits, but for damaged files")]
        let dc = dc as f32;
        coefficients[0][0] = dc;
        let (mut at, mut rows) = (0, 0);
        loop {
            let found = self.tables.ac.find(window, position);
            at += found.growth();
            if at > const { last_index(N) } {
                break;
            }
            position += found.bits();
            let (row, column) = (ZIGZAG[at] / 8, ZIGZAG[at] % 8);
            if N == 8 || row < N && column < N {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "far below 24 bits, but for damaged files"
                )]
                let value = (found.value() * self.steps[at]) as f32;
                coefficients[row % N][column % N] = value;
                rows = rows.max(row);
            }
        }
        inverse.run(&coefficients, rows + 1)
    }
}

/// Where the first coefficients go of which [`Reader::quarters`] makes samples; 0 is nowhere.
const SLOTS: [u8; 512] = {
    let mut slots = [0; 512];
    slots[1] = 1;
    slots[2] = 2;
    slots[4] = 3;
    slots
};

/// A sample from eight times its distance from the middle.
#[inline(always)]
const fn eighth(sum: i32) -> i32 {
    (sum.wrapping_add(4) >> 3).wrapping_add(128)
}

/// Nearly all samples are in range: one look at all of them tells.
#[inline(always)]
#[expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "in range"
)]
fn clamped<const N: usize>(values: [i32; N]) -> [u8; N] {
    if values.iter().fold(0, |all, value| all | value) & !255 == 0 {
        return values.map(|value| value as u8);
    }
    values.map(|value| value.clamp(0, 255) as u8)
}
