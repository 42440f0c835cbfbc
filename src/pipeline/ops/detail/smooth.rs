//! Smooth what hardly changes, and keep edges: the guided filter (K. He, J. Sun and X. Tang, "Guided image filtering", ECCV 2010).
//!
//! The picture guides itself: all colours by luma (Rec. ITU-R BT.709). What cannot be seen has no say, and stays what it is, as
//! does alpha. Beyond its edges the picture goes on as it is there.

use serde::{Deserialize, Serialize};

use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout};
use crate::params::{Params, push_unless};
use crate::pipeline::guided::{self, Guided};
use crate::pipeline::point::narrow;

/// Smooths what hardly changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Smooth {
    /// How far windows reach, in pixels; 0 changes nothing.
    pub radius: u32,
    /// How much luma may vary in a window that is smoothed.
    pub epsilon: f64,
}

const RADIUS: u32 = 4;
const EPSILON: f64 = 0.01;
const MOST: u32 = 100;

/// Tiles of a few threads.
const SCRATCH: u64 = 128 << 20;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "smooth",
    aliases: &[],
    value: Value::Optional("RADIUS"),
    summary: "smooth what hardly changes, and keep edges, by the guided filter",
    details: "RADIUS, 0 to 100, whole: how far windows reach, in pixels; default 4, 0 changes nothing.\n\
              epsilon=E, 0.000001 to 1: the variance of luma, full intensity being 1, above which a window is taken for an edge;\n\
              default 0.01, which is a standard deviation of 0.1.\n\
              A large radius takes little longer than a small one.",
    example: "8,epsilon=0.02",
    cost: Cost::Medium,
    elsewhere: "OpenCV `ximgproc.guidedFilter`, MATLAB `imguidedfilter`",
    parse: |text, _| {
        let mut params = Params::new("smooth", text);
        let radius = params.whole("radius", RADIUS, 0..=MOST)?;
        let epsilon = params.number("epsilon", EPSILON, 1e-6..=1.0)?;
        params.finish()?;
        Ok(Smooth { radius, epsilon }.into())
    },
};

impl Operation for Smooth {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.radius.to_string();
        push_unless(&mut parts, "epsilon", self.epsilon, EPSILON);
        parts
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        SCRATCH
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.radius == 0 {
            return Ok(image);
        }
        let guided = Guided {
            radius: self.radius as usize,
            epsilon: narrow(self.epsilon),
        };
        Ok(Image {
            raster: guided::filter(&image.raster, guided),
            ..image
        })
    }
}
