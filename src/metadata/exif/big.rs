//! What `BigTIFF` files say (its specification, of 2004, is a page: <https://www.awaresystems.be/imaging/tiff/bigtiff.html>): the same as
//! classic ones, in wider numbers.

use std::ops::Range;

use super::build::Tree;
use super::{Directory, Field, Order, tags, width};

/// An entry has a tag, a type, a count, and a value or where that stands.
const ENTRY: usize = 20;
const INLINE: usize = 8;

/// The most entries of a directory that are looked at.
const MOST_ENTRIES: usize = 4096;

/// A file, as far as its directories say anything of the picture.
pub(super) struct BigTiff<'a> {
    bytes: &'a [u8],
    order: Order,
    first: usize,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    at: usize,
}

impl<'a> BigTiff<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let order = match bytes.get(..8)? {
            b"II+\0\x08\0\0\0" => Order::Little,
            b"MM\0+\0\x08\0\0" => Order::Big,
            _ => return None,
        };
        let mut file = Self {
            bytes,
            order,
            first: 0,
        };
        file.first = file.number(8)?;
        Some(file)
    }

    /// A number of 64 bits.
    fn number(&self, at: usize) -> Option<usize> {
        let digits = *self.bytes.get(at..)?.first_chunk::<8>()?;
        let number = match self.order {
            Order::Little => u64::from_le_bytes(digits),
            Order::Big => u64::from_be_bytes(digits),
        };
        usize::try_from(number).ok()
    }

    fn entries(&self, at: usize) -> Vec<Entry> {
        let count = self.number(at).unwrap_or(0).min(MOST_ENTRIES);
        let entry = |n: usize| {
            let at = at.checked_add(8 + n * ENTRY)?;
            Some(Entry {
                tag: self.order.read_u16(self.bytes, at)?,
                kind: self.order.read_u16(self.bytes, at + 2)?,
                count: self.number(at + 4)?,
                at,
            })
        };
        (0..count).map_while(entry).collect()
    }

    /// Where a value stands, if that is in the file.
    fn value(&self, entry: &Entry) -> Option<Range<usize>> {
        let (each, _) = width(entry.kind)?;
        let length = entry.count.checked_mul(each)?;
        let place = entry.at + ENTRY - INLINE;
        let start = if length <= INLINE {
            place
        } else {
            self.number(place)?
        };
        let value = start..start.checked_add(length)?;
        self.bytes.get(value.clone()).map(|_| value)
    }

    /// What stands under a tag of the first directory.
    pub(super) fn find(&self, tag: u16) -> Option<&'a [u8]> {
        let entries = self.entries(self.first);
        let entry = entries.iter().find(|entry| entry.tag == tag)?;
        self.bytes.get(self.value(entry)?)
    }

    /// What it says of its picture, as long as that is no longer than `most`.
    pub(super) fn tree(&self, most: usize) -> Option<Tree> {
        let mut tree = Tree::empty(self.order);
        let mut left = most;
        tree.main = self.fields(Directory::Main, self.first, &mut left)?;
        let main = self.entries(self.first);
        let place = |tag| {
            let entry = main.iter().find(|entry| entry.tag == tag)?;
            // A number of 32 bits, or of 64.
            if width(entry.kind).is_some() {
                return self.order.read_u32(self.bytes, entry.at + ENTRY - INLINE);
            }
            self.number(entry.at + ENTRY - INLINE)
        };
        if let Some(at) = place(tags::EXIF_DIRECTORY) {
            tree.exif = self.fields(Directory::Exif, at, &mut left)?;
        }
        if let Some(at) = place(tags::GPS_DIRECTORY) {
            tree.gps = self.fields(Directory::Gps, at, &mut left)?;
        }
        Some(tree)
    }

    fn fields(&self, directory: Directory, at: usize, left: &mut usize) -> Option<Vec<Field>> {
        let leads_on = [
            tags::EXIF_DIRECTORY,
            tags::GPS_DIRECTORY,
            tags::INTEROP_DIRECTORY,
        ];
        let mut fields = Vec::new();
        for entry in self.entries(at) {
            let (tag, kind) = (entry.tag, entry.kind);
            if !tags::describes(directory, tag) || leads_on.contains(&tag) {
                continue;
            }
            let Some(value) = self.value(&entry) else {
                continue;
            };
            *left = left.checked_sub(value.len())?;
            fields.push(Field {
                tag,
                kind,
                count: u32::try_from(entry.count).ok()?,
                value: self.bytes.get(value)?.to_vec(),
            });
        }
        fields.sort_by_key(|field| field.tag);
        fields.dedup_by_key(|field| field.tag);
        Some(fields)
    }
}
