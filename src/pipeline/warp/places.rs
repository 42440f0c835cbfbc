//! Where the pixels of a row of the result are in the picture.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::Map;
use crate::image::Size;

/// Pixels of a row that are done at once, each step for all of them, so that each becomes vectors.
pub(super) const BLOCK: usize = 32;

/// Samples of four pixels of a row, and as many more as fill vectors.
pub(super) const LANES: usize = 16;

/// A picture, and how it is looked up where sixteen of its pixels surround every place.
pub(super) struct Source<'a, S> {
    pub(super) samples: &'a [S],
    /// Samples of a row.
    pub(super) stride: usize,
    pub(super) map: &'a Map,
    /// How far a block's pixels are from its first, across the picture and down.
    pub(super) steps: &'a [[i64; BLOCK]; 2],
}

/// Parts of a pixel that places are counted in.
const UNIT: f64 = 4_294_967_296.0;

/// See [`Source::steps`].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "casts of floats saturate; pixels of a block are few"
)]
pub(super) fn steps(map: &Map) -> [[i64; BLOCK]; 2] {
    let (from, next) = (map.source(0, 0), map.source(1, 0));
    [next.0 - from.0, next.1 - from.1]
        .map(|step| std::array::from_fn(|at| (step * at as f64 * UNIT).round() as i64))
}

/// Between which sides places must lie, so that they have sixteen pixels around them, those hold what fills vectors, and none of what
/// is drawn there lies beyond the picture. See [`Map::columns`].
pub(super) fn inner(picture: Size, channels: usize) -> [(f64, f64); 2] {
    const AROUND: f64 = 2.0;
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    if (picture.width as usize) < LANES.div_ceil(channels) {
        return [(0.0, -1.0); 2];
    }
    // What fills vectors may lie in the row below.
    [(AROUND, width - AROUND), (AROUND, height - AROUND - 1.0)]
}

/// The places of a block.
pub(super) struct Places {
    /// The first sample of the first of four rows of four pixels.
    pub(super) starts: [usize; BLOCK],
    /// Across the picture, and down, in parts of 2^32: the pixel and the row before the two that a place lies between, and how far
    /// it is behind the first of these.
    pub(super) across: [u64; BLOCK],
    pub(super) down: [u64; BLOCK],
}

impl Places {
    pub(super) const NONE: Self = Self {
        starts: [0; BLOCK],
        across: [0; BLOCK],
        down: [0; BLOCK],
    };

    /// Those of the pixels from `x` on of row `y` of the result. Whoever asks for fewer than a block finds what is of no use behind
    /// them.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "places are within the picture, and those that nobody looks at may be anything"
    )]
    pub(super) fn find<S, const N: usize>(&mut self, source: &Source<S>, x: usize, y: usize) {
        let (across, down) = source.map.source(x, y);
        let [left, top] = [across, down].map(|place| ((place - 1.5) * UNIT) as i64);
        let (starts, across) = (self.starts.iter_mut(), self.across.iter_mut());
        let places = starts.zip(across.zip(&mut self.down));
        let steps = source.steps[0].iter().zip(&source.steps[1]);
        for ((start, (across, down)), steps) in places.zip(steps) {
            *across = left.wrapping_add(*steps.0) as u64;
            *down = top.wrapping_add(*steps.1) as u64;
            let (left, top) = ((*across >> 32) as usize, (*down >> 32) as usize);
            *start = top.wrapping_mul(source.stride).wrapping_add(left * N);
        }
    }
}
