//! Pictures turned, sheared and stretched: every affine map.
//!
//! Each pixel of the result is looked up in the picture. Where the map does not shrink, it is interpolated there with the
//! Catmull-Rom cubic (E. Catmull and R. Rom, "A class of local interpolating splines", 1974). Where it does, the same cubic is
//! made as wide as what becomes one pixel, along the axes of the ellipse that a pixel's circle comes from (P. Heckbert,
//! "Fundamentals of Texture Mapping and Image Warping", 1989), so that nothing is skipped. Alpha weighs colours, and the
//! edge is blended into what lies beneath over one pixel.

mod draw;
mod fetch;
mod fixed;
mod floats;
mod map;
mod pixel;
mod places;
mod wide;

pub(super) use map::{Map, bounds};

use super::canvas;
use crate::image::{Color, Image, Raster, Size};

/// A picture of `size` that shows what the map finds in this one, and the background elsewhere. For its channels see
/// [`canvas::channels_over`].
pub(super) fn onto(image: Image, size: Size, map: &Map, background: Color) -> Image {
    let channels = canvas::channels_over(image.raster.channels(), background);
    // Alpha that is only added is drawn, and not looked up.
    let own = channels.with_alpha(image.raster.channels().has_alpha());
    let picture = image.raster.to_channels(own);
    let transfer = image.metadata.transfer;
    let mut result = Raster::filled(size, channels, picture.depth(), transfer, background);
    draw::draw(&picture, &mut result, map);
    Image {
        raster: result,
        ..image
    }
}

/// A picture of `size` that lies within this one, as the map says.
pub(super) fn within(image: Image, size: Size, map: &Map) -> Image {
    let (channels, depth) = (image.raster.channels(), image.raster.depth());
    let transfer = image.metadata.transfer;
    let mut result = Raster::filled(size, channels, depth, transfer, Color::TRANSPARENT);
    draw::draw(&image.raster, &mut result, map);
    Image {
        raster: result,
        ..image
    }
}

#[cfg(test)]
mod tests;
