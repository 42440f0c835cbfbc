//! Samples of 8 bits weighed in whole numbers of 16, of which a vector holds twice as many as of floats. Of a product with a weight
//! the upper half is kept, which compilers know instructions for.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::number::{Mean, Number, Term};
use crate::simd::{self, Loop};

/// Numbers that are multiplied at once. Only where both factors are vectors do compilers see that the upper half of the product is
/// all that is asked for.
pub(in crate::pipeline) const WIDTH: usize = 16;

/// Numbers that are added up side by side.
const LANES: usize = 64;

/// A sample of 8 bits in fixed point: two of them still add up to one of 16. Weights are in parts of 2^16, and add up to 1. What is
/// lost of a product is a hundredth of a level at the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct Fixed(u16);

/// Bits behind the point.
pub(in crate::pipeline) const FRACTION: u32 = 7;

/// What every number is more than what it stands for, so that black times a weight loses as much in the mean as anything else.
const LIFT: u16 = 37;

impl Fixed {
    /// The nearest level.
    pub(in crate::pipeline) fn to_level(self) -> u8 {
        let level = (self.0 + (1 << (FRACTION - 1)) - LIFT) >> FRACTION;
        level.min(255) as u8
    }

    /// The value in levels.
    pub(in crate::pipeline) fn to_f32(self) -> f32 {
        (f32::from(self.0) - f32::from(LIFT)) / f32::from(1_u16 << FRACTION)
    }

    /// How far a level is above it, with as many bits behind the point.
    #[inline(always)]
    fn taken_from(self, level: u8) -> i16 {
        let level = (u16::from(level) << FRACTION) + LIFT;
        level.wrapping_sub(self.0).cast_signed()
    }

    /// How much a level is above it, `middle` standing for nothing.
    #[inline(always)]
    pub(in crate::pipeline) fn difference(self, level: u8, middle: u8) -> u8 {
        /// Bits behind the point of what is made: one less leaves room for the middle.
        const LEFT: u32 = FRACTION - 1;
        let middle = (i16::from(middle) << LEFT) + (1 << (LEFT - 1));
        let sum = (self.taken_from(level) >> 1) + middle;
        #[expect(clippy::cast_sign_loss, reason = "limited at once")]
        let level = (sum >> LEFT).clamp(0, 255) as u8;
        level
    }

    /// Takes a row of levels.
    pub(in crate::pipeline) fn fill(levels: &[u8], out: &mut [Self]) {
        simd::run(Fill(levels, out));
    }

    /// What products lose in the mean when there are so many, half a unit each.
    fn lost(count: usize) -> u16 {
        u16::try_from(count / 2).unwrap_or_default()
    }
}

/// How many times what filtering has taken from levels is added to them.
#[derive(Debug)]
pub(in crate::pipeline) struct Gain {
    /// In parts of 2^14.
    factor: [i16; WIDTH],
    /// The least difference that counts.
    least: i16,
}

impl Gain {
    /// From -2 to 2 times; differences of less than so many levels do not count.
    pub(in crate::pipeline) fn new(gain: f32, least: f32) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "casts of floats saturate")]
        let whole = |value: f32| value as i16;
        Self {
            factor: [whole((gain * 16384.0).round()); WIDTH],
            least: whole((least * f32::from(1_u16 << FRACTION)).ceil()),
        }
    }

    /// Raises levels by what they are above filtered ones.
    #[inline(always)]
    pub(in crate::pipeline) fn raise(&self, levels: &mut [u8], filtered: &[Fixed]) {
        let (blocks, rest) = levels.as_chunks_mut::<WIDTH>();
        let (filtered, last) = filtered.as_chunks::<WIDTH>();
        for (levels, filtered) in blocks.iter_mut().zip(filtered) {
            *levels = self.raised(levels, filtered);
        }
        let (mut levels, mut filtered) = ([0; WIDTH], [Fixed::default(); WIDTH]);
        levels[..rest.len()].copy_from_slice(rest);
        filtered[..last.len()].copy_from_slice(last);
        let raised = self.raised(&levels, &filtered);
        rest.copy_from_slice(&raised[..rest.len()]);
    }

    #[inline(always)]
    fn raised(&self, levels: &[u8; WIDTH], filtered: &[Fixed; WIDTH]) -> [u8; WIDTH] {
        /// Bits behind the point of a level that is made.
        const LEFT: u32 = FRACTION - 2;
        let mut made = [0; WIDTH];
        for lane in 0..WIDTH {
            let difference = filtered[lane].taken_from(levels[lane]);
            let counts = difference.wrapping_abs() >= self.least;
            let difference = if counts { difference } else { 0 };
            let more = upper_signed(difference, self.factor[lane]);
            let level = (i16::from(levels[lane]) << LEFT) + more + (1 << (LEFT - 1));
            #[expect(clippy::cast_sign_loss, reason = "limited at once")]
            let level = (level >> LEFT).clamp(0, 255) as u8;
            made[lane] = level;
        }
        made
    }
}

struct Fill<'a>(&'a [u8], &'a mut [Fixed]);

impl Loop for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, level) in self.1.iter_mut().zip(self.0) {
            *out = Fixed((u16::from(*level) << FRACTION) + LIFT);
        }
    }
}

impl Number for Fixed {
    type Weight = u32;
    type Factor = [u16; WIDTH];
    type Block = [Self; LANES];

    fn block(value: Self) -> Self::Block {
        [value; LANES]
    }

    fn factor(weight: u32) -> Self::Factor {
        [u16::try_from(weight).unwrap_or(u16::MAX); WIDTH]
    }

    /// A half at the most, but for one part: see `add_pairs` of samples of 8 bits.
    fn half_factor(weight: u32) -> Self::Factor {
        [u16::try_from(weight / 2).unwrap_or(u16::MAX).min(0x7fff); WIDTH]
    }
}

impl Mean for Fixed {
    /// What rounding leaves over goes to the largest, so that what is the same everywhere stays so; in halves where there are two, so
    /// that what is symmetric stays so.
    fn weights(exact: &[f64]) -> Vec<u32> {
        const ONE: u32 = 1 << 16;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "weights are from 0 to 1"
        )]
        let whole = |weight: &f64| (weight * f64::from(ONE)).round() as u32;
        let mut weights: Vec<u32> = exact.iter().map(whole).collect();
        let left = ONE.wrapping_sub(weights.iter().sum()).cast_signed();
        let largest = weights.iter().max().copied();
        let first = weights.iter().position(|weight| Some(*weight) == largest);
        let last = weights.iter().rposition(|weight| Some(*weight) == largest);
        for (at, share) in [(first, left / 2), (last, left - left / 2)] {
            if let Some(at) = at {
                weights[at] = weights[at].wrapping_add_signed(share);
            }
        }
        weights
    }
}

impl Term<Fixed> for Fixed {
    fn beginning(count: usize, _: bool) -> Fixed {
        Self(Self::lost(count))
    }

    #[inline(always)]
    fn add(samples: &[Self], factor: &[u16; WIDTH], sums: &mut [Fixed; LANES]) {
        add_products([samples], factor, |[sample]| sample.0, upper, sums);
    }

    #[inline(always)]
    fn add_pairs(pairs: [&[Self]; 2], factor: &[u16; WIDTH], sums: &mut [Fixed; LANES]) {
        let sum = |[first, second]: [Self; 2]| first.0.wrapping_add(second.0);
        add_products(pairs, factor, sum, upper, sums);
    }
}

/// Half of the range of 16 bits.
const HALF: u16 = 1 << 15;

impl Term<Fixed> for u8 {
    /// Pairs count from the middle of the range; their weights add up to a half.
    fn beginning(count: usize, paired: bool) -> Fixed {
        let middle = if paired { HALF / 2 } else { 0 };
        Fixed(middle + Fixed::lost(count))
    }

    #[inline(always)]
    fn add(samples: &[Self], factor: &[u16; WIDTH], sums: &mut [Fixed; LANES]) {
        let fixed = |[sample]: [Self; 1]| (u16::from(sample) << FRACTION) + LIFT;
        add_products([samples], factor, fixed, upper, sums);
    }

    /// Signed, since compilers that know the sum to be positive forget that it has 16 bits.
    #[inline(always)]
    fn add_pairs(pairs: [&[Self]; 2], factor: &[u16; WIDTH], sums: &mut [Fixed; LANES]) {
        let sum = |[first, second]: [Self; 2]| {
            // What is added lies in other bits, the middle apart, where adding is as good as taking away.
            ((u16::from(first) + u16::from(second)) << FRACTION) ^ (HALF | (2 * LIFT))
        };
        let upper = |sum: u16, factor: u16| {
            let product = upper_signed(sum.cast_signed(), factor.cast_signed());
            product.cast_unsigned()
        };
        add_products(pairs, factor, sum, upper, sums);
    }
}

/// A sum of products of samples of 8 bits with weights of either sign. Samples count from the middle of the range of 16 bits, and how
/// many bits lie behind the point is up to the weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct Signed(i16);

/// Weights of either sign, in fixed point.
#[derive(Debug)]
pub(in crate::pipeline) struct SignedWeights {
    pub(in crate::pipeline) weights: Vec<i16>,
    /// What a sum lacks because its samples count from the middle.
    middle: i16,
    /// Bits behind the point of a sum.
    bits: u32,
    /// What sums have lost in the mean.
    lost: f32,
}

impl SignedWeights {
    /// `None` where sums would not fit, or lose more than a twentieth of a level in the mean.
    pub(in crate::pipeline) fn new(exact: &[f32]) -> Option<Self> {
        /// Bits that samples are raised by, and bits of a product that are not kept.
        const RAISED: i32 = FRACTION.cast_signed();
        const CUT: i32 = 16;
        let sum: f32 = exact.iter().map(|weight| weight.abs()).sum();
        let largest = exact
            .iter()
            .fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let fits = |bits: &i32| {
            let unit = 2.0_f32.powi(*bits);
            255.5 * sum * unit < f32::from(i16::MAX)
                && largest * unit * 2.0_f32.powi(CUT - RAISED) < f32::from(i16::MAX)
        };
        let bits = (3..=RAISED).rev().find(fits)?;
        let places = bits.unsigned_abs();
        let one = 2.0_f32.powi(bits + CUT - RAISED);
        #[expect(clippy::cast_possible_truncation, reason = "they were found to fit")]
        let whole = |weight: &f32| (weight * one).round() as i16;
        let weights: Vec<i16> = exact.iter().map(whole).collect();
        // Of a product with one that ends in zeros nothing is cut off.
        let is_cut = |weight: &&i16| **weight % (1 << (CUT - RAISED)) != 0;
        let cut = weights.iter().filter(is_cut).count();
        if cut > (1 << (2 * bits)) / 32 {
            return None;
        }
        let cut = u8::try_from(cut).ok()?;
        let halves = weights.iter().map(|weight| weight / 2);
        let middle = halves.fold(0, i16::wrapping_add);
        Some(Self {
            weights,
            middle,
            bits: places,
            lost: 0.5 * f32::from(cut),
        })
    }

    /// What to add to a sum before it is rounded, so that it is so many levels more.
    pub(in crate::pipeline) fn offset(&self, levels: f32) -> i16 {
        let unit = f32::from(1_u16 << self.bits);
        #[expect(clippy::cast_possible_truncation, reason = "casts of floats saturate")]
        let offset = (levels * unit + self.lost + 0.5 * unit).round() as i16;
        offset
    }

    /// The level nearest to a sum with such an offset.
    #[inline(always)]
    pub(in crate::pipeline) fn nearest(&self, sum: Signed, offset: i16) -> u8 {
        let sum = sum.0.wrapping_add(self.middle).saturating_add(offset);
        let level = sum >> self.bits;
        #[expect(clippy::cast_sign_loss, reason = "limited at once")]
        let level = level.clamp(0, 255) as u8;
        level
    }
}

impl Number for Signed {
    type Weight = i16;
    type Factor = [i16; WIDTH];
    type Block = [Self; LANES];

    fn block(value: Self) -> Self::Block {
        [value; LANES]
    }

    fn factor(weight: i16) -> Self::Factor {
        [weight; WIDTH]
    }

    fn half_factor(weight: i16) -> Self::Factor {
        [weight / 2; WIDTH]
    }
}
impl Term<Signed> for u8 {
    fn beginning(_: usize, _: bool) -> Signed {
        Signed(0)
    }

    #[inline(always)]
    fn add(samples: &[Self], factor: &[i16; WIDTH], sums: &mut [Signed; LANES]) {
        let Some(samples) = samples.first_chunk::<LANES>() else {
            return;
        };
        let (samples, _) = samples.as_chunks::<WIDTH>();
        let (sums, _) = sums.as_chunks_mut::<WIDTH>();
        for (sums, samples) in sums.iter_mut().zip(samples) {
            let values = centered(samples);
            for lane in 0..WIDTH {
                let product = upper_signed(values[lane], factor[lane]);
                sums[lane].0 = sums[lane].0.wrapping_add(product);
            }
        }
    }
}

/// Adds what `value` makes of samples, times `factor`, as much at once as there are factors.
#[inline(always)]
fn add_products<T: Copy, const N: usize>(
    samples: [&[T]; N],
    factor: &[u16; WIDTH],
    value: impl Fn([T; N]) -> u16,
    upper: impl Fn(u16, u16) -> u16,
    sums: &mut [Fixed; LANES],
) {
    let blocks = samples.map(|samples| samples.first_chunk::<LANES>());
    if blocks.iter().any(Option::is_none) {
        return;
    }
    let samples = blocks.map(|block| block.map_or(&[][..], |block| block.as_chunks::<WIDTH>().0));
    let (sums, _) = sums.as_chunks_mut::<WIDTH>();
    for (part, sums) in sums.iter_mut().enumerate() {
        let samples = samples.map(|samples| &samples[part]);
        let values: [u16; WIDTH] =
            std::array::from_fn(|lane| value(samples.map(|samples| samples[lane])));
        for lane in 0..WIDTH {
            let product = upper(values[lane], factor[lane]);
            sums[lane].0 = sums[lane].0.wrapping_add(product);
        }
    }
}

/// Samples in fixed point, counted from the middle of the range of 16 bits.
#[inline(always)]
pub(in crate::pipeline) fn centered(samples: &[u8; WIDTH]) -> [i16; WIDTH] {
    samples.map(|sample| ((u16::from(sample) << FRACTION) ^ HALF).cast_signed())
}

/// The upper half of a product.
#[inline(always)]
fn upper(value: u16, factor: u16) -> u16 {
    ((u32::from(value) * u32::from(factor)) >> 16) as u16
}

/// The same with a sign.
#[inline(always)]
pub(in crate::pipeline) fn upper_signed(value: i16, factor: i16) -> i16 {
    ((i32::from(value) * i32::from(factor)) >> 16) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level and what filtering may have made of it.
    fn pairs() -> impl Iterator<Item = (u8, Fixed)> {
        let levels = (0..=u8::MAX).step_by(5);
        levels.flat_map(|level| {
            let lifted = (LIFT..=(255 << FRACTION) + LIFT).step_by(61);
            lifted.map(move |value| (level, Fixed(value)))
        })
    }

    #[test]
    fn differences_are_raised_as_floats_are() {
        for gain in [-2.0, -1.0, -0.3, 0.0, 0.5, 1.0, 1.7, 2.0] {
            for least in [0.0, 10.0, 255.0] {
                let raise = Gain::new(gain, least);
                for (level, filtered) in pairs() {
                    let difference = f32::from(level) - filtered.to_f32();
                    let counts = difference.abs() >= least;
                    let wanted = f32::from(level) + if counts { gain * difference } else { 0.0 };
                    let mut made = [level; WIDTH + 3];
                    raise.raise(&mut made, &[filtered; WIDTH + 3]);
                    let off = (f32::from(made[0]) - wanted.clamp(0.0, 255.0)).abs();
                    assert!(off < 0.55, "{gain} {least} {level} {filtered:?}: {off}");
                    assert_eq!(made, [made[0]; WIDTH + 3]);
                }
            }
        }
    }

    #[test]
    fn differences_lie_around_the_middle() {
        for (level, filtered) in pairs() {
            let wanted = 128.0 + f32::from(level) - filtered.to_f32();
            let made = filtered.difference(level, 128);
            let off = f32::from(made) - wanted.clamp(0.0, 255.0);
            assert!(off.abs() < 0.51, "{level} {filtered:?}: {off}");
        }
    }
}
