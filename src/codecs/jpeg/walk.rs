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
use super::tables::{END, FULL, INDEX, Step, Tables};

/// Bytes that a window has room for: as many as a [`Lane`] can tell the bits of.
const WINDOW: usize = 1 << 21;

/// Data without stuffing; behind their end there are zeros, enough for any one symbol.
pub(super) type Window = [u8; WINDOW + 8];

/// A window with nothing in it.
pub(super) fn empty_window() -> Box<Window> {
    let bytes = vec![0; size_of::<Window>()].into_boxed_slice();
    bytes
        .try_into()
        .unwrap_or_else(|_| unreachable!("that is its length"))
}

/// Places that are walked in turn: measured; fewer leave the processor waiting, more do not fit into its registers.
const LANES: usize = 4;

/// Steps between looks at how far a lane has come. In each, a block may begin; with those of a unit, there are no more than
/// 128 in a round.
const ROUND: usize = 64;

/// The least distance of two lanes, in bits. Falling in step takes some hundreds.
const APART: u32 = 8 * 1024;

/// How far a lane goes beyond the next one's start, in bits: most have met by then.
const OVERLAP: u32 = 2048;

/// Bits of a block that has few: there are seldom more blocks than that.
const USUAL: usize = 40;

/// The most blocks in a unit of an interleaved scan.
const MOST_PHASES: usize = 10;

/// Walks the blocks of one scan.
#[derive(Debug)]
pub(super) struct Walker {
    board: Box<Board>,
    /// The tables of each block of a unit, or of the shortest part of it that repeats: blocks that are read alike need
    /// not be told apart.
    unit: Vec<Arc<Tables>>,
}

/// All that a step looks at and writes to, in one place: so the processor needs only one register to find it.
#[derive(Debug)]
struct Board {
    /// Where the blocks of a round end, as a lane has it then: each block's at its place.
    ends: [[u32; PLACES]; LANES],
    /// For each place of a round, how a step is made there. Repeats with the unit.
    stands: [Stand; PLACES],
    /// Tables for all kinds of blocks in a scan: for each pair of codes one that begins with a DC symbol, and one without.
    steps: [Step; STEPS],
}

/// What a byte counts.
const PLACES: usize = 256;

/// Tables for four kinds of blocks: a file has no more codes.
const STEPS: usize = 8 * LOOKUP_LEN;

/// How a step is made at a block's begin, or in its rest.
#[derive(Debug, Clone, Copy, Default)]
struct Stand {
    /// Where the table begins.
    table: u32,
    /// What stays of where a lane stands: at a begin, not the index.
    kept: u32,
}

/// One of the places.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    /// The bit it has come to, and in the lowest byte the index of the next coefficient: so a step is one addition.
    at: u32,
    /// Twice the number of the block since the last begin of a unit, and one where its first symbol has been passed.
    place: u8,
}

impl Lane {
    fn new(position: u32) -> Self {
        Self {
            at: position << 8,
            place: 0,
        }
    }
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
        #[expect(
            clippy::large_stack_arrays,
            reason = "64 KiB, and only until it is boxed"
        )]
        let mut board = Box::new(Board {
            ends: [[0; PLACES]; LANES],
            stands: [Stand::default(); PLACES],
            steps: [0; STEPS],
        });
        let mut kinds: Vec<&Arc<Tables>> = Vec::new();
        let mut bases = Vec::new();
        for tables in unit.iter().take(MOST_PHASES) {
            let known = kinds.iter().position(|known| Arc::ptr_eq(known, tables));
            let at = known.unwrap_or(kinds.len());
            if known.is_none() {
                let own = &mut board.steps[2 * at * LOOKUP_LEN..][..2 * LOOKUP_LEN];
                let (begin, rest) = own.split_at_mut(LOOKUP_LEN);
                begin.copy_from_slice(&*tables.begin);
                rest.copy_from_slice(&*tables.rest);
                kinds.push(tables);
            }
            #[expect(clippy::cast_possible_truncation, reason = "at most 6 tables")]
            bases.push((2 * at * LOOKUP_LEN) as u32);
        }
        let (places, _) = board.stands.as_chunks_mut::<2>();
        for ([begin, rest], base) in places.iter_mut().zip(bases.iter().cycle()) {
            #[expect(clippy::cast_possible_truncation, reason = "a few thousand")]
            let behind = base + LOOKUP_LEN as u32;
            *begin = Stand {
                table: *base,
                kept: !INDEX,
            };
            *rest = Stand {
                table: behind,
                kept: u32::MAX,
            };
        }
        let repeats = |period: &usize| {
            unit.len().is_multiple_of(*period)
                && bases[*period..].iter().eq(&bases[..bases.len() - period])
        };
        let period = (1..unit.len()).find(repeats).unwrap_or(unit.len());
        Self {
            board,
            unit: unit[..period].to_vec(),
        }
    }

    /// The way along one leg. What is in it is known only by walking it, so several places of it are guessed.
    pub(super) fn follow(&mut self, window: &Window, leg: Leg) -> Way {
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
    pub(super) fn each(&mut self, window: &Window, legs: &[Leg]) -> Vec<Way> {
        self.side_by_side(window, legs, &mut Vec::new())
    }

    /// Walks legs, [`LANES`] of them in turn.
    fn side_by_side(&mut self, window: &Window, legs: &[Leg], lanes: &mut Vec<Lane>) -> Vec<Way> {
        *lanes = legs.iter().map(|leg| Lane::new(leg.start)).collect();
        let mut ways: Vec<Way> = legs.iter().map(Leg::way).collect();
        let mut waiting = (0..legs.len()).filter(|at| !legs[*at].is_walked(&[legs[*at].start]));
        let mut active: Vec<usize> = waiting.by_ref().take(LANES).collect();
        while !active.is_empty() {
            match active.len() {
                LANES => self.round::<LANES>(window, &active, lanes, &mut ways),
                3 => self.round::<3>(window, &active, lanes, &mut ways),
                2 => self.round::<2>(window, &active, lanes, &mut ways),
                _ => self.round::<1>(window, &active[..1], lanes, &mut ways),
            }
            if active.iter().any(|at| legs[*at].is_walked(&ways[*at])) {
                active.retain(|at| !legs[*at].is_walked(&ways[*at]));
                active.extend(waiting.by_ref().take(LANES - active.len()));
            }
        }
        ways
    }

    fn round<const N: usize>(
        &mut self,
        window: &Window,
        active: &[usize],
        lanes: &mut [Lane],
        ways: &mut [Vec<u32>],
    ) {
        let mut here = [Lane::default(); N];
        for (here, at) in here.iter_mut().zip(active) {
            *here = lanes[*at];
        }
        let before = here;
        for _ in 0..ROUND {
            for (n, lane) in here.iter_mut().enumerate() {
                self.board.step(window, lane, n, &self.unit);
            }
        }
        for (n, (at, lane)) in active.iter().zip(here).enumerate() {
            let (ends, _) = self.board.ends[n].as_chunks::<2>();
            let ended = &ends[usize::from(before[n].place / 2)..usize::from(lane.place / 2)];
            ways[*at].extend(ended.iter().map(|[_, end]| end >> 8));
            lanes[*at] = self.wound_back(lane);
        }
    }

    /// The same lane in the first unit of a round.
    fn wound_back(&self, lane: Lane) -> Lane {
        #[expect(clippy::cast_possible_truncation, reason = "at most 10")]
        let blocks = self.unit.len() as u8;
        Lane {
            place: lane.place % (2 * blocks),
            ..lane
        }
    }

    /// One round alone.
    fn go_on(&mut self, window: &Window, lane: &mut Lane, way: &mut Way) {
        let mut lanes = [*lane];
        let mut ways = [std::mem::take(way)];
        self.round::<1>(window, &[0], &mut lanes, &mut ways);
        [*lane] = lanes;
        [*way] = ways;
    }

    /// Follows `way`, on which `lane` stands, to where another one begins the same block: its index on either. `None`
    /// where that one, or the leg, comes to its end before.
    fn meet(
        &mut self,
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

impl Board {
    /// Passes over what 12 bits hold. The end of the block is noted whether there is one or not: what is not
    /// decided cannot be decided wrongly by the processor.
    #[inline(always)]
    fn step(&mut self, window: &Window, lane: &mut Lane, n: usize, unit: &[Arc<Tables>]) {
        let Stand { table, kept } = self.stands[usize::from(lane.place)];
        let word = short_word_at(window, lane.at >> 8);
        let entry = (table + (word >> (32 - LOOKUP_BITS))) as usize & (STEPS - 1);
        let here = lane.at & kept;
        let mut at = here + u32::from(self.steps[entry]);
        if at & FULL != 0 {
            at = with_care(window, here, lane.place, at, unit);
        }
        lane.at = at;
        lane.place |= 1;
        self.ends[n][usize::from(lane.place)] = at;
        lane.place = lane.place.wrapping_add((at & END != 0).into());
    }
}

/// Where the step leads from `here` that seemed to lead to `there`, where that cannot just be believed.
#[cold]
#[inline(never)]
fn with_care(window: &Window, here: u32, place: u8, there: u32, unit: &[Arc<Tables>]) -> u32 {
    let stuck = here >> 8 == there >> 8;
    if there & INDEX == FULL && !stuck {
        return (there & !INDEX) | END;
    }
    let tables = &unit[usize::from(place / 2) % unit.len()];
    let (mut position, mut index) = (here >> 8, here & INDEX);
    if place.is_multiple_of(2) {
        let symbol = tables.dc_code.symbol(word_at(window, position));
        position += symbol.bits + u32::from(symbol.value);
        index = 1;
        if stuck {
            return (position << 8) | index;
        }
    }
    // Where the table was not stuck, it led over the end.
    loop {
        let symbol = tables.ac_code.symbol(word_at(window, position));
        position += symbol.bits;
        let Some((run, size)) = run_and_size(symbol.value) else {
            return (position << 8) | END;
        };
        position += size;
        index += run + 1;
        if index >= FULL {
            return (position << 8) | END;
        }
        if stuck {
            return (position << 8) | index;
        }
    }
}

impl Leg {
    /// A way along it of which only the begin is known, with room for what is usual.
    fn way(&self) -> Way {
        let bits = self.stop.saturating_sub(self.start) as usize;
        let mut way = Vec::with_capacity(self.blocks.min(bits / USUAL) + PLACES);
        way.push(self.start);
        way
    }

    fn is_walked(&self, way: &[u32]) -> bool {
        way.len() > self.blocks || way.last().is_some_and(|last| *last >= self.stop)
    }
}

/// What a table is asked for, from bit `position` on.
#[inline(always)]
fn short_word_at(window: &Window, position: u32) -> u32 {
    let at = (position / 8) as usize & (WINDOW - 1);
    let word = window[at..].first_chunk();
    word.map_or(0, |bytes| u32::from_be_bytes(*bytes)) << (position & 7)
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
