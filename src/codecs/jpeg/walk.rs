//! Finding where blocks begin, without decoding what is in them.
//!
//! Only lengths matter for a coefficient that nobody wants. One step looks 12 bits up and passes over all symbols that
//! they hold whole; it is a chain of a few dependent instructions, whose latency, not their number, is what it costs.
//! So several places of the stream are walked in turn. Where they begin is a guess: a Huffman stream falls in step by
//! itself within a few blocks wherever one begins to read it (Klein and Wiseman, "Parallel Huffman decoding with
//! applications to JPEG files", 2003). A walk counts only from where one that is known to be right has come upon the
//! same bit in the same state: from there on they would be the same.
#![expect(
    clippy::inline_always,
    reason = "what is done for each of a million blocks: a call costs more than the work"
)]

use std::sync::Arc;

use super::huffman::{LOOKUP_BITS, LOOKUP_LEN, run_and_size};
use super::tables::{END, FULL, Step, Tables};

/// Bytes of entropy-coded data that are looked at together.
pub(super) const WINDOW: usize = 1 << 18;

/// Data without stuffing; behind their end there are zeros, enough for any one symbol.
pub(super) type Window = [u8; WINDOW + 8];

/// Places that are walked in turn: measured; fewer leave the processor waiting, more do not fit into its registers.
const LANES: usize = 5;

/// Steps between looks at how far a lane has come.
const ROUND: usize = 32;

/// The least distance of two lanes, in bits. Falling in step takes some hundreds.
const APART: u32 = 8 * 1024;

/// How far a lane goes beyond the next one's start, in bits: most have met by then.
const OVERLAP: u32 = 2048;

/// The most blocks in a unit of an interleaved scan.
const MOST_PHASES: usize = 10;

/// Tables for all kinds of blocks in a scan: for each pair of codes one that begins with a DC symbol, and one without.
type Steps = [Step; 8 * LOOKUP_LEN];

/// Walks the blocks of one scan.
#[derive(Debug)]
pub(super) struct Walker {
    steps: Box<Steps>,
    /// For each block of a round, the table for its beginning, then the one for its rest. Repeats with the unit.
    tables: [u32; 256],
    /// The tables of each block of a unit, or of the shortest part of it that repeats: blocks that are read alike need
    /// not be told apart.
    unit: Vec<Arc<Tables>>,
}

/// One of the places.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    /// The bit it has come to.
    position: u32,
    /// The index of the next coefficient.
    index: u32,
    /// Twice the number of the block since the last begin of a unit, and one where its first symbol has been passed.
    place: u32,
}

/// A part of the stream, in bits, and what is in it at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leg {
    /// Where it begins: at a block, the first of a unit.
    pub(super) start: u32,
    /// What no block is looked for behind.
    pub(super) stop: u32,
    /// The number of blocks that are looked for.
    pub(super) blocks: usize,
}

/// Where the blocks of a leg begin, in bits; at the end, where the last one ends.
pub(super) type Way = Vec<u32>;

impl Walker {
    /// A walker for units of blocks with these tables, at most ten.
    pub(super) fn new(unit: &[Arc<Tables>]) -> Self {
        let mut steps: Box<Steps> = match vec![0; 8 * LOOKUP_LEN].try_into() {
            Ok(steps) => steps,
            Err(_) => unreachable!("that is its length"),
        };
        let mut kinds: Vec<&Arc<Tables>> = Vec::new();
        let mut bases = Vec::new();
        for tables in unit.iter().take(MOST_PHASES) {
            let known = kinds.iter().position(|known| Arc::ptr_eq(known, tables));
            let at = known.unwrap_or(kinds.len());
            if known.is_none() {
                let own = &mut steps[2 * at * LOOKUP_LEN..][..2 * LOOKUP_LEN];
                let (begin, rest) = own.split_at_mut(LOOKUP_LEN);
                begin.copy_from_slice(&*tables.begin);
                rest.copy_from_slice(&*tables.rest);
                kinds.push(tables);
            }
            #[expect(clippy::cast_possible_truncation, reason = "at most 6 tables")]
            bases.push((2 * at * LOOKUP_LEN) as u32);
        }
        let mut tables = [0; 256];
        for (tables, base) in tables
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .zip(bases.iter().cycle())
        {
            #[expect(clippy::cast_possible_truncation, reason = "a few thousand")]
            let rest = base + LOOKUP_LEN as u32;
            *tables = [*base, rest];
        }
        let repeats = |period: &usize| {
            unit.len().is_multiple_of(*period)
                && bases[*period..].iter().eq(&bases[..bases.len() - period])
        };
        let period = (1..unit.len()).find(repeats).unwrap_or(unit.len());
        Self {
            steps,
            tables,
            unit: unit[..period].to_vec(),
        }
    }

    /// The way along one leg. What is in it is known only by walking it, so several places of it are guessed.
    pub(super) fn follow(&self, window: &Window, leg: Leg) -> Way {
        let parts = parts(leg);
        let mut lanes = Vec::new();
        let mut ways = self.side_by_side(window, &parts, &mut lanes);
        let mut way = std::mem::take(&mut ways[0]);
        let mut lane = lanes[0];
        for next in 1..parts.len() {
            if let Some((mine, theirs)) = self.meet(window, &mut lane, &mut way, &ways[next], leg) {
                way.truncate(mine);
                way.extend_from_slice(&ways[next][theirs..]);
                lane = lanes[next];
            }
        }
        while !leg.is_walked(&way) {
            self.go_on(window, &mut lane, &mut way);
        }
        way
    }

    /// The ways along legs that begin where they say.
    pub(super) fn each(&self, window: &Window, legs: &[Leg]) -> Vec<Way> {
        self.side_by_side(window, legs, &mut Vec::new())
    }

    /// Walks legs, [`LANES`] of them in turn.
    fn side_by_side(&self, window: &Window, legs: &[Leg], lanes: &mut Vec<Lane>) -> Vec<Way> {
        let begin = |leg: &Leg| Lane {
            position: leg.start,
            ..Lane::default()
        };
        *lanes = legs.iter().map(begin).collect();
        let mut ways: Vec<Way> = legs.iter().map(|leg| vec![leg.start]).collect();
        let mut waiting = (0..legs.len()).filter(|at| !legs[*at].is_walked(&[legs[*at].start]));
        let mut active: Vec<usize> = waiting.by_ref().take(LANES).collect();
        while !active.is_empty() {
            match active.len() {
                LANES => self.round::<LANES>(window, &active, lanes, &mut ways),
                4 => self.round::<4>(window, &active, lanes, &mut ways),
                3 => self.round::<3>(window, &active, lanes, &mut ways),
                2 => self.round::<2>(window, &active, lanes, &mut ways),
                _ => self.round::<1>(window, &active[..1], lanes, &mut ways),
            }
            active.retain(|at| !legs[*at].is_walked(&ways[*at]));
            active.extend(waiting.by_ref().take(LANES - active.len()));
        }
        ways
    }

    fn round<const N: usize>(
        &self,
        window: &Window,
        active: &[usize],
        lanes: &mut [Lane],
        ways: &mut [Vec<u32>],
    ) {
        let mut here = [Lane::default(); N];
        let mut starts = [[0; 64]; N];
        for (here, at) in here.iter_mut().zip(active) {
            *here = lanes[*at];
        }
        let before = here;
        for _ in 0..ROUND {
            for (lane, starts) in here.iter_mut().zip(&mut starts) {
                self.step(window, lane, starts);
            }
        }
        for ((at, lane), (before, starts)) in
            active.iter().zip(here).zip(before.iter().zip(&starts))
        {
            let (from, to) = (before.place as usize / 2, lane.place as usize / 2);
            ways[*at].extend_from_slice(&starts[from..to]);
            lanes[*at] = self.wound_back(lane);
        }
    }

    /// The same lane in the first unit of a round.
    fn wound_back(&self, lane: Lane) -> Lane {
        #[expect(clippy::cast_possible_truncation, reason = "at most 10")]
        let blocks = self.unit.len() as u32;
        Lane {
            place: lane.place % (2 * blocks),
            ..lane
        }
    }

    /// Passes over what 12 bits hold. The begin of the next block is noted whether there is one or not: what is not
    /// decided cannot be decided wrongly by the processor.
    #[inline(always)]
    fn step(&self, window: &Window, lane: &mut Lane, starts: &mut [u32; 64]) {
        let table = self.tables[lane.place as usize & 255];
        let bits = (word_at(window, lane.position) >> (64 - LOOKUP_BITS)) as u32;
        let step = u32::from(self.steps[(table + bits) as usize & (8 * LOOKUP_LEN - 1)]);
        let mut position = lane.position + (step & 255);
        let mut index = lane.index + (step >> 8);
        if index & FULL != 0 {
            (position, index) = self.with_care(window, *lane, position, index);
        }
        starts[(lane.place as usize / 2) & 63] = position;
        let end = index / END;
        lane.place = (lane.place | 1) + end;
        lane.position = position;
        // An ended block's index begins anew.
        lane.index = if end == 0 { index } else { 0 };
    }

    /// Where the step leads that seemed to lead to this position and index, where that cannot just be believed.
    #[cold]
    #[inline(never)]
    fn with_care(&self, window: &Window, lane: Lane, position: u32, index: u32) -> (u32, u32) {
        let stuck = position == lane.position;
        if index == FULL && !stuck {
            return (position, END);
        }
        let tables = &self.unit[lane.place as usize / 2 % self.unit.len()];
        let (dc, ac) = (&tables.dc_code, &tables.ac_code);
        let Lane {
            mut position,
            mut index,
            ..
        } = lane;
        if index == 0 {
            let symbol = dc.symbol(word_at(window, position));
            position += symbol.bits + u32::from(symbol.value);
            index = 1;
            if stuck {
                return (position, index);
            }
        }
        // Where the table was not stuck, it led over the end.
        loop {
            let symbol = ac.symbol(word_at(window, position));
            position += symbol.bits;
            let Some((run, size)) = run_and_size(symbol.value) else {
                return (position, END);
            };
            position += size;
            index += run + 1;
            if index >= FULL {
                return (position, END);
            }
            if stuck {
                return (position, index);
            }
        }
    }

    /// One round alone.
    fn go_on(&self, window: &Window, lane: &mut Lane, way: &mut Way) {
        let mut lanes = [*lane];
        let mut ways = [std::mem::take(way)];
        self.round::<1>(window, &[0], &mut lanes, &mut ways);
        [*lane] = lanes;
        [*way] = ways;
    }

    /// Follows `way`, on which `lane` stands, to where another one begins the same block: its index on either. `None`
    /// where that one, or the leg, comes to its end before.
    fn meet(
        &self,
        window: &Window,
        lane: &mut Lane,
        way: &mut Way,
        other: &Way,
        leg: Leg,
    ) -> Option<(usize, usize)> {
        let unit = self.unit.len();
        let mut mine = way.partition_point(|begin| *begin < other[0]);
        let mut theirs = 0;
        loop {
            let their = *other.get(theirs)?;
            match way.get(mine) {
                None if leg.is_walked(way) => return None,
                None => self.go_on(window, lane, way),
                Some(my) if their < *my => theirs += 1,
                Some(my) if their == *my && mine % unit == theirs % unit => {
                    return Some((mine, theirs));
                }
                Some(_) => mine += 1,
            }
        }
    }
}

impl Leg {
    fn is_walked(&self, way: &[u32]) -> bool {
        way.len() > self.blocks || way.last().is_some_and(|last| *last >= self.stop)
    }
}

/// 64 bits from bit `position` on, of which the last few may be missing.
#[inline(always)]
pub(super) fn word_at(window: &Window, position: u32) -> u64 {
    let at = (position / 8) as usize & (WINDOW - 1);
    let bytes = &window[at..at + 8];
    let word = bytes
        .first_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes));
    word << (position & 7)
}

/// Cuts a leg into as many parts as are worth it. All but the first begin somewhere, and each goes on a little into the next.
fn parts(leg: Leg) -> Vec<Leg> {
    let whole = leg.stop.saturating_sub(leg.start);
    let most = u32::try_from(LANES).unwrap_or(1);
    let count = (whole / APART).clamp(1, most);
    let length = whole / count;
    (0..count)
        .map(|n| leg.start + n * length)
        .map(|start| Leg {
            start,
            stop: start + length + OVERLAP,
            ..leg
        })
        .map(|part| Leg {
            stop: part.stop.min(leg.stop),
            ..part
        })
        .collect()
}
