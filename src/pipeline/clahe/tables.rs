//! Tiles, and their tables.

use std::ops::Range;

use rayon::prelude::*;

/// Places of a table: the values of 8 bits.
pub(super) const PLACES: usize = 256;

/// What becomes of each value, on a scale of 0 to 255.
pub(super) type Table = [f32; PLACES];

/// What a pixel counts that can be seen.
pub(super) const SEEN: u32 = 255;

/// How often each value occurs.
pub(super) type Counts = [u32; PLACES];

/// Tiles along one axis. The last may reach beyond the edge, where the picture is mirrored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) tiles: usize,
    pub(super) tile: usize,
    length: usize,
}

impl Axis {
    fn new(length: usize, tiles: usize) -> Self {
        let tile = length.div_ceil(tiles.min(length));
        Self {
            tiles: length.div_ceil(tile),
            tile,
            length,
        }
    }

    /// The pixels of a tile that lie in the picture.
    pub(super) fn inside(self, tile: usize) -> Range<usize> {
        let start = tile * self.tile;
        start..(start + self.tile).min(self.length)
    }

    /// The pixels that are seen once more in a tile, by mirroring, as far as there are any.
    pub(super) fn mirrored(self, tile: usize) -> Range<usize> {
        let end = (tile + 1) * self.tile;
        let beyond = end.saturating_sub(self.length).min(self.length - 1);
        self.length - 1 - beyond..self.length - 1
    }

    /// The tiles before and behind a pixel.
    pub(super) fn around(self, at: usize) -> (usize, usize) {
        let half = (2 * at + 1 + self.tile) / (2 * self.tile);
        (half.saturating_sub(1), half.min(self.tiles - 1))
    }

    /// How far it is from the middle of the tile before it to that of the one behind it.
    #[expect(clippy::cast_precision_loss, reason = "places within a tile")]
    pub(super) fn share(self, at: usize) -> f32 {
        let twice = (2 * at + 1 + self.tile) % (2 * self.tile);
        twice as f32 / (2 * self.tile) as f32
    }
}

/// Pixels of a row that lie between the same tiles.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) pixels: Range<usize>,
    pub(super) left: usize,
    pub(super) right: usize,
}

/// The tiles of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) width: usize,
    pub(super) across: Axis,
    pub(super) down: Axis,
}

impl Grid {
    pub(super) fn new((width, height): (usize, usize), (across, down): (usize, usize)) -> Self {
        Self {
            width,
            across: Axis::new(width, across),
            down: Axis::new(height, down),
        }
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for x in 0..self.width {
            let (left, right) = self.across.around(x);
            match spans.last_mut() {
                Some(span) if (span.left, span.right) == (left, right) => span.pixels.end = x + 1,
                _ => spans.push(Span {
                    pixels: x..x + 1,
                    left,
                    right,
                }),
            }
        }
        spans
    }

    /// The tables of all tiles, row after row: `count` counts one, a pixel as `one`.
    pub(super) fn tables_by(
        &self,
        (clip, one): (f64, u32),
        count: impl Fn((usize, usize)) -> Counts + Sync,
    ) -> Vec<Table> {
        let tiles = (0..self.across.tiles * self.down.tiles).into_par_iter();
        let at = |tile| (tile % self.across.tiles, tile / self.across.tiles);
        tiles
            .map(|tile| equalized(&count(at(tile)), clip, one))
            .collect()
    }

    /// The same, by the place of each pixel and what it counts.
    pub(super) fn tables(
        &self,
        clip: f64,
        place: impl Fn(usize, usize) -> (usize, u32) + Sync,
    ) -> Vec<Table> {
        self.tables_by((clip, SEEN), |(across, down)| {
            let mut counts = [0; PLACES];
            let rows = self.down.inside(down).chain(self.down.mirrored(down));
            for y in rows {
                let columns = self.across.inside(across);
                for x in columns.chain(self.across.mirrored(across)) {
                    let (place, count) = place(x, y);
                    counts[place] += count;
                }
            }
            counts
        })
    }

    /// What the tables of the tiles above and below a row make of it, for each column of tiles.
    pub(super) fn bring_to_row(&self, tables: &[Table], y: usize, row: &mut Vec<Table>) {
        let (above, below) = self.down.around(y);
        let share = self.down.share(y);
        let line = |tile: usize| &tables[tile * self.across.tiles..][..self.across.tiles];
        row.clear();
        row.extend(line(above).iter().zip(line(below)).map(|(above, below)| {
            std::array::from_fn(|at| above[at] + (below[at] - above[at]) * share)
        }));
    }
}

/// The table that makes values about as frequent. What is cut off of those that are too frequent is shared out among all.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "values of a table need no more digits"
)]
fn equalized(counts: &Counts, clip: f64, one: u32) -> Table {
    let total: f64 = counts.iter().map(|count| f64::from(*count)).sum();
    if total <= 0.0 {
        return std::array::from_fn(|at| at as f32);
    }
    let most = (clip * total / PLACES as f64).max(one.into());
    let clipped = counts.map(|count| f64::from(count).min(most));
    let shared = (total - clipped.iter().sum::<f64>()) / PLACES as f64;
    let mut sum = 0.0;
    clipped.map(|count| {
        sum += count + shared;
        (sum * 255.0 / total) as f32
    })
}
