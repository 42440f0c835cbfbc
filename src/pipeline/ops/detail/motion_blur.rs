//! Blur along a line, as a camera does that moves while its shutter is open.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Image;
use crate::params::{Params, push_unless};
use crate::pipeline::convolution::{self, Weights};
use crate::pipeline::gaussian::Round;
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

/// Points of the line that are looked at for each pixel of its length.
const FINENESS: f64 = 16.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "motion-blur",
    aliases: &[],
    value: Value::Needed("LENGTH"),
    summary: "blur along a line, as a moving camera does",
    details: "LENGTH, 0 to 500: how far the camera moves, in pixels; up to 1 changes nothing.\n\
              angle=A, -360 to 360: degrees counterclockwise from horizontal; default 0.\n\
              Takes longer the longer the line is.",
    example: "15,angle=30",
    cost: Cost::Heavy,
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
    /// The line, each of its points shared out among the four pixels around it.
    fn weights(&self) -> Weights {
        let (sin, cos) = self.angle.to_radians().sin_cos();
        // What lies on a row or a column within rounding lies on it.
        let exact = |part: f64| if part.abs() < 1e-9 { 0.0 } else { part };
        let (right, up) = (exact(cos), exact(sin));
        let half = (self.length - 1.0) / 2.0;
        let reach = |part: f64| whole((half * part.abs()).ceil());
        let (across, down) = (reach(right), reach(up));
        let (width, height) = (2 * across + 1, 2 * down + 1);
        let mut weights = vec![0.0; width * height];
        let steps = whole((2.0 * half * FINENESS).ceil()).max(1);
        for step in 0..=steps {
            let along = half * (2.0 * fraction(step, steps) - 1.0);
            let (x, y) = (
                fraction(across, 1) + along * right,
                fraction(down, 1) - along * up,
            );
            let (left, top) = (x.floor(), y.floor());
            let shares_x = [1.0 - (x - left), x - left];
            let shares_y = [1.0 - (y - top), y - top];
            for (row, share_y) in shares_y.into_iter().enumerate() {
                for (column, share_x) in shares_x.into_iter().enumerate() {
                    let (column, row) = (whole(left) + column, whole(top) + row);
                    // A share of nothing may lie outside.
                    if column < width && row < height {
                        weights[row * width + column] += share_x * share_y;
                    }
                }
            }
        }
        let sum: f64 = weights.iter().sum();
        // Shares of rounding errors are none.
        let share = |weight: f64| {
            if weight / sum < 1e-7 {
                0.0
            } else {
                weight / sum
            }
        };
        Weights {
            width,
            height,
            values: weights
                .into_iter()
                .map(|weight| narrow(share(weight)))
                .collect(),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths of up to 500 pixels, never negative"
)]
fn whole(length: f64) -> usize {
    length.max(0.0) as usize
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn fraction(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
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
            raster: convolution::filter(&image.raster, &self.weights(), &Round),
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
        let inner = &row.values[1..4];
        assert!(inner.iter().all(|weight| (weight - inner[0]).abs() < 0.01));
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
