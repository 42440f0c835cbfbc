//! Take the colour out, by the luma weights of Rec. ITU-R BT.709 (0.2126, 0.7152, 0.0722).
//!
//! The weights go to the samples as they are stored: encoded values give luma, as in `ImageMagick`; pictures in linear
//! light give their luminance. The result has gray channels, and alpha if there was one.

use serde::{Deserialize, Serialize};

use super::params::parse_bare;
use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout};

/// Turns the picture into gray channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grayscale;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "grayscale",
    aliases: &["greyscale"],
    value: Value::None,
    summary: "take the colour out",
    details: "",
    example: "",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-colorspace gray`, sharp `grayscale()`, libvips `colourspace b-w`",
    parse: |text, _| parse_bare(Grayscale, "grayscale", text),
};

impl Operation for Grayscale {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        Ok(Layout {
            channels: layout.channels.with_gray(true),
            ..layout
        })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let channels = image.raster.channels().with_gray(true);
        Ok(Image {
            raster: image.raster.to_channels(channels),
            ..image
        })
    }
}
