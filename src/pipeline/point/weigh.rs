//! Colours that are weighed sums of colours, in samples of 8 bits: whole numbers of 16 bits do, of which vectors hold twice as many as
//! of floats. The sum is off by less than a tenth of a level before it is rounded.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use rayon::prelude::*;

use super::Rows;
use super::run::{BATCH, BLOCK};
use crate::image::{Channels, Sample};
use crate::pipeline::weigh::fixed::{FRACTION, WIDTH, centered, upper_signed};
use crate::simd::{self, Loop};

/// Samples whose colours may be weighed faster than as floats.
pub(super) trait Weigh: Sample {
    /// Makes each colour of all three, and says whether it has done so.
    fn weigh(_: &mut [Self], _: Channels, _: &Rows) -> bool {
        false
    }
}

impl Weigh for u16 {}
impl Weigh for f32 {}

impl Weigh for u8 {
    fn weigh(samples: &mut [Self], channels: Channels, rows: &Rows) -> bool {
        let Some(rows) = fixed(rows) else {
            return false;
        };
        match channels {
            Channels::Gray | Channels::GrayAlpha => return false,
            Channels::Rgb => weigh_all::<3>(samples, &rows),
            Channels::Rgba => weigh_all::<4>(samples, &rows),
        }
        true
    }
}

/// Bits behind the point of a weight, and of a product, of which the upper 16 bits are kept.
const WEIGHT: u32 = 14;
const PRODUCT: u32 = FRACTION + WEIGHT - 16;

/// What one colour is made of.
#[derive(PartialEq)]
struct Row {
    /// The one that it is, if it is made of one alone.
    copied: Option<usize>,
    weights: [[i16; WIDTH]; 3],
    /// What is added, with what the sum lacks because samples count from the middle.
    offset: i16,
}

/// Weights in fixed point; `None` where they, or a sum, would not fit.
fn fixed(rows: &Rows) -> Option<[Row; 3]> {
    /// The most that a sum of 16 bits holds, full intensity being 1.
    const MOST: f32 = 4.0;
    const ONE: f32 = (1_i16 << WEIGHT) as f32;
    let fits = |row: &[f32; 4]| {
        let sum: f32 = row.iter().map(|weight| weight.abs()).sum();
        sum <= MOST && row[..3].iter().all(|weight| weight.abs() < 1.99)
    };
    if !rows.iter().all(fits) {
        return None;
    }
    Some(rows.map(|[red, green, blue, offset]| {
        let mut weights = [red, green, blue].map(|weight| whole(weight * ONE));
        // What rounding leaves over goes to the largest, so that gray stays gray.
        let sum = whole((red + green + blue) * ONE / 4.0);
        let left =
            4 * i32::from(sum) - weights.iter().map(|weight| i32::from(*weight)).sum::<i32>();
        let largest = (0..3).max_by_key(|at| weights[*at].unsigned_abs());
        if let (Some(at), Ok(left)) = (largest, i16::try_from(left)) {
            weights[at] += left;
        }
        // A product loses half a unit in the mean.
        let rounding = (1 << (PRODUCT - 1)) + 1;
        let scale = <u8 as Sample>::MAX * f32::from(1_i16 << PRODUCT);
        let halves = weights.map(|weight| weight / 2);
        let start = whole(offset * scale).wrapping_add(rounding);
        let copied = (0..3).find(|own| {
            let is_unit = |at: usize| weights[at] == if at == *own { 1 << WEIGHT } else { 0 };
            (0..3).all(is_unit) && offset.abs() <= 0.0
        });
        Row {
            copied,
            weights: weights.map(|weight| [weight; WIDTH]),
            offset: halves.into_iter().fold(start, i16::wrapping_add),
        }
    }))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "casts of floats saturate, and all fit"
)]
fn whole(value: f32) -> i16 {
    value.round() as i16
}

fn weigh_all<const COUNT: usize>(samples: &mut [u8], rows: &[Row; 3]) {
    let (pixels, _) = samples.as_chunks_mut::<COUNT>();
    pixels.par_chunks_mut(BATCH / COUNT).for_each(|batch| {
        for block in batch.chunks_mut(BLOCK) {
            simd::run(Weighed { block, rows });
        }
    });
}

/// A block of pixels. Colours are taken apart first and put together at the end: compilers make vectors of each of these steps,
/// but not of all at once.
struct Weighed<'a, const COUNT: usize> {
    block: &'a mut [[u8; COUNT]],
    rows: &'a [Row; 3],
}

impl<const COUNT: usize> Loop for Weighed<'_, COUNT> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut before = [[0; BLOCK]; 3];
        let [red, green, blue] = &mut before;
        let colors = red.iter_mut().zip(green).zip(blue);
        for (((red, green), blue), pixel) in colors.zip(&*self.block) {
            [*red, *green, *blue] = [pixel[0], pixel[1], pixel[2]];
        }
        let mut after = [[0; BLOCK]; 3];
        for (at, row) in self.rows.iter().enumerate() {
            // What the one before is made of as well is made already.
            if at > 0 && *row == self.rows[at - 1] {
                after[at] = after[at - 1];
            } else if let Some(own) = row.copied {
                after[at] = before[own];
            } else {
                row.apply(&before, &mut after[at]);
            }
        }
        let [red, green, blue] = &after;
        let colors = red.iter().zip(green).zip(blue);
        for (pixel, ((red, green), blue)) in self.block.iter_mut().zip(colors) {
            pixel[0] = *red;
            pixel[1] = *green;
            pixel[2] = *blue;
        }
    }
}

impl Row {
    #[inline(always)]
    fn apply(&self, before: &[[u8; BLOCK]; 3], after: &mut [u8; BLOCK]) {
        let [red, green, blue] = before.each_ref().map(|plane| plane.as_chunks::<WIDTH>().0);
        let (after, _) = after.as_chunks_mut::<WIDTH>();
        let values = red.iter().zip(green).zip(blue);
        for (after, ((red, green), blue)) in after.iter_mut().zip(values) {
            let colors = [centered(red), centered(green), centered(blue)];
            for lane in 0..WIDTH {
                let part = |at: usize| upper_signed(colors[at][lane], self.weights[at][lane]);
                let sum = part(0).wrapping_add(part(1)).wrapping_add(part(2));
                let level = sum.wrapping_add(self.offset) >> PRODUCT;
                #[expect(clippy::cast_sign_loss, reason = "limited at once")]
                let level = level.clamp(0, 255) as u8;
                after[lane] = level;
            }
        }
    }
}
