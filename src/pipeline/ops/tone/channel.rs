//! Red, green and blue, for operations that treat them apart.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::pipeline::point::{Map, Stage};

/// One of the three colours that a pixel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channel {
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
}

/// A text that names no channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is red, green or blue")]
pub struct ParseChannelError;

impl Channel {
    pub(super) const ALL: [Self; 3] = [Self::Red, Self::Green, Self::Blue];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
        }
    }

    /// Its place in a pixel.
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// A curve for this one; the others stay what they are.
    pub(super) fn alone(self, map: Arc<Map>) -> Stage {
        let stays: Arc<Map> = Arc::new(|value| value);
        let curve = |channel| Arc::clone(if channel == self { &map } else { &stays });
        Stage::curves(Self::ALL.map(curve))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Channel {
    type Err = ParseChannelError;

    fn from_str(text: &str) -> Result<Self, ParseChannelError> {
        let mut all = Self::ALL.into_iter();
        all.find(|channel| channel.word() == text)
            .ok_or(ParseChannelError)
    }
}
