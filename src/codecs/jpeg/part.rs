//! One component of a scan: the blocks that were found, and what is made of them.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use std::iter::Take;
use std::ops::Range;
use std::slice::ChunksExact;
use std::sync::Arc;

use super::gather::{BATCH, COLUMNS, Gatherer, INDICES, LANES, Order, ROWS, Wanted, first};
use super::inverse::{Small, Whole, last_index, mean, quarters};
use super::requantize::Requantizer;
use super::segments::{Frame, NotOurs, Scan, Steps, Tables};
use super::tables::Tables as Lookup;
use super::target::{Grid, Plane, Target};
use super::walk::Window;

/// A component of the scan.
#[derive(Debug)]
pub(super) struct Part {
    /// Which of the frame's components it is.
    pub(super) index: usize,
    /// Its place in the scan.
    pub(super) place: usize,
    /// Blocks in a unit.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) tables: Arc<Lookup>,
    /// The DC coefficient of the block before, as the file counts it.
    predicted: i32,
    gatherer: Gatherer,
    making: Making,
    /// The blocks at hand.
    begins: Vec<Begin>,
}

/// The components of a scan, and what they need to be decoded.
pub(super) fn components(
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
    targets: &[Target],
) -> Result<Vec<Part>, NotOurs> {
    let alone = scan.components.len() == 1;
    scan.components
        .iter()
        .enumerate()
        .map(|(place, named)| {
            let component = &frame.components[named.index];
            let dc = tables.dc[named.dc].as_ref().ok_or(NotOurs)?;
            let ac = tables.ac[named.ac].as_ref().ok_or(NotOurs)?;
            let steps = tables.steps[component.steps].as_ref().ok_or(NotOurs)?;
            let lookup = Lookup::of(dc, ac);
            Ok(Part {
                index: named.index,
                place,
                across: if alone { 1 } else { component.across },
                down: if alone { 1 } else { component.down },
                predicted: 0,
                gatherer: Gatherer::new(),
                making: Making::new(&targets[place], steps),
                begins: Vec::new(),
                tables: lookup,
            })
        })
        .collect()
}

/// Units of one component that follow each other.
pub(super) struct Stretch<'a> {
    /// The begins of all blocks of each unit.
    pub(super) begins: Take<ChunksExact<'a, u32>>,
    /// Those that belong to the component.
    pub(super) own: Range<usize>,
    /// Where the first unit stands, in units.
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) units_across: usize,
}

/// Where a block begins in the window, and where it goes.
#[derive(Debug, Clone, Copy)]
struct Begin {
    bit: u32,
    /// Its first sample's, or its own, place in the target; and [`FRESH`] where nothing is known of the block before it.
    place: u32,
}

const FRESH: u32 = 1 << 31;

impl Begin {
    fn place(self) -> usize {
        (self.place & !FRESH) as usize
    }
}

/// What is made of a component's blocks.
#[derive(Debug)]
enum Making {
    Mean(i32),
    Quarters([i32; 4]),
    Three(Small<3>),
    Four(Small<4>),
    Five(Small<5>),
    Six(Small<6>),
    Whole(Whole),
    Requantized(Requantizer),
}

impl Making {
    fn new(target: &Target, steps: &Steps) -> Self {
        let plane = match target {
            Target::Samples(plane) => plane,
            Target::Coefficients(grid) => {
                return Self::Requantized(Requantizer::new(steps, &grid.steps));
            }
        };
        match plane.scale {
            1 => Self::Mean(steps[0].into()),
            2 => {
                let [whole, across, down, _, both, ..] = steps.map(i32::from);
                Self::Quarters([whole, across, down, both])
            }
            3 => Self::Three(Small::new(steps)),
            4 => Self::Four(Small::new(steps)),
            5 => Self::Five(Small::new(steps)),
            6 => Self::Six(Small::new(steps)),
            _ => Self::Whole(Whole::new(steps)),
        }
    }
}

impl Part {
    /// Begins with the blocks of another window.
    pub(super) fn clear(&mut self) {
        self.begins.clear();
    }

    /// Notes the blocks of a stretch; where it is `fresh`, the first is coded without regard to those before.
    pub(super) fn list(&mut self, stretch: Stretch<'_>, target: &Target, fresh: bool) {
        // From block to block, and from row to row of blocks.
        let (right, below) = match target {
            Target::Samples(plane) => (plane.scale, plane.scale * plane.stride),
            Target::Coefficients(grid) => (1, grid.across),
        };
        let (mut column, mut row) = (stretch.column, stretch.row);
        let mut mark = if fresh { FRESH } else { 0 };
        for begins in stretch.begins {
            let mut line = row * self.down * below + column * self.across * right;
            for begins in begins[stretch.own.clone()].chunks_exact(self.across) {
                let mut place = line;
                for bit in begins {
                    #[expect(clippy::cast_possible_truncation, reason = "below 2^31: see `fits`")]
                    let at = place as u32;
                    self.begins.push(Begin {
                        bit: *bit,
                        place: at | mark,
                    });
                    mark = 0;
                    place += right;
                }
                line += below;
            }
            column += 1;
            if column == stretch.units_across {
                (column, row) = (0, row + 1);
            }
        }
    }

    /// Decodes the blocks that were noted.
    pub(super) fn decode(&mut self, window: &Window, target: &mut Target) {
        let making = std::mem::replace(&mut self.making, Making::Mean(1));
        match target {
            Target::Samples(plane) => self.samples(window, plane, &making),
            Target::Coefficients(grid) => self.coefficients(window, grid, &making),
        }
        self.making = making;
    }

    fn coefficients(&mut self, window: &Window, grid: &mut Grid, making: &Making) {
        let Making::Requantized(requantizer) = making else {
            return;
        };
        self.each(window, &INDICES, last_index(8), |block, dc, place| {
            grid.blocks[place] = requantizer.run(dc, block);
        });
    }

    fn samples(&mut self, window: &Window, plane: &mut Plane, making: &Making) {
        match making {
            Making::Mean(step) => {
                self.each_first::<0>(window, |_, dc, place| {
                    plane.samples[place] = mean(dc.wrapping_mul(*step));
                });
            }
            Making::Quarters([whole, across, down, both]) => {
                self.each_first::<4>(window, |block, dc, place| {
                    let value = |at: usize, step: &i32| i32::from(block[at]) * step;
                    let dc = dc.wrapping_mul(*whole);
                    plane.put(
                        place,
                        quarters(dc, value(1, across), value(2, down), value(3, both)),
                    );
                });
            }
            Making::Three(small) => {
                self.make(window, plane, &ROWS, |block, dc| small.run(dc, block));
            }
            Making::Four(small) => {
                self.make(window, plane, &ROWS, |block, dc| small.run(dc, block));
            }
            Making::Five(small) => {
                self.make(window, plane, &ROWS, |block, dc| small.run(dc, block));
            }
            Making::Six(small) => {
                self.make(window, plane, &ROWS, |block, dc| small.run(dc, block));
            }
            Making::Whole(whole) => {
                self.make(window, plane, &COLUMNS, |block, dc| whole.run(dc, block));
            }
            Making::Requantized(_) => {}
        }
    }

    #[inline(always)]
    fn make<const N: usize>(
        &mut self,
        window: &Window,
        plane: &mut Plane,
        order: &Order,
        inverse: impl Fn(&[i16; 64], i32) -> [[u8; N]; N],
    ) {
        self.each(
            window,
            order,
            const { last_index(N) },
            |block, dc, place| {
                plane.put(place, inverse(block, dc));
            },
        );
    }

    /// Calls `put` with the first coefficients of each block that was noted (see [`first`]), its DC coefficient, and
    /// its place.
    #[inline(always)]
    fn each_first<const LAST: u32>(
        &mut self,
        window: &Window,
        mut put: impl FnMut(&[i16; 8], i32, usize),
    ) {
        let numbers = &self.tables.numbers;
        let (some, rest) = self.begins.as_chunks::<LANES>();
        let mut predicted = Predicted(self.predicted);
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
        self.predicted = predicted.0;
    }

    /// Calls `put` with the coefficients of each block that was noted, as far as index `last`, its DC coefficient, and its
    /// place.
    #[inline(always)]
    fn each(
        &mut self,
        window: &Window,
        order: &Order,
        last: u32,
        mut put: impl FnMut(&[i16; 64], i32, usize),
    ) {
        let wanted = Wanted {
            numbers: &self.tables.numbers,
            order,
            last,
        };
        let mut predicted = Predicted(self.predicted);
        for begins in self.begins.chunks(BATCH) {
            let bits = begins.iter().map(|begin| begin.bit);
            self.gatherer.read(window, bits, &wanted);
            for (block, begin) in self.gatherer.blocks().zip(begins) {
                put(block, predicted.next(block[0], *begin), begin.place());
            }
        }
        self.predicted = predicted.0;
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
