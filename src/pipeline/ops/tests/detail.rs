//! Detail.

use super::*;

pub(super) const CASES: Cases = Cases {
    more: &[
        "blur 0.6",
        "blur 7",
        "sharpen 4,amount=2,threshold=0.2",
        "median 1",
        "median 7",
        "median 9",
    ],
    same: &["blur 0", "sharpen 0", "sharpen 2,amount=0", "median 0"],
    mirrored: &["median 1", "median 5", "median 8", "median 20"],
    rough: &[],
};
