//! The directories of raw files that are TIFF inside (Adobe TIFF 6.0, section 2; TIFF/EP, ISO 12234-2). Makers write other numbers
//! into the first bytes, and the rest as it should be.

/// A file of directories.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tiff<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) big_endian: bool,
}

/// One thing that a directory says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) tag: u16,
    pub(super) kind: u16,
    pub(super) count: usize,
    /// Where its values are.
    pub(super) at: usize,
}

/// The entries of a directory, and where the next one is.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    next: usize,
}

/// Directories that are read of a file at the most, and entries of each.
const MOST_DIRECTORIES: usize = 64;
const MOST_ENTRIES: usize = 1024;

const SUB_DIRECTORIES: u16 = 0x014a;

impl<'a> Tiff<'a> {
    /// `None` where the first bytes are none of those that are known.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes.first_chunk()? {
            b"II*\0" | b"IIRO" | b"IIRS" | b"IIU\0" => false,
            b"MM\0*" | b"MMOR" => true,
            _ => return None,
        };
        Some(Self { bytes, big_endian })
    }

    fn digits<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        let mut digits = *self.bytes.get(at..)?.first_chunk()?;
        if !self.big_endian {
            digits.reverse();
        }
        Some(digits)
    }

    fn u16(self, at: usize) -> Option<u16> {
        self.digits(at).map(u16::from_be_bytes)
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.digits(at).map(u32::from_be_bytes)
    }

    fn offset(self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }

    /// The directory at a place; what cannot be read of it is left out.
    pub(super) fn directory(self, at: usize) -> Option<Directory> {
        let count = usize::from(self.u16(at)?);
        let first = at + 2;
        let entries =
            (0..count.min(MOST_ENTRIES)).map_while(|index| self.entry(first + 12 * index));
        Some(Directory {
            entries: entries.collect(),
            next: self.offset(first + 12 * count).unwrap_or(0),
        })
    }

    /// `None` at the end of the file. Values that are not there are none.
    fn entry(self, at: usize) -> Option<Entry> {
        let mut entry = Entry {
            tag: self.u16(at)?,
            kind: self.u16(at + 2)?,
            count: self.offset(at + 4)?,
            at: at + 8,
        };
        let length = entry.length().unwrap_or(usize::MAX);
        if length > 4 {
            entry.at = self.offset(at + 8)?;
        }
        let end = entry.at.checked_add(length);
        if end.is_none_or(|end| end > self.bytes.len()) {
            entry.count = 0;
        }
        Some(entry)
    }

    /// All directories that are reached from the first, it included: those behind each other, and those below.
    pub(super) fn all(self) -> Vec<Directory> {
        let mut found = Vec::new();
        let mut places = vec![self.offset(4).unwrap_or(0)];
        let mut at = 0;
        while let Some(place) = places.get(at).copied().filter(|_| at < MOST_DIRECTORIES) {
            at += 1;
            let Some(directory) = self.directory(place) else {
                continue;
            };
            let below = directory.find(SUB_DIRECTORIES).into_iter();
            let below = below.flat_map(|entry| self.numbers(entry).take(MOST_DIRECTORIES));
            for place in below.chain([directory.next]) {
                if place > 0 && !places.contains(&place) {
                    places.push(place);
                }
            }
            found.push(directory);
        }
        found
    }

    /// The values of an entry that are whole numbers of two bytes or four.
    pub(super) fn numbers(self, entry: Entry) -> impl Iterator<Item = usize> + use<'a> {
        (0..entry.count).map_while(move |index| match entry.kind {
            3 => self.u16(entry.at + 2 * index).map(usize::from),
            4 | 13 => self.offset(entry.at + 4 * index),
            _ => None,
        })
    }

    /// The first of them.
    pub(super) fn number(self, directory: &Directory, tag: u16) -> Option<usize> {
        self.numbers(directory.find(tag)?).next()
    }

    /// The bytes of an entry's values.
    pub(super) fn values(self, entry: Entry) -> Option<&'a [u8]> {
        self.bytes.get(entry.at..)?.get(..entry.length()?)
    }
}

impl Directory {
    pub(super) fn find(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.tag == tag).copied()
    }
}

impl Entry {
    /// Bytes of a value (section 2, "types"). `None` for types that are not known.
    pub(super) fn width(&self) -> Option<usize> {
        Some(match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        })
    }

    pub(super) fn length(&self) -> Option<usize> {
        self.width()?.checked_mul(self.count)
    }
}
