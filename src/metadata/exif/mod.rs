//! EXIF blocks: TIFF structures of a few directories (CIPA DC-008-2023, 4.5; Adobe TIFF 6.0, section 2).
//!
//! A block is read to a `Block`, which knows where everything stands and copies nothing. It is edited in one of two ways.
//! Where a `MakerNote` stays, nothing moves: such notes hold offsets that only their makers know of. What is taken out leaves
//! zeros, and what is new stands at the end (`edit`). Where there is none, the block is made anew of what stays (`build`), and
//! holds nothing else.

mod big;
mod build;
mod edit;
mod tags;
mod tiff;

use std::ops::Range;

use crate::image::{Orientation, Size};

use build::Tree;
pub use tiff::{InTiff, OfPage, PagedTiff, in_tiff, of_tiff};

/// A directory of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directory {
    /// The first, of the picture.
    Main,
    /// What was special to EXIF.
    Exif,
    /// Where the picture was taken.
    Gps,
    /// Which rules the file keeps to.
    Interop,
    /// The second, of a small copy.
    Thumbnail,
}

/// Why bytes are no EXIF block. Nothing of such bytes travels on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExifError {
    /// It does not begin as one.
    #[error("it does not begin as a TIFF structure does")]
    Header,
    /// A directory is not, or not wholly, in the block.
    #[error("a directory lies outside of it")]
    Outside,
    /// Directories share bytes, or lead back to themselves.
    #[error("its directories overlap")]
    Overlap,
    /// There are more values than there is room for.
    #[error("its values overlap")]
    Values,
}

/// Order of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// `II`.
    Little,
    /// `MM`.
    Big,
}

impl Order {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.get(..4)? {
            b"II*\0" => Some(Self::Little),
            b"MM\0*" => Some(Self::Big),
            _ => None,
        }
    }

    const fn mark(self) -> [u8; 4] {
        match self {
            Self::Little => *b"II*\0",
            Self::Big => *b"MM\0*",
        }
    }

    const fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    const fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    const fn put_u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    const fn put_u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    fn read_u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        Some(self.u16(*bytes.get(at..)?.first_chunk()?))
    }

    fn read_u32(self, bytes: &[u8], at: usize) -> Option<usize> {
        usize::try_from(self.u32(*bytes.get(at..)?.first_chunk()?)).ok()
    }
}

/// Types of values, as far as they are written here.
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// Bytes of a value of a type, and of the numbers in it (TIFF 6.0, section 2; CIPA DC-008-2023, table 3).
const fn width(kind: u16) -> Option<(usize, usize)> {
    Some(match kind {
        1 | ASCII | 6 | 7 | 129 => (1, 1),
        SHORT | 8 => (2, 2),
        LONG | 9 | 11 | 13 => (4, 4),
        RATIONAL | 10 => (8, 4),
        12 => (8, 8),
        _ => return None,
    })
}

/// What a block begins with: its order, and where its first directory stands.
const HEAD: usize = 8;

/// An entry has a tag, a type, a count, and a value or where that stands.
const ENTRY: usize = 12;

/// What an entry's own four bytes hold.
const INLINE: usize = 4;

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    /// Where it stands.
    at: usize,
    /// Where its value stands; none if that would be outside of the block.
    value: Option<Range<usize>>,
}

impl Entry {
    fn is_inline(&self) -> bool {
        self.value
            .as_ref()
            .is_some_and(|value| value.start == self.at + ENTRY - INLINE)
    }
}

/// A directory, where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Table {
    directory: Directory,
    /// Its count, its entries, and the offset behind them.
    range: Range<usize>,
    entries: Vec<Entry>,
}

impl Table {
    fn read(bytes: &[u8], order: Order, directory: Directory, at: usize) -> Option<Self> {
        let count = usize::from(order.read_u16(bytes, at)?);
        let end = at + 2 + count * ENTRY;
        bytes.get(at..end)?;
        let entries = (0..count).filter_map(|n| {
            let at = at + 2 + n * ENTRY;
            let (tag, kind) = (order.read_u16(bytes, at)?, order.read_u16(bytes, at + 2)?);
            let count = order.u32(*bytes.get(at + 4..)?.first_chunk()?);
            let place = at + ENTRY - INLINE;
            // What nobody knows the length of is as long as its entry has room for.
            let (width, _) = width(kind).unwrap_or((INLINE, INLINE));
            let value = usize::try_from(count).ok().and_then(|count| {
                let length = if self::width(kind).is_some() {
                    count.checked_mul(width)?
                } else {
                    INLINE
                };
                let start = if length <= INLINE {
                    place
                } else {
                    order.read_u32(bytes, place)?
                };
                let range = start..start.checked_add(length)?;
                bytes.get(range.clone()).map(|_| range)
            });
            Some(Entry {
                tag,
                kind,
                count,
                at,
                value,
            })
        });
        let entries = entries.collect();
        // Only the first must say what follows on it: some writers leave no room for that behind the others.
        let end = if directory == Directory::Main {
            end + 4
        } else {
            end
        };
        Some(Self {
            directory,
            range: at..end.min(bytes.len()),
            entries,
        })
    }
}

/// A block that has been understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    bytes: &'a [u8],
    order: Order,
    tables: Vec<Table>,
}

impl<'a> Block<'a> {
    /// Reads a block, from its byte order on.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, ExifError> {
        let order = Order::of(bytes).ok_or(ExifError::Header)?;
        let mut block = Self {
            bytes,
            order,
            tables: Vec::new(),
        };
        let first = order.read_u32(bytes, 4).ok_or(ExifError::Header)?;
        block.add(Directory::Main, first)?;
        for (within, tag, directory) in [
            (Directory::Main, tags::EXIF_DIRECTORY, Directory::Exif),
            (Directory::Main, tags::GPS_DIRECTORY, Directory::Gps),
        ] {
            if let Some(entry) = block.find(within, tag) {
                let at = order.read_u32(bytes, entry.at + ENTRY - INLINE);
                block.add(directory, at.ok_or(ExifError::Outside)?)?;
            }
        }
        // Without these a block is as true as with them.
        if let Some(entry) = block.find(Directory::Exif, tags::INTEROP_DIRECTORY) {
            let at = order.read_u32(bytes, entry.at + ENTRY - INLINE);
            let _left_out = at.map(|at| block.add(Directory::Interop, at));
        }
        if let Some(second) = block.second() {
            let _left_out = block.add(Directory::Thumbnail, second);
        }
        block.check_values()?;
        Ok(block)
    }

    fn add(&mut self, directory: Directory, at: usize) -> Result<(), ExifError> {
        let table = Table::read(self.bytes, self.order, directory, at).ok_or(ExifError::Outside)?;
        let overlaps = |other: &Table| {
            table.range.start < other.range.end && other.range.start < table.range.end
        };
        if table.range.start < HEAD || self.tables.iter().any(overlaps) {
            return Err(ExifError::Overlap);
        }
        self.tables.push(table);
        Ok(())
    }

    /// Where the second directory stands.
    fn second(&self) -> Option<usize> {
        let main = self.table(Directory::Main)?;
        let place = main.range.start + 2 + main.entries.len() * ENTRY;
        self.order
            .read_u32(self.bytes, place)
            .filter(|offset| *offset != 0)
    }

    /// Values that share bytes would grow when each gets its own, and none can stand where a directory does.
    fn check_values(&self) -> Result<(), ExifError> {
        let entries = self.tables.iter().flat_map(|table| &table.entries);
        let values = entries
            .filter(|entry| !entry.is_inline())
            .filter_map(|entry| entry.value.as_ref());
        let mut total = 0_usize;
        for value in values {
            total = total.saturating_add(value.len());
            let mut tables = self.tables.iter().map(|table| &table.range);
            let is_inside =
                |table: &Range<usize>| value.start < table.end && table.start < value.end;
            if value.start < HEAD || tables.any(is_inside) {
                return Err(ExifError::Values);
            }
        }
        (total <= self.bytes.len())
            .then_some(())
            .ok_or(ExifError::Values)
    }

    fn table(&self, directory: Directory) -> Option<&Table> {
        self.tables
            .iter()
            .find(|table| table.directory == directory)
    }

    fn find(&self, directory: Directory, tag: u16) -> Option<&Entry> {
        let table = self.table(directory)?;
        table.entries.iter().find(|entry| entry.tag == tag)
    }

    /// Whether there is a directory of this kind.
    pub(crate) fn has(&self, directory: Directory) -> bool {
        self.table(directory).is_some()
    }

    /// Whether there is a note of the camera's maker.
    pub(crate) fn has_maker_note(&self) -> bool {
        self.find(Directory::Exif, tags::MAKER_NOTE)
            .is_some_and(|entry| entry.value.is_some())
    }

    /// How the picture must be turned, if the block says so.
    pub(crate) fn orientation(&self) -> Option<Orientation> {
        let entry = self.find(Directory::Main, tags::ORIENTATION)?;
        let value = self.bytes.get(entry.value.clone()?)?;
        let number = match entry.kind {
            SHORT => self.order.read_u16(value, 0)?.into(),
            LONG => self.order.read_u32(value, 0)?,
            1 => usize::from(*value.first()?),
            _ => return None,
        };
        Orientation::from_exif(u8::try_from(number).ok()?)
    }

    /// The directory that an entry leads to.
    const fn leads_to(directory: Directory, tag: u16) -> Option<Directory> {
        match (directory, tag) {
            (Directory::Main, tags::EXIF_DIRECTORY) => Some(Directory::Exif),
            (Directory::Main, tags::GPS_DIRECTORY) => Some(Directory::Gps),
            (Directory::Exif, tags::INTEROP_DIRECTORY) => Some(Directory::Interop),
            _ => None,
        }
    }
}

/// How a picture must be turned, as far as its block can be read.
pub fn orientation(block: &[u8]) -> Option<Orientation> {
    Block::parse(block).ok()?.orientation()
}

/// What of a block stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All but a small copy, which would show another picture.
    All,
    /// That, but neither location nor maker's notes, which may hold it.
    NoLocation,
    /// Who made it, and who has the rights.
    Credit,
    /// Nothing.
    Nothing,
}

impl Keep {
    fn keeps(self, directory: Directory, tag: u16) -> bool {
        if directory == Directory::Thumbnail || tags::leads_to_pixels(tag) {
            return false;
        }
        match self {
            Self::All => true,
            Self::NoLocation => {
                directory != Directory::Gps && tag != tags::GPS_DIRECTORY && tag != tags::MAKER_NOTE
            }
            Self::Credit => tags::is_credit(directory, tag) || tags::is_form(directory, tag),
            Self::Nothing => false,
        }
    }
}

/// What is to be true of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// What stays of what is there.
    pub(crate) keep: Keep,
    /// Whether a maker's note may stay.
    pub(crate) maker_note: bool,
    /// How the picture that is written must be turned.
    pub(crate) orientation: Orientation,
    /// Its size.
    pub(crate) size: Size,
    pub(crate) artist: Option<&'a str>,
    pub(crate) copyright: Option<&'a str>,
}

impl Wanted<'_> {
    fn keeps(&self, directory: Directory, tag: u16) -> bool {
        let keeps = self.keep.keeps(directory, tag);
        keeps && (self.maker_note || tag != tags::MAKER_NOTE)
    }

    /// What must be said, each in its directory, and whether where nothing is said so far, too.
    fn said(&self, order: Order) -> Vec<(Directory, Field, bool)> {
        use Directory::{Exif, Main};
        let turned = u16::from(self.orientation.to_exif());
        let is_turned = self.orientation != Orientation::Upright;
        let Size { width, height } = self.size;
        let mut said = vec![
            (
                Main,
                Field::short(order, tags::ORIENTATION, turned),
                is_turned,
            ),
            (Main, Field::side(order, tags::IMAGE_WIDTH, width), false),
            (Main, Field::side(order, tags::IMAGE_LENGTH, height), false),
            (
                Exif,
                Field::side(order, tags::PIXEL_X_DIMENSION, width),
                false,
            ),
            (
                Exif,
                Field::side(order, tags::PIXEL_Y_DIMENSION, height),
                false,
            ),
        ];
        for (tag, text) in [
            (tags::ARTIST, self.artist),
            (tags::COPYRIGHT, self.copyright),
        ] {
            said.extend(text.map(|text| (Main, Field::ascii(tag, text), true)));
        }
        said
    }
}

/// A value under its tag, in the order of bytes of its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) tag: u16,
    pub(crate) kind: u16,
    pub(crate) count: u32,
    pub(crate) value: Vec<u8>,
}

impl Field {
    fn short(order: Order, tag: u16, number: u16) -> Self {
        Self {
            tag,
            kind: SHORT,
            count: 1,
            value: order.put_u16(number).to_vec(),
        }
    }

    fn side(order: Order, tag: u16, length: u32) -> Self {
        match u16::try_from(length) {
            Ok(short) => Self::short(order, tag, short),
            Err(_) => Self {
                tag,
                kind: LONG,
                count: 1,
                value: order.put_u32(length).to_vec(),
            },
        }
    }

    fn ascii(tag: u16, text: &str) -> Self {
        let value = [text.as_bytes(), &[0]].concat();
        Self {
            tag,
            kind: ASCII,
            count: u32::try_from(value.len()).unwrap_or(u32::MAX),
            value,
        }
    }
}

/// The block as it is wanted; none where nothing is left to say. Of values that lie over each other, what is left may be none.
pub(crate) fn edited(block: &Block<'_>, wanted: &Wanted<'_>) -> Result<Option<Vec<u8>>, ExifError> {
    if block.has_maker_note() && wanted.keeps(Directory::Exif, tags::MAKER_NOTE) {
        let bytes = edit::in_place(block, wanted);
        Block::parse(&bytes)?;
        return Ok(Some(bytes));
    }
    Ok(Tree::of(block, wanted).said(wanted).into_bytes())
}

/// A block for what is wanted of a picture that has none; none where there is nothing to say.
pub(crate) fn new(wanted: &Wanted<'_>) -> Option<Vec<u8>> {
    Tree::empty(Order::Big).said(wanted).into_bytes()
}

#[cfg(test)]
mod tests;
