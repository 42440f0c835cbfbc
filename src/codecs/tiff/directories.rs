//! The directories of a file, of which each may be a page.

use crate::image::MOST_PICTURES;

/// Directories that are looked at for a second page.
const MOST_DIRECTORIES: usize = 64;

/// Small copies and masks are no pages.
pub(super) fn pages(bytes: &[u8]) -> Option<&'static str> {
    let directories = Directories::of(bytes)?;
    let pages = directories.take(MOST_DIRECTORIES).filter(|page| *page);
    (pages.take(2).count() > 1).then_some("a file of several pages")
}

/// What a file of each page alone would begin with: the way to its directory.
pub(super) fn heads(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut heads = Vec::new();
    let Some(mut directories) = Directories::of(bytes) else {
        return heads;
    };
    let (width, ..) = directories.widths;
    let mut passed = std::collections::BTreeSet::new();
    loop {
        let place = directories.next;
        let (Some(is_page), true) = (directories.next(), passed.insert(place)) else {
            return heads;
        };
        let most = usize::try_from(MOST_PICTURES).unwrap_or(usize::MAX);
        if passed.len() > most {
            return heads;
        }
        if let (true, Some(head)) = (is_page, bytes.get(..2 * width)) {
            let place = (place as u64).to_be_bytes();
            let mut place = place[8 - width..].to_vec();
            if !directories.big_endian {
                place.reverse();
            }
            heads.push([&head[..width], &place].concat());
        }
    }
}

/// The directories of a file, each as whether it is a page (TIFF 6.0, section 2; `BigTIFF` has wider numbers).
struct Directories<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// Widths of an offset, of the count of entries, and of an entry.
    widths: (usize, usize, usize),
    next: usize,
}

impl<'a> Directories<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = bytes.first()? == &b'M';
        let is_big = bytes.get(2..4)?.contains(&43);
        let mut directories = Self {
            bytes,
            big_endian,
            widths: if is_big { (8, 8, 20) } else { (4, 2, 12) },
            next: 0,
        };
        let (width, ..) = directories.widths;
        directories.next = directories.number(width, width)?;
        Some(directories)
    }

    fn number(&self, at: usize, width: usize) -> Option<usize> {
        let digits = self.bytes.get(at..at.checked_add(width)?)?;
        let join = |number: u64, digit: &u8| number << 8 | u64::from(*digit);
        let number = if self.big_endian {
            digits.iter().fold(0, join)
        } else {
            digits.iter().rev().fold(0, join)
        };
        usize::try_from(number).ok()
    }

    fn read(&mut self) -> Option<bool> {
        let (offset, count, entry) = self.widths;
        let entries = self.number(self.next, count)?;
        let first = self.next + count;
        let end = first.checked_add(entries.checked_mul(entry)?)?;
        self.next = self.number(end, offset)?;
        // Entries come in the order of their tags; that of its kind has the least.
        let has_kind = entries > 0 && self.number(first, 2)? == NEW_SUBFILE_TYPE;
        let value = first + entry - offset;
        Some(!has_kind || self.number(value, 4)? & (SMALL_COPY | MASK) == 0)
    }
}

const NEW_SUBFILE_TYPE: usize = 254;
const SMALL_COPY: usize = 1;
const MASK: usize = 4;

impl Iterator for Directories<'_> {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        (self.next > 0).then(|| self.read())?
    }
}
