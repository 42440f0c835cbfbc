//! Give the picture the hue of a colour, lightness staying what it is.
//!
//! Chroma and hue are those of Oklab (B. Ottosson, "A perceptual color space for image processing", 2020). It works on linear
//! light. Colours that sRGB cannot show are cut off in integers; floats keep them. Alpha is left alone. Gray pictures become
//! coloured.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::oklab::{self, Change};
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Layout, Transfer};
use crate::params::{Params, push_unless};
use crate::pipeline::point::{Point, Stage, narrow};

/// Brings chroma and hue to those of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tint {
    /// Its lightness and alpha do not matter.
    pub color: Color,
    /// 0 to 1; 0 changes nothing.
    pub amount: f64,
}

const AMOUNT: f64 = 1.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "tint",
    aliases: &[],
    value: Value::Needed("COLOR"),
    summary: "give the picture the hue of a colour",
    details: "COLOR: any CSS colour; of it chroma and hue are taken.\n\
              amount=A, 0 to 1: how much of it; default 1, which leaves no other hue. 0 changes nothing.",
    example: "#c08040,amount=0.7",
    cost: Cost::Medium,
    elsewhere: "sharp `tint()` (in CIE Lab); ImageMagick `-tint` adds the colour to the middle tones",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("tint", text);
    let color = params.need("color", "a colour such as `#c08040`")?;
    let amount = params.number("amount", AMOUNT, 0.0..=1.0)?;
    params.finish()?;
    Ok(Op::Tint(Tint { color, amount }))
}

impl Operation for Tint {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.color.to_string();
        push_unless(&mut parts, "amount", self.amount, AMOUNT);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let channels = layout
            .channels
            .with_gray(layout.channels.is_gray() && self.amount <= 0.0);
        Ok(Layout { channels, ..layout })
    }

    fn point(&self) -> Option<Point> {
        if self.amount <= 0.0 {
            return Some(Point::nothing());
        }
        let amount = narrow(self.amount);
        let light = self.color.in_transfer(Transfer::Linear);
        let [_, to_a, to_b] = oklab::from_light([light.red, light.green, light.blue]);
        let rest = 1.0 - amount;
        let change = Change {
            rows: [[1.0, 0.0, 0.0], [0.0, rest, 0.0], [0.0, 0.0, rest]],
            offsets: [0.0, amount * to_a, amount * to_b],
        };
        let stage = Stage::Mix(Arc::new(change));
        Some(Point::linear(vec![stage]))
    }
}
