//! Make pale colours stronger, and those that are strong already hardly: saturation by a factor that falls with the saturation
//! that is there.
//!
//! `luma + (1 + amount * (1 - (max - min))) * (value - luma)`, the difference of the largest and the smallest of red, green and
//! blue telling how strong a colour is, luma being that of Rec. ITU-R BT.709. It works on sRGB-encoded values; pictures in linear light are
//! encoded for it and decoded again. Alpha is left alone. Gray pictures stay what they are.

use serde::{Deserialize, Serialize};

use super::{Cost, OpInfo, Operation, Value};
use crate::params::Params;
use crate::pipeline::luma::luma;
use crate::pipeline::point::{Point, Stage, narrow};

/// Raises the saturation of pale colours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Vibrance {
    /// -1 to 5; 0 changes nothing.
    pub amount: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "vibrance",
    aliases: &[],
    value: Value::Needed("AMOUNT"),
    summary: "make pale colours stronger, strong ones hardly",
    details: "AMOUNT, -1 to 5: how much stronger; 0 changes nothing, below it pale colours become gray.",
    example: "0.6",
    cost: Cost::Light,
    elsewhere: "`Vibrance` of Lightroom and darktable, each by a formula of its own",
    parse: |text, _| {
        let mut params = Params::new("vibrance", text);
        let amount = params.need_number("amount", "an amount such as `0.6`", -1.0..=5.0)?;
        params.finish()?;
        Ok(Vibrance { amount }.into())
    },
};

impl Operation for Vibrance {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.amount.to_string()
    }

    fn point(&self) -> Option<Point> {
        if self.amount.abs() <= 0.0 {
            return Some(Point::nothing());
        }
        let amount = narrow(self.amount);
        let pixel = move |colors: [f32; 3]| {
            let [red, green, blue] = colors;
            let strength = red.max(green).max(blue) - red.min(green).min(blue);
            let factor = 1.0 + amount * (1.0 - strength.min(1.0));
            let luma = luma(colors);
            colors.map(|value| luma + factor * (value - luma))
        };
        Some(Point::encoded(vec![Stage::mix_of_colors(pixel)]))
    }
}
