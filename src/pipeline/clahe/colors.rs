//! Colours, and gray that is not of 8 bits: luma of a block of pixels at a time is looked up, and what is added to it is added to all
//! colours.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use rayon::prelude::*;

use super::tables::{Counting, Grid, Span, Table};
use crate::image::{Sample, Transfer, linear_to_srgb, srgb_to_linear};
use crate::pipeline::alpha::has_alpha;
use crate::pipeline::luma::luma;
use crate::pipeline::point::{BLOCK, Block, load, store};
use crate::simd::{self, Loop};

/// What a pixel counts that can be seen.
const SEEN: u8 = 255;

pub(super) fn filter<S: Sample, const COUNT: usize>(
    samples: &mut [S],
    transfer: Transfer,
    grid: &Grid,
    clip: f64,
) {
    let (pixels, _) = samples.as_chunks_mut::<COUNT>();
    let one = if has_alpha(COUNT) { SEEN } else { 1 };
    let seen: &[[S; COUNT]] = pixels;
    let tables = grid.tables((clip, one), |columns, y, counting| {
        let line = &seen[y * grid.width..][..grid.width];
        count(&line[columns], transfer, counting);
    });
    let changes = Changes {
        transfer,
        shares: grid.shares(),
        spans: grid.spans(),
    };
    pixels
        .par_chunks_exact_mut(grid.width)
        .enumerate()
        .for_each_init(Vec::new, |row: &mut Vec<Table>, (y, line)| {
            grid.bring_to_row(&tables, y, row);
            changes.change(line, row);
        });
}

/// Loads encoded colours from 0 to 1; gray is all three.
fn load_encoded<S: Sample, const COUNT: usize>(
    pixels: &[[S; COUNT]],
    transfer: Transfer,
    colors: &mut Block,
) {
    load(pixels, colors);
    if transfer == Transfer::Linear {
        for value in colors
            .iter_mut()
            .flat_map(|plane| &mut plane[..pixels.len()])
        {
            *value = linear_to_srgb(*value);
        }
    }
}

fn count<S: Sample, const COUNT: usize>(
    pixels: &[[S; COUNT]],
    transfer: Transfer,
    counting: &mut Counting,
) {
    let mut colors = [[0.0; BLOCK]; 3];
    let (mut places, mut weights) = ([0; BLOCK], [0; BLOCK]);
    for block in pixels.chunks(BLOCK) {
        load_encoded(block, transfer, &mut colors);
        simd::run(Nearest {
            colors: &colors,
            places: &mut places,
        });
        let places = &places[..block.len()];
        if has_alpha(COUNT) {
            for (weight, pixel) in weights.iter_mut().zip(block) {
                *weight = u8::from_f32(pixel[COUNT - 1].to_f32() * (f32::from(SEEN) / S::MAX));
            }
            counting.add_weighed(places, &weights);
        } else {
            counting.add(places);
        }
    }
}

/// What changes rows.
struct Changes {
    transfer: Transfer,
    shares: Vec<f32>,
    spans: Vec<Span>,
}

impl Changes {
    fn change<S: Sample, const COUNT: usize>(&self, line: &mut [[S; COUNT]], tables: &[Table]) {
        let mut colors = [[0.0; BLOCK]; 3];
        let (mut places, mut values) = ([0; BLOCK], [0.0; BLOCK]);
        for (block, first) in line.chunks_mut(BLOCK).zip((0..).step_by(BLOCK)) {
            load_encoded(block, self.transfer, &mut colors);
            simd::run(Below {
                colors: &colors,
                places: &mut places,
                values: &mut values,
            });
            for span in &self.spans {
                let pixels = span.within(first..first + block.len());
                let own = pixels.start - first..pixels.end - first;
                simd::run(LookUp {
                    tables: [&tables[span.left], &tables[span.right]],
                    shares: &self.shares[pixels],
                    places: &places[own.clone()],
                    values: &mut values[own],
                });
            }
            simd::run(Add {
                shift: &values,
                colors: &mut colors,
            });
            if self.transfer == Transfer::Linear {
                for value in colors
                    .iter_mut()
                    .flat_map(|plane| &mut plane[..block.len()])
                {
                    *value = srgb_to_linear(*value);
                }
            }
            store(block, &colors);
        }
    }
}

/// Luma on the scale of tables.
#[inline(always)]
fn level(colors: &Block, at: usize) -> f32 {
    let luma = luma([0, 1, 2].map(|color: usize| colors[color][at]));
    luma.clamp(0.0, 1.0) * 255.0
}

/// The places in tables that are nearest to luma.
struct Nearest<'a> {
    colors: &'a Block,
    places: &'a mut [u8; BLOCK],
}

impl Loop for Nearest<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (at, place) in self.places.iter_mut().enumerate() {
            *place = u8::from_f32(level(self.colors, at));
        }
    }
}

/// The places below luma, and luma.
struct Below<'a> {
    colors: &'a Block,
    places: &'a mut [u8; BLOCK],
    values: &'a mut [f32; BLOCK],
}

impl Loop for Below<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let each = self.places.iter_mut().zip(self.values);
        for (at, (place, value)) in each.enumerate() {
            *value = level(self.colors, at);
            // At a place itself it does not matter which of the two before and behind it is taken.
            *place = u8::from_f32((*value - 0.5).min(LAST));
        }
    }
}

/// The last place that has one behind it.
const LAST: f32 = 254.0;

/// Makes of luma what is to be added to it.
struct LookUp<'a> {
    tables: [&'a Table; 2],
    shares: &'a [f32],
    places: &'a [u8],
    values: &'a mut [f32],
}

impl Loop for LookUp<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let each = self.values.iter_mut().zip(self.places).zip(self.shares);
        for ((value, place), share) in each {
            let part = *value - f32::from(*place);
            let [left, right] = self.tables.map(|table| {
                let before = table[usize::from(*place)];
                let behind = table[usize::from(place.wrapping_add(1))];
                before + (behind - before) * part
            });
            let made = left + (right - left) * share;
            *value = (made - *value) * 255.0_f32.recip();
        }
    }
}

/// Adds the same to all colours.
struct Add<'a> {
    shift: &'a [f32; BLOCK],
    colors: &'a mut Block,
}

impl Loop for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for plane in self.colors {
            for (value, shift) in plane.iter_mut().zip(self.shift) {
                *value += shift;
            }
        }
    }
}
