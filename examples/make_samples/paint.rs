//! What every scene is painted with: vectors that double as colours, noise, and the way from light to pixels.

use std::ops::{Add, Mul, Sub};

use image::{DynamicImage, Rgb, Rgb32FImage};

/// A point, a direction, or an amount of light as red, green and blue.
#[derive(Clone, Copy)]
pub(crate) struct Vec3(pub(crate) f32, pub(crate) f32, pub(crate) f32);

impl Add for Vec3 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1, self.2 + other.2)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + other * -1.0
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self(self.0 * factor, self.1 * factor, self.2 * factor)
    }
}

impl Mul for Vec3 {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0, self.1 * other.1, self.2 * other.2)
    }
}

impl Vec3 {
    pub(crate) fn dot(self, other: Self) -> f32 {
        self.0 * other.0 + self.1 * other.1 + self.2 * other.2
    }

    pub(crate) fn unit(self) -> Self {
        self * (1.0 / self.dot(self).sqrt())
    }

    pub(crate) fn mix(self, other: Self, share: f32) -> Self {
        self + (other - self) * share
    }

    fn map(self, f: impl Fn(f32) -> f32) -> Self {
        Self(f(self.0), f(self.1), f(self.2))
    }
}

/// The light of an sRGB colour written as `0xRRGGBB`.
pub(crate) fn hex(code: u32) -> Vec3 {
    let [_, red, green, blue] = code.to_be_bytes().map(f32::from);
    Vec3(red, green, blue).map(|value| (value / 255.0).powf(2.2))
}

/// 0 at `from`, 1 at `to`, and smooth between; `from` may be the larger one.
pub(crate) fn smooth(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn scramble(seed: u32, x: i32, y: i32) -> u32 {
    let across = x.cast_unsigned().wrapping_mul(0x85eb_ca6b);
    let down = y.cast_unsigned().wrapping_mul(0xc2b2_ae35);
    let mut bits = seed.wrapping_mul(0x9e37_79b1) ^ across;
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2c1b_3c6d) ^ down;
    bits = (bits ^ (bits >> 13)).wrapping_mul(0x297a_2d39);
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x846c_a68b);
    bits ^ (bits >> 15)
}

/// A number from 0 to 1, as if by chance, that belongs to this seed and place.
pub(crate) fn hash(seed: u32, x: i32, y: i32) -> f32 {
    (scramble(seed, x, y) >> 8) as f32 / 16_777_216.0
}

/// Gradient noise: about -1 to 1, one bump per unit.
pub(crate) fn noise(seed: u32, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let corner = |dx: i32, dy: i32| {
        let bits = scramble(seed, left as i32 + dx, top as i32 + dy);
        let slope = |bits: u32| (bits & 0xffff) as f32 / 32_768.0 - 1.0;
        slope(bits) * (fx - dx as f32) + slope(bits >> 16) * (fy - dy as f32)
    };
    let ease = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let upper = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * ease(fx);
    let lower = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * ease(fx);
    1.6 * (upper + (lower - upper) * ease(fy))
}

/// Noise upon finer noise, as clouds, bark and stone have it: about -1 to 1.
pub(crate) fn fractal(seed: u32, x: f32, y: f32, octaves: u32) -> f32 {
    (0..octaves).fold(0.0, |sum, octave| {
        let scale = f32::from(1_u16 << octave);
        sum + noise(seed + octave * 1013, x * scale + 7.3, y * scale - 2.9) / scale
    })
}

/// Paints light: `scene` gets x from 0 to width/height and y from 0 (top) to 1, four times per pixel.
pub(crate) fn paint(width: u32, height: u32, scene: impl Fn(f32, f32) -> Vec3) -> Rgb32FImage {
    Rgb32FImage::from_fn(width, height, |column, row| {
        let sum = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
            .iter()
            .map(|(dx, dy)| {
                scene(
                    (column as f32 + dx) / height as f32,
                    (row as f32 + dy) / height as f32,
                )
            })
            .fold(Vec3(0.0, 0.0, 0.0), Vec3::add);
        Rgb([sum.0 / 4.0, sum.1 / 4.0, sum.2 / 4.0])
    })
}

/// The photograph of painted light: highlights rolled off as film does, sRGB, and `grain` upon it
/// (0.01 is fine, 0.04 coarse).
pub(crate) fn develop(light: &Rgb32FImage, grain: f32) -> DynamicImage {
    let mut print = light.clone();
    for (x, y, Rgb(pixel)) in print.enumerate_pixels_mut() {
        let (x, y) = (x.cast_signed(), y.cast_signed());
        // Four evenly spread numbers add up to something near the bell curve of real grain.
        let speck = (0..4).map(|seed| hash(900 + seed, x, y)).sum::<f32>() - 2.0;
        for value in pixel {
            let shown = tone(*value);
            // Grain shows most in the middle tones.
            *value = (shown + speck * grain * (0.4 + 2.4 * shown * (1.0 - shown))).clamp(0.0, 1.0);
        }
    }
    print.into()
}

/// A film's answer to light, dark shadows and a long shoulder, then sRGB's gamma.
pub(crate) fn tone(light: f32) -> f32 {
    let exposed = light.max(0.0).powf(1.5);
    (exposed / (exposed + 0.29)).powf(1.0 / 2.2)
}
