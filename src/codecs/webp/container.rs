//! The extended form of the container, with a profile, an EXIF block and an XMP packet (RFC 9649, 2.7).

use crate::image::Size;

/// `RIFF`, a length, `WEBP`.
const HEAD: usize = 12;
/// A name and a length.
const CHUNK_HEAD: usize = 8;
/// What `VP8X` holds: flags, three reserved bytes, width and height less one in three bytes each.
const EXTENDED: usize = 10;

const ICC: u8 = 1 << 5;
const ALPHA: u8 = 1 << 4;
const EXIF: u8 = 1 << 3;
const XMP: u8 = 1 << 2;

/// The file that libwebp has written, with these blocks: the profile before the picture, the others behind it. It stays as it is
/// where there are none.
pub(super) fn extended(
    file: Vec<u8>,
    size: Size,
    icc: Option<&[u8]>,
    exif: Option<&[u8]>,
    xmp: Option<&[u8]>,
) -> Vec<u8> {
    if icc.is_none() && exif.is_none() && xmp.is_none() {
        return file;
    }
    let chunks = &file[HEAD.min(file.len())..];
    let (mut flags, picture) = match chunks.get(..4) {
        Some(b"VP8X") => {
            let picture = chunks.get(CHUNK_HEAD + EXTENDED..);
            (chunks.get(CHUNK_HEAD).copied(), picture.unwrap_or_default())
        }
        Some(b"VP8L") => (lossless_alpha(chunks), chunks),
        _ => (None, chunks),
    };
    let flags = flags.get_or_insert_default();
    *flags |= if icc.is_some() { ICC } else { 0 };
    *flags |= if exif.is_some() { EXIF } else { 0 };
    *flags |= if xmp.is_some() { XMP } else { 0 };
    let mut header = [0; EXTENDED];
    header[0] = *flags;
    header[4..7].copy_from_slice(&(size.width - 1).to_le_bytes()[..3]);
    header[7..10].copy_from_slice(&(size.height - 1).to_le_bytes()[..3]);

    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    append(&mut out, *b"VP8X", &header);
    if let Some(icc) = icc {
        append(&mut out, *b"ICCP", icc);
    }
    out.extend_from_slice(picture);
    if let Some(exif) = exif {
        append(&mut out, *b"EXIF", exif);
    }
    if let Some(xmp) = xmp {
        append(&mut out, *b"XMP ", xmp);
    }
    let length = narrow(out.len() - CHUNK_HEAD);
    out[4..8].copy_from_slice(&length.to_le_bytes());
    out
}

/// The flag that a lossless picture has itself: behind its signature and 14 bits each for width and height (RFC 9649, 3.4).
fn lossless_alpha(chunk: &[u8]) -> Option<u8> {
    let last = chunk.get(CHUNK_HEAD + 4)?;
    Some(if last & 0x10 == 0 { 0 } else { ALPHA })
}

/// A chunk, made even.
fn append(out: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    out.extend_from_slice(&name);
    out.extend_from_slice(&narrow(content.len()).to_le_bytes());
    out.extend_from_slice(content);
    if content.len() % 2 == 1 {
        out.push(0);
    }
}

/// Lengths of what was in memory with a picture of 16,383 pixels a side at the most.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
