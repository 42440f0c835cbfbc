//! Bring a range of values to another, with a gamma for what is between its ends: the levels of image editors
//! (`ImageMagick`'s `-level` and `+level`).
//!
//! `low + (high - low) * ((value - black) / (white - black)) ^ (1 / gamma)`, after what lies outside of `black` to `white`
//! was brought to its ends, in floats as well. It works on sRGB-encoded values; pictures in linear light are encoded for it and
//! decoded again. Alpha is left alone. Gray pictures become coloured where one channel is changed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Layout;
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::point::{Map, Point, Stage, narrow};

/// Brings what is between two values to what is between two others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// What becomes the darkest: 0 to 1.
    pub black: f64,
    /// What becomes the brightest: 0 to 1, more than `black`.
    pub white: f64,
    /// More than 1 lightens what is between them: 0.01 to 100.
    pub gamma: f64,
    /// What `black` becomes: 0 to 1.
    pub low: f64,
    /// What `white` becomes: 0 to 1.
    pub high: f64,
    /// The only channel that is changed; all of them where there is none.
    pub channel: Option<Channel>,
}

/// All of them change nothing.
const SAME: Levels = Levels {
    black: 0.0,
    white: 1.0,
    gamma: 1.0,
    low: 0.0,
    high: 1.0,
    channel: None,
};

pub(crate) static INFO: OpInfo = OpInfo {
    name: "levels",
    aliases: &[],
    value: Value::Needed("BLACK,WHITE"),
    summary: "bring a range of values to black and white",
    details: "BLACK,WHITE, 0 to 1 or in percent: what becomes black, default 0, and white, default 1.\n\
              gamma=G, 0.01 to 100: more than 1 lightens what is between them; default 1.\n\
              low=L, high=H, 0 to 1 or in percent: what BLACK becomes instead, default 0, and WHITE, default 1.\n\
              channel=red|green|blue: change that one only; default all.",
    example: "5%,95%,gamma=1.1",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-level 5%,95%,1.1` (numbers without `%` are other units) and `+level`, GIMP and Photoshop `Levels`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("levels", text);
    if text.is_empty() {
        return Err(params
            .error(ParamError::Missing("a range such as `5%,95%`"))
            .into());
    }
    let levels = Levels {
        black: params.part("black", SAME.black, 0.0..=1.0)?,
        white: params.part("white", SAME.white, 0.0..=1.0)?,
        gamma: params.number("gamma", SAME.gamma, 0.01..=100.0)?,
        low: params.part("low", SAME.low, 0.0..=1.0)?,
        high: params.part("high", SAME.high, 0.0..=1.0)?,
        channel: params.take_named("channel")?,
    };
    if levels.black >= levels.white {
        let what = "black must be less than white".to_owned();
        return Err(params.error(ParamError::Malformed(what)).into());
    }
    params.finish()?;
    Ok(levels.into())
}

impl Levels {
    fn changes_nothing(&self) -> bool {
        let channel = self.channel;
        *self == Self { channel, ..SAME }
    }

    fn map(&self) -> Arc<Map> {
        let [black, white, low, high] = [self.black, self.white, self.low, self.high].map(narrow);
        let exponent = narrow(self.gamma.recip());
        Arc::new(move |value| {
            let place = ((value - black) / (white - black)).clamp(0.0, 1.0);
            low + (high - low) * place.powf(exponent)
        })
    }
}

impl Operation for Levels {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = format!("{},{}", self.black, self.white);
        push_unless(&mut parts, "gamma", self.gamma, SAME.gamma);
        push_unless(&mut parts, "low", self.low, SAME.low);
        push_unless(&mut parts, "high", self.high, SAME.high);
        if let Some(channel) = self.channel {
            parts.extend([",channel=", channel.word()]);
        }
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let stays = self.channel.is_none() || self.changes_nothing();
        let channels = layout
            .channels
            .with_gray(layout.channels.is_gray() && stays);
        Ok(Layout { channels, ..layout })
    }

    fn point(&self) -> Option<Point> {
        if self.changes_nothing() {
            return Some(Point::nothing());
        }
        let map = self.map();
        let stage = match self.channel {
            None => Stage::curve(move |value| map(value)),
            Some(channel) => channel.alone(map),
        };
        Some(Point::encoded(vec![stage]))
    }
}
