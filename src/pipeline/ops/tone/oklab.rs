//! Oklab, where equal steps look about equal and hue stays apart from lightness
//! (B. Ottosson, "A perceptual color space for image processing", 2020, <https://bottosson.github.io/posts/oklab/>).
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use crate::pipeline::point::Mix;
use crate::simd::{self, Loop};

/// From linear light of sRGB to the responses of cones.
const CONES: [[f32; 3]; 3] = [
    [0.412_221_46, 0.536_332_55, 0.051_445_995],
    [0.211_903_5, 0.680_699_5, 0.107_396_96],
    [0.088_302_46, 0.281_718_85, 0.629_978_7],
];

/// And back.
const LIGHT: [[f32; 3]; 3] = [
    [4.076_741_7, -3.307_711_6, 0.230_969_94],
    [-1.268_438, 2.609_757_4, -0.341_319_4],
    [-0.004_196_086_3, -0.703_418_6, 1.707_614_7],
];

/// From the cube roots of those to lightness, green to red, and blue to yellow.
const LAB: [[f32; 3]; 3] = [
    [0.210_454_26, 0.793_617_8, -0.004_072_047],
    [1.977_998_5, -2.428_592_2, 0.450_593_7],
    [0.025_904_037, 0.782_771_77, -0.808_675_77],
];

/// And back, but for lightness, of which there is as much in each.
const ROOTS: [[f32; 2]; 3] = [
    [0.396_337_78, 0.215_803_76],
    [-0.105_561_346, -0.063_854_17],
    [-0.089_484_18, -1.291_485_5],
];

/// Makes colours of their own lightness, green to red, and blue to yellow: a matrix, and what is added.
pub(super) struct Change {
    pub(super) rows: [[f32; 3]; 3],
    pub(super) offsets: [f32; 3],
}

impl Mix for Change {
    fn mix(&self, planes: [&mut [f32]; 3]) {
        simd::run(Changing {
            change: self,
            planes,
        });
    }
}

struct Changing<'a> {
    change: &'a Change,
    planes: [&'a mut [f32]; 3],
}

impl Loop for Changing<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Change { rows, offsets } = self.change;
        let [red, green, blue] = self.planes;
        for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
            let [x, y, z] = times(rows, from_light([*red, *green, *blue]));
            let lab = [x + offsets[0], y + offsets[1], z + offsets[2]];
            [*red, *green, *blue] = to_light(lab);
        }
    }
}

#[inline(always)]
fn times(matrix: &[[f32; 3]; 3], [x, y, z]: [f32; 3]) -> [f32; 3] {
    let row = |[a, b, c]: [f32; 3]| a * x + b * y + c * z;
    [row(matrix[0]), row(matrix[1]), row(matrix[2])]
}

/// Lightness (0 to 1), green to red, and blue to yellow of a colour in linear light.
#[inline(always)]
pub(super) fn from_light(light: [f32; 3]) -> [f32; 3] {
    let [long, middle, short] = times(&CONES, light);
    times(&LAB, [cube_root(long), cube_root(middle), cube_root(short)])
}

/// The colour in linear light.
#[inline(always)]
pub(super) fn to_light([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let cone = |[of_a, of_b]: [f32; 2]| {
        let root = lightness + of_a * a + of_b * b;
        root * root * root
    };
    times(&LIGHT, [cone(ROOTS[0]), cone(ROOTS[1]), cone(ROOTS[2])])
}

/// Within some units in the last place, by arithmetic that becomes vectors: a third of the exponent, then twice Halley's step,
/// each of which triples the digits that are right.
#[inline(always)]
fn cube_root(value: f32) -> f32 {
    const THIRD_OF_BIAS: u32 = 0x2a51_4067;
    let whole = value.abs();
    let mut root = f32::from_bits(whole.to_bits() / 3 + THIRD_OF_BIAS);
    for _ in 0..2 {
        let cube = root * root * root;
        root *= (cube + whole + whole) / (cube + cube + whole + f32::MIN_POSITIVE);
    }
    root.copysign(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cube_roots_are_those_of_the_library() {
        for step in 0..20_000_u16 {
            let value = (f32::from(step) / 10_000.0 - 0.5).powi(3) * 8.0;
            let (root, wanted) = (cube_root(value), value.cbrt());
            assert!(
                (root - wanted).abs() <= 3e-7 * wanted.abs() + 1e-9,
                "{value}: {root}"
            );
        }
        assert!(cube_root(0.0).abs() < 1e-12);
    }

    #[test]
    fn colors_are_where_their_author_says() {
        // Red, green and blue as the article's code has them, to four places.
        for (light, wanted) in [
            ([1.0, 1.0, 1.0], [1.0, 0.0, 0.0]),
            ([1.0, 0.0, 0.0], [0.628, 0.2249, 0.1258]),
            ([0.0, 1.0, 0.0], [0.8664, -0.2339, 0.1795]),
            ([0.0, 0.0, 1.0], [0.452, -0.0325, -0.3115]),
        ] {
            let lab = from_light(light);
            let back = to_light(lab);
            for at in 0..3 {
                assert!((lab[at] - wanted[at]).abs() < 1e-4, "{lab:?} {wanted:?}");
                assert!((back[at] - light[at]).abs() < 2e-6, "{back:?} {light:?}");
            }
        }
    }
}
