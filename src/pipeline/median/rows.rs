//! Rows of a picture as what can be compared.

use super::{Frame, run, run_bytes};
use crate::image::Sample;

/// What can be compared.
pub(super) trait Key: Copy + Default + Ord + Send + Sync + 'static {}

impl<T: Copy + Default + Ord + Send + Sync + 'static> Key for T {}

/// Where rows come from, and go to.
pub(super) trait Rows: Sync {
    /// What is compared.
    type Key: Key;
    /// What the picture consists of.
    type Sample: Sample;

    fn frame(&self) -> Frame;

    /// A part of row `y` that begins `start` samples to the right of where the window of its first pixel does. Its edges are
    /// repeated.
    fn load(&self, y: usize, start: usize, keys: &mut [Self::Key]);

    /// Writes whole pixels.
    fn store(&self, keys: &[Self::Key], out: &mut [Self::Sample]);
}

/// Samples whose order is that of keys.
pub(super) trait Sorted: Sample {
    /// What a sample is as a key.
    type Plain: Key;
    /// What a colour times an alpha is as a key.
    type Weighed: Key;

    fn to_key(self) -> Self::Plain;
    fn from_key(key: Self::Plain) -> Self;

    /// The product of two.
    fn times(self, other: Self) -> Self::Weighed;

    /// A product as a value on the scale of samples times that of samples.
    fn product(key: Self::Weighed) -> f32;

    /// Takes the medians of samples as they are.
    fn run_plain(rows: &Plain<'_, Self>, out: &mut [Self]);
}

impl Sorted for u8 {
    type Plain = Self;
    type Weighed = u16;

    fn to_key(self) -> Self {
        self
    }

    fn from_key(key: Self) -> Self {
        key
    }

    fn times(self, other: Self) -> u16 {
        u16::from(self) * u16::from(other)
    }

    fn product(key: u16) -> f32 {
        key.into()
    }

    fn run_plain(rows: &Plain<'_, Self>, out: &mut [Self]) {
        run_bytes(rows, out);
    }
}

impl Sorted for u16 {
    type Plain = Self;
    type Weighed = u32;

    fn to_key(self) -> Self {
        self
    }

    fn from_key(key: Self) -> Self {
        key
    }

    fn times(self, other: Self) -> u32 {
        u32::from(self) * u32::from(other)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "it is rounded to 16 bits in the end"
    )]
    fn product(key: u32) -> f32 {
        key as f32
    }

    fn run_plain(rows: &Plain<'_, Self>, out: &mut [Self]) {
        run(rows, out);
    }
}

/// Floats in their total order (IEEE 754, 5.10), as whole numbers.
impl Sorted for f32 {
    type Plain = i32;
    type Weighed = i32;

    fn to_key(self) -> i32 {
        let bits = self.to_bits().cast_signed();
        bits ^ (bits >> 31 & i32::MAX)
    }

    fn from_key(key: i32) -> Self {
        let bits = key ^ (key >> 31 & i32::MAX);
        Self::from_bits(bits.cast_unsigned())
    }

    fn times(self, other: Self) -> i32 {
        (self * other).to_key()
    }

    fn product(key: i32) -> f32 {
        Self::from_key(key)
    }

    fn run_plain(rows: &Plain<'_, Self>, out: &mut [Self]) {
        run(rows, out);
    }
}

/// Samples as they are.
#[derive(Debug)]
pub(super) struct Plain<'a, S> {
    pub(super) samples: &'a [S],
    pub(super) frame: Frame,
}

impl<S: Sorted> Rows for Plain<'_, S> {
    type Key = S::Plain;
    type Sample = S;

    fn frame(&self) -> Frame {
        self.frame
    }

    fn load(&self, y: usize, start: usize, keys: &mut [S::Plain]) {
        load(self.frame, self.samples, y, start, keys, |samples, keys| {
            for (key, sample) in keys.iter_mut().zip(samples) {
                *key = sample.to_key();
            }
        });
    }

    fn store(&self, keys: &[S::Plain], out: &mut [S]) {
        for (sample, key) in out.iter_mut().zip(keys) {
            *sample = S::from_key(*key);
        }
    }
}

/// Colours times alpha, and alpha times full intensity.
#[derive(Debug)]
pub(super) struct Weighed<'a, S> {
    pub(super) samples: &'a [S],
    pub(super) frame: Frame,
}

impl<S: Sorted> Rows for Weighed<'_, S> {
    type Key = S::Weighed;
    type Sample = S;

    fn frame(&self) -> Frame {
        self.frame
    }

    fn load(&self, y: usize, start: usize, keys: &mut [S::Weighed]) {
        let count = self.frame.channels;
        load(self.frame, self.samples, y, start, keys, |samples, keys| {
            let pixels = samples.chunks_exact(count);
            for (keys, pixel) in keys.chunks_exact_mut(count).zip(pixels) {
                let alpha = pixel[count - 1];
                for (key, color) in keys.iter_mut().zip(&pixel[..count - 1]) {
                    *key = color.times(alpha);
                }
                keys[count - 1] = alpha.times(S::FULL);
            }
        });
    }

    fn store(&self, keys: &[S::Weighed], out: &mut [S]) {
        let count = self.frame.channels;
        let pixels = keys.chunks_exact(count);
        for (out, keys) in out.chunks_exact_mut(count).zip(pixels) {
            let alpha = S::product(keys[count - 1]);
            let scale = if alpha > 0.0 { S::MAX / alpha } else { 0.0 };
            for (out, key) in out.iter_mut().zip(&keys[..count - 1]) {
                *out = S::from_f32(S::product(*key) * scale);
            }
            out[count - 1] = S::from_f32(alpha / S::MAX);
        }
    }
}

/// [`Rows::load`], of samples as `convert` makes keys of them, whole pixels at a time.
fn load<S: Sample, K: Key>(
    frame: Frame,
    samples: &[S],
    y: usize,
    start: usize,
    keys: &mut [K],
    convert: impl Fn(&[S], &mut [K]),
) {
    let (length, channels, reach) = (frame.row_len(), frame.channels, frame.reach());
    let row = &samples[y * length..][..length];
    let before = reach.saturating_sub(start).min(keys.len());
    let (left, keys) = keys.split_at_mut(before);
    for pixel in left.chunks_exact_mut(channels) {
        convert(&row[..channels], pixel);
    }
    let from = (start + before - reach).min(length);
    let inside = (length - from).min(keys.len());
    let (middle, right) = keys.split_at_mut(inside);
    convert(&row[from..from + inside], middle);
    for pixel in right.chunks_exact_mut(channels) {
        convert(&row[length - channels..], pixel);
    }
}
