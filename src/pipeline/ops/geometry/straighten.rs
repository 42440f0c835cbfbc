//! Turn a tilted picture upright, and cut off what is left of its edges.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Image, Layout, Size};
use crate::params::Params;
use crate::pipeline::warp::{self, Map};

/// Turns the picture by a small angle, and keeps the largest upright rectangle of the same proportions that lies within it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Straighten {
    /// Clockwise, from -45 to 45.
    pub degrees: f64,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "straighten",
    aliases: &[],
    value: Value::Needed("DEGREES"),
    summary: "turn by a small angle, without empty corners",
    details: "DEGREES, -45 to 45, clockwise. What is kept has the proportions of the picture, and is smaller;\n\
              see `rotate` to keep all of it.",
    example: "-2.5",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-distort SRT` with a crop; the level of photo editors",
    parse: |text, _| parse(text),
};

fn parse(text: &str) -> Result<Op, ParseOpError> {
    let mut params = Params::new("straighten", text);
    let what = "an angle in degrees such as `-2.5`";
    let degrees = params.need_number("degrees", what, -45.0..=45.0)?;
    params.finish()?;
    Ok(Straighten { degrees }.into())
}

impl Straighten {
    fn changes_nothing(self) -> bool {
        self.degrees.abs() <= 0.0
    }

    /// What is kept of a picture of this size.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "parts of a length"
    )]
    fn size(self, size: Size) -> Size {
        let (sin, cos) = self.degrees.abs().to_radians().sin_cos();
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        // The corners of a part of it, turned, lie on the edges at the most.
        let across = width / (width * cos + height * sin);
        let down = height / (width * sin + height * cos);
        let part = across.min(down);
        let length = |length: f64| ((length * part + 1e-6).floor() as u32).max(1);
        Size::new(length(width), length(height))
    }
}

impl Operation for Straighten {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.degrees.to_string()
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        if self.changes_nothing() {
            return Ok(layout);
        }
        let size = self.size(layout.size);
        Ok(Layout { size, ..layout })
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        0
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let whole = image.raster.size();
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let size = self.size(whole);
        match Map::of([cos, -sin, sin, cos], whole, size) {
            Some(map) if !self.changes_nothing() => Ok(warp::within(image, size, &map)),
            Some(_) | None => Ok(image),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Samples};

    #[test]
    fn what_is_kept_has_the_proportions_and_no_empty_corner() {
        let (width, height) = (90, 60);
        let light = vec![200_u8; 90 * 60];
        let light = Raster::new(Size::new(width, height), Channels::Gray, light).unwrap();
        for degrees in ["-45", "-7.3", "-0.1", "2", "30", "45"] {
            let op: Op = format!("straighten {degrees}").parse().unwrap();
            let kept = op.apply(Image::new(light.clone())).unwrap().raster;
            let size = kept.size();
            let slip = (size.width * height).abs_diff(size.height * width);
            assert!(slip <= width + height, "{degrees} {size}");
            let Samples::U8(samples) = kept.into_samples() else {
                panic!("8 bits stay so")
            };
            // Transparent white would be seen.
            assert!(samples.iter().all(|sample| *sample == 200), "{degrees}");
        }
        assert!("straighten 45.1".parse::<Op>().is_err());
    }
}
