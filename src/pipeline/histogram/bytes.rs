//! Counting samples of 8 bits that are all seen.
//!
//! Neighbours are alike: one that adds to a count waits for the one before, which is not written yet. So neighbours count in tables of
//! their own.

use rayon::prelude::*;

use super::{piece, sum};

/// Pixels that have a table of their own for each colour.
const APART: usize = 4;

/// Pixels that are counted before counts are taken over: as many as 32 bits hold.
const BATCH: usize = 1 << 30;

type Table = [u32; 256];

/// How many of `COUNT` samples each there are of each value, colour by colour.
pub(super) fn count<const COUNT: usize>(samples: &[u8]) -> Vec<Vec<u64>> {
    let (pixels, _) = samples.as_chunks::<COUNT>();
    let pieces = pixels.par_chunks(piece(pixels.len()).min(BATCH));
    let counted = pieces.map(|pixels| {
        let tables = tables(pixels);
        let colors = (0..COUNT).map(|color| total(&tables, color));
        colors.collect()
    });
    let none = || vec![vec![0; 256]; COUNT];
    counted.reduce(none, sum)
}

fn tables<const COUNT: usize>(pixels: &[[u8; COUNT]]) -> [[Table; COUNT]; APART] {
    let mut tables = [[[0; 256]; COUNT]; APART];
    let (groups, rest) = pixels.as_chunks::<APART>();
    for group in groups {
        for (tables, pixel) in tables.iter_mut().zip(group) {
            add(tables, pixel);
        }
    }
    for pixel in rest {
        add(&mut tables[0], pixel);
    }
    tables
}

fn add<const COUNT: usize>(tables: &mut [Table; COUNT], pixel: &[u8; COUNT]) {
    for (table, sample) in tables.iter_mut().zip(pixel) {
        table[usize::from(*sample)] += 1;
    }
}

/// What all tables of a colour have counted.
fn total<const COUNT: usize>(tables: &[[Table; COUNT]; APART], color: usize) -> Vec<u64> {
    let count = |value: usize| {
        let counts = tables.iter().map(|tables| u64::from(tables[color][value]));
        counts.sum()
    };
    (0..256).map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_is_counted_once() {
        for length in [0, 1, 3, 4, 5, 1023] {
            let samples: Vec<u8> = (0..3 * length)
                .map(|at: u32| (at * at * 31 % 7).to_le_bytes()[0])
                .collect();
            let counts = count::<3>(&samples);
            for (color, counts) in counts.iter().enumerate() {
                for (value, count) in counts.iter().enumerate() {
                    let own = samples.iter().skip(color).step_by(3);
                    let wanted = own.filter(|sample| usize::from(**sample) == value).count();
                    assert_eq!(*count, wanted as u64, "{value} of {length}");
                }
            }
        }
    }
}
