//! Turn by any angle.

use std::f64::consts::FRAC_PI_2;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Channels, Color, Image, Layout, Orientation, Raster, Sample, Samples, Size};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::canvas;
use crate::pipeline::point::narrow;

/// Turns the picture clockwise. Multiples of 90 degrees move samples and change none.
///
/// Other angles interpolate with the Catmull-Rom cubic (E. Catmull and R. Rom, "A class of local interpolating
/// splines", 1974), weigh colours by their alpha, and blend the edge into the background over one pixel. The result is
/// the smallest upright box that holds the picture; for its channels see [`super::Extend`].
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
    let background = params.take_named("background")?.or(defaults.background);
    if !degrees.is_finite() {
        let message = format!("an angle of {degrees} is no angle");
        return Err(params.error(ParamError::Malformed(message)).into());
    }
    params.finish()?;
    Ok(Op::Rotate(Rotate {
        degrees,
        background: background.unwrap_or(Color::TRANSPARENT),
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

    /// Sine and cosine.
    fn direction(&self) -> (f64, f64) {
        (self.degrees.rem_euclid(360.0) / 90.0 * FRAC_PI_2).sin_cos()
    }

    /// The smallest upright box that holds the turned picture.
    fn bounds(&self, size: Size) -> Size {
        let (sin, cos) = self.direction();
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        // What sticks out by less than a thousandth of a pixel cannot be seen, and is mostly rounding.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float cast saturates"
        )]
        let length = |a: f64, b: f64| (a.abs() + b.abs() - 1e-3).ceil().max(1.0) as u32;
        Size::new(
            length(width * cos, height * sin),
            length(width * sin, height * cos),
        )
    }
}

impl Operation for Rotate {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.degrees.to_string();
        push_unless(
            &mut parts,
            "background",
            self.background,
            Color::TRANSPARENT,
        );
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        if let Some(orientation) = self.quarters() {
            let size = orientation.applied_to(layout.size);
            return Ok(Layout { size, ..layout });
        }
        Ok(Layout {
            size: self.bounds(layout.size),
            channels: canvas::channels_over(layout.channels, self.background),
            ..layout
        })
    }

    fn turn(&self, _: &Layout) -> Option<Orientation> {
        self.quarters()
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if let Some(orientation) = self.quarters() {
            let raster = image.raster.turned(orientation);
            return Ok(Image { raster, ..image });
        }
        let channels = canvas::channels_over(image.raster.channels(), self.background);
        let picture = image.raster.to_channels(channels);
        let depth = picture.depth();
        let size = self.bounds(picture.size());
        let transfer = image.metadata.transfer;
        let mut canvas = Raster::filled(size, channels, depth, transfer, self.background);
        let turn = Turn::new(self.direction(), picture.size(), size);
        turn.draw(&picture, &mut canvas);
        Ok(Image {
            raster: canvas,
            ..image
        })
    }
}

/// Where the pixels of the result are in the picture.
struct Turn {
    sin: f64,
    cos: f64,
    size: Size,
    /// The middle of the picture, and that of the result.
    from: (f64, f64),
    to: (f64, f64),
}

impl Turn {
    fn new((sin, cos): (f64, f64), size: Size, result: Size) -> Self {
        let middle = |size: Size| (f64::from(size.width) / 2.0, f64::from(size.height) / 2.0);
        Self {
            sin,
            cos,
            size,
            from: middle(size),
            to: middle(result),
        }
    }

    /// The point of the picture that is seen in the middle of pixel `x`, `y` of the result.
    fn source(&self, x: usize, y: usize) -> (f64, f64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "pixels of a row are far fewer than 2^52"
        )]
        let (x, y) = (x as f64 + 0.5 - self.to.0, y as f64 + 0.5 - self.to.1);
        (
            x * self.cos + y * self.sin + self.from.0,
            y * self.cos - x * self.sin + self.from.1,
        )
    }

    /// How much of a pixel around the point belongs to the picture.
    fn coverage(&self, x: f64, y: f64) -> f64 {
        let side = |at: f64, length: u32| (at.min(f64::from(length) - at) + 0.5).clamp(0.0, 1.0);
        side(x, self.size.width) * side(y, self.size.height)
    }

    fn draw(&self, picture: &Raster, canvas: &mut Raster) {
        let (channels, width) = (picture.channels(), canvas.width());
        match (picture.samples(), canvas.samples_mut()) {
            (Samples::U8(from), Samples::U8(to)) => self.draw_any(from, to, channels, width),
            (Samples::U16(from), Samples::U16(to)) => self.draw_any(from, to, channels, width),
            (Samples::F32(from), Samples::F32(to)) => self.draw_any(from, to, channels, width),
            (Samples::U8(_) | Samples::U16(_) | Samples::F32(_), _) => {
                unreachable!("the canvas was made with the depth of the picture")
            }
        }
    }

    fn draw_any<S: Sample>(&self, from: &[S], to: &mut [S], channels: Channels, width: usize) {
        match channels {
            Channels::Gray => self.draw_rows::<S, 1, false>(from, to, width),
            Channels::GrayAlpha => self.draw_rows::<S, 2, true>(from, to, width),
            Channels::Rgb => self.draw_rows::<S, 3, false>(from, to, width),
            Channels::Rgba => self.draw_rows::<S, 4, true>(from, to, width),
        }
    }

    fn draw_rows<S: Sample, const N: usize, const ALPHA: bool>(
        &self,
        from: &[S],
        to: &mut [S],
        width: usize,
    ) {
        let (pixels, _) = from.as_chunks::<N>();
        to.par_chunks_exact_mut(width * N)
            .enumerate()
            .for_each(|(y, row)| {
                let (row, _) = row.as_chunks_mut::<N>();
                for (x, to) in row.iter_mut().enumerate() {
                    let (at_x, at_y) = self.source(x, y);
                    let coverage = self.coverage(at_x, at_y);
                    if coverage > 0.0 {
                        let sums = self.interpolate::<S, N, ALPHA>(pixels, at_x, at_y);
                        *to = blend::<S, N, ALPHA>(sums, *to, narrow(coverage));
                    }
                }
            });
    }

    /// The picture at a point. Beyond its edges it goes on as it is there. With alpha all samples are multiplied by it,
    /// and alpha itself by full intensity.
    fn interpolate<S: Sample, const N: usize, const ALPHA: bool>(
        &self,
        pixels: &[[S; N]],
        x: f64,
        y: f64,
    ) -> [f32; N] {
        let (left, across) = taps(x);
        let (top, down) = taps(y);
        let mut sums = [0.0; N];
        for (row, down) in self.window(pixels, left, top).iter().zip(down) {
            for (pixel, across) in row.iter().zip(across) {
                let mut values = [0.0; N];
                for (value, sample) in values.iter_mut().zip(pixel) {
                    *value = sample.to_f32();
                }
                if ALPHA {
                    let alpha = values[N - 1];
                    values[N - 1] = S::MAX;
                    for value in &mut values {
                        *value *= alpha;
                    }
                }
                let weight = across * down;
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += weight * value;
                }
            }
        }
        sums
    }

    /// Four by four pixels.
    fn window<S: Sample, const N: usize>(
        &self,
        pixels: &[[S; N]],
        left: isize,
        top: isize,
    ) -> [[[S; N]; 4]; 4] {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let clamped = |at: isize, length: usize| at.max(0).unsigned_abs().min(length - 1);
        let inside = left >= 0 && left.unsigned_abs() + 4 <= width;
        let mut window = [[[S::default(); N]; 4]; 4];
        for (four, y) in window.iter_mut().zip(top..) {
            let line = &pixels[clamped(y, height) * width..][..width];
            if inside {
                four.copy_from_slice(&line[left.unsigned_abs()..][..4]);
            } else {
                for (pixel, x) in four.iter_mut().zip(left..) {
                    *pixel = line[clamped(x, width)];
                }
            }
        }
        window
    }
}

/// The first of the four pixels around a place on an axis, and their Catmull-Rom weights.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "places are within a pixel of the picture"
)]
fn taps(place: f64) -> (isize, [f32; 4]) {
    // Places are never below -0.5, so that cutting off the fraction rounds down.
    let nearest = (place + 0.5) as isize;
    let t = narrow(place + 0.5 - nearest as f64);
    let weights = [
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    ];
    (nearest - 2, weights)
}

/// A premultiplied pixel over as much of the background as it does not cover.
fn blend<S: Sample, const N: usize, const ALPHA: bool>(
    sums: [f32; N],
    background: [S; N],
    coverage: f32,
) -> [S; N] {
    let rest = 1.0 - coverage;
    let mut out = background;
    if !ALPHA {
        for ((out, sum), back) in out.iter_mut().zip(sums).zip(background) {
            *out = S::from_f32(sum * coverage + back.to_f32() * rest);
        }
        return out;
    }
    let behind = background[N - 1].to_f32() * rest;
    let alpha = sums[N - 1] * coverage + behind * S::MAX;
    if alpha <= 0.0 {
        out[N - 1] = S::default();
        return out;
    }
    let scale = S::MAX / alpha;
    let colors = out[..N - 1].iter_mut().zip(sums).zip(background);
    for ((out, sum), back) in colors {
        *out = S::from_f32((sum * coverage + back.to_f32() * behind) * scale);
    }
    out[N - 1] = S::from_f32((alpha / S::MAX).min(S::MAX));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Depth;

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
