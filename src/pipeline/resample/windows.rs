//! What each sample of a resampled axis is made of.

use std::f64::consts::PI;
use std::sync::OnceLock;

use crate::pipeline::geometry::Kernel;

/// How an axis is resampled: the samples from `start` on, `length` of them, become `target`. Of those `count` are made, from `first` on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::pipeline) struct Axis {
    pub(in crate::pipeline) start: f64,
    pub(in crate::pipeline) length: f64,
    pub(in crate::pipeline) target: usize,
    pub(in crate::pipeline) first: usize,
    pub(in crate::pipeline) count: usize,
}

impl Axis {
    /// All of the target's samples.
    #[cfg(test)]
    pub(super) fn all(start: f64, length: f64, target: usize) -> Self {
        Self {
            start,
            length,
            target,
            first: 0,
            count: target,
        }
    }

    /// The first of the samples, where the target's are just those from there on.
    pub(in crate::pipeline) fn copied_from(self) -> Option<usize> {
        let unchanged = (self.length - float(self.target)).abs() <= 0.0;
        let whole = self.start >= 0.0 && self.start.fract() <= 0.0;
        (unchanged && whole).then(|| index(self.start) + self.first)
    }
}

/// The source samples, and their weights, for each target sample.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    firsts: Vec<usize>,
    /// Where the weights of each begin, and behind the last one end.
    begins: Vec<usize>,
    weights: Vec<f32>,
}

impl Windows {
    /// The windows of an axis with `available` samples. One that keeps its samples is copied, whatever the kernel. What a kernel would take from beyond them is left out.
    pub(super) fn new(axis: Axis, available: usize, kernel: Kernel) -> Self {
        let copied = axis.copied_from();
        if let Some(first) = copied.filter(|first| first + axis.count <= available) {
            return Self {
                firsts: (first..first + axis.count).collect(),
                begins: (0..=axis.count).collect(),
                weights: vec![1.0; axis.count],
            };
        }
        let (curve, support) = Curve::of(kernel);
        let step = axis.length / float(axis.target);
        let scale = step.max(1.0);
        let radius = support * scale;
        let mut made = Self {
            firsts: Vec::with_capacity(axis.count),
            begins: Vec::with_capacity(axis.count + 1),
            weights: Vec::new(),
        };
        made.begins.push(0);
        for at in axis.first..axis.first + axis.count {
            let center = axis.start + (float(at) + 0.5) * step;
            let first = index(center - radius).min(available - 1);
            let end = index((center + radius).ceil()).clamp(first + 1, available);
            let from = made.weights.len();
            let distance = |sample| (float(sample) + 0.5 - center) / scale;
            made.weights
                .extend((first..end).map(|sample| curve.at(distance(sample))));
            normalize(&mut made.weights[from..]);
            made.firsts.push(first);
            made.begins.push(made.weights.len());
        }
        made
    }

    /// The first source sample of each window, and its weights.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let weights = self
            .begins
            .windows(2)
            .map(|ends| &self.weights[ends[0]..ends[1]]);
        self.firsts.iter().copied().zip(weights)
    }

    /// The source samples of a window.
    pub(super) fn span(&self, at: usize) -> std::ops::Range<usize> {
        let count = self.begins[at + 1] - self.begins[at];
        self.firsts[at]..self.firsts[at] + count
    }

    /// The first source sample of a window, and its weights.
    pub(super) fn window(&self, at: usize) -> (usize, &[f32]) {
        let weights = &self.weights[self.begins[at]..self.begins[at + 1]];
        (self.firsts[at], weights)
    }

    pub(super) fn len(&self) -> usize {
        self.firsts.len()
    }
}

/// Makes weights add up to one. Where nothing has weight, the first sample has all of it.
fn normalize(weights: &mut [f32]) {
    let sum: f32 = weights.iter().sum();
    if sum.abs() < 1e-9 {
        weights.fill(0.0);
        if let Some(first) = weights.first_mut() {
            *first = 1.0;
        }
    } else {
        for weight in weights {
            *weight /= sum;
        }
    }
}

/// A kernel, ready to be asked many times.
#[derive(Debug)]
struct Curve {
    /// Its values at distances from zero on, [`FINENESS`] of them for a sample.
    values: Vec<f32>,
}

/// Between so many values for a sample a straight line is as good as the kernel itself, in 24 bits.
const FINENESS: usize = 1024;

impl Curve {
    /// The kernel, and the distance beyond which it is zero. They are kept: sines cost more than resampling with them.
    fn of(kernel: Kernel) -> (&'static Self, f64) {
        static CURVES: [OnceLock<Curve>; 6] = [const { OnceLock::new() }; 6];
        let (shape, support, slot) = shape(kernel);
        let curve = CURVES[slot].get_or_init(|| {
            let end = index(support) + 1;
            #[expect(clippy::cast_possible_truncation, reason = "24 bits are plenty")]
            let value = |n| shape(float(n) / float(FINENESS)) as f32;
            Self {
                values: (0..=end * FINENESS).map(value).collect(),
            }
        });
        (curve, support)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a fraction")]
    fn at(&self, distance: f64) -> f32 {
        let place = distance.abs() * float(FINENESS);
        let below = index(place);
        match self.values.get(below..below + 2) {
            Some([low, high]) => low + (high - low) * (place - float(below)) as f32,
            _ => 0.0,
        }
    }
}

/// A kernel's value at a distance in samples, the distance beyond which it is zero, and its number. The same kernels that
/// `fast_image_resize` has, so that a picture looks the same whichever way it went.
fn shape(kernel: Kernel) -> (fn(f64) -> f64, f64, usize) {
    match kernel {
        Kernel::Lanczos3 => (|x| sinc(x) * sinc(x / 3.0) * inside(x, 3.0), 3.0, 0),
        Kernel::CatmullRom => (|x| cubic(x, 0.0, 0.5), 2.0, 1),
        Kernel::Mitchell => (|x| cubic(x, 1.0 / 3.0, 1.0 / 3.0), 2.0, 2),
        Kernel::Gaussian => (|x| (-2.0 * x * x).exp() * inside(x, 3.0), 3.0, 3),
        Kernel::Triangle => (|x| (1.0 - x.abs()).max(0.0), 1.0, 4),
        Kernel::Box | Kernel::Nearest => (|x| inside(x, 0.5), 0.5, 5),
    }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

fn inside(x: f64, radius: f64) -> f64 {
    if x <= radius { 1.0 } else { 0.0 }
}

/// The cubics of D. P. Mitchell and A. N. Netravali, "Reconstruction filters in computer graphics", 1988.
fn cubic(x: f64, b: f64, c: f64) -> f64 {
    let x = x.abs();
    let value = if x < 1.0 {
        ((12.0 - 9.0 * b - 6.0 * c) * x - (18.0 - 12.0 * b - 6.0 * c)) * x * x + 6.0 - 2.0 * b
    } else if x < 2.0 {
        (((-b - 6.0 * c) * x + 6.0 * b + 30.0 * c) * x - 12.0 * b - 48.0 * c) * x
            + 8.0 * b
            + 24.0 * c
    } else {
        0.0
    };
    value / 6.0
}

#[expect(clippy::cast_precision_loss, reason = "lengths of pictures")]
fn float(value: usize) -> f64 {
    value as f64
}

/// The whole number below, at least zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates"
)]
fn index(value: f64) -> usize {
    value as usize
}
