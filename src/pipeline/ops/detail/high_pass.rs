//! Keep only what a blur takes away: `value - blurred`, on middle gray, as retouching programs do it.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpError, OpInfo, Operation, Value};
use crate::image::{Channels, Image};
use crate::params::Params;
use crate::pipeline::alpha::Premultiply;
use crate::pipeline::gaussian::{self, Finish};

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
    cost: Cost::Medium,
    elsewhere: "Photoshop and GIMP High Pass",
    parse: |text, _| {
        let mut params = Params::new("high-pass", text);
        let sigma = params.need_number("sigma", "a sigma in pixels such as `4`", 0.1..=1000.0)?;
        params.finish()?;
        Ok(Op::HighPass(HighPass { sigma }))
    },
};

/// The difference, on middle gray.
struct Difference(Channels);

impl Finish for Difference {
    fn finish<S: Premultiply>(&self, before: &[S], blurred: &[f32], out: &mut [S]) {
        let (count, colors) = (self.0.count(), self.0.colors());
        // A whole level, so that what blurring rounds does not decide between two.
        let middle = S::from_f32(0.5 * S::MAX).to_f32();
        let pixels = before.chunks_exact(count).zip(blurred.chunks_exact(count));
        for (out, (before, blurred)) in out.chunks_exact_mut(count).zip(pixels) {
            out.copy_from_slice(before);
            for channel in 0..colors {
                out[channel] = S::from_f32(middle + before[channel].to_f32() - blurred[channel]);
            }
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
        let difference = Difference(image.raster.channels());
        Ok(Image {
            raster: gaussian::filter(&image.raster, self.sigma, &difference),
            ..image
        })
    }
}
