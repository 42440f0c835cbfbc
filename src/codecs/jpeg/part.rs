//! One component of a scan: the blocks that were found, and what is made of them.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use std::sync::Arc;

use super::make::{Begin, Blocks, Data, Make, make_for};
use super::segments::{Frame, NotOurs, Scan, Tables};
use super::tables::Tables as Lookup;
use super::target::Target;

/// A component of the scan.
#[derive(Debug)]
pub(super) struct Part {
    /// Its place in the scan.
    pub(super) place: usize,
    /// Blocks in a unit.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) tables: Arc<Lookup>,
    make: Box<dyn Make>,
    blocks: Blocks,
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
                place,
                across: if alone { 1 } else { component.across },
                down: if alone { 1 } else { component.down },
                make: make_for(&targets[place], steps),
                blocks: Blocks::new(lookup.clone()),
                tables: lookup,
            })
        })
        .collect()
}

/// Units that follow each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'a> {
    /// The begins of all their blocks, of which each unit has so many.
    pub(super) begins: &'a [u32],
    pub(super) blocks: usize,
    /// Where the first unit stands, in units.
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) units_across: usize,
    /// Whether the first block is coded without regard to those before.
    pub(super) fresh: bool,
}

/// Units, and about as many blocks, that are noted before they are decoded: few enough to stay in the cache.
const AT_ONCE: usize = 1024;

impl Part {
    /// Decodes the part's blocks in some units, which begin at block `own` of each.
    pub(super) fn decode(
        &mut self,
        stretches: &[Stretch<'_>],
        own: usize,
        data: &mut Data<'_>,
        target: &mut Target,
    ) {
        for stretch in stretches {
            let mut fresh = stretch.fresh;
            let (mut column, mut row) = (stretch.column, stretch.row);
            let mut begins = stretch.begins;
            while !begins.is_empty() {
                let units = (stretch.units_across - column)
                    .min(begins.len() / stretch.blocks)
                    .min(AT_ONCE);
                let (now, later) = begins.split_at(units * stretch.blocks);
                let from = self.blocks.begins.len();
                self.list(now, stretch.blocks, own, (column, row), target);
                if fresh {
                    self.blocks.begins[from].mark_fresh();
                }
                if self.blocks.begins.len() >= AT_ONCE {
                    self.make.all(&mut self.blocks, data, target);
                }
                (fresh, begins) = (false, later);
                column += units;
                if column == stretch.units_across {
                    (column, row) = (0, row + 1);
                }
            }
        }
        self.make.all(&mut self.blocks, data, target);
    }

    /// Notes the blocks of units that stand side by side, the first one there.
    fn list(
        &mut self,
        begins: &[u32],
        blocks: usize,
        own: usize,
        (column, row): (usize, usize),
        target: &Target,
    ) {
        let (right, below) = target.steps();
        let place = row * self.down * below + column * self.across * right;
        let step = self.across * right;
        match (self.across, self.down) {
            (1, 1) => self.list_units(begins, blocks, own, [0], (place, step)),
            (2, 1) => self.list_units(begins, blocks, own, [0, right], (place, step)),
            (1, 2) => self.list_units(begins, blocks, own, [0, below], (place, step)),
            (2, 2) => {
                let offsets = [0, right, below, below + right];
                self.list_units(begins, blocks, own, offsets, (place, step));
            }
            (across, down) => {
                for (n, unit) in begins.chunks_exact(blocks).enumerate() {
                    for (at, bit) in unit[own..][..across * down].iter().enumerate() {
                        let offset = at / across * below + at % across * right;
                        self.blocks
                            .begins
                            .push(Begin::new(*bit, place + n * step + offset));
                    }
                }
            }
        }
    }

    /// Notes `K` blocks in each of some units, with these offsets from the unit's own place.
    #[inline(always)]
    fn list_units<const K: usize>(
        &mut self,
        begins: &[u32],
        blocks: usize,
        own: usize,
        offsets: [usize; K],
        (mut place, step): (usize, usize),
    ) {
        let from = self.blocks.begins.len();
        let count = begins.len() / blocks;
        self.blocks
            .begins
            .resize(from + count * K, Begin::default());
        let (slots, _) = self.blocks.begins[from..].as_chunks_mut::<K>();
        for (slots, unit) in slots.iter_mut().zip(begins.chunks_exact(blocks)) {
            let bits = unit[own..].first_chunk::<K>();
            let bits = bits.copied().unwrap_or([0; K]);
            *slots = std::array::from_fn(|at| Begin::new(bits[at], place + offsets[at]));
            place += step;
        }
    }
}
