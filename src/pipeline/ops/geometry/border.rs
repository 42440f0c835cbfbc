//! A border of one colour: around the picture, or over its edge.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Image, Layout, Size};
use crate::params::{Params, push_unless};
use crate::pipeline::canvas;
use crate::pipeline::length::Length;

/// Draws a border. One that is not opaque lets show through what lies beneath it: nothing, or the picture's edge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Border {
    /// On each side; percentages are of the picture's shorter side.
    pub width: Length,
    /// What it is made of.
    pub color: Color,
    /// Whether it covers the picture's edge, so that the picture stays as large as it is.
    pub inside: bool,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "border",
    aliases: &[],
    value: Value::Needed("WIDTH"),
    summary: "draw a border of one colour",
    details: "WIDTH in pixels, or as a part of the shorter side such as `2%`; 0 changes nothing.\n\
              color=COLOR: default black. inside: covers the edge of the picture instead of making it larger.",
    example: "3%,color=white",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-border` with `-bordercolor`, sharp `extend({background})`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("border", text);
    let width = params.need("width", "a width such as `10` or `2%`")?;
    let color = params.take_named("color")?.unwrap_or(Color::BLACK);
    let inside = params.take_flag("inside");
    params.finish()?;
    Ok(Op::Border(Border {
        width,
        color,
        inside,
    }))
}

impl Border {
    fn pixels(&self, size: Size) -> u32 {
        self.width.whole(size.width.min(size.height))
    }

    fn size(&self, size: Size) -> Size {
        let both = self.pixels(size).saturating_mul(2);
        Size::new(
            size.width.saturating_add(both),
            size.height.saturating_add(both),
        )
    }

    /// Lays the picture's middle on its edge with the border over it.
    fn over_edge(&self, image: Image) -> Image {
        let size = image.raster.size();
        let width = self.pixels(size);
        let transfer = image.metadata.transfer;
        let covered = canvas::under(image.raster.clone(), self.color, transfer);
        let rest = |length: u32| length.saturating_sub(width.saturating_mul(2));
        let inner = Size::new(rest(size.width), rest(size.height));
        if inner.width == 0 || inner.height == 0 {
            return Image {
                raster: covered,
                ..image
            };
        }
        let middle = canvas::cut(&image.raster, width, width, inner);
        let middle = middle.to_channels(covered.channels());
        Image {
            raster: canvas::laid(covered, &middle, width, width),
            ..image
        }
    }
}

impl Operation for Border {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.width.to_string();
        push_unless(&mut parts, "color", self.color, Color::BLACK);
        if self.inside {
            parts.push_str(",inside");
        }
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        if self.pixels(layout.size) == 0 {
            return Ok(layout);
        }
        if self.inside {
            let gray = layout.channels.is_gray() && self.color.is_gray();
            let channels = layout.channels.with_gray(gray);
            return Ok(Layout { channels, ..layout });
        }
        Ok(Layout {
            size: self.size(layout.size),
            channels: canvas::channels_over(layout.channels, self.color),
            ..layout
        })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let size = image.raster.size();
        let width = self.pixels(size);
        if width == 0 {
            return Ok(image);
        }
        if self.inside {
            return Ok(self.over_edge(image));
        }
        Ok(canvas::pad(
            image,
            self.size(size),
            width,
            width,
            self.color,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Samples};

    fn bordered(value: &str, channels: Channels, pixel: &[u8]) -> Raster {
        let raster = Raster::new(Size::new(4, 3), channels, pixel.repeat(12)).unwrap();
        let op: Op = format!("border {value}").parse().unwrap();
        op.apply(Image::new(raster)).unwrap().raster
    }

    #[test]
    fn the_border_stands_around_or_over_the_edge() {
        let around = bordered("1", Channels::Gray, &[90]);
        assert_eq!(around.size(), Size::new(6, 5));
        let over = bordered("1,inside,color=white", Channels::Gray, &[90]);
        let wanted = [[255; 4], [255, 90, 90, 255], [255; 4]].concat();
        assert_eq!(over.samples(), &Samples::U8(wanted));
        let all = bordered("2,inside", Channels::Gray, &[90]);
        assert_eq!(all.samples(), &Samples::U8(vec![0; 12]));
    }

    #[test]
    fn a_border_that_is_not_opaque_lets_the_edge_show() {
        let over = bordered("1,inside,color=#ffffff80", Channels::GrayAlpha, &[100, 255]);
        let Samples::U8(samples) = over.samples() else {
            panic!("the depth has changed");
        };
        // 100 + (255 - 100) x 128 / 255 = 177.8
        assert_eq!(samples[..2], [178, 255]);
        assert_eq!(samples[10..12], [100, 255]);
        let over = bordered("1,inside,color=#ffffff80", Channels::GrayAlpha, &[100, 0]);
        let Samples::U8(samples) = over.samples() else {
            panic!("the depth has changed");
        };
        assert_eq!(
            (&samples[..2], &samples[10..12]),
            (&[255, 128][..], &[100, 0][..])
        );
    }
}
