//! Slant the picture.

use serde::{Deserialize, Serialize};

use super::background;
use super::moved::Moved;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Image, Layout};
use crate::params::{Params, push_unless};

/// Slants the picture: rows are moved along themselves, then columns. The result is the smallest upright box that holds it;
/// for its channels see [`crate::pipeline::ops::Extend`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shear {
    /// Degrees by which columns are slanted: what stands above moves to the left, what stands below to the right.
    pub across: f64,
    /// Degrees by which rows are slanted: what stands to the right moves down.
    pub down: f64,
    /// What the corners are filled with.
    pub background: Color,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "shear",
    aliases: &[],
    value: Value::Needed("DEGREES"),
    summary: "slant it",
    details: "DEGREES, -80 to 80: how far columns lean, their lower end to the right.\n\
              down=, -80 to 80 degrees, default 0: how far rows lean, their right end down; done after that.\n\
              background=COLOR: what the corners are filled with; default transparent, which adds alpha.",
    example: "15,background=white",
    cost: Cost::Medium,
    elsewhere: "ImageMagick `-shear`, which turns the other way across",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("shear", text);
    let what = "an angle in degrees such as `15`";
    let across = params.need_number("degrees", what, -80.0..=80.0)?;
    let down = params.named_number("down", 0.0, -80.0..=80.0)?;
    let background = background::take(&mut params, defaults, Color::TRANSPARENT)?;
    params.finish()?;
    let op = Shear {
        across,
        down,
        background,
    };
    Ok(op.into())
}

impl Shear {
    fn moved(&self) -> Moved {
        let (across, down) = (self.across.to_radians().tan(), self.down.to_radians().tan());
        Moved::by([1.0, across, down, 1.0 + across * down], self.background)
    }
}

impl Operation for Shear {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.across.to_string();
        push_unless(&mut parts, "down", self.down, 0.0);
        background::push(&mut parts, self.background, Color::TRANSPARENT);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        Ok(self.moved().layout(layout))
    }

    fn scratch(&self, before: &Layout, after: &Layout) -> u64 {
        Moved::scratch(before, after)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        Ok(self.moved().apply(image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Size;

    #[test]
    fn it_is_as_wide_as_it_leans() {
        let size = |text: &str| {
            let op: Op = text.parse().unwrap();
            let layout = Image::new(crate::image::Raster::filled(
                Size::new(100, 50),
                crate::image::Channels::Gray,
                crate::image::Depth::U8,
                crate::image::Transfer::Srgb,
                Color::WHITE,
            ));
            op.layout(layout.layout()).unwrap().size
        };
        assert_eq!(size("shear 45"), Size::new(150, 50));
        assert_eq!(size("shear -45"), Size::new(150, 50));
        assert_eq!(size("shear 0,down=45"), Size::new(100, 150));
    }
}
