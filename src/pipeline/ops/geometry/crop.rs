//! Cut out a rectangle.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Image, Layout, Size};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::canvas;
use crate::pipeline::geometry::{Extent, Geometry, Gravity};

/// Cuts out a rectangle, as `ImageMagick`'s `-crop` with `+repage` does: what sticks out of the picture is not there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    /// The lengths; one that is not given is the picture's own, and percentages are parts of the picture's own.
    pub extent: Extent,
    /// Pixels away from where the gravity puts it: to the right and down, or inward from the right and the bottom.
    pub offset: Option<(i32, i32)>,
    /// The side or corner that the rectangle is put at.
    pub gravity: Gravity,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "crop",
    aliases: &[],
    value: Value::Needed("GEOMETRY"),
    summary: "cut out a rectangle",
    details: "GEOMETRY is WxH, W, xH (pixels) or percentages of the picture, then +X+Y if you like.\n\
              gravity=SIDE: what the place counts from; default northwest with +X+Y, otherwise center.\n\
              +X+Y counts inward from the right and the bottom where the gravity is there.\n\
              What sticks out of the picture is left out.",
    example: "300x200+10+20",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-crop` with `+repage`, sharp `extract()`, libvips `crop`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("crop", text);
    let geometry: Geometry = params.need("geometry", "a geometry such as `300x200+10+20`")?;
    let gravity = params.take_named("gravity")?;
    if geometry.only_shrink || geometry.only_enlarge || geometry.exact || geometry.at_least {
        let message = "`>`, `<`, `!` and `^` say how to resize, and nothing about a crop";
        return Err(params
            .error(ParamError::Malformed(message.to_owned()))
            .into());
    }
    params.finish()?;
    Ok(Op::Crop(Crop {
        extent: geometry.extent,
        offset: geometry.offset,
        gravity: gravity
            .or(defaults.gravity)
            .unwrap_or(usual_gravity(geometry.offset)),
    }))
}

const fn usual_gravity(offset: Option<(i32, i32)>) -> Gravity {
    match offset {
        Some(_) => Gravity::NorthWest,
        None => Gravity::Center,
    }
}

impl Crop {
    /// Left, top and size of what is cut out of a picture of `size`.
    fn rectangle(&self, size: Size) -> Result<(u32, u32, Size), OpError> {
        let wanted = self.extent.of(size);
        let (left, top) = self.gravity.place(wanted, size);
        let (x, y) = self.offset.unwrap_or((0, 0));
        let (towards_x, towards_y) = self.gravity.direction();
        let inward = |offset: i32, direction: i8| match direction {
            1 => -i64::from(offset),
            _ => i64::from(offset),
        };
        let horizontal = clip(left + inward(x, towards_x), wanted.width, size.width);
        let vertical = clip(top + inward(y, towards_y), wanted.height, size.height);
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
        let mut parts = Geometry {
            extent: self.extent,
            offset: self.offset,
            ..Geometry::boxed(0, 0)
        }
        .to_string();
        push_unless(
            &mut parts,
            "gravity",
            self.gravity,
            usual_gravity(self.offset),
        );
        parts
    }

    fn moves(&self, _: &Layout) -> bool {
        true
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let (_, _, size) = self.rectangle(layout.size)?;
        Ok(Layout { size, ..layout })
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
        for value in ["", "30x20>", "30x20!", "30x20^", "30x20<", "30,fit=cover"] {
            assert!(format!("crop {value}").parse::<Op>().is_err(), "{value}");
        }
    }
}
