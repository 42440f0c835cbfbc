//! Round the corners off.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::background;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::raster::with_samples;
use crate::image::{Color, Image, Layout, Raster, Sample, Size, Transfer};
use crate::params::Params;
use crate::pipeline::canvas;
use crate::pipeline::length::Length;
use crate::pipeline::point::narrow;

/// Takes what lies outside of a rectangle with round corners away. The edge is as smooth as alpha can make it: a pixel that is
/// covered by half keeps half of its alpha.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Of the corners; percentages are of the shorter side, and half of it is the most there can be.
    pub radius: Length,
    /// What lies behind the corners.
    pub background: Color,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "round",
    aliases: &[],
    value: Value::Needed("RADIUS"),
    summary: "round the corners off",
    details: "RADIUS of the corners in pixels, or as a part of the shorter side such as `10%`; 0 changes nothing.\n\
              50% is the most: it makes a circle of a square.\n\
              background=COLOR: what lies behind; default transparent, which adds alpha.",
    example: "12%",
    cost: Cost::Medium,
    elsewhere: "CSS `border-radius`; sharp `composite()` with a mask of SVG",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("round", text);
    let radius = params.need("radius", "a radius such as `20` or `10%`")?;
    let background = background::take(&mut params, defaults, Color::TRANSPARENT)?;
    params.finish()?;
    Ok(Op::Round(Round { radius, background }))
}

impl Round {
    /// In pixels.
    fn radius(&self, size: Size) -> f64 {
        let shorter = size.width.min(size.height);
        self.radius.of(shorter).min(f64::from(shorter) / 2.0)
    }
}

impl Operation for Round {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.radius.to_string();
        background::push(&mut parts, self.background, Color::TRANSPARENT);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        if self.radius(layout.size) <= 0.0 {
            return Ok(layout);
        }
        let channels = canvas::channels_over(layout.channels, self.background);
        Ok(Layout { channels, ..layout })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let radius = self.radius(image.raster.size());
        if radius <= 0.0 {
            return Ok(image);
        }
        let transfer = image.metadata.transfer;
        let after = canvas::channels_over(image.raster.channels(), self.background);
        let mut raster = image.raster.to_channels(after.with_alpha(true));
        cover(&mut raster, radius);
        let raster = behind(raster, self.background, transfer).to_channels(after);
        Ok(Image { raster, ..image })
    }
}

/// What lies behind a picture with alpha, where there is something.
fn behind(raster: Raster, background: Color, transfer: Transfer) -> Raster {
    if background.alpha <= 0.0 {
        return raster;
    }
    canvas::over(raster, background, transfer)
}

/// Multiplies each alpha by how much of its pixel lies inside.
fn cover(raster: &mut Raster, radius: f64) {
    let Size { width, height } = raster.size();
    let (row_len, count) = (raster.row_len(), raster.channels().count());
    // The corners' own rows and columns; pixels in between are whole.
    let inset = move |at: u32, length: u32| {
        let from_edge = f64::from(at.min(length - 1 - at)) + 0.5;
        (radius - from_edge).max(0.0)
    };
    with_samples!(raster.samples_mut(), |samples| samples
        .par_chunks_exact_mut(row_len)
        .zip(0..height)
        .for_each(|(row, y)| {
            let down = inset(y, height);
            if down > 0.0 {
                for (pixel, x) in row.chunks_exact_mut(count).zip(0..width) {
                    let share = share(inset(x, width).hypot(down), radius);
                    fade(&mut pixel[count - 1], narrow(share));
                }
            }
        }));
}

/// How much of a pixel lies inside, whose centre is so far from that of the circle.
fn share(distance: f64, radius: f64) -> f64 {
    (radius - distance + 0.5).clamp(0.0, 1.0)
}

fn fade<S: Sample>(alpha: &mut S, share: f32) {
    if share < 1.0 {
        *alpha = S::from_f32(alpha.to_f32() * share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Samples};

    fn rounded(value: &str, size: Size) -> Raster {
        let samples = vec![200_u8; usize::try_from(size.pixels()).unwrap()];
        let raster = Raster::new(size, Channels::Gray, samples).unwrap();
        let op: Op = format!("round {value}").parse().unwrap();
        op.apply(Image::new(raster)).unwrap().raster
    }

    fn alphas(raster: &Raster) -> Vec<u8> {
        let Samples::U8(samples) = raster.samples() else {
            panic!("the depth has changed");
        };
        samples.iter().skip(1).step_by(2).copied().collect()
    }

    #[test]
    fn a_circle_has_its_area() {
        for side in [20, 101, 400] {
            let size = Size::new(side, side);
            let area: f64 = alphas(&rounded("50%", size))
                .iter()
                .map(|alpha| f64::from(*alpha) / 255.0)
                .sum();
            let wanted = std::f64::consts::PI * f64::from(side).powi(2) / 4.0;
            assert!(
                (area / wanted - 1.0).abs() < 0.01,
                "{side}: {area} {wanted}"
            );
        }
    }

    #[test]
    fn only_corners_go_and_something_may_lie_behind() {
        let size = Size::new(40, 30);
        let alphas = alphas(&rounded("5", size));
        for (at, alpha) in alphas.iter().enumerate() {
            let (x, y) = (at % 40, at / 40);
            let corner = !(5..35).contains(&x) && !(5..25).contains(&y);
            assert!(corner || *alpha == 255, "{x} {y}");
        }
        assert_eq!((alphas[0], alphas[39], alphas[40 * 30 - 1]), (0, 0, 0));
        let on_black = rounded("5,background=black", size);
        assert_eq!(on_black.channels(), Channels::Gray);
        let Samples::U8(samples) = on_black.samples() else {
            panic!("the depth has changed");
        };
        assert_eq!((samples[0], samples[20]), (0, 200));
    }
}
