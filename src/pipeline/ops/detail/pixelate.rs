//! Make the picture of large squares, each of the mean of what it covers.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Size};
use crate::params::Params;
use crate::pipeline::length::Length;
use crate::pipeline::point::narrow;

/// Replaces squares of pixels by their mean, colours weighed by their alpha. Squares begin at the top left; those at the right and
/// at the bottom may be cut off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pixelate {
    /// Of a square; percentages are of the longer side.
    pub side: Length,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "pixelate",
    aliases: &[],
    value: Value::Needed("SIDE"),
    summary: "make the picture of large squares",
    details: "SIDE of a square in pixels, or as a part of the longer side such as `2%`; up to 1 pixel changes nothing.",
    example: "3%",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-scale` down and up, GIMP Pixelize, ffmpeg `pixelize`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("pixelate", text);
    let side = params.need("side", "a side such as `16` or `2%`")?;
    params.finish()?;
    Ok(Op::Pixelate(Pixelate { side }))
}

impl Pixelate {
    fn pixels(&self, size: Size) -> usize {
        let longer = size.width.max(size.height);
        self.side.whole(longer).min(longer) as usize
    }
}

impl Operation for Pixelate {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.side.to_string()
    }

    fn apply(&self, mut image: Image) -> Result<Image, OpError> {
        let side = self.pixels(image.raster.size());
        if side <= 1 {
            return Ok(image);
        }
        let (channels, row_len) = (image.raster.channels(), image.raster.row_len());
        with_samples!(image.raster.samples_mut(), |samples| samples
            .par_chunks_mut(side * row_len)
            .for_each(|rows| squares(rows, row_len, channels, side)));
        Ok(image)
    }
}

/// One row of squares.
fn squares<S: Sample>(rows: &mut [S], row_len: usize, channels: Channels, side: usize) {
    let count = channels.count();
    for start in (0..row_len).step_by(side * count) {
        let end = (start + side * count).min(row_len);
        let parts = rows.chunks_exact(row_len).map(|row| &row[start..end]);
        let mean = mean(parts, channels);
        for row in rows.chunks_exact_mut(row_len) {
            for pixel in row[start..end].chunks_exact_mut(count) {
                pixel.copy_from_slice(&mean[..count]);
            }
        }
    }
}

fn mean<'a, S: Sample>(rows: impl Iterator<Item = &'a [S]>, channels: Channels) -> [S; 4] {
    let (count, colors) = (channels.count(), channels.colors());
    let (mut sums, mut weight, mut pixels) = ([0.0_f64; 3], 0.0, 0.0);
    for pixel in rows.flat_map(|row| row.chunks_exact(count)) {
        let alpha = pixel
            .get(colors)
            .map_or(1.0, |alpha| f64::from(alpha.to_f32()));
        for (sum, sample) in sums.iter_mut().zip(&pixel[..colors]) {
            *sum += alpha * f64::from(sample.to_f32());
        }
        weight += alpha;
        pixels += 1.0;
    }
    let mut mean = [S::default(); 4];
    if weight > 0.0 {
        for (mean, sum) in mean[..colors].iter_mut().zip(sums) {
            *mean = S::from_f32(narrow(sum / weight));
        }
    }
    if channels.has_alpha() {
        mean[colors] = S::from_f32(narrow(weight / pixels));
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Raster, Samples};

    #[test]
    fn squares_have_the_mean_of_what_they_cover() {
        let samples = vec![10_u8, 20, 90, 30, 40, 70, 5, 6, 200];
        let raster = Raster::new(Size::new(3, 3), Channels::Gray, samples).unwrap();
        let op: Op = "pixelate 2".parse().unwrap();
        let made = op.apply(Image::new(raster)).unwrap().raster;
        // 5.5 goes to the even neighbour.
        let wanted = vec![25_u8, 25, 80, 25, 25, 80, 6, 6, 200];
        assert_eq!(made.samples(), &Samples::U8(wanted));
    }

    #[test]
    fn what_cannot_be_seen_has_no_say() {
        let samples = vec![250_u8, 0, 100, 200];
        let raster = Raster::new(Size::new(2, 1), Channels::GrayAlpha, samples).unwrap();
        let op: Op = "pixelate 100%".parse().unwrap();
        let made = op.apply(Image::new(raster)).unwrap().raster;
        assert_eq!(made.samples(), &Samples::U8(vec![100, 100, 100, 100]));
    }
}
