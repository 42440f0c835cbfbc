//! A text written over the picture.

use serde::{Deserialize, Serialize};

use super::{
    Cost, Font, Length, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value, Words,
};
use crate::image::{Color, Image, Layout, Size};
use crate::params::{Params, push_unless};
use crate::pipeline::compose::{self, Blend};
use crate::pipeline::geometry::Gravity;
use crate::pipeline::text::{self, Paint, Style};

/// The largest size of letters, in pixels.
const LARGEST: f64 = 20_000.0;

/// Writes a text over the picture. See `pipeline/text` for how it is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// What is written.
    pub words: Words,
    /// In which font; `DejaVu` Sans where there is none, and for letters that it does not have.
    pub font: Option<Font>,
    /// The size of the font, percentages being parts of the picture's height.
    pub size: Length,
    /// The colour of the letters.
    pub color: Color,
    /// The colour around them.
    pub outline: Option<Color>,
    /// How wide that is, percentages being parts of the size of the font.
    pub outline_width: Length,
    /// Where it is put, and how lines that are shorter than others stand.
    pub gravity: Gravity,
    /// How far from the edges, percentages being parts of the picture's shorter side.
    pub margin: Length,
    /// How long a line may be, percentages being parts of the picture's width; as long as the margins let it.
    pub width: Option<Length>,
    /// How much of it is seen, from 0 to 1.
    pub opacity: f64,
}

const SIZE: Length = Length::Percent(5.0);
const OUTLINE_WIDTH: Length = Length::Percent(8.0);
const MARGIN: Length = Length::Percent(3.0);
const GRAVITY: Gravity = Gravity::South;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "text",
    aliases: &[],
    value: Value::Needed("TEXT"),
    summary: "write a text over it",
    details: "TEXT: `\\n` ends a line. One with a comma or `=` in it stands in double quotes, in which `\\\"` is a quote.\n\
              font=FILE: a TrueType or OpenType font; default DejaVu Sans, which also stands in for letters that FILE does not have.\n\
              size=: of the font, in pixels or as a part of the picture's height; default 5%. color=; default white.\n\
              outline=COLOR: what lies around the letters; default nothing.\n\
              outline-width=: in pixels or as a part of the size; default 8%.\n\
              gravity=SIDE: where it is put, and to which side lines keep; default south.\n\
              margin=: from the edges, in pixels or as a part of the shorter side; default 3%.\n\
              width=: where lines wrap, in pixels or as a part of the picture's width; default at the margins.\n\
              opacity=, 0 to 1, default 1. Scripts are shaped and ordered as Unicode has it; coloured glyphs are not drawn.",
    example: "\"© Ada Example, 2026\",size=8%,outline=black,gravity=southeast",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-annotate` and `caption:`, libvips `text`, Pillow `ImageDraw.text`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("text", text);
    let words: Words = params.need("text", "a text such as `\"Hello, world\"`")?;
    let gravity = params.take_named("gravity")?.or(defaults.side());
    let op = Text {
        words: words.checked(&params)?,
        font: params.take_named("font")?,
        size: params.take_named("size")?.unwrap_or(SIZE),
        color: params.take_named("color")?.unwrap_or(Color::WHITE),
        outline: params.take_named("outline")?,
        outline_width: params.take_named("outline-width")?.unwrap_or(OUTLINE_WIDTH),
        gravity: gravity.unwrap_or(GRAVITY),
        margin: params.take_named("margin")?.unwrap_or(MARGIN),
        width: params.take_named("width")?,
        opacity: params.named_number("opacity", 1.0, 0.0..=1.0)?,
    };
    params.finish()?;
    Ok(op.into())
}

impl Text {
    fn changes_nothing(&self) -> bool {
        self.opacity <= 0.0 || self.words.is_blank()
    }

    /// The size of the font on a picture of this size, in pixels; none where nothing could be seen.
    fn font_size(&self, outer: Size) -> Option<f64> {
        let size = self.size.of(outer.height).min(LARGEST);
        (size >= 1.0).then_some(size)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lengths of a picture, none below 0"
    )]
    fn painted(&self, canvas: Layout, image: &Image) -> Result<Option<text::Painted>, OpError> {
        let outer = canvas.size;
        let Some(size) = self.font_size(outer) else {
            return Ok(None);
        };
        let shorter = outer.width.min(outer.height);
        let around = match self.outline {
            Some(_) => self.outline_width.of(size as u32).min(size),
            None => 0.0,
        };
        let margin = f64::from(self.margin.whole(shorter)) + around.ceil();
        let room = (f64::from(outer.width) - 2.0 * margin).max(1.0);
        let width = self.width.map_or(room, |width| width.of(outer.width));
        let style = Style {
            font: self.font.as_ref().map(Font::asset),
            size: size as f32,
            width: width as f32,
            side: self.gravity.direction().0,
        };
        let setting = text::set(&self.words.0, &style)?;
        let margin = margin.round() as i64;
        let (left, top) = self.gravity.place(setting.size, outer);
        let (right, down) = self.gravity.direction();
        let place = (
            left - i64::from(right) * margin,
            top - i64::from(down) * margin,
        );
        let paint = Paint {
            color: self.color,
            outline: self.outline.map(|color| (color, around as f32)),
        };
        let kind = (canvas.channels, canvas.depth, image.metadata.transfer);
        Ok(setting.paint(place, outer, &paint, kind))
    }
}

impl Operation for Text {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.words.to_string();
        if let Some(font) = &self.font {
            parts.extend([",font=", &font.to_string()]);
        }
        push_unless(&mut parts, "size", self.size, SIZE);
        push_unless(&mut parts, "color", self.color, Color::WHITE);
        if let Some(outline) = self.outline {
            parts.extend([",outline=", &outline.to_string()]);
        }
        push_unless(
            &mut parts,
            "outline-width",
            self.outline_width,
            OUTLINE_WIDTH,
        );
        push_unless(&mut parts, "gravity", self.gravity, GRAVITY);
        push_unless(&mut parts, "margin", self.margin, MARGIN);
        if let Some(width) = self.width {
            parts.extend([",width=", &width.to_string()]);
        }
        push_unless(&mut parts, "opacity", self.opacity, 1.0);
        parts
    }

    /// Gray becomes colours where the letters have some.
    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        if self.changes_nothing() {
            return Ok(layout);
        }
        let gray = self.color.is_gray() && self.outline.is_none_or(Color::is_gray);
        let gray = layout.channels.is_gray() && gray;
        let channels = layout.channels.with_gray(gray);
        Ok(Layout { channels, ..layout })
    }

    fn held(&self) -> u64 {
        self.font.as_ref().map_or(0, Font::held)
    }

    /// At the most all of the picture is covered: by two masks, and by what is painted of them.
    fn scratch(&self, _: &Layout, after: &Layout) -> u64 {
        let alpha = after.channels.with_alpha(true);
        let painted = Layout {
            channels: alpha,
            ..*after
        };
        let masks = after.size.pixels().saturating_mul(2);
        painted
            .bytes()
            .saturating_add(masks)
            .saturating_add(1 << 20)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.changes_nothing() {
            return Ok(image);
        }
        let canvas = self.layout(image.layout())?;
        let painted = self.painted(canvas, &image)?;
        let mut raster = image.raster.to_channels(canvas.channels);
        if let Some(painted) = painted {
            #[expect(clippy::cast_possible_truncation, reason = "from 0 to 1")]
            let layer = compose::Layer {
                raster: &painted.raster,
                place: painted.place,
                opacity: self.opacity as f32,
                blend: Blend::Normal,
                tile: false,
            };
            compose::lay(&mut raster, &layer);
        }
        Ok(Image { raster, ..image })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Samples};

    /// The rows and columns of a dark picture that light letters touch: left, top, right and bottom.
    fn touched(arguments: &str) -> (usize, usize, usize, usize) {
        let (width, height) = (200, 100);
        let dark = vec![0_u8; width * height];
        let dark = Raster::new(Size::new(200, 100), Channels::Gray, dark).unwrap();
        let op: Op = format!("text {arguments}").parse().unwrap();
        let raster = op.apply(Image::new(dark)).unwrap().raster;
        let Samples::U8(samples) = raster.into_samples() else {
            panic!("8 bits stay so")
        };
        let lit = samples
            .iter()
            .enumerate()
            .filter(|(_, sample)| **sample > 0);
        lit.fold(
            (width, height, 0, 0),
            |(left, top, right, bottom), (at, _)| {
                let (x, y) = (at % width, at / width);
                (left.min(x), top.min(y), right.max(x), bottom.max(y))
            },
        )
    }

    #[test]
    fn it_stands_where_it_is_put() {
        let (left, top, right, bottom) = touched("HH,size=20,gravity=northwest,margin=10");
        assert!((10..15).contains(&left), "{left}");
        assert!((10..20).contains(&top), "{top}");
        assert!(right < 60 && bottom < 40, "{right} {bottom}");
        let (left, top, right, bottom) = touched("HH,size=20%,gravity=southeast,margin=10");
        assert!((185..190).contains(&right), "{right}");
        assert!((75..90).contains(&bottom), "{bottom}");
        assert!(left > 140 && top > 60, "{left} {top}");
        let (left, _, right, _) = touched("HH,size=20,gravity=center");
        assert!((left + right).abs_diff(199) < 3, "{left} {right}");
    }

    #[test]
    fn an_outline_lies_around_the_letters() {
        let plain = touched("O,size=40,gravity=center");
        let around = touched("O,size=40,gravity=center,outline=white,outline-width=3");
        assert_eq!(plain.0 - around.0, 3);
        assert_eq!(around.3 - plain.3, 3);
    }

    #[test]
    fn nonsense_is_refused() {
        for value in [
            "",
            "a,b",
            "a,font=Cargo.toml",
            "a,font=no.ttf",
            "a,size=big",
            "a,opacity=3",
        ] {
            assert!(format!("text {value}").parse::<Op>().is_err(), "{value}");
        }
        let long = "x".repeat(10_001);
        assert!(format!("text {long}").parse::<Op>().is_err());
    }
}
