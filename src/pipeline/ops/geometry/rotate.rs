//! Turn by any angle.

use std::f64::consts::FRAC_PI_2;

use serde::{Deserialize, Serialize};

use super::background;
use super::moved::Moved;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Image, Layout, Orientation};
use crate::params::{ParamError, Params};

/// Turns the picture clockwise. Multiples of 90 degrees move samples and change none.
///
/// Other angles interpolate as `pipeline/warp` says. The result is the smallest upright box that holds the picture; for its
/// channels see [`crate::pipeline::ops::Extend`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rotate {
    /// Clockwise; any finite number.
    pub degrees: f64,
    /// What the corners are filled with.
    pub background: Color,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "rotate",
    aliases: &[],
    value: Value::Needed("DEGREES"),
    summary: "turn clockwise by any angle",
    details: "DEGREES, clockwise; negative is counterclockwise. Multiples of 90 are lossless.\n\
              background=COLOR: what the corners are filled with; default transparent, which adds alpha.",
    example: "-7.5,background=white",
    cost: Cost::Medium,
    elsewhere: "ImageMagick `-rotate`, sharp `rotate(degrees)`, libvips `rotate`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("rotate", text);
    let degrees: f64 = params.need("degrees", "an angle in degrees such as `90`")?;
    let background = background::take(&mut params, defaults, Color::TRANSPARENT)?;
    if !degrees.is_finite() {
        let message = format!("an angle of {degrees} is no angle");
        return Err(params.error(ParamError::Malformed(message)).into());
    }
    params.finish()?;
    Ok(Op::Rotate(Rotate {
        degrees,
        background,
    }))
}

impl Rotate {
    /// The quarter turns it amounts to, if it is nothing but that.
    fn quarters(&self) -> Option<Orientation> {
        let degrees = self.degrees.rem_euclid(360.0);
        let quarters = [
            (0.0, Orientation::Upright),
            (90.0, Orientation::Turn90),
            (180.0, Orientation::Turn180),
            (270.0, Orientation::Turn270),
            (360.0, Orientation::Upright),
        ];
        let exact = quarters
            .iter()
            .find(|(angle, _)| (degrees - angle).abs() <= 0.0);
        exact.map(|(_, orientation)| *orientation)
    }

    fn moved(&self) -> Moved {
        let (sin, cos) = (self.degrees.rem_euclid(360.0) / 90.0 * FRAC_PI_2).sin_cos();
        Moved::by([cos, -sin, sin, cos], self.background)
    }
}

impl Operation for Rotate {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.degrees.to_string();
        background::push(&mut parts, self.background, Color::TRANSPARENT);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        if let Some(orientation) = self.quarters() {
            let size = orientation.applied_to(layout.size);
            return Ok(Layout { size, ..layout });
        }
        Ok(self.moved().layout(layout))
    }

    fn turn(&self, _: &Layout) -> Option<Orientation> {
        self.quarters()
    }

    fn scratch(&self, before: &Layout, after: &Layout) -> u64 {
        Moved::scratch(before, after)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if let Some(orientation) = self.quarters() {
            let raster = image.raster.turned(orientation);
            return Ok(Image { raster, ..image });
        }
        Ok(self.moved().apply(image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Depth, Raster, Samples, Size};

    fn rotated(value: &str, raster: &Raster) -> Raster {
        let op: Op = format!("rotate {value}").parse().unwrap();
        op.apply(Image::new(raster.clone())).unwrap().raster
    }

    /// A smooth picture that looks different from every side.
    fn smooth(channels: Channels, depth: Depth) -> Raster {
        let (width, height) = (40_u16, 30_u16);
        let samples: Vec<u16> = (0..height)
            .flat_map(|y| (0..width).map(move |x| 9000 + 700 * x + 500 * y))
            .flat_map(|value| vec![value; channels.count()])
            .collect();
        Raster::new(Size::new(width.into(), height.into()), channels, samples)
            .unwrap()
            .to_depth(depth)
    }

    fn floats(raster: &Raster) -> Vec<f32> {
        let Samples::F32(values) = raster.clone().to_depth(Depth::F32).into_samples() else {
            panic!("they were made floats");
        };
        values
    }

    #[test]
    fn nearly_a_quarter_is_nearly_a_quarter() {
        for depth in Depth::ALL {
            for channels in Channels::ALL {
                let picture = smooth(channels, depth);
                for (nearly, exactly) in [("89.9999", "90"), ("-179.9999", "180"), ("1e-4", "0")] {
                    let background = ",background=white";
                    let nearly = rotated(&format!("{nearly}{background}"), &picture);
                    let exactly = rotated(exactly, &picture);
                    assert_eq!(nearly.size(), exactly.size());
                    let pairs = floats(&nearly).into_iter().zip(floats(&exactly));
                    for (nearly, exactly) in pairs {
                        assert!((nearly - exactly).abs() < 0.002, "{depth:?} {channels:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn there_and_back_is_where_it_was() {
        let picture = smooth(Channels::Rgb, Depth::F32);
        let there = rotated("30", &picture);
        assert_eq!(there.size(), Size::new(50, 46));
        let back = rotated("-30", &there);
        let (left, top) = (
            (back.width() - picture.width()) / 2,
            (back.height() - picture.height()) / 2,
        );
        let (back_values, values) = (floats(&back), floats(&picture));
        for y in 3..picture.height() - 3 {
            for x in 3..picture.width() - 3 {
                let there = back_values[((top + y) * back.width() + left + x) * 4];
                let here = values[(y * picture.width() + x) * 3];
                // Half a pixel at most is lost to boxes of whole pixels.
                assert!((there - here).abs() < 0.011, "{x} {y}: {there} {here}");
            }
        }
    }

    #[test]
    fn it_turns_clockwise_onto_the_background() {
        let mut samples = vec![0_u8; 31 * 31];
        samples[31 + 15] = 255; // near the top, in the middle
        let picture = Raster::new(Size::new(31, 31), Channels::Gray, samples).unwrap();
        let turned = rotated("45,background=#808080", &picture);
        assert_eq!(turned.channels(), Channels::Gray);
        let Samples::U8(samples) = turned.samples() else {
            panic!("the depth has changed");
        };
        assert_eq!(samples[0], 128);
        let inner = |x: usize, y: usize| samples[y * turned.width() + x];
        let middle = turned.width() / 2;
        let brightest = (0..turned.width() * turned.height())
            .map(|at| (at % turned.width(), at / turned.width()))
            .filter(|(x, y)| x.abs_diff(middle) + y.abs_diff(middle) < 20)
            .max_by_key(|(x, y)| inner(*x, *y));
        assert_eq!(brightest, Some((middle + 9, middle - 10)));
    }

    #[test]
    fn one_color_on_itself_stays_one_color() {
        for depth in Depth::ALL {
            let picture = Raster::new(Size::new(9, 7), Channels::Rgb, vec![200_u8; 9 * 7 * 3])
                .unwrap()
                .to_depth(depth);
            let turned = rotated("17,background=#c8c8c8", &picture);
            for value in floats(&turned) {
                assert!((value - 200.0 / 255.0).abs() < 1e-6, "{depth:?} {value}");
            }
        }
    }

    #[test]
    fn what_cannot_be_seen_does_not_bleed() {
        let mut samples = [255_u8, 0].repeat(15 * 15);
        for pixel in [97, 112, 113, 127] {
            samples[2 * pixel] = 100;
            samples[2 * pixel + 1] = 255;
        }
        let picture = Raster::new(Size::new(15, 15), Channels::GrayAlpha, samples).unwrap();
        let Samples::U8(turned) = rotated("31", &picture).into_samples() else {
            panic!("the depth has changed");
        };
        assert!(turned.chunks_exact(2).any(|pixel| pixel[1] > 128));
        for pixel in turned.chunks_exact(2).filter(|pixel| pixel[1] > 0) {
            assert_eq!(pixel[0], 100, "{pixel:?}");
        }
    }

    #[test]
    fn angles_must_be_numbers() {
        for value in ["", "nan", "inf", "left", "90,10", "90,kernel=box"] {
            assert!(format!("rotate {value}").parse::<Op>().is_err(), "{value}");
        }
    }
}
