//! Chunks (W3C PNG, third edition, 5.3): a length, a name, data, and a checksum over the last two.

/// What every file begins with.
pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks hold no more (5.3); data of pictures go into several.
const MOST: usize = 1 << 30;

/// The chunks of a file, as far as they are there whole. Checksums are the decoder's business.
#[derive(Debug)]
pub(super) struct Chunks<'a>(&'a [u8]);

impl<'a> Chunks<'a> {
    pub(super) fn of(file: &'a [u8]) -> Self {
        Self(file.get(SIGNATURE.len()..).unwrap_or_default())
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (name, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (data, rest) = rest.split_at_checked(length)?;
        self.0 = rest.get(4..)?;
        Some((name, data))
    }
}

/// Appends a chunk.
pub(super) fn append(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    append_parts(out, name, &[data]);
}

/// Appends a chunk whose data come in parts.
pub(super) fn append_parts(out: &mut Vec<u8>, name: [u8; 4], parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    let start = out.len();
    out.extend(name);
    for part in parts {
        out.extend_from_slice(part);
    }
    let sum = crc32fast::hash(&out[start..]);
    out.extend(sum.to_be_bytes());
}

/// Parts of what is too long for one chunk.
pub(super) fn parts(data: &[u8]) -> std::slice::Chunks<'_, u8> {
    data.chunks(MOST)
}
