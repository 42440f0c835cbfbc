//! Add a border of new pixels.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::background;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Image, Layout, Size};
use crate::params::{ParamError, Params};
use crate::pipeline::canvas;

/// Adds pixels of one colour around the picture.
///
/// A background that is not opaque adds an alpha channel; one that gray cannot show turns a gray picture into RGB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Extend {
    /// Rows above.
    pub top: u32,
    /// Columns to the right.
    pub right: u32,
    /// Rows below.
    pub bottom: u32,
    /// Columns to the left.
    pub left: u32,
    /// What the border is made of.
    pub background: Color,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "extend",
    aliases: &[],
    value: Value::Needed("BORDER"),
    summary: "add a border",
    details: "BORDER is `20` (pixels on every side), `20x10` (left and right, then top and bottom),\n\
              or any of top=, right=, bottom=, left= (pixels; default 0, or what BORDER says).\n\
              background=COLOR: what it is made of; default transparent, which adds alpha.",
    example: "20x10,background=#ff8800",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-splice` and `-extent`, sharp `extend()`, libvips `embed`",
    parse,
};

/// `20` or `20x10`: width of the vertical borders, height of the horizontal ones.
#[derive(Clone, Copy)]
struct Border(u32, u32);

impl FromStr for Border {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (x, y) = text.split_once(['x', 'X']).unwrap_or((text, text));
        match (x.parse(), y.parse()) {
            (Ok(x), Ok(y)) => Ok(Self(x, y)),
            (Err(_), _) | (_, Err(_)) => Err("write pixels such as `20` or `20x10`"),
        }
    }
}

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("extend", text);
    let border = params.take::<Border>("border")?;
    let sides = ["top", "right", "bottom", "left"].map(|side| params.take_named::<u32>(side));
    let [top, right, bottom, left] = sides;
    let (top, right, bottom, left) = (top?, right?, bottom?, left?);
    let background = background::take(&mut params, defaults, Color::TRANSPARENT)?;
    if border.is_none() && [top, right, bottom, left].iter().all(Option::is_none) {
        return Err(params
            .error(ParamError::Missing("a border such as `20`, or `top=20`"))
            .into());
    }
    params.finish()?;
    let Border(x, y) = border.unwrap_or(Border(0, 0));
    Ok(Op::Extend(Extend {
        top: top.unwrap_or(y),
        right: right.unwrap_or(x),
        bottom: bottom.unwrap_or(y),
        left: left.unwrap_or(x),
        background,
    }))
}

impl Extend {
    fn size(&self, size: Size) -> Size {
        // A sum that does not fit stays at the largest size there is, which no limit admits.
        Size::new(
            size.width
                .saturating_add(self.left)
                .saturating_add(self.right),
            size.height
                .saturating_add(self.top)
                .saturating_add(self.bottom),
        )
    }
}

impl Operation for Extend {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = format!(
            "top={},right={},bottom={},left={}",
            self.top, self.right, self.bottom, self.left
        );
        background::push(&mut parts, self.background, Color::TRANSPARENT);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let size = self.size(layout.size);
        if size == layout.size {
            return Ok(layout);
        }
        Ok(Layout {
            size,
            channels: canvas::channels_over(layout.channels, self.background),
            ..layout
        })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let size = self.size(image.raster.size());
        if size == image.raster.size() {
            return Ok(image);
        }
        Ok(canvas::pad(
            image,
            size,
            self.left,
            self.top,
            self.background,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster};

    fn extended(value: &str) -> Image {
        let dot = Raster::new(Size::new(1, 1), Channels::Gray, vec![9_u8]).unwrap();
        let op: Op = format!("extend {value}").parse().unwrap();
        op.apply(Image::new(dot)).unwrap()
    }

    #[test]
    fn each_side_gets_its_own() {
        let image = extended("top=1,right=2,background=white");
        let wanted = vec![255_u8, 255, 255, 9, 255, 255];
        assert_eq!(
            image.raster,
            Raster::new(Size::new(3, 2), Channels::Gray, wanted).unwrap()
        );
        let image = extended("1x0,left=0,background=black");
        assert_eq!(
            image.raster,
            Raster::new(Size::new(2, 1), Channels::Gray, vec![9_u8, 0]).unwrap()
        );
    }

    #[test]
    fn the_background_decides_the_channels() {
        assert_eq!(extended("1").raster.channels(), Channels::GrayAlpha);
        assert_eq!(
            extended("1,background=rgb(255,0,0)").raster.channels(),
            Channels::Rgb
        );
        assert_eq!(extended("0").raster.channels(), Channels::Gray);
    }

    #[test]
    fn nonsense_is_refused() {
        for value in ["", "x", "-5", "1,2", "tip=3", "top=x", "background=red"] {
            assert!(format!("extend {value}").parse::<Op>().is_err(), "{value}");
        }
    }
}
