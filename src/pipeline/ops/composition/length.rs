use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A length, in pixels or as a part of the picture's own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Length {
    /// `40`: so many pixels.
    Pixels(f64),
    /// `5%`: a part, 100 being all of it.
    Percent(f64),
}

/// A text that is no length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write pixels such as `40`, up to 100000, or a part of the picture such as `5%`, up to 1000%"
)]
pub struct ParseLengthError;

impl Length {
    /// How many pixels that is, where the picture's own length is `whole`.
    pub(super) fn of(self, whole: u32) -> f64 {
        match self {
            Self::Pixels(pixels) => pixels,
            Self::Percent(percent) => f64::from(whole) * percent / 100.0,
        }
    }

    /// In whole pixels.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lengths are neither negative nor without end"
    )]
    pub(super) fn whole(self, whole: u32) -> u32 {
        self.of(whole).round() as u32
    }
}

impl FromStr for Length {
    type Err = ParseLengthError;

    fn from_str(text: &str) -> Result<Self, ParseLengthError> {
        let (number, most, make): (_, f64, fn(f64) -> Self) = match text.strip_suffix('%') {
            Some(number) => (number, 1000.0, Self::Percent),
            None => (text, 100_000.0, Self::Pixels),
        };
        let number = number.parse().ok();
        let number = number.filter(|number| (0.0..=most).contains(number));
        number.map(make).ok_or(ParseLengthError)
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
    fn lengths_read_back_and_are_what_they_say() {
        for text in ["0", "40", "2.5", "5%", "12.5%", "1000%"] {
            let length: Length = text.parse().unwrap();
            assert_eq!(length.to_string(), text);
        }
        assert_eq!("5%".parse::<Length>().unwrap().whole(410), 21);
        assert_eq!("7".parse::<Length>().unwrap().whole(410), 7);
        for text in ["", "%", "-1", "1e9", "1001%", "nan", "5%%", "5px"] {
            assert!(text.parse::<Length>().is_err(), "{text}");
        }
    }
}
