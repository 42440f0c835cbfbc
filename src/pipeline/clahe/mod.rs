//! Contrast-limited adaptive histogram equalization (K. Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics
//! Gems IV, 1994): each of a grid of tiles has a table that makes its values about as frequent, and a pixel is looked up in
//! those of the four tiles around it.
//!
//! Tables have 256 places at every depth; what lies between two of them lies between their values. For each row of the picture
//! they are brought to that row first, so that a pixel of 8 bits takes a single look.

mod bytes;
mod colors;
mod tables;
#[cfg(test)]
mod tests;

use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Samples, Transfer};
use tables::Grid;

/// Equalizes luma in `across` times `down` tiles. No value may become more than `clip` times as frequent as it were if all were
/// the same.
pub(super) fn filter(mut image: Image, (across, down): (usize, usize), clip: f64) -> Image {
    let channels = image.raster.channels();
    let size = (image.raster.width(), image.raster.height());
    let grid = Grid::new(size, (across, down));
    let transfer = image.metadata.transfer;
    if let (Samples::U8(samples), Channels::Gray, Transfer::Srgb) =
        (image.raster.samples_mut(), channels, transfer)
    {
        bytes::filter(samples, &grid, clip);
        return image;
    }
    with_samples!(image.raster.samples_mut(), |samples| {
        let filter = match channels {
            Channels::Gray => colors::filter::<_, 1>,
            Channels::GrayAlpha => colors::filter::<_, 2>,
            Channels::Rgb => colors::filter::<_, 3>,
            Channels::Rgba => colors::filter::<_, 4>,
        };
        filter(samples, transfer, &grid, clip);
    });
    image
}
