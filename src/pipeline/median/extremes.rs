//! The least and the greatest sample of a window.
//!
//! Those of two samples, four, eight and so on are made of each other, along rows and then down columns; two of them, which may
//! overlap, cover the window. So there are as many steps as its side has bits, each of them on vectors.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::mem;

use rayon::prelude::*;

use super::rows::{Key, Rows};
use crate::simd::{self, Loop};

/// Samples of a row, and rows, that are worked on at once: few enough to stay in a near cache.
const STRIPE: usize = 1536;
const BAND: usize = 64;

/// Which sample of a window is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Extreme {
    Least,
    Greatest,
}

pub(super) fn filter<R: Rows>(rows: &R, extreme: Extreme, out: &mut [R::Sample]) {
    let frame = rows.frame();
    let stripe = STRIPE.max(4 * frame.reach()) / frame.channels * frame.channels;
    let band = BAND.max(2 * frame.radius);
    out.par_chunks_mut(frame.row_len() * band)
        .enumerate()
        .for_each_init(
            || (Vec::new(), Vec::new()),
            |(lines, spare), (index, out)| {
                let count = out.len() / frame.row_len() + 2 * frame.radius;
                for start in (0..frame.row_len()).step_by(stripe) {
                    let length = stripe.min(frame.row_len() - start);
                    lines.resize(count, Vec::new());
                    for (y, line) in lines.iter_mut().enumerate() {
                        let y = index * band + y;
                        let y = y.saturating_sub(frame.radius).min(frame.height - 1);
                        line.resize(length + 2 * frame.reach(), R::Key::default());
                        rows.load(y, start, line);
                    }
                    simd::run(Windows {
                        side: 2 * frame.radius + 1,
                        channels: frame.channels,
                        extreme,
                        lines,
                        spare,
                    });
                    for (line, out) in lines.iter().zip(out.chunks_exact_mut(frame.row_len())) {
                        rows.store(&line[..length], &mut out[start..start + length]);
                    }
                }
            },
        );
}

/// Makes lines those of windows that begin at each of their samples.
struct Windows<'a, K> {
    side: usize,
    channels: usize,
    extreme: Extreme,
    lines: &'a mut [Vec<K>],
    spare: &'a mut Vec<K>,
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
        for line in self.lines.iter_mut() {
            for step in steps(self.side) {
                let length = line.len() - step * self.channels;
                self.spare.resize(length, K::default());
                let ahead = &line[step * self.channels..];
                for ((made, one), other) in self.spare.iter_mut().zip(&line[..length]).zip(ahead) {
                    *made = of(*one, *other);
                }
                mem::swap(line, self.spare);
            }
        }
        let mut left = self.lines.len();
        for step in steps(self.side) {
            left -= step;
            for y in 0..left {
                let (lines, ahead) = self.lines.split_at_mut(y + step);
                for (one, other) in lines[y].iter_mut().zip(&ahead[0]) {
                    *one = of(*one, *other);
                }
            }
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
