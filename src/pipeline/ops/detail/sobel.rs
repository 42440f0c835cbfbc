//! Edges: how steep luma is at each pixel, as a gray picture.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Layout, Raster, Sample, Samples};
use crate::params::{Params, push_unless};
use crate::pipeline::canvas;
use crate::pipeline::geometry::words;
use crate::pipeline::gradient::{self, Operator};
use crate::pipeline::point::narrow;

/// The length of luma's gradient. A step from black to white has a length of 1. Works on values as they are stored; alpha
/// stays.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sobel {
    /// What the length is multiplied by.
    pub scale: f64,
    /// What neighbours are weighed with.
    pub operator: EdgeOperator,
}

words! {
    /// What neighbours are weighed with to find edges.
    EdgeOperator, "operator" {
        /// 1, 2, 1.
        Sobel = "sobel",
        /// 3, 10, 3.
        Scharr = "scharr",
        /// 1, 1, 1.
        Prewitt = "prewitt",
    }
}

impl EdgeOperator {
    const fn weights(self) -> Operator {
        match self {
            Self::Sobel => Operator::SOBEL,
            Self::Scharr => Operator::SCHARR,
            Self::Prewitt => Operator::PREWITT,
        }
    }
}

const SCALE: f64 = 1.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "sobel",
    aliases: &[],
    value: Value::Optional("SCALE"),
    summary: "show edges, in gray",
    details: "SCALE, 0 to 100: what the gradient of luma is multiplied by; default 1, where a step from black to white is white.\n\
              operator=OP: sobel (weights 1 2 1; default), scharr (3 10 3: the same in all directions) or prewitt (1 1 1).",
    example: "2,operator=scharr",
    cost: Cost::Light,
    elsewhere: "libvips `sobel`, `scharr` and `prewitt`, OpenCV `Sobel` and `magnitude`, scikit-image `filters.sobel`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("sobel", text);
    let scale = params.number("scale", SCALE, 0.0..=100.0)?;
    let operator = params.take_named("operator")?;
    params.finish()?;
    Ok(Op::Sobel(Sobel {
        scale,
        operator: operator.unwrap_or(EdgeOperator::Sobel),
    }))
}

impl Sobel {
    fn edges<S: Sample>(&self, raster: &Raster, samples: &[S]) -> Samples
    where
        Samples: From<Vec<S>>,
    {
        let channels = raster.channels();
        let mut edges = vec![S::default(); samples.len() / channels.count()];
        let (scale, operator) = (narrow(self.scale) * S::MAX, self.operator.weights());
        gradient::for_each_row(raster, &mut edges, |rows, out| {
            operator.run(rows, out, |across, down| {
                S::from_f32(scale * (across * across + down * down).sqrt())
            });
        });
        if !channels.has_alpha() {
            return edges.into();
        }
        let alphas = samples
            .iter()
            .skip(channels.colors())
            .step_by(channels.count());
        let pixels = edges.into_iter().zip(alphas);
        pixels
            .flat_map(|(edge, alpha)| [edge, *alpha])
            .collect::<Vec<S>>()
            .into()
    }
}

impl Operation for Sobel {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.scale.to_string();
        push_unless(&mut parts, "operator", self.operator, EdgeOperator::Sobel);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        Ok(Layout {
            channels: layout.channels.with_gray(true),
            ..layout
        })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let raster = &image.raster;
        let channels = Channels::with_gray(raster.channels(), true);
        let samples = with_samples!(raster.samples(), |samples| self.edges(raster, samples));
        Ok(Image {
            raster: canvas::rebuilt(raster.size(), channels, samples),
            ..image
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Size;

    #[test]
    fn a_step_is_as_high_as_it_is_and_the_same_in_all_directions() {
        for operator in EdgeOperator::ALL {
            let op: Op = format!("sobel 1,operator={operator}").parse().unwrap();
            for turned in [false, true] {
                let samples: Vec<u8> = (0..64)
                    .map(|at| {
                        let place = if turned { at / 8 } else { at % 8 };
                        if place < 4 { 40 } else { 200 }
                    })
                    .collect();
                let raster = Raster::new(Size::new(8, 8), Channels::Gray, samples).unwrap();
                let made = op.apply(Image::new(raster)).unwrap().raster;
                let Samples::U8(samples) = made.samples() else {
                    panic!("the depth has changed");
                };
                for (at, edge) in samples.iter().enumerate() {
                    let place = if turned { at / 8 } else { at % 8 };
                    let wanted = if (3..5).contains(&place) { 160 } else { 0 };
                    assert_eq!(*edge, wanted, "{operator} {at}");
                }
            }
        }
    }
}
