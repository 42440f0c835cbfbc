//! Contrast-limited adaptive histogram equalization (K. Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics
//! Gems IV, 1994): each of a grid of tiles has a table that makes its values about as frequent, and a pixel is looked up in
//! those of the four tiles around it.
//!
//! Tables have 256 places at every depth; what lies between two of them lies between their values. For each row of the picture
//! they are brought to that row first, so that a pixel of 8 bits takes a single look.

mod bytes;
mod tables;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::luma::luma;
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Samples, Transfer, linear_to_srgb, srgb_to_linear};
use tables::{Grid, PLACES, Table};

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
    let colors = Colors { channels, transfer };
    with_samples!(image.raster.samples_mut(), |samples| {
        let tables = grid.tables(clip, |x, y| colors.place(samples, y * size.0 + x));
        colors.change(samples, &grid, &tables);
    });
    image
}

/// What pixels consist of.
#[derive(Debug, Clone, Copy)]
struct Colors {
    channels: Channels,
    transfer: Transfer,
}

impl Colors {
    /// Encoded colours from 0 to 1; gray is all three.
    fn values<S: Sample>(self, pixel: &[S]) -> [f32; 3] {
        let colors = self.channels.colors();
        [0, 1, 2].map(|at| {
            let value = pixel[at.min(colors - 1)].to_f32() * S::MAX.recip();
            match self.transfer {
                Transfer::Srgb => value,
                Transfer::Linear => linear_to_srgb(value),
            }
        })
    }

    fn luma(self, values: [f32; 3]) -> f32 {
        if self.channels.is_gray() {
            values[0]
        } else {
            luma(values)
        }
    }

    /// The place in tables of a pixel, and how much it can be seen, from 0 to 255.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the places there are"
    )]
    fn place<S: Sample>(self, samples: &[S], pixel: usize) -> (usize, u32) {
        let count = self.channels.count();
        let pixel = &samples[pixel * count..][..count];
        let luma = self.luma(self.values(pixel)).clamp(0.0, 1.0);
        let seen = if self.channels.has_alpha() {
            (pixel[count - 1].to_f32() * S::MAX.recip()).clamp(0.0, 1.0)
        } else {
            1.0
        };
        // A cast cuts off, which is faster than to round.
        ((luma * 255.0 + 0.5) as usize, (seen * 255.0 + 0.5) as u32)
    }

    /// Looks up luma, and adds what is added to it to all colours.
    fn change<S: Sample>(self, samples: &mut [S], grid: &Grid, tables: &[Table]) {
        let count = self.channels.count();
        let row_len = grid.width * count;
        samples
            .par_chunks_exact_mut(row_len)
            .enumerate()
            .for_each_init(Vec::new, |row: &mut Vec<Table>, (y, line)| {
                grid.bring_to_row(tables, y, row);
                for span in grid.spans() {
                    let (left, right) = (&row[span.left], &row[span.right]);
                    for x in span.pixels.clone() {
                        self.change_pixel(
                            &mut line[x * count..][..count],
                            (left, right, grid.across.share(x)),
                        );
                    }
                }
            });
    }

    fn change_pixel<S: Sample>(self, pixel: &mut [S], tables: (&Table, &Table, f32)) {
        let values = self.values(pixel);
        let luma = self.luma(values);
        let shift = look_up(luma, tables) - luma.clamp(0.0, 1.0);
        let colors = self.channels.colors();
        for (sample, value) in pixel[..colors].iter_mut().zip(values) {
            let value = match self.transfer {
                Transfer::Srgb => value + shift,
                Transfer::Linear => srgb_to_linear(value + shift),
            };
            *sample = S::from_f32(value * S::MAX);
        }
    }
}

/// What two tables make of a value, `share` of the way from the one to the other.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the places there are"
)]
fn look_up(value: f32, (left, right, share): (&Table, &Table, f32)) -> f32 {
    let at = value.clamp(0.0, 1.0) * 255.0;
    let place = (at as usize).min(PLACES - 2);
    let part = at - place as f32;
    let between = |table: &Table| table[place] + (table[place + 1] - table[place]) * part;
    let (left, right) = (between(left), between(right));
    (left + (right - left) * share) * 255.0_f32.recip()
}
