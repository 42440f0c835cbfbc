//! Decoded pictures as they are coded, and what becomes of them: whole pictures of tiles, and pixels.

use rayon::prelude::*;

use crate::image::{Channels, Cicp, Raster, RasterError, Sample, Samples, Size};

/// One component.
#[derive(Debug, Clone)]
pub(in crate::codecs) struct Plane {
    /// Row after row, nothing in between.
    pub(in crate::codecs) samples: Vec<u16>,
    pub(in crate::codecs) width: usize,
}

/// A picture of one component or three.
#[derive(Debug, Clone)]
pub(in crate::codecs) struct Frame {
    pub(in crate::codecs) size: Size,
    pub(in crate::codecs) bits: u8,
    /// Pixels across and down that share a sample of chroma, if there is chroma.
    pub(in crate::codecs) chroma: Option<(u32, u32)>,
    pub(in crate::codecs) planes: Vec<Plane>,
    /// What the coded data say of their colours.
    pub(in crate::codecs) cicp: Cicp,
}

impl Frame {
    /// Room for a picture of this size, like that one in all else.
    pub(super) fn canvas(&self, size: Size) -> Self {
        let planes = (0..self.planes.len()).map(|index| {
            let (across, down) = self.shared(index);
            let width = size.width.div_ceil(across) as usize;
            let samples = vec![0; width * size.height.div_ceil(down) as usize];
            Plane { samples, width }
        });
        let planes = planes.collect();
        Self {
            size,
            planes,
            ..*self
        }
    }

    /// Puts a tile where its upper left corner is to be; what is beyond the picture is left out. Says no to one that is of
    /// another kind, or would begin within a sample.
    pub(super) fn put(&mut self, tile: &Self, left: u32, top: u32) -> bool {
        let (across, down) = self.chroma.unwrap_or((1, 1));
        if (tile.bits, tile.chroma) != (self.bits, self.chroma)
            || !left.is_multiple_of(across)
            || !top.is_multiple_of(down)
        {
            return false;
        }
        for index in 0..self.planes.len() {
            let (across, down) = self.shared(index);
            let (left, top) = ((left / across) as usize, (top / down) as usize);
            let (to, from) = (&mut self.planes[index], &tile.planes[index]);
            let width = from.width.min(to.width.saturating_sub(left));
            let rows = to.samples.chunks_exact_mut(to.width).skip(top);
            for (to, from) in rows.zip(from.samples.chunks_exact(from.width)) {
                to[left..left + width].copy_from_slice(&from[..width]);
            }
        }
        true
    }

    fn shared(&self, plane: usize) -> (u32, u32) {
        let chroma = self.chroma.filter(|_| plane > 0);
        chroma.unwrap_or((1, 1))
    }
}

/// How luma and chroma are weighed (ITU-T H.273, 8.3).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Matrix {
    /// They are green, blue and red.
    Identity,
    /// Green is weighed against orange.
    Orange,
    /// The parts of red and blue in luma.
    Weights(f32, f32),
}

impl Matrix {
    /// `None` for those that take more than a matrix, or are not laid down.
    fn of(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Identity,
            1 => Self::Weights(0.2126, 0.0722),
            // What is not said is taken for BT.601, as everybody does.
            2 | 5 | 6 => Self::Weights(0.299, 0.114),
            4 => Self::Weights(0.3, 0.11),
            7 => Self::Weights(0.212, 0.087),
            8 => Self::Orange,
            9 => Self::Weights(0.2627, 0.0593),
            _ => return None,
        })
    }

    fn rgb(self, [luma, blue, red]: [f32; 3]) -> [f32; 3] {
        match self {
            Self::Identity => [red, luma, blue],
            Self::Orange => {
                let rest = luma - blue;
                [rest + red, luma + blue, rest - red]
            }
            Self::Weights(of_red, of_blue) => {
                let (more_red, more_blue) =
                    (2.0 * (1.0 - of_red) * red, 2.0 * (1.0 - of_blue) * blue);
                let green = (of_red * more_red + of_blue * more_blue) / (1.0 - of_red - of_blue);
                [luma + more_red, luma - green, luma + more_blue]
            }
        }
    }
}

/// From a coded number to a part of the scale: what is taken from it first, and what it is multiplied with then (H.273, 8.3).
#[derive(Debug, Clone, Copy)]
struct Scale(f32, f32);

impl Scale {
    fn of_luma(bits: u8, full_range: bool) -> Self {
        let step = f32::from(1_u16 << (bits - 8));
        if full_range {
            Self(0.0, 1.0 / (256.0 * step - 1.0))
        } else {
            Self(16.0 * step, 1.0 / (219.0 * step))
        }
    }

    fn of_chroma(bits: u8, full_range: bool) -> Self {
        let step = f32::from(1_u16 << (bits - 8));
        let range = if full_range {
            256.0 * step - 1.0
        } else {
            224.0 * step
        };
        Self(128.0 * step, 1.0 / range)
    }

    fn apply(self, sample: f32) -> f32 {
        (sample - self.0) * self.1
    }
}

/// A picture of which nobody knows how to make pixels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PixelsError {
    #[error("its colours are coded in a way of their own (matrix coefficients {0})")]
    Matrix(u8),
    #[error("its alpha has another size")]
    Alpha,
    #[error(transparent)]
    Raster(#[from] RasterError),
}

/// How pixels are made.
struct Making<'a> {
    frame: &'a Frame,
    matrix: Matrix,
    luma: Scale,
    chroma: Scale,
    alpha: Option<(&'a Frame, Scale)>,
    premultiplied: bool,
    channels: Channels,
}

/// Rows that are made at once.
const ROWS: usize = 16;

/// The pixels, in 8 bits where the picture has no more, else in 16. `cicp` says how colours are coded.
pub(super) fn pixels(
    frame: &Frame,
    cicp: Cicp,
    alpha: Option<&Frame>,
    premultiplied: bool,
) -> Result<Raster, PixelsError> {
    if alpha.is_some_and(|alpha| alpha.size != frame.size) {
        return Err(PixelsError::Alpha);
    }
    let matrix = match (Matrix::of(cicp.matrix), frame.chroma) {
        (_, None) => Matrix::Identity,
        // Green, blue and red have no chroma to be shared.
        (Some(matrix), chroma) if matrix != Matrix::Identity || chroma == Some((1, 1)) => matrix,
        _ => return Err(PixelsError::Matrix(cicp.matrix)),
    };
    let luma = Scale::of_luma(frame.bits, cicp.full_range);
    let making = Making {
        frame,
        matrix,
        luma,
        chroma: if matrix == Matrix::Identity {
            luma
        } else {
            Scale::of_chroma(frame.bits, cicp.full_range)
        },
        alpha: alpha.map(|alpha| {
            let scale = Scale::of_luma(alpha.bits, alpha.cicp.full_range);
            (alpha, scale)
        }),
        premultiplied,
        channels: Channels::Rgb
            .with_gray(frame.chroma.is_none())
            .with_alpha(alpha.is_some()),
    };
    let samples = if frame.bits == 8 {
        Samples::U8(making.samples())
    } else {
        Samples::U16(making.samples())
    };
    Ok(Raster::new(frame.size, making.channels, samples)?)
}

impl Making<'_> {
    fn samples<S: Sample>(&self) -> Vec<S> {
        let (width, height) = (
            self.frame.size.width as usize,
            self.frame.size.height as usize,
        );
        let row = width * self.channels.count();
        let mut samples = vec![S::default(); row * height];
        let bands = samples.par_chunks_mut(row * ROWS).enumerate();
        bands.for_each(|(band, samples)| {
            let mut parts = [const { Vec::new() }; 3];
            for (y, out) in (band * ROWS..).zip(samples.chunks_exact_mut(row)) {
                self.row(y, &mut parts, out);
            }
        });
        samples
    }

    fn row<S: Sample>(&self, y: usize, parts: &mut [Vec<f32>; 3], out: &mut [S]) {
        let count = self.channels.count();
        let [first, second, third] = parts;
        self.part(0, y, self.luma, first);
        if self.frame.chroma.is_some() {
            self.part(1, y, self.chroma, second);
            self.part(2, y, self.chroma, third);
            let chroma = second.iter().zip(third.iter());
            let pixels = out.chunks_exact_mut(count).zip(first.iter().zip(chroma));
            for (pixel, (luma, (blue, red))) in pixels {
                let rgb = self.matrix.rgb([*luma, *blue, *red]);
                for (sample, part) in pixel.iter_mut().zip(rgb) {
                    *sample = S::from_f32(part * S::MAX);
                }
            }
        } else {
            for (pixel, luma) in out.chunks_exact_mut(count).zip(first.iter()) {
                pixel[0] = S::from_f32(luma * S::MAX);
            }
        }
        if let Some((alpha, scale)) = &self.alpha {
            let plane = &alpha.planes[0];
            let alpha = &plane.samples[y * plane.width..][..plane.width];
            for (pixel, alpha) in out.chunks_exact_mut(count).zip(alpha) {
                let alpha = scale.apply(f32::from(*alpha)).clamp(0.0, 1.0);
                self.add_alpha(pixel, alpha);
            }
        }
    }

    fn add_alpha<S: Sample>(&self, pixel: &mut [S], alpha: f32) {
        let Some((last, colors)) = pixel.split_last_mut() else {
            return;
        };
        *last = S::from_f32(alpha * S::MAX);
        if self.premultiplied && alpha > 0.0 {
            for color in colors {
                *color = S::from_f32((color.to_f32() / alpha).min(S::MAX));
            }
        }
    }

    /// A row of a component, with a number for each pixel. Chroma is taken to lie in the middle of the pixels that share it, as
    /// libavif does whatever the file says, and is weighed with its neighbour, three to one.
    fn part(&self, index: usize, y: usize, scale: Scale, out: &mut Vec<f32>) {
        let plane = &self.frame.planes[index];
        let (across, down) = self.frame.shared(index);
        let rows = plane.samples.len() / plane.width;
        let line = |row: usize| &plane.samples[row * plane.width..][..plane.width];
        out.clear();
        let near = line((y / down as usize).min(rows - 1));
        if down == 2 {
            let far = if y.is_multiple_of(2) {
                (y / 2).saturating_sub(1)
            } else {
                (y / 2 + 1).min(rows - 1)
            };
            let pairs = near.iter().zip(line(far));
            out.extend(
                pairs.map(|(near, far)| {
                    scale.apply((3.0 * f32::from(*near) + f32::from(*far)) / 4.0)
                }),
            );
        } else {
            out.extend(near.iter().map(|sample| scale.apply(f32::from(*sample))));
        }
        if across == 2 {
            widen(out, self.frame.size.width as usize);
        }
    }
}

/// Makes two numbers of each, and as many as the width says.
fn widen(numbers: &mut Vec<f32>, width: usize) {
    let narrow = numbers.clone();
    let last = narrow.len() - 1;
    numbers.clear();
    for (at, own) in narrow.iter().enumerate() {
        let left = narrow[at.saturating_sub(1)];
        let right = narrow[(at + 1).min(last)];
        numbers.push(0.75 * own + 0.25 * left);
        numbers.push(0.75 * own + 0.25 * right);
    }
    numbers.truncate(width);
}
