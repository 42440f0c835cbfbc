//! Gain maps: small pictures behind the picture, which say how much brighter each part of it is where a screen can show that.
//!
//! They stand there as JPEG files of their own, which CIPA DC-007 (Multi-Picture Format) lists. What is in them is described by XMP
//! (Adobe, "Gain map specification"; Google, "Ultra HDR Image Format 1.1") or by a segment of ISO 21496-1.

use std::ops::Range;

use super::encode::push_segment;
use super::extras::XMP;
use super::segments::marker;
use crate::metadata::xmp;

/// What the list of pictures stands behind.
const LIST: &[u8] = b"MPF\0";

/// What ISO 21496-1 puts before its own (annex C); in the picture itself only the version of it follows.
const ISO: &[u8] = b"urn:iso:std:iso:ts:21496:-1\0";

/// How XMP calls what it says of gain maps.
const SPACE: &[u8] = b"http://ns.adobe.com/hdr-gain-map/1.0/";

/// Segments before the frame that the walk takes note of, at the most.
const MOST_SEGMENTS: usize = 1000;

/// A gain map as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GainMap<'a> {
    /// A JPEG file.
    pub file: &'a [u8],
    /// Its XMP packet, which says what its samples mean.
    pub xmp: Option<Vec<u8>>,
    /// The same by ISO 21496-1.
    pub iso: Option<&'a [u8]>,
    /// Whether the picture itself has the segment of ISO 21496-1.
    pub is_iso: bool,
}

/// The application segments at the beginning of a file: marker, and where the body is.
fn segments(bytes: &[u8]) -> Vec<(u8, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 2;
    while let Some([0xff, code, high, low]) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let body = at + 4..at + 2 + length;
        let is_application = (marker::APP0..=marker::APP15).contains(code) || *code == marker::COM;
        if !is_application || length < 2 || body.end > bytes.len() || found.len() == MOST_SEGMENTS {
            break;
        }
        at = body.end;
        found.push((*code, body));
    }
    found
}

/// What follows on a prefix in the first segment that begins with it.
fn behind<'a>(bytes: &'a [u8], code: u8, prefix: &[u8]) -> Option<&'a [u8]> {
    let mut segments = segments(bytes).into_iter();
    segments.find_map(|(marker, body)| {
        let body = (marker == code).then(|| &bytes[body])?;
        body.strip_prefix(prefix)
    })
}

impl<'a> GainMap<'a> {
    /// That of a JPEG file, if it has one.
    pub fn find(bytes: &'a [u8]) -> Option<Self> {
        let (_, list) = segments(bytes)
            .into_iter()
            .find(|(code, body)| *code == marker::APP2 && bytes[body.clone()].starts_with(LIST))?;
        let start = list.start + LIST.len();
        let listed = pictures(&bytes[start..list.end])?;
        let is_iso = behind(bytes, marker::APP2, ISO).is_some();
        listed.into_iter().find_map(|(length, offset)| {
            let file = bytes.get(start.checked_add(offset)?..)?.get(..length)?;
            let packet = behind(file, marker::APP1, XMP);
            let packet = packet.filter(|xmp| memchr::memmem::find(xmp, SPACE).is_some());
            let iso = behind(file, marker::APP2, ISO);
            let is_map = file.starts_with(b"\xff\xd8") && (packet.is_some() || iso.is_some());
            is_map.then(|| Self {
                file,
                xmp: packet.map(<[u8]>::to_vec),
                iso,
                is_iso,
            })
        })
    }

    /// A picture with a map behind it: both are JPEG files, and the map is one that is written instead of this one. `None` where
    /// there is no room for what must be said of it.
    pub fn attach(&self, picture: &[u8], map: &[u8]) -> Option<Vec<u8>> {
        let map = match self.iso {
            Some(iso) => inserted(map, &[(marker::APP2, [ISO, iso].concat())])?,
            None => map.to_vec(),
        };
        let mut said = Vec::new();
        let mut picture = picture.to_vec();
        if self.xmp.is_some() {
            let old = segments(&picture).into_iter().find(|(code, body)| {
                *code == marker::APP1 && picture[body.clone()].starts_with(XMP)
            });
            let packet = old
                .as_ref()
                .map(|(_, body)| &picture[body.start + XMP.len()..body.end]);
            let packet = xmp::with_gain_map(packet, map.len()).ok()?;
            if let Some((_, body)) = old {
                picture.drain(body.start - 4..body.end);
            }
            said.push((marker::APP1, [XMP, &packet].concat()));
        }
        if self.is_iso {
            // The least version that a reader must know, and that of the writer.
            said.push((marker::APP2, [ISO, &[0; 4]].concat()));
        }
        said.push((marker::APP2, [LIST, &list(0, 0, 0)].concat()));
        let mut file = inserted(&picture, &said)?;
        let (_, place) = segments(&file)
            .into_iter()
            .find(|(code, body)| *code == marker::APP2 && file[body.clone()].starts_with(LIST))?;
        let start = place.start + LIST.len();
        let [own, length] = [file.len(), map.len()].map(u32::try_from);
        let offset = u32::try_from(file.len() - start).ok()?;
        file[start..place.end].copy_from_slice(&list(own.ok()?, length.ok()?, offset));
        file.extend(map);
        Some(file)
    }
}

/// The file with more segments behind those that it begins with. `None` where one is too long for a segment.
fn inserted(file: &[u8], more: &[(u8, Vec<u8>)]) -> Option<Vec<u8>> {
    let at = segments(file).last().map_or(2, |(_, body)| body.end);
    let mut out = file.get(..at)?.to_vec();
    for (marker, body) in more {
        u16::try_from(body.len() + 2).ok()?;
        push_segment(&mut out, *marker, body);
    }
    out.extend_from_slice(&file[at..]);
    Some(out)
}

/// The lengths and offsets of the pictures behind the first, as the list has them (CIPA DC-007, 5.2.3.3): offsets count from
/// where the list's own header begins.
fn pictures(list: &[u8]) -> Option<Vec<(usize, usize)>> {
    const ENTRIES: u16 = 0xb002;
    let is_little = match list.first_chunk()? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = *list.get(at..)?.first_chunk()?;
        Some(if is_little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    };
    let u32_at = |at: usize| {
        let bytes = *list.get(at..)?.first_chunk()?;
        let number = if is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        };
        usize::try_from(number).ok()
    };
    let directory = u32_at(4)?;
    let count = usize::from(u16_at(directory)?);
    let mut entries = (0..count).map(|entry| directory + 2 + 12 * entry);
    let entry = entries.find(|at| u16_at(*at) == Some(ENTRIES))?;
    let (length, first) = (u32_at(entry + 4)?, u32_at(entry + 8)?);
    let places = (1..(length / 16).min(64)).map(|number| first.checked_add(16 * number));
    places
        .map(|at| Some((u32_at(at?.checked_add(4)?)?, u32_at(at?.checked_add(8)?)?)))
        .collect()
}

/// A list of two pictures (CIPA DC-007, 5.2): how long each is, and where the second begins.
fn list(first: u32, second: u32, offset: u32) -> Vec<u8> {
    const BASELINE_PRIMARY: u32 = 0x0003_0000;
    let mut out = b"MM\0*\0\0\0\x08\0\x03".to_vec();
    out.extend(b"\xb0\x00\0\x07\0\0\0\x040100");
    out.extend(b"\xb0\x01\0\x04\0\0\0\x01\0\0\0\x02");
    // Two entries of 16 bytes, behind the directory, which nothing follows.
    out.extend(b"\xb0\x02\0\x07\0\0\0\x20\0\0\0\x32\0\0\0\0");
    for part in [BASELINE_PRIMARY, first, 0, 0, 0, second, offset, 0] {
        out.extend(part.to_be_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
        inserted(b"\xff\xd8\xff\xdb\0\x02\xff\xd9", segments).unwrap()
    }

    fn described() -> Vec<u8> {
        let packet = [b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>", SPACE].concat();
        jpeg(&[(marker::APP1, [XMP, &packet].concat())])
    }

    #[test]
    fn what_is_attached_is_found() {
        let described = described();
        let by_iso = jpeg(&[(marker::APP2, [ISO, b"what it means"].concat())]);
        let plain = jpeg(&[]);
        for (map, is_iso) in [(&described, false), (&described, true), (&by_iso, true)] {
            let old = GainMap {
                file: map,
                xmp: behind(map, marker::APP1, XMP).map(<[u8]>::to_vec),
                iso: behind(map, marker::APP2, ISO),
                is_iso,
            };
            let written = if old.xmp.is_some() { map } else { &plain };
            let file = old.attach(&plain, written).unwrap();
            let found = GainMap::find(&file).unwrap();
            assert_eq!(found, old);
            assert!(file.ends_with(found.file));
            let xmp = behind(&file, marker::APP1, XMP);
            assert_eq!(xmp.is_some(), old.xmp.is_some());
            // Again, in place of what stands there.
            let first = &file[..file.len() - map.len()];
            let lost = first.windows(4).position(|four| four == LIST).unwrap();
            let without = [&first[..lost - 4], &first[lost + 86..]].concat();
            assert_eq!(
                old.attach(&without, written).unwrap().len(),
                file.len() + if is_iso { 36 } else { 0 }
            );
        }
    }

    #[test]
    fn lists_of_both_orders_are_read_and_those_that_lie_lead_nowhere() {
        let big = list(100, 20, 300);
        assert_eq!(pictures(&big), Some(vec![(20, 300)]));
        let little = b"II*\0\x08\0\0\0\x01\0\x02\xb0\x07\0\x20\0\0\0\x1a\0\0\0\0\0\0\0".to_vec();
        let entries = [0_u32, 9, 0, 0, 0, 8, 7, 0].map(u32::to_le_bytes).concat();
        assert_eq!(pictures(&[little, entries].concat()), Some(vec![(8, 7)]));
        for length in 0..big.len() {
            assert!(pictures(&big[..length]).is_none_or(|found| found.len() <= 1));
        }
        let map = described();
        let (xmp, iso, is_iso) = (Some(Vec::new()), None, false);
        let old = GainMap {
            file: &map,
            xmp,
            iso,
            is_iso,
        };
        let whole = old.attach(&jpeg(&[]), &map).unwrap();
        for at in 0..whole.len() {
            let mut torn = whole.clone();
            torn[at] ^= 0xff;
            let _no_panic = GainMap::find(&torn);
            let _no_panic = GainMap::find(&whole[..at]);
        }
    }
}
