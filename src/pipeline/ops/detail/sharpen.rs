//! Sharpen by unsharp masking.
//!
//! What a Gaussian blur takes away is added once more: `value + amount * (value - blurred)`, as unsharp masking in
//! photography does it. Colours only: alpha stays what it is, but weighs the colours that are blurred.
//!
//! Without a threshold luma and chroma may be sharpened instead of colours. It is the same, but where the result is brighter
//! than white or darker than black: there luma is cut off, and not each colour by itself.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Image;
use crate::params::{Params, push_unless};
use crate::pipeline::finish::{Alpha, Finish};
use crate::pipeline::gaussian;
use crate::pipeline::linear::Linear;
use crate::pipeline::point::narrow;
use crate::pipeline::weigh::{Fixed, Gain};

/// Raises the difference of each sample from its blurred neighbourhood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sharpen {
    /// Standard deviation of the blur in pixels; 0 changes nothing.
    pub radius: f64,
    /// How much of the difference is added; 0 changes nothing.
    pub amount: f64,
    /// The least difference that is raised, full intensity being 1: keeps noise from being sharpened.
    pub threshold: f64,
}

const AMOUNT: f64 = 1.0;
const THRESHOLD: f64 = 0.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "sharpen",
    aliases: &["unsharp"],
    value: Value::Needed("RADIUS"),
    summary: "sharpen by unsharp masking",
    details: "RADIUS, 0 to 1000: standard deviation in pixels of the blur that is compared with;\n\
              0.5 to 1 for screens, more for prints. 0 changes nothing.\n\
              amount=A, 0 to 100: how much of the difference is added; default 1.\n\
              threshold=T, 0 to 1: the least difference that is raised; default 0.",
    example: "0.8,amount=0.7,threshold=0.01",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-unsharp`, libvips and sharp `sharpen` (on L of Lab), Pillow `UnsharpMask`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("sharpen", text);
    let radius = params.need_number("radius", "a radius in pixels such as `0.8`", 0.0..=1000.0)?;
    let amount = params.number("amount", AMOUNT, 0.0..=100.0)?;
    let threshold = params.number("threshold", THRESHOLD, 0.0..=1.0)?;
    params.finish()?;
    Ok(Op::Sharpen(Sharpen {
        radius,
        amount,
        threshold,
    }))
}

/// The mask as it is applied.
struct Unsharp {
    amount: f32,
    threshold: f32,
    /// The same in fixed point.
    gain: Gain,
}

#[expect(
    clippy::inline_always,
    reason = "it is compiled with the loop it belongs to: see `simd`"
)]
impl Finish for Unsharp {
    fn alpha(&self) -> Alpha {
        Alpha::Kept
    }

    #[inline(always)]
    fn color(&self, before: f32, blurred: f32, full: f32) -> f32 {
        let difference = before - blurred;
        let is_meant = difference.abs() >= self.threshold * full;
        before
            + if is_meant {
                self.amount * difference
            } else {
                0.0
            }
    }

    fn gain(&self) -> f32 {
        self.amount
    }

    #[inline(always)]
    fn levels(&self, levels: &mut [u8], blurred: &[Fixed]) {
        self.gain.raise(levels, blurred);
    }
}

impl Operation for Sharpen {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.radius.to_string();
        push_unless(&mut parts, "amount", self.amount, AMOUNT);
        push_unless(&mut parts, "threshold", self.threshold, THRESHOLD);
        parts
    }

    fn linear(&self) -> Option<Linear> {
        let is_linear = self.threshold <= 0.0;
        is_linear.then_some(if self.amount > 0.0 && self.radius > 0.0 {
            Linear::Mask {
                sigma: self.radius,
                amount: self.amount,
            }
        } else {
            Linear::Same
        })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.amount <= 0.0 || gaussian::changes_nothing(&image.raster, self.radius) {
            return Ok(image);
        }
        let (amount, threshold) = (narrow(self.amount), narrow(self.threshold));
        let unsharp = Unsharp {
            amount,
            threshold,
            gain: Gain::new(amount, threshold * f32::from(u8::MAX)),
        };
        Ok(Image {
            raster: gaussian::filter(image.raster, self.radius, &unsharp),
            ..image
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Samples, Size};

    fn sharpened(value: &str, channels: Channels, samples: Vec<u8>) -> Vec<u8> {
        let width = u32::try_from(samples.len() / channels.count()).unwrap();
        let raster = Raster::new(Size::new(width, 1), channels, samples).unwrap();
        let op: Op = format!("sharpen {value}").parse().unwrap();
        let Samples::U8(samples) = op.apply(Image::new(raster)).unwrap().raster.into_samples()
        else {
            panic!("the depth has changed");
        };
        samples
    }

    #[test]
    fn an_edge_becomes_steeper_by_what_the_blur_takes() {
        let edge = vec![100, 100, 100, 100, 100, 200, 200, 200, 200, 200];
        // A Gaussian with sigma 1 leaves 0.3011 of the step to the next pixel: 69.9 of 100 above it, 30.1 below.
        let wanted = vec![100, 100, 99, 93, 70, 230, 207, 201, 200, 200];
        let result = sharpened("1", Channels::Gray, edge.clone());
        for (result, wanted) in result.iter().zip(&wanted) {
            assert!(result.abs_diff(*wanted) <= 1, "{result} is not {wanted}");
        }
        let result = sharpened("1,amount=0.5", Channels::Gray, edge.clone());
        assert_eq!(result[4..6], [85, 215]);
        let result = sharpened("1,threshold=0.1", Channels::Gray, edge.clone());
        assert_eq!(result, [100, 100, 100, 100, 70, 230, 200, 200, 200, 200]);
    }

    #[test]
    fn alpha_stays_and_what_cannot_be_seen_has_no_say() {
        let samples = vec![180, 0, 100, 255, 100, 40, 180, 0, 90, 200];
        let result = sharpened("1", Channels::GrayAlpha, samples.clone());
        for (before, after) in samples.chunks(2).zip(result.chunks(2)) {
            assert_eq!(before[1], after[1]);
            let most = if before[1] == 0 { 0 } else { 10 };
            assert!(before[0].abs_diff(after[0]) <= most, "{before:?} {after:?}");
        }
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for value in ["", "-1", "1,amount=-1", "1,threshold=2", "1,1,0,0", "x"] {
            assert!(format!("sharpen {value}").parse::<Op>().is_err(), "{value}");
        }
    }
}
