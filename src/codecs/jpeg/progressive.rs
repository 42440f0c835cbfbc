//! Scans that refine a picture step by step (ITU-T T.81, annex G).
//!
//! Coefficients are collected over many scans, so they are held: of each block only as many as its target wants, and of
//! the others a bit that says whether they are zero, without which later scans cannot be read. A scan that has nothing
//! for anybody is passed over by its end marker alone: for a picture of means, that is nearly all of a file.

use std::ops::Range;

use super::bits::Bits;
use super::huffman::{Lookup, run_and_size};
use super::inverse::last_index;
use super::make::{Make, make_for};
use super::segments::{Frame, NotOurs, Scan, Steps, Tables};
use super::target::Target;

/// Coefficients in a block.
const ALL: usize = 64;

/// The components of a progressive picture.
#[derive(Debug)]
pub(super) struct Progress {
    stores: Vec<Store>,
}

/// What is known of one component.
#[derive(Debug)]
struct Store {
    target: Target,
    /// Blocks in a row, with those that only fill up units.
    across: usize,
    /// Coefficients held of each block.
    kept: usize,
    /// Those, block after block, by their indices.
    numbers: Vec<i16>,
    /// For each block, one bit for each coefficient that is not zero.
    found: Vec<u64>,
    /// How many of the lowest bits each coefficient lacks; none where there was no scan of it.
    lacking: [Option<u32>; ALL],
    /// As they stand before the component's first scan.
    steps: Option<Steps>,
}

/// Bytes held for each block of a component that is decoded at this scale.
pub(super) fn block_memory(scale: (usize, usize)) -> usize {
    let kept = last_index(scale.0, scale.1) as usize + 1;
    kept * size_of::<i16>() + size_of::<u64>()
}

/// What is left of a scan when its data end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scanned {
    /// No further than where they end.
    pub(super) end: usize,
    /// Whether some of them are missing.
    pub(super) cut: bool,
}

impl Progress {
    /// Nothing is known yet of what these targets are made of, one for each component.
    pub(super) fn new(frame: &Frame, targets: Vec<Target>) -> Self {
        let stores = targets.into_iter().zip(&frame.components);
        let stores = stores.map(|(target, component)| {
            let kept = make_for(&target, &[1; ALL]).last() as usize + 1;
            let across = frame.units_across() * component.across;
            let blocks = across * frame.units_down() * component.down;
            Store {
                target,
                across,
                kept,
                numbers: vec![0; blocks * kept],
                found: vec![0; if kept == 1 { 0 } else { blocks }],
                lacking: [None; ALL],
                steps: None,
            }
        });
        Self {
            stores: stores.collect(),
        }
    }

    /// Which of a file's scans must be read: those that say something of a coefficient that is held, and those without
    /// which they cannot be read. What is known of a scan's whole band decides how a later one is read that refines it.
    pub(super) fn wanted(&self, scans: &[Scan]) -> impl Iterator<Item = bool> + use<> {
        let mut needed: Vec<u64> = self.stores.iter().map(|store| lowest(store.kept)).collect();
        let mut wanted = vec![false; scans.len()];
        for (scan, wanted) in scans.iter().zip(&mut wanted).rev() {
            let band = lowest(scan.last + 1) & !lowest(scan.first);
            for part in &scan.components {
                if needed[part.index] & band != 0 {
                    *wanted = true;
                    needed[part.index] |= band;
                }
            }
        }
        wanted.into_iter()
    }

    /// Reads a scan, whose data begin at `at`, if it is wanted.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        at: usize,
        frame: &Frame,
        scan: &Scan,
        tables: &Tables,
        wanted: bool,
    ) -> Result<Scanned, NotOurs> {
        for part in &scan.components {
            let store = &mut self.stores[part.index];
            store.begin(scan, tables, frame.components[part.index].steps)?;
        }
        let mut bits = Bits::new(bytes, at);
        if wanted {
            let mut run = Run {
                frame,
                scan,
                tables,
                stores: &mut self.stores,
            };
            run.read(&mut bits)?;
        }
        Ok(Scanned {
            end: bits.position(),
            cut: bits.is_cut(),
        })
    }

    /// Whether no scan that may follow can change anything.
    pub(super) fn is_complete(&self) -> bool {
        let known = |store: &Store| store.lacking[..store.kept].iter().all(|n| *n == Some(0));
        self.stores.iter().all(known)
    }

    /// What was made of the coefficients.
    pub(super) fn finish(self) -> Vec<Target> {
        self.stores.into_iter().map(Store::finish).collect()
    }
}

impl Store {
    /// Notes that a scan has come. Every one must go on where another has left off: so a file has only so many of them.
    fn begin(&mut self, scan: &Scan, tables: &Tables, steps: usize) -> Result<(), NotOurs> {
        if self.steps.is_none() {
            self.steps = tables.steps[steps];
        }
        let before = (scan.high > 0).then_some(scan.high);
        let band = &mut self.lacking[scan.first..=scan.last];
        if self.steps.is_none() || band.iter().any(|lacking| *lacking != before) {
            return Err(NotOurs);
        }
        band.fill(Some(scan.low));
        Ok(())
    }

    fn finish(mut self) -> Target {
        let Some(steps) = self.steps else {
            // No scan of it was there: it stays gray.
            return self.target;
        };
        let make: Box<dyn Make> = make_for(&self.target, &steps);
        let order = make.order();
        let mut block = [0; ALL];
        for (n, numbers) in self.numbers.chunks_exact(self.kept).enumerate() {
            for (at, number) in numbers.iter().enumerate() {
                block[order.place(at)] = *number;
            }
            let (column, row) = (n % self.across, n / self.across);
            let place = self.target.place(column, row);
            make.one(&block, numbers[0].into(), place, &mut self.target);
        }
        self.target
    }
}

/// A scan that is being read.
struct Run<'a> {
    frame: &'a Frame,
    scan: &'a Scan,
    tables: &'a Tables,
    stores: &'a mut [Store],
}

impl<'a> Run<'a> {
    fn read(&mut self, bits: &mut Bits<'_>) -> Result<(), NotOurs> {
        match (self.scan.first, self.scan.high) {
            (0, 0) => self.means(bits),
            (0, _) => {
                let bit = 1 << self.scan.low;
                self.each_block(bits, |bits, store, block, _| {
                    if bits.take(1) == 1 {
                        store.numbers[block * store.kept] |= bit;
                    }
                });
                Ok(())
            }
            (_, 0) => self.waves(bits),
            _ => self.refined_waves(bits),
        }
    }

    fn means(&mut self, bits: &mut Bits<'_>) -> Result<(), NotOurs> {
        let mut codes = Vec::new();
        for part in &self.scan.components {
            codes.push(Lookup::new(
                self.tables.dc[part.dc].as_ref().ok_or(NotOurs)?,
            ));
        }
        let mut before = vec![0_i32; codes.len()];
        let low = self.scan.low;
        self.each_block(bits, |bits, store, block, at| {
            if at.fresh {
                before.fill(0);
            }
            let size = codes[at.part].symbol(bits).into();
            before[at.part] = before[at.part].wrapping_add(bits.number(size));
            store.numbers[block * store.kept] = narrow(before[at.part] << low);
        });
        Ok(())
    }

    /// The code of a scan of waves, which has one component.
    fn code(&self) -> Result<Lookup<'a>, NotOurs> {
        let part = self.scan.components.first().ok_or(NotOurs)?;
        let tables = self.tables;
        tables.ac[part.ac].as_ref().map(Lookup::new).ok_or(NotOurs)
    }

    fn waves(&mut self, bits: &mut Bits<'_>) -> Result<(), NotOurs> {
        let code = self.code()?;
        let (first, last, low) = (self.scan.first, self.scan.last, self.scan.low);
        // Blocks to come that end before they begin.
        let mut ended = 0_u32;
        self.each_block(bits, |bits, store, block, at| {
            if at.fresh {
                ended = 0;
            }
            if ended > 0 {
                ended -= 1;
                return;
            }
            let mut index = first;
            while index <= last {
                let symbol = code.symbol(bits);
                let Some((run, size)) = run_and_size(symbol) else {
                    let run = u32::from(symbol >> 4);
                    ended = (1 << run) - 1 + bits.take(run);
                    return;
                };
                index += run as usize;
                if size > 0 && index < ALL {
                    store.put(block, index, narrow(bits.number(size) << low));
                }
                index += 1;
            }
        });
        Ok(())
    }

    fn refined_waves(&mut self, bits: &mut Bits<'_>) -> Result<(), NotOurs> {
        let code = self.code()?;
        let (first, last, low) = (self.scan.first, self.scan.last, self.scan.low);
        let mut ended = 0_u32;
        self.each_block(bits, |bits, store, block, at| {
            if at.fresh {
                ended = 0;
            }
            let mut index = first;
            while ended == 0 && index <= last {
                let symbol = code.symbol(bits);
                let Some((run, size)) = run_and_size(symbol) else {
                    let run = u32::from(symbol >> 4);
                    ended = (1 << run) + bits.take(run);
                    break;
                };
                // A new coefficient is one bit, whatever the symbol says.
                let value = match (size, bits.take(size.min(1))) {
                    (0, _) => 0,
                    (_, 0) => -1 << low,
                    _ => 1 << low,
                };
                let next = store.zero_behind(block, index, last, run);
                store.refine(block, index..next, low, bits);
                index = next;
                if value != 0 && index <= last {
                    store.put(block, index, value);
                }
                index += 1;
            }
            if ended > 0 {
                store.refine(block, index..last + 1, low, bits);
                ended -= 1;
            }
        });
        Ok(())
    }

    /// Calls `read` for each block of the scan, in the file's order, with its number in its store, as long as there are
    /// data.
    fn each_block(
        &mut self,
        bits: &mut Bits<'_>,
        mut read: impl FnMut(&mut Bits<'_>, &mut Store, usize, At),
    ) {
        let (units_across, units_down) = self.frame.units(self.scan);
        let alone = self.scan.components.len() == 1;
        let restart = self.tables.restart;
        for unit in 0..units_across * units_down {
            let begins = unit == 0 || restart > 0 && unit.is_multiple_of(restart);
            if unit > 0 && begins && !bits.restart(unit / restart - 1) || bits.is_cut() {
                return;
            }
            let mut fresh = begins;
            let (column, row) = (unit % units_across, unit / units_across);
            for (part, named) in self.scan.components.iter().enumerate() {
                let component = &self.frame.components[named.index];
                let (across, down) = if alone {
                    (1, 1)
                } else {
                    (component.across, component.down)
                };
                let store = &mut self.stores[named.index];
                for y in 0..down {
                    for x in 0..across {
                        let block = (row * down + y) * store.across + column * across + x;
                        read(bits, store, block, At { part, fresh });
                        fresh = false;
                    }
                }
            }
        }
    }
}

/// Where a block stands in its scan.
#[derive(Debug, Clone, Copy)]
struct At {
    /// Which of the scan's components it belongs to.
    part: usize,
    /// Whether it is the first behind a marker.
    fresh: bool,
}

impl Store {
    fn put(&mut self, block: usize, index: usize, value: i16) {
        self.found[block] |= 1 << index;
        if index < self.kept {
            self.numbers[block * self.kept + index] = value;
        }
    }

    /// The first zero from `index` on that has `run` of them before it; behind `last` where there is none.
    fn zero_behind(&self, block: usize, index: usize, last: usize, run: u32) -> usize {
        let mut zeros = !self.found[block] & lowest(last + 1) & !lowest(index);
        for _ in 0..run {
            zeros &= zeros.wrapping_sub(1);
        }
        if zeros == 0 {
            last + 1
        } else {
            zeros.trailing_zeros() as usize
        }
    }

    /// Reads one more bit of each coefficient of a range that is not zero.
    fn refine(&mut self, block: usize, range: Range<usize>, low: u32, bits: &mut Bits<'_>) {
        let found = self.found[block] & lowest(range.end) & !lowest(range.start);
        let mut held = found & lowest(self.kept);
        while held != 0 {
            let index = held.trailing_zeros() as usize;
            held &= held - 1;
            let number = &mut self.numbers[block * self.kept + index];
            // Damaged data may say what is known already.
            if bits.take(1) == 1 && *number & (1 << low) == 0 {
                *number = number.wrapping_add(number.signum() << low);
            }
        }
        let mut others = (found & !lowest(self.kept)).count_ones();
        while others > 0 {
            let some = others.min(32);
            bits.peek();
            bits.pass(some);
            others -= some;
        }
    }
}

/// The bits of the first `count` coefficients.
const fn lowest(count: usize) -> u64 {
    if count < ALL {
        (1 << count) - 1
    } else {
        u64::MAX
    }
}

/// What does not fit comes from a damaged file, and is of no use.
#[expect(clippy::cast_possible_truncation, reason = "as said")]
const fn narrow(value: i32) -> i16 {
    value as i16
}
