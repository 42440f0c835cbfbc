//! Cut the edges off.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Image, Layout, Size};
use crate::params::Params;
use crate::pipeline::canvas;
use crate::pipeline::length::{Length, ParseLengthError};

/// Cuts the same from the left and the right, and the same from the top and the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shave {
    /// From the left and from the right; percentages are of the width.
    pub x: Length,
    /// From the top and from the bottom; percentages are of the height.
    pub y: Length,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "shave",
    aliases: &[],
    value: Value::Needed("EDGE"),
    summary: "cut the edges off",
    details: "EDGE is `20` (pixels from every side), `20x10` (from left and right, then from top and bottom),\n\
              or a part of the side such as `5%` or `5%x2%`. Something of the picture must be left.",
    example: "2%",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-shave`",
    parse,
};

/// One length for both axes, or one for each.
struct Edge(Length, Length);

impl FromStr for Edge {
    type Err = ParseLengthError;

    fn from_str(text: &str) -> Result<Self, ParseLengthError> {
        let (x, y) = text.split_once(['x', 'X']).unwrap_or((text, text));
        Ok(Self(x.parse()?, y.parse()?))
    }
}

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("shave", text);
    let Edge(x, y) = params.need("edge", "pixels such as `20`, or a part such as `5%`")?;
    params.finish()?;
    Ok(Op::Shave(Shave { x, y }))
}

impl Shave {
    /// What is cut from the left and from the top, and what is left.
    fn rectangle(&self, size: Size) -> Result<(u32, u32, Size), OpError> {
        let (left, top) = (self.x.whole(size.width), self.y.whole(size.height));
        let rest = |length: u32, edge: u32| {
            let rest = length.checked_sub(edge.checked_mul(2)?)?;
            (rest > 0).then_some(rest)
        };
        match (rest(size.width, left), rest(size.height, top)) {
            (Some(width), Some(height)) => Ok((left, top, Size::new(width, height))),
            (None, _) | (_, None) => Err(OpError::Nothing {
                arguments: self.arguments(),
                size,
            }),
        }
    }
}

impl Operation for Shave {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        format!("{}x{}", self.x, self.y)
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let (_, _, size) = self.rectangle(layout.size)?;
        Ok(Layout { size, ..layout })
    }

    fn cut(&self, size: Size) -> Option<(u32, u32, Size)> {
        self.rectangle(size).ok()
    }

    fn moves(&self, _: &Layout) -> bool {
        true
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let (left, top, size) = self.rectangle(image.raster.size())?;
        if size == image.raster.size() {
            return Ok(image);
        }
        Ok(Image {
            raster: canvas::cut(&image.raster, left, top, size),
            ..image
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left() {
        let cases = [
            ("10", Some((10, 10, 80, 30))),
            ("10x5", Some((10, 5, 80, 40))),
            ("1%", Some((1, 1, 98, 48))),
            ("25%x0", Some((25, 0, 50, 50))),
            ("0", Some((0, 0, 100, 50))),
            ("25", None),
            ("50%x0", None),
            ("100000", None),
        ];
        for (value, wanted) in cases {
            let Op::Shave(shave) = format!("shave {value}").parse().unwrap() else {
                panic!("`{value}` is no shave");
            };
            let found = shave.rectangle(Size::new(100, 50)).ok();
            let found = found.map(|(left, top, size)| (left, top, size.width, size.height));
            assert_eq!(found, wanted, "{value}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for value in ["", "-5", "x", "5x", "5,5", "5%%"] {
            assert!(format!("shave {value}").parse::<Op>().is_err(), "{value}");
        }
    }
}
