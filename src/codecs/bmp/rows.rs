//! Pixels that are stored row by row, each row filled up to four bytes.

use super::header::Header;
use crate::image::Sample;

/// Bytes of a row.
fn stride(width: u32, bits: u32) -> usize {
    let bits = u64::from(width) * u64::from(bits);
    usize::try_from(bits.div_ceil(32) * 4).unwrap_or(usize::MAX)
}

/// The rows that are there, whole or in part, each with the number it has from above.
fn rows<'a>(header: &Header<'a>, bits: u32) -> impl Iterator<Item = (usize, &'a [u8])> {
    let height = header.size.height as usize;
    let top_down = header.top_down;
    let rows = header
        .pixels
        .chunks(stride(header.size.width, bits))
        .take(height);
    rows.enumerate()
        .map(move |(at, row)| (if top_down { at } else { height - 1 - at }, row))
}

/// Whether the file ends before the last row does. (The last one need not be filled up.)
pub(super) fn is_cut(header: &Header<'_>, bits: u32) -> bool {
    let (width, height) = (header.size.width, header.size.height as usize);
    let last = usize::try_from((u64::from(width) * u64::from(bits)).div_ceil(8));
    let whole = stride(width, bits).saturating_mul(height - 1);
    header.pixels.len() < whole.saturating_add(last.unwrap_or(usize::MAX))
}

/// The index of each pixel, zero where there is none.
pub(super) fn indices(header: &Header<'_>, bits: u32) -> Vec<u8> {
    let width = header.size.width as usize;
    let mut out = vec![0; width * header.size.height as usize];
    let mask = u8::MAX >> (8 - bits);
    for (number, row) in rows(header, bits) {
        let pixels = &mut out[number * width..][..width];
        let parts = row.iter().flat_map(|byte| {
            // From the highest bits on.
            let shifts = (0..8 / bits).rev();
            shifts.map(move |at| byte >> (at * bits) & mask)
        });
        for (pixel, part) in pixels.iter_mut().zip(parts) {
            *pixel = part;
        }
    }
    out
}

/// Where a part of a pixel stands, and how far it goes.
#[derive(Clone, Copy)]
struct Part {
    shift: u32,
    most: u32,
}

impl Part {
    fn of(mask: u32) -> Self {
        let shift = mask.trailing_zeros().min(31);
        Self {
            shift,
            most: mask >> shift,
        }
    }

    /// On the scale of `S`; none of a part that is not there.
    fn sample<S: Sample>(self, pixel: u32) -> S {
        #[expect(
            clippy::cast_precision_loss,
            reason = "parts have some ten bits, and floats 24"
        )]
        let part = (pixel >> self.shift & self.most) as f32 / self.most.max(1) as f32;
        S::from_f32(part * S::MAX)
    }
}

/// The samples of pixels of two, three or four bytes, as many as there are masks that count; zero where there are none.
pub(super) fn masked<S: Sample>(header: &Header<'_>, bits: u32, masks: &[u32]) -> Vec<S> {
    let (width, bytes) = (header.size.width as usize, bits as usize / 8);
    let length = width * masks.len();
    let mut out = vec![S::default(); length * header.size.height as usize];
    let parts: Vec<Part> = masks.iter().map(|mask| Part::of(*mask)).collect();
    for (number, row) in rows(header, bits) {
        let samples = &mut out[number * length..][..length];
        let pixels = row.chunks_exact(bytes).map(|pixel| {
            pixel
                .iter()
                .rev()
                .fold(0, |number, byte| number << 8 | u32::from(*byte))
        });
        for (samples, pixel) in samples.chunks_exact_mut(parts.len()).zip(pixels) {
            for (sample, part) in samples.iter_mut().zip(&parts) {
                *sample = part.sample(pixel);
            }
        }
    }
    out
}
