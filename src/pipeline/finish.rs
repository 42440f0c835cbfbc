//! What becomes of a row whose pixels were weighed with their neighbours.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::weigh::Fixed;
use crate::image::{Channels, Sample};
use crate::simd::{self, Loop};

/// What is made of a picture as it was and the same picture filtered.
pub(super) trait Finish: Sync {
    /// What becomes of alpha.
    fn alpha(&self) -> Alpha;

    /// What becomes of a colour, where full intensity is `full`.
    fn color(&self, before: f32, filtered: f32, full: f32) -> f32;

    /// How many times as large it makes what filtering has changed, and with it what was lost to rounding.
    fn gain(&self) -> f32 {
        1.0
    }

    /// Makes of levels what becomes of colours that were filtered in fixed point.
    #[inline(always)]
    fn levels(&self, levels: &mut [u8], filtered: &[Fixed]) {
        for (level, filtered) in levels.iter_mut().zip(filtered) {
            let color = self.color(f32::from(*level), filtered.to_f32(), u8::MAX.into());
            *level = <u8 as Sample>::from_f32(color);
        }
    }
}

/// What becomes of alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// It is filtered like colours.
    Filtered,
    /// It stays, as do colours that cannot be seen.
    Kept,
}

/// Leaves what was made of a row as it is.
pub(super) struct Round;

impl Finish for Round {
    fn alpha(&self) -> Alpha {
        Alpha::Filtered
    }

    #[inline(always)]
    fn color(&self, _: f32, filtered: f32, _: f32) -> f32 {
        filtered
    }

    #[inline(always)]
    fn levels(&self, levels: &mut [u8], filtered: &[Fixed]) {
        for (level, filtered) in levels.iter_mut().zip(filtered) {
            *level = filtered.to_level();
        }
    }
}

/// Middle gray: 128 of 255 at every depth. That is a level of all integers, so that what was lost to rounding does not decide between
/// two.
pub(super) const MIDDLE: f32 = MIDDLE_LEVEL as f32 / 255.0;
pub(super) const MIDDLE_LEVEL: u8 = 128;

/// Finishes a row: as it was, filtered (straight alpha, on the scale of the samples), and to be written.
pub(super) fn finish_row<S: Sample>(
    finish: &impl Finish,
    channels: Channels,
    before: &[S],
    filtered: &[f32],
    out: &mut [S],
) {
    let colors = |before: &S, filtered: &f32| {
        let color = finish.color(before.to_f32(), *filtered, S::MAX);
        S::from_f32(color)
    };
    let keeps_hidden = finish.alpha() == Alpha::Kept;
    let alpha = |before: &S, filtered: &f32| {
        if keeps_hidden {
            *before
        } else {
            S::from_f32(*filtered)
        }
    };
    simd::run(Each {
        channels,
        before,
        filtered,
        out,
        colors,
        alpha,
        keeps_hidden,
    });
}

/// The same for samples of 8 bits in fixed point, written over what they were. They must be opaque, and stay so.
pub(super) fn finish_fixed(
    finish: &impl Finish,
    channels: Channels,
    filtered: &[Fixed],
    row: &mut [u8],
) {
    simd::run(Over {
        finish,
        channels,
        filtered,
        row,
    });
}

struct Over<'a, F> {
    finish: &'a F,
    channels: Channels,
    filtered: &'a [Fixed],
    row: &'a mut [u8],
}

impl<F: Finish> Loop for Over<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.finish.levels(self.row, self.filtered);
        if self.channels.has_alpha() {
            let count = self.channels.count();
            for pixel in self.row.chunks_exact_mut(count) {
                pixel[count - 1] = u8::MAX;
            }
        }
    }
}

/// Makes colours of what was filtered. All must be opaque, and stay so.
pub(super) fn finish_opaque<N>(
    channels: Channels,
    before: &[u8],
    filtered: &[N],
    out: &mut [u8],
    colors: impl Fn(&u8, &N) -> u8,
) {
    simd::run(Each {
        channels,
        before,
        filtered,
        out,
        colors,
        alpha: |before: &u8, _: &N| *before,
        keeps_hidden: false,
    });
}

struct Each<'a, S, N, C, A> {
    channels: Channels,
    before: &'a [S],
    filtered: &'a [N],
    out: &'a mut [S],
    colors: C,
    alpha: A,
    keeps_hidden: bool,
}

impl<S: Sample, N, C: Fn(&S, &N) -> S, A: Fn(&S, &N) -> S> Loop for Each<'_, S, N, C, A> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.channels {
            Channels::Gray | Channels::Rgb => {
                let samples = self.before.iter().zip(self.filtered);
                for (out, (before, filtered)) in self.out.iter_mut().zip(samples) {
                    *out = (self.colors)(before, filtered);
                }
            }
            Channels::GrayAlpha => self.run_with_alpha::<2>(),
            Channels::Rgba => self.run_with_alpha::<4>(),
        }
    }
}

impl<S: Sample, N, C: Fn(&S, &N) -> S, A: Fn(&S, &N) -> S> Each<'_, S, N, C, A> {
    #[inline(always)]
    fn run_with_alpha<const COUNT: usize>(self) {
        let (out, _) = self.out.as_chunks_mut::<COUNT>();
        let (before, _) = self.before.as_chunks::<COUNT>();
        let (filtered, _) = self.filtered.as_chunks::<COUNT>();
        for (out, (before, filtered)) in out.iter_mut().zip(before.iter().zip(filtered)) {
            let is_kept = self.keeps_hidden && before[COUNT - 1] <= S::default();
            for channel in 0..COUNT - 1 {
                let color = (self.colors)(&before[channel], &filtered[channel]);
                out[channel] = if is_kept { before[channel] } else { color };
            }
            out[COUNT - 1] = (self.alpha)(&before[COUNT - 1], &filtered[COUNT - 1]);
        }
    }
}
