//! Rows of a picture as what can be compared.

use std::marker::PhantomData;

use super::{Frame, run, run_bytes};
use crate::image::Sample;
use crate::pipeline::bands::Band;

/// What can be compared.
pub(super) trait Key: Copy + Default + Ord + Send + Sync + 'static {
    /// As a number, in the same order.
    fn number(self) -> u32;

    /// Of such a number.
    fn from_number(number: u32) -> Self;
}

macro_rules! unsigned_key {
    ($($key:ty),*) => {$(
        impl Key for $key {
            fn number(self) -> u32 {
                self.into()
            }

            fn from_number(number: u32) -> Self {
                Self::try_from(number).unwrap_or(Self::MAX)
            }
        }
    )*};
}

unsigned_key!(u8, u16);

impl Key for u32 {
    fn number(self) -> u32 {
        self
    }

    fn from_number(number: u32) -> Self {
        number
    }
}

impl Key for i32 {
    fn number(self) -> u32 {
        self.cast_unsigned() ^ (1 << 31)
    }

    fn from_number(number: u32) -> Self {
        (number ^ (1 << 31)).cast_signed()
    }
}

/// How samples are compared.
pub(super) trait Order: Send + Sync {
    /// What is compared.
    type Key: Key;
    /// What the picture consists of.
    type Sample: Sample;

    /// Makes keys of whole pixels.
    fn keys(channels: usize, samples: &[Self::Sample], keys: &mut [Self::Key]);

    /// Makes whole pixels of keys.
    fn samples(channels: usize, keys: &[Self::Key], samples: &mut [Self::Sample]);
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
    fn run_plain(samples: &mut Vec<Self>, frame: Frame);
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

    fn run_plain(samples: &mut Vec<Self>, frame: Frame) {
        run_bytes::<Plain<Self>>(samples, frame);
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

    fn run_plain(samples: &mut Vec<Self>, frame: Frame) {
        run::<Plain<Self>>(samples, frame);
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

    fn run_plain(samples: &mut Vec<Self>, frame: Frame) {
        run::<Plain<Self>>(samples, frame);
    }
}

/// Samples as they are.
#[derive(Debug)]
pub(super) struct Plain<S>(PhantomData<S>);

impl<S: Sorted> Order for Plain<S> {
    type Key = S::Plain;
    type Sample = S;

    fn keys(_: usize, samples: &[S], keys: &mut [S::Plain]) {
        for (key, sample) in keys.iter_mut().zip(samples) {
            *key = sample.to_key();
        }
    }

    fn samples(_: usize, keys: &[S::Plain], samples: &mut [S]) {
        for (sample, key) in samples.iter_mut().zip(keys) {
            *sample = S::from_key(*key);
        }
    }
}

/// Colours times alpha, and alpha times full intensity.
#[derive(Debug)]
pub(super) struct Weighed<S>(PhantomData<S>);

impl<S: Sorted> Order for Weighed<S> {
    type Key = S::Weighed;
    type Sample = S;

    fn keys(channels: usize, samples: &[S], keys: &mut [S::Weighed]) {
        let pixels = samples.chunks_exact(channels);
        for (keys, pixel) in keys.chunks_exact_mut(channels).zip(pixels) {
            let alpha = pixel[channels - 1];
            for (key, color) in keys.iter_mut().zip(&pixel[..channels - 1]) {
                *key = color.times(alpha);
            }
            keys[channels - 1] = alpha.times(S::FULL);
        }
    }

    fn samples(channels: usize, keys: &[S::Weighed], samples: &mut [S]) {
        let pixels = keys.chunks_exact(channels);
        for (pixel, keys) in samples.chunks_exact_mut(channels).zip(pixels) {
            let alpha = S::product(keys[channels - 1]);
            let scale = if alpha > 0.0 { S::MAX / alpha } else { 0.0 };
            for (sample, key) in pixel.iter_mut().zip(&keys[..channels - 1]) {
                *sample = S::from_f32(S::product(*key) * scale);
            }
            pixel[channels - 1] = S::from_f32(alpha / S::MAX);
        }
    }
}

/// A picture in rows of keys.
#[derive(Debug)]
pub(super) struct Rows<'a, O: Order> {
    pub(super) samples: &'a [O::Sample],
    pub(super) frame: Frame,
}

impl<O: Order> Rows<'_, O> {
    /// A part of row `y` that begins `start` samples to the right of where the window of its first pixel does. Its edges are
    /// repeated.
    pub(super) fn load(&self, y: usize, start: usize, keys: &mut [O::Key]) {
        let length = self.frame.row_len();
        let row = &self.samples[y * length..][..length];
        load::<O>(self.frame, row, start, keys);
    }

    pub(super) fn store(&self, keys: &[O::Key], out: &mut [O::Sample]) {
        O::samples(self.frame.channels, keys, out);
    }
}

/// As many rows of a band as windows cover at a time, in keys, their edges repeated.
#[derive(Debug)]
pub(super) struct Ring<O: Order> {
    frame: Frame,
    lines: Vec<Vec<O::Key>>,
}

impl<O: Order> Ring<O> {
    /// Room for so many rows, and for a few samples more behind each of them.
    pub(super) fn new(frame: Frame, count: usize, more: usize) -> Self {
        let length = frame.row_len() + 2 * frame.reach() + more;
        Self {
            frame,
            lines: vec![vec![O::Key::default(); length]; count],
        }
    }

    /// Takes in a row, in the place of the one that came first.
    pub(super) fn load(&mut self, band: &Band<'_, O::Sample>, index: usize) {
        let frame = self.frame;
        let covered = frame.row_len() + 2 * frame.reach();
        let keys = &mut self.line_mut(index)[..covered];
        load::<O>(frame, band.covered(index), 0, keys);
    }

    pub(super) fn line(&self, index: usize) -> &[O::Key] {
        &self.lines[index % self.lines.len()]
    }

    fn line_mut(&mut self, index: usize) -> &mut [O::Key] {
        let count = self.lines.len();
        &mut self.lines[index % count]
    }
}

/// A part of a row as keys. See [`Rows::load`].
pub(super) fn load<O: Order>(frame: Frame, row: &[O::Sample], start: usize, keys: &mut [O::Key]) {
    let (length, channels, reach) = (frame.row_len(), frame.channels, frame.reach());
    let before = reach.saturating_sub(start).min(keys.len());
    let (left, keys) = keys.split_at_mut(before);
    for pixel in left.chunks_exact_mut(channels) {
        O::keys(channels, &row[..channels], pixel);
    }
    let from = (start + before - reach).min(length);
    let inside = (length - from).min(keys.len());
    let (middle, right) = keys.split_at_mut(inside);
    O::keys(channels, &row[from..from + inside], middle);
    for pixel in right.chunks_exact_mut(channels) {
        O::keys(channels, &row[length - channels..], pixel);
    }
}
