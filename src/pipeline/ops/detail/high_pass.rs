//! Keep only what a blur takes away: `value - blurred`, on middle gray, as retouching programs do it.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpError, OpInfo, Operation, Value};
use crate::image::Image;
use crate::params::Params;
use crate::pipeline::finish::{Alpha, Finish, MIDDLE, MIDDLE_LEVEL};
use crate::pipeline::gaussian;
use crate::pipeline::weigh::Fixed;

/// Keeps fine detail on middle gray. Alpha stays what it is, but weighs the colours that are blurred.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HighPass {
    /// Standard deviation of the blur in pixels.
    pub sigma: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "high-pass",
    aliases: &[],
    value: Value::Needed("SIGMA"),
    summary: "keep only fine detail, on middle gray",
    details: "SIGMA, 0.1 to 1000: standard deviation in pixels of the blur that is taken away.\n\
              A large sigma takes no longer than a small one.",
    example: "4",
    cost: Cost::Light,
    elsewhere: "Photoshop and GIMP High Pass",
    parse: |text, _| {
        let mut params = Params::new("high-pass", text);
        let sigma = params.need_number("sigma", "a sigma in pixels such as `4`", 0.1..=1000.0)?;
        params.finish()?;
        Ok(Op::HighPass(HighPass { sigma }))
    },
};

/// The difference, on middle gray.
struct Difference;

#[expect(
    clippy::inline_always,
    reason = "it is compiled with the loop it belongs to: see `simd`"
)]
impl Finish for Difference {
    fn alpha(&self) -> Alpha {
        Alpha::Kept
    }

    #[inline(always)]
    fn color(&self, before: f32, blurred: f32, full: f32) -> f32 {
        MIDDLE * full + (before - blurred)
    }

    #[inline(always)]
    fn levels(&self, levels: &mut [u8], blurred: &[Fixed]) {
        for (level, blurred) in levels.iter_mut().zip(blurred) {
            *level = blurred.difference(*level, MIDDLE_LEVEL);
        }
    }
}

impl Operation for HighPass {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.sigma.to_string()
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        Ok(Image {
            raster: gaussian::filter(image.raster, self.sigma, &Difference),
            ..image
        })
    }
}
