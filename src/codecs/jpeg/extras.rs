//! What travels with a picture in application segments: EXIF, XMP, IPTC and a profile, as they are read and written.

use super::encode::push_segment;
use super::segments::marker;
use crate::metadata::xmp;

/// What a segment holds at most, behind its length.
pub(super) const SEGMENT: usize = 65_533;

/// The longest EXIF block that fits in its segment.
pub(super) const MAX_EXIF: usize = SEGMENT - EXIF.len();

/// The longest packet that is written, in as many segments as it takes.
pub(super) const MAX_XMP: usize = 8 << 20;

/// The longest datasets that fit in their segment, with what is written around them.
pub(super) const MAX_IPTC: usize = SEGMENT - PHOTOSHOP.len() - 13;

/// The longest packet that stands alone (Adobe XMP Specification Part 3, 1.1.3).
const MAX_MAIN: usize = 65_502;

/// A part of an extended packet: less than fits in, as every writer does.
const XMP_PART: usize = 65_400;

const EXIF: &[u8] = b"Exif\0\0";

/// What an XMP packet stands behind.
pub(super) const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// What parts of an extended packet stand behind (1.1.3.1): then a digest, the whole packet's length, and the part's place in it.
const EXTENDED: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";

/// What Photoshop's image resources stand behind.
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

/// The number of the resource that holds IPTC datasets.
const IPTC_RESOURCE: u16 = 0x0404;

/// A part of an extended packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part<'a> {
    digest: &'a [u8; 32],
    whole: u32,
    at: u32,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    fn read(body: &'a [u8]) -> Option<Self> {
        let (digest, rest) = body.split_first_chunk()?;
        let (whole, rest) = rest.split_first_chunk()?;
        let (at, bytes) = rest.split_first_chunk()?;
        Some(Self {
            digest,
            whole: u32::from_be_bytes(*whole),
            at: u32::from_be_bytes(*at),
            bytes,
        })
    }
}

/// What travels with the pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extras<'a> {
    pub(super) exif: Option<&'a [u8]>,
    /// XMP as far as it stands in the main packet (XMP Specification Part 3, 1.1.3).
    xmp: Option<&'a [u8]>,
    extended: Vec<Part<'a>>,
    /// IPTC datasets.
    pub(super) iptc: Option<&'a [u8]>,
    /// The parts of the ICC profile, with their numbers and the count that each claims.
    profile: Vec<(u8, u8, &'a [u8])>,
    jfif: bool,
    /// What Adobe's segment says of the colours.
    transform: Option<u8>,
}

impl<'a> Extras<'a> {
    /// Takes what an application segment holds.
    pub(super) fn add(&mut self, marker: u8, body: &'a [u8]) {
        if marker == marker::APP0 && body.starts_with(b"JFIF\0") {
            self.jfif = true;
        } else if marker == marker::APP1 {
            self.exif = self.exif.or(body.strip_prefix(EXIF));
            self.xmp = self.xmp.or(body.strip_prefix(XMP));
            let part = body.strip_prefix(EXTENDED).and_then(Part::read);
            self.extended.extend(part);
        } else if let (marker::APP13, Some(resources)) = (marker, body.strip_prefix(PHOTOSHOP)) {
            self.iptc = self.iptc.or(iptc(resources));
        } else if let (marker::APP2, Some([number, count, part @ ..])) =
            (marker, body.strip_prefix(b"ICC_PROFILE\0"))
        {
            self.profile.push((*number, *count, part));
        } else if let (marker::APP14, Some([_, _, _, _, _, _, transform, ..])) =
            (marker, body.strip_prefix(b"Adobe"))
        {
            self.transform = Some(*transform);
        }
    }

    /// The XMP packet, with its extended part, if all of that is there.
    pub(super) fn xmp(&self) -> Option<Vec<u8>> {
        let main = self.xmp?;
        let extended = self.extended_packet(main);
        let merged = extended.and_then(|extended| xmp::merged(main, &extended).ok());
        Some(merged.unwrap_or_else(|| main.to_vec()))
    }

    /// The parts that the main packet names, in their order and without gaps.
    fn extended_packet(&self, main: &[u8]) -> Option<Vec<u8>> {
        let mut parts = self.extended.clone();
        let digest = parts.first()?.digest;
        memchr::memmem::find(main, digest)?;
        parts.retain(|part| part.digest == digest);
        parts.sort_by_key(|part| part.at);
        let mut whole = Vec::new();
        for part in &parts {
            if usize::try_from(part.at) != Ok(whole.len()) {
                return None;
            }
            whole.extend_from_slice(part.bytes);
        }
        (usize::try_from(parts.first()?.whole) == Ok(whole.len())).then_some(whole)
    }

    /// The ICC profile (ICC.1:2022, B.4), if all of its parts are there.
    pub(super) fn icc(&self) -> Option<Vec<u8>> {
        let count = self.profile.first()?.1;
        // As the library has it: nothing twice, and nothing without a part.
        if self.profile.len() != usize::from(count) {
            return None;
        }
        let mut whole = Vec::new();
        for number in 1..=count {
            let (.., part) = self
                .profile
                .iter()
                .find(|(n, c, _)| (*n, *c) == (number, count))?;
            whole.extend_from_slice(part);
        }
        Some(whole)
    }

    /// Whether Adobe's segment is there.
    pub(super) fn is_by_adobe(&self) -> bool {
        self.transform.is_some()
    }

    /// Whether three components are luma and chroma: as libjpeg tells it.
    pub(super) fn is_luma_and_chroma(&self, ids: [u8; 3]) -> bool {
        if self.jfif {
            return true;
        }
        match self.transform {
            Some(transform) => transform != 0,
            None => ids != *b"RGB",
        }
    }
}

/// The datasets among image resources (Adobe Photoshop File Formats Specification, "Image Resource Blocks"): each has a
/// signature, a number, a name and its data, the latter two padded to an even length.
pub(in crate::codecs) fn iptc(mut resources: &[u8]) -> Option<&[u8]> {
    loop {
        let rest = resources.strip_prefix(b"8BIM")?;
        let number = u16::from_be_bytes(*rest.first_chunk()?);
        let name = usize::from(*rest.get(2)?) + 1;
        let rest = rest.get(2 + name.next_multiple_of(2)..)?;
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let data = rest.get(4..)?.get(..length)?;
        if number == IPTC_RESOURCE {
            return Some(data);
        }
        resources = rest.get(4 + length.next_multiple_of(2)..)?;
    }
}

/// Writes the segments of EXIF, XMP and IPTC, in the order in which readers look for them. What is too long is left out.
pub(super) fn push(
    file: &mut Vec<u8>,
    exif: Option<&[u8]>,
    xmp: Option<&[u8]>,
    iptc: Option<&[u8]>,
) {
    if let Some(exif) = exif.filter(|exif| exif.len() <= MAX_EXIF) {
        push_segment(file, marker::APP1, &[EXIF, exif].concat());
    }
    match xmp {
        Some(packet) if packet.len() <= MAX_MAIN => {
            push_segment(file, marker::APP1, &[XMP, packet].concat());
        }
        Some(packet) if packet.len() <= MAX_XMP => push_in_parts(file, packet),
        Some(_) | None => {}
    }
    if let Some(iptc) = iptc.filter(|iptc| iptc.len() <= MAX_IPTC) {
        let number = IPTC_RESOURCE.to_be_bytes();
        let length = u32::try_from(iptc.len()).unwrap_or(u32::MAX).to_be_bytes();
        let parts = [PHOTOSHOP, b"8BIM", &number, &[0, 0], &length, iptc];
        let mut body = parts.concat();
        if iptc.len() % 2 == 1 {
            body.push(0);
        }
        push_segment(file, marker::APP13, &body);
    }
}

/// A packet that cannot be split is left out.
fn push_in_parts(file: &mut Vec<u8>, packet: &[u8]) {
    let Some((main, digest, rest)) = xmp::split(packet, MAX_MAIN) else {
        return;
    };
    push_segment(file, marker::APP1, &[XMP, &main].concat());
    let whole = u32::try_from(rest.len()).unwrap_or(u32::MAX).to_be_bytes();
    for (n, part) in rest.chunks(XMP_PART).enumerate() {
        let at = u32::try_from(n * XMP_PART)
            .unwrap_or(u32::MAX)
            .to_be_bytes();
        let parts = [EXTENDED, &digest, &whole, &at, part];
        push_segment(file, marker::APP1, &parts.concat());
    }
}
