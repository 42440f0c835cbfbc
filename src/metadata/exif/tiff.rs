//! TIFF files, which are made as EXIF blocks are: what they carry, and how they are made to carry it.

use std::ops::Range;

use super::big::BigTiff;
use super::build::{Tree, narrow};
use super::{Block, Directory, ENTRY, Field, LONG, Order, SHORT, tags};

/// The most bytes of values that are taken out of a file: cameras need some ten thousand.
const MOST: usize = 8 << 20;

const XMP: u16 = 0x02bc;
const IPTC: u16 = 0x83bb;
const PHOTOSHOP: u16 = 0x8649;

const BYTE: u16 = 1;
const UNDEFINED: u16 = 7;

/// A colour profile.
const ICC: u16 = 0x8773;

/// What a file carries in its first directory (Adobe XMP Specification Part 3, 1.1.7 and 3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InTiff<'a> {
    /// An XMP packet.
    pub xmp: Option<&'a [u8]>,
    /// IPTC datasets.
    pub iptc: Option<&'a [u8]>,
    /// Image resources, which may hold datasets, too.
    pub photoshop: Option<&'a [u8]>,
}

/// An EXIF block that says what the first directories of a TIFF file say of its picture, whatever that is stored like. `None`
/// where they say nothing.
pub fn of_tiff(file: &[u8]) -> Option<Vec<u8>> {
    if let Some(file) = BigTiff::of(file) {
        return file.tree(MOST)?.into_bytes();
    }
    let block = Block::parse(file).ok()?;
    let entries = block.tables.iter().flat_map(|table| {
        let described = table.entries.iter();
        described.filter(|entry| tags::describes(table.directory, entry.tag))
    });
    let lengths = entries.filter_map(|entry| entry.value.as_ref());
    let total = lengths.fold(0_usize, |total, value| total.saturating_add(value.len()));
    (total <= MOST).then(|| Tree::of_tiff(&block))?.into_bytes()
}

/// What a TIFF file carries beside its EXIF.
pub fn in_tiff(file: &[u8]) -> InTiff<'_> {
    if let Some(file) = BigTiff::of(file) {
        return InTiff {
            xmp: file.find(XMP),
            iptc: file.find(IPTC),
            photoshop: file.find(PHOTOSHOP),
        };
    }
    let Ok(block) = Block::parse(file) else {
        return InTiff::default();
    };
    let value = |tag| file.get(block.find(Directory::Main, tag)?.value.clone()?);
    InTiff {
        xmp: value(XMP),
        iptc: value(IPTC),
        photoshop: value(PHOTOSHOP),
    }
}

/// Datasets are bytes that call themselves longer numbers, as all writers have it.
fn in_longs(datasets: &[u8]) -> Field {
    let mut value = datasets.to_vec();
    value.resize(value.len().next_multiple_of(4), 0);
    Field {
        tag: IPTC,
        kind: LONG,
        count: narrow(value.len() / 4),
        value,
    }
}

/// What a page of a file carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfPage<'a> {
    /// An EXIF block.
    pub exif: Option<&'a [u8]>,
    /// An XMP packet.
    pub xmp: Option<&'a [u8]>,
    /// IPTC datasets.
    pub iptc: Option<&'a [u8]>,
    /// Which of several pages it is, from 0 on.
    pub number: Option<u16>,
}

impl OfPage<'_> {
    /// What a directory says where it says so much of samples, and nothing else of what is carried.
    fn said(&self, mut tree: Tree, order: Order) -> Tree {
        if let Some(Ok(block)) = self.exif.map(Block::parse) {
            let said = Tree::of_tiff(&block).in_order(order);
            // What the encoder says of resolution is a guess.
            let is_said = |tag| said.main.iter().any(|field| field.tag == tag);
            tree.main.retain(|field| !is_said(field.tag));
            tree.main.extend(said.main);
            tree.exif = said.exif;
            tree.gps = said.gps;
            tree.interop = said.interop;
        }
        tree.main.extend(self.xmp.map(|packet| Field {
            tag: XMP,
            kind: BYTE,
            count: narrow(packet.len()),
            value: packet.to_vec(),
        }));
        tree.main.extend(self.iptc.map(in_longs));
        // Encoders may have them as numbers (ICC.1:2022, B.5).
        for field in tree.main.iter_mut().filter(|field| field.tag == ICC) {
            field.kind = UNDEFINED;
        }
        if let Some(number) = self.number {
            let kind = longs(order, tags::NEW_SUBFILE_TYPE, &[PAGE]);
            tree.main.retain(|field| field.tag != kind.tag);
            tree.main.push(kind);
            // How many there are is not known yet, and need not be said (TIFF 6.0, section 12).
            let number = [order.put_u16(number), [0; 2]].concat();
            tree.main.push(Field {
                tag: tags::PAGE_NUMBER,
                kind: SHORT,
                count: 2,
                value: number,
            });
        }
        tree.main.sort_by_key(|field| field.tag);
        tree
    }
}

/// A page of several, as the kind of a directory's picture.
const PAGE: u32 = 2;

fn longs(order: Order, tag: u16, numbers: &[u32]) -> Field {
    Field {
        tag,
        kind: LONG,
        count: narrow(numbers.len()),
        value: numbers.iter().flat_map(|n| order.put_u32(*n)).collect(),
    }
}

/// A TIFF file that grows by pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PagedTiff {
    file: Vec<u8>,
    /// Where it says what follows on the last directory.
    link: usize,
}

impl PagedTiff {
    /// Takes the picture of a classic file with a directory of strips, which carries these as well. `None` where it is no such file, and
    /// where there is no room: offsets have 32 bits.
    #[must_use]
    pub fn add(&mut self, alone: &[u8], carried: &OfPage<'_>) -> Option<()> {
        let page = Block::parse(alone).ok()?;
        let order = page.order;
        let strips = strips(&page)?;
        let mut tree = Tree::chosen(&page, |directory, _| directory == Directory::Main);
        tree.main.retain(|field| field.tag != tags::STRIP_OFFSETS);
        tree = carried.said(tree, order);
        if self.file.is_empty() {
            self.file.extend(order.mark());
            self.link = self.file.len();
            self.file.extend([0; 4]);
        }
        if !self.file.starts_with(&order.mark()) {
            return None;
        }
        let pixels: usize = strips.iter().map(|strip| strip.len() + 1).sum();
        let places = strips.len().checked_mul(4)? + 16;
        let parts = [self.file.len(), pixels, tree.length(), places];
        let length = parts.into_iter().try_fold(0, usize::checked_add)?;
        u32::try_from(length).ok()?;
        let mut offsets = Vec::new();
        for strip in strips {
            self.file.resize(self.file.len().next_multiple_of(2), 0);
            offsets.push(narrow(self.file.len()));
            self.file.extend_from_slice(alone.get(strip)?);
        }
        let offsets = longs(order, tags::STRIP_OFFSETS, &offsets);
        let after = tree.main.partition_point(|field| field.tag < offsets.tag);
        tree.main.insert(after, offsets);
        self.file.resize(self.file.len().next_multiple_of(2), 0);
        let at = tree.append_to(&mut self.file, 0);
        let link = self.file.get_mut(self.link..)?.first_chunk_mut()?;
        *link = order.put_u32(narrow(at));
        let entries = usize::from(order.read_u16(&self.file, at)?);
        self.link = at + 2 + entries * ENTRY;
        Some(())
    }

    /// Bytes that are there already.
    pub fn length(&self) -> usize {
        self.file.len()
    }

    /// The file. Nothing, where there is no page.
    pub fn into_bytes(self) -> Vec<u8> {
        self.file
    }
}

/// Where the strips of a picture stand, each within the file, and together no longer than it.
fn strips(page: &Block<'_>) -> Option<Vec<Range<usize>>> {
    let offsets = numbers(page, tags::STRIP_OFFSETS)?;
    let lengths = numbers(page, tags::STRIP_BYTE_COUNTS)?;
    (offsets.len() == lengths.len()).then_some(())?;
    let mut total = 0_usize;
    let strips = offsets.into_iter().zip(lengths).map(|(start, length)| {
        total = total.saturating_add(length);
        let strip = start..start.checked_add(length)?;
        page.bytes.get(strip.clone()).map(|_| strip)
    });
    let strips = strips.collect::<Option<Vec<_>>>()?;
    (total <= page.bytes.len()).then_some(strips)
}

/// The numbers under a tag of the first directory, each of 16 or of 32 bits.
fn numbers(page: &Block<'_>, tag: u16) -> Option<Vec<usize>> {
    let entry = page.find(Directory::Main, tag)?;
    let value = page.bytes.get(entry.value.clone()?)?;
    let order = page.order;
    match entry.kind {
        SHORT => {
            let numbers = value.as_chunks().0.iter();
            Some(numbers.map(|n| order.u16(*n).into()).collect())
        }
        LONG => {
            let numbers = value.as_chunks().0.iter();
            numbers
                .map(|n| usize::try_from(order.u32(*n)).ok())
                .collect()
        }
        _ => None,
    }
}
