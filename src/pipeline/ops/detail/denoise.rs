//! Take noise away by non-local means (A. Buades, B. Coll and J.-M. Morel, "A non-local algorithm for image denoising", 2005), pixel
//! by pixel with sums that slide (J. Darbon et al. 2008; J. Froment, IPOL 2014).
//!
//! A pixel becomes the average of those whose surroundings look alike, by the squared difference of all colours. Beyond its
//! edges the picture goes on as it is there. Alpha stays what it is, and weighs the colours.

use serde::{Deserialize, Serialize};

use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout};
use crate::params::{Params, push_unless};
use crate::pipeline::nlm::{self, Means};

/// Averages pixels whose surroundings look alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Denoise {
    /// How different surroundings may look, full intensity being 1; 0 changes nothing.
    pub strength: f64,
    /// How far surroundings reach, in pixels.
    pub patch: u8,
    /// How far those that look alike are looked for, in pixels.
    pub search: u8,
}

const STRENGTH: f64 = 0.03;
const PATCH: u8 = 2;
const SEARCH: u8 = 8;

/// Tiles of a few threads.
const SCRATCH: u64 = 16 << 20;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "denoise",
    aliases: &[],
    value: Value::Optional("STRENGTH"),
    summary: "take noise away, and keep detail, by non-local means",
    details: "STRENGTH, 0 to 1: how different the surroundings of pixels may look that are averaged, full intensity being 1:\n\
              about the standard deviation of the noise, or a little more; default 0.03, 0 changes nothing.\n\
              patch=P, 0 to 10, whole: how far surroundings reach, in pixels: 2 is 5x5; default 2. It costs next to nothing.\n\
              search=S, 1 to 30, whole: how far they are looked for, in pixels: 8 is 17x17; default 8. Time grows with its square.",
    example: "0.05,search=5",
    cost: Cost::Heavy,
    elsewhere: "OpenCV `fastNlMeansDenoising` and `fastNlMeansDenoisingColored` (take sides of windows, and strength out of 255), \
                scikit-image `denoise_nl_means`",
    parse: |text, _| {
        let mut params = Params::new("denoise", text);
        let strength = params.number("strength", STRENGTH, 0.0..=1.0)?;
        let patch = params.whole_number("patch", 0..=10)?.unwrap_or(PATCH);
        let search = params.whole_number("search", 1..=30)?.unwrap_or(SEARCH);
        params.finish()?;
        Ok(Denoise {
            strength,
            patch,
            search,
        }
        .into())
    },
};

impl Operation for Denoise {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.strength.to_string();
        push_unless(&mut parts, "patch", self.patch, PATCH);
        push_unless(&mut parts, "search", self.search, SEARCH);
        parts
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        SCRATCH
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.strength <= 0.0 {
            return Ok(image);
        }
        let means = Means {
            patch: self.patch.into(),
            search: self.search.into(),
            strength: self.strength,
        };
        Ok(Image {
            raster: nlm::filter(&image.raster, means),
            ..image
        })
    }
}
