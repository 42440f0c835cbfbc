//! Lines of text, set and painted.
//!
//! `cosmic-text` breaks lines (UAX #14), orders both directions (UAX #9) and shapes what the font has; outlines are filled and
//! stroked by `zeno`. No font is looked for: there is the one that is embedded, and the one that somebody brings, before it.

mod font;

use cosmic_text::{
    Align, Buffer, CacheKeyFlags, Command, Family, FontSystem, Metrics, Shaping, SwashCache, Wrap,
};
use zeno::{Fill, Join, Mask, Stroke, Vector};

pub(super) use font::looks_like_font;

use crate::image::{Channels, Color, Depth, Raster, Sample, Samples, Size, Transfer};
use crate::pipeline::canvas;
use crate::pipeline::ops::{Asset, OpError};

/// From one line to the next, as a multiple of the size.
pub(super) const LINE: f32 = 1.2;

/// How a text is set.
pub(super) struct Style<'a> {
    /// Whose glyphs are used; those of the embedded font where it is `None`, and where it has none.
    pub(super) font: Option<&'a Asset>,
    /// Pixels of the em square.
    pub(super) size: f32,
    /// Pixels that a line may be long.
    pub(super) width: f32,
    /// Where short lines stand: -1, 0 or 1 for the left, the middle or the right.
    pub(super) side: i8,
}

/// A text that has been set: its outlines, in pixels, from the top left of the box that its lines fill.
pub(super) struct Setting {
    path: Vec<Command>,
    /// The box of its lines.
    pub(super) size: Size,
}

/// With what a text is painted.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    pub(super) color: Color,
    /// What lies around it, and how wide, in pixels.
    pub(super) outline: Option<(Color, f32)>,
}

/// Sets a text.
pub(super) fn set(text: &str, style: &Style<'_>) -> Result<Setting, OpError> {
    let mut fonts = font::system(style.font)?;
    let attributes = fonts.attributes();
    let attributes = attributes.cache_key_flags(CacheKeyFlags::DISABLE_HINTING);
    let mut buffer = Buffer::new_empty(Metrics::relative(style.size, LINE));
    buffer.set_wrap(Wrap::WordOrGlyph);
    buffer.set_size(Some(style.width.max(1.0)), None);
    let align = match style.side {
        -1 => Align::Left,
        0 => Align::Center,
        _ => Align::Right,
    };
    let attributes = attributes.family(Family::Name(&fonts.family));
    buffer.set_text(text, &attributes, Shaping::Advanced, Some(align));
    buffer.shape_until_scroll(&mut fonts.system, false);
    Ok(outlines(&buffer, &mut fonts.system))
}

/// The outlines of all glyphs, moved so that the longest line begins at the left edge.
fn outlines(buffer: &Buffer, fonts: &mut FontSystem) -> Setting {
    let mut cache = SwashCache::new();
    let mut path = Vec::new();
    let (mut left, mut right, mut bottom) = (f32::MAX, 0.0_f32, 0.0_f32);
    for run in buffer.layout_runs() {
        for glyph in run.glyphs {
            left = left.min(glyph.x);
            right = right.max(glyph.x + glyph.w);
            let key = glyph.physical((0.0, 0.0), 1.0).cache_key;
            let x = glyph.x + glyph.x_offset * glyph.font_size;
            let y = run.line_y + glyph.y - glyph.y_offset * glyph.font_size;
            let outline = cache.get_outline_commands(fonts, key).unwrap_or_default();
            path.extend(outline.iter().map(|command| moved(*command, x, y)));
        }
        bottom = bottom.max(run.line_top + run.line_height);
    }
    let left = left.min(right);
    for command in &mut path {
        *command = shifted(*command, -left);
    }
    Setting {
        path,
        size: Size::new(whole(right - left), whole(bottom)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates"
)]
fn whole(length: f32) -> u32 {
    (length.ceil() as u32).max(1)
}

/// A part of an outline, which fonts draw upwards, with its origin at a place, from which pixels count downwards.
fn moved(command: Command, x: f32, y: f32) -> Command {
    each_point(command, |point| zeno::Point::new(x + point.x, y - point.y))
}

fn shifted(command: Command, x: f32) -> Command {
    each_point(command, |point| zeno::Point::new(x + point.x, point.y))
}

fn each_point(command: Command, to: impl Fn(zeno::Point) -> zeno::Point) -> Command {
    match command {
        Command::MoveTo(a) => Command::MoveTo(to(a)),
        Command::LineTo(a) => Command::LineTo(to(a)),
        Command::QuadTo(a, b) => Command::QuadTo(to(a), to(b)),
        Command::CurveTo(a, b, c) => Command::CurveTo(to(a), to(b), to(c)),
        Command::Close => Command::Close,
    }
}

/// A painted text: what of it can be seen on a picture, and where.
pub(super) struct Painted {
    pub(super) raster: Raster,
    pub(super) place: (i64, i64),
}

impl Setting {
    /// Paints the text whose box stands at `place` on a picture, as far as it can be seen there, with alpha.
    pub(super) fn paint(
        &self,
        place: (i64, i64),
        outer: Size,
        paint: &Paint,
        (channels, depth, transfer): (Channels, Depth, Transfer),
    ) -> Option<Painted> {
        // Glyphs may stand out of their lines.
        let around = self.size.height / 2 + whole(paint.outline.map_or(0.0, |(_, width)| width));
        let (left, width) = seen(place.0, self.size.width, around, outer.width)?;
        let (top, height) = seen(place.1, self.size.height, around, outer.height)?;
        let size = Size::new(width, height);
        let offset = Vector::new(near(place.0 - left), near(place.1 - top));
        let masks = self.masks(size, offset, paint);
        let channels = channels.with_alpha(true);
        let samples = match depth {
            Depth::U8 => Samples::U8(masks.paint(paint, channels, transfer)),
            Depth::U16 => Samples::U16(masks.paint(paint, channels, transfer)),
            Depth::F32 => Samples::F32(masks.paint(paint, channels, transfer)),
        };
        Some(Painted {
            raster: canvas::rebuilt(size, channels, samples),
            place: (left, top),
        })
    }

    fn masks(&self, size: Size, offset: Vector, paint: &Paint) -> Masks {
        let length = usize::try_from(size.pixels()).unwrap_or(usize::MAX);
        let mut fill = vec![0; length];
        Mask::new(self.path.as_slice())
            .style(Fill::NonZero)
            .size(size.width, size.height)
            .offset(offset)
            .render_into(&mut fill, None);
        let outline = paint.outline.map(|(_, width)| {
            let mut outline = vec![0; length];
            let mut stroke = Stroke::new(2.0 * width);
            stroke.join(Join::Round);
            Mask::new(self.path.as_slice())
                .style(stroke)
                .size(size.width, size.height)
                .offset(offset)
                .render_into(&mut outline, None);
            outline
        });
        Masks { fill, outline }
    }
}

/// The part of an axis of length `outer` that something covers which stands at `start`, with `around` on both sides: where it
/// begins, and its length.
fn seen(start: i64, length: u32, around: u32, outer: u32) -> Option<(i64, u32)> {
    let from = start.saturating_sub(around.into()).max(0);
    let to = start
        .saturating_add(i64::from(length) + i64::from(around))
        .min(outer.into());
    let length = u32::try_from(to - from).ok()?;
    (length > 0).then_some((from, length))
}

#[expect(clippy::cast_precision_loss, reason = "places near the picture")]
fn near(distance: i64) -> f32 {
    distance as f32
}

/// How much of each pixel is covered, 255 being all of it.
struct Masks {
    fill: Vec<u8>,
    outline: Option<Vec<u8>>,
}

impl Masks {
    fn paint<S: Sample>(&self, paint: &Paint, channels: Channels, transfer: Transfer) -> Vec<S> {
        let count = channels.count();
        let parts = |color: Color| {
            let color = color.in_transfer(transfer);
            if channels.is_gray() {
                [color.luma(), 0.0, 0.0]
            } else {
                [color.red, color.green, color.blue]
            }
        };
        let inner = parts(paint.color);
        let (outer, outer_alpha) = paint
            .outline
            .map_or((inner, 0.0), |(color, _)| (parts(color), color.alpha));
        let mut samples = vec![S::default(); self.fill.len() * count];
        let pixels = samples.chunks_exact_mut(count);
        for (at, (pixel, fill)) in pixels.zip(&self.fill).enumerate() {
            let above = f32::from(*fill) / 255.0 * paint.color.alpha;
            let around = self.outline.as_ref().map_or(0, |outline| outline[at]);
            let below = f32::from(around) / 255.0 * outer_alpha * (1.0 - above);
            let alpha = above + below;
            if alpha <= 0.0 {
                continue;
            }
            let colors = pixel[..count - 1].iter_mut();
            for (sample, (inner, outer)) in colors.zip(inner.iter().zip(&outer)) {
                *sample = S::from_f32((inner * above + outer * below) / alpha * S::MAX);
            }
            pixel[count - 1] = S::from_f32(alpha * S::MAX);
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(size: f32, width: f32) -> Style<'static> {
        Style {
            font: None,
            size,
            width,
            side: -1,
        }
    }

    fn ink(text: &str, size: f32) -> (Size, u64) {
        let setting = set(text, &style(size, 1e5)).unwrap();
        let paint = Paint {
            color: Color::WHITE,
            outline: None,
        };
        let kind = (Channels::Gray, Depth::U8, Transfer::Srgb);
        let painted = setting.paint((0, 0), Size::new(2000, 2000), &paint, kind);
        let Samples::U8(samples) = painted.unwrap().raster.into_samples() else {
            panic!("8 bits were asked for")
        };
        let alphas = samples.iter().skip(1).step_by(2);
        (setting.size, alphas.map(|alpha| u64::from(*alpha)).sum())
    }

    #[test]
    fn text_has_the_size_it_is_told_and_the_ink_of_its_letters() {
        let (small, ink_of_small) = ink("Hamburg", 20.0);
        let (large, ink_of_large) = ink("Hamburg", 40.0);
        assert_eq!(small.height, 24);
        assert_eq!(large.height, 48);
        assert!((large.width * 10).abs_diff(small.width * 20) < 30);
        let ratio = ink_of_large * 100 / ink_of_small;
        assert!((390..410).contains(&ratio), "{ratio}");
        assert_eq!(ink(" ", 20.0).1, 0);
    }

    #[test]
    fn lines_break_where_they_must_and_where_they_are_told() {
        let lines = |text, width| set(text, &style(20.0, width)).unwrap().size.height / 24;
        assert_eq!(lines("one two three", 1e5), 1);
        assert_eq!(lines("one two three", 60.0), 3);
        assert_eq!(lines("one\ntwo", 1e5), 2);
        assert!(
            lines("unbreakable", 40.0) > 2,
            "a long word breaks anywhere"
        );
    }

    #[test]
    fn scripts_are_shaped() {
        // Arabic letters join: together they are narrower than one by one.
        let width = |text| set(text, &style(40.0, 1e5)).unwrap().size.width;
        let apart: u32 = ["\u{633}", "\u{644}", "\u{627}", "\u{645}"]
            .map(width)
            .iter()
            .sum();
        assert!(width("\u{633}\u{644}\u{627}\u{645}") < apart);
        for text in ["Ελληνικά", "Кириллица", "עברית", "ﬁ ß Å ő"] {
            assert!(ink(text, 20.0).1 > 10_000, "{text}");
        }
    }

    #[test]
    fn a_font_that_is_none_is_refused() {
        let asset: Asset = "Cargo.toml".parse().unwrap();
        let style = Style {
            font: Some(&asset),
            ..style(20.0, 100.0)
        };
        assert!(set("x", &style).is_err());
    }
}
