//! What is made of blocks: samples at some part of their size, or coefficients of another quality.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use std::fmt::Debug;
use std::sync::Arc;

use super::gather::{COLUMNS, Gatherer, INDICES, LANES, Order, ROWS, Wanted, first};
use super::inverse::{Few, Small, Whole, last_index};
use super::requantize::Requantizer;
use super::segments::Steps;
use super::tables::Tables as Lookup;
use super::target::Target;
use super::walk::Window;

/// What coefficients are turned into.
pub(super) trait Make: Debug {
    /// How blocks are to be ordered for it.
    fn order(&self) -> &'static Order;

    /// The index of the last coefficient that matters.
    fn last(&self) -> u32;

    /// Makes one block, whose DC coefficient is given apart, in its place.
    fn one(&self, block: &[i16; 64], dc: i32, place: usize, target: &mut Target);

    /// Makes the blocks at hand, after which there are none.
    fn all(&self, blocks: &mut Blocks, data: &mut Data<'_>, target: &mut Target) {
        let wanted = Wanted {
            numbers: &blocks.tables.numbers,
            order: self.order(),
            last: self.last(),
        };
        for begins in blocks.begins.chunks(Gatherer::BATCH) {
            let bits = begins.iter().map(|begin| begin.bit);
            data.gatherer.read(data.window, bits, &wanted);
            for (block, begin) in data.gatherer.blocks().zip(begins) {
                let dc = blocks.predicted.next(block[0], *begin);
                self.one(block, dc, begin.place(), target);
            }
        }
        blocks.begins.clear();
    }
}

/// What makes this target of coefficients that were divided by these steps.
pub(super) fn make_for(target: &Target, steps: &Steps) -> Box<dyn Make> {
    let plane = match target {
        Target::Samples(plane) => plane,
        Target::Coefficients(grid) => return Box::new(Requantizer::new(steps, &grid.steps)),
    };
    match plane.scale {
        (1, 1) => Box::new(Few::<0, 1, 1>::new(steps)),
        (2, 1) => Box::new(Few::<1, 2, 1>::new(steps)),
        (1, 2) => Box::new(Few::<2, 1, 2>::new(steps)),
        (2, 2) => Box::new(Few::<4, 2, 2>::new(steps)),
        (3, 3) => Box::new(Small::<3, 3>::new(steps)),
        (4, 2) => Box::new(Small::<4, 2>::new(steps)),
        (2, 4) => Box::new(Small::<2, 4>::new(steps)),
        (4, 4) => Box::new(Small::<4, 4>::new(steps)),
        (5, 3) => Box::new(Small::<5, 3>::new(steps)),
        (3, 5) => Box::new(Small::<3, 5>::new(steps)),
        (5, 5) => Box::new(Small::<5, 5>::new(steps)),
        (6, 3) => Box::new(Small::<6, 3>::new(steps)),
        (3, 6) => Box::new(Small::<3, 6>::new(steps)),
        (6, 6) => Box::new(Small::<6, 6>::new(steps)),
        (8, 4) => Box::new(Small::<8, 4>::new(steps)),
        (4, 8) => Box::new(Small::<4, 8>::new(steps)),
        _ => Box::new(Whole::new(steps)),
    }
}

/// The scales that there are, the smallest first: eighths across and down.
pub(super) const SCALES: [(usize, usize); 17] = [
    (1, 1),
    (2, 1),
    (1, 2),
    (2, 2),
    (4, 2),
    (2, 4),
    (3, 3),
    (5, 3),
    (3, 5),
    (4, 4),
    (6, 3),
    (3, 6),
    (5, 5),
    (8, 4),
    (4, 8),
    (6, 6),
    (8, 8),
];

/// Where a block begins in the window, and where it goes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Begin {
    bit: u32,
    /// Its first sample's, or its own, place in the target; and [`FRESH`] where nothing is known of the block before it.
    place: u32,
}

const FRESH: u32 = 1 << 31;

impl Begin {
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "below 2^31: see `fits`")]
    pub(super) fn new(bit: u32, place: usize) -> Self {
        Self {
            bit,
            place: place as u32,
        }
    }

    /// Nothing is known of the block before it.
    pub(super) fn mark_fresh(&mut self) {
        self.place |= FRESH;
    }

    fn place(self) -> usize {
        (self.place & !FRESH) as usize
    }
}

/// What is decoded from.
#[derive(Debug)]
pub(super) struct Data<'a> {
    pub(super) window: &'a Window,
    pub(super) gatherer: &'a mut Gatherer,
}

/// The blocks of one component that are at hand.
#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) begins: Vec<Begin>,
    tables: Arc<Lookup>,
    predicted: Predicted,
}

impl Blocks {
    /// None, so far, of those that were coded with these tables.
    pub(super) fn new(tables: Arc<Lookup>) -> Self {
        Self {
            begins: Vec::new(),
            tables,
            predicted: Predicted(0),
        }
    }

    /// Calls `put` with the first coefficients of each (see [`first`]), its DC coefficient, and its place.
    #[inline(always)]
    fn each_first<const LAST: u32>(
        &mut self,
        window: &Window,
        mut put: impl FnMut(&[i16; 8], i32, usize),
    ) {
        let numbers = &self.tables.numbers;
        let (some, rest) = self.begins.as_chunks::<LANES>();
        let mut predicted = self.predicted;
        for begins in some {
            let blocks = first::<LAST, LANES>(window, begins.map(|begin| begin.bit), numbers);
            for (block, begin) in blocks.iter().zip(begins) {
                put(block, predicted.next(block[0], *begin), begin.place());
            }
        }
        for begin in rest {
            let [block] = first::<LAST, 1>(window, [begin.bit], numbers);
            put(&block, predicted.next(block[0], *begin), begin.place());
        }
        self.predicted = predicted;
        self.begins.clear();
    }
}

/// The DC coefficient of the block before, as the file counts it.
#[derive(Debug, Clone, Copy)]
struct Predicted(i32);

impl Predicted {
    #[inline(always)]
    fn next(&mut self, difference: i16, begin: Begin) -> i32 {
        if begin.place & FRESH != 0 {
            self.0 = 0;
        }
        // What a damaged file adds up to is of no use, but must not stop anything.
        self.0 = self.0.wrapping_add(difference.into());
        self.0
    }
}

impl<const LAST: u32, const W: usize, const H: usize> Make for Few<LAST, W, H> {
    fn order(&self) -> &'static Order {
        &INDICES
    }

    fn last(&self) -> u32 {
        LAST
    }

    fn one(&self, block: &[i16; 64], dc: i32, place: usize, target: &mut Target) {
        let first = [block[0], block[1], block[2], block[4], 0, 0, 0, 0];
        target.put(place, self.run(dc, &first));
    }

    fn all(&self, blocks: &mut Blocks, data: &mut Data<'_>, target: &mut Target) {
        let Target::Samples(plane) = target else {
            return;
        };
        blocks.each_first::<LAST>(data.window, |block, dc, place| {
            plane.put(place, self.run(dc, block));
        });
    }
}

impl<const W: usize, const H: usize> Make for Small<W, H> {
    fn order(&self) -> &'static Order {
        &ROWS
    }

    fn last(&self) -> u32 {
        const { last_index(W, H) }
    }

    #[inline(always)]
    fn one(&self, block: &[i16; 64], dc: i32, place: usize, target: &mut Target) {
        target.put(place, self.run(dc, block));
    }
}

impl Make for Whole {
    fn order(&self) -> &'static Order {
        &COLUMNS
    }

    fn last(&self) -> u32 {
        const { last_index(8, 8) }
    }

    #[inline(always)]
    fn one(&self, block: &[i16; 64], dc: i32, place: usize, target: &mut Target) {
        target.put(place, self.run(dc, block));
    }
}

impl Make for Requantizer {
    fn order(&self) -> &'static Order {
        &INDICES
    }

    fn last(&self) -> u32 {
        const { last_index(8, 8) }
    }

    #[inline(always)]
    fn one(&self, block: &[i16; 64], dc: i32, place: usize, target: &mut Target) {
        if let Target::Coefficients(grid) = target {
            grid.blocks[place] = self.run(dc, block);
        }
    }
}
