//! An operation as people see it.

use std::fmt;

use super::{ALL, FAMILIES, Op, ParseOpError};
use crate::image::Color;
use crate::pipeline::anchor::Anchor;
use crate::pipeline::geometry::{Fit, Gravity, Kernel};

/// An operation as people see it.
#[derive(Debug)]
pub struct OpInfo {
    /// The flag without its dashes: `resize`.
    pub name: &'static str,
    /// Further names that it goes by, as a flag and everywhere else: what others call the very same thing.
    pub aliases: &'static [&'static str],
    /// What the flag takes.
    pub value: Value,
    /// One line: what it does.
    pub summary: &'static str,
    /// Parameters with units, ranges and defaults, and what they default to; several lines.
    pub details: &'static str,
    /// A value that makes sense, for help, README and tests; empty where it takes nothing.
    pub example: &'static str,
    /// How much work it is.
    pub cost: Cost,
    /// What it is called elsewhere, for whoever comes from there; empty where nobody has it.
    pub elsewhere: &'static str,
    /// Reads the value.
    pub parse: fn(&str, &OpDefaults) -> Result<Op, ParseOpError>,
}

/// What the flag of an operation takes; the text is what help shows for it (`GEOMETRY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    None,
    /// A value that may be left out: `--sepia` or `--sepia=0.5`.
    Optional(&'static str),
    /// A value: `--blur 2`.
    Needed(&'static str),
}

/// How much work an operation is on each pixel, told by what one core of an ordinary processor gets through: with its example, or
/// values about as large, on a photo in red, green and blue of 8 bits in memory (`benches/ops.py`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// Hardly more than copying: more than 100 megapixels a second.
    Light,
    /// 10 to 100 megapixels a second.
    Medium,
    /// Less than 10 megapixels a second.
    Heavy,
}

/// What operations have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Where pixels stand.
    Geometry,
    /// What colours become.
    Tone,
    /// What pixels make of their neighbours.
    Detail,
    /// What is laid over, under or around the picture.
    Composition,
}

/// What the flag twins say for every operation that does not say it itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpDefaults {
    /// `--fit`
    pub fit: Option<Fit>,
    /// `--gravity`
    pub gravity: Option<Anchor>,
    /// `--kernel`
    pub kernel: Option<Kernel>,
    /// `--background`
    pub background: Option<Color>,
    /// `--linear`
    pub linear: bool,
    /// `--no-upscale`, the twin of `>`
    pub no_upscale: bool,
    /// `--no-downscale`, the twin of `<`
    pub no_downscale: bool,
}

impl OpDefaults {
    /// The side that `--gravity` names, for what is put somewhere; other words say what is worth keeping.
    pub(super) fn side(&self) -> Option<Gravity> {
        match self.gravity? {
            Anchor::Side(gravity) => Some(gravity),
            Anchor::Focus { .. } | Anchor::Attention | Anchor::Entropy => None,
        }
    }
}

impl OpInfo {
    /// The operation that goes by this name, or has it as an alias.
    pub fn find(name: &str) -> Option<&'static Self> {
        let mut all = ALL.iter().copied();
        all.find(|info| info.name == name || info.aliases.contains(&name))
    }

    /// The one that it belongs to.
    pub fn family(&self) -> Family {
        let is_this = |info: &&Self| info.name == self.name;
        let families = FAMILIES.iter();
        let mut holding = families.filter(|(_, ops)| ops.iter().any(is_this));
        holding
            .next()
            .map_or(Family::Geometry, |(family, _)| *family)
    }

    /// How it is typed: `--resize GEOMETRY`, `--sepia[=AMOUNT]`, `--flip`.
    pub fn usage(&self) -> String {
        let name = self.name;
        match self.value {
            Value::None => format!("--{name}"),
            Value::Optional(value) => format!("--{name}[={value}]"),
            Value::Needed(value) => format!("--{name} {value}"),
        }
    }

    /// Its example as it is typed, without quotes.
    pub fn typed_example(&self) -> String {
        let (name, example) = (self.name, self.example);
        match self.value {
            _ if example.is_empty() => format!("--{name}"),
            Value::Optional(_) => format!("--{name}={example}"),
            Value::None | Value::Needed(_) => format!("--{name} {example}"),
        }
    }
}

impl Family {
    /// Every one, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Geometry, Self::Tone, Self::Detail, Self::Composition];

    /// What it is, in a line.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Geometry => "where pixels stand: sizes, turns, edges",
            Self::Tone => "what colours become",
            Self::Detail => "what pixels make of their neighbours: blur, sharpness, noise, edges",
            Self::Composition => "what is laid over, under or around the picture",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Geometry => "Geometry",
            Self::Tone => "Tone and colour",
            Self::Detail => "Detail",
            Self::Composition => "Composition",
        })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Light => "light (more than 100 megapixels a second on one core)",
            Self::Medium => "medium (10 to 100 megapixels a second on one core)",
            Self::Heavy => "heavy (less than 10 megapixels a second on one core)",
        })
    }
}
