//! Boxes: what files of ISO's media format are made of (ISO/IEC 14496-12, 4.2). AVIF, HEIF and Canon's CR3 are such files.

/// A box: what kind it is, and what is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsoBox<'a> {
    pub(super) kind: [u8; 4],
    pub(super) content: &'a [u8],
}

/// The boxes of a file, or within another box, up to the first that is none. What a file is cut off in is as long as there are
/// bytes.
#[derive(Debug, Clone)]
pub(super) struct Boxes<'a>(pub(super) Reader<'a>);

impl<'a> Boxes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Reader(bytes))
    }

    /// The content of the first of a kind.
    pub(super) fn find_kind(mut self, kind: [u8; 4]) -> Option<&'a [u8]> {
        self.find(|found| found.kind == kind)
            .map(|found| found.content)
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = IsoBox<'a>;

    fn next(&mut self) -> Option<IsoBox<'a>> {
        let rest = &mut self.0;
        let short = rest.u32()?;
        let kind = rest.array()?;
        let left = match short {
            // To the end of the file.
            0 => rest.0.len(),
            1 => usize::try_from(rest.u64()?.checked_sub(16)?).ok()?,
            _ => usize::try_from(short.checked_sub(8)?).ok()?,
        };
        let content = rest.take_up_to(left);
        Some(IsoBox { kind, content })
    }
}

/// Reads numbers, the most significant byte first, as long as there are bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn take_up_to(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A number of so many bytes, up to eight; none make zero.
    pub(super) fn number(&mut self, width: usize) -> Option<u64> {
        let digits = self.take(width)?;
        Some(
            digits
                .iter()
                .fold(0, |sum, digit| sum.wrapping_shl(8) | u64::from(*digit)),
        )
    }

    /// A number of two bytes or of four.
    pub(super) fn id(&mut self, is_wide: bool) -> Option<u32> {
        if is_wide {
            self.u32()
        } else {
            self.u16().map(u32::from)
        }
    }

    /// The version and the flags of a full box (4.2.2).
    pub(super) fn version(&mut self) -> Option<(u8, u32)> {
        let both = self.u32()?;
        Some(((both >> 24) as u8, both & 0x00ff_ffff))
    }

    /// The bytes before a zero, or all of them.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let length = memchr::memchr(0, self.0).unwrap_or(self.0.len());
        let text = self.take_up_to(length);
        self.take_up_to(1);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_all_lengths_are_found() {
        let mut file = b"\0\0\0\x0aaaaa12".to_vec();
        file.extend(b"\0\0\0\x01bbbb\0\0\0\0\0\0\0\x13345");
        file.extend(b"\0\0\0\0ccccrest");
        let found: Vec<_> = Boxes::new(&file).map(|b| (b.kind, b.content)).collect();
        let expected: [([u8; 4], &[u8]); 3] =
            [(*b"aaaa", b"12"), (*b"bbbb", b"345"), (*b"cccc", b"rest")];
        assert_eq!(found, expected);
        assert_eq!(Boxes::new(&file).find_kind(*b"bbbb"), Some(&b"345"[..]));
    }

    #[test]
    fn what_is_no_box_is_the_end() {
        for bytes in [
            &b"\0\0\0\x07aaaa"[..],
            b"\0\0\0\x01aaaa\0\0\0\0\0\0\0\x0f",
            b"\0\0\0",
        ] {
            assert!(Boxes::new(bytes).next().is_none(), "{bytes:?}");
        }
        let cut: Vec<_> = Boxes::new(b"\xff\xff\xff\xffaaaaxy").collect();
        assert_eq!((cut.len(), cut[0].content), (1, &b"xy"[..]));
    }
}
