//! Taking coefficients out of blocks whose places are known.
//!
//! As in [`super::walk`], reading one symbol is a chain of instructions that wait for each other; so several blocks are
//! read in turn, and nothing in a step is decided by a jump: not even whether a block has ended, since no processor
//! can guess that.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use super::inverse::ZIGZAG;
use super::tables::Numbers;
use super::walk::{Window, word_at};

/// Places that are read in turn.
pub(super) const LANES: usize = 4;

/// Steps between looks at how far a lane has come.
const ROUND: usize = 16;

/// Numbers kept for a block: its coefficients in rows of 8, and as many more, of which what is not wanted gets one.
const STRIDE: u32 = 128;

/// Blocks there is room for.
const ROOM: usize = 512;

/// A block that nobody wants, and as many more as a round may make of it.
const NOWHERE: u32 = (512 - 2 * 16) * STRIDE;

const _: () = assert!(NOWHERE as usize / STRIDE as usize == ROOM - 2 * ROUND);

/// Where the coefficients of a block go, by their indices.
#[derive(Debug)]
pub(super) struct Order([u8; STRIDE as usize]);

impl Order {
    /// Where the coefficient with this index goes.
    pub(super) fn place(&self, index: usize) -> usize {
        self.0[index].into()
    }
}

/// Row after row.
pub(super) const ROWS: Order = Order(places(8, 1));

/// Column after column.
pub(super) const COLUMNS: Order = Order(places(1, 8));

/// As they come.
pub(super) const INDICES: Order = Order(indices());

const fn indices() -> [u8; STRIDE as usize] {
    let mut places = [64; STRIDE as usize];
    let mut at = 0;
    while at < 64 {
        places[at as usize] = at;
        at += 1;
    }
    places
}

const fn places(down: usize, across: usize) -> [u8; STRIDE as usize] {
    let mut places = [64; STRIDE as usize];
    let mut at = 0;
    while at < 64 {
        let (row, column) = (ZIGZAG[at] / 8, ZIGZAG[at] % 8);
        #[expect(clippy::cast_possible_truncation, reason = "below 64")]
        let place = (down * row + across * column) as u8;
        places[at] = place;
        at += 1;
    }
    places
}

/// What is wanted of blocks.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) numbers: &'a Numbers,
    pub(super) order: &'a Order,
    /// The last index.
    pub(super) last: u32,
}

/// Reads blocks of one component.
#[derive(Debug)]
pub(super) struct Gatherer {
    /// Where the blocks at hand begin.
    begins: Box<[u32; ROOM]>,
    /// Their coefficients.
    numbers: Box<[i16; ROOM * STRIDE as usize]>,
    count: usize,
}

/// One of the places.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    /// The bit of the next symbol.
    position: u32,
    /// The block it belongs to, times [`STRIDE`], plus the index it counts from.
    at: u32,
    /// Where the next lane has begun.
    end: u32,
}

impl Gatherer {
    /// Blocks that are read at once. Lanes may run over by a block a step.
    pub(super) const BATCH: usize = ROOM - 4 * ROUND;

    pub(super) fn new() -> Self {
        Self {
            begins: Box::new([0; ROOM]),
            numbers: match vec![0; ROOM * STRIDE as usize].try_into() {
                Ok(numbers) => numbers,
                Err(_) => unreachable!("that is its length"),
            },
            count: 0,
        }
    }

    /// Reads the blocks that begin at these bits, of which there are at most [`Self::BATCH`].
    pub(super) fn read(
        &mut self,
        window: &Window,
        begins: impl Iterator<Item = u32>,
        wanted: &Wanted<'_>,
    ) {
        self.count = 0;
        for (slot, begin) in self.begins[..Self::BATCH].iter_mut().zip(begins) {
            *slot = begin;
            self.count += 1;
        }
        let blocks = self.numbers.chunks_exact_mut(STRIDE as usize);
        for block in blocks.take(self.count) {
            // The rest gets what nobody wants.
            block[..64].fill(0);
        }
        let mut lanes = [Lane::default(); LANES];
        #[expect(clippy::cast_possible_truncation, reason = "a few hundred")]
        let border = |lane: usize| (self.count * lane / LANES) as u32;
        for (n, lane) in lanes.iter_mut().enumerate() {
            *lane = Lane {
                position: self.begins[border(n) as usize],
                at: border(n) * STRIDE,
                end: border(n + 1) * STRIDE,
            };
        }
        while lanes.iter().any(|lane| lane.at < lane.end) {
            for _ in 0..ROUND {
                for lane in &mut lanes {
                    self.step(window, lane, wanted);
                }
            }
            for lane in lanes.iter_mut().filter(|lane| lane.at >= lane.end) {
                // What it has done beyond its end is what the next lane does, or is not looked at.
                *lane = Lane {
                    position: 0,
                    at: NOWHERE,
                    end: 0,
                };
            }
        }
    }

    #[inline(always)]
    fn step(&mut self, window: &Window, lane: &mut Lane, wanted: &Wanted<'_>) {
        let begins = lane.at.is_multiple_of(STRIDE);
        let found = wanted.numbers.find(word_at(window, lane.position), begins);
        let at = lane.at + found.run();
        let place = (at & !(STRIDE - 1)) | u32::from(wanted.order.0[(at % STRIDE) as usize]);
        self.numbers[place as usize % (ROOM * STRIDE as usize)] = found.value();
        let ended = at % STRIDE >= wanted.last;
        let next = (at | (STRIDE - 1)) + 1;
        let begin = self.begins[(next / STRIDE) as usize % ROOM];
        lane.at = if ended { next } else { at + 1 };
        lane.position = if ended {
            begin
        } else {
            lane.position + found.bits()
        };
    }

    /// The coefficients of each block. The DC coefficient is the difference from the block before.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &[i16; 64]> {
        let blocks = self.numbers.chunks_exact(STRIDE as usize);
        blocks
            .take(self.count)
            .filter_map(|block| block.first_chunk())
    }
}

/// The first coefficients of some blocks, which begin at these bits: those with the indices 0, 1, 2 and 4, as far as
/// `LAST` is; behind them there is what is not wanted.
///
/// As many symbols as lead there at the most are read of every block, even where it has ended.
#[inline(always)]
pub(super) fn first<const LAST: u32, const L: usize>(
    window: &Window,
    mut positions: [u32; L],
    numbers: &Numbers,
) -> [[i16; 8]; L] {
    let (mut blocks, mut indices) = ([[0; 8]; L], [0; L]);
    for symbol in 0..=LAST {
        let lanes = positions.iter_mut().zip(&mut indices).zip(&mut blocks);
        for ((position, at), block) in lanes {
            let found = numbers.find(word_at(window, *position), symbol == 0);
            *at += found.run();
            block[usize::from(SLOTS[*at as usize & 511]) % 8] = found.value();
            *at += 1;
            *position += found.bits();
        }
    }
    blocks
}

/// Where the first coefficients go.
const SLOTS: [u8; 512] = {
    let mut slots = [7; 512];
    slots[0] = 0;
    slots[1] = 1;
    slots[2] = 2;
    slots[4] = 3;
    slots
};
