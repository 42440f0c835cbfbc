use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ParamError, Params, ValueError};

/// The longest text, in bytes: more could not be read in a picture.
const LONGEST: usize = 10_000;

/// A text that is written into pictures. People write `\n` where a line ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words(pub String);

impl FromStr for Words {
    type Err = Infallible;

    fn from_str(written: &str) -> Result<Self, Infallible> {
        let mut text = String::new();
        let mut chars = written.chars();
        while let Some(c) = chars.next() {
            let rest = chars.as_str();
            match c {
                '\\' if rest.starts_with('n') => text.push('\n'),
                '\\' if rest.starts_with('\\') => text.push('\\'),
                _ => {
                    text.push(c);
                    continue;
                }
            }
            chars.next();
        }
        Ok(Self(text))
    }
}

impl fmt::Display for Words {
    /// In quotes, as they are read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.0.replace('\\', "\\\\").replace('\n', "\\n");
        write!(f, "\"{}\"", written.replace('"', "\\\""))
    }
}

impl Words {
    /// Whether there is nothing to be seen.
    pub(super) fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// How many lines were written.
    pub(super) fn lines(&self) -> u32 {
        u32::try_from(self.0.lines().count()).unwrap_or(u32::MAX)
    }

    /// Refuses what is too long.
    pub(super) fn checked(self, params: &Params<'_>) -> Result<Self, ValueError> {
        if self.0.len() <= LONGEST {
            return Ok(self);
        }
        let message = format!("a text of {} bytes is longer than {LONGEST}", self.0.len());
        Err(params.error(ParamError::Malformed(message)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        for text in [
            "a",
            "a, b=c",
            "two\nlines",
            "C:\\new",
            "say \"so\"",
            "\\",
            "",
            " x ",
        ] {
            let words = Words(text.to_owned());
            let written = words.to_string();
            let mut params = Params::new("text", &written);
            let read: Words = params.take("text").unwrap().unwrap_or_default();
            assert_eq!(read, words, "{written}");
            assert!(params.finish().is_ok());
        }
    }
}
