//! Writing JPEG files, baseline (ITU-T T.81, F.1) or progressive (G), from Y, Cb and Cr, or from coefficients.

mod forward;
mod optimal;
mod order;
mod progressive;
mod scan;

use forward::Forward;
use order::{AS_TRANSFORMED, IN_ORDER};
use scan::Scan;
pub(super) use scan::push_segment;

use super::extras::{self, SEGMENT};
use super::inverse::ZIGZAG;
use super::segments::{Steps, marker};

/// The longest ICC profile that fits in 255 segments. Longer ones are left out.
pub(super) const MAX_ICC: usize = ICC_PART * 255;

/// What a segment holds of an ICC profile at most (ICC.1:2022, B.4).
const ICC_PART: usize = SEGMENT - ICC.len() - 2;

const ICC: &[u8] = b"ICC_PROFILE\0";

/// JFIF 1.01, square pixels, no thumbnail (ITU-T T.871, 10.1).
const JFIF: &[u8] = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

/// The steps for luma and chroma in rows (K.1, tables K.1 and K.2).
#[rustfmt::skip]
const LUMA: [u16; 64] = [
    16, 11, 10, 16,  24,  40,  51,  61,
    12, 12, 14, 19,  26,  58,  60,  55,
    14, 13, 16, 24,  40,  57,  69,  56,
    14, 17, 22, 29,  51,  87,  80,  62,
    18, 22, 37, 56,  68, 109, 103,  77,
    24, 35, 55, 64,  81, 104, 113,  92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103,  99,
];
#[rustfmt::skip]
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// One component of a picture: rows of `stride` samples, of which `width` x `height` hold picture.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "that is what they are")]
pub(super) struct Samples<'a> {
    pub(super) samples: &'a [u8],
    pub(super) stride: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// One component as quantised coefficients in zigzag order: rows of `across` blocks.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "that is what they are")]
pub(super) struct Blocks<'a> {
    pub(super) blocks: &'a [[i16; 64]],
    pub(super) across: usize,
    pub(super) steps: &'a Steps,
}

/// In which order coefficients come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Block after block.
    Baseline,
    /// Coarsely first, and then finer and finer.
    Progressive,
}

/// Bytes of memory that it takes to keep what is coded of so many samples until all of it is known.
pub(super) fn kept(samples: u64, way: Way) -> u64 {
    match way {
        Way::Baseline => scan::room(samples),
        Way::Progressive => samples.saturating_mul(2),
    }
}

/// What is written before the frame: the profile, the EXIF block from its TIFF header on, an XMP packet, and IPTC datasets.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extras<'a> {
    pub(super) icc: Option<&'a [u8]>,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) xmp: Option<&'a [u8]>,
    pub(super) iptc: Option<&'a [u8]>,
}

/// A file from samples: one component (gray), or three, of which the first has so many samples across and down for one of
/// each other's. Quality means the steps that libjpeg would take.
pub(super) fn encode(
    width: u32,
    height: u32,
    sampling: (u8, u8),
    components: &[Samples],
    quality: u8,
    way: Way,
    extras: &Extras,
) -> Vec<u8> {
    let steps = quality_steps(quality);
    let forward = [Forward::new(&steps[0]), Forward::new(&steps[1])];
    let frame = Frame::new(width, height, sampling, components.len(), way);
    if way == Way::Progressive {
        return progressively(frame, components, &steps, &forward, extras);
    }
    let [luma, chroma] = &steps;
    let each = &[luma, chroma, chroma][..components.len().min(3)];
    let mut scan = Scan::new(frame.head(each, extras), components.len());
    let bands = components.iter().enumerate();
    let bands = bands.map(|(index, component)| Band::new(component, frame.rows_of(index)));
    let mut bands: Vec<Band> = bands.collect();
    let mut block = [0; 64];
    for unit_row in 0..frame.units_down() {
        for (band, component) in bands.iter_mut().zip(components) {
            band.fill(component, unit_row);
        }
        frame.each_block(unit_row, |index, place| {
            let band = bands.get(index).zip(place);
            match band.and_then(|(band, (column, row))| band.block(column, row)) {
                Some(samples) => {
                    forward[index.min(1)].run(samples, &mut block);
                    scan.block(index, &block, &AS_TRANSFORMED);
                }
                None => scan.filler(index),
            }
        });
    }
    scan.finish()
}

/// The file, of all coefficients at once: scans go through them again and again.
fn progressively(
    frame: Frame,
    components: &[Samples],
    steps: &[Steps; 2],
    forward: &[Forward; 2],
    extras: &Extras,
) -> Vec<u8> {
    let each = (0..components.len()).map(|index| &steps[index.min(1)]);
    let each: Vec<&Steps> = each.collect();
    let mut transformed = [0; 64];
    let coefficients = components.iter().enumerate().map(|(index, component)| {
        let rows = component.height.div_ceil(8);
        let mut band = Band::new(component, 1);
        let mut blocks = Vec::with_capacity(band.across * rows);
        for row in 0..rows {
            band.fill(component, row);
            for samples in &band.blocks {
                forward[index.min(1)].run(samples, &mut transformed);
                let places = AS_TRANSFORMED.places;
                blocks.push(places.map(|place| transformed[usize::from(place)]));
            }
        }
        (band.across, blocks)
    });
    let coefficients: Vec<(usize, Vec<[i16; 64]>)> = coefficients.collect();
    let blocks = coefficients.iter().zip(&each);
    let blocks = blocks.map(|((across, blocks), steps)| Blocks {
        blocks,
        across: *across,
        steps,
    });
    let blocks: Vec<Blocks> = blocks.collect();
    progressive::finish(frame.head(&each, extras), frame, &blocks)
}

/// The samples of a row of units, block after block. What is beyond the picture repeats its last samples.
///
/// Whole rows are read at a time: processors fetch in advance what is read in order.
#[derive(Debug)]
struct Band {
    across: usize,
    rows: usize,
    blocks: Vec<[[u8; 8]; 8]>,
}

impl Band {
    /// Room for so many rows of blocks of a component.
    fn new(component: &Samples, rows: usize) -> Self {
        let across = component.width.div_ceil(8);
        Self {
            across,
            rows,
            blocks: vec![[[0; 8]; 8]; across * rows],
        }
    }

    fn fill(&mut self, component: &Samples, unit_row: usize) {
        let first = unit_row * self.rows;
        for (row, blocks) in (first..).zip(self.blocks.chunks_exact_mut(self.across)) {
            for n in 0..8 {
                let y = (8 * row + n).min(component.height - 1);
                let line = &component.samples[y * component.stride..][..component.width];
                let (whole, part) = line.as_chunks::<8>();
                for (block, samples) in blocks.iter_mut().zip(whole) {
                    block[n] = *samples;
                }
                if let (Some(block), Some(last)) = (blocks.get_mut(whole.len()), part.last()) {
                    block[n] = [*last; 8];
                    block[n][..part.len()].copy_from_slice(part);
                }
            }
        }
    }

    /// A block by its place in the picture.
    fn block(&self, column: usize, row: usize) -> Option<&[[u8; 8]; 8]> {
        self.blocks.get(row % self.rows * self.across + column)
    }
}

/// A file from coefficients, as they are. The samples' rules on sizes hold: what is beyond the picture is not written.
pub(super) fn write(
    width: u32,
    height: u32,
    sampling: (u8, u8),
    components: &[Blocks],
    way: Way,
    extras: &Extras,
) -> Vec<u8> {
    let steps: Vec<&Steps> = components.iter().map(|component| component.steps).collect();
    let frame = Frame::new(width, height, sampling, components.len(), way);
    if way == Way::Progressive {
        return progressive::finish(frame.head(&steps, extras), frame, components);
    }
    let mut scan = Scan::new(frame.head(&steps, extras), components.len());
    for unit_row in 0..frame.units_down() {
        frame.each_block(unit_row, |index, place| {
            let component = components.get(index).zip(place);
            match component.and_then(|(component, (column, row))| component.block(column, row)) {
                Some(block) => scan.block(index, &block, &IN_ORDER),
                None => scan.filler(index),
            }
        });
    }
    scan.finish()
}

impl Blocks<'_> {
    /// A block, brought to what the coefficients of 8-bit samples can be: larger ones have no symbols (F.1.2).
    fn block(&self, column: usize, row: usize) -> Option<[i16; 64]> {
        let block = self.blocks.get(row * self.across + column)?;
        let mut within = block.map(|value| value.clamp(-1023, 1023));
        within[0] = block[0].clamp(-1024, 1023);
        Some(within)
    }
}

/// What the frame header says.
#[derive(Debug, Clone, Copy)]
struct Frame {
    width: u16,
    height: u16,
    /// Samples of the first component for one of each other's.
    sampling: (u8, u8),
    components: usize,
    way: Way,
}

impl Frame {
    fn new(width: u32, height: u32, sampling: (u8, u8), components: usize, way: Way) -> Self {
        let side = |length| u16::try_from(length).unwrap_or(u16::MAX);
        Self {
            width: side(width),
            height: side(height),
            // The blocks of a component that is alone are in rows, whatever its factors are (A.2.2).
            sampling: if components == 1 { (1, 1) } else { sampling },
            components,
            way,
        }
    }

    /// The columns and rows of blocks that hold picture, of a component (A.2.2).
    fn blocks_of(self, component: usize) -> (usize, usize) {
        let (across, down) = if component == 0 {
            (1, 1)
        } else {
            self.sampling
        };
        let blocks = |side: u16, shared: u8| usize::from(side).div_ceil(8 * usize::from(shared));
        (blocks(self.width, across), blocks(self.height, down))
    }

    /// How many rows of its blocks a component has in a row of units.
    fn rows_of(self, component: usize) -> usize {
        if component == 0 {
            usize::from(self.sampling.1)
        } else {
            1
        }
    }

    fn units_down(self) -> usize {
        usize::from(self.height).div_ceil(8 * usize::from(self.sampling.1))
    }

    /// Visits the blocks in the order of an interleaved scan (A.2.3): the component, and column and row, or nothing for
    /// blocks that only fill the last units.
    fn each_block(self, unit_row: usize, mut visit: impl FnMut(usize, Option<(usize, usize)>)) {
        let (across, down) = (usize::from(self.sampling.0), usize::from(self.sampling.1));
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let (columns, rows) = (width.div_ceil(8), height.div_ceil(8));
        for unit_column in 0..width.div_ceil(8 * across) {
            for row in unit_row * down..(unit_row + 1) * down {
                for column in unit_column * across..(unit_column + 1) * across {
                    visit(0, (column < columns && row < rows).then_some((column, row)));
                }
            }
            for component in 1..self.components {
                visit(component, Some((unit_column, unit_row)));
            }
        }
    }

    /// The file up to the frame header. `steps` are those of each component.
    fn head(self, steps: &[&Steps], extras: &Extras) -> Vec<u8> {
        let mut file = vec![0xff, marker::SOI];
        push_segment(&mut file, marker::APP0, JFIF);
        extras::push(&mut file, extras.exif, extras.xmp, extras.iptc);
        if let Some(icc) = extras.icc.filter(|icc| icc.len() <= MAX_ICC) {
            push_profile(&mut file, icc);
        }
        let mut tables: Vec<&Steps> = Vec::new();
        let mut ids = Vec::new();
        for steps in steps {
            let known = tables.iter().position(|table| table == steps);
            ids.push(known.unwrap_or(tables.len()));
            if known.is_none() {
                tables.push(steps);
            }
        }
        let wide = tables
            .iter()
            .any(|table| table.iter().any(|step| *step > 255));
        push_segment(&mut file, marker::DQT, &step_tables(&tables, wide));
        let frame = match self.way {
            Way::Progressive => marker::SOF2,
            Way::Baseline if wide => marker::SOF1,
            Way::Baseline => marker::SOF0,
        };
        push_segment(&mut file, frame, &self.header(&ids));
        file
    }

    /// B.2.2.
    fn header(self, tables: &[usize]) -> Vec<u8> {
        let mut content = vec![8];
        content.extend_from_slice(&self.height.to_be_bytes());
        content.extend_from_slice(&self.width.to_be_bytes());
        content.push(u8::try_from(tables.len()).unwrap_or(u8::MAX));
        for (id, table) in (1..).zip(tables) {
            let (across, down) = if id == 1 { self.sampling } else { (1, 1) };
            let table = u8::try_from(*table).unwrap_or(u8::MAX);
            content.extend_from_slice(&[id, across << 4 | down, table]);
        }
        content
    }
}

/// B.2.4.1. Steps of 16 bits are for frames that are not baseline.
fn step_tables(tables: &[&Steps], wide: bool) -> Vec<u8> {
    let mut content = Vec::new();
    for (id, table) in (0_u8..).zip(tables) {
        content.push(u8::from(wide) << 4 | id);
        let bytes = table.iter().map(|step| step.to_be_bytes());
        content.extend(bytes.flat_map(|bytes| bytes.into_iter().skip(usize::from(!wide))));
    }
    content
}

/// The parts are numbered from 1.
fn push_profile(file: &mut Vec<u8>, icc: &[u8]) {
    let parts = icc.chunks(ICC_PART);
    let count = u8::try_from(parts.len()).unwrap_or(u8::MAX);
    for (number, part) in (1_u8..=count).zip(parts) {
        push_segment(file, marker::APP2, &[ICC, &[number, count], part].concat());
    }
}

/// The steps for luma, and those for chroma, that libjpeg takes for a quality, in zigzag order.
pub(super) fn quality_steps(quality: u8) -> [Steps; 2] {
    [LUMA, CHROMA].map(|table| steps(&table, quality))
}

/// libjpeg's steps for a quality, in zigzag order and held to 8 bits.
fn steps(table: &[u16; 64], quality: u8) -> Steps {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    ZIGZAG.map(|place| {
        let step = (u32::from(table[place]) * percent + 50) / 100;
        u16::try_from(step.clamp(1, 255)).unwrap_or(255)
    })
}

#[cfg(test)]
mod tests;
