//! The least and the greatest sample of a window.
//!
//! Those of two samples, four, eight and so on are made of each other, along rows and then down columns; two of them, which may
//! overlap, cover the window. So there are as many steps as its side has bits, each of them on vectors. (J. Pecht, "Speeding up successive
//! Minkowski operations", Pattern Recognition Letters 3, 1985.)
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::mem;

use super::Frame;
use super::rows::{self, Key, Order};
use crate::pipeline::bands::{self, shared_out};
use crate::simd::{self, Loop};

/// Rows that are worth handing over; and how many times as many as windows reach up, so that what is kept of them is a part of the
/// picture that counts for little.
const LEAST_ROWS: usize = 64;
const LEAST_REACHES: usize = 8;

/// Which sample of a window is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Extreme {
    Least,
    Greatest,
}

pub(super) fn filter<O: Order>(samples: &mut [O::Sample], frame: Frame, extreme: Extreme) {
    let Frame {
        radius, channels, ..
    } = frame;
    let side = 2 * radius + 1;
    let height = shared_out(frame.height, LEAST_ROWS.max(LEAST_REACHES * radius));
    bands::run(
        samples,
        frame.row_len(),
        (height, radius),
        || {
            let row = || vec![O::Key::default(); frame.row_len() + 2 * frame.reach()];
            let lines = vec![vec![O::Key::default(); frame.row_len()]; side];
            ([row(), row()], lines)
        },
        |(rows, lines), mut band| {
            for index in 0..band.height() + 2 * radius {
                rows::load::<O>(frame, band.covered(index), 0, &mut rows[0]);
                simd::run(Windows {
                    side,
                    channels,
                    extreme,
                    rows,
                    lines,
                    index,
                });
                if let Some(y) = index.checked_sub(2 * radius) {
                    O::samples(channels, &lines[y % side], band.row_mut(y));
                }
            }
        },
    );
}

/// Takes in a row, and makes whatever can be made of it and of those before it, which a ring of lines holds: at last that of the
/// window whose last row it is, in the line of its first.
struct Windows<'a, K> {
    side: usize,
    channels: usize,
    extreme: Extreme,
    /// The first of them is the row, with its edges repeated.
    rows: &'a mut [Vec<K>; 2],
    lines: &'a mut [Vec<K>],
    index: usize,
}

impl<K: Key> Loop for Windows<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.extreme {
            Extreme::Least => self.by(K::min),
            Extreme::Greatest => self.by(K::max),
        }
    }
}

impl<K: Key> Windows<'_, K> {
    #[inline(always)]
    fn by(self, of: impl Fn(K, K) -> K + Copy) {
        let [row, spare] = self.rows;
        let mut length = row.len();
        for step in steps(self.side) {
            length -= step * self.channels;
            let ahead = &row[step * self.channels..];
            for ((made, one), other) in spare[..length].iter_mut().zip(&**row).zip(ahead) {
                *made = of(*one, *other);
            }
            mem::swap(row, spare);
        }
        let count = self.lines.len();
        let mut line = self.index;
        self.lines[line % count].copy_from_slice(&row[..length]);
        for step in steps(self.side) {
            let Some(earlier) = line.checked_sub(step) else {
                return;
            };
            if let Ok([one, other]) = self.lines.get_disjoint_mut([earlier % count, line % count]) {
                for (one, other) in one.iter_mut().zip(&**other) {
                    *one = of(*one, *other);
                }
            }
            line = earlier;
        }
    }
}

/// How far it is to the window that one of the samples before it is put together with, from a single sample to a whole side.
fn steps(side: usize) -> impl Iterator<Item = usize> {
    let mut covered = 1;
    std::iter::from_fn(move || {
        let step = covered.min(side - covered);
        covered += step;
        (step > 0).then_some(step)
    })
}
