//! Pixels and what describes them.
//!
//! An [`Image`] is a [`Raster`] (the samples) and its [`Metadata`] (what the samples mean). What is known about an
//! image before its pixels exist is a [`Layout`]; every limit is checked on layouts, so that a picture that is too
//! large is refused before anything is allocated for it.

mod color;
mod dither;
mod layout;
mod limits;
mod metadata;
mod orientation;
mod pixels;
mod planes;
pub(crate) mod raster;
mod turn;

pub use color::{Color, ParseColorError, Transfer};
pub(crate) use color::{linear_to_srgb, srgb_to_linear};
pub use layout::{Channels, Depth, Layout, ParseDepthError, Size};
pub use limits::{LimitError, Limits, MOST_PICTURES, Sum};
pub use metadata::{Cicp, Metadata};
pub use orientation::Orientation;
pub use planes::{Gathered, Plane, Planes, Shape, TakeRows};
pub use raster::{Raster, RasterError, Sample, Samples};

/// A decoded picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The samples.
    pub raster: Raster,
    /// What the samples mean, and what travels with them.
    pub metadata: Metadata,
}

impl Image {
    /// An image without metadata, in sRGB.
    pub fn new(raster: Raster) -> Self {
        Self {
            raster,
            metadata: Metadata::default(),
        }
    }

    /// What can be said of this image without its pixels.
    pub fn layout(&self) -> Layout {
        Layout {
            size: self.raster.size(),
            channels: self.raster.channels(),
            depth: self.raster.depth(),
            orientation: self.metadata.orientation,
        }
    }
}
