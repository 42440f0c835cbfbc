//! Curves that are made of what the picture shows.

use std::sync::Arc;

use super::Image;
use crate::pipeline::histogram::{self, Histogram};
use crate::pipeline::luma::luma;
use crate::pipeline::point::{self, Map, Point, Stage};

/// What the histograms of the picture are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// One for each colour, so that each gets a curve of its own.
    Each,
    /// One of all colours together.
    Together,
    /// One of luma.
    Luma,
}

/// Changes the picture by curves: `map` makes them of a histogram, and `None` where nothing is to be done.
pub(super) fn by_histogram(
    image: Image,
    look: Look,
    map: impl Fn(&Histogram) -> Option<Arc<Map>>,
) -> Image {
    let histograms = match look {
        Look::Each => histogram::of_colors(&image),
        Look::Together => Histogram::merged(&histogram::of_colors(&image))
            .into_iter()
            .collect(),
        Look::Luma => vec![histogram::of_luma(&image, luma)],
    };
    let maps: Vec<Option<Arc<Map>>> = histograms.iter().map(map).collect();
    if maps.iter().all(Option::is_none) {
        return image;
    }
    let same: Arc<Map> = Arc::new(|value| value);
    let for_color = |at: usize| {
        let map = maps.get(at).or(maps.first());
        let map = map.and_then(Option::as_ref);
        Arc::clone(map.unwrap_or(&same))
    };
    let curves = Stage::curves([0, 1, 2].map(for_color));
    point::apply(&[Point::encoded(vec![curves])], image)
}

/// The line that takes one value to black and the other to white.
pub(super) fn line(low: f32, high: f32) -> Option<Arc<Map>> {
    let changes = low < high && (low, high) != (0.0, 1.0);
    changes.then(|| -> Arc<Map> { Arc::new(move |value| (value - low) / (high - low)) })
}
