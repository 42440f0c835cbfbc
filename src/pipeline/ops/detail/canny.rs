//! Edges as lines: J. Canny, "A Computational Approach to Edge Detection", IEEE PAMI 8, 1986.
//!
//! Luma is blurred, and its gradient is computed by the weights of Sobel; of the pixels that are steep only those stay that are the
//! steepest across the edge; of these the ones above the high threshold, and those above the low one that hang together with them.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Layout, Sample, Samples};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::{canny, canvas};

/// Draws edges in white on black, one pixel wide.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Canny {
    /// Standard deviation in pixels of the blur that noise is taken away with.
    pub sigma: f64,
    /// How steep an edge must be to go on: a step from black to white is 1.
    pub low: f64,
    /// How steep an edge must be somewhere.
    pub high: f64,
}

const SIGMA: f64 = 1.4;
const LOW: f64 = 0.05;
const HIGH: f64 = 0.12;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "canny",
    aliases: &[],
    value: Value::Optional("SIGMA"),
    summary: "draw edges as white lines on black",
    details: "SIGMA, 0 to 100: standard deviation in pixels of the blur that noise is taken away with; default 1.4.\n\
              low=L, high=H, 0 to 1: an edge is drawn where it is as steep as L (a step from black to white is 1), if it is as\n\
              steep as H somewhere; default 0.05 and 0.12.",
    example: "2,low=0.04,high=0.1",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-canny`, libvips `canny`, OpenCV `Canny`, scikit-image `feature.canny`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("canny", text);
    let sigma = params.number("sigma", SIGMA, 0.0..=100.0)?;
    let low = params.number("low", LOW, 0.0..=1.0)?;
    let high = params.number("high", HIGH.max(low), 0.0..=1.0)?;
    if low > high {
        let message = format!("low ({low}) must not be above high ({high})");
        return Err(params.error(ParamError::Malformed(message)).into());
    }
    params.finish()?;
    Ok(Op::Canny(Canny { sigma, low, high }))
}

/// Lines in white on black, with the alpha there was.
fn drawn<S: Sample>(lines: &[u8], samples: &[S], channels: Channels) -> Vec<S> {
    let color = |line: &u8| if *line == 0 { S::default() } else { S::FULL };
    if !channels.has_alpha() {
        return lines.iter().map(color).collect();
    }
    let alphas = samples
        .iter()
        .skip(channels.colors())
        .step_by(channels.count());
    let pixels = lines.iter().zip(alphas);
    pixels
        .flat_map(|(line, alpha)| [color(line), *alpha])
        .collect()
}

impl Operation for Canny {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.sigma.to_string();
        push_unless(&mut parts, "low", self.low, LOW);
        push_unless(&mut parts, "high", self.high, HIGH.max(self.low));
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        Ok(Layout {
            channels: layout.channels.with_gray(true),
            ..layout
        })
    }

    /// Luma and its blur, where that cannot be had row by row; then what pixels are, which is the picture itself if it may be.
    fn scratch(&self, before: &Layout, _: &Layout) -> u64 {
        let bytes = if canny::is_done_by_row(self.sigma) {
            1
        } else {
            4 + 4 + 1
        };
        before.size.pixels().saturating_mul(bytes)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let raster = &image.raster;
        let lines = canny::lines(raster, self.sigma, self.low, self.high);
        let channels = raster.channels();
        let samples = match raster.samples() {
            Samples::U8(_) if !channels.has_alpha() => lines.into(),
            samples @ (Samples::U8(_) | Samples::U16(_) | Samples::F32(_)) => {
                with_samples!(samples, |samples| Samples::from(drawn(
                    &lines, samples, channels
                )))
            }
        };
        Ok(Image {
            raster: canvas::rebuilt(raster.size(), channels.with_gray(true), samples),
            ..image
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Raster, Size};

    fn lines(value: &str, size: Size, rule: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        let mut samples = Vec::new();
        for y in 0..size.height {
            samples.extend((0..size.width).map(|x| rule(x, y)));
        }
        let raster = Raster::new(size, Channels::Gray, samples).unwrap();
        let op: Op = format!("canny {value}").parse().unwrap();
        match op.apply(Image::new(raster)).unwrap().raster.into_samples() {
            Samples::U8(samples) => samples,
            Samples::U16(_) | Samples::F32(_) => panic!("the depth has changed"),
        }
    }

    #[test]
    fn a_disc_has_a_thin_closed_edge() {
        let size = Size::new(80, 80);
        let inside = |x: u32, y: u32| (f64::from(x) - 39.5).hypot(f64::from(y) - 39.5) < 25.0;
        let made = lines("1", size, |x, y| if inside(x, y) { 200 } else { 30 });
        let white: u32 = made.iter().map(|sample| u32::from(*sample / 255)).sum();
        // Between a line with diagonal steps, 8 x 25 / sqrt(2), and one with corners, 8 x 25.
        assert!((141..=200).contains(&white), "{white}");
        for (at, sample) in (0_u32..).zip(&made) {
            if *sample == 255 {
                let (x, y) = (f64::from(at % 80), f64::from(at / 80));
                let off = ((x - 39.5).hypot(y - 39.5) - 25.0).abs();
                assert!(off < 1.5, "{x} {y}");
            }
        }
    }

    #[test]
    fn weak_edges_stay_only_where_they_hang_together_with_strong_ones() {
        let size = Size::new(60, 40);
        // A step that gets weaker to the bottom, and one that is weak all the way.
        let fading = |x: u32, y: u32| match x {
            0..20 => 100,
            20..40 => 100 + u8::try_from(60 - y).unwrap(),
            _ => 100 + u8::try_from(60 - y).unwrap() + 22,
        };
        let made = lines("0,low=0.06,high=0.2", size, fading);
        let column = |x: usize| (0..40).filter(|y| made[y * 60 + x] == 255).count();
        assert_eq!(column(19) + column(20), 40);
        assert_eq!(column(39) + column(40), 0);
    }

    #[test]
    fn thresholds_have_their_order() {
        for value in ["1,low=0.5,high=0.2", "-1", "1,low=2", "1,0.1,0.2,0.3"] {
            assert!(format!("canny {value}").parse::<Op>().is_err(), "{value}");
        }
        assert_eq!(
            "canny 1,low=0.5".parse::<Op>().unwrap().to_string(),
            "canny 1,low=0.5"
        );
    }
}
