//! From pixels to the data of a picture: rows, one pass of them or seven, each behind its filter (W3C PNG, third edition, 7 to 10).

use libdeflater::{CompressionError, CompressionLvl, Compressor};

use super::stored::Stored;
use crate::image::Size;

/// How hard is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pack {
    /// libdeflate's own levels: 1 to 12.
    pub(super) level: u8,
    /// Whether each row gets the filter that suits it; else all the same.
    pub(super) chooses: bool,
    pub(super) interlace: bool,
}

/// First column and row, and steps across and down, of each pass (8.1).
const PASSES: [(u32, u32, u32, u32); 7] = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
];

/// The compressed data of a picture.
pub(super) fn packed(stored: &Stored, pack: Pack) -> Result<Vec<u8>, CompressionError> {
    let mut rows = Rows::new(stored, pack.chooses);
    if pack.interlace {
        for pass in PASSES {
            rows.pass(pass);
        }
    } else {
        rows.pass((0, 0, 1, 1));
    }
    compressed(&rows.out, pack.level)
}

/// Bytes in zlib's form.
pub(super) fn compressed(bytes: &[u8], level: u8) -> Result<Vec<u8>, CompressionError> {
    let level = CompressionLvl::new(level.into()).unwrap_or_default();
    let mut compressor = Compressor::new(level);
    let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut out)?;
    out.truncate(length);
    out.shrink_to_fit();
    Ok(out)
}

struct Rows<'a> {
    stored: &'a Stored<'a>,
    chooses: bool,
    out: Vec<u8>,
    candidates: [Vec<u8>; 5],
}

impl<'a> Rows<'a> {
    fn new(stored: &'a Stored, chooses: bool) -> Self {
        Self {
            stored,
            // What is no measure has no differences.
            chooses: chooses && stored.bits >= 8 && !stored.is_indexed(),
            out: Vec::new(),
            candidates: Default::default(),
        }
    }

    fn pass(&mut self, (left, top, across, down): (u32, u32, u32, u32)) {
        let Size { width, height } = self.stored.size;
        if left >= width || top >= height {
            return;
        }
        let columns = (width - left).div_ceil(across);
        let bits = columns as usize * self.stored.bits_a_pixel();
        let length = bits.div_ceil(8);
        let rows = (height - top).div_ceil(down) as usize;
        self.out.reserve(rows * (length + 1));
        let (mut above, mut row) = (vec![0; length], Vec::with_capacity(length));
        for y in (top..height).step_by(down as usize) {
            row.clear();
            self.stored.row(y, left, across, &mut row);
            self.filter(&row, &above);
            std::mem::swap(&mut row, &mut above);
        }
    }

    /// Appends a row behind the filter whose differences are the least (12.7).
    fn filter(&mut self, row: &[u8], above: &[u8]) {
        if !self.chooses {
            let plain = self.stored.bits < 8 || self.stored.is_indexed();
            let kind = if plain { 0 } else { 2 };
            self.out.push(kind);
            if plain {
                self.out.extend_from_slice(row);
            } else {
                let up = row.iter().zip(above).map(|(x, b)| x.wrapping_sub(*b));
                self.out.extend(up);
            }
            return;
        }
        let pixel = self.stored.bits_a_pixel() / 8;
        let mut best = (u64::MAX, 0);
        for kind in 0..5 {
            let candidate = &mut self.candidates[usize::from(kind)];
            differences(kind, row, above, pixel, candidate);
            let sum = magnitude(candidate);
            if sum < best.0 {
                best = (sum, kind);
            }
        }
        self.out.push(best.1);
        self.out
            .extend_from_slice(&self.candidates[usize::from(best.1)]);
    }
}

/// What each filter leaves of a row (9.2).
fn differences(kind: u8, row: &[u8], above: &[u8], pixel: usize, out: &mut Vec<u8>) {
    out.clear();
    out.resize(row.len(), 0);
    let zeros = [0; 8];
    // The first pixel has none to its left.
    let first = pixel.min(row.len());
    let beside = |x: usize| if x < first { 0 } else { row[x - first] };
    for x in 0..first {
        let left = beside(x);
        out[x] = difference(kind, row[x], left, above[x], zeros[0]);
    }
    let places = out[first..].iter_mut().zip(&row[first..]).zip(row);
    let places = places.zip(&above[first..]).zip(above);
    match kind {
        0 => places.for_each(|((((out, x), _), _), _)| *out = *x),
        1 => places.for_each(|((((out, x), a), _), _)| *out = x.wrapping_sub(*a)),
        2 => places.for_each(|((((out, x), _), b), _)| *out = x.wrapping_sub(*b)),
        3 => places.for_each(|((((out, x), a), b), _)| *out = x.wrapping_sub(middle(*a, *b))),
        _ => places.for_each(|((((out, x), a), b), c)| {
            *out = x.wrapping_sub(paeth(*a, *b, *c));
        }),
    }
}

fn difference(kind: u8, x: u8, a: u8, b: u8, c: u8) -> u8 {
    x.wrapping_sub(match kind {
        0 => 0,
        1 => a,
        2 => b,
        3 => middle(a, b),
        _ => paeth(a, b, c),
    })
}

fn middle(a: u8, b: u8) -> u8 {
    (a & b) + ((a ^ b) >> 1)
}

/// Whichever is nearest to `a + b - c` (9.4).
fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let [wide_a, wide_b, wide_c] = [a, b, c].map(i16::from);
    let off_a = (wide_b - wide_c).abs();
    let off_b = (wide_a - wide_c).abs();
    let off_c = (wide_a + wide_b - 2 * wide_c).abs();
    if off_a <= off_b && off_a <= off_c {
        a
    } else if off_b <= off_c {
        b
    } else {
        c
    }
}

/// The sum of differences, whichever way they go.
fn magnitude(differences: &[u8]) -> u64 {
    let rows = differences.chunks(1 << 16);
    rows.map(|part| {
        let sizes = part
            .iter()
            .map(|byte| u32::from(byte.cast_signed().unsigned_abs()));
        u64::from(sizes.sum::<u32>())
    })
    .sum()
}
