//! Blur along a line, as a camera does that moves while its shutter is open.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Image;
use crate::params::{Params, push_unless};
use crate::pipeline::convolution::{self, Weights};
use crate::pipeline::point::narrow;

/// The mean along a line through each pixel. Colours are weighed by their alpha.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MotionBlur {
    /// The line's length in pixels; up to 1 changes nothing.
    pub length: f64,
    /// Degrees counterclockwise from horizontal.
    pub angle: f64,
}

const ANGLE: f64 = 0.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "motion-blur",
    aliases: &[],
    value: Value::Needed("LENGTH"),
    summary: "blur along a line, as a moving camera does",
    details: "LENGTH, 0 to 500: how far the camera moves, in pixels; up to 1 changes nothing.\n\
              angle=A, -360 to 360: degrees counterclockwise from horizontal; default 0.\n\
              Takes longer the longer the line is.",
    example: "15,angle=30",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-motion-blur` (weighed by a Gaussian), Photoshop Motion Blur, OpenCV `filter2D` with a line",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("motion-blur", text);
    let length = params.need_number("length", "a length in pixels such as `15`", 0.0..=500.0)?;
    let angle = params.number("angle", ANGLE, -360.0..=360.0)?;
    params.finish()?;
    Ok(Op::MotionBlur(MotionBlur { length, angle }))
}

impl MotionBlur {
    /// The line, one pixel wide. Along the axis that is nearer to it each pixel counts as far as the line covers it; across, the two
    /// that it passes between share it.
    fn weights(&self) -> Weights {
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let is_flat = cos.abs() >= sin.abs();
        let (along, across) = if is_flat { (cos, -sin) } else { (sin, -cos) };
        let reach = self.length * along.abs() / 2.0;
        // What lies on a row or a column within rounding lies on it.
        let slope = Some(across / along).filter(|slope| slope.abs() > 1e-9);
        let slope = slope.unwrap_or(0.0);
        let (long, wide) = (
            whole((reach - 0.5).ceil()),
            whole((reach * slope.abs()).ceil()),
        );
        let side = 2 * wide + 1;
        let mut line = vec![0.0; (2 * long + 1) * side];
        for (at, pixels) in line.chunks_exact_mut(side).enumerate() {
            let middle = from_middle(at, long);
            let (start, end) = ((middle - 0.5).max(-reach), (middle + 0.5).min(reach));
            let place = slope * (start + end) / 2.0;
            for (at, pixel) in pixels.iter_mut().enumerate() {
                let share = 1.0 - (from_middle(at, wide) - place).abs();
                *pixel = share.max(0.0) * (end - start);
            }
        }
        let sum: f64 = line.iter().sum();
        let share = |at: usize| narrow(line[at] / sum);
        let count = 2 * long + 1;
        if is_flat {
            let places = (0..side).flat_map(|y| (0..count).map(move |x| x * side + y));
            return Weights {
                width: count,
                height: side,
                values: places.map(share).collect(),
            };
        }
        Weights {
            width: side,
            height: count,
            values: (0..count * side).map(share).collect(),
        }
    }
}

/// How far a place lies behind the middle one, which has so many before it.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn from_middle(at: usize, before: usize) -> f64 {
    at as f64 - before as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths of up to 500 pixels, never negative"
)]
fn whole(length: f64) -> usize {
    length.max(0.0) as usize
}

impl Operation for MotionBlur {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.length.to_string();
        push_unless(&mut parts, "angle", self.angle, ANGLE);
        parts
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.length <= 1.0 {
            return Ok(image);
        }
        Ok(Image {
            raster: convolution::filter(&image.raster, &self.weights(), 0.0),
            ..image
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(value: &str) -> Weights {
        let Op::MotionBlur(blur) = format!("motion-blur {value}").parse().unwrap() else {
            panic!("`{value}` is no motion blur");
        };
        blur.weights()
    }

    #[test]
    fn a_line_on_a_row_is_a_row_of_equal_weights() {
        let row = weights("5");
        assert_eq!((row.width, row.height), (5, 1));
        assert!(row.values.iter().all(|weight| (weight - 0.2).abs() < 1e-6));
        let column = weights("5,angle=90");
        assert_eq!((column.width, column.height), (1, 5));
        assert_eq!(column.values, row.values);
    }

    #[test]
    fn any_line_is_a_mean_and_the_same_from_both_ends() {
        for value in [
            "1.5,angle=10",
            "7,angle=33",
            "40,angle=-77",
            "500,angle=123",
            "9,angle=45",
        ] {
            let line = weights(value);
            let sum: f32 = line.values.iter().sum();
            assert!((sum - 1.0).abs() < 1e-4, "{value}: {sum}");
            let back = line.values.iter().rev();
            let pairs = line.values.iter().zip(back);
            assert!(
                pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5),
                "{value}"
            );
        }
    }
}
