//! Turn the stored picture the way its EXIF orientation (CIPA DC-008, tag 0x0112) says it is to be seen.
//!
//! The orientation of the metadata is upright afterwards. The EXIF block is carried along as it is: whoever writes a
//! file sets the tag inside it from the metadata.

use serde::{Deserialize, Serialize};

use super::params::parse_bare;
use super::{Cost, OpError, OpInfo, Operation, Value};
use crate::image::{Image, Layout, Metadata, Orientation};

/// Turns the picture upright. Lossless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoOrient;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "auto-orient",
    aliases: &["autorot"],
    value: Value::None,
    summary: "turn upright as the EXIF orientation says",
    details: "",
    example: "",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-auto-orient`, sharp `rotate()`, libvips `autorot`",
    parse: |text, _| parse_bare(AutoOrient, "auto-orient", text),
};

impl Operation for AutoOrient {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        Ok(Layout {
            size: layout.orientation.applied_to(layout.size),
            orientation: Orientation::Upright,
            ..layout
        })
    }

    fn turn(&self, layout: &Layout) -> Option<Orientation> {
        Some(layout.orientation)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let orientation = image.metadata.orientation;
        Ok(Image {
            raster: image.raster.turned(orientation),
            metadata: Metadata {
                orientation: Orientation::Upright,
                ..image.metadata
            },
        })
    }
}
