//! Luma and chroma, each at its own size: what a JPEG file holds, before anybody makes pixels of it.

use super::pixels::pixels;
use super::turn::turn;
use super::{Channels, Depth, Layout, Orientation, Raster, Samples, Size};

/// One component.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Samples, row after row; there may be more of them in a row, and more rows, than the picture has.
    pub samples: Vec<u8>,
    /// Samples in a row.
    pub stride: usize,
    /// How many of them the picture is wide, and how many rows it is high. It may end within a sample.
    pub extent: (f64, f64),
}

impl Plane {
    /// Columns that hold picture.
    pub fn columns(&self) -> usize {
        whole(self.extent.0).min(self.stride)
    }

    /// Rows that hold picture.
    pub fn rows(&self) -> usize {
        whole(self.extent.1).min(self.samples.len() / self.stride)
    }

    /// The rows that hold picture, without what is beyond it.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let width = self.columns();
        let all = self.samples.chunks_exact(self.stride);
        all.take(self.rows()).map(move |line| &line[..width])
    }

    /// The plane turned. What it holds beyond the picture is dropped, unless it stays as it is.
    #[must_use]
    pub fn turned(self, orientation: Orientation) -> Self {
        if orientation == Orientation::Upright {
            return self;
        }
        let rows: Vec<&[u8]> = self.lines().collect();
        let (width, height) = self.extent;
        let transposed = orientation.parts().0;
        Self {
            stride: if transposed {
                rows.len()
            } else {
                self.columns()
            },
            extent: if transposed {
                (height, width)
            } else {
                (width, height)
            },
            samples: turn::<_, 1>(&rows, orientation),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths of pictures"
)]
fn whole(extent: f64) -> usize {
    extent.ceil() as usize
}

/// What a plane measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// How many samples the picture is wide, and how many rows it is high. It may end within a sample.
    pub extent: (f64, f64),
}

impl Shape {
    /// Samples in a row.
    pub fn columns(self) -> usize {
        whole(self.extent.0)
    }

    /// Rows.
    pub fn rows(self) -> usize {
        whole(self.extent.1)
    }
}

/// Takes planes row by row, as they are decoded: whoever needs less of them than all never has all of them in memory.
pub trait TakeRows {
    /// Planes of these shapes are to come. Called once, before any row.
    fn begin(&mut self, shapes: &[Shape]);

    /// The next row of the plane with this number, all of its columns. Rows of one plane come in their order, and all of them do;
    /// those of different planes come as they may.
    fn row(&mut self, plane: usize, samples: &[u8]);
}

/// Keeps all rows.
#[derive(Debug, Default)]
pub struct Gathered(Vec<Plane>);

impl Gathered {
    /// The planes, of a picture of this size.
    pub fn planes(self, size: Size) -> Planes {
        let planes = self.0;
        Planes { size, planes }
    }
}

impl TakeRows for Gathered {
    fn begin(&mut self, shapes: &[Shape]) {
        let plane = |shape: &Shape| Plane {
            samples: Vec::with_capacity(shape.columns() * shape.rows()),
            stride: shape.columns(),
            extent: shape.extent,
        };
        self.0 = shapes.iter().map(plane).collect();
    }

    fn row(&mut self, plane: usize, samples: &[u8]) {
        self.0[plane].samples.extend_from_slice(samples);
    }
}

/// A picture of one component (gray) or three: luma and the two of chroma, 8 bits each in the full range, weighed as
/// JFIF does it (Rec. ITU-T T.871, 7).
#[derive(Debug, Clone, PartialEq)]
pub struct Planes {
    /// What the picture measures, however many samples its planes have.
    pub size: Size,
    /// Luma, then chroma, which has as many samples or fewer.
    pub planes: Vec<Plane>,
}

impl Planes {
    /// The picture that they are, upright.
    pub fn layout(&self) -> Layout {
        let gray = self.planes.len() == 1;
        Layout {
            size: self.size,
            channels: Channels::Rgb.with_gray(gray),
            depth: Depth::U8,
            orientation: Orientation::Upright,
        }
    }

    /// Whether a plane has a sample for each pixel.
    fn is_whole(&self, plane: &Plane) -> bool {
        let (width, height) = (f64::from(self.size.width), f64::from(self.size.height));
        (plane.extent.0 - width).abs() + (plane.extent.1 - height).abs() <= 0.0
    }

    /// Luma and chroma of a picture without alpha and in 8 bits, with one sample of chroma for `coarseness` pixels across
    /// and down: their mean. `None` for other pictures.
    pub fn from_raster(raster: &Raster, coarseness: (u32, u32)) -> Option<Self> {
        let Samples::U8(samples) = raster.samples() else {
            return None;
        };
        let size = raster.size();
        let plane = |samples, (across, down): (u32, u32)| Plane {
            samples,
            stride: size.width.div_ceil(across) as usize,
            extent: (
                f64::from(size.width) / f64::from(across),
                f64::from(size.height) / f64::from(down),
            ),
        };
        let planes = match raster.channels() {
            Channels::Gray => vec![plane(samples.clone(), (1, 1))],
            Channels::Rgb => {
                let (pixels, _) = samples.as_chunks::<3>();
                let luma = pixels.iter().map(|pixel| luma(*pixel)).collect();
                let (across, down) = (coarseness.0 as usize, coarseness.1 as usize);
                let (mut blue, mut red) = (Vec::new(), Vec::new());
                for rows in pixels.chunks(raster.width() * down) {
                    chroma(rows, raster.width(), across, &mut blue, &mut red);
                }
                vec![
                    plane(luma, (1, 1)),
                    plane(blue, coarseness),
                    plane(red, coarseness),
                ]
            }
            Channels::GrayAlpha | Channels::Rgba => return None,
        };
        Some(Self { size, planes })
    }

    /// Pixels, where there is a sample of luma for each of them, and of chroma for each or for two to four of them, across
    /// and down. `Err` gives other planes back.
    pub fn to_raster(self) -> Result<Raster, Self> {
        let made = match self.planes.as_slice() {
            [gray] if self.is_whole(gray) => {
                Some((Channels::Gray, gray.lines().flatten().copied().collect()))
            }
            [luma, blue, red] if self.is_whole(luma) => {
                pixels(self.size, luma, [blue, red]).map(|samples| (Channels::Rgb, samples))
            }
            _ => None,
        };
        let raster = made.map(|(channels, samples)| Raster::new(self.size, channels, samples));
        raster.and_then(Result::ok).ok_or(self)
    }
}

/// Rec. ITU-T T.871, 7, in 16 bits behind the point.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 19_595 * i32::from(red) + 38_470 * i32::from(green) + 7_471 * i32::from(blue);
    narrow(sum + HALF)
}

/// The means of the chroma of some rows, `across` pixels each.
fn chroma(rows: &[[u8; 3]], width: usize, across: usize, blues: &mut Vec<u8>, reds: &mut Vec<u8>) {
    let mut push = |[blue, red]: [u8; 2]| {
        blues.push(blue);
        reds.push(red);
    };
    let (first, second) = rows.split_at(width);
    let pairs = if across == 2 && second.len() == width {
        // Nearly all pictures: worth a loop without divisions.
        let (first, second) = (first.as_chunks::<2>().0, second.as_chunks::<2>().0);
        for (upper, lower) in first.iter().zip(second) {
            let sums = [0, 1, 2].map(|part| {
                let sum = |pair: &[[u8; 3]; 2]| i32::from(pair[0][part]) + i32::from(pair[1][part]);
                sum(upper) + sum(lower)
            });
            push(mean_chroma(sums, 4));
        }
        2 * first.len()
    } else {
        0
    };
    for start in (pairs..width).step_by(across) {
        let end = width.min(start + across);
        let (mut sums, mut count) = ([0_i32; 3], 0);
        for row in rows.chunks_exact(width) {
            for pixel in &row[start..end] {
                for (sum, part) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*part);
                }
                count += 1;
            }
        }
        push(mean_chroma(sums, count));
    }
}

/// The chroma, blue and red, of so many pixels together.
#[inline]
fn mean_chroma([red, green, blue]: [i32; 3], count: i32) -> [u8; 2] {
    let mean = |sum: i32| narrow(sum / count + (128 << 16) + HALF - 1);
    [
        mean(32_768 * blue - 11_059 * red - 21_709 * green),
        mean(32_768 * red - 27_439 * green - 5_329 * blue),
    ]
}

/// Half of what stands for one.
const HALF: i32 = 1 << 15;

#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn narrow(fixed: i32) -> u8 {
    (fixed >> 16).clamp(0, 255) as u8
}
