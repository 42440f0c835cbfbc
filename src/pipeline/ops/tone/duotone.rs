//! Print the picture in two colours: what is dark becomes one, what is bright the other, what is between them a mixture.
//!
//! Mixed are sRGB-encoded values, by the luma of Rec. ITU-R BT.709. Alpha is left alone. Gray pictures become coloured.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Layout};
use crate::params::Params;
use crate::pipeline::luma::luma;
use crate::pipeline::point::{Point, Stage};

/// Takes black to one colour and white to another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Duotone {
    /// What black becomes; its alpha does not matter.
    pub dark: Color,
    /// What white becomes; its alpha does not matter.
    pub light: Color,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "duotone",
    aliases: &[],
    value: Value::Needed("DARK,LIGHT"),
    summary: "print in two colours",
    details: "DARK: the colour that black becomes, any CSS colour.\n\
              LIGHT: the colour that white becomes; default white.",
    example: "#1b2a49,#f4d9b0",
    cost: Cost::Light,
    elsewhere: "ImageMagick `+level-colors` on gray, `Gradient Map` of GIMP and Photoshop",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("duotone", text);
    let dark = params.need(
        "dark",
        "a dark and a light colour such as `#1b2a49,#f4d9b0`",
    )?;
    let light = params.take("light")?.unwrap_or(Color::WHITE);
    params.finish()?;
    Ok(Op::Duotone(Duotone { dark, light }))
}

impl Operation for Duotone {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        format!("{},{}", self.dark, self.light)
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let channels = layout.channels.with_gray(false);
        Ok(Layout { channels, ..layout })
    }

    fn point(&self) -> Option<Point> {
        let [dark, light] =
            [self.dark, self.light].map(|color| [color.red, color.green, color.blue]);
        let mix = Stage::mix(move |colors| {
            let luma = luma(colors);
            [0, 1, 2].map(|at| dark[at] + luma * (light[at] - dark[at]))
        });
        Some(Point::encoded(vec![mix]))
    }
}
