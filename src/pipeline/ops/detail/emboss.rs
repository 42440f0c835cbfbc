//! Light the picture from one side, as if it were a relief: middle gray, plus how much brighter it gets away from the light.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Image;
use crate::params::{Params, push_unless};
use crate::pipeline::convolution::{self, Weights};
use crate::pipeline::finish::MIDDLE;
use crate::pipeline::point::narrow;

/// Makes a relief of the picture: its directional derivative, by the weights of Sobel and Feldman (1968), on middle gray.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Emboss {
    /// Where the light comes from, in degrees counterclockwise from the right.
    pub azimuth: f64,
    /// How high the relief is.
    pub amount: f64,
}

const AZIMUTH: f64 = 135.0;
const AMOUNT: f64 = 1.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "emboss",
    aliases: &[],
    value: Value::Optional("AZIMUTH"),
    summary: "make a relief",
    details: "AZIMUTH, -360 to 360: where the light comes from, in degrees counterclockwise from the right; default 135, the top left.\n\
              amount=A, 0 to 100: how high the relief is; default 1. 0 is plain gray.",
    example: "45,amount=2",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-emboss` (of another shape), Pillow `ImageFilter.EMBOSS`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("emboss", text);
    let azimuth = params.number("azimuth", AZIMUTH, -360.0..=360.0)?;
    let amount = params.number("amount", AMOUNT, 0.0..=100.0)?;
    params.finish()?;
    Ok(Op::Emboss(Emboss { azimuth, amount }))
}

impl Emboss {
    fn weights(&self) -> Weights {
        let (sin, cos) = self.azimuth.to_radians().sin_cos();
        // Rows count downwards, so the light comes from `cos` to the right and `sin` up.
        let weight = |x: f64, y: f64| {
            let side = |across: f64, along: f64| across * (2.0 - along.abs()) / 8.0;
            narrow(self.amount * (side(y, x) * sin - side(x, y) * cos))
        };
        let places = [-1.0, 0.0, 1.0];
        let rows = places.map(|y| places.map(|x| weight(x, y)));
        Weights {
            width: 3,
            height: 3,
            values: rows.concat(),
        }
    }
}

impl Operation for Emboss {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.azimuth.to_string();
        push_unless(&mut parts, "amount", self.amount, AMOUNT);
        parts
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        Ok(Image {
            raster: convolution::filter(&image.raster, &self.weights(), MIDDLE),
            ..image
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Samples, Size};

    #[test]
    fn what_rises_towards_the_light_is_bright() {
        // A bright square on black: lit from the top left its top and left edges shine, the others lie in shadow.
        let samples: Vec<u8> = (0..100)
            .map(|at| {
                let (x, y) = (at % 10, at / 10);
                if (3..7).contains(&x) && (3..7).contains(&y) {
                    200
                } else {
                    0
                }
            })
            .collect();
        let raster = Raster::new(Size::new(10, 10), Channels::Gray, samples).unwrap();
        let op: Op = "emboss".parse().unwrap();
        let made = op.apply(Image::new(raster)).unwrap().raster;
        let Samples::U8(samples) = made.samples() else {
            panic!("the depth has changed");
        };
        let at = |x: usize, y: usize| samples[y * 10 + x];
        assert!(at(3, 5) > 170 && at(5, 3) > 170);
        assert!(at(6, 5) < 80 && at(5, 6) < 80);
        assert_eq!((at(0, 0), at(5, 5)), (128, 128));
    }
}
