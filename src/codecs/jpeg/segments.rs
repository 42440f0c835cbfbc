//! The segments of a JPEG file (ITU-T T.81, annex B), as far as the first scan: everything a decoder must know before
//! it meets entropy-coded data.
//!
//! What is not understood here is left to the library decoder, and so is the judgement of it: nothing in this file
//! calls a file damaged.

use super::entropy::{Behind, next_marker};
use super::extras::Extras;
use super::huffman::Code;
use crate::image::Size;

/// Why a file is not for the reader of this folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotOurs;

/// Quantisation steps in zigzag order.
pub(super) type Steps = [u16; 64];

/// One colour component as the frame header describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    /// What scans call it.
    pub(super) id: u8,
    /// Blocks across and down in each unit of an interleaved scan.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Which quantisation table.
    pub(super) steps: usize,
}

/// What the frame header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) size: Size,
    pub(super) components: Vec<Component>,
    pub(super) progressive: bool,
    /// The largest numbers of blocks across and down among the components.
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Frame {
    /// Units of an interleaved scan in a row.
    pub(super) fn units_across(&self) -> usize {
        (self.size.width as usize).div_ceil(8 * self.across)
    }

    /// Rows of such units.
    pub(super) fn units_down(&self) -> usize {
        (self.size.height as usize).div_ceil(8 * self.down)
    }

    /// Blocks of a component that hold picture: what a scan of it alone is made of.
    pub(super) fn blocks(&self, component: &Component) -> (usize, usize) {
        let blocks = |length: u32, own: usize, most: usize| {
            (length as usize * own).div_ceil(most).div_ceil(8)
        };
        (
            blocks(self.size.width, component.across, self.across),
            blocks(self.size.height, component.down, self.down),
        )
    }

    /// Units in a row of a scan, and rows of them: alone, a component comes block by block.
    pub(super) fn units(&self, scan: &Scan) -> (usize, usize) {
        match scan.components.as_slice() {
            [alone] => self.blocks(&self.components[alone.index]),
            _ => (self.units_across(), self.units_down()),
        }
    }
}

/// One component in a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScanComponent {
    /// Which of the frame's components.
    pub(super) index: usize,
    /// Which Huffman tables.
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// A scan header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scan {
    pub(super) components: Vec<ScanComponent>,
    /// The first and the last coefficient, in zigzag order.
    pub(super) first: usize,
    pub(super) last: usize,
    /// Bits of precision before this scan, 0 in a first one, and after it.
    pub(super) high: u32,
    pub(super) low: u32,
}

/// Tables, as they stand at some place of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) steps: [Option<Steps>; 4],
    pub(super) dc: [Option<Code>; 4],
    pub(super) ac: [Option<Code>; 4],
    /// Units between restart markers; 0 where there are none.
    pub(super) restart: usize,
}

/// A marker's second byte.
pub(super) mod marker {
    pub(in super::super) const SOF0: u8 = 0xc0;
    pub(in super::super) const SOF1: u8 = 0xc1;
    pub(in super::super) const SOF2: u8 = 0xc2;
    pub(in super::super) const DHT: u8 = 0xc4;
    pub(in super::super) const RST0: u8 = 0xd0;
    pub(in super::super) const RST7: u8 = 0xd7;
    pub(in super::super) const SOI: u8 = 0xd8;
    pub(in super::super) const EOI: u8 = 0xd9;
    pub(in super::super) const SOS: u8 = 0xda;
    pub(in super::super) const DQT: u8 = 0xdb;
    pub(in super::super) const DRI: u8 = 0xdd;
    pub(in super::super) const APP0: u8 = 0xe0;
    pub(in super::super) const APP1: u8 = 0xe1;
    pub(in super::super) const APP2: u8 = 0xe2;
    pub(in super::super) const APP13: u8 = 0xed;
    pub(in super::super) const APP14: u8 = 0xee;
    pub(in super::super) const APP15: u8 = 0xef;
    pub(in super::super) const COM: u8 = 0xfe;
}

/// A walk over the segments of a file.
#[derive(Debug, Clone)]
pub(super) struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
    pub(super) tables: Tables,
    pub(super) extras: Extras<'a>,
    pub(super) frame: Option<Frame>,
    /// Whether the marker has come that ends a file.
    pub(super) ended: bool,
}

impl<'a> Segments<'a> {
    /// A walk that begins behind the first marker.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, NotOurs> {
        let whole = bytes.starts_with(&[0xff, marker::SOI]);
        whole
            .then(|| Self {
                bytes,
                at: 2,
                tables: Tables::default(),
                extras: Extras::default(),
                frame: None,
                ended: false,
            })
            .ok_or(NotOurs)
    }

    /// Goes on behind a scan's data.
    pub(super) fn go_on_at(&mut self, at: usize) {
        self.at = at;
    }

    /// Where the data of a scan end that begin there: at a marker, or with the file.
    pub(super) fn scan_end(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            let (next, behind) = next_marker(self.bytes, at);
            if !matches!(behind, Behind::Restart(_)) {
                return next;
            }
            at = next;
        }
    }

    /// The next scan, and where its data begin. `None` at the end of the file.
    pub(super) fn next_scan(&mut self) -> Result<Option<(Scan, usize)>, NotOurs> {
        while let Some(marker) = self.next_marker() {
            if marker == marker::EOI {
                self.ended = true;
                return Ok(None);
            }
            if (marker::RST0..=marker::RST7).contains(&marker) {
                // Left over from a scan that ended too early.
                continue;
            }
            let body = self.body().ok_or(NotOurs)?;
            match marker {
                marker::SOF0 | marker::SOF1 | marker::SOF2 => {
                    if self.frame.is_some() {
                        return Err(NotOurs);
                    }
                    let frame = frame(body, marker == marker::SOF2).ok_or(NotOurs)?;
                    self.check_colors(&frame)?;
                    self.frame = Some(frame);
                }
                marker::DHT => self.huffman(body).ok_or(NotOurs)?,
                marker::DQT => self.quantization(body).ok_or(NotOurs)?,
                marker::DRI => match body {
                    [high, low] => {
                        self.tables.restart = u16::from_be_bytes([*high, *low]).into();
                    }
                    _ => return Err(NotOurs),
                },
                marker::SOS => {
                    let frame = self.frame.as_ref().ok_or(NotOurs)?;
                    let scan = scan(body, frame).ok_or(NotOurs)?;
                    return Ok(Some((scan, self.at)));
                }
                marker::APP0..=marker::APP15 => self.extras.add(marker, body),
                marker::COM => {}
                // Arithmetic coding, lossless and hierarchical frames, lines counted later, and what nobody knows.
                _ => return Err(NotOurs),
            }
        }
        Ok(None)
    }

    /// The next marker's second byte; bytes that are none are passed over, as every decoder does.
    fn next_marker(&mut self) -> Option<u8> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let start = memchr::memchr(0xff, rest)?;
            let code = rest[start..].iter().position(|byte| *byte != 0xff)? + start;
            self.at += code + 1;
            if rest[code] != 0 {
                return Some(rest[code]);
            }
        }
    }

    /// What a segment holds behind its length.
    fn body(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
        let body = rest.get(2..length)?;
        self.at += length;
        Some(body)
    }

    /// What all segments before the first scan say beside tables and frame.
    pub(super) fn all_extras(mut self) -> Extras<'a> {
        while let Some(marker) = self.next_marker().filter(|marker| *marker != marker::SOS) {
            let Some(body) = self.body() else { break };
            self.extras.add(marker, body);
        }
        self.extras
    }

    fn check_colors(&self, frame: &Frame) -> Result<(), NotOurs> {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        match ids.first_chunk::<3>() {
            Some(ids) if !self.extras.is_luma_and_chroma(*ids) => Err(NotOurs),
            _ => Ok(()),
        }
    }

    fn quantization(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((head, rest)) = body.split_first() {
            let (wide, slot) = (head >> 4, usize::from(head & 15));
            let size = if wide == 0 { 64 } else { 128 };
            let (values, rest) = rest.split_at_checked(size)?;
            let mut steps = [0; 64];
            for (at, step) in steps.iter_mut().enumerate() {
                *step = match wide {
                    0 => values[at].into(),
                    1 => u16::from_be_bytes([values[2 * at], values[2 * at + 1]]),
                    _ => return None,
                };
            }
            *self.tables.steps.get_mut(slot)? = Some(steps);
            body = rest;
        }
        Some(())
    }

    fn huffman(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((head, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let class = match head >> 4 {
                0 => &mut self.tables.dc,
                1 => &mut self.tables.ac,
                _ => return None,
            };
            let code = Code::new(counts, symbols, head >> 4 == 0)?;
            *class.get_mut(usize::from(head & 15))? = Some(code);
            body = rest;
        }
        Some(())
    }
}

fn frame(body: &[u8], progressive: bool) -> Option<Frame> {
    let (head, rest) = body.split_first_chunk::<6>()?;
    let [8, h1, h0, w1, w0, count] = *head else {
        return None;
    };
    let size = Size::new(
        u16::from_be_bytes([w1, w0]).into(),
        u16::from_be_bytes([h1, h0]).into(),
    );
    let (described, []) = rest.as_chunks::<3>() else {
        return None;
    };
    let components: Vec<Component> = described
        .iter()
        .map(|[id, sampling, steps]| Component {
            id: *id,
            across: usize::from(sampling >> 4),
            down: usize::from(sampling & 15),
            steps: usize::from(*steps),
        })
        .collect();
    let known = components
        .iter()
        .all(|c| (1..=4).contains(&c.across) && (1..=4).contains(&c.down) && c.steps < 4);
    let distinct = (1..components.len()).all(|at| {
        let before = &components[..at];
        before.iter().all(|c| c.id != components[at].id)
    });
    let counted = components.len() == usize::from(count) && [1, 3].contains(&count);
    if !known || !distinct || !counted || size.pixels() == 0 {
        return None;
    }
    let across = components.iter().map(|c| c.across).max()?;
    let down = components.iter().map(|c| c.down).max()?;
    // Samples that lie at no regular distance, or luma that is coarser than chroma, are for those who want to guess.
    let regular = components
        .iter()
        .all(|c| across.is_multiple_of(c.across) && down.is_multiple_of(c.down));
    let luma = components.first()?;
    (regular && (luma.across, luma.down) == (across, down)).then_some(Frame {
        size,
        components,
        progressive,
        across,
        down,
    })
}

fn scan(body: &[u8], frame: &Frame) -> Option<Scan> {
    let (count, rest) = body.split_first()?;
    let (named, rest) = rest.split_at_checked(2 * usize::from(*count))?;
    let [first, last, precision] = *rest.first_chunk::<3>()?;
    let components = named
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[id, tables]| {
            let index = frame.components.iter().position(|c| c.id == *id)?;
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            (dc < 4 && ac < 4).then_some(ScanComponent { index, dc, ac })
        })
        .collect::<Option<Vec<_>>>()?;
    let ordered = components.is_sorted_by(|a, b| a.index < b.index);
    let blocks: usize = components
        .iter()
        .map(|c| &frame.components[c.index])
        .map(|c| c.across * c.down)
        .sum();
    if components.is_empty() || !ordered || (components.len() > 1 && blocks > 10) {
        return None;
    }
    let scan = Scan {
        components,
        first: first.into(),
        last: last.into(),
        high: (precision >> 4).into(),
        low: (precision & 15).into(),
    };
    if !frame.progressive {
        // Whatever these fields hold, a sequential scan has all coefficients: libjpeg takes it so, too.
        return Some(Scan {
            first: 0,
            last: 63,
            high: 0,
            low: 0,
            ..scan
        });
    }
    let band = if scan.first == 0 {
        scan.last == 0
    } else {
        scan.first <= scan.last && scan.last < 64 && scan.components.len() == 1
    };
    let precise = scan.low <= 13 && (scan.high == 0 || scan.high == scan.low + 1);
    (band && precise).then_some(scan)
}
