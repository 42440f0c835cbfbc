//! Lengths that are given in pixels, or as parts of the picture.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A length, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Length {
    /// `20`: so many pixels.
    Pixels(f64),
    /// `5%`: a part of some side of the picture, 100 being all of it.
    Percent(f64),
}

/// A text that is no length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "write pixels such as `20`, up to 100000, or a part of the picture such as `5%`, up to 1000%"
)]
pub struct ParseLengthError;

impl Length {
    /// None at all.
    pub const ZERO: Self = Self::Pixels(0.0);

    /// In pixels, where `whole` is what percentages are parts of.
    pub fn of(self, whole: u32) -> f64 {
        match self {
            Self::Pixels(pixels) => pixels,
            Self::Percent(percent) => f64::from(whole) * percent / 100.0,
        }
    }

    /// In whole pixels, the nearest.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates"
    )]
    pub fn whole(self, whole: u32) -> u32 {
        self.of(whole).round() as u32
    }
}

impl FromStr for Length {
    type Err = ParseLengthError;

    fn from_str(text: &str) -> Result<Self, ParseLengthError> {
        let (digits, most, length): (_, f64, fn(f64) -> Self) = match text.strip_suffix('%') {
            Some(digits) => (digits, 1000.0, Self::Percent),
            None => (text, 100_000.0, Self::Pixels),
        };
        let number = digits.parse().ok();
        let number = number.filter(|number| (0.0..=most).contains(number));
        number.map(length).ok_or(ParseLengthError)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels(pixels) => write!(f, "{pixels}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_back_and_nonsense_is_refused() {
        for text in ["0", "20", "2.5", "5%", "0.25%", "150%"] {
            assert_eq!(text.parse::<Length>().unwrap().to_string(), text);
        }
        for wrong in [
            "", "%", "-1", "x", "nan", "inf", "5%%", "5 px", "100001", "1001%",
        ] {
            assert!(wrong.parse::<Length>().is_err(), "{wrong}");
        }
        let length = |text: &str| text.parse::<Length>().unwrap();
        assert_eq!(length("10%").whole(255), 26);
        assert_eq!(length("7").whole(255), 7);
    }
}
