//! Turning and mirroring: the same samples in another order, bit for bit.

use rayon::prelude::*;

use super::raster::with_samples;
use super::{Orientation, Raster, Samples};

/// Pixels that are gathered from a row each and written as one.
const GROUP: usize = 4;

/// Rows that are transposed at once: so long pieces of output rows are worth their way to memory.
const TILE_ROWS: usize = 512;

/// Their columns: the most, and the bytes of what that makes.
const TILE_COLUMNS: usize = 128;
const TILE_BYTES: usize = 192 << 10;

/// Pixels as they come in, row after row, and in groups as they go out, column after column.
#[derive(Debug)]
struct Tile<S, const N: usize> {
    /// In a column.
    groups: usize,
    pixels: Vec<[S; N]>,
    columns: Vec<[[S; N]; GROUP]>,
}

impl<S: Part, const N: usize> Tile<S, N> {
    fn new(rows: usize, columns: usize) -> Self {
        let groups = rows.div_ceil(GROUP);
        Self {
            groups,
            pixels: vec![[S::default(); N]; groups * GROUP * columns],
            columns: vec![[[S::default(); N]; GROUP]; groups * columns],
        }
    }
}

impl Raster {
    /// Applies an orientation: what was stored becomes what is seen. Lossless.
    #[must_use]
    pub fn turned(mut self, orientation: Orientation) -> Self {
        if orientation == Orientation::Upright {
            return self;
        }
        if !orientation.parts().0 {
            self.mirror(orientation);
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

    /// Mirrors where it stands: rows and columns stay what they are.
    fn mirror(&mut self, orientation: Orientation) {
        let (row_len, count) = (self.row_len(), self.channels().count());
        with_samples!(self.samples_mut(), |samples| match count {
            1 => mirror::<_, 1>(samples, row_len, orientation),
            2 => mirror::<_, 2>(samples, row_len, orientation),
            3 => mirror::<_, 3>(samples, row_len, orientation),
            _ => mirror::<_, 4>(samples, row_len, orientation),
        });
    }
}

/// Mirrors rows of pixels of `N` samples in place.
fn mirror<S: Part, const N: usize>(samples: &mut [S], row_len: usize, orientation: Orientation) {
    let (_, mirror_x, mirror_y) = orientation.parts();
    if samples.is_empty() {
        return;
    }
    if mirror_y {
        let half = samples.len() / row_len / 2 * row_len;
        let (upper, rest) = samples.split_at_mut(half);
        let start = rest.len() - half;
        let lower = rest[start..].par_chunks_exact_mut(row_len);
        let upper = upper.par_chunks_exact_mut(row_len);
        let pairs = upper.zip(lower.rev());
        pairs.for_each(|(upper, lower)| upper.swap_with_slice(lower));
    }
    if mirror_x {
        let rows = samples.par_chunks_exact_mut(row_len);
        rows.for_each(|row| row.as_chunks_mut::<N>().0.reverse());
    }
}

/// What pixels consist of.
pub(super) trait Part: Copy + Default + Send + Sync {
    /// Puts pixels side by side.
    #[inline]
    fn gather<const N: usize>(pixels: [&[Self; N]; GROUP], group: &mut [[Self; N]; GROUP]) {
        *group = pixels.map(|pixel| *pixel);
    }
}

impl Part for u16 {}
impl Part for f32 {}

impl Part for u8 {
    /// Put together in a register, and not byte by byte in memory.
    #[inline]
    fn gather<const N: usize>(pixels: [&[Self; N]; GROUP], group: &mut [[Self; N]; GROUP]) {
        let mut word = 0_u128;
        for pixel in pixels.into_iter().rev() {
            for byte in pixel.iter().rev() {
                word = word << 8 | u128::from(*byte);
            }
        }
        let bytes = word.to_le_bytes();
        group
            .as_flattened_mut()
            .copy_from_slice(&bytes[..GROUP * N]);
    }
}

/// The samples of a picture, given in rows of pixels of `N` samples, in the order in which it is seen.
pub(super) fn turn<S: Part, const N: usize>(rows: &[&[S]], orientation: Orientation) -> Vec<S> {
    let (transpose, mirror_x, mirror_y) = orientation.parts();
    let row_len = rows.first().map_or(0, |row| row.len());
    let mut out = vec![S::default(); row_len * rows.len()];
    if out.is_empty() {
        return out;
    }
    if transpose {
        let most = TILE_BYTES / TILE_ROWS / size_of::<[S; N]>();
        let most = most.clamp(1, TILE_COLUMNS).min(row_len / N);
        out.par_chunks_mut(rows.len() * N * most)
            .enumerate()
            .for_each_init(
                || Tile::<S, N>::new(rows.len().min(TILE_ROWS), most),
                |tile, (band, out)| {
                    transpose_band(rows, band * most, (mirror_x, mirror_y), tile, out);
                },
            );
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

/// Makes rows of columns, from row `top` on.
fn transpose_band<S: Part, const N: usize>(
    rows: &[&[S]],
    top: usize,
    (mirror_x, mirror_y): (bool, bool),
    tile: &mut Tile<S, N>,
    out: &mut [S],
) {
    let (out, _) = out.as_chunks_mut::<N>();
    let (width, columns) = (rows.len(), rows[0].len() / N);
    let count = out.len() / width;
    let first = if mirror_y { columns - top - count } else { top };
    for start in (0..width).step_by(GROUP * tile.groups) {
        let end = width.min(start + GROUP * tile.groups);
        // Row by row: then many are on their way from memory at once.
        for (x, pixels) in (start..end).zip(tile.pixels.chunks_exact_mut(count)) {
            let row = rows[if mirror_x { width - 1 - x } else { x }];
            pixels.copy_from_slice(&row.as_chunks().0[first..first + count]);
        }
        let groups = tile.pixels.chunks_exact(GROUP * count).enumerate();
        for (group, pixels) in groups.take((end - start).div_ceil(GROUP)) {
            let (upper, lower) = pixels.split_at(2 * count);
            let (one, two) = upper.split_at(count);
            let (three, four) = lower.split_at(count);
            let gathered = one.iter().zip(two).zip(three.iter().zip(four));
            let columns = tile.columns[group..].iter_mut().step_by(tile.groups);
            for (column, ((one, two), (three, four))) in columns.zip(gathered) {
                S::gather([one, two, three, four], column);
            }
        }
        for (y, out) in out.chunks_exact_mut(width).enumerate() {
            let column = if mirror_y { count - 1 - y } else { y };
            let column = &tile.columns[column * tile.groups..][..tile.groups];
            out[start..end].copy_from_slice(&column.as_flattened()[..end - start]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Channels, Depth, Size};
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
    fn pictures_larger_than_tiles_are_turned_as_small_ones_are() {
        for (channels, depth) in Channels::ALL
            .iter()
            .flat_map(|c| Depth::ALL.map(|d| (*c, d)))
        {
            let (width, height, count) = (150, 519, channels.count());
            // With 8 bits as well, neighbours differ.
            let value = |at: usize| f32::from(u16::try_from(at * 80 % 997).unwrap()) / 997.0;
            let samples: Vec<f32> = (0..width * height * count).map(value).collect();
            let picture = Raster::new(Size::new(150, 519), channels, samples).unwrap();
            let picture = picture.to_depth(depth);
            for orientation in Orientation::ALL {
                let (transpose, mirror_x, mirror_y) = orientation.parts();
                let turned = picture.clone().turned(orientation);
                let columns = turned.width();
                let place = |at: usize| {
                    let (pixel, channel) = (at / count, at % count);
                    let (mut x, mut y) = (pixel % columns, pixel / columns);
                    if mirror_x {
                        x = columns - 1 - x;
                    }
                    if mirror_y {
                        y = turned.height() - 1 - y;
                    }
                    let (x, y) = if transpose { (y, x) } else { (x, y) };
                    (y * width + x) * count + channel
                };
                let wanted = with_samples!(picture.samples(), |samples| {
                    let places = (0..width * height * count).map(place);
                    Samples::from(places.map(|place| samples[place]).collect::<Vec<_>>())
                });
                assert!(
                    turned.samples() == &wanted,
                    "{orientation:?} {channels:?} {depth:?}"
                );
            }
        }
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
