//! Scans that hold whole blocks: baseline and extended sequential (ITU-T T.81, annex F).
//!
//! The data come through a window: unstuffed, walked for the places of blocks, and decoded from there. Nothing but
//! the window and the targets is ever in memory.

use std::cell::RefCell;

use super::entropy::{Behind, Entropy};
use super::gather::Gatherer;
use super::make::Data;
use super::part::{Part, Stretch, components};
use super::segments::{Frame, NotOurs, Scan, Tables};
use super::target::Target;
use super::walk::{Leg, Walker, Way, Window, empty_window};

/// Zeros behind each piece of data, in bytes: what a unit that is cut off goes on with, as in libjpeg.
const PADDING: usize = 256;

/// How far the window is filled: as much as stays in the cache.
pub(super) const ROOM: usize = 1 << 18;

/// The least room that is worth beginning another piece in.
const WORTH: usize = 4 * PADDING;

/// Bits behind the last unit that cannot be there to fill up the last byte.
const SURPLUS: u32 = 16;

/// What has become of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scanned {
    /// Where its data end.
    pub(super) end: usize,
    /// How many of its units were there.
    pub(super) units: usize,
    /// How many should have been.
    pub(super) wanted: usize,
    /// Whether there was more than they need.
    pub(super) surplus: bool,
}

impl Scanned {
    /// Whether there was too little, or too much.
    pub(super) fn is_damaged(self) -> bool {
        self.units < self.wanted || self.surplus
    }
}

/// What has room for a part of a scan's rows, and takes them when it is full.
pub(super) struct Band<'a> {
    /// How many rows of units the targets have room for.
    pub(super) rows: usize,
    /// Takes what the targets hold: rows of units from this one on.
    pub(super) take: &'a mut dyn FnMut(usize, &[Target]),
}

/// Decodes a scan into the targets of its components, in their order: all of it, or band by band.
pub(super) fn decode(
    bytes: &[u8],
    at: usize,
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
    targets: &mut [Target],
    band: Option<Band<'_>>,
) -> Result<Scanned, NotOurs> {
    if !targets.iter().all(Target::fits) {
        return Err(NotOurs);
    }
    let components = components(frame, scan, tables, targets)?;
    let unit: Vec<_> = components
        .iter()
        .flat_map(|c| std::iter::repeat_n(c.tables.clone(), c.across * c.down))
        .collect();
    let (across, down) = frame.units(scan);
    SPACE.with_borrow_mut(|space| {
        let mut run = Run {
            entropy: Entropy::new(bytes, at),
            window: &mut space.window,
            gatherer: &mut space.gatherer,
            filled: 0,
            walker: Walker::new(&unit),
            blocks: unit.len(),
            across,
            wanted: across * down,
            restart: tables.restart,
            components,
            targets,
            band,
            first: 0,
            units: 0,
            stale: false,
            surplus: false,
        };
        run.run();
        while run.band.is_some() && run.first < down {
            run.pass_on();
        }
        Ok(Scanned {
            end: run.entropy.position(),
            units: run.units,
            wanted: run.wanted,
            surplus: run.surplus,
        })
    })
}

/// What every scan needs anew, and would otherwise spend its time on getting.
struct Space {
    window: Box<Window>,
    gatherer: Gatherer,
}

thread_local! {
    static SPACE: RefCell<Space> = RefCell::new(Space {
        window: empty_window(),
        gatherer: Gatherer::new(),
    });
}

/// Data between two markers, or the part of them that is in the window.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Where its first unit begins, in bits.
    start: u32,
    /// Where its data end, in bits.
    end: u32,
    /// The first unit's number.
    unit: usize,
    /// What unit the piece must end before.
    until: usize,
    /// Whether no more of it is to come.
    whole: bool,
}

struct Run<'a, 'p, 'b> {
    entropy: Entropy<'a>,
    window: &'p mut Window,
    gatherer: &'p mut Gatherer,
    /// Bytes of the window that hold something.
    filled: usize,
    walker: Walker,
    /// Blocks in a unit.
    blocks: usize,
    /// Units in a row, and in all.
    across: usize,
    wanted: usize,
    /// Units between markers; 0 where there are none.
    restart: usize,
    components: Vec<Part>,
    targets: &'p mut [Target],
    band: Option<Band<'b>>,
    /// The first row of units that the targets hold.
    first: usize,
    /// Units decoded.
    units: usize,
    /// Whether the data to come belong to a unit that was decoded already.
    stale: bool,
    /// Whether data were left over.
    surplus: bool,
}

impl Run<'_, '_, '_> {
    fn run(&mut self) {
        let mut next = Some(self.piece(0));
        while let Some(begun) = next {
            let (pieces, rest) = self.fill(begun);
            next = match pieces.as_slice() {
                [piece] => {
                    let way = self.walker.follow(self.window, self.leg(piece));
                    let ways = [way];
                    let units = self.decode(&pieces, &ways)[0];
                    let [way] = ways;
                    if piece.whole {
                        rest
                    } else {
                        let begin = way.get(units * self.blocks).copied();
                        begin.filter(|_| units > 0).map(|start| Piece {
                            start,
                            unit: piece.unit + units,
                            ..*piece
                        })
                    }
                }
                pieces => {
                    let legs: Vec<Leg> = pieces.iter().map(|piece| self.leg(piece)).collect();
                    let ways = self.walker.each(self.window, &legs);
                    self.decode(pieces, &ways);
                    rest
                }
            };
            next = next
                .filter(|piece| piece.unit < self.wanted)
                .map(|piece| self.moved_down(piece));
        }
    }

    /// The piece that begins with this unit, at the end of what is in the window.
    fn piece(&self, unit: usize) -> Piece {
        let until = if self.restart == 0 {
            self.wanted
        } else {
            unit.saturating_add(self.restart)
        };
        let at = bits(self.filled);
        Piece {
            start: at,
            end: at,
            unit,
            until: until.min(self.wanted),
            whole: false,
        }
    }

    /// Fills the window with the rest of a piece, and with more as long as they fit whole. Gives those, and what has only
    /// begun.
    fn fill(&mut self, begun: Piece) -> (Vec<Piece>, Option<Piece>) {
        let mut pieces = Vec::new();
        let mut piece = begun;
        loop {
            let (count, behind) = self.entropy.copy(&mut self.window[self.filled..ROOM]);
            if self.stale && behind == Behind::More {
                continue;
            }
            if !self.stale {
                self.filled += count;
                piece.end = bits(self.filled);
                if behind == Behind::More {
                    if pieces.is_empty() {
                        return (vec![piece], None);
                    }
                    return (pieces, Some(piece));
                }
                self.window[self.filled..self.filled + PADDING].fill(0);
                self.filled += PADDING;
                pieces.push(Piece {
                    whole: true,
                    ..piece
                });
            }
            let Some(unit) = self.unit_behind(behind, &piece) else {
                return (pieces, None);
            };
            piece = self.piece(unit);
            if self.filled + WORTH > ROOM {
                return (pieces, Some(piece));
            }
        }
    }

    /// The unit that the data behind a marker begin with: as libjpeg takes it where markers are lost or come twice
    /// (`jpeg_resync_to_restart`).
    fn unit_behind(&mut self, behind: Behind, piece: &Piece) -> Option<usize> {
        let Behind::Restart(number) = behind else {
            return None;
        };
        // Where there are to be no markers, nothing is read behind one.
        // All units of the piece may have been decoded before what is behind it came into the window.
        let interval = (piece.until - 1).checked_div(self.restart)?;
        let ahead = usize::from(number).wrapping_sub(interval) % 8;
        self.stale = ahead >= 6;
        let passed = match ahead {
            1 | 2 => 1 + ahead,
            6 | 7 => 0,
            _ => 1,
        };
        Some((interval + passed) * self.restart).filter(|unit| *unit < self.wanted)
    }

    /// Moves what is left of a piece to the window's beginning.
    fn moved_down(&mut self, piece: Piece) -> Piece {
        let from = (piece.start / 8) as usize;
        self.window.copy_within(from..self.filled.max(from), 0);
        self.filled -= from;
        Piece {
            start: piece.start % 8,
            end: bits(self.filled),
            ..piece
        }
    }

    fn leg(&self, piece: &Piece) -> Leg {
        // What is cut off goes on with zeros.
        let beyond = if piece.whole { bits(PADDING) - 64 } else { 0 };
        Leg {
            start: piece.start,
            stop: piece.end + beyond,
            blocks: (piece.until - piece.unit) * self.blocks,
        }
    }

    /// Decodes the units of pieces whose blocks lie along these ways. Says how many there are in each.
    fn decode(&mut self, pieces: &[Piece], ways: &[Way]) -> Vec<usize> {
        let units: Vec<usize> = pieces
            .iter()
            .zip(ways)
            .map(|(piece, way)| self.units_of(piece, way))
            .collect();
        let mut stretches = Vec::new();
        for ((piece, way), units) in pieces.iter().zip(ways).zip(&units) {
            let mut begins = &way[..units * self.blocks];
            let mut unit = piece.unit;
            while !begins.is_empty() {
                while unit >= self.behind() {
                    self.decode_stretches(&stretches);
                    stretches.clear();
                    self.pass_on();
                }
                let count = (self.behind() - unit).min(begins.len() / self.blocks);
                let (now, later) = begins.split_at(count * self.blocks);
                stretches.push(Stretch {
                    begins: now,
                    blocks: self.blocks,
                    column: unit % self.across,
                    row: unit / self.across - self.first,
                    units_across: self.across,
                    fresh: self.restart > 0 && unit.is_multiple_of(self.restart),
                });
                (begins, unit) = (later, unit + count);
            }
        }
        self.decode_stretches(&stretches);
        self.units += units.iter().sum::<usize>();
        self.surplus |= pieces
            .iter()
            .zip(ways)
            .zip(&units)
            .any(|((piece, way), units)| {
                let is_full = *units == piece.until - piece.unit;
                is_full && way[units * self.blocks] + SURPLUS <= piece.end
            });
        units
    }

    fn decode_stretches(&mut self, stretches: &[Stretch<'_>]) {
        let mut data = Data {
            window: self.window,
            gatherer: self.gatherer,
        };
        let mut own = 0;
        for part in &mut self.components {
            let target = &mut self.targets[part.place];
            part.decode(stretches, own, &mut data, target);
            own += part.across * part.down;
        }
    }

    /// The first unit behind those that the targets have room for.
    fn behind(&self) -> usize {
        let rows = self.band.as_ref().map_or(usize::MAX, |band| band.rows);
        (self.first.saturating_add(rows)).saturating_mul(self.across)
    }

    /// Has the rows taken that the targets hold, and makes room for those behind them.
    fn pass_on(&mut self) {
        if let Some(band) = &mut self.band {
            (band.take)(self.first, self.targets);
            self.first += band.rows;
            self.targets.iter_mut().for_each(Target::clear);
        }
    }

    /// How many units of a piece are there: as libjpeg sees it, the one that is cut off is the last. One that the zeros do not
    /// suffice for is not there: behind them stands what another picture has left.
    fn units_of(&self, piece: &Piece, way: &Way) -> usize {
        let most = ((way.len() - 1) / self.blocks).min(piece.until - piece.unit);
        let zeros = if piece.whole { bits(PADDING) } else { 0 };
        let is_there = |unit: &usize| {
            let (begin, end) = (way[unit * self.blocks], way[(unit + 1) * self.blocks]);
            begin <= piece.end && end <= piece.end + zeros
        };
        (0..most).take_while(is_there).count()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "within the window")]
fn bits(bytes: usize) -> u32 {
    8 * bytes as u32
}
