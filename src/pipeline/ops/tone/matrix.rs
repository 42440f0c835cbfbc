//! Colours that are sums of colours.

use crate::pipeline::point::{Stage, narrow};

/// What each of red, green and blue is made of: so much of red, of green, of blue, and of full intensity.
pub(super) type Matrix = [[f64; 4]; 3];

/// What changes nothing.
pub(super) const IDENTITY: Matrix = [
    [1.0, 0.0, 0.0, 0.0],
    [0.0, 1.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, 0.0],
];

/// Makes colours of colours.
pub(super) fn stage(matrix: &Matrix) -> Stage {
    Stage::weighed(matrix.map(|row| row.map(narrow)))
}

/// The same for a matrix that leaves gray as it is.
pub(super) fn stage_of_colors(matrix: [[f64; 3]; 3]) -> Stage {
    Stage::weighed_of_colors(matrix.map(|row| row.map(narrow)))
}
