//! From a file to planes, at no more of its size than is wanted.

use super::plane::Plane as Decoded;
use super::segments::{Component, Frame, NotOurs, Segments};
use super::sequential;
use crate::image::{Metadata, Orientation, Plane, Planes, Size};

/// How many samples there must be for each that is wanted, across and down: what makes a resampled picture as good as one made
/// from all samples, as far as anybody can tell. Measured against full decoding: see the README.
const HEADROOM: f64 = 1.2;

/// A picture as planes, and what travels with it.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) planes: Planes,
    pub(super) metadata: Metadata,
}

/// Decodes a picture that is going to be brought to the size `whole`, with one sample of chroma for `coarseness`
/// pixels across and down.
pub(super) fn read(bytes: &[u8], whole: Size, coarseness: (u32, u32)) -> Result<Picture, NotOurs> {
    let mut segments = Segments::new(bytes)?;
    let mut planes: Vec<Option<Decoded>> = Vec::new();
    while let Some((scan, at)) = segments.next_scan()? {
        let frame = segments.frame.as_ref().ok_or(NotOurs)?;
        if frame.progressive {
            return Err(NotOurs);
        }
        planes.resize(frame.components.len(), None);
        let mut own = Vec::new();
        for part in &scan.components {
            let component = &frame.components[part.index];
            let scale = scale(frame, component, part.index, whole, coarseness);
            own.push(Decoded::new(
                frame.units_across() * component.across,
                frame.units_down() * component.down,
                scale,
            ));
        }
        let scanned = sequential::decode(bytes, at, frame, &scan, &segments.tables, &mut own)?;
        if scanned.units < scanned.wanted {
            return Err(NotOurs);
        }
        for (part, plane) in scan.components.iter().zip(own) {
            planes[part.index] = Some(plane);
        }
        if planes.iter().all(Option::is_some) {
            break;
        }
        segments.go_on_at(scanned.end);
    }
    let frame = segments.frame.as_ref().ok_or(NotOurs)?;
    let planes = planes
        .into_iter()
        .zip(&frame.components)
        .map(|(plane, component)| Some(finished(plane?, frame, component)))
        .collect::<Option<Vec<_>>>()
        .ok_or(NotOurs)?;
    if planes.is_empty() {
        return Err(NotOurs);
    }
    let exif = segments.extras.exif.clone();
    let orientation = exif
        .as_deref()
        .and_then(::image::metadata::Orientation::from_exif_chunk)
        .and_then(|orientation| Orientation::from_exif(orientation.to_exif()));
    Ok(Picture {
        planes: Planes {
            size: frame.size,
            planes,
        },
        metadata: Metadata {
            orientation: orientation.unwrap_or_default(),
            icc: segments.extras.icc(),
            exif,
            ..Metadata::default()
        },
    })
}

/// The eighths of its size at which a component has enough samples.
fn scale(
    frame: &Frame,
    component: &Component,
    index: usize,
    whole: Size,
    coarseness: (u32, u32),
) -> usize {
    let (x, y) = if index == 0 { (1, 1) } else { coarseness };
    let enough = |scale: usize, own: usize, most: usize, length: u32, wanted: u32, coarse: u32| {
        let there = f64::from(length) * as_float(own * scale) / as_float(8 * most);
        there >= HEADROOM * f64::from(wanted) / f64::from(coarse)
    };
    (1..8)
        .find(|scale| {
            enough(
                *scale,
                component.across,
                frame.across,
                frame.size.width,
                whole.width,
                x,
            ) && enough(
                *scale,
                component.down,
                frame.down,
                frame.size.height,
                whole.height,
                y,
            )
        })
        .unwrap_or(8)
}

/// The plane with what it holds of the picture.
fn finished(plane: Decoded, frame: &Frame, component: &Component) -> Plane {
    let extent = |length: u32, own: usize, most: usize| {
        f64::from(length) * as_float(own * plane.scale) / as_float(8 * most)
    };
    Plane {
        extent: (
            extent(frame.size.width, component.across, frame.across),
            extent(frame.size.height, component.down, frame.down),
        ),
        stride: plane.stride,
        samples: plane.samples,
    }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn as_float(value: usize) -> f64 {
    value as f64
}
