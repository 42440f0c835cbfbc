//! Median filter: takes away specks and keeps edges (J. W. Tukey, "Exploratory Data Analysis", 1977).
//!
//! Each channel has the very median of a square window. With 8 bits it takes the same time for any radius from 6 on (Perreault
//! and Hébert 2007), and is compared by vectors below that (Adams 2021). With 16 bits and floats it is compared up to a radius of
//! 8; from there on time grows with the radius, as a window loses a column and wins one from pixel to pixel (Huang, Yang and
//! Tang 1979).

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

/// Histograms and ranks of a few threads.
const SCRATCH: u64 = 32 << 20;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "median",
    aliases: &[],
    value: Value::Optional("RADIUS"),
    summary: "take away specks, and keep edges, by medians of square windows",
    details: "RADIUS, 0 to 127, whole: how far the window reaches, in pixels: 1 is 3x3 pixels, 2 is 5x5; default 1,\n\
              0 changes nothing. Each channel by itself; beyond its edges the picture goes on as it is there.\n\
              A large radius takes no longer than 6 with 8 bits; with 16 and floats time grows with it.",
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
