//! Values that people write as a list of parameters: `2,threshold=0.1`.

use std::borrow::Cow;
use std::fmt::Display;
use std::num::ParseFloatError;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::suggest;

/// A value that whoever it is written for cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{subject}` cannot take `{value}`")]
pub struct ValueError {
    /// The operation or the flag.
    pub subject: &'static str,
    /// What was written.
    pub value: String,
    /// What is wrong with it.
    pub source: Box<ParamError>,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// Something must be written, and nothing was.
    #[error("it needs {0}")]
    Missing(&'static str),
    /// More was written than it takes.
    #[error("`{0}` is more than it takes")]
    Surplus(String),
    /// No parameter has that name.
    #[error("it has no parameter `{key}`{hint}")]
    Unknown {
        /// What was written.
        key: String,
        /// `; did you mean ...`, or nothing.
        hint: String,
    },
    /// A part could not be read.
    #[error("{0}")]
    Malformed(String),
    /// A number out of its range.
    #[error("{name} must be from {low} to {high}, and is {value}")]
    Range {
        /// The parameter.
        name: &'static str,
        /// The least.
        low: String,
        /// The most.
        high: String,
        /// What was written.
        value: String,
    },
}

/// A value taken apart: `2,threshold=0.1` is one positional part and one named one. A part in double quotes may hold commas,
/// `=`, and quotes as `\"`.
///
/// Each part is taken once, by [`Self::take`]; [`Self::finish`] complains about what nobody took.
#[derive(Debug)]
pub struct Params<'a> {
    subject: &'static str,
    text: &'a str,
    positional: Vec<&'a str>,
    named: Vec<(&'a str, &'a str)>,
    asked: Vec<&'static str>,
    next: usize,
}

impl<'a> Params<'a> {
    /// Takes a value apart that is written for `subject`: an operation or a flag.
    pub fn new(subject: &'static str, text: &'a str) -> Self {
        let parts = split(text).into_iter().map(str::trim);
        let parts = parts.filter(|part| !part.is_empty());
        let is_named = |part: &&str| part.contains('=') && !part.starts_with('"');
        let (named, positional): (Vec<&str>, Vec<&str>) = parts.partition(is_named);
        Self {
            subject,
            text,
            positional,
            named: named
                .iter()
                .filter_map(|part| part.split_once('='))
                .map(|(key, value)| (key.trim_end(), value.trim_start()))
                .collect(),
            asked: Vec::new(),
            next: 0,
        }
    }

    /// The parameter `name`, written as `name=...` or, failing that, in the next position that is still free.
    pub fn take<T>(&mut self, name: &'static str) -> Result<Option<T>, ValueError>
    where
        T: FromStr<Err: Display>,
    {
        self.asked.push(name);
        let found = if let Some(index) = self.named.iter().position(|(key, _)| *key == name) {
            Some(self.named.remove(index).1)
        } else {
            let positional = self.positional.get(self.next).copied();
            self.next += usize::from(positional.is_some());
            positional
        };
        let Some(text) = found else { return Ok(None) };
        let parsed = unquoted(text).parse::<T>();
        parsed
            .map(Some)
            .map_err(|error| self.error(malformed(name, text, &error)))
    }

    /// A parameter that is only ever written as `name=...`.
    pub fn take_named<T>(&mut self, name: &'static str) -> Result<Option<T>, ValueError>
    where
        T: FromStr<Err: Display>,
    {
        self.asked.push(name);
        let Some(index) = self.named.iter().position(|(key, _)| *key == name) else {
            return Ok(None);
        };
        let text = self.named.remove(index).1;
        let parsed = unquoted(text).parse::<T>();
        parsed
            .map(Some)
            .map_err(|error| self.error(malformed(name, text, &error)))
    }

    /// A parameter that is there or not, written as its bare name.
    pub fn take_flag(&mut self, name: &'static str) -> bool {
        self.asked.push(name);
        let rest = self.positional.get(self.next..).unwrap_or_default();
        let Some(place) = rest.iter().position(|part| *part == name) else {
            return false;
        };
        self.positional.remove(self.next + place);
        true
    }

    /// Like [`Self::take`], for a parameter that must be there; `what` says what it is.
    pub fn need<T>(&mut self, name: &'static str, what: &'static str) -> Result<T, ValueError>
    where
        T: FromStr<Err: Display>,
    {
        self.take(name)?
            .ok_or_else(|| self.error(ParamError::Missing(what)))
    }

    /// A number, or its default, within a range.
    pub fn number(
        &mut self,
        name: &'static str,
        default: f64,
        range: RangeInclusive<f64>,
    ) -> Result<f64, ValueError> {
        let value = self.take(name)?.unwrap_or(default);
        self.in_range(name, value, range)
    }

    /// A part of a whole, or its default, within a range: `0.05` or `5%`.
    pub fn part(
        &mut self,
        name: &'static str,
        default: f64,
        range: RangeInclusive<f64>,
    ) -> Result<f64, ValueError> {
        let value = self.take::<Part>(name)?.map_or(default, |part| part.0);
        self.in_range(name, value, range)
    }

    /// A number, or its default, within a range; only ever written as `name=...`.
    pub fn named_number(
        &mut self,
        name: &'static str,
        default: f64,
        range: RangeInclusive<f64>,
    ) -> Result<f64, ValueError> {
        let value = self.take_named(name)?.unwrap_or(default);
        self.in_range(name, value, range)
    }

    /// A number that must be there, within a range.
    pub fn need_number(
        &mut self,
        name: &'static str,
        what: &'static str,
        range: RangeInclusive<f64>,
    ) -> Result<f64, ValueError> {
        let value = self.need(name, what)?;
        self.in_range(name, value, range)
    }

    /// A value, if it is within a range.
    pub fn in_range<T: PartialOrd + Display>(
        &self,
        name: &'static str,
        value: T,
        range: RangeInclusive<T>,
    ) -> Result<T, ValueError> {
        if range.contains(&value) {
            return Ok(value);
        }
        Err(self.error(ParamError::Range {
            name,
            low: range.start().to_string(),
            high: range.end().to_string(),
            value: value.to_string(),
        }))
    }

    /// A whole number that must be there, within a range.
    pub fn need_whole<T>(
        &mut self,
        name: &'static str,
        what: &'static str,
        range: RangeInclusive<T>,
    ) -> Result<T, ValueError>
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let value = self.need(name, what)?;
        self.in_range(name, value, range)
    }

    /// A whole number within a range, only ever written as `name=...`.
    pub fn whole_number<T>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<T>,
    ) -> Result<Option<T>, ValueError>
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let Some(value) = self.take_named::<T>(name)? else {
            return Ok(None);
        };
        self.in_range(name, value, range).map(Some)
    }

    /// A whole number, or its default, within a range.
    pub fn whole<T>(
        &mut self,
        name: &'static str,
        default: T,
        range: RangeInclusive<T>,
    ) -> Result<T, ValueError>
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let value = self.take(name)?.unwrap_or(default);
        self.in_range(name, value, range)
    }

    /// Ends the reading: whatever nobody took is an error.
    pub fn finish(self) -> Result<(), ValueError> {
        if let Some((key, _)) = self.named.first() {
            let hint = suggest::hint(key, self.asked.iter().copied());
            let key = (*key).to_owned();
            return Err(self.error(ParamError::Unknown { key, hint }));
        }
        match self.positional.get(self.next) {
            Some(part) => Err(self.error(ParamError::Surplus((*part).to_owned()))),
            None => Ok(()),
        }
    }

    /// An error of this value.
    pub fn error(&self, source: ParamError) -> ValueError {
        ValueError {
            subject: self.subject,
            value: self.text.to_owned(),
            source: Box::new(source),
        }
    }
}

/// Splits at commas, but not inside `rgb(1,2,3)`, and not inside quotes that a value begins with.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    // Whether a value may begin here.
    let mut fresh = true;
    for (at, c) in text.char_indices() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' if fresh => quoted = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        fresh = matches!(c, '=' | ',') || (fresh && c.is_whitespace());
    }
    parts.push(&text[start..]);
    parts
}

/// A value without the quotes that protected it, and with the quotes that stood in them as `\"`.
fn unquoted(text: &str) -> Cow<'_, str> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let Some(inner) = inner else {
        return Cow::Borrowed(text);
    };
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.as_str().starts_with('"') => {}
            '\\' if chars.as_str().starts_with('\\') => {
                plain.push(c);
                plain.extend(chars.next());
            }
            _ => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// A value as it is written where it could be taken for several: in quotes.
pub fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = text.trim() == text && !text.contains([',', '=', '"', '(', ')']);
    if is_plain {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("\"{}\"", text.replace('"', "\\\"")))
}

/// A part of a whole, as a number or in percent.
struct Part(f64);

impl FromStr for Part {
    type Err = ParseFloatError;

    fn from_str(text: &str) -> Result<Self, ParseFloatError> {
        match text.strip_suffix('%') {
            Some(percent) => percent.parse().map(|percent: f64| Self(percent / 100.0)),
            None => text.parse().map(Self),
        }
    }
}

fn malformed(name: &str, text: &str, error: &dyn Display) -> ParamError {
    ParamError::Malformed(format!("{name} `{text}`: {error}"))
}

/// Appends `,name=value` to written parameters, unless the value is what it is anyway.
pub fn push_unless<T: Display + PartialEq>(parts: &mut String, name: &str, value: T, usual: T) {
    if value != usual {
        parts.extend([",", name, "=", &value.to_string()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_protect_what_would_be_taken_for_something_else() {
        let mut params = Params::new("test", r#""a, b=c \"d\" \\", x = "1,2" ,rgb(1,2,3),e"f,g"#);
        let mut next = || params.take::<String>("next").unwrap();
        assert_eq!(next().as_deref(), Some(r#"a, b=c "d" \\"#));
        assert_eq!(next().as_deref(), Some("rgb(1,2,3)"));
        assert_eq!(next().as_deref(), Some("e\"f"));
        assert_eq!(next().as_deref(), Some("g"));
        let x: Option<String> = params.take_named("x").unwrap();
        assert_eq!(x.as_deref(), Some("1,2"));
        assert!(params.finish().is_ok());
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in [
            "plain",
            "a,b",
            "a=b",
            "say \"so\"",
            " edge ",
            "C:\\new, or so",
            "f(x",
        ] {
            let written = quoted(text);
            let mut params = Params::new("test", &written);
            let read: Option<String> = params.take("text").unwrap();
            assert_eq!(read.as_deref(), Some(text), "{written}");
        }
    }
}
