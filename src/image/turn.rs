//! Turning and mirroring: the same samples in another order, bit for bit.

use rayon::prelude::*;

use super::raster::with_samples;
use super::{Orientation, Raster, Samples};

/// Output rows that one task writes. Reading a column of this many pixels touches as many cache lines as writing
/// needs, which keeps a transposition inside the first-level cache.
const BAND: usize = 32;

impl Raster {
    /// Applies an orientation: what was stored becomes what is seen. Lossless.
    #[must_use]
    pub fn turned(self, orientation: Orientation) -> Self {
        if orientation == Orientation::Upright {
            return self;
        }
        let size = orientation.applied_to(self.size());
        let channels = self.channels();
        let (width, height) = (self.width(), self.height());
        let samples = with_samples!(self.samples(), |samples| Samples::from(
            match channels.count() {
                1 => turn::<_, 1>(samples, width, height, orientation),
                2 => turn::<_, 2>(samples, width, height, orientation),
                3 => turn::<_, 3>(samples, width, height, orientation),
                _ => turn::<_, 4>(samples, width, height, orientation),
            }
        ));
        Self::new(size, channels, samples).unwrap_or(self)
    }
}

fn turn<S, const N: usize>(
    samples: &[S],
    width: usize,
    height: usize,
    orientation: Orientation,
) -> Vec<S>
where
    S: Copy + Default + Send + Sync,
{
    let (transpose, mirror_x, mirror_y) = orientation.parts();
    let (out_width, out_height) = if transpose {
        (height, width)
    } else {
        (width, height)
    };
    let (pixels, _) = samples.as_chunks::<N>();
    let mut out = vec![S::default(); samples.len()];
    out.par_chunks_mut(out_width * N * BAND)
        .enumerate()
        .for_each(|(band, rows)| {
            let (rows, _) = rows.as_chunks_mut::<N>();
            let first = band * BAND;
            // Columns outside, rows inside: for a transposition this reads along source rows.
            for x in 0..out_width {
                let source_x = if mirror_x { out_width - 1 - x } else { x };
                for (row, line) in rows.chunks_exact_mut(out_width).enumerate() {
                    let y = first + row;
                    let source_y = if mirror_y { out_height - 1 - y } else { y };
                    let index = if transpose {
                        source_x * width + source_y
                    } else {
                        source_y * width + source_x
                    };
                    line[x] = pixels[index];
                }
            }
        });
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Channels, Size};
    use super::*;

    fn numbered(width: u32, height: u32, channels: Channels) -> Raster {
        let count = width as usize * height as usize * channels.count();
        let samples: Vec<u16> = (0..count).map(|i| u16::try_from(i).unwrap()).collect();
        Raster::new(Size::new(width, height), channels, samples).unwrap()
    }

    #[test]
    fn a_quarter_turn_is_clockwise() {
        // 0 1 2      3 0
        // 3 4 5  ->  4 1
        //            5 2
        let turned = numbered(3, 2, Channels::Gray).turned(Orientation::Turn90);
        assert_eq!(turned.size(), Size::new(2, 3));
        assert_eq!(turned.samples(), &Samples::U16(vec![3, 0, 4, 1, 5, 2]));
    }

    #[test]
    fn turning_twice_is_turning_by_the_product() {
        for channels in Channels::ALL {
            let picture = numbered(37, 41, channels);
            for a in Orientation::ALL {
                assert_eq!(picture.clone().turned(a).turned(a.inverse()), picture);
                for b in Orientation::ALL {
                    assert_eq!(
                        picture.clone().turned(a).turned(b),
                        picture.clone().turned(a.then(b)),
                        "{a:?} then {b:?}"
                    );
                }
            }
        }
    }
}
