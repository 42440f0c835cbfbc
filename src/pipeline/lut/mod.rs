//! Tables of colours (3-D LUTs): what becomes of each is looked up, and between the points of the table it is interpolated.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

mod cube;
mod hald;

use std::sync::Arc;

use crate::pipeline::point::{Map, Mix, Stage};
use crate::simd::{self, Loop};

use cube::ParseCubeError;
use hald::HaldError;

/// The most points of a table along each of its edges.
pub(super) const MOST_POINTS: usize = 144;

/// Bytes of memory for each point.
pub(super) const POINT_BYTES: u64 = 16;

/// The first bytes of a PNG file: a `HaldCLUT` picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A table as a file has it.
#[derive(Debug)]
pub(super) enum Table {
    /// For each colour by itself.
    Curves(Curves),
    /// For all of them together.
    Grid(Grid),
}

/// What becomes of each colour by itself, at places evenly over its domain.
#[derive(Debug)]
pub(super) struct Curves {
    points: Vec<[f32; 3]>,
    domain: Domain,
}

/// What becomes of colours at the points of a grid, evenly over its domain; red runs fastest.
#[derive(Debug)]
pub(super) struct Grid {
    size: usize,
    /// Red, green, blue, and nothing: a point is one vector.
    points: Vec<[f32; 4]>,
    domain: Domain,
}

/// The values that a table is made for; others are brought to its ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Domain {
    low: [f32; 3],
    high: [f32; 3],
}

impl Domain {
    const USUAL: Self = Self {
        low: [0.0; 3],
        high: [1.0; 3],
    };

    /// The value of a channel at such a part of its domain.
    fn at(&self, channel: usize, part: f32) -> f32 {
        self.low[channel] + part * (self.high[channel] - self.low[channel])
    }
}

/// What is wrong with a file that is to be a table.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    /// Of the text.
    #[error(transparent)]
    Cube(#[from] ParseCubeError),
    /// Of the picture.
    #[error(transparent)]
    Hald(#[from] HaldError),
}

/// Whether a file may be such a table: a text is read as a whole, of a picture only its header. How many bytes it takes as a
/// table.
pub(super) fn check(bytes: &[u8]) -> Result<(), TableError> {
    if bytes.starts_with(PNG) {
        hald::size(bytes)?;
    } else {
        cube::parse(bytes)?;
    }
    Ok(())
}

/// Reads a table, as much of it as `amount` says: 0 would change nothing.
pub(super) fn read(bytes: &[u8], amount: f32) -> Result<Table, TableError> {
    let mut table = if bytes.starts_with(PNG) {
        Table::Grid(hald::read(bytes)?)
    } else {
        cube::parse(bytes)?
    };
    table.weaken(amount);
    Ok(table)
}

impl Table {
    /// Bytes of memory that it takes.
    pub(super) fn bytes(&self) -> u64 {
        let points = match self {
            Self::Curves(curves) => curves.points.len(),
            Self::Grid(grid) => grid.points.len(),
        };
        points as u64 * POINT_BYTES
    }

    /// Leaves a part of what it does. What is interpolated between points that stay is what was there.
    fn weaken(&mut self, amount: f32) {
        let mixed = |same: f32, other: f32| same + amount * (other - same);
        if amount >= 1.0 {
            return;
        }
        match self {
            Self::Curves(Curves { points, domain }) => {
                let last = points.len() - 1;
                for (at, point) in points.iter_mut().enumerate() {
                    for (channel, value) in point.iter_mut().enumerate() {
                        *value = mixed(domain.at(channel, part(at, last)), *value);
                    }
                }
            }
            Self::Grid(grid) => {
                let (size, domain) = (grid.size, grid.domain);
                for (at, point) in grid.points.iter_mut().enumerate() {
                    let places = [at % size, at / size % size, at / size / size];
                    for (channel, place) in places.into_iter().enumerate() {
                        let same = domain.at(channel, part(place, size - 1));
                        point[channel] = mixed(same, point[channel]);
                    }
                }
            }
        }
    }

    /// What it does to each pixel.
    pub(super) fn stage(table: &Arc<Self>) -> Stage {
        match &**table {
            Self::Grid(_) => Stage::Mix(Arc::<Self>::clone(table)),
            Self::Curves(_) => Stage::curves([0, 1, 2].map(|channel| -> Arc<Map> {
                let table = Arc::clone(table);
                Arc::new(move |value| match &*table {
                    Self::Curves(curves) => curves.at(channel, value),
                    Self::Grid(_) => value,
                })
            })),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer places than 2^24")]
fn part(place: usize, last: usize) -> f32 {
    place as f32 / last as f32
}

impl Curves {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the places there are; what is no number is at the first"
    )]
    fn at(&self, channel: usize, value: f32) -> f32 {
        let (low, high) = (self.domain.low[channel], self.domain.high[channel]);
        let last = self.points.len() - 1;
        let place = ((value - low) / (high - low)).clamp(0.0, 1.0) * last as f32;
        let before = (place as usize).min(last - 1);
        let [less, more] = [before, before + 1].map(|at| self.points[at][channel]);
        less + (place - before as f32) * (more - less)
    }
}

impl Mix for Table {
    fn mix(&self, planes: [&mut [f32]; 3]) {
        match self {
            Self::Grid(grid) => simd::run(Interpolate { grid, planes }),
            Self::Curves(_) => {}
        }
    }
}

/// Between the points of a grid each cell is cut into six tetrahedra along its diagonal, and a colour is made of the four
/// corners of the one that it lies in (J. M. Kasson, W. Plouffe and S. I. Nin, "A tetrahedral interpolation technique for color
/// space conversion", Proc. SPIE 1909, 1993): grays are made of grays, and there are no more than four points to fetch.
struct Interpolate<'a> {
    grid: &'a Grid,
    planes: [&'a mut [f32]; 3],
}

/// Pixels that are worked on at once.
const BLOCK: usize = 64;

/// Where pixels lie in the grid.
struct Places {
    /// The corner of the cell where all three are least.
    corner: [u32; BLOCK],
    /// From there to the corner where the colour that is the furthest along has gone on.
    first: [u32; BLOCK],
    /// And to the one where only the colour that is the least far along has not.
    second: [u32; BLOCK],
    /// How much of each of the four corners.
    weights: [[f32; BLOCK]; 4],
}

impl Loop for Interpolate<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { grid, planes } = self;
        let [red, green, blue] = planes;
        let mut places = Places {
            corner: [0; BLOCK],
            first: [0; BLOCK],
            second: [0; BLOCK],
            weights: [[0.0; BLOCK]; 4],
        };
        let blocks = red
            .chunks_mut(BLOCK)
            .zip(green.chunks_mut(BLOCK))
            .zip(blue.chunks_mut(BLOCK));
        for ((red, green), blue) in blocks {
            grid.find(red, green, blue, &mut places);
            grid.fetch(&places, red, green, blue);
        }
    }
}

impl Grid {
    /// Finds the cell and the tetrahedron of each pixel.
    #[inline(always)]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a grid has no more than 144 points along an edge"
    )]
    fn find(&self, red: &[f32], green: &[f32], blue: &[f32], places: &mut Places) {
        let last = (self.size - 1) as f32;
        let side = self.size as u32;
        let strides = [1, side, side * side];
        let low = self.domain.low;
        let scales = [0, 1, 2].map(|at| last / (self.domain.high[at] - low[at]));
        for (at, ((red, green), blue)) in red.iter().zip(green).zip(blue).enumerate() {
            let colors = [*red, *green, *blue];
            let cells = [0, 1, 2].map(|at| cell((colors[at] - low[at]) * scales[at], last));
            let [red, green, blue] = cells.map(|(_, way)| way);
            let [across, down, deep] = cells.map(|(before, _)| before);
            let farthest = red.max(green).max(blue);
            let nearest = red.min(green).min(blue);
            let middle = red.min(green).max(red.max(green).min(blue));
            // Where some are as far along it does not matter which is taken: the corner between them has no weight.
            let first = if red >= farthest {
                strides[0]
            } else if green >= farthest {
                strides[1]
            } else {
                strides[2]
            };
            let second = if blue <= nearest {
                strides[0] + strides[1]
            } else if green <= nearest {
                strides[0] + strides[2]
            } else {
                strides[1] + strides[2]
            };
            places.corner[at] = across + down * strides[1] + deep * strides[2];
            places.first[at] = first;
            places.second[at] = second;
            places.weights[0][at] = 1.0 - farthest;
            places.weights[1][at] = farthest - middle;
            places.weights[2][at] = middle - nearest;
            places.weights[3][at] = nearest;
        }
    }

    /// Makes each pixel of its four corners.
    #[inline(always)]
    fn fetch(&self, places: &Places, red: &mut [f32], green: &mut [f32], blue: &mut [f32]) {
        let across = 1 + self.size + self.size * self.size;
        let pixels = red.iter_mut().zip(green).zip(blue).enumerate();
        for (at, ((red, green), blue)) in pixels {
            let corner = places.corner[at] as usize;
            let corners = [
                corner,
                corner + places.first[at] as usize,
                corner + places.second[at] as usize,
                corner + across,
            ];
            let mut sum = [0.0; 4];
            for (corner, weights) in corners.into_iter().zip(&places.weights) {
                let point = &self.points[corner];
                for (sum, value) in sum.iter_mut().zip(point) {
                    *sum += value * weights[at];
                }
            }
            [*red, *green, *blue, _] = sum;
        }
    }
}

/// The cell that a place lies in, and how far along it.
#[inline(always)]
fn cell(place: f32, last: f32) -> (u32, f32) {
    // From 2^23 on a float has no bits for fractions: what is added rounds, and the number is in the low bits. At a point of
    // the grid it may be the cell before, with all of the way gone.
    const FRACTIONLESS: f32 = 8_388_608.0;
    // What is no number is at the first place.
    let place = place.max(0.0).min(last);
    let before = (place - 0.5).max(0.0).min(last - 1.0) + FRACTIONLESS;
    (before.to_bits() & 0xffff, place - (before - FRACTIONLESS))
}

#[cfg(test)]
mod tests;
