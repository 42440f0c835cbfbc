//! TIFF files, which are made as EXIF blocks are: what they carry, and how they are made to carry it.

use super::build::{Tree, narrow};
use super::{Block, Directory, Field, LONG, tags};

/// The most bytes of values that are taken out of a file: cameras need some ten thousand.
const MOST: usize = 8 << 20;

const XMP: u16 = 0x02bc;
const IPTC: u16 = 0x83bb;
const PHOTOSHOP: u16 = 0x8649;

const BYTE: u16 = 1;

/// What a file carries in its first directory (Adobe XMP Specification Part 3, 1.1.7 and 3.1): none of it, where it is a `BigTIFF` file.
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
/// where they say nothing, or where it is a `BigTIFF` file.
pub fn of_tiff(file: &[u8]) -> Option<Vec<u8>> {
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

/// A TIFF file whose first page carries these as well: in a directory behind all pages, as what stands in the file cannot
/// move. A file that is no classic one stays as it is.
pub fn attached_to_tiff(
    mut file: Vec<u8>,
    exif: Option<&[u8]>,
    xmp: Option<&[u8]>,
    iptc: Option<&[u8]>,
) -> Vec<u8> {
    let Ok(page) = Block::parse(&file) else {
        return file;
    };
    let order = page.order;
    let next = page.second().unwrap_or(0);
    let mut tree = Tree::chosen(&page, |directory, _| directory == Directory::Main);
    if let Some(Ok(block)) = exif.map(Block::parse) {
        let said = Tree::of_tiff(&block).in_order(order);
        // What the encoder says of resolution is a guess.
        let is_said = |tag| said.main.iter().any(|field| field.tag == tag);
        tree.main.retain(|field| !is_said(field.tag));
        tree.main.extend(said.main);
        tree.exif = said.exif;
        tree.gps = said.gps;
        tree.interop = said.interop;
    }
    tree.main.extend(xmp.map(|packet| Field {
        tag: XMP,
        kind: BYTE,
        count: narrow(packet.len()),
        value: packet.to_vec(),
    }));
    tree.main.extend(iptc.map(in_longs));
    tree.main.sort_by_key(|field| field.tag);
    let room = u32::MAX as usize;
    let most = file.len() + tree.length();
    if most > room {
        return file;
    }
    file.resize(file.len().next_multiple_of(2), 0);
    let at = tree.append_to(&mut file, next);
    file[4..8].copy_from_slice(&order.put_u32(narrow(at)));
    file
}
