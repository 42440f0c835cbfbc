//! Values of flags, read from what is typed.

use std::error::Error;
use std::ffi::OsStr;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};

use crate::codecs::{self, Format};
use crate::coordinator::OnConflict;
use crate::pipeline::anchor::Anchor;
use crate::units;

/// `keep`, or a format.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormatArg(pub(super) Option<Format>);

pub(super) fn parse_format(text: &str) -> Result<FormatArg, codecs::ParseFormatError> {
    if text == "keep" {
        return Ok(FormatArg(None));
    }
    text.parse().map(|format| FormatArg(Some(format)))
}

/// A time, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeArg(pub(super) Option<Duration>);

pub(super) fn parse_time(text: &str) -> Result<TimeArg, units::ParseTimeError> {
    units::parse_time(text).map(TimeArg)
}

/// Words that help and completions can name, and what they stand for.
pub(super) fn one_of<T>(
    words: impl Iterator<Item = &'static str>,
) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: Error + Send + Sync> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}

/// Reads an anchor: completions know the words, and points are taken as well.
#[derive(Debug, Clone)]
pub(super) struct AnchorParser;

impl TypedValueParser for AnchorParser {
    type Value = Anchor;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Anchor, clap::Error> {
        let parser = |text: &str| text.parse::<Anchor>();
        TypedValueParser::parse_ref(&parser, command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Anchor::words().map(PossibleValue::new)))
    }
}

pub(super) fn on_conflict() -> impl TypedValueParser<Value = OnConflict> {
    let words = OnConflict::ALL.map(|policy| PossibleValue::new(policy.word()));
    PossibleValuesParser::new(words).map(|word| {
        let mut policies = OnConflict::ALL.into_iter();
        policies
            .find(|policy| policy.word() == word)
            .unwrap_or_default()
    })
}

/// A count with an SI suffix: `268M`.
pub(super) fn parse_count(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no count; write `268000000`, `268M` or `1.5G`");
    let (digits, factor) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&text[..at], 1e3),
        Some((at, 'M')) => (&text[..at], 1e6),
        Some((at, 'G')) => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    let count: f64 = digits.parse().map_err(|_| wrong())?;
    let count = count * factor;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be in range"
    )]
    if (1.0..1e18).contains(&count) {
        Ok(count as u64)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_take_suffixes() {
        assert_eq!(parse_count("268M"), Ok(268_000_000));
        assert_eq!(parse_count("1.5G"), Ok(1_500_000_000));
        assert_eq!(parse_count("12"), Ok(12));
        for wrong in ["", "M", "-1", "0", "1T", "nan", "inf"] {
            assert!(parse_count(wrong).is_err(), "{wrong}");
        }
    }
}
