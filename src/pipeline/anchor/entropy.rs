//! The part in which there is most to see: from whichever side has the lower Shannon entropy slices are cut off until the
//! window is left, as libvips does (<https://www.libvips.org/API/current/method.Image.smartcrop.html>).

use super::View;

/// Shades that are told apart.
const SHADES: usize = 32;

/// Left and top of the window.
pub(super) fn find(view: &View, window: (usize, usize)) -> (usize, usize) {
    let shades: Vec<usize> = view.luma().into_iter().map(shade).collect();
    let (mut left, mut right) = (0, view.width);
    let (mut top, mut bottom) = (0, view.height);
    while right - left > window.0 || bottom - top > window.1 {
        let entropy = |xs: (usize, usize), ys: (usize, usize)| {
            let rows = shades.chunks_exact(view.width).take(ys.1).skip(ys.0);
            entropy(rows.flat_map(|row| &row[xs.0..xs.1]).copied())
        };
        let slice = slice(right - left - window.0);
        if slice > 0 {
            let first = entropy((left, left + slice), (top, bottom));
            let last = entropy((right - slice, right), (top, bottom));
            if is_less(first, last, left, view.width - right) {
                left += slice;
            } else {
                right -= slice;
            }
        }
        let slice = self::slice(bottom - top - window.1);
        if slice > 0 {
            let first = entropy((left, right), (top, top + slice));
            let last = entropy((left, right), (bottom - slice, bottom));
            if is_less(first, last, top, view.height - bottom) {
                top += slice;
            } else {
                bottom -= slice;
            }
        }
    }
    (left, top)
}

/// How much is cut off at once of what is too much.
fn slice(excess: usize) -> usize {
    excess.min((excess / 8).max(1))
}

/// Whether the first slice goes, where so much has gone on either side already: of two that are alike, where less has.
fn is_less(first: f32, last: f32, before: usize, after: usize) -> bool {
    if (first - last).abs() <= 1e-6 {
        return before < after;
    }
    first < last
}

fn shade(luma: f32) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the shades there are"
    )]
    let shade = (luma.clamp(0.0, 1.0) * SHADES as f32) as usize;
    shade.min(SHADES - 1)
}

/// In bits for each pixel.
fn entropy(shades: impl Iterator<Item = usize>) -> f32 {
    let mut counts = [0_u16; SHADES];
    for shade in shades {
        counts[shade] += 1;
    }
    let total: f32 = counts.iter().copied().map(f32::from).sum();
    let parts = counts.iter().filter(|count| **count > 0);
    let parts = parts.map(|count| f32::from(*count) / total);
    -parts.map(|part| part * part.log2()).sum::<f32>()
}
