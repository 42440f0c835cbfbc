//! Make a channel of others: swap them, or mix them, as the channel mixers of image editors do.
//!
//! It works on the values as they are stored. Integers saturate, floats keep what lies outside of 0 to 1. Alpha is left alone.
//! Gray pictures become coloured.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::matrix;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Layout;
use crate::params::{ParamError, Params};
use crate::pipeline::point::Point;

/// Makes each channel of all three.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChannelMix {
    /// What red, green and blue are made of.
    pub parts: [Parts; 3],
}

/// How much of red, of green and of blue something is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parts([f64; 3]);

/// A text that says nothing of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is a channel such as `green`, or three numbers from -100 to 100 such as `(0.2,0.7,0.1)`"
)]
pub struct ParsePartsError;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "channel-mix",
    aliases: &[],
    value: Value::Needed("PARTS"),
    summary: "swap channels, or make one of all three",
    details: "red=PARTS, green=PARTS, blue=PARTS: what that channel is made of; default itself.\n\
              mono=PARTS: what all three are made of.\n\
              PARTS: a channel (`green`), or how much of red, green and blue, -100 to 100 each: `(0.2,0.7,0.1)`.",
    example: "red=(0.8,0.3,-0.1),blue=green",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-channel-fx` for swapping, `Channel Mixer` of GIMP and Photoshop, ffmpeg `colorchannelmixer`",
    parse,
};

const ITSELF: [Parts; 3] = [
    Parts([1.0, 0.0, 0.0]),
    Parts([0.0, 1.0, 0.0]),
    Parts([0.0, 0.0, 1.0]),
];

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("channel-mix", text);
    let mono: Option<Parts> = params.take_named("mono")?;
    let each = [
        params.take_named("red")?,
        params.take_named("green")?,
        params.take_named("blue")?,
    ];
    let has_some = each.iter().any(Option::is_some);
    if has_some == mono.is_some() {
        let what = "either `mono=`, or `red=`, `green=` or `blue=`";
        return Err(params.error(ParamError::Missing(what)).into());
    }
    let parts = mono.map_or_else(
        || [0, 1, 2].map(|at| each[at].unwrap_or(ITSELF[at])),
        |mono| [mono; 3],
    );
    params.finish()?;
    Ok(Op::ChannelMix(ChannelMix { parts }))
}

impl FromStr for Parts {
    type Err = ParsePartsError;

    fn from_str(text: &str) -> Result<Self, ParsePartsError> {
        if let Ok(channel) = text.parse::<Channel>() {
            return Ok(ITSELF[channel.index()]);
        }
        let inner = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'));
        let number = |text: &str| {
            let number = text.trim().parse().ok();
            number.filter(|number| (-100.0..=100.0).contains(number))
        };
        let numbers: Option<Vec<f64>> = inner
            .ok_or(ParsePartsError)?
            .split(',')
            .map(number)
            .collect();
        let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
        numbers.map(Self).ok_or(ParsePartsError)
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "({red},{green},{blue})")
    }
}

impl Operation for ChannelMix {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let [red, green, blue] = self.parts;
        if red == green && green == blue {
            return format!("mono={red}");
        }
        format!("red={red},green={green},blue={blue}")
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let channels = layout
            .channels
            .with_gray(layout.channels.is_gray() && self.parts == ITSELF);
        Ok(Layout { channels, ..layout })
    }

    fn point(&self) -> Option<Point> {
        if self.parts == ITSELF {
            return Some(Point::nothing());
        }
        let rows = self
            .parts
            .map(|Parts([red, green, blue])| [red, green, blue, 0.0]);
        Some(Point::as_stored(vec![matrix::stage(&rows)]))
    }
}
