//! Which weights do what: everything about a Gaussian that does not depend on the picture.

#![expect(
    clippy::cast_precision_loss,
    reason = "positions near a pixel are small whole numbers"
)]

use crate::pipeline::weigh::{Mean, Number};

/// The sigma from which on the reduced grid is faster than direct convolution.
pub(super) const DECIMATE_FROM: f64 = 3.0;

/// Sigma of the prefilter in pixels of the reduced grid: aliasing is below 1e-4 of what is blurred away.
const PREFILTER_SIGMA: f64 = 0.7;

/// The sigma to have on the reduced grid, in its pixels. What the splines add is below 1e-3 of a contrast, even where
/// halving the grid leaves a sigma of only 1.5.
const REDUCED_SIGMA: f64 = 2.0;

/// The sigma up to which samples of 8 bits are weighed in fixed point: beyond it there are so many weights that what each loses
/// adds up. Floats are fast enough there.
pub(super) const FIXED_UP_TO: f64 = 24.0;

/// Variance of the cubic B-spline.
const SPLINE_VARIANCE: f64 = 1.0 / 3.0;

/// How many sigmas the weights reach; the rest is 6e-5 of the whole.
const REACH: f64 = 4.0;

/// Neighbouring samples with their weights, which add up to 1.
#[derive(Debug)]
pub(super) struct Taps<N: Number> {
    /// Where they start, relative to the sample they are weighed for.
    pub(super) start: isize,
    pub(super) weights: Vec<N::Weight>,
}

/// The same before it is known what is added up in.
#[derive(Debug)]
struct Exact {
    start: isize,
    weights: Vec<f64>,
}

/// How a sigma is dealt with.
#[derive(Debug)]
pub(super) enum Plan<N: Number> {
    Direct(Taps<N>),
    Reduced(Reduction<N>),
}

/// Blurring on a grid of every `factor`-th sample. Sample j of it stands in the middle of pixels
/// `j * factor .. (j + 1) * factor`.
#[derive(Debug)]
pub(super) struct Reduction<N: Number> {
    pub(super) factor: usize,
    /// From the full grid to the reduced one; starts relative to pixel `j * factor`.
    pub(super) prefilter: Taps<N>,
    /// On the reduced grid.
    pub(super) blur: Taps<N>,
    /// From the reduced grid to each of the `factor` pixels that a sample of it stands for.
    pub(super) phases: Vec<Taps<N>>,
}

/// The samples of the reduced grid that one axis needs: beyond them all is as it is at its ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) first: isize,
    pub(super) count: usize,
}

impl<N: Mean> Plan<N> {
    pub(super) fn new(sigma: f64) -> Self {
        if sigma < DECIMATE_FROM {
            Self::Direct(gaussian(sigma, 0.0).taps())
        } else {
            Self::Reduced(Reduction::new(sigma))
        }
    }
}

/// The weights of a sigma that is convolved directly, to the nearest sample that they reach: whoever looks for the steepest of
/// neighbours sees a difference.
pub(super) fn direct(sigma: f64) -> Option<Taps<f32>> {
    if sigma <= 0.0 {
        let (start, weights) = (0, vec![1.0]);
        return Some(Taps { start, weights });
    }
    let reach = (REACH * sigma).round().max(1.0);
    (sigma < DECIMATE_FROM).then(|| gaussian_up_to(reach, sigma, 0.0).taps())
}

impl<N: Mean> Plan<N> {
    /// How many pixels each way what becomes of a pixel depends on.
    pub(super) fn reach(&self) -> usize {
        match self {
            Self::Direct(taps) => taps.weights.len() / 2,
            Self::Reduced(reduction) => reduction.reach(),
        }
    }

    /// What is moved by so many pixels is blurred the same.
    pub(super) fn step(&self) -> usize {
        match self {
            Self::Direct(_) => 1,
            Self::Reduced(reduction) => reduction.factor,
        }
    }
}

impl Span {
    /// Where the sample `at` is stored.
    pub(super) fn index_of(self, at: isize) -> usize {
        at.saturating_sub(self.first).max(0).unsigned_abs()
    }
}

impl Exact {
    fn normalized(start: isize, weights: &[f64]) -> Self {
        let sum: f64 = weights.iter().sum();
        let weights = weights.iter().map(|weight| weight / sum).collect();
        Self { start, weights }
    }

    fn variance(&self, center: f64) -> f64 {
        let weights = self.weights.iter().zip(self.start..);
        weights
            .map(|(weight, at)| weight * (at as f64 - center).powi(2))
            .sum()
    }

    fn taps<N: Mean>(&self) -> Taps<N> {
        Taps {
            start: self.start,
            weights: N::weights(&self.weights),
        }
    }
}

impl<N: Number> Taps<N> {
    /// The rows to weigh for row `at`, when `rows` start with row `first`. Beyond the ends they are repeated.
    pub(super) fn rows<'a, T>(
        &self,
        rows: &'a [&'a [T]],
        at: usize,
        first: isize,
    ) -> impl Iterator<Item = &'a [T]> {
        let start = at.cast_signed() + self.start - first;
        repeated(rows, start, self.weights.len())
    }
}

fn repeated<'a, T>(
    rows: &'a [&'a [T]],
    start: isize,
    count: usize,
) -> impl Iterator<Item = &'a [T]> {
    (start..)
        .take(count)
        .map(|y| rows[y.max(0).unsigned_abs().min(rows.len() - 1)])
}

/// A sampled Gaussian around `center`, as far as it reaches.
fn gaussian(sigma: f64, center: f64) -> Exact {
    gaussian_up_to((REACH * sigma).max(1.0), sigma, center)
}

/// The same up to so many samples away.
fn gaussian_up_to(reach: f64, sigma: f64, center: f64) -> Exact {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sigmas are limited to far less than an index holds"
    )]
    let (start, end) = (
        (center - reach).ceil() as isize,
        (center + reach).floor() as isize,
    );
    let weights: Vec<f64> = (start..=end)
        .map(|at| (-0.5 * ((at as f64 - center) / sigma).powi(2)).exp())
        .collect();
    Exact::normalized(start, &weights)
}

/// The cubic B-spline.
fn spline(at: f64) -> f64 {
    let at = at.abs();
    if at < 1.0 {
        2.0 / 3.0 - at * at + at.powi(3) / 2.0
    } else {
        (2.0 - at).max(0.0).powi(3) / 6.0
    }
}

impl<N: Mean> Reduction<N> {
    fn new(sigma: f64) -> Self {
        let factor = (sigma / REDUCED_SIGMA).floor().max(2.0);
        let center = (factor - 1.0) / 2.0;
        let prefilter = gaussian(PREFILTER_SIGMA * factor, center);
        let done = prefilter.variance(center) / (factor * factor) + SPLINE_VARIANCE;
        let blur = gaussian(((sigma / factor).powi(2) - done).sqrt(), 0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number, at least 2"
        )]
        let count = factor as usize;
        let phases = (0..count)
            .map(|phase| {
                let at = (phase as f64 - center) / factor;
                let start = if at < 0.0 { -2 } else { -1 };
                let weights = [0.0, 1.0, 2.0, 3.0].map(|tap| spline(at - start as f64 - tap));
                Exact::normalized(start, &weights).taps()
            })
            .collect();
        Self {
            factor: count,
            prefilter: prefilter.taps(),
            blur: blur.taps(),
            phases,
        }
    }

    /// How many pixels each way what becomes of a pixel depends on: the splines look two samples away.
    fn reach(&self) -> usize {
        let samples = 2 + self.blur.weights.len() / 2;
        let behind = self.prefilter.weights.len().cast_signed() + self.prefilter.start;
        let before = self.factor.cast_signed() - self.prefilter.start;
        samples * self.factor + before.max(behind).max(0).unsigned_abs()
    }

    /// What an axis of `length` pixels needs.
    pub(super) fn span(&self, length: usize) -> Span {
        let factor = self.factor.cast_signed();
        let end = length.cast_signed() - 1;
        let reach = self.prefilter.start + self.prefilter.weights.len().cast_signed() - 1;
        // The first sample whose taps see the first pixel alone, and the last whose taps see the last alone; the
        // splines look two samples beyond the picture.
        let first = (-reach).div_euclid(factor).min(-2);
        let last = (end - self.prefilter.start).div_euclid(factor) + 1;
        let last = last.max(end / factor + 2);
        Span {
            first,
            count: (last - first + 1).max(0).unsigned_abs(),
        }
    }

    /// The full rows that make row `index` of the span `down`.
    pub(super) fn rows<'a, T>(
        &self,
        rows: &'a [&'a [T]],
        down: Span,
        index: usize,
    ) -> impl Iterator<Item = &'a [T]> {
        let at = (index.cast_signed() + down.first) * self.factor.cast_signed();
        let start = at + self.prefilter.start;
        repeated(rows, start, self.prefilter.weights.len())
    }

    /// How many pixels the taps of the first sample of a span reach beyond the picture.
    pub(super) fn pixels_before(&self, across: Span) -> usize {
        let start = across.first * self.factor.cast_signed() + self.prefilter.start;
        (-start).max(0).unsigned_abs()
    }
}
