//! Tiles, and their tables.

use std::ops::Range;

use rayon::prelude::*;

/// Places of a table: the values of 8 bits.
pub(super) const PLACES: usize = 256;

/// What becomes of each value, on a scale of 0 to 255.
pub(super) type Table = [f32; PLACES];

/// How often each value occurs.
type Counts = [u64; PLACES];

/// Counts that are under way. Neighbours, which are often the same, are counted apart from each other, as counting waits for what was
/// counted in the same place just before.
pub(super) struct Counting([Counts; 4]);

impl Counting {
    /// Counts each once.
    pub(super) fn add(&mut self, places: &[u8]) {
        let [a, b, c, d] = &mut self.0;
        let (fours, rest) = places.as_chunks::<4>();
        for four in fours {
            a[usize::from(four[0])] += 1;
            b[usize::from(four[1])] += 1;
            c[usize::from(four[2])] += 1;
            d[usize::from(four[3])] += 1;
        }
        for place in rest {
            a[usize::from(*place)] += 1;
        }
    }

    /// Counts each so many times.
    pub(super) fn add_weighed(&mut self, places: &[u8], weights: &[u8]) {
        for (at, (place, weight)) in places.iter().zip(weights).enumerate() {
            self.0[at % 4][usize::from(*place)] += u64::from(*weight);
        }
    }

    fn total(&self) -> Counts {
        let [a, b, c, d] = &self.0;
        std::array::from_fn(|at| a[at] + b[at] + c[at] + d[at])
    }
}

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

impl Span {
    /// The pixels that lie within a range too.
    pub(super) fn within(&self, range: Range<usize>) -> Range<usize> {
        let start = self.pixels.start.clamp(range.start, range.end);
        start..self.pixels.end.clamp(start, range.end)
    }
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

    /// How far each pixel of a row is from the left tile to the right one.
    pub(super) fn shares(&self) -> Vec<f32> {
        (0..self.width).map(|x| self.across.share(x)).collect()
    }

    /// The tables of all tiles, row after row: `count` counts some columns of a row, a pixel that is seen as `one`.
    pub(super) fn tables(
        &self,
        (clip, one): (f64, u8),
        count: impl Fn(Range<usize>, usize, &mut Counting) + Sync,
    ) -> Vec<Table> {
        let tiles = (0..self.across.tiles * self.down.tiles).into_par_iter();
        let table = |tile: usize| {
            let (across, down) = (tile % self.across.tiles, tile / self.across.tiles);
            let mut counting = Counting([[0; PLACES]; 4]);
            for y in self.down.inside(down).chain(self.down.mirrored(down)) {
                count(self.across.inside(across), y, &mut counting);
                count(self.across.mirrored(across), y, &mut counting);
            }
            equalized(&counting.total(), clip, one)
        };
        tiles.map(table).collect()
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
    reason = "values of a table need no more digits, and counts are far from 2^53"
)]
fn equalized(counts: &Counts, clip: f64, one: u8) -> Table {
    let total = counts.iter().sum::<u64>() as f64;
    if total <= 0.0 {
        return std::array::from_fn(|at| at as f32);
    }
    let most = (clip * total / PLACES as f64).max(one.into());
    let clipped = counts.map(|count| (count as f64).min(most));
    let shared = (total - clipped.iter().sum::<f64>()) / PLACES as f64;
    let mut sum = 0.0;
    clipped.map(|count| {
        sum += count + shared;
        (sum * 255.0 / total) as f32
    })
}
