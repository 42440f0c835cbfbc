//! Detail.

use super::*;

pub(super) const CASES: Cases = Cases {
    more: &["blur 0.6", "blur 7", "sharpen 4,amount=2,threshold=0.2"],
    same: &["blur 0", "sharpen 0", "sharpen 2,amount=0"],
    mirrored: &[],
    rough: &[],
};
