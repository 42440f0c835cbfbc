//! Turning and mirroring: the same samples in another order, bit for bit.

use rayon::prelude::*;

use super::raster::with_samples;
use super::{Orientation, Raster, Samples};

/// Output rows that one task writes, and the columns of them that it transposes at a time: such a square stays in the
/// first-level cache whatever the width, and rows are read and written in pieces that are worth fetching.
const TILE: usize = 32;

impl Raster {
    /// Applies an orientation: what was stored becomes what is seen. Lossless.
    #[must_use]
    pub fn turned(self, orientation: Orientation) -> Self {
        if orientation == Orientation::Upright {
            return self;
        }
        let size = orientation.applied_to(self.size());
        let channels = self.channels();
        let row_len = self.row_len();
        let samples = with_samples!(self.samples(), |samples| {
            let rows: Vec<_> = samples.chunks_exact(row_len).collect();
            Samples::from(match channels.count() {
                1 => turn::<_, 1>(&rows, orientation),
                2 => turn::<_, 2>(&rows, orientation),
                3 => turn::<_, 3>(&rows, orientation),
                _ => turn::<_, 4>(&rows, orientation),
            })
        });
        Self::new(size, channels, samples).unwrap_or(self)
    }
}

/// The samples of a picture, given in rows of pixels of `N` samples, in the order in which it is seen.
pub(super) fn turn<S, const N: usize>(rows: &[&[S]], orientation: Orientation) -> Vec<S>
where
    S: Copy + Default + Send + Sync,
{
    let (transpose, mirror_x, mirror_y) = orientation.parts();
    let row_len = rows.first().map_or(0, |row| row.len());
    let mut out = vec![S::default(); row_len * rows.len()];
    if out.is_empty() {
        return out;
    }
    if transpose {
        out.par_chunks_mut(rows.len() * N * TILE)
            .enumerate()
            .for_each(|(band, out)| transpose_band::<S, N>(rows, band, (mirror_x, mirror_y), out));
        return out;
    }
    out.par_chunks_mut(row_len)
        .enumerate()
        .for_each(|(y, out)| {
            let row = rows[if mirror_y { rows.len() - 1 - y } else { y }];
            if mirror_x {
                let (out, _) = out.as_chunks_mut::<N>();
                for (out, pixel) in out.iter_mut().zip(row.as_chunks().0.iter().rev()) {
                    *out = *pixel;
                }
            } else {
                out.copy_from_slice(row);
            }
        });
    out
}

/// Makes [`TILE`] rows, or the last ones, of those columns.
fn transpose_band<S, const N: usize>(
    rows: &[&[S]],
    band: usize,
    (mirror_x, mirror_y): (bool, bool),
    out: &mut [S],
) where
    S: Copy + Default,
{
    let width = rows.len();
    let (out, _) = out.as_chunks_mut::<N>();
    let count = out.len() / width;
    let columns = rows[0].len() / N;
    let first = if mirror_y {
        columns - band * TILE - count
    } else {
        band * TILE
    };
    let mut tile = [[[S::default(); N]; TILE]; TILE];
    for start in (0..width).step_by(TILE) {
        let end = width.min(start + TILE);
        for x in start..end {
            let row = rows[if mirror_x { width - 1 - x } else { x }];
            let (pixels, _) = row.as_chunks::<N>();
            for (line, pixel) in tile.iter_mut().zip(&pixels[first..first + count]) {
                line[x - start] = *pixel;
            }
        }
        for (y, out) in out.chunks_exact_mut(width).enumerate() {
            let line = &tile[if mirror_y { count - 1 - y } else { y }];
            out[start..end].copy_from_slice(&line[..end - start]);
        }
    }
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
