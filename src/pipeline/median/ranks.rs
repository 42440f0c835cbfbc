//! Medians of what has more values than histograms have room for, at a cost that hardly grows with the radius.
//!
//! The samples that the windows of a tile cover are sorted, and divided by their ranks into as many classes of the same size as
//! bytes have values. The histograms of [`super::histogram`] find the class that a median is of, and how many of that class come
//! before it in the window. That one is looked for among the samples of the class in their order: so many are in the window
//! as their places say.

#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use std::mem;

use rayon::prelude::*;

use super::Frame;
use super::histogram::Columns;
use super::rows::{Key, Order, Rows};
use crate::simd::{self, Loop};

/// Pixels across and down that are sorted at once: a class of them is soon looked through.
const SORTED: usize = 448;

const CLASSES: usize = 256;

/// Samples whose places are looked at together.
const BLOCK: usize = 64;

/// The same of those among which it is.
const PART: usize = 8;

/// Bits of numbers that they are sorted by at once.
const DIGIT: u32 = 11;

/// Takes the medians of all pixels.
pub(super) fn filter<O: Order>(rows: &Rows<'_, O>) -> Vec<O::Sample> {
    let frame = rows.frame;
    let mut out = vec![O::Sample::default(); rows.samples.len()];
    let tile = SORTED - 2 * frame.radius;
    out.par_chunks_mut(frame.row_len() * tile)
        .enumerate()
        .for_each_init(
            || Tile::new(frame),
            |state, (band, out)| {
                let height = out.len() / frame.row_len();
                for left in (0..frame.width).step_by(tile) {
                    let width = tile.min(frame.width - left);
                    state.run(rows, (left, band * tile), (width, height), out);
                }
            },
        );
    out
}

/// What is known of a tile.
struct Tile<K> {
    frame: Frame,
    /// Rows of it, with what their windows reach.
    keys: Vec<K>,
    /// Its medians, row after row.
    medians: Vec<K>,
    classes: Classes,
    columns: Columns,
}

impl<K: Key> Tile<K> {
    fn new(frame: Frame) -> Self {
        let channel = Frame {
            channels: 1,
            ..frame
        };
        Self {
            frame,
            keys: Vec::new(),
            medians: Vec::new(),
            classes: Classes::new(2 * frame.radius + 1),
            columns: Columns::new(channel, SORTED - 2 * frame.radius),
        }
    }

    fn run<O: Order<Key = K>>(
        &mut self,
        rows: &Rows<'_, O>,
        (left, top): (usize, usize),
        (width, height): (usize, usize),
        out: &mut [O::Sample],
    ) {
        let Frame {
            radius, channels, ..
        } = self.frame;
        let covered = width + 2 * radius;
        self.keys
            .resize(covered * channels * (height + 2 * radius), K::default());
        let lines = self.keys.chunks_exact_mut(covered * channels);
        for (index, keys) in lines.enumerate() {
            let y = (top + index).saturating_sub(radius);
            rows.load(y.min(self.frame.height - 1), left * channels, keys);
        }
        self.medians.resize(width * height * channels, K::default());
        for channel in 0..channels {
            let keys = self.keys[channel..].iter().step_by(channels);
            self.classes.divide(keys.copied(), covered);
            let (classes, medians) = (&self.classes, &mut self.medians);
            self.columns.run::<true>(
                (width, height),
                |y, row| row.copy_from_slice(&classes.of_samples[y * covered..][..covered]),
                |y, of, before| {
                    let line = &mut medians[y * width * channels + channel..];
                    simd::run(Find {
                        classes,
                        row: u16::try_from(y).unwrap_or(u16::MAX),
                        of,
                        before,
                        medians: line.iter_mut().step_by(channels),
                    });
                },
            );
        }
        let start = left * channels;
        let medians = self.medians.chunks_exact(width * channels);
        for (line, medians) in out.chunks_exact_mut(self.frame.row_len()).zip(medians) {
            rows.store(medians, &mut line[start..start + width * channels]);
        }
    }
}

/// The samples of one channel of a tile in classes.
struct Classes {
    /// Of windows.
    side: u16,
    /// The class of each sample, row after row.
    of_samples: Vec<u8>,
    /// How many are in a class: whole blocks.
    size: usize,
    /// Where samples are, in their order. What is missing in the last block is nowhere.
    columns: Vec<u16>,
    rows: Vec<u16>,
    /// Samples in their order, as numbers, and below those their places; and room for the same.
    numbers: [Vec<u64>; 2],
}

impl Classes {
    fn new(side: usize) -> Self {
        Self {
            side: u16::try_from(side).unwrap_or(u16::MAX),
            of_samples: Vec::new(),
            size: 0,
            columns: Vec::new(),
            rows: Vec::new(),
            numbers: [Vec::new(), Vec::new()],
        }
    }

    /// Divides what is in rows of so many samples.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are no more places and classes than fit"
    )]
    fn divide<K: Key>(&mut self, keys: impl Iterator<Item = K>, width: usize) {
        let numbers = &mut self.numbers[0];
        numbers.clear();
        let (mut column, mut row) = (0, 0);
        numbers.extend(keys.map(|key| {
            let number = u64::from(key.number()) << 32 | row << 16 | column;
            column += 1;
            if column == width as u64 {
                (column, row) = (0, row + 1);
            }
            number
        }));
        sort(&mut self.numbers);
        let count = self.numbers[0].len();
        self.size = count.div_ceil(CLASSES).next_multiple_of(BLOCK);
        self.of_samples.resize(count, 0);
        let whole = count.next_multiple_of(BLOCK);
        for places in [&mut self.columns, &mut self.rows] {
            places.clear();
            places.resize(whole, u16::MAX);
        }
        let sorted = self.numbers[0].chunks(self.size);
        let places = self
            .columns
            .chunks_mut(self.size)
            .zip(self.rows.chunks_mut(self.size));
        for ((class, numbers), (columns, rows)) in (0..=u8::MAX).zip(sorted).zip(places) {
            for (number, (column, row)) in numbers.iter().zip(columns.iter_mut().zip(rows)) {
                (*column, *row) = (*number as u16, (*number >> 16) as u16);
                self.of_samples[usize::from(*row) * width + usize::from(*column)] = class;
            }
        }
    }

    /// The sample of a class, at a rank from there on, that comes after so many others of it in the window at a place.
    #[inline(always)]
    fn find(&self, class: u8, mut before: u16, window: (u16, u16)) -> u32 {
        let start = usize::from(class) * self.size;
        let end = self.columns.len().min(start + self.size);
        let (columns, _) = self.columns[start..end].as_chunks::<BLOCK>();
        let (rows, _) = self.rows[start..end].as_chunks::<BLOCK>();
        let places = columns.iter().zip(rows).zip((start..).step_by(BLOCK));
        for ((columns, rows), rank) in places {
            let count = self.count(columns, rows, window);
            if count <= before {
                before -= count;
                continue;
            }
            let columns = columns.as_chunks::<PART>().0.iter();
            let parts = columns.zip(rows.as_chunks::<PART>().0);
            for ((columns, rows), rank) in parts.zip((rank..).step_by(PART)) {
                let count = self.count(columns, rows, window);
                if count <= before {
                    before -= count;
                    continue;
                }
                for ((column, row), rank) in columns.iter().zip(rows).zip(rank..) {
                    let count = self.count(&[*column], &[*row], window);
                    if count > before {
                        return self.number(rank);
                    }
                    before -= count;
                }
            }
        }
        unreachable!("the window has more of that class")
    }

    /// How many of these places are in the window that begins at a column and a row.
    #[inline(always)]
    fn count<const N: usize>(
        &self,
        columns: &[u16; N],
        rows: &[u16; N],
        (left, top): (u16, u16),
    ) -> u16 {
        let mut count = 0;
        for (column, row) in columns.iter().zip(rows) {
            let is_beside = column.wrapping_sub(left) < self.side;
            count += u16::from(is_beside & (row.wrapping_sub(top) < self.side));
        }
        count
    }

    fn number(&self, rank: usize) -> u32 {
        (self.numbers[0][rank] >> 32) as u32
    }
}

/// Finds the medians of a row.
struct Find<'a, M> {
    classes: &'a Classes,
    row: u16,
    /// Their classes, and how many of those come before each.
    of: &'a [u8],
    before: &'a [u16],
    medians: M,
}

impl<'m, K: Key, M: Iterator<Item = &'m mut K>> Loop for Find<'_, M> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let known = self.of.iter().zip(self.before);
        for ((column, (class, before)), median) in (0..).zip(known).zip(self.medians) {
            let found = self.classes.find(*class, *before, (column, self.row));
            *median = K::from_number(found);
        }
    }
}

/// Sorts numbers, a few bits of theirs at a time from the last on (H. H. Seward, 1954: D. E. Knuth, "The Art of Computer
/// Programming" 3, 5.2.5). What is below 32 bits is in order as it comes.
#[expect(clippy::cast_possible_truncation, reason = "a few bits of numbers")]
fn sort([numbers, spare]: &mut [Vec<u64>; 2]) {
    spare.resize(numbers.len(), 0);
    for shift in (32..64).step_by(DIGIT as usize) {
        let digit = |number: u64| (number >> shift) as usize & ((1 << DIGIT) - 1);
        let mut next = [0_u32; 1 << DIGIT];
        for number in numbers.iter() {
            next[digit(*number)] += 1;
        }
        if next[digit(numbers[0])] as usize == numbers.len() {
            continue;
        }
        let mut sum = 0;
        for next in &mut next {
            (*next, sum) = (sum, sum + *next);
        }
        for number in numbers.iter() {
            let next = &mut next[digit(*number)];
            spare[*next as usize] = *number;
            *next += 1;
        }
        mem::swap(numbers, spare);
    }
}
