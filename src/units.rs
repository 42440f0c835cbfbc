//! Amounts of memory and of time as people write them, and as they are shown.

use std::time::Duration;

/// An amount of memory that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount of memory; write `512M`, `4G` or `1.5G`")]
pub struct ParseMemoryError(String);

/// A length of a file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of a file; write `200k`, `1.5M` or `64KiB`")]
pub struct ParseLengthError(String);

/// A time that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time; write `30s`, `5m`, `1500ms` or `none`")]
pub struct ParseTimeError(String);

const UNITS: [(char, f64); 4] = [
    ('K', 1024.0),
    ('M', 1_048_576.0),
    ('G', 1_073_741_824.0),
    ('T', 1_099_511_627_776.0),
];

/// Reads an amount of memory in bytes: `512M`, `4G`, `4GiB`. Units are powers of 1024, as with all tools that limit
/// memory.
pub fn parse_memory(text: &str) -> Result<u64, ParseMemoryError> {
    let word = text.trim_end_matches(['b', 'B']).trim_end_matches('i');
    amount(word, UNITS).ok_or_else(|| ParseMemoryError(text.to_owned()))
}

/// Reads the length of a file in bytes: `200k`, `1.5MB`. Units are powers of 1000, as lengths are shown; with an `i` behind them,
/// powers of 1024.
pub fn parse_length(text: &str) -> Result<u64, ParseLengthError> {
    let word = text.trim_end_matches(['b', 'B']);
    let read = match word.strip_suffix('i') {
        Some(word) => amount(word, UNITS),
        None => amount(word, [('K', 1e3), ('M', 1e6), ('G', 1e9), ('T', 1e12)]),
    };
    read.ok_or_else(|| ParseLengthError(text.to_owned()))
}

/// A number, and one of the units behind it or none.
fn amount(word: &str, units: [(char, f64); 4]) -> Option<u64> {
    let last = word.chars().next_back();
    let last = last.map(|last| last.to_ascii_uppercase());
    let unit = units.iter().find(|(letter, _)| Some(*letter) == last);
    let (digits, factor) = match unit {
        Some((_, factor)) => (&word[..word.len() - 1], *factor),
        None => (word, 1.0),
    };
    let bytes = digits.trim().parse::<f64>().ok()? * factor;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be in range"
    )]
    (1.0..1e18).contains(&bytes).then_some(bytes as u64)
}

/// An amount of memory, to a tenth: `512 MiB`, `1.5 GiB`.
pub fn memory(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let amount = bytes as f64;
    let unit = UNITS.iter().rev().find(|(_, factor)| amount >= *factor);
    match unit {
        Some((letter, factor)) => {
            let tenths = format!("{:.1}", amount / factor);
            format!("{} {letter}iB", tenths.trim_end_matches(".0"))
        }
        None => format!("{bytes} bytes"),
    }
}

/// Reads a time: `30s`, `5m`, `1h 30m`, `1500ms`; a bare number is seconds. `none` is no limit.
pub fn parse_time(text: &str) -> Result<Option<Duration>, ParseTimeError> {
    if text == "none" {
        return Ok(None);
    }
    let wrong = |_| ParseTimeError(text.to_owned());
    let time = match text.parse::<u32>() {
        Ok(seconds) => Duration::from_secs(seconds.into()),
        Err(_) => humantime::parse_duration(text).map_err(wrong)?,
    };
    let year = Duration::from_hours(365 * 24);
    if time.is_zero() || time > year {
        return Err(ParseTimeError(text.to_owned()));
    }
    Ok(Some(time))
}

/// A time as it can be typed: `1m 30s`.
pub fn time(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_reads_as_it_shows() {
        for (text, bytes) in [
            ("512 MiB", 512 << 20),
            ("1.5 GiB", 3 << 29),
            ("4 GiB", 4 << 30),
        ] {
            assert_eq!(parse_memory(text), Ok(bytes));
            assert_eq!(memory(bytes), text);
        }
        assert_eq!(parse_memory("4g"), Ok(4 << 30));
        assert_eq!(parse_memory("100MB"), Ok(100 << 20));
        assert_eq!(memory(999), "999 bytes");
        for wrong in [
            "", "G", "-1G", "0", "nan", "infG", "4X", "4 apples", "1e40G",
        ] {
            assert!(parse_memory(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lengths_are_counted_in_thousands_unless_they_say_otherwise() {
        for (text, bytes) in [
            ("200k", 200_000),
            ("200KB", 200_000),
            ("1.5M", 1_500_000),
            ("64KiB", 65_536),
            ("64Ki", 65_536),
            ("999", 999),
            ("7B", 7),
        ] {
            assert_eq!(parse_length(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "k", "0", "-1k", "nan", "4X", "i", "1e40G", "12i3"] {
            assert!(parse_length(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_read_as_they_show() {
        for text in ["30s", "1m 30s", "1500ms", "2h"] {
            let read = parse_time(text).unwrap().unwrap();
            assert_eq!(parse_time(&time(read)).unwrap(), Some(read));
        }
        assert_eq!(parse_time("20"), Ok(Some(Duration::from_secs(20))));
        assert_eq!(parse_time("none"), Ok(None));
        for wrong in ["", "0", "0s", "-1s", "soon", "99999999h"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
