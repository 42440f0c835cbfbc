//! The part that people would look at: edges, strong colours and skin, as libvips and smartcrop.js weigh them in their own ways
//! (<https://github.com/libvips/libvips>, <https://github.com/jwagner/smartcrop.js>).
//!
//! Each pixel of a small copy gets a weight; the window that holds the most is taken, where what lies in its middle counts in
//! full and what lies at its edge for nothing, so that what matters comes to stand in the middle.

use super::View;
use crate::pipeline::luma::luma;

/// How much edges, skin and strong colours count.
const WEIGHTS: [f32; 3] = [1.0, 1.2, 0.25];

/// The colour of skin, whatever its shade, as a direction in red, green and blue (smartcrop.js).
const SKIN: [f32; 3] = [0.78, 0.57, 0.44];

/// How near a colour must come to it.
const LIKENESS: f32 = 0.9;

/// Left and top of the window.
pub(super) fn find(view: &View, window: (usize, usize)) -> (usize, usize) {
    let weights = weights(view);
    let rows = weights.chunks_exact(view.width);
    let across: Vec<f32> = rows.flat_map(|row| tents(row, window.0)).collect();
    let width = view.width - window.0 + 1;
    let column = |x: usize| {
        let column: Vec<f32> = across[x..].iter().copied().step_by(width).collect();
        tents(&column, window.1)
    };
    let sums: Vec<Vec<f32>> = (0..width).map(column).collect();
    let height = view.height - window.1 + 1;
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let middle = (width - 1, height - 1);
    // Where there is nothing to choose between, the middle.
    let away = |(x, y): (usize, usize)| (2 * x).abs_diff(middle.0) + (2 * y).abs_diff(middle.1);
    let better = |best: (usize, usize), place: (usize, usize)| {
        let (old, new) = (sums[best.0][best.1], sums[place.0][place.1]);
        let close = (new - old).abs() <= 1e-4 * old.abs();
        if new > old && !close || close && away(place) < away(best) {
            place
        } else {
            best
        }
    };
    places.fold((middle.0 / 2, middle.1 / 2), better)
}

/// How much each pixel draws the eye.
fn weights(view: &View) -> Vec<f32> {
    let luma = view.luma();
    let (width, height) = (view.width, view.height);
    let mut weights = Vec::with_capacity(luma.len());
    for y in 0..height {
        for x in 0..width {
            let at = |x: usize, y: usize| luma[y.min(height - 1) * width + x.min(width - 1)];
            let own = at(x, y);
            let around = at(x.saturating_sub(1), y)
                + at(x + 1, y)
                + at(x, y.saturating_sub(1))
                + at(x, y + 1);
            let edge = (4.0 * own - around).abs().min(1.0);
            let pixel = view.pixels[y * width + x];
            let [edges, skins, colors] = WEIGHTS;
            weights.push(edges * edge + skins * skin(pixel) + colors * strength(pixel));
        }
    }
    weights
}

/// How much a colour is like skin, from 0 to 1.
fn skin(pixel: [f32; 3]) -> f32 {
    let length = pixel.iter().map(|value| value * value).sum::<f32>().sqrt();
    let own = luma(pixel);
    if length <= 0.0 || !(0.15..0.95).contains(&own) {
        return 0.0;
    }
    let norm = SKIN.iter().map(|value| value * value).sum::<f32>().sqrt();
    let off = pixel
        .iter()
        .zip(SKIN)
        .map(|(value, skin)| (value / length - skin / norm).powi(2))
        .sum::<f32>()
        .sqrt();
    ((1.0 - off - LIKENESS) / (1.0 - LIKENESS)).max(0.0)
}

/// How strong a colour is, from 0 to 1; black and white have none.
fn strength([red, green, blue]: [f32; 3]) -> f32 {
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    if (0.05..0.95).contains(&luma([red, green, blue])) {
        most - least
    } else {
        0.0
    }
}

/// The sum at each place of a window of `length`, where what lies in its middle counts in full, and the less the nearer it is to an
/// end.
fn tents(values: &[f32], length: usize) -> Vec<f32> {
    let tent = |at: usize| {
        let steps = u16::try_from((at + 1).min(length - at)).unwrap_or(u16::MAX);
        f32::from(steps)
    };
    let weights: Vec<f32> = (0..length).map(tent).collect();
    values
        .windows(length)
        .map(|window| {
            window
                .iter()
                .zip(&weights)
                .map(|(value, weight)| value * weight)
                .sum()
        })
        .collect()
}
