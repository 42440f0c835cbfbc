//! From a file to planes, at no more of its size than is wanted; or to coefficients of another quality.

use super::extras::Extras;
use super::make::SCALES;
use super::progressive::{self, Progress};
use super::segments::{Component, Frame, NotOurs, Scan, Segments, Steps};
use super::sequential::{self, Band};
use super::target::{Grid, Plane as Decoded, Target};
use crate::image::{Channels, Depth, Layout, Metadata, Orientation, Shape, Size, TakeRows};
use crate::warning::Damage;

/// How many samples there must be for each that is wanted, across and down, so that a picture is as good as one made from
/// all samples, as far as its own compression lets anybody tell. Measured on photos as the distance of thumbnails from those
/// that are made of full pictures with Lanczos' filter: with less, libvips came out ahead.
///
/// A single sample for a block is its mean, which lets more through that it should not than the larger transforms do.
const fn headroom(scale: usize) -> f64 {
    if scale == 1 { 1.2 } else { 1.1 }
}

/// What a file announces.
pub(super) fn header(bytes: &[u8]) -> Result<Layout, NotOurs> {
    let mut segments = Segments::new(bytes)?;
    segments.next_scan()?;
    let frame = segments.frame.as_ref().ok_or(NotOurs)?;
    Ok(Layout {
        size: frame.size,
        channels: match frame.components.len() {
            1 => Channels::Gray,
            _ => Channels::Rgb,
        },
        depth: Depth::U8,
        orientation: orientation(segments.extras.exif),
    })
}

/// What was read beside samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub(super) metadata: Metadata,
    /// What is missing of the picture is gray.
    pub(super) damage: Option<Damage>,
}

/// Decodes the planes of a picture that is going to be brought to the size `whole`, with one sample of chroma for
/// `coarseness` pixels across and down. `rows` takes them.
pub(super) fn rows(
    bytes: &[u8],
    layout: &Layout,
    whole: Size,
    coarseness: (u32, u32),
    rows: &mut dyn TakeRows,
) -> Result<Told, NotOurs> {
    let mut segments = Segments::new(bytes)?;
    let (frame, first) = begin(&mut segments, layout)?;
    // What stands between scans describes nothing.
    let metadata = described(&segments.extras);
    let scales = scales(&frame, whole, coarseness);
    let mut sink = Sink::new(&frame, &scales, rows);
    let damage = if comes_in_bands(&frame, &first.0) {
        by_bands(bytes, &mut segments, &frame, first, &mut sink)?
    } else {
        let target = |index: usize| Ok(sink.target(index, None));
        let read = scans(bytes, &mut segments, &frame, first, target)?;
        sink.take(0, &read.targets);
        read.damage
    };
    Ok(Told { metadata, damage })
}

/// Bytes of memory that [`rows`] takes, beside what it keeps from picture to picture.
pub(super) fn rows_memory(
    bytes: &[u8],
    layout: &Layout,
    whole: Size,
    coarseness: (u32, u32),
) -> Result<u64, NotOurs> {
    let (frame, (scan, _)) = begin(&mut Segments::new(bytes)?, layout)?;
    let in_bands = comes_in_bands(&frame, &scan);
    let scales = scales(&frame, whole, coarseness);
    let each = frame
        .components
        .iter()
        .zip(scales)
        .map(|(component, scale)| {
            let (across, down) = blocks(&frame, component);
            let blocks = across * down;
            let samples = scale.0 * scale.1;
            if in_bands {
                // A row of units at the least.
                let most = (BAND_UNITS + frame.units_across()) * component.across * component.down;
                return blocks.min(most) * samples;
            }
            let held = if frame.progressive {
                progressive::block_memory(scale)
            } else {
                0
            };
            blocks * (samples + held)
        });
    Ok(each.sum::<usize>() as u64)
}

/// Whether the first scan is the only one, and has blocks in their order.
fn comes_in_bands(frame: &Frame, first: &Scan) -> bool {
    !frame.progressive && first.components.len() == frame.components.len()
}

/// The eighths of its size, across and down, at which each component is decoded.
fn scales(frame: &Frame, whole: Size, coarseness: (u32, u32)) -> Vec<(usize, usize)> {
    let components = frame.components.iter().enumerate();
    components
        .map(|(index, component)| scale(frame, component, index, whole, coarseness))
        .collect()
}

/// The units of a band, about: enough to be decoded side by side, and few enough to stay in the cache. Where small files
/// are tested they are to have several bands, too.
const BAND_UNITS: usize = if cfg!(test) { 30 } else { 2048 };

/// Decodes the one scan of a picture, band by band.
fn by_bands(
    bytes: &[u8],
    segments: &mut Segments<'_>,
    frame: &Frame,
    (scan, at): (Scan, usize),
    sink: &mut Sink<'_>,
) -> Result<Option<Damage>, NotOurs> {
    let (across, down) = frame.units(&scan);
    let rows = BAND_UNITS.div_ceil(across).min(down);
    let mut targets: Vec<Target> = (0..scan.components.len())
        .map(|index| sink.target(index, Some(rows)))
        .collect();
    let band = Band {
        rows,
        take: &mut |first, targets| sink.take(first, targets),
    };
    let tables = &segments.tables;
    let scanned = sequential::decode(bytes, at, frame, &scan, tables, &mut targets, Some(band))?;
    let end = segments.scan_end(scanned.end);
    Ok(damage(bytes, scanned.is_damaged(), end))
}

/// What passes samples on to whoever takes them.
struct Sink<'a> {
    /// Blocks of each component, across and down.
    blocks: Vec<(usize, usize)>,
    /// Those that a row of units is high.
    down: Vec<usize>,
    scales: &'a [(usize, usize)],
    shapes: Vec<Shape>,
    rows: &'a mut dyn TakeRows,
}

impl<'a> Sink<'a> {
    fn new(frame: &Frame, scales: &'a [(usize, usize)], rows: &'a mut dyn TakeRows) -> Self {
        let extent = |length: u32, own: usize, scale: usize, most: usize| {
            f64::from(length) * as_float(own * scale) / as_float(8 * most)
        };
        let Size { width, height } = frame.size;
        let shape = |(component, scale): (&Component, &(usize, usize))| Shape {
            extent: (
                extent(width, component.across, scale.0, frame.across),
                extent(height, component.down, scale.1, frame.down),
            ),
        };
        let shapes: Vec<Shape> = frame.components.iter().zip(scales).map(shape).collect();
        rows.begin(&shapes);
        // Alone, a component comes block by block.
        let alone = scales.len() == 1;
        let down = |component: &Component| if alone { 1 } else { component.down };
        let blocks = |component: &Component| blocks(frame, component);
        Self {
            blocks: frame.components.iter().map(blocks).collect(),
            down: frame.components.iter().map(down).collect(),
            scales,
            shapes,
            rows,
        }
    }

    /// Room for a component, or for so many rows of units of it.
    fn target(&self, index: usize, rows: Option<usize>) -> Target {
        let (across, all) = self.blocks[index];
        let down = rows.map_or(all, |rows| rows * self.down[index]);
        Target::Samples(Decoded::new(across, down, self.scales[index]))
    }

    /// Passes on what targets hold from this row of units on.
    fn take(&mut self, first: usize, targets: &[Target]) {
        for (index, target) in targets.iter().enumerate() {
            let Target::Samples(plane) = target else {
                continue;
            };
            let shape = self.shapes[index];
            let before = first * self.down[index] * plane.scale.1;
            let rows = plane.samples.chunks_exact(plane.stride);
            for row in rows.take(shape.rows().saturating_sub(before)) {
                self.rows.row(index, &row[..shape.columns()]);
            }
        }
    }
}

/// A picture as coefficients.
#[derive(Debug)]
pub(super) struct Coefficients {
    pub(super) size: Size,
    pub(super) grids: Vec<Grid>,
    pub(super) metadata: Metadata,
    pub(super) damage: Option<Damage>,
}

/// Reads the coefficients of a picture whose luma is sampled like that, chroma once for each, and brings them to other steps: luma's,
/// and chroma's.
pub(super) fn requantize(
    bytes: &[u8],
    layout: &Layout,
    sampling: (u8, u8),
    steps: &[Steps; 2],
) -> Result<Coefficients, NotOurs> {
    let mut segments = Segments::new(bytes)?;
    let (frame, first) = begin(&mut segments, layout)?;
    let metadata = described(&segments.extras);
    let read = scans(bytes, &mut segments, &frame, first, |index| {
        let component = &frame.components[index];
        let (across, down) = match (index, frame.components.len()) {
            // Alone it is not sampled in any way.
            (_, 1) => (component.across, component.down),
            (0, _) => (sampling.0.into(), sampling.1.into()),
            _ => (1, 1),
        };
        if (component.across, component.down) != (across, down) {
            return Err(NotOurs);
        }
        let (across, down) = blocks(&frame, component);
        let steps = steps[index.min(1)];
        Ok(Target::Coefficients(Grid::new(across, down, steps)))
    })?;
    let grids = read.targets.into_iter().filter_map(|target| match target {
        Target::Samples(_) => None,
        Target::Coefficients(grid) => Some(grid),
    });
    Ok(Coefficients {
        size: frame.size,
        grids: grids.collect(),
        metadata,
        damage: read.damage,
    })
}

/// Blocks of a component, with those that only fill up the units of a scan.
fn blocks(frame: &Frame, component: &Component) -> (usize, usize) {
    (
        frame.units_across() * component.across,
        frame.units_down() * component.down,
    )
}

/// Whether this is the picture that was announced, and held to the limits: a damaged file may have two headers, and the library
/// may have come upon the other one.
fn is_announced(frame: &Frame, layout: &Layout) -> bool {
    let gray = layout.channels == Channels::Gray;
    frame.size == layout.size && (frame.components.len() == 1) == gray
}

/// What was read of a file.
struct Read {
    /// One for each component.
    targets: Vec<Target>,
    damage: Option<Damage>,
}

/// Reads as far as the first scan.
fn begin(segments: &mut Segments<'_>, layout: &Layout) -> Result<(Frame, (Scan, usize)), NotOurs> {
    let first = segments.next_scan()?.ok_or(NotOurs)?;
    let frame = segments.frame.clone().ok_or(NotOurs)?;
    is_announced(&frame, layout)
        .then_some((frame, first))
        .ok_or(NotOurs)
}

/// Decodes each component to the target that is made for it.
fn scans(
    bytes: &[u8],
    segments: &mut Segments<'_>,
    frame: &Frame,
    first: (Scan, usize),
    target: impl Fn(usize) -> Result<Target, NotOurs>,
) -> Result<Read, NotOurs> {
    let targets = (0..frame.components.len()).map(target);
    let targets = targets.collect::<Result<Vec<_>, _>>()?;
    if frame.progressive {
        progressive_scans(bytes, segments, frame, first, targets)
    } else {
        sequential_scans(bytes, segments, frame, first, targets)
    }
}

/// As many scans as files may have: those that cameras and programs write have some ten.
const MOST_SCANS: usize = 1000;

/// Decodes scans that refine each other, as long as they have anything to say.
fn progressive_scans(
    bytes: &[u8],
    segments: &mut Segments<'_>,
    frame: &Frame,
    first: (Scan, usize),
    targets: Vec<Target>,
) -> Result<Read, NotOurs> {
    let mut progress = Progress::new(frame, targets);
    let mut wanted = progress.wanted(&all_scans(segments.clone(), first.clone())?);
    let mut found_damage = None;
    let mut next = Some(first);
    while let Some((scan, at)) = next {
        let is_wanted = wanted.next().unwrap_or(false);
        let scanned = progress.read(bytes, at, frame, &scan, &segments.tables, is_wanted)?;
        let end = segments.scan_end(scanned.end);
        found_damage = found_damage.or(damage(bytes, scanned.cut, end));
        if progress.is_complete() {
            break;
        }
        segments.go_on_at(end);
        next = segments.next_scan()?;
        if next.is_none() && !segments.ended {
            found_damage = found_damage.or(Some(Damage::Truncated));
        }
    }
    Ok(Read {
        targets: progress.finish(),
        damage: found_damage,
    })
}

/// What is wrong with a scan whose data end at this place, and are damaged or seem to be whole. Behind whole ones there is a
/// marker.
fn damage(bytes: &[u8], is_damaged: bool, end: usize) -> Option<Damage> {
    if end == bytes.len() {
        Some(Damage::Truncated)
    } else {
        is_damaged.then_some(Damage::Corrupt)
    }
}

/// The headers of all scans, from this one on.
fn all_scans(mut segments: Segments<'_>, first: (Scan, usize)) -> Result<Vec<Scan>, NotOurs> {
    let mut scans = Vec::new();
    let mut next = Some(first);
    while let Some((scan, at)) = next {
        if scans.len() == MOST_SCANS {
            return Err(NotOurs);
        }
        scans.push(scan);
        segments.go_on_at(segments.scan_end(at));
        next = segments.next_scan()?;
    }
    Ok(scans)
}

/// Decodes scans that have whole blocks, each component in one of them.
fn sequential_scans(
    bytes: &[u8],
    segments: &mut Segments<'_>,
    frame: &Frame,
    first: (Scan, usize),
    targets: Vec<Target>,
) -> Result<Read, NotOurs> {
    let mut missing: Vec<Option<Target>> = targets.into_iter().map(Some).collect();
    let mut found: Vec<Option<Target>> = missing.iter().map(|_| None).collect();
    let mut found_damage = None;
    let mut next = Some(first);
    while let Some((scan, at)) = next {
        // No component comes twice. Otherwise a file could have millions of scans, each of which takes its time.
        let parts = scan.components.iter();
        let own = parts.map(|part| missing[part.index].take());
        let mut own = own.collect::<Option<Vec<_>>>().ok_or(NotOurs)?;
        let scanned =
            sequential::decode(bytes, at, frame, &scan, &segments.tables, &mut own, None)?;
        let end = segments.scan_end(scanned.end);
        found_damage = found_damage.or(damage(bytes, scanned.is_damaged(), end));
        for (part, target) in scan.components.iter().zip(own) {
            found[part.index] = Some(target);
        }
        if missing.iter().all(Option::is_none) {
            break;
        }
        segments.go_on_at(end);
        next = segments.next_scan()?;
    }
    if missing.iter().any(Option::is_some) {
        found_damage = found_damage.or(Some(Damage::Truncated));
    }
    let targets = found.into_iter().zip(missing);
    let targets = targets.map(|(found, missing)| found.or(missing));
    let targets = targets.collect::<Option<Vec<_>>>();
    Ok(Read {
        targets: targets.ok_or(NotOurs)?,
        damage: found_damage,
    })
}

/// What travels with the pixels.
pub(super) fn metadata(bytes: &[u8]) -> Result<Metadata, NotOurs> {
    Ok(described(&Segments::new(bytes)?.all_extras()))
}

fn described(extras: &Extras<'_>) -> Metadata {
    Metadata {
        orientation: orientation(extras.exif),
        icc: extras.icc(),
        exif: extras.exif.map(<[u8]>::to_vec),
        xmp: extras.xmp(),
        iptc: extras.iptc.map(<[u8]>::to_vec),
        ..Metadata::default()
    }
}

fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(::image::metadata::Orientation::from_exif_chunk)
        .and_then(|orientation| Orientation::from_exif(orientation.to_exif()))
        .unwrap_or_default()
}

/// The eighths of its size, across and down, at which a component has enough samples.
fn scale(
    frame: &Frame,
    component: &Component,
    index: usize,
    whole: Size,
    coarseness: (u32, u32),
) -> (usize, usize) {
    let (x, y) = if index == 0 { (1, 1) } else { coarseness };
    let enough = |scale: usize, own: usize, most: usize, length: u32, wanted: u32, coarse: u32| {
        let there = f64::from(length) * as_float(own * scale) / as_float(8 * most);
        let wanted = f64::from(wanted) / f64::from(coarse);
        // Chroma that has just the right size by half of its waves is as good as any filter makes it.
        let exact = index > 0 && scale >= 4 && (there - wanted).abs() <= 0.0;
        scale == 8 || exact || there >= headroom(scale) * wanted
    };
    let Size { width, height } = frame.size;
    let fits = |(across, down): &(usize, usize)| {
        enough(
            *across,
            component.across,
            frame.across,
            width,
            whole.width,
            x,
        ) && enough(*down, component.down, frame.down, height, whole.height, y)
    };
    SCALES.into_iter().find(fits).unwrap_or((8, 8))
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn as_float(value: usize) -> f64 {
    value as f64
}
