//! EXIF, XMP and IPTC in PNG files: in chunks of their own (W3C PNG, third edition, 11.3), or as ImageMagick writes them, in
//! digits.

use std::fmt::Write;
use std::io::Read;

use flate2::read::ZlibDecoder;
use libdeflater::CompressionError;

use super::chunks::{Chunks, append, append_parts};
use super::rows::compressed as compressed_data;
use crate::codecs::carries::Carried;
use crate::codecs::jpeg;
use crate::image::Metadata;

/// The keyword of XMP (Adobe XMP Specification Part 3, 1.1.5).
const XMP: &[u8] = b"XML:com.adobe.xmp";

/// What a compressed text may become: the most of what any other format carries, and digits.
const MOST: u64 = MOST_BYTES as u64;
pub(super) const MOST_BYTES: usize = 64 << 20;

/// What a file carries.
pub(super) fn carried(bytes: &[u8]) -> Carried {
    let mut carried = Carried::default();
    let mut digits = Carried::default();
    for (name, data) in Chunks::of(bytes) {
        let text = match name {
            b"eXIf" => {
                carried.exif.get_or_insert_with(|| data.to_vec());
                continue;
            }
            b"tEXt" => plain(data),
            b"zTXt" => compressed(data),
            b"iTXt" => international(data),
            _ => continue,
        };
        let Some((keyword, text)) = text else {
            continue;
        };
        match keyword {
            XMP => drop(carried.xmp.get_or_insert(text)),
            b"Raw profile type xmp" => set(&mut digits.xmp, raw(&text)),
            b"Raw profile type exif" | b"Raw profile type APP1" => {
                let block =
                    raw(&text).and_then(|block| Some(block.strip_prefix(b"Exif\0\0")?.to_vec()));
                set(&mut digits.exif, block);
            }
            b"Raw profile type iptc" => {
                let resources = raw(&text);
                set(
                    &mut digits.iptc,
                    resources.and_then(|bytes| Some(datasets(&bytes)?.to_vec())),
                );
            }
            _ => {}
        }
    }
    Carried {
        exif: carried.exif.or(digits.exif),
        xmp: carried.xmp.or(digits.xmp),
        iptc: digits.iptc,
    }
}

fn set(place: &mut Option<Vec<u8>>, found: Option<Vec<u8>>) {
    if place.is_none() {
        *place = found;
    }
}

/// Datasets stand there alone, or as Photoshop has them.
fn datasets(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.starts_with(b"8BIM") {
        return jpeg::iptc(bytes);
    }
    bytes.starts_with(&[0x1c]).then_some(bytes)
}

fn split_at_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(0, bytes)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn is_known(keyword: &[u8]) -> bool {
    keyword == XMP || keyword.starts_with(b"Raw profile type ")
}

fn plain(data: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let (keyword, text) = split_at_zero(data)?;
    is_known(keyword).then(|| (keyword, text.to_vec()))
}

fn compressed(data: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let (keyword, rest) = split_at_zero(data)?;
    let (method, text) = rest.split_first()?;
    let text = (is_known(keyword) && *method == 0).then(|| inflated(text))??;
    Some((keyword, text))
}

fn international(data: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let (keyword, rest) = split_at_zero(data)?;
    let ([is_compressed, method], rest) = rest.split_first_chunk()?;
    let (_language, rest) = split_at_zero(rest)?;
    let (_translated, text) = split_at_zero(rest)?;
    if !is_known(keyword) {
        return None;
    }
    let text = match (is_compressed, method) {
        (0, _) => text.to_vec(),
        (1, 0) => inflated(text)?,
        _ => return None,
    };
    Some((keyword, text))
}

fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut decoder = ZlibDecoder::new(bytes).take(MOST + 1);
    decoder.read_to_end(&mut out).ok()?;
    (out.len() as u64 <= MOST).then_some(out)
}

/// A block written in digits: a line of its name, one of its length, and lines of digits to the base of 16.
fn raw(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let (_name, rest) = text.split_at_checked(memchr::memchr(b'\n', text)?)?;
    let rest = rest.trim_ascii_start();
    let (length, digits) = rest.split_at_checked(memchr::memchr(b'\n', rest)?)?;
    let length: usize = std::str::from_utf8(length).ok()?.trim().parse().ok()?;
    let digits = digits.iter().filter(|byte| !byte.is_ascii_whitespace());
    let digits = digits.map(|digit| char::from(*digit).to_digit(16));
    let digits = digits.map(|digit| u8::try_from(digit?).ok());
    let digits: Vec<u8> = digits.collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let block: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    (rest.is_empty() && block.len() == length).then_some(block)
}

/// Appends the chunks of these blocks.
pub(super) fn append_carried(
    out: &mut Vec<u8>,
    metadata: &Metadata,
) -> Result<(), CompressionError> {
    if let Some(exif) = &metadata.exif {
        append(out, *b"eXIf", exif);
    }
    if let Some(xmp) = &metadata.xmp {
        // Not compressed, so that what looks for packets finds it; no language, no translation.
        append_parts(out, *b"iTXt", &[XMP, &[0; 5], xmp]);
    }
    if let Some(iptc) = &metadata.iptc {
        let text = in_digits("iptc", iptc);
        let text = compressed_data(&text, 9)?;
        append_parts(out, *b"zTXt", &[b"Raw profile type iptc\0\0", &text]);
    }
    Ok(())
}

/// A block as [`raw`] reads it.
fn in_digits(name: &str, block: &[u8]) -> Vec<u8> {
    let mut text = format!("\n{name}\n{:8}\n", block.len());
    for line in block.chunks(36) {
        for byte in line {
            let _written = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x03IHDRabc\0\0\0\0";

    fn blocks() -> Metadata {
        Metadata {
            exif: Some(b"MM\0*\0\0\0\x08".to_vec()),
            xmp: Some("<x:xmpmeta>ü</x:xmpmeta>".into()),
            iptc: Some([b"\x1c\x02\x05\0\x64".as_slice(), &[7; 100]].concat()),
            ..Metadata::default()
        }
    }

    #[test]
    fn what_is_attached_is_carried() {
        let metadata = blocks();
        let mut file = HEAD.to_vec();
        append_carried(&mut file, &metadata).unwrap();
        let read = carried(&file);
        assert_eq!(
            (read.exif, read.xmp, read.iptc),
            (metadata.exif, metadata.xmp, metadata.iptc)
        );
        for length in 0..file.len() {
            let _no_panic = carried(&file[..length]);
        }
    }

    #[test]
    fn digits_are_read_however_they_are_broken() {
        let text = b"\nexif\n      10\n45786966\n0000 4d4d002a\n";
        assert_eq!(raw(text).unwrap(), b"Exif\0\0MM\0*");
        for wrong in [
            &b"\nexif\n 11\n45786966\n00004d4d002a\n"[..],
            b"\nexif\n 10\n4578696600004d4d002x\n",
            b"\nexif\n 10\n4578696600004d4d002\n",
            b"exif",
            b"",
        ] {
            assert_eq!(raw(wrong), None);
        }
        let mut file = HEAD.to_vec();
        append_parts(&mut file, *b"tEXt", &[b"Raw profile type APP1\0", text]);
        assert_eq!(carried(&file).exif.unwrap(), b"MM\0*");
    }

    #[test]
    fn a_text_that_grows_beyond_all_bounds_is_left_out() {
        let text = compressed_data(&vec![0; MOST_BYTES + 1], 9).unwrap();
        assert_eq!(inflated(&text), None);
    }
}
