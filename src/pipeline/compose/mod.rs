//! Layers laid over a picture.
//!
//! T. Porter and T. Duff, "Compositing Digital Images", 1984 (source over), with the blend modes of W3C, "Compositing and
//! Blending Level 1", 2015: what a layer covers by `a` becomes `a` parts of the mixed colour, and what is left of what was
//! there; where nothing was there, it is the layer's own colour. A layer that is clear changes nothing, to the last bit,
//! and one that is opaque replaces what is beneath.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

mod blend;

use rayon::prelude::*;

pub use blend::Blend;

use crate::image::{Channels, Raster, Sample, Samples, Size};
use crate::simd::{self, Loop};

/// What is laid over a picture.
pub(super) struct Layer<'a> {
    /// Of the depth and colours of the picture, and with alpha.
    pub(super) raster: &'a Raster,
    /// Where its top left pixel stands.
    pub(super) place: (i64, i64),
    /// How much of it is seen, from 0 to 1.
    pub(super) opacity: f32,
    /// How colours are mixed.
    pub(super) blend: Blend,
    /// Whether it is repeated to all sides.
    pub(super) tile: bool,
}

/// Lays a layer over a picture. What sticks out is cut off.
pub(super) fn lay(canvas: &mut Raster, layer: &Layer<'_>) {
    let (channels, size) = (canvas.channels(), canvas.size());
    match (canvas.samples_mut(), layer.raster.samples()) {
        (Samples::U8(to), Samples::U8(from)) => layer.lay_any(to, from, channels, size),
        (Samples::U16(to), Samples::U16(from)) => layer.lay_any(to, from, channels, size),
        (Samples::F32(to), Samples::F32(from)) => layer.lay_any(to, from, channels, size),
        (Samples::U8(_) | Samples::U16(_) | Samples::F32(_), _) => {
            unreachable!("the layer was brought to the depth of the picture")
        }
    }
}

impl Layer<'_> {
    fn lay_any<S: Sample>(&self, to: &mut [S], from: &[S], channels: Channels, size: Size) {
        match channels {
            Channels::Gray => self.lay_rows::<S, 1, 2>(to, from, size),
            Channels::GrayAlpha => self.lay_rows::<S, 2, 2>(to, from, size),
            Channels::Rgb => self.lay_rows::<S, 3, 4>(to, from, size),
            Channels::Rgba => self.lay_rows::<S, 4, 4>(to, from, size),
        }
    }

    fn lay_rows<S: Sample, const N: usize, const M: usize>(
        &self,
        to: &mut [S],
        from: &[S],
        size: Size,
    ) {
        let (pixels, _) = from.as_chunks::<M>();
        let (width, height) = (self.raster.width(), self.raster.height());
        let (left, top) = self.place;
        to.par_chunks_exact_mut(size.width as usize * N)
            .enumerate()
            .for_each(|(y, row)| {
                let y = i64::try_from(y).unwrap_or(i64::MAX);
                let Some(line) = self.source(y - top, height) else {
                    return;
                };
                let line = &pixels[line * width..][..width];
                let (row, _) = row.as_chunks_mut::<N>();
                // The first place at which a whole line begins, or would, left of the picture's edge.
                let mut start = if self.tile {
                    let period = i64::try_from(width).unwrap_or(i64::MAX);
                    left.rem_euclid(period) - period
                } else {
                    left
                };
                while let Some((to, from)) = overlap(row, line, start) {
                    self.lay_row(to, from);
                    start += i64::try_from(width).unwrap_or(i64::MAX);
                    if !self.tile {
                        break;
                    }
                }
            });
    }

    /// Which of the layer's rows is seen so far below its top.
    fn source(&self, y: i64, height: usize) -> Option<usize> {
        let length = i64::try_from(height).ok()?;
        let y = if self.tile { y.rem_euclid(length) } else { y };
        usize::try_from(y).ok().filter(|y| *y < height)
    }

    fn lay_row<S: Sample, const N: usize, const M: usize>(
        &self,
        to: &mut [[S; N]],
        from: &[[S; M]],
    ) {
        if N < M && self.blend == Blend::Normal {
            let opacity = self.opacity;
            return simd::run(Plain { to, from, opacity });
        }
        for (to, from) in to.iter_mut().zip(from) {
            let above = from[M - 1].to_f32() / S::MAX * self.opacity;
            if above <= 0.0 {
                continue;
            }
            let below = if N == M {
                to[N - 1].to_f32() / S::MAX
            } else {
                1.0
            };
            let alpha = above + below * (1.0 - above);
            // Parts of the result that are the layer's own colour, the mixed one, and what was there.
            let own = above * (1.0 - below) / alpha;
            let both = above * below / alpha;
            let old = below * (1.0 - above) / alpha;
            for (to, from) in to.iter_mut().zip(&from[..M - 1]) {
                let (was, own_color) = (to.to_f32(), from.to_f32());
                let mixed = if self.blend == Blend::Normal {
                    own_color
                } else {
                    let mixed = self.blend.mix(was / S::MAX, own_color / S::MAX);
                    mixed * S::MAX
                };
                *to = S::from_f32(own_color * own + mixed * both + was * old);
            }
            if N == M {
                to[N - 1] = S::from_f32(alpha * S::MAX);
            }
        }
    }
}

/// What most layers come to: their own colours over a picture through which nothing shines.
struct Plain<'a, S, const N: usize, const M: usize> {
    to: &'a mut [[S; N]],
    from: &'a [[S; M]],
    opacity: f32,
}

impl<S: Sample, const N: usize, const M: usize> Loop for Plain<'_, S, N, M> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let scale = self.opacity / S::MAX;
        for (to, from) in self.to.iter_mut().zip(self.from) {
            // For floats exact at both ends; what integers are off by is rounded away.
            let above = (from[M - 1].to_f32() * scale).min(1.0);
            let below = 1.0 - above;
            for (to, from) in to.iter_mut().zip(from) {
                *to = S::from_f32(from.to_f32() * above + to.to_f32() * below);
            }
        }
    }
}

/// The pixels of a row that a line of pixels covers which begins at `start`, and those that cover them; `None` where it begins
/// beyond the end, or ends before the beginning of a row that is not repeated.
fn overlap<'r, A, B>(
    row: &'r mut [A],
    line: &'r [B],
    start: i64,
) -> Option<(&'r mut [A], &'r [B])> {
    let skipped = usize::try_from(-start).unwrap_or(0).min(line.len());
    let start = usize::try_from(start).unwrap_or(0);
    let row = row.get_mut(start..).filter(|row| !row.is_empty())?;
    let line = &line[skipped..];
    let length = row.len().min(line.len());
    Some((&mut row[..length], &line[..length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(size: Size, channels: Channels, samples: Vec<u8>) -> Raster {
        Raster::new(size, channels, samples).unwrap()
    }

    fn gray(samples: &[u8]) -> Raster {
        let width = u32::try_from(samples.len()).unwrap();
        raster(Size::new(width, 1), Channels::Gray, samples.to_vec())
    }

    fn dot(value: u8, alpha: u8) -> Raster {
        raster(Size::new(1, 1), Channels::GrayAlpha, vec![value, alpha])
    }

    fn laid(canvas: &Raster, layer: &Raster, place: (i64, i64), tile: bool) -> Raster {
        let mut canvas = canvas.clone();
        let layer = Layer {
            raster: layer,
            place,
            opacity: 1.0,
            blend: Blend::Normal,
            tile,
        };
        lay(&mut canvas, &layer);
        canvas
    }

    #[test]
    fn it_lands_where_it_should_and_what_sticks_out_is_cut_off() {
        let canvas = gray(&[0; 5]);
        let pair = raster(Size::new(2, 1), Channels::GrayAlpha, vec![7, 255, 9, 255]);
        assert_eq!(laid(&canvas, &pair, (1, 0), false), gray(&[0, 7, 9, 0, 0]));
        assert_eq!(laid(&canvas, &pair, (-1, 0), false), gray(&[9, 0, 0, 0, 0]));
        assert_eq!(laid(&canvas, &pair, (4, 0), false), gray(&[0, 0, 0, 0, 7]));
        for place in [
            (-2, 0),
            (5, 0),
            (0, 1),
            (0, -1),
            (i64::MIN / 2, 0),
            (1 << 40, 0),
        ] {
            assert_eq!(laid(&canvas, &pair, place, false), canvas);
        }
        assert_eq!(laid(&canvas, &pair, (1, 0), true), gray(&[9, 7, 9, 7, 9]));
        assert_eq!(laid(&canvas, &pair, (-8, 3), true), gray(&[7, 9, 7, 9, 7]));
    }

    #[test]
    fn alpha_is_composed_as_porter_and_duff_do() {
        assert_eq!(
            laid(&gray(&[100]), &dot(200, 128), (0, 0), false),
            gray(&[150])
        );
        assert_eq!(laid(&gray(&[3]), &dot(200, 0), (0, 0), false), gray(&[3]));
        let clear = dot(77, 0);
        assert_eq!(laid(&clear, &dot(200, 128), (0, 0), false), dot(200, 128));
        assert_eq!(laid(&clear, &dot(200, 0), (0, 0), false), clear);
        // Half over half: three quarters, two thirds of them of the upper.
        assert_eq!(
            laid(&dot(0, 128), &dot(150, 128), (0, 0), false),
            dot(100, 192)
        );
    }
}
