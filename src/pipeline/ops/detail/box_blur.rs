//! Blur by plain means of square windows, with sums that slide (M. J. `McDonnell`, "Box-filtering techniques", 1981).
//!
//! Colours are weighed by their alpha; beyond its edges the picture goes on as it is there.

use serde::{Deserialize, Serialize};

use super::params::parse_radius;
use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout};
use crate::pipeline::boxes;

/// Makes each pixel the mean of those around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoxBlur {
    /// How far the window reaches, in pixels; 0 changes nothing.
    pub radius: u32,
}

const RADIUS: u32 = 1;
const MOST: u32 = 1000;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "box-blur",
    aliases: &[],
    value: Value::Optional("RADIUS"),
    summary: "blur by plain means of square windows",
    details: "RADIUS, 0 to 1000, whole: how far the window reaches, in pixels: 1 is 3x3 pixels, 2 is 5x5; default 1,\n\
              0 changes nothing. Beyond its edges the picture goes on as it is there.\n\
              A large radius takes no longer than a small one.",
    example: "2",
    cost: Cost::Light,
    elsewhere: "OpenCV `blur`, Pillow `BoxBlur`, sharp `blur()` without a sigma (3x3), scipy `uniform_filter`",
    parse: |text, _| {
        let radius = parse_radius("box-blur", text, RADIUS, MOST)?;
        Ok(BoxBlur { radius }.into())
    },
};

impl Operation for BoxBlur {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.radius.to_string()
    }

    fn scratch(&self, before: &Layout, _: &Layout) -> u64 {
        boxes::scratch(before)
    }

    fn apply(&self, mut image: Image) -> Result<Image, OpError> {
        if self.radius > 0 {
            boxes::blur(&mut image.raster, self.radius as usize);
        }
        Ok(image)
    }
}
