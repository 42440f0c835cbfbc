//! Turn a scanned page upright.

use serde::{Deserialize, Serialize};

use super::background;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Image, Layout};
use crate::params::Params;
use crate::pipeline::canvas;
use crate::pipeline::skew;
use crate::pipeline::warp::{self, Map};

/// Finds by which angle the lines of a page are turned, and turns it back. See `pipeline/skew` for how. The size stays, and a picture
/// in which no lines are seen stays as it is; for channels see [`crate::pipeline::ops::Extend`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Deskew {
    /// How far it may be turned, in degrees.
    pub most: f64,
    /// What the corners are filled with.
    pub background: Color,
}

const MOST: f64 = 10.0;

/// Less than this is not worth the sharpness that it costs, in degrees: a pixel on the width of a page.
const LEAST: f64 = 0.02;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "deskew",
    aliases: &[],
    value: Value::Optional("DEGREES"),
    summary: "turn a scanned page upright by its lines of text",
    details: "DEGREES, 0 to 45, default 10: how far the page may be turned at the most.\n\
              background=COLOR: what the corners are filled with; default that of --background, or white.\n\
              The size stays. A picture without lines, such as a photo, stays as it is.",
    example: "5",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-deskew 40%`, unpaper, Leptonica `pixDeskew`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("deskew", text);
    let most = params.number("degrees", MOST, 0.0..=45.0)?;
    let background = background::take(&mut params, defaults, Color::WHITE)?;
    params.finish()?;
    let op = Deskew { most, background };
    Ok(op.into())
}

impl Operation for Deskew {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.most.to_string();
        background::push(&mut parts, self.background, Color::WHITE);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        if self.most <= 0.0 {
            return Ok(layout);
        }
        Ok(Layout {
            channels: canvas::channels_over(layout.channels, self.background),
            ..layout
        })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.most <= 0.0 {
            return Ok(image);
        }
        let size = image.raster.size();
        let angle = skew::angle(&image.raster, self.most);
        let channels = canvas::channels_over(image.raster.channels(), self.background);
        let back = -angle.unwrap_or(0.0).to_radians();
        let (sin, cos) = back.sin_cos();
        match Map::of([cos, -sin, sin, cos], size, size) {
            Some(map) if back.to_degrees().abs() >= LEAST => {
                Ok(warp::onto(image, size, &map, self.background))
            }
            Some(_) | None => Ok(Image {
                raster: image.raster.to_channels(channels),
                ..image
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Depth, Raster, Samples, Size};

    /// A page with lines of words of different lengths.
    fn page() -> Raster {
        let (width, height) = (600_usize, 400_usize);
        let mut samples = vec![250_u8; width * height];
        let mut state = 9_u32;
        for line in 0..12 {
            let mut x = 40;
            while x < 540 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let word = 10 + (state >> 24) as usize % 40;
                for y in 40 + line * 27..52 + line * 27 {
                    for x in x..(x + word).min(560) {
                        // Letters: strokes with light between them.
                        if (x / 3 + y / 4) % 2 == 0 {
                            samples[y * width + x] = 20;
                        }
                    }
                }
                x += word + 12;
            }
        }
        Raster::new(Size::new(600, 400), Channels::Gray, samples).unwrap()
    }

    fn turned(degrees: f64) -> Raster {
        let op: Op = format!("rotate {degrees},background=#fafafa")
            .parse()
            .unwrap();
        op.apply(Image::new(page())).unwrap().raster
    }

    #[test]
    fn the_angle_of_a_page_is_found() {
        for degrees in [-9.3, -2.0, -0.4, 0.7, 3.3, 8.0] {
            let found = skew::angle(&turned(degrees), 10.0).unwrap();
            assert!((found - degrees).abs() < 0.1, "{degrees}: {found}");
        }
        let found = skew::angle(&page(), 10.0).unwrap();
        assert!(found.abs() < 0.02, "{found}");
    }

    #[test]
    fn depths_and_channels_agree() {
        let page = turned(2.5);
        for channels in Channels::ALL {
            for depth in Depth::ALL {
                let page = page.clone().to_channels(channels).to_depth(depth);
                let found = skew::angle(&page, 5.0).unwrap();
                assert!((found - 2.5).abs() < 0.1, "{channels:?} {depth:?}: {found}");
            }
        }
    }

    #[test]
    fn a_picture_without_lines_stays_as_it_is() {
        let mut state = 9_u32;
        let samples = (0..300 * 200).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        let noise = Raster::new(
            Size::new(300, 200),
            Channels::Gray,
            samples.collect::<Vec<u8>>(),
        );
        let image = Image::new(noise.unwrap());
        let op: Op = "deskew".parse().unwrap();
        assert_eq!(op.apply(image.clone()).unwrap(), image);
        let plain = Raster::new(Size::new(30, 20), Channels::Gray, vec![9_u8; 600]);
        let plain = Image::new(plain.unwrap());
        assert_eq!(op.apply(plain.clone()).unwrap(), plain);
        assert!(matches!(plain.raster.samples(), Samples::U8(_)));
    }
}
