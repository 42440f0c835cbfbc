//! Rectangles of a picture: cutting one out, and laying the picture on a larger one.

use std::ops::Range;

use rayon::prelude::*;

use crate::image::raster::{pixel_of, with_samples};
use crate::image::{Channels, Color, Image, Raster, Sample, Samples, Size, Transfer};

/// The channels of a picture with new area of colour `background`: alpha is added where something shines through, and
/// colour where gray could not show it.
pub(super) fn channels_over(channels: Channels, background: Color) -> Channels {
    let gray = background.alpha <= 0.0 || background.is_gray();
    channels
        .with_gray(channels.is_gray() && gray)
        .with_alpha(channels.has_alpha() || !background.is_opaque())
}

/// Cuts out the rectangle whose top left pixel is at `left`, `top`. It must lie inside.
pub(super) fn cut(raster: &Raster, left: u32, top: u32, size: Size) -> Raster {
    let count = raster.channels().count();
    let (start, length) = (left as usize * count, size.width as usize * count);
    let samples = with_samples!(raster.samples(), |samples| {
        let rows = samples.chunks_exact(raster.row_len());
        let rows = rows.skip(top as usize).take(size.height as usize);
        let mut cut = Vec::with_capacity(length * size.height as usize);
        rows.for_each(|row| cut.extend_from_slice(&row[start..start + length]));
        Samples::from(cut)
    });
    rebuilt(size, raster.channels(), samples)
}

/// Lays the picture on one of `size` filled with `background`, its top left pixel at `left`, `top`. It must fit.
pub(super) fn pad(image: Image, size: Size, left: u32, top: u32, background: Color) -> Image {
    let channels = channels_over(image.raster.channels(), background);
    let picture = image.raster.to_channels(channels);
    let transfer = image.metadata.transfer;
    let row = Size::new(size.width, 1);
    let edge = Raster::filled(row, channels, picture.depth(), transfer, background);
    let start = left as usize * channels.count();
    let place = (start..start + picture.row_len(), top, size.height);
    let samples = match (edge.samples(), picture.samples()) {
        (Samples::U8(edge), Samples::U8(rows)) => padded(edge, rows, place).into(),
        (Samples::U16(edge), Samples::U16(rows)) => padded(edge, rows, place).into(),
        (Samples::F32(edge), Samples::F32(rows)) => padded(edge, rows, place).into(),
        (Samples::U8(_) | Samples::U16(_) | Samples::F32(_), _) => {
            unreachable!("the edge was made with the depth of the picture")
        }
    };
    Image {
        raster: rebuilt(size, channels, samples),
        ..image
    }
}

/// So many rows like the edge; those of the picture from `top` on, in their part of it.
fn padded<S: Copy>(
    edge: &[S],
    rows: &[S],
    (part, top, height): (Range<usize>, u32, u32),
) -> Vec<S> {
    let mut made = Vec::with_capacity(edge.len() * height as usize);
    let mut rows = rows.chunks_exact(part.len());
    for y in 0..height {
        match (y >= top).then(|| rows.next()).flatten() {
            Some(row) => {
                made.extend_from_slice(&edge[..part.start]);
                made.extend_from_slice(row);
                made.extend_from_slice(&edge[part.end..]);
            }
            None => made.extend_from_slice(edge),
        }
    }
    made
}

/// The canvas with the picture on it, its top left pixel at `left`, `top`. It must fit, and have the same channels and depth.
pub(super) fn laid(mut canvas: Raster, picture: &Raster, left: u32, top: u32) -> Raster {
    let width = canvas.width();
    let start = (top as usize * width + left as usize) * canvas.channels().count();
    let (stride, length) = (canvas.row_len(), picture.row_len());
    match (canvas.samples_mut(), picture.samples()) {
        (Samples::U8(to), Samples::U8(from)) => lay(&mut to[start..], stride, from, length),
        (Samples::U16(to), Samples::U16(from)) => lay(&mut to[start..], stride, from, length),
        (Samples::F32(to), Samples::F32(from)) => lay(&mut to[start..], stride, from, length),
        (Samples::U8(_) | Samples::U16(_) | Samples::F32(_), _) => {
            unreachable!("the canvas was made with the depth of the picture")
        }
    }
    canvas
}

/// The picture over a colour that may shine through itself.
pub(super) fn over(raster: Raster, background: Color, transfer: Transfer) -> Raster {
    blended(raster, background, transfer, |picture, color| {
        (picture, color)
    })
}

/// The picture under a colour that may let it show.
pub(super) fn under(raster: Raster, color: Color, transfer: Transfer) -> Raster {
    blended(raster, color, transfer, |picture, color| (color, picture))
}

/// Each pixel and the colour, one over the other: `order` says which is on top (T. Porter and T. Duff, "Compositing digital
/// images", 1984).
fn blended(
    raster: Raster,
    color: Color,
    transfer: Transfer,
    order: impl Fn([f32; 4], [f32; 4]) -> ([f32; 4], [f32; 4]) + Sync,
) -> Raster {
    let before = raster.channels();
    let gray = before.is_gray() && color.is_gray();
    let mut raster = raster.to_channels(before.with_gray(gray));
    let channels = raster.channels();
    let (count, colors) = (channels.count(), channels.colors());
    let parts = pixel_of(color.in_transfer(transfer), channels.with_alpha(true));
    let mut flat = [0.0; 4];
    flat[..colors].copy_from_slice(&parts[..colors]);
    flat[3] = color.alpha;
    with_samples!(raster.samples_mut(), |samples| samples
        .par_chunks_exact_mut(count)
        .with_min_len(1 << 14)
        .for_each(|pixel| blend(pixel, colors, |own| order(own, flat))));
    raster
}

fn blend<S: Sample>(
    pixel: &mut [S],
    colors: usize,
    order: impl Fn([f32; 4]) -> ([f32; 4], [f32; 4]),
) {
    let mut own = [0.0, 0.0, 0.0, 1.0];
    for (value, sample) in own.iter_mut().zip(&pixel[..colors]) {
        *value = sample.to_f32() / S::MAX;
    }
    if let Some(alpha) = pixel.get(colors) {
        own[3] = alpha.to_f32() / S::MAX;
    }
    let (top, bottom) = order(own);
    let through = bottom[3] * (1.0 - top[3]);
    let alpha = top[3] + through;
    for channel in 0..colors {
        let light = top[channel] * top[3] + bottom[channel] * through;
        let color = if alpha > 0.0 {
            light / alpha
        } else {
            own[channel]
        };
        pixel[channel] = S::from_f32(color * S::MAX);
    }
    if let Some(sample) = pixel.get_mut(colors) {
        *sample = S::from_f32(alpha * S::MAX);
    }
}

fn lay<S: Copy>(to: &mut [S], stride: usize, from: &[S], length: usize) {
    for (to, from) in to.chunks_mut(stride).zip(from.chunks_exact(length)) {
        to[..length].copy_from_slice(from);
    }
}

/// A raster of samples that were made to fill it.
pub(super) fn rebuilt(size: Size, channels: Channels, samples: Samples) -> Raster {
    match Raster::new(size, channels, samples) {
        Ok(raster) => raster,
        Err(error) => unreachable!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Orientation;

    #[test]
    fn cutting_undoes_padding() {
        for channels in Channels::ALL {
            let count = 7 * 5 * channels.count();
            let samples: Vec<u16> = (0..count).map(|i| u16::try_from(i).unwrap()).collect();
            let raster = Raster::new(Size::new(7, 5), channels, samples).unwrap();
            let padded = pad(
                Image::new(raster.clone()),
                Size::new(10, 11),
                2,
                6,
                Color::WHITE,
            );
            assert_eq!(cut(&padded.raster, 2, 6, Size::new(7, 5)), raster);
            // What was padded at the bottom is at the top once turned around.
            let turned = padded.raster.turned(Orientation::Turn180);
            let corner = cut(&turned, 0, 0, Size::new(1, 1));
            let white = Samples::U16(vec![u16::MAX; channels.count()]);
            assert_eq!(corner.samples(), &white);
        }
    }

    #[test]
    fn channels_grow_only_where_the_background_needs_it() {
        let clear_red = "#ff000000".parse().unwrap();
        let red = "#ff0000".parse().unwrap();
        let misty = "#ff000080".parse().unwrap();
        let cases = [
            (Channels::Gray, Color::WHITE, Channels::Gray),
            (Channels::Gray, Color::TRANSPARENT, Channels::GrayAlpha),
            (Channels::Gray, clear_red, Channels::GrayAlpha),
            (Channels::Gray, red, Channels::Rgb),
            (Channels::GrayAlpha, red, Channels::Rgba),
            (Channels::Gray, misty, Channels::Rgba),
            (Channels::Rgb, Color::WHITE, Channels::Rgb),
            (Channels::Rgb, Color::TRANSPARENT, Channels::Rgba),
            (Channels::Rgba, Color::WHITE, Channels::Rgba),
        ];
        for (channels, background, wanted) in cases {
            assert_eq!(
                channels_over(channels, background),
                wanted,
                "{channels:?} {background}"
            );
        }
    }
}
