//! Leave a few colours: those that stand for the picture best
//! (X. Wu, "Efficient statistical computations for optimal color quantization", 1991, and Lloyd's iteration), as palettes of GIF and
//! PNG files are made here, mixed by dithering (R. W. Floyd and L. Steinberg, 1976, or B. E. Bayer's pattern, 1973).
//!
//! Colours are sRGB-encoded ones of 8 bits, whatever the depth of the picture. What cannot be seen has no say, and alpha is left
//! alone.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cost, Image, Layout, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::codecs::Dither;
use crate::codecs::palette::{self, CLEAR, Exact, Rgba};
use crate::image::raster::with_samples;
use crate::image::{Channels, Depth, Raster, Sample, Samples, Transfer, srgb_to_linear};
use crate::params::{Params, push_unless};

/// Leaves so many colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantize {
    /// 2 to 256.
    pub colors: u16,
    /// How colours that are lacking are mixed.
    pub dither: Dither,
}

const DITHER: Dither = Dither::Diffusion;

/// The most pixels that colours are chosen by: of larger pictures every second, every third and so on.
const MOST_COUNTED: usize = 1 << 21;

/// Rows that are worth handing over.
const BAND: usize = 64;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "quantize",
    aliases: &[],
    value: Value::Needed("COLORS"),
    summary: "leave a few colours that stand for the picture best",
    details: "COLORS, 2 to 256: how many are left.\n\
              dither=none|ordered|diffusion: how those that are lacking are mixed, not at all, by a pattern, or by what\n\
              neighbours are off (Floyd and Steinberg); default diffusion.",
    example: "16,dither=ordered",
    cost: Cost::Medium,
    elsewhere: "ImageMagick `-colors` and `-dither`, Pillow `quantize()`, palettes of sharp and libvips `pngsave`",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("quantize", text);
    let colors = params.need_whole("colors", "a number of colours such as `16`", 2..=256)?;
    let dither = params.take("dither")?.unwrap_or(DITHER);
    params.finish()?;
    Ok(Op::Quantize(Quantize { colors, dither }))
}

/// The pixels in 8 bits, opaque or not there.
fn pixels(raster: &Raster) -> Vec<Rgba> {
    let channels = raster.channels();
    let (count, colors) = (channels.count(), channels.colors());
    with_samples!(raster.samples(), |samples| {
        let pixels = samples.par_chunks_exact(count).with_min_len(1 << 14);
        pixels.map(|pixel| pixel_of(pixel, colors)).collect()
    })
}

fn pixel_of<S: Sample>(pixel: &[S], colors: usize) -> Rgba {
    let is_clear = pixel.get(colors).is_some_and(|alpha| alpha.to_f32() <= 0.0);
    if is_clear {
        return CLEAR;
    }
    let part = |at: usize| {
        let value = pixel[at.min(colors - 1)].to_f32() / S::MAX;
        u8::from_f32(value * 255.0)
    };
    [part(0), part(1), part(2), 255]
}

impl Quantize {
    /// The colours that are left.
    fn palette(self, pixels: &[Rgba]) -> Vec<Rgba> {
        let step = pixels.len().div_ceil(MOST_COUNTED);
        let seen = pixels.iter().step_by(step).copied();
        let seen = seen.filter(|pixel| *pixel != CLEAR);
        palette::quantize(seen, self.colors.into())
    }

    /// The place of each pixel in the palette.
    fn places(self, pixels: &[Rgba], width: usize, colors: &[Rgba]) -> Vec<u8> {
        // What cannot be seen may be any colour.
        let clear = Some(0);
        if self.dither == Dither::Diffusion {
            return palette::map(pixels, width, (0, 0), colors, clear, self.dither);
        }
        let bands = pixels.par_chunks(BAND * width).enumerate();
        let bands: Vec<Vec<u8>> = bands
            .map(|(number, band)| {
                let top = u32::try_from(number * BAND).unwrap_or(u32::MAX);
                palette::map(band, width, (0, top), colors, clear, self.dither)
            })
            .collect();
        bands.concat()
    }
}

/// Gives each pixel its colour.
fn paint(raster: &mut Raster, transfer: Transfer, places: &[u8], palette: &[Rgba]) {
    let channels = raster.channels();
    with_samples!(raster.samples_mut(), |samples| paint_samples(
        samples, channels, transfer, places, palette
    ));
}

fn paint_samples<S: Sample>(
    samples: &mut [S],
    channels: Channels,
    transfer: Transfer,
    places: &[u8],
    palette: &[Rgba],
) {
    let sample = |part: u8| {
        let value = part.to_f32() / 255.0;
        S::from_f32(
            S::MAX
                * match transfer {
                    Transfer::Srgb => value,
                    Transfer::Linear => srgb_to_linear(value),
                },
        )
    };
    let colors: Vec<[S; 3]> = palette
        .iter()
        .map(|[red, green, blue, _]| [red, green, blue].map(|part| sample(*part)))
        .collect();
    let pixels = samples.par_chunks_exact_mut(channels.count());
    let pixels = pixels.zip(places).with_min_len(1 << 14);
    pixels.for_each(|(pixel, place)| {
        let color = &colors[usize::from(*place)];
        pixel[..channels.colors()].copy_from_slice(&color[..channels.colors()]);
    });
}

impl Operation for Quantize {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.colors.to_string();
        push_unless(&mut parts, "dither", self.dither, DITHER);
        parts
    }

    /// Pixels of 8 bits, places, and what colours are chosen by.
    fn scratch(&self, before: &Layout, _: &Layout) -> u64 {
        let copied = if before.depth == Depth::F32 {
            before.bytes()
        } else {
            0
        };
        let pixels = before.size.pixels().saturating_mul(6);
        pixels.saturating_add(copied).saturating_add(96 << 20)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let mut image = image;
        let transfer = image.metadata.transfer;
        let found = match transfer {
            Transfer::Srgb => pixels(&image.raster),
            Transfer::Linear => {
                let encoded = image.raster.clone();
                pixels(&encoded.to_transfer(Transfer::Linear, Transfer::Srgb))
            }
        };
        let seen = found.iter().copied().filter(|pixel| *pixel != CLEAR);
        let (palette, places) = match Exact::of(seen, self.colors.into()) {
            Some(_) if matches!(image.raster.samples(), Samples::U8(_)) => return Ok(image),
            Some(exact) => {
                let place = |pixel: &Rgba| exact.index(*pixel).unwrap_or(0);
                let places = found.iter().map(place).collect();
                (exact.colors().to_vec(), places)
            }
            None => {
                let palette = self.palette(&found);
                let places = self.places(&found, image.raster.width(), &palette);
                (palette, places)
            }
        };
        if !palette.is_empty() {
            paint(&mut image.raster, transfer, &places, &palette);
        }
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::image::Size;

    fn slope() -> Raster {
        let part = |value: u32| u8::try_from(value).unwrap();
        let samples = (0..128 * 96).flat_map(|at: u32| {
            let (x, y) = (at % 128, at / 128);
            [part(x * 2), part(y * 2), 60, if x < 8 { 0 } else { 200 }]
        });
        Raster::new(
            Size::new(128, 96),
            Channels::Rgba,
            samples.collect::<Vec<u8>>(),
        )
        .unwrap()
    }

    #[test]
    fn so_many_colours_are_left_and_alpha_stays() {
        for depth in Depth::ALL {
            for value in ["2", "7,dither=none", "40,ordered", "256"] {
                let op: Op = format!("quantize {value}").parse().unwrap();
                let most = value.split(',').next().unwrap().parse().unwrap();
                let done = op.apply(Image::new(slope().to_depth(depth))).unwrap();
                let Samples::U8(done) = done.raster.to_depth(Depth::U8).into_samples() else {
                    panic!("it was given 8 bits");
                };
                let Samples::U8(before) = slope().into_samples() else {
                    panic!("it has 8 bits");
                };
                let mut left = BTreeSet::new();
                for (pixel, before) in done.chunks(4).zip(before.chunks(4)) {
                    assert_eq!(pixel[3], before[3]);
                    if pixel[3] > 0 {
                        left.insert(pixel.to_vec());
                    }
                }
                assert!(
                    left.len() <= most && left.len() * 2 > most,
                    "{value}: {}",
                    left.len()
                );
            }
        }
    }

    #[test]
    fn few_colours_stay_what_they_are() {
        let samples: Vec<u8> = (0..50).flat_map(|at| [at % 5 * 40, 7, 9]).collect();
        let raster = Raster::new(Size::new(10, 5), Channels::Rgb, samples).unwrap();
        let op: Op = "quantize 5".parse().unwrap();
        for depth in Depth::ALL {
            let image = Image::new(raster.clone().to_depth(depth));
            let done = op.apply(image.clone()).unwrap();
            assert_eq!(done.raster.to_depth(Depth::U8), raster);
        }
    }
}
