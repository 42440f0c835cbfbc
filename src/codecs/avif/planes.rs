//! Pictures brought to what is coded: luma and chroma of the full range, weighed as BT.601 does it, and alpha.

use super::encode::Source;
use crate::image::{Channels, Plane, Planes, Raster, Samples};

/// Samples of 8 bits as they are, without what lies beyond the picture.
pub(super) fn in_8_bits(planes: &Planes) -> Vec<Source<u8>> {
    let source = |plane: &Plane| Source {
        samples: plane.lines().flatten().copied().collect(),
        width: plane.columns(),
    };
    planes.planes.iter().map(source).collect()
}

/// Samples of 8 bits in 10. The middle of chroma stays in the middle.
pub(super) fn in_10_bits(planes: &Planes) -> Vec<Source<u16>> {
    let source = |(index, plane): (usize, &Plane)| {
        let wide = |sample: u8| {
            let sample = i32::from(sample);
            let wide = if index == 0 {
                (sample * 1023 + 127) / 255
            } else {
                ((sample - 128) * 1023).div_euclid(255) + 512
            };
            u16::try_from(wide.clamp(0, 1023)).unwrap_or(1023)
        };
        Source {
            samples: plane
                .lines()
                .flatten()
                .map(|sample| wide(*sample))
                .collect(),
            width: plane.columns(),
        }
    };
    planes.planes.iter().enumerate().map(source).collect()
}

/// A picture of 16 bits in 10, without its alpha. Where pixels share a sample of chroma, it is that of their mean.
pub(super) fn of_deep(raster: &Raster, (across, down): (u32, u32)) -> Vec<Source<u16>> {
    let Samples::U16(samples) = raster.samples() else {
        unreachable!("it was brought to 16 bits")
    };
    let (width, count) = (raster.width(), raster.channels().count());
    if raster.channels().is_gray() {
        let luma = samples
            .chunks_exact(count)
            .map(|pixel| ten(f32::from(pixel[0])));
        let samples = luma.collect();
        return vec![Source { samples, width }];
    }
    let luma = samples.chunks_exact(count).map(|pixel| ten(luma(pixel)));
    let luma = luma.collect();
    let (across, down) = (across as usize, down as usize);
    let (mut blue, mut red) = (Vec::new(), Vec::new());
    for rows in samples.chunks(width * count * down) {
        for left in (0..width).step_by(across) {
            let columns = across.min(width - left);
            let pixels = rows
                .chunks_exact(width * count)
                .flat_map(|row| row[left * count..][..columns * count].chunks_exact(count));
            let (b, r) = chroma(pixels);
            blue.push(b);
            red.push(r);
        }
    }
    let chroma = |samples| Source {
        samples,
        width: width.div_ceil(across),
    };
    let luma = Source {
        samples: luma,
        width,
    };
    vec![luma, chroma(blue), chroma(red)]
}

/// Full intensity in 16 bits, and what of it is full intensity in 10.
const FULL: f32 = 65_535.0;

fn ten(value: f32) -> u16 {
    at_most_1023(value * (1023.0 / FULL))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
fn at_most_1023(value: f32) -> u16 {
    value.round().clamp(0.0, 1023.0) as u16
}

/// ITU-R BT.601, 2.5.1.
fn luma(pixel: &[u16]) -> f32 {
    let [red, green, blue] = [0, 1, 2].map(|at| f32::from(pixel[at]));
    0.299 * red + 0.587 * green + 0.114 * blue
}

fn chroma<'a>(pixels: impl Iterator<Item = &'a [u16]>) -> (u16, u16) {
    let (mut count, mut blue, mut red) = (0.0, 0.0, 0.0);
    for pixel in pixels {
        let luma = luma(pixel);
        blue += (f32::from(pixel[2]) - luma) / 1.772;
        red += (f32::from(pixel[0]) - luma) / 1.402;
        count += 1.0;
    }
    let middle = |sum: f32| at_most_1023(sum / count * (1023.0 / FULL) + 512.0);
    (middle(blue), middle(red))
}

/// The alpha of a picture of 8 bits, or of one of 16 in 10.
pub(super) fn alpha(raster: &Raster) -> Option<Alpha> {
    if !raster.channels().has_alpha() {
        return None;
    }
    let (width, count) = (raster.width(), raster.channels().count());
    let last = count - 1;
    Some(match raster.samples() {
        Samples::U8(samples) => Alpha::Shallow(Source {
            samples: samples.iter().skip(last).step_by(count).copied().collect(),
            width,
        }),
        Samples::U16(samples) => {
            let alpha = samples.iter().skip(last).step_by(count);
            Alpha::Deep(Source {
                samples: alpha.map(|alpha| ten(f32::from(*alpha))).collect(),
                width,
            })
        }
        Samples::F32(_) => unreachable!("the format stores no floats"),
    })
}

/// See [`alpha`].
pub(super) enum Alpha {
    Shallow(Source<u8>),
    Deep(Source<u16>),
}

/// The colours alone.
pub(super) fn opaque(raster: Raster) -> Raster {
    let channels: Channels = raster.channels().with_alpha(false);
    raster.to_channels(channels)
}
