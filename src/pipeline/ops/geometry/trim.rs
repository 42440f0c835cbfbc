//! Cut away edges of one colour.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::raster::with_samples;
use crate::image::{Color, Image, Layout, Raster, Sample, Size, Transfer};
use crate::params::{Params, push_unless};
use crate::pipeline::canvas;
use crate::pipeline::point::narrow;

/// Cuts away all edges that show one colour. A picture that shows nothing else stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trim {
    /// By how much samples may differ from the colour, of 255.
    pub distance: f64,
    /// The colour; that of the top left pixel where it is `None`.
    pub background: Option<Color>,
}

/// What JPEG leaves of a plain background is nearer to it than that.
const DISTANCE: f64 = 10.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "trim",
    aliases: &[],
    value: Value::Optional("DISTANCE"),
    summary: "cut away edges of one colour",
    details: "DISTANCE, 0 to 255, default 10: by how much red, green, blue and alpha may differ from the colour, on a scale of 255.\n\
              background=COLOR: the colour; default that of the top left pixel. Colours count as much as they are seen.\n\
              A picture that is all of one colour stays as it is.",
    example: "20",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-fuzz 4% -trim +repage`, sharp `trim()`, libvips `find_trim`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("trim", text);
    let distance = params.number("distance", DISTANCE, 0.0..=255.0)?;
    let background = params.take_named("background")?;
    params.finish()?;
    let op = Trim {
        distance,
        background,
    };
    Ok(op.into())
}

/// What is compared with: colours as far as they are seen, then alpha, from 0 to 1.
struct Backdrop {
    parts: [f32; 4],
    distance: f32,
}

impl Backdrop {
    fn new<S: Sample>(op: &Trim, raster: &Raster, samples: &[S], transfer: Transfer) -> Self {
        let channels = raster.channels();
        let parts = match op.background {
            Some(color) => {
                let color = color.in_transfer(transfer);
                let colors = if channels.is_gray() {
                    [color.luma(); 3]
                } else {
                    [color.red, color.green, color.blue]
                };
                let alpha = if channels.has_alpha() {
                    color.alpha
                } else {
                    1.0
                };
                let [red, green, blue] = colors.map(|part| part * alpha);
                [red, green, blue, alpha]
            }
            None => parts(&samples[..channels.count()], channels.colors()),
        };
        // A little more, so that a distance of so many steps of 8 bits is one in all depths.
        let distance = narrow(op.distance / 255.0) + 1e-5;
        Self { parts, distance }
    }

    fn is_like<S: Sample>(&self, pixel: &[S], colors: usize) -> bool {
        let parts = parts(pixel, colors);
        let mut pairs = parts.iter().zip(&self.parts);
        pairs.all(|(a, b)| (a - b).abs() <= self.distance)
    }
}

/// The parts of a pixel; all colours of gray are the same.
fn parts<S: Sample>(pixel: &[S], colors: usize) -> [f32; 4] {
    let alpha = pixel
        .get(colors)
        .map_or(1.0, |alpha| alpha.to_f32() / S::MAX);
    let color = |at: usize| pixel[at.min(colors - 1)].to_f32() / S::MAX * alpha;
    [color(0), color(1), color(2), alpha]
}

/// The smallest rectangle that holds all that differs: left, top, and size.
#[expect(
    clippy::cast_possible_truncation,
    reason = "places in a picture, whose sides are 32 bits"
)]
fn found<S: Sample>(samples: &[S], raster: &Raster, back: &Backdrop) -> Option<(u32, u32, Size)> {
    let (count, colors) = (raster.channels().count(), raster.channels().colors());
    let row_len = raster.row_len();
    let differs = |pixel: &[S]| !back.is_like(pixel, colors);
    let mut rows = samples.chunks_exact(row_len);
    let top = rows.position(|row| row.chunks_exact(count).any(differs))?;
    let mut rows = samples.chunks_exact(row_len);
    let bottom = rows.rposition(|row| row.chunks_exact(count).any(differs))?;
    let (mut left, mut right) = (raster.width() - 1, 0);
    for row in samples[top * row_len..(bottom + 1) * row_len].chunks_exact(row_len) {
        // Only what lies further out than what has been found can matter.
        let mut before = row[..left * count].chunks_exact(count);
        left = before.position(differs).unwrap_or(left);
        let mut behind = row[right * count..].chunks_exact(count);
        right = behind.rposition(differs).map_or(right, |at| right + at);
    }
    let left = left.min(right);
    let size = Size::new((right - left + 1) as u32, (bottom - top + 1) as u32);
    Some((left as u32, top as u32, size))
}

impl Operation for Trim {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.distance.to_string();
        if let Some(background) = self.background {
            push_unless(
                &mut parts,
                "background",
                background.to_string(),
                String::new(),
            );
        }
        parts
    }

    fn looks(&self) -> bool {
        true
    }

    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        0
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let (raster, transfer) = (&image.raster, image.metadata.transfer);
        let found = with_samples!(raster.samples(), |samples| {
            let back = Backdrop::new(self, raster, samples, transfer);
            found(samples, raster, &back)
        });
        match found {
            Some((left, top, size)) if size != raster.size() => Ok(Image {
                raster: canvas::cut(raster, left, top, size),
                ..image
            }),
            Some(_) | None => Ok(image),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Depth};

    /// A picture of 8 x 6 with some pixels that differ.
    fn picture(dots: &[(usize, usize, u8)]) -> Raster {
        let mut samples = vec![200_u8; 8 * 6];
        for (x, y, value) in dots {
            samples[y * 8 + x] = *value;
        }
        Raster::new(Size::new(8, 6), Channels::Gray, samples).unwrap()
    }

    fn trimmed(arguments: &str, raster: &Raster) -> Raster {
        let op: Op = format!("trim {arguments}").parse().unwrap();
        op.apply(Image::new(raster.clone())).unwrap().raster
    }

    #[test]
    fn what_differs_is_kept_and_no_more() {
        for depth in Depth::ALL {
            let raster = picture(&[(2, 1, 9), (5, 3, 100)]).to_depth(depth);
            let kept = trimmed("", &raster);
            assert_eq!(
                kept,
                canvas::cut(&raster, 2, 1, Size::new(4, 3)),
                "{depth:?}"
            );
            assert_eq!(trimmed("", &kept).size(), Size::new(4, 3));
        }
        let corner = picture(&[(7, 5, 0)]);
        assert_eq!(trimmed("", &corner).size(), Size::new(1, 1));
        let plain = picture(&[(3, 3, 205)]);
        assert_eq!(trimmed("", &plain), plain, "nothing is far enough from it");
        assert_eq!(trimmed("4", &plain).size(), Size::new(1, 1));
        assert_eq!(trimmed("5", &plain), plain);
    }

    #[test]
    fn the_color_may_be_given() {
        let raster = picture(&[(0, 0, 0), (1, 0, 0)]);
        assert_eq!(
            trimmed("background=#c8c8c8", &raster).size(),
            Size::new(2, 1)
        );
        assert_eq!(trimmed("background=red", &raster), raster);
    }

    #[test]
    fn what_cannot_be_seen_does_not_count() {
        let mut samples = Vec::new();
        for color in 0..25_u8 {
            let alpha = if color == 12 { 255 } else { 0 };
            samples.extend([color * 10, alpha]);
        }
        let raster = Raster::new(Size::new(5, 5), Channels::GrayAlpha, samples).unwrap();
        assert_eq!(trimmed("0", &raster).size(), Size::new(1, 1));
    }
}
