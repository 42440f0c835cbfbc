//! Smooth what is nearly the same, and keep edges: the bilateral filter (C. Tomasi and R. Manduchi, "Bilateral filtering for gray
//! and color images", 1998), on a grid (J. Chen, S. Paris and F. Durand, "Real-time edge-aware image processing with the
//! bilateral grid", 2007).
//!
//! Neighbours weigh by how near they are, and how alike in luma (Rec. ITU-R BT.709, of sRGB-encoded values); colours are averaged
//! by the same weights. Beyond its edges there is nothing. Alpha stays what it is, and weighs the colours.

use serde::{Deserialize, Serialize};

use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout};
use crate::params::{Params, push_unless};
use crate::pipeline::bilateral;

/// Averages neighbours that are near and alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bilateral {
    /// Standard deviation in pixels; 0 changes nothing.
    pub sigma: f64,
    /// Standard deviation of luma, full intensity being 1.
    pub range: f64,
}

const SIGMA: f64 = 3.0;
const RANGE: f64 = 0.1;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "bilateral",
    aliases: &[],
    value: Value::Optional("SIGMA"),
    summary: "smooth what is nearly the same, and keep edges",
    details: "SIGMA, 0 to 200: standard deviation in pixels of how near neighbours weigh; default 3, 0 changes nothing.\n\
              range=R, 0.01 to 1: standard deviation of luma of how alike ones weigh, full intensity being 1; default 0.1.\n\
              A large sigma takes no longer than a small one; a small range takes longer.",
    example: "4,range=0.15",
    cost: Cost::Medium,
    elsewhere: "OpenCV `bilateralFilter`, ImageMagick `-bilateral-blur`, scikit-image `denoise_bilateral`",
    parse: |text, _| {
        let mut params = Params::new("bilateral", text);
        let sigma = params.number("sigma", SIGMA, 0.0..=200.0)?;
        let range = params.number("range", RANGE, 0.01..=1.0)?;
        params.finish()?;
        Ok(Bilateral { sigma, range }.into())
    },
};

impl Operation for Bilateral {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.sigma.to_string();
        push_unless(&mut parts, "range", self.range, RANGE);
        parts
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        bilateral::scratch(self.range)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.sigma <= 0.0 {
            return Ok(image);
        }
        Ok(bilateral::filter(image, self.sigma, self.range))
    }
}
