//! Medians of what has more values than histograms have room for.
//!
//! The samples that the windows of a tile cover are sorted once, and are their ranks from then on, no two of them the same. A
//! window is a set of ranks, one bit for each, which loses a column and wins one from pixel to pixel. How many of it lie below
//! a block of ranks is known for one block, which follows the median (T. S. Huang, G. J. Yang and G. Y. Tang, "A fast
//! two-dimensional median filtering algorithm", IEEE Transactions on Acoustics, Speech and Signal Processing 27, 1979, has
//! that for histograms).

use rayon::prelude::*;

use super::Frame;
use super::rows::{Order, Rows};

/// Pixels across and down that are sorted at once: their ranks, a bit for each, fill the nearest cache.
const SORTED: usize = 448;

/// Ranks of a word.
const WORD: usize = 64;

/// Words of a block.
const BLOCK: usize = 16;

/// Takes the medians of all pixels.
pub(super) fn filter<O: Order>(rows: &Rows<'_, O>) -> Vec<O::Sample> {
    let frame = rows.frame;
    let mut out = vec![O::Sample::default(); rows.samples.len()];
    let tile = SORTED - 2 * frame.radius;
    out.par_chunks_mut(frame.row_len() * tile)
        .enumerate()
        .for_each_init(Tile::default, |state, (band, out)| {
            let height = out.len() / frame.row_len();
            for left in (0..frame.width).step_by(tile) {
                let width = tile.min(frame.width - left);
                state.run(rows, (left, band * tile), (width, height), out);
            }
        });
    out
}

/// What is known of a tile.
#[derive(Debug, Default)]
struct Tile<K> {
    /// Rows of it, with what their windows reach.
    keys: Vec<K>,
    /// Its samples of one channel in their order, and where they are.
    sorted: Vec<(K, u32)>,
    /// Its ranks, column after column.
    ranks: Vec<u32>,
    /// Its medians, row after row.
    medians: Vec<K>,
    set: Set,
}

impl<K: super::rows::Key> Tile<K> {
    fn run<O: Order<Key = K>>(
        &mut self,
        rows: &Rows<'_, O>,
        (left, top): (usize, usize),
        (width, height): (usize, usize),
        out: &mut [O::Sample],
    ) {
        let frame = rows.frame;
        let channels = frame.channels;
        let covered = (width + 2 * frame.radius) * channels;
        self.keys
            .resize(covered * (height + 2 * frame.radius), K::default());
        for (index, keys) in self.keys.chunks_exact_mut(covered).enumerate() {
            let y = (top + index)
                .saturating_sub(frame.radius)
                .min(frame.height - 1);
            rows.load(y, left * channels, keys);
        }
        self.medians.resize(width * height * channels, K::default());
        for channel in 0..channels {
            self.sort(frame, channel, covered);
            for y in 0..height {
                self.slide(frame, channel, y, width);
            }
        }
        let start = left * channels;
        let medians = self.medians.chunks_exact(width * channels);
        for (line, medians) in out.chunks_exact_mut(frame.row_len()).zip(medians) {
            rows.store(medians, &mut line[start..start + width * channels]);
        }
    }

    /// Gives each sample of a channel its rank.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a tile has less than 2^32 pixels"
    )]
    fn sort(&mut self, frame: Frame, channel: usize, covered: usize) {
        let columns = covered / frame.channels;
        let height = self.keys.len() / covered;
        self.sorted.clear();
        for (y, keys) in self.keys.chunks_exact(covered).enumerate() {
            let keys = keys[channel..].iter().step_by(frame.channels);
            let places = (0..columns).map(|x| (x * height + y) as u32);
            self.sorted.extend(keys.copied().zip(places));
        }
        self.sorted.sort_unstable();
        self.ranks.resize(self.sorted.len(), 0);
        for (rank, (_, place)) in self.sorted.iter().enumerate() {
            self.ranks[*place as usize] = rank as u32;
        }
    }

    /// Slides the window along a row.
    fn slide(&mut self, frame: Frame, channel: usize, y: usize, width: usize) {
        let side = 2 * frame.radius + 1;
        let height = self.ranks.len() / (width + side - 1);
        let column = |x: usize| &self.ranks[x * height + y..][..side];
        self.set.clear(self.sorted.len());
        for x in 0..side - 1 {
            self.set.win(column(x));
        }
        for x in 0..width {
            self.set.win(column(x + side - 1));
            let rank = self.set.at(frame.area() / 2);
            self.medians[(y * width + x) * frame.channels + channel] = self.sorted[rank].0;
            self.set.lose(column(x));
        }
    }
}

/// A set of ranks.
#[derive(Debug, Default)]
struct Set {
    words: Vec<u64>,
    /// How many there are in each block.
    counts: Vec<u32>,
    /// A block, and how many lie below it.
    block: usize,
    below: usize,
}

impl Set {
    fn clear(&mut self, ranks: usize) {
        let blocks = ranks.div_ceil(WORD * BLOCK);
        self.words.clear();
        self.words.resize(blocks * BLOCK, 0);
        self.counts.clear();
        self.counts.resize(blocks, 0);
        (self.block, self.below) = (0, 0);
    }

    fn win(&mut self, ranks: &[u32]) {
        for rank in ranks {
            let rank = *rank as usize;
            self.words[rank / WORD] |= 1 << (rank % WORD);
            self.counts[rank / (WORD * BLOCK)] += 1;
            self.below += usize::from(rank / (WORD * BLOCK) < self.block);
        }
    }

    fn lose(&mut self, ranks: &[u32]) {
        for rank in ranks {
            let rank = *rank as usize;
            self.words[rank / WORD] &= !(1 << (rank % WORD));
            self.counts[rank / (WORD * BLOCK)] -= 1;
            self.below -= usize::from(rank / (WORD * BLOCK) < self.block);
        }
    }

    /// The rank that has so many below it.
    fn at(&mut self, count: usize) -> usize {
        while self.below > count {
            self.block -= 1;
            self.below -= self.counts[self.block] as usize;
        }
        while self.below + self.counts[self.block] as usize <= count {
            self.below += self.counts[self.block] as usize;
            self.block += 1;
        }
        let mut left = count - self.below;
        let first = self.block * BLOCK;
        for (index, word) in self.words[first..first + BLOCK].iter().enumerate() {
            let ones = word.count_ones() as usize;
            if left < ones {
                let mut word = *word;
                for _ in 0..left {
                    word &= word - 1;
                }
                return (first + index) * WORD + word.trailing_zeros() as usize;
            }
            left -= ones;
        }
        unreachable!("the block holds more than that")
    }
}
