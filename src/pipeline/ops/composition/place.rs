use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::image::Size;
use crate::pipeline::geometry::Gravity;

/// `+X+Y`: pixels to the right and down; inward from the right and the bottom where the gravity is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offset {
    /// Pixels across.
    pub x: i32,
    /// Pixels down.
    pub y: i32,
}

/// A text that is no offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write two numbers of pixels with their signs, such as `+10+10` or `-5+0`")]
pub struct ParseOffsetError;

impl FromStr for Offset {
    type Err = ParseOffsetError;

    fn from_str(text: &str) -> Result<Self, ParseOffsetError> {
        let parsed = || {
            let rest = text.strip_prefix(['+', '-'])?;
            let second = text.len() - rest.len() + rest.find(['+', '-'])?;
            let (x, y) = text.split_at(second);
            let (x, y) = (x.parse().ok()?, y.parse().ok()?);
            Some(Self { x, y })
        };
        parsed().ok_or(ParseOffsetError)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+}{:+}", self.x, self.y)
    }
}

impl Offset {
    /// Where something of size `inner` stands on a picture of size `outer`, as far from where the gravity puts it.
    pub(super) fn place(self, gravity: Gravity, inner: Size, outer: Size) -> (i64, i64) {
        let (left, top) = gravity.place(inner, outer);
        let (x, y) = gravity.inward((self.x, self.y));
        (left + x, top + y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_read_back_and_count_inward() {
        for text in ["+10+10", "-5+0", "+0-7"] {
            assert_eq!(text.parse::<Offset>().unwrap().to_string(), text);
        }
        for text in ["", "10", "+10", "+10+", "10+10", "+1+1+1", "+é+1"] {
            assert!(text.parse::<Offset>().is_err(), "{text}");
        }
        let (inner, outer) = (Size::new(2, 2), Size::new(10, 20));
        let offset = Offset { x: 3, y: 1 };
        let place = |gravity| offset.place(gravity, inner, outer);
        assert_eq!(place(Gravity::NorthWest), (3, 1));
        assert_eq!(place(Gravity::SouthEast), (5, 17));
        assert_eq!(place(Gravity::Center), (7, 10));
    }
}
