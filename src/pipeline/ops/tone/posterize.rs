//! Leave a few shades of each colour, evenly spread from black to white.

use serde::{Deserialize, Serialize};

use super::{Cost, OpInfo, Operation, Value};
use crate::params::Params;
use crate::pipeline::point::{Point, Stage};

/// Takes each colour to the nearest of a few levels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Posterize {
    /// 2 to 256.
    pub levels: u16,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "posterize",
    aliases: &[],
    value: Value::Needed("LEVELS"),
    summary: "leave a few shades of each colour",
    details: "LEVELS, 2 to 256, whole: how many shades of red, green and blue are left; 256 leaves 8 bits as they are.",
    example: "4",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-posterize`, Pillow `ImageOps.posterize` (takes bits)",
    parse: |text, _| {
        let mut params = Params::new("posterize", text);
        let levels = params.need_whole("levels", "a number of levels such as `4`", 2..=256)?;
        params.finish()?;
        Ok(Posterize { levels }.into())
    },
};

impl Operation for Posterize {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.levels.to_string()
    }

    fn point(&self) -> Option<Point> {
        let steps = f32::from(self.levels - 1);
        let nearest = move |value: f32| (value * steps).round() / steps;
        Some(Point::encoded(vec![Stage::steps(nearest)]))
    }
}
