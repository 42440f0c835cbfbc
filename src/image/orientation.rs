use serde::{Deserialize, Serialize};

use super::Size;

/// One of the eight ways a rectangle can be turned and mirrored, numbered as EXIF tag 0x0112 does
/// (CIPA DC-008, "Orientation"). The variant says what must be done to the stored picture to see it upright.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Orientation {
    /// 1: as stored.
    #[default]
    Upright,
    /// 2: mirror left to right.
    MirrorHorizontal,
    /// 3: turn by 180 degrees.
    Turn180,
    /// 4: mirror top to bottom.
    MirrorVertical,
    /// 5: mirror along the diagonal from top left to bottom right.
    Transpose,
    /// 6: turn by 90 degrees clockwise.
    Turn90,
    /// 7: mirror along the diagonal from top right to bottom left.
    Transverse,
    /// 8: turn by 270 degrees clockwise.
    Turn270,
}

impl Orientation {
    /// All eight, in EXIF order.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::MirrorHorizontal,
        Self::Turn180,
        Self::MirrorVertical,
        Self::Transpose,
        Self::Turn90,
        Self::Transverse,
        Self::Turn270,
    ];

    /// The orientation that EXIF writes as `value` (1 to 8).
    pub fn from_exif(value: u8) -> Option<Self> {
        let index = usize::from(value).checked_sub(1)?;
        Self::ALL.get(index).copied()
    }

    /// The number EXIF writes for it, 1 to 8.
    pub const fn to_exif(self) -> u8 {
        self as u8 + 1
    }

    /// Whether width and height change places.
    pub const fn swaps_axes(self) -> bool {
        matches!(
            self,
            Self::Transpose | Self::Turn90 | Self::Transverse | Self::Turn270
        )
    }

    /// The size of a picture of `size` once this has been applied to it.
    pub const fn applied_to(self, size: Size) -> Size {
        if self.swaps_axes() {
            size.transposed()
        } else {
            size
        }
    }

    /// The single orientation that does the work of `self`, then `next`.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let (a, b) = (self.parts(), next.parts());
        // Every orientation is "transpose if t, then mirror x if x, then mirror y if y"; a transposition that
        // follows mirrors exchanges their axes.
        let (x, y) = if b.0 { (a.2, a.1) } else { (a.1, a.2) };
        Self::from_parts(a.0 ^ b.0, x ^ b.1, y ^ b.2)
    }

    /// What undoes it.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Turn90 => Self::Turn270,
            Self::Turn270 => Self::Turn90,
            Self::Upright
            | Self::MirrorHorizontal
            | Self::Turn180
            | Self::MirrorVertical
            | Self::Transpose
            | Self::Transverse => self,
        }
    }

    /// (transpose, then mirror x, then mirror y)
    pub(crate) const fn parts(self) -> (bool, bool, bool) {
        match self {
            Self::Upright => (false, false, false),
            Self::MirrorHorizontal => (false, true, false),
            Self::Turn180 => (false, true, true),
            Self::MirrorVertical => (false, false, true),
            Self::Transpose => (true, false, false),
            Self::Turn90 => (true, true, false),
            Self::Transverse => (true, true, true),
            Self::Turn270 => (true, false, true),
        }
    }

    const fn from_parts(transpose: bool, x: bool, y: bool) -> Self {
        match (transpose, x, y) {
            (false, false, false) => Self::Upright,
            (false, true, false) => Self::MirrorHorizontal,
            (false, true, true) => Self::Turn180,
            (false, false, true) => Self::MirrorVertical,
            (true, false, false) => Self::Transpose,
            (true, true, false) => Self::Turn90,
            (true, true, true) => Self::Transverse,
            (true, false, true) => Self::Turn270,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exif_numbers_round_trip() {
        for value in 1..=8 {
            assert_eq!(Orientation::from_exif(value).unwrap().to_exif(), value);
        }
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }

    #[test]
    fn orientations_form_a_group() {
        for a in Orientation::ALL {
            assert_eq!(a.then(a.inverse()), Orientation::Upright);
            assert_eq!(a.inverse().then(a), Orientation::Upright);
            assert_eq!(a.then(Orientation::Upright), a);
            for b in Orientation::ALL {
                for c in Orientation::ALL {
                    assert_eq!(a.then(b).then(c), a.then(b.then(c)));
                }
            }
        }
    }

    #[test]
    fn four_quarter_turns_are_none() {
        let quarter = Orientation::Turn90;
        assert_eq!(quarter.then(quarter), Orientation::Turn180);
        assert_eq!(quarter.then(quarter).then(quarter), Orientation::Turn270);
        assert_eq!(
            Orientation::Turn180.then(Orientation::Turn180),
            Orientation::Upright
        );
    }
}
