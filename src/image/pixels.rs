//! From luma and chroma to pixels, row by row: chroma is brought to the size of luma, and colours are made of both.
//!
//! Where two samples of luma share one of chroma, across or down, chroma is taken to lie in the middle between them, and a
//! sample is weighed with its neighbour, three to one; elsewhere it is repeated. So does libjpeg-turbo by default ("fancy
//! upsampling", `jdsample.c`), and with its roundings, which go up and down in turns, the samples are the same.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::Size;
use super::planes::Plane;
use crate::simd::{self, Loop};

/// The pixels, three samples each, of a picture of this size whose luma has a sample for each of them. `None` where there is no
/// sample of chroma for a whole number of pixels, or there are too few samples.
pub(super) fn pixels(size: Size, luma: &Plane, chroma: [&Plane; 2]) -> Option<Vec<u8>> {
    let (width, height) = (size.width as usize, size.height as usize);
    let [blue, red] = chroma.map(|plane| Chroma::new(plane, size));
    let (mut blue, mut red) = (blue?, red?);
    if luma.columns() < width || luma.rows() < height {
        return None;
    }
    let mut samples = vec![0; 3 * width * height];
    let rows = samples.as_chunks_mut().0.chunks_exact_mut(width);
    for (number, (pixels, luma)) in rows.zip(luma.lines()).enumerate() {
        simd::run(Row {
            number,
            luma,
            blue: &mut blue,
            red: &mut red,
            pixels,
        });
    }
    Some(samples)
}

/// A row of pixels to be made.
struct Row<'a, 'p> {
    number: usize,
    luma: &'a [u8],
    blue: &'a mut Chroma<'p>,
    red: &'a mut Chroma<'p>,
    pixels: &'a mut [[u8; 3]],
}

impl Loop for Row<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let blue = self.blue.row(self.number);
        let red = self.red.row(self.number);
        color(self.luma, blue, red, self.pixels);
    }
}

/// A plane of chroma, and room for what is made of it.
struct Chroma<'a> {
    plane: &'a Plane,
    columns: usize,
    rows: usize,
    /// Pixels that share a sample.
    across: usize,
    down: usize,
    /// Samples of one row or two, weighed; the first and the last are there twice.
    mixed: Vec<u16>,
    /// A row as wide as the picture, or a little wider.
    wide: Vec<u8>,
}

impl<'a> Chroma<'a> {
    fn new(plane: &'a Plane, size: Size) -> Option<Self> {
        let (columns, rows) = (plane.columns(), plane.rows());
        let across = shared(size.width, plane.extent.0)?;
        let down = shared(size.height, plane.extent.1)?;
        let is_enough =
            columns * across >= size.width as usize && rows * down >= size.height as usize;
        is_enough.then(|| Self {
            plane,
            columns,
            rows,
            across,
            down,
            mixed: vec![0; columns + 2],
            wide: vec![0; columns * across],
        })
    }

    fn line(&self, row: usize) -> &'a [u8] {
        &self.plane.samples[row * self.plane.stride..][..self.columns]
    }

    /// Chroma for a row of pixels.
    #[inline(always)]
    fn row(&mut self, number: usize) -> &[u8] {
        let row = number / self.down;
        let near = self.line(row);
        let is_upper = number.is_multiple_of(2);
        let neighbour = if is_upper {
            row.saturating_sub(1)
        } else {
            (row + 1).min(self.rows - 1)
        };
        match (self.across, self.down) {
            (1, 1) => return near,
            (1, 2) => {
                let far = self.line(neighbour);
                let bias = if is_upper { 1 } else { 2 };
                for ((out, near), far) in self.wide.iter_mut().zip(near).zip(far) {
                    *out = low(weighed(*near, *far) + bias, 2);
                }
            }
            // Of less than that libjpeg-turbo makes no slope.
            (2, 1) if self.columns > 2 => {
                for (mixed, near) in self.mixed[1..].iter_mut().zip(near) {
                    *mixed = (*near).into();
                }
                self.spread::<1, 2, 2>();
            }
            (2, 2) if self.columns > 2 => {
                let far = self.line(neighbour);
                for ((mixed, near), far) in self.mixed[1..].iter_mut().zip(near).zip(far) {
                    *mixed = weighed(*near, *far);
                }
                self.spread::<8, 7, 4>();
            }
            (across, _) => {
                for (out, near) in self.wide.chunks_exact_mut(across).zip(near) {
                    out.fill(*near);
                }
            }
        }
        &self.wide
    }

    /// Makes two samples of each that was mixed, with its neighbour on the left and on the right. What is added before they lose
    /// so many bits, and how many.
    #[inline(always)]
    fn spread<const LEFT: u16, const RIGHT: u16, const BITS: u16>(&mut self) {
        let count = self.columns;
        self.mixed[0] = self.mixed[1];
        self.mixed[count + 1] = self.mixed[count];
        let (left, right) = (&self.mixed[..count], &self.mixed[2..]);
        let neighbours = left.iter().zip(right);
        let samples = self.mixed[1..=count].iter().zip(neighbours);
        let (pairs, _) = self.wide.as_chunks_mut();
        for (pair, (own, (left, right))) in pairs.iter_mut().zip(samples) {
            *pair = [
                low(3 * own + left + LEFT, BITS),
                low(3 * own + right + RIGHT, BITS),
            ];
        }
    }
}

/// How many of so many pixels share one of so many samples.
fn shared(pixels: u32, samples: f64) -> Option<usize> {
    const MOST: u8 = 4;
    let is_it = |count: &u8| (f64::from(*count) * samples - f64::from(pixels)).abs() < 1e-3;
    (1..=MOST).find(is_it).map(usize::from)
}

#[inline(always)]
fn weighed(near: u8, far: u8) -> u16 {
    3 * u16::from(near) + u16::from(far)
}

/// A weighed sum without its last bits.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a mean of samples")]
fn low(sum: u16, bits: u16) -> u8 {
    (sum >> bits) as u8
}

/// Pixels that are made at once: with their colours apart, compilers make vectors of them.
const STRIP: usize = 512;

#[inline(always)]
fn color(luma: &[u8], blue: &[u8], red: &[u8], pixels: &mut [[u8; 3]]) {
    let (mut reds, mut greens, mut blues) = ([0; STRIP], [0; STRIP], [0; STRIP]);
    let chroma = blue.chunks(STRIP).zip(red.chunks(STRIP));
    let strips = pixels.chunks_mut(STRIP).zip(luma.chunks(STRIP));
    for ((pixels, luma), (blue, red)) in strips.zip(chroma) {
        let colors = reds.iter_mut().zip(&mut greens).zip(&mut blues);
        let samples = luma.iter().zip(blue).zip(red);
        for (((r, g), b), ((luma, blue), red)) in colors.zip(samples) {
            [*r, *g, *b] = rgb(*luma, *blue, *red);
        }
        let colors = reds.iter().zip(&greens).zip(&blues);
        for (pixel, ((r, g), b)) in pixels.iter_mut().zip(colors) {
            *pixel = [*r, *g, *b];
        }
    }
}

/// Rec. ITU-T T.871, 7, in 16 bits behind the point, rounded as libjpeg does it.
#[inline(always)]
#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let luma = (i32::from(luma) << 16) + (1 << 15);
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    let narrow = |fixed: i32| (fixed >> 16).clamp(0, 255) as u8;
    [
        narrow(luma + 91_881 * red),
        narrow(luma - 22_554 * blue - 46_802 * red),
        narrow(luma + 116_130 * blue),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{Planes, Samples};
    use super::*;

    /// Some plane of chroma or luma for a picture of this size.
    fn plane(size: Size, across: u32, down: u32, seed: u32) -> Plane {
        let (columns, rows) = (size.width.div_ceil(across), size.height.div_ceil(down));
        // Rows and columns that hold no picture must not be looked at.
        let stride = columns + 3;
        let sample = |at: u32| {
            let is_there = at % stride < columns && at / stride < rows;
            let noise = (at + seed).wrapping_mul(2_654_435_761).to_be_bytes()[0];
            if is_there { noise / 2 + 60 } else { 255 }
        };
        Plane {
            samples: (0..stride * (rows + 2)).map(sample).collect(),
            stride: stride as usize,
            extent: (
                f64::from(size.width) / f64::from(across),
                f64::from(size.height) / f64::from(down),
            ),
        }
    }

    /// The two samples for a pixel on one axis, and the second one's weight.
    fn between(pixel: usize, shared: usize, count: usize, slopes: bool) -> (usize, usize, f64) {
        let own = pixel / shared;
        let neighbour = if pixel.is_multiple_of(2) {
            own.saturating_sub(1)
        } else {
            (own + 1).min(count - 1)
        };
        let weight = if slopes && shared == 2 { 0.25 } else { 0.0 };
        (own, neighbour, weight)
    }

    fn naive(plane: &Plane, (across, down): (usize, usize), (x, y): (usize, usize)) -> f64 {
        let (columns, rows) = (plane.columns(), plane.rows());
        let slopes = across <= 2 && down <= 2 && (across == 1 || columns > 2);
        let (left, right, x) = between(x, across, columns, slopes);
        let (upper, lower, y) = between(y, down, rows, slopes);
        let sample = |column, row| f64::from(plane.samples[row * plane.stride + column]);
        let row = |row| sample(left, row) * (1.0 - x) + sample(right, row) * x;
        row(upper) * (1.0 - y) + row(lower) * y
    }

    #[test]
    fn chroma_is_weighed_as_the_formula_says_at_every_size_and_sampling() {
        let sizes = [(1, 1), (2, 2), (3, 5), (5, 4), (17, 3), (64, 9), (1030, 6)];
        for (across, down) in [
            (1, 1),
            (2, 1),
            (1, 2),
            (2, 2),
            (4, 1),
            (1, 4),
            (4, 2),
            (3, 1),
        ] {
            for (width, height) in sizes {
                let size = Size::new(width, height);
                let planes = Planes {
                    size,
                    planes: vec![
                        plane(size, 1, 1, 1),
                        plane(size, across, down, 2),
                        plane(size, across, down, 3),
                    ],
                };
                let raster = planes.clone().to_raster().unwrap();
                let Samples::U8(samples) = raster.into_samples() else {
                    panic!("planes have 8 bits");
                };
                let shared = (across as usize, down as usize);
                for (at, pixel) in samples.as_chunks::<3>().0.iter().enumerate() {
                    let place = (at % width as usize, at / width as usize);
                    let luma = naive(&planes.planes[0], (1, 1), place);
                    let [blue, red] =
                        [1, 2].map(|n| naive(&planes.planes[n], shared, place) - 128.0);
                    let exact = [
                        luma + 1.402 * red,
                        luma - 0.344_136 * blue - 0.714_136 * red,
                        luma + 1.772 * blue,
                    ];
                    for (sample, exact) in pixel.iter().zip(exact) {
                        let distance = (f64::from(*sample) - exact.clamp(0.0, 255.0)).abs();
                        // Chroma is rounded, by nine sixteenths at the most, before it is weighed.
                        assert!(distance < 1.6, "{across}x{down} of {size} at {place:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn pixels_are_the_same_whatever_the_processor_has() {
        let size = Size::new(530, 9);
        for (across, down) in [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1)] {
            let chroma = |seed| plane(size, across, down, seed);
            let planes = Planes {
                size,
                planes: vec![plane(size, 1, 1, 1), chroma(2), chroma(3)],
            };
            let [lowest, highest] = simd::at_both_levels(|| planes.clone().to_raster().unwrap());
            assert!(lowest == highest, "{across}x{down}");
        }
    }

    #[test]
    fn planes_that_do_not_fit_together_come_back() {
        let size = Size::new(16, 8);
        let made = |chroma: Plane| {
            let planes = vec![plane(size, 1, 1, 1), plane(size, 2, 2, 2), chroma];
            Planes { size, planes }.to_raster()
        };
        assert!(made(plane(size, 2, 2, 3)).is_ok());
        let mut short = plane(size, 2, 2, 3);
        short.samples.truncate(3 * short.stride);
        assert!(made(short).is_err());
        let mut odd = plane(size, 2, 2, 3);
        odd.extent.0 = 6.5;
        assert!(made(odd).is_err());
        let coarse = vec![plane(size, 2, 2, 1)];
        assert!(
            Planes {
                size,
                planes: coarse
            }
            .to_raster()
            .is_err()
        );
    }
}
