//! Median filter: takes away specks and keeps edges (J. W. Tukey, "Exploratory Data Analysis", 1977).
//!
//! Each channel has the very median of a square window. Small ones are compared by vectors (Adams 2021), larger ones have
//! histograms that follow them (Perreault and Hébert 2007): with 8 bits from a radius of 6 on, of values; with 16 bits and floats
//! from 9 on, of classes of ranks.

use serde::{Deserialize, Serialize};

use super::params::parse_radius;
use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout};
use crate::pipeline::median;

/// Makes each sample the median of those around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Median {
    /// How far the window reaches, in pixels; 0 changes nothing.
    pub radius: u32,
}

const RADIUS: u32 = 1;

/// Histograms and classes of a few threads.
const SCRATCH: u64 = 32 << 20;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "median",
    aliases: &[],
    value: Value::Optional("RADIUS"),
    summary: "take away specks, and keep edges, by medians of square windows",
    details: "RADIUS, 0 to 127, whole: how far the window reaches, in pixels: 1 is 3x3 pixels, 2 is 5x5; default 1,\n\
              0 changes nothing. Each channel by itself; beyond its edges the picture goes on as it is there.\n\
              A large radius takes hardly longer than 6; 16 bits and floats take a few times as long as 8.",
    example: "2",
    cost: Cost::Medium,
    elsewhere: "sharp `median` and Pillow `MedianFilter` (take the side), OpenCV `medianBlur`, \
                ImageMagick `-statistic median`, libvips `rank`",
    parse: |text, _| {
        let most = u32::try_from(median::MOST).unwrap_or(u32::MAX);
        let radius = parse_radius("median", text, RADIUS, most)?;
        Ok(Median { radius }.into())
    },
};

impl Operation for Median {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.radius.to_string()
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        SCRATCH
    }

    fn apply(&self, mut image: Image) -> Result<Image, OpError> {
        if self.radius > 0 {
            median::filter(&mut image.raster, self.radius as usize);
        }
        Ok(image)
    }
}
