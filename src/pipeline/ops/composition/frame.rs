//! A mat around the picture, a line, and a caption below.

use serde::{Deserialize, Serialize};

use super::{
    Cost, Font, Length, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value, Words,
};
use crate::image::{Color, Image, Layout, Size};
use crate::params::{Params, push_unless};
use crate::pipeline::canvas;
use crate::pipeline::compose::{self, Blend};
use crate::pipeline::text::{self, LINE, Paint, Style};

/// Frames the picture as prints on a contact sheet are: a mat of one colour, a thin line where the picture begins, and what
/// it shows written below.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// How wide the mat is, percentages being parts of the picture's shorter side.
    pub width: Length,
    /// The colour of the mat.
    pub color: Color,
    /// The colour of the line.
    pub line: Color,
    /// How wide the line is, percentages being parts of the picture's shorter side, and less than a pixel none.
    pub line_width: Length,
    /// What is written below the picture.
    pub caption: Words,
    /// In which font.
    pub font: Option<Font>,
    /// The size of the font, percentages being parts of the picture's shorter side.
    pub size: Length,
    /// The colour of the caption; black or white, whichever is seen better, where it is `None`.
    pub text_color: Option<Color>,
}

const WIDTH: Length = Length::Percent(5.0);
const LINE_WIDTH: Length = Length::Percent(0.3);
const SIZE: Length = Length::Percent(5.0);
/// Captions do not wrap.
const ENDLESS: f32 = 1e6;

const BLACK: Color = Color {
    red: 0.0,
    green: 0.0,
    blue: 0.0,
    alpha: 1.0,
};

pub(crate) static INFO: OpInfo = OpInfo {
    name: "frame",
    aliases: &[],
    value: Value::Optional("WIDTH"),
    summary: "put a mat around it, with a line and a caption",
    details: "WIDTH: of the mat, in pixels or as a part of the shorter side; default 5%. color=: of the mat; default white.\n\
              line=COLOR: of the line around the picture; default black.\n\
              line-width=: in pixels or as a part of the shorter side, 0 being no line; default 0.3%.\n\
              caption=TEXT: what is written below; `\\n` ends a line, and double quotes protect commas.\n\
              size=: of its font, in pixels or as a part of the shorter side; default 5%. What is too long is written smaller.\n\
              font=FILE: default DejaVu Sans. text-color=; default black or white, whichever is seen better.",
    example: "6%,caption=\"Harbour, evening\"",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-border` and `montage -label -frame`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("frame", text);
    let frame = Frame {
        width: params.take("width")?.unwrap_or(WIDTH),
        color: params.take_named("color")?.unwrap_or(Color::WHITE),
        line: params.take_named("line")?.unwrap_or(BLACK),
        line_width: params.take_named("line-width")?.unwrap_or(LINE_WIDTH),
        caption: params
            .take_named::<Words>("caption")?
            .unwrap_or_default()
            .checked(&params)?,
        font: params.take_named("font")?,
        size: params.take_named("size")?.unwrap_or(SIZE),
        text_color: params.take_named("text-color")?,
    };
    params.finish()?;
    Ok(frame.into())
}

/// Where everything stands, in pixels.
struct Plan {
    /// The picture with its line.
    lined: Size,
    line: u32,
    mat: u32,
    /// What the caption has below the mat's own width.
    below: u32,
    whole: Size,
    font_size: f64,
}

impl Frame {
    fn plan(&self, size: Size) -> Plan {
        let shorter = size.width.min(size.height);
        let line = match self.line_width.of(shorter) {
            // A line that is asked for is seen on small pictures too.
            width if width > 0.0 => self.line_width.whole(shorter).max(1),
            _ => 0,
        };
        let mat = self.width.whole(shorter);
        let font_size = self.size.of(shorter);
        let below = if self.caption.is_blank() {
            0
        } else {
            let lines = f64::from(self.caption.lines()) * f64::from(LINE);
            Length::Pixels(lines * font_size).whole(shorter).max(1)
        };
        let around = |length: u32, by: u32| length.saturating_add(by.saturating_mul(2));
        let lined = Size::new(around(size.width, line), around(size.height, line));
        let height = around(lined.height, mat).saturating_add(below);
        Plan {
            lined,
            line,
            mat,
            below,
            whole: Size::new(around(lined.width, mat), height),
            font_size,
        }
    }

    fn text_color(&self) -> Color {
        let contrasting = if self.color.luma() > 0.5 || !self.color.is_opaque() {
            BLACK
        } else {
            Color::WHITE
        };
        self.text_color.unwrap_or(contrasting)
    }

    /// Writes the caption into the middle of what lies below the picture.
    #[expect(clippy::cast_possible_truncation, reason = "lengths of a picture")]
    fn write(&self, image: &mut Image, plan: &Plan) -> Result<(), OpError> {
        let set = |size: f64| {
            let style = Style {
                font: self.font.as_ref().map(Font::asset),
                size: size as f32,
                width: ENDLESS,
                side: 0,
            };
            text::set(&self.caption.0, &style)
        };
        let outer = image.raster.size();
        let room = f64::from(plan.lined.width);
        let mut setting = set(plan.font_size)?;
        let width = f64::from(setting.size.width);
        if width > room {
            let smaller = plan.font_size * room / width;
            if smaller < 1.0 {
                return Ok(());
            }
            setting = set(smaller)?;
        }
        let top = plan.mat.saturating_add(plan.lined.height);
        let free = i64::from(outer.height) - i64::from(top) - i64::from(setting.size.height);
        let left = i64::from(outer.width) - i64::from(setting.size.width);
        let place = (left.div_euclid(2), i64::from(top) + free.div_euclid(2));
        let paint = Paint {
            color: self.text_color(),
            outline: None,
        };
        let layout = image.layout();
        let kind = (layout.channels, layout.depth, image.metadata.transfer);
        if let Some(painted) = setting.paint(place, outer, &paint, kind) {
            let layer = compose::Layer {
                raster: &painted.raster,
                place: painted.place,
                opacity: 1.0,
                blend: Blend::Normal,
                tile: false,
            };
            compose::lay(&mut image.raster, &layer);
        }
        Ok(())
    }
}

impl Operation for Frame {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.width.to_string();
        push_unless(&mut parts, "color", self.color, Color::WHITE);
        push_unless(&mut parts, "line", self.line, BLACK);
        push_unless(&mut parts, "line-width", self.line_width, LINE_WIDTH);
        if !self.caption.0.is_empty() {
            parts.extend([",caption=", &self.caption.to_string()]);
        }
        if let Some(font) = &self.font {
            parts.extend([",font=", &font.to_string()]);
        }
        push_unless(&mut parts, "size", self.size, SIZE);
        if let Some(color) = self.text_color {
            parts.extend([",text-color=", &color.to_string()]);
        }
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let plan = self.plan(layout.size);
        let mut channels = layout.channels;
        if plan.line > 0 {
            channels = canvas::channels_over(channels, self.line);
        }
        if plan.whole != plan.lined {
            channels = canvas::channels_over(channels, self.color);
        }
        if plan.below > 0 {
            channels = channels.with_gray(channels.is_gray() && self.text_color().is_gray());
        }
        Ok(Layout {
            size: plan.whole,
            channels,
            ..layout
        })
    }

    fn held(&self) -> u64 {
        self.font.as_ref().map_or(0, Font::held)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let plan = self.plan(image.raster.size());
        let channels = self.layout(image.layout())?.channels;
        let mut image = Image {
            raster: image.raster.to_channels(channels),
            ..image
        };
        if plan.line > 0 {
            image = canvas::pad(image, plan.lined, plan.line, plan.line, self.line);
        }
        if plan.whole != plan.lined {
            image = canvas::pad(image, plan.whole, plan.mat, plan.mat, self.color);
        }
        if plan.below > 0 && plan.font_size >= 1.0 {
            self.write(&mut image, &plan)?;
        }
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster};

    fn framed(arguments: &str) -> Raster {
        let gray = vec![100_u8; 60 * 40];
        let gray = Raster::new(Size::new(60, 40), Channels::Gray, gray).unwrap();
        let op: Op = format!("frame {arguments}").parse().unwrap();
        op.apply(Image::new(gray)).unwrap().raster
    }

    #[test]
    fn lengths_are_what_they_say() {
        assert_eq!(framed("10%,line-width=0").size(), Size::new(68, 48));
        assert_eq!(framed("5,line-width=2").size(), Size::new(74, 54));
        assert_eq!(framed("0,line-width=0").size(), Size::new(60, 40));
        let captioned = framed("5,line-width=0,caption=a\\nb,size=10");
        assert_eq!(captioned.size(), Size::new(70, 50 + 24));
    }

    #[test]
    fn the_picture_is_in_it_and_the_line_around() {
        let raster = framed("3,line-width=1,line=#00f,color=#f00");
        assert_eq!(raster.channels(), Channels::Rgb);
        let pixel = |left, top| canvas::cut(&raster, left, top, Size::new(1, 1));
        let wanted =
            |pixel: [u8; 3]| Raster::new(Size::new(1, 1), Channels::Rgb, pixel.to_vec()).unwrap();
        assert_eq!(pixel(0, 0), wanted([255, 0, 0]));
        assert_eq!(pixel(3, 3), wanted([0, 0, 255]));
        assert_eq!(pixel(4, 4), wanted([100; 3]));
        assert_eq!(pixel(63, 43), wanted([100; 3]));
        assert_eq!(pixel(64, 44), wanted([0, 0, 255]));
    }

    #[test]
    fn captions_are_written_below_and_made_to_fit() {
        let plain = framed("4,caption=\" \"");
        assert_eq!(plain.size(), framed("4").size());
        for caption in ["x", "a very long caption that would not fit in this size"] {
            let raster = framed(&format!("4,line-width=0,size=10,caption={caption}"));
            let below = canvas::cut(&raster, 0, 44, Size::new(68, 16));
            let blank = Raster::filled(
                below.size(),
                below.channels(),
                below.depth(),
                crate::image::Transfer::Srgb,
                Color::WHITE,
            );
            assert!(below != blank, "{caption}");
            let margin = canvas::cut(&raster, 0, 44, Size::new(3, 16));
            assert_eq!(
                margin,
                canvas::cut(&blank, 0, 0, Size::new(3, 16)),
                "{caption}"
            );
        }
    }
}
