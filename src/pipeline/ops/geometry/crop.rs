//! Cut out a rectangle: of a size, or the largest of an aspect.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Image, Layout, Size};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::anchor::Anchor;
use crate::pipeline::canvas;
use crate::pipeline::geometry::{Extent, Geometry, Gravity, ParseGeometryError};

/// Cuts out a rectangle, as `ImageMagick`'s `-crop` with `+repage` does: what sticks out of the picture is not there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    /// How large the rectangle is.
    pub area: Area,
    /// Pixels away from where the gravity puts it: to the right and down, or inward from the right and the bottom.
    pub offset: Option<(i32, i32)>,
    /// Where the rectangle is put.
    pub gravity: Anchor,
}

/// How large a rectangle is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Area {
    /// Lengths; one that is not given is the picture's own, and percentages are parts of the picture's own.
    Extent(Extent),
    /// The largest of this aspect: width to height. Where the picture is large enough its sides are whole multiples of these, so
    /// that crops of one aspect are all brought to one size without being distorted.
    Aspect(u32, u32),
}

impl Area {
    fn of(self, size: Size) -> Size {
        match self {
            Self::Extent(extent) => extent.of(size),
            Self::Aspect(across, down) => {
                let times = (size.width / across).min(size.height / down);
                if times > 0 {
                    return Size::new(across * times, down * times);
                }
                let wide = u64::from(size.width) * u64::from(down);
                let high = u64::from(size.height) * u64::from(across);
                let length = |length: u64| u32::try_from(length).unwrap_or(u32::MAX).max(1);
                if wide > high {
                    Size::new(length(high / u64::from(down)), size.height)
                } else {
                    Size::new(size.width, length(wide / u64::from(across)))
                }
            }
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extent(extent) => extent.fmt(f),
            Self::Aspect(across, down) => write!(f, "{across}:{down}"),
        }
    }
}

/// What is typed: a geometry, or an aspect with an offset.
struct Typed {
    area: Area,
    geometry: Geometry,
}

impl FromStr for Typed {
    type Err = ParseGeometryError;

    fn from_str(text: &str) -> Result<Self, ParseGeometryError> {
        let Some((across, rest)) = text.split_once(':') else {
            let geometry: Geometry = text.parse()?;
            let area = Area::Extent(geometry.extent);
            return Ok(Self { area, geometry });
        };
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (down, offset) = rest.split_at(end);
        let aspect = across.parse::<u32>().ok().zip(down.parse::<u32>().ok());
        let (across, down) = aspect
            .filter(|(across, down)| *across > 0 && *down > 0)
            .ok_or_else(|| ParseGeometryError::Aspect(text.to_owned()))?;
        let geometry = format!("1x1{offset}").parse()?;
        let common = greatest_common_divisor(across, down);
        let area = Area::Aspect(across / common, down / common);
        Ok(Self { area, geometry })
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "crop",
    aliases: &[],
    value: Value::Needed("GEOMETRY"),
    summary: "cut out a rectangle: of a size, of an aspect, or what is worth seeing",
    details: "GEOMETRY is WxH, W, xH (pixels), percentages of the picture, or the largest rectangle of an aspect such as 3:2\n\
              (exactly: its sides are multiples of 3 and 2); then +X+Y if you like.\n\
              gravity=SIDE: what the place counts from; default northwest with +X+Y, otherwise center.\n\
              gravity=X:Y: a point, such as 0.3:0.6 or 30%:60%, that comes as near to the middle as it can.\n\
              gravity=attention: the part that people would look at (edges, strong colours, skin).\n\
              gravity=entropy: the part in which there is most to see.\n\
              +X+Y counts inward from the right and the bottom where the gravity is there.\n\
              What sticks out of the picture is left out.",
    example: "300x200+10+20",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-crop` with `+repage`, sharp `extract()`, libvips `crop`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("crop", text);
    let Typed { area, geometry } = params.need(
        "geometry",
        "a geometry such as `300x200+10+20`, or an aspect such as `3:2`",
    )?;
    let gravity = params.take_named("gravity")?;
    if geometry.only_shrink || geometry.only_enlarge || geometry.exact || geometry.at_least {
        let message = "`>`, `<`, `!` and `^` say how to resize, and nothing about a crop";
        return Err(params
            .error(ParamError::Malformed(message.to_owned()))
            .into());
    }
    let gravity: Anchor = gravity
        .or(defaults.gravity)
        .unwrap_or(usual_gravity(geometry.offset).into());
    if gravity.looks() && geometry.offset.is_some() {
        let message = "a place cannot be both given and looked for";
        return Err(params
            .error(ParamError::Malformed(message.to_owned()))
            .into());
    }
    params.finish()?;
    Ok(Op::Crop(Crop {
        area,
        offset: geometry.offset,
        gravity,
    }))
}

const fn usual_gravity(offset: Option<(i32, i32)>) -> Gravity {
    match offset {
        Some(_) => Gravity::NorthWest,
        None => Gravity::Center,
    }
}

impl Crop {
    /// Left, top and size of what is cut out of a picture of `size`, where it stands in the middle of whatever is looked for.
    fn rectangle(&self, size: Size) -> Result<(u32, u32, Size), OpError> {
        let wanted = self.area.of(size);
        let (left, top) = self.gravity.place(wanted, size);
        let (x, y) = self.gravity.side().inward(self.offset.unwrap_or((0, 0)));
        let horizontal = clip(left + x, wanted.width, size.width);
        let vertical = clip(top + y, wanted.height, size.height);
        match (horizontal, vertical) {
            (Some((left, width)), Some((top, height))) => Ok((left, top, Size::new(width, height))),
            (None, _) | (_, None) => Err(OpError::Outside {
                arguments: self.arguments(),
                size,
            }),
        }
    }
}

/// The part of `start..start + length` that lies in `0..whole`: where it starts and how long it is.
fn clip(start: i64, length: u32, whole: u32) -> Option<(u32, u32)> {
    let end = start.saturating_add(length.into()).min(whole.into());
    let start = u32::try_from(start.max(0)).ok()?;
    let length = u32::try_from(end - i64::from(start)).ok()?;
    (length > 0).then_some((start, length))
}

impl Operation for Crop {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let offset = self.offset.map(|(x, y)| format!("{x:+}{y:+}"));
        let mut parts = format!("{}{}", self.area, offset.unwrap_or_default());
        let usual = usual_gravity(self.offset).into();
        push_unless(&mut parts, "gravity", self.gravity, usual);
        parts
    }

    fn cut(&self, size: Size) -> Option<(u32, u32, Size)> {
        let rectangle = self.rectangle(size).ok()?;
        (!self.gravity.looks()).then_some(rectangle)
    }

    fn moves(&self, _: &Layout) -> bool {
        // What lies beneath the picture would be looked at by itself.
        !self.gravity.looks()
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let (_, _, size) = self.rectangle(layout.size)?;
        Ok(Layout { size, ..layout })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let whole = image.raster.size();
        let (_, _, size) = self.rectangle(whole)?;
        if size == whole {
            return Ok(image);
        }
        let (left, top) = if self.gravity.looks() {
            self.gravity.find(&image, size)?
        } else {
            let (left, top, _) = self.rectangle(whole)?;
            (left, top)
        };
        Ok(Image {
            raster: canvas::cut(&image.raster, left, top, size),
            ..image
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crop(value: &str) -> Crop {
        let Op::Crop(crop) = format!("crop {value}").parse().unwrap() else {
            panic!("`{value}` is no crop");
        };
        crop
    }

    #[test]
    fn rectangles_stand_where_gravity_and_offset_say() {
        let cases = [
            ("30x20", (35, 15), (30, 20)),
            ("30x20+5+6", (5, 6), (30, 20)),
            ("30x20+5+6,gravity=southeast", (65, 24), (30, 20)),
            ("30x20+5+6,gravity=south", (40, 24), (30, 20)),
            ("30x20+5-6,gravity=center", (40, 9), (30, 20)),
            ("30x20,gravity=northeast", (70, 0), (30, 20)),
            ("50%", (25, 12), (50, 25)),
            ("0.1%", (49, 24), (1, 1)),
            ("30", (35, 0), (30, 50)),
            ("x30", (0, 10), (100, 30)),
            ("30x20-10-5", (0, 0), (20, 15)),
            ("30x20+90+45", (90, 45), (10, 5)),
            ("1000x1000", (0, 0), (100, 50)),
            ("30x20-5+0,gravity=east", (75, 15), (25, 20)),
            ("3:2", (12, 0), (75, 50)),
            ("30:20,gravity=east", (25, 0), (75, 50)),
            ("1:1+1+0", (1, 0), (50, 50)),
            ("16:9,gravity=0.1:0.5", (0, 3), (80, 45)),
            ("7:1", (1, 18), (98, 14)),
            ("300:100", (0, 8), (99, 33)),
            ("1000:999", (25, 0), (50, 50)),
        ];
        for (value, place, (width, height)) in cases {
            let (left, top, size) = crop(value).rectangle(Size::new(100, 50)).unwrap();
            assert_eq!(
                ((left, top), size),
                (place, Size::new(width, height)),
                "{value}"
            );
        }
    }

    #[test]
    fn a_rectangle_outside_is_an_error() {
        for value in [
            "30x20+100+0",
            "30x20+0-20",
            "30x20-30+0",
            "5x5+2147483647+0,gravity=east",
        ] {
            let result = crop(value).rectangle(Size::new(100, 50));
            assert!(matches!(result, Err(OpError::Outside { .. })), "{value}");
        }
    }

    #[test]
    fn resize_marks_are_refused() {
        for value in [
            "",
            "30x20>",
            "30x20!",
            "30x20^",
            "30x20<",
            "30,fit=cover",
            "3:0",
            "3:2>",
            "3:2:1",
            ":2",
            "30x20+1+1,gravity=attention",
        ] {
            assert!(format!("crop {value}").parse::<Op>().is_err(), "{value}");
        }
    }
}
