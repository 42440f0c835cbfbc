//! From a file to planes, at no more of its size than is wanted; or to coefficients of another quality.

use super::make::SCALES;
use super::progressive::Progress;
use super::segments::{Component, Frame, NotOurs, Scan, Segments, Steps};
use super::sequential;
use super::target::{Grid, Plane as Decoded, Target};
use crate::image::{Channels, Depth, Layout, Metadata, Orientation, Plane, Planes, Size};
use crate::warning::Damage;

/// How many samples there must be for each that is wanted, across and down, so that a picture is as good as one made from
/// all samples, as far as its own compression lets anybody tell. Measured against full decoding: see the README.
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

/// A picture as planes, and what travels with it.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) planes: Planes,
    pub(super) metadata: Metadata,
    /// What is missing of it is gray.
    pub(super) damage: Option<Damage>,
}

/// Decodes a picture that is going to be brought to the size `whole`, with one sample of chroma for `coarseness`
/// pixels across and down.
pub(super) fn read(
    bytes: &[u8],
    layout: &Layout,
    whole: Size,
    coarseness: (u32, u32),
) -> Result<Picture, NotOurs> {
    let read = scans(bytes, layout, |frame, index| {
        let component = &frame.components[index];
        let scale = scale(frame, component, index, whole, coarseness);
        let (across, down) = blocks(frame, component);
        Ok(Target::Samples(Decoded::new(across, down, scale)))
    })?;
    let frame = &read.frame;
    let planes = read.targets.into_iter().zip(&frame.components);
    let planes = planes.filter_map(|(target, component)| match target {
        Target::Samples(plane) => Some(finished(plane, frame, component)),
        Target::Coefficients(_) => None,
    });
    Ok(Picture {
        planes: Planes {
            size: frame.size,
            planes: planes.collect(),
        },
        metadata: read.metadata,
        damage: read.damage,
    })
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
    let read = scans(bytes, layout, |frame, index| {
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
        let (across, down) = blocks(frame, component);
        let steps = steps[index.min(1)];
        Ok(Target::Coefficients(Grid::new(across, down, steps)))
    })?;
    let grids = read.targets.into_iter().filter_map(|target| match target {
        Target::Samples(_) => None,
        Target::Coefficients(grid) => Some(grid),
    });
    Ok(Coefficients {
        size: read.frame.size,
        grids: grids.collect(),
        metadata: read.metadata,
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
    frame: Frame,
    /// What stands before the first scan: as the header has it, however many scans are read.
    metadata: Metadata,
    /// One for each component.
    targets: Vec<Target>,
    damage: Option<Damage>,
}

/// Decodes each component to the target that is made for it.
fn scans(
    bytes: &[u8],
    layout: &Layout,
    target: impl Fn(&Frame, usize) -> Result<Target, NotOurs>,
) -> Result<Read, NotOurs> {
    let mut segments = Segments::new(bytes)?;
    let first = segments.next_scan()?.ok_or(NotOurs)?;
    let frame = segments.frame.clone().ok_or(NotOurs)?;
    if !is_announced(&frame, layout) {
        return Err(NotOurs);
    }
    let targets = (0..frame.components.len()).map(|index| target(&frame, index));
    let targets = targets.collect::<Result<Vec<_>, _>>()?;
    let metadata = metadata(&segments);
    let (targets, damage) = if frame.progressive {
        progressive_scans(bytes, &mut segments, &frame, first, targets)?
    } else {
        sequential_scans(bytes, &mut segments, &frame, first, targets)?
    };
    Ok(Read {
        frame,
        metadata,
        targets,
        damage,
    })
}

/// What scans are decoded to, and what is wrong with them.
type Outcome = (Vec<Target>, Option<Damage>);

/// As many scans as files may have: those that cameras and programs write have some ten.
const MOST_SCANS: usize = 1000;

/// Decodes scans that refine each other, as long as they have anything to say.
fn progressive_scans(
    bytes: &[u8],
    segments: &mut Segments<'_>,
    frame: &Frame,
    first: (Scan, usize),
    targets: Vec<Target>,
) -> Result<Outcome, NotOurs> {
    let mut progress = Progress::new(frame, targets);
    let mut wanted = progress.wanted(&all_scans(segments.clone(), first.clone())?);
    let mut damage = None;
    let mut next = Some(first);
    while let Some((scan, at)) = next {
        let is_wanted = wanted.next().unwrap_or(false);
        let scanned = progress.read(bytes, at, frame, &scan, &segments.tables, is_wanted)?;
        let end = segments.scan_end(scanned.end);
        if scanned.cut || end == bytes.len() {
            damage = damage.or(Some(damage_at(bytes, end)));
        }
        if progress.is_complete() {
            break;
        }
        segments.go_on_at(end);
        next = segments.next_scan()?;
        if next.is_none() && !segments.ended {
            damage = damage.or(Some(Damage::Truncated));
        }
    }
    Ok((progress.finish(), damage))
}

/// What is wrong with data that end too early at this place.
fn damage_at(bytes: &[u8], end: usize) -> Damage {
    if end == bytes.len() {
        Damage::Truncated
    } else {
        Damage::Corrupt
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
) -> Result<Outcome, NotOurs> {
    let mut missing: Vec<Option<Target>> = targets.into_iter().map(Some).collect();
    let mut found: Vec<Option<Target>> = missing.iter().map(|_| None).collect();
    let mut damage = None;
    let mut next = Some(first);
    while let Some((scan, at)) = next {
        // No component comes twice. Otherwise a file could have millions of scans, each of which takes its time.
        let parts = scan.components.iter();
        let own = parts.map(|part| missing[part.index].take());
        let mut own = own.collect::<Option<Vec<_>>>().ok_or(NotOurs)?;
        let scanned = sequential::decode(bytes, at, frame, &scan, &segments.tables, &mut own)?;
        let end = segments.scan_end(scanned.end);
        if scanned.is_damaged() || end == bytes.len() {
            damage = damage.or(Some(damage_at(bytes, end)));
        }
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
        damage = damage.or(Some(Damage::Truncated));
    }
    let targets = found.into_iter().zip(missing);
    let targets = targets.map(|(found, missing)| found.or(missing));
    let targets = targets.collect::<Option<Vec<_>>>();
    targets.map(|targets| (targets, damage)).ok_or(NotOurs)
}

fn metadata(segments: &Segments<'_>) -> Metadata {
    let exif = segments.extras.exif;
    Metadata {
        orientation: orientation(exif),
        icc: segments.extras.icc(),
        exif: exif.map(<[u8]>::to_vec),
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

/// The plane with what it holds of the picture.
fn finished(plane: Decoded, frame: &Frame, component: &Component) -> Plane {
    let extent = |length: u32, own: usize, scale: usize, most: usize| {
        f64::from(length) * as_float(own * scale) / as_float(8 * most)
    };
    let (across, down) = plane.scale;
    Plane {
        extent: (
            extent(frame.size.width, component.across, across, frame.across),
            extent(frame.size.height, component.down, down, frame.down),
        ),
        stride: plane.stride,
        samples: plane.samples,
    }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn as_float(value: usize) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRESSIVE: &[u8] = include_bytes!("samples/progressive.jpg");

    fn whole(bytes: &[u8]) -> Result<Picture, NotOurs> {
        let layout = header(bytes)?;
        read(bytes, &layout, layout.size, (1, 1))
    }

    /// Where each segment with codes ends that stands behind the first scan.
    fn ends_of_later_codes() -> impl Iterator<Item = usize> {
        let first = memchr::memmem::find(PROGRESSIVE, b"\xff\xda").unwrap();
        let codes = memchr::memmem::find_iter(PROGRESSIVE, b"\xff\xc4");
        codes.filter(move |at| *at > first).map(|at| {
            let length = [PROGRESSIVE[at + 2], PROGRESSIVE[at + 3]];
            at + 2 + usize::from(u16::from_be_bytes(length))
        })
    }

    #[test]
    fn a_file_that_ends_between_scans_has_not_come_to_its_end() {
        assert!(ends_of_later_codes().count() > 3);
        for end in ends_of_later_codes() {
            let damage = whole(&PROGRESSIVE[..end]).map(|picture| picture.damage);
            assert_eq!(damage, Ok(Some(Damage::Truncated)), "{end}");
        }
    }

    /// As the header has it, which is all that anybody asks before.
    #[test]
    fn what_stands_between_scans_describes_nothing() {
        let exif = b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let end = ends_of_later_codes().next().unwrap();
        let late = [&PROGRESSIVE[..end], exif, &PROGRESSIVE[end..]].concat();
        assert_eq!(
            whole(&late).unwrap().metadata,
            whole(PROGRESSIVE).unwrap().metadata
        );
        let early = [&PROGRESSIVE[..2], exif, &PROGRESSIVE[2..]].concat();
        assert_eq!(
            whole(&early).unwrap().metadata.orientation,
            Orientation::Turn90
        );
    }
}
