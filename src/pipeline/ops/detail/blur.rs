//! Gaussian blur.

use serde::{Deserialize, Serialize};

use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::Image;
use crate::params::Params;
use crate::pipeline::finish::Round;
use crate::pipeline::gaussian;
use crate::pipeline::linear::Linear;

/// Blurs with a Gaussian. Colours are weighed by their alpha; beyond its edges the picture goes on as it is there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Blur {
    /// Standard deviation in pixels; 0 changes nothing.
    pub sigma: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "blur",
    aliases: &["gaussian"],
    value: Value::Needed("SIGMA"),
    summary: "blur with a Gaussian",
    details: "SIGMA, 0 to 1000: standard deviation in pixels; 0 changes nothing.\n\
              A large sigma takes no longer than a small one.",
    example: "2.5",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-blur 0xN`, sharp `blur()`, libvips `gaussblur`, OpenCV `GaussianBlur`",
    parse: |text, _| {
        let mut params = Params::new("blur", text);
        let sigma = params.need_number("sigma", "a sigma in pixels such as `2.5`", 0.0..=1000.0)?;
        params.finish()?;
        Ok(Blur { sigma }.into())
    },
};

impl Operation for Blur {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.sigma.to_string()
    }

    fn linear(&self) -> Option<Linear> {
        Some(if self.sigma > 0.0 {
            Linear::Mask {
                sigma: self.sigma,
                amount: -1.0,
            }
        } else {
            Linear::Same
        })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if gaussian::changes_nothing(&image.raster, self.sigma) {
            return Ok(image);
        }
        Ok(Image {
            raster: gaussian::filter(image.raster, self.sigma, &Round),
            ..image
        })
    }
}
