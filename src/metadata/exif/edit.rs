//! A block in which nothing moves: maker's notes hold offsets that only their makers know of.

use std::ops::Range;

use super::build::narrow;
use super::{Block, Directory, ENTRY, Field, HEAD, INLINE, Order, Table, Wanted, tags};

/// An entry of a directory as it is going to be.
#[derive(Debug)]
enum Slot {
    /// As it was.
    Old([u8; ENTRY]),
    New(Field),
}

/// A directory as it is going to be.
#[derive(Debug)]
struct Draft<'a> {
    table: &'a Table,
    slots: Vec<(u16, Slot)>,
}

impl Draft<'_> {
    /// Whether it goes where the directory was.
    fn fits(&self) -> bool {
        self.slots.len() <= self.table.entries.len()
    }
}

/// Directories, each before the one that leads to it.
const INSIDE_OUT: [Directory; 4] = [
    Directory::Interop,
    Directory::Gps,
    Directory::Exif,
    Directory::Main,
];

pub(super) fn in_place(block: &Block<'_>, wanted: &Wanted<'_>) -> Vec<u8> {
    let said = wanted.said(block.order);
    let mut drafts = Vec::new();
    let mut places = Places::default();
    places.kept.push(0..HEAD);
    for table in &block.tables {
        let draft = draft(block, table, wanted, &said, &mut places);
        places.freed.push(table.range.clone());
        if draft.slots.is_empty() {
            continue;
        }
        if draft.fits() {
            places.kept.push(table.range.clone());
        }
        drafts.push(draft);
    }
    places.freed.extend(thumbnail(block));
    let mut out = places.cleared(block.bytes);

    let mut moved: Vec<(Directory, usize)> = Vec::new();
    for directory in INSIDE_OUT {
        let draft = drafts
            .iter()
            .position(|draft| draft.table.directory == directory);
        if let Some(draft) = draft.map(|at| drafts.swap_remove(at)) {
            let at = write(&mut out, block.order, draft, &moved);
            moved.push((directory, at));
        }
    }
    let first = moved.last().map_or(0, |(_, at)| *at);
    out[4..8].copy_from_slice(&block.order.put_u32(narrow(first)));
    out
}

fn draft<'a>(
    block: &Block<'_>,
    table: &'a Table,
    wanted: &Wanted<'_>,
    said: &[(Directory, Field, bool)],
    places: &mut Places,
) -> Draft<'a> {
    let directory = table.directory;
    let said = || said.iter().filter(|(place, ..)| *place == directory);
    let mut slots = Vec::new();
    for entry in &table.entries {
        let leads = Block::leads_to(directory, entry.tag);
        let stays = wanted.keeps(directory, entry.tag)
            && leads.is_none_or(|to| block.has(to))
            && slots.iter().all(|(tag, _)| *tag != entry.tag);
        let new = said().find(|(_, field, _)| field.tag == entry.tag);
        let value = entry.value.clone().filter(|_| !entry.is_inline());
        match (&entry.value, new) {
            (_, Some((_, field, _))) if stays => {
                places.freed.extend(value);
                slots.push((entry.tag, Slot::New(field.clone())));
            }
            (Some(_), None) if stays => {
                places.kept.extend(value);
                let bytes = block.bytes.get(entry.at..).and_then(<[u8]>::first_chunk);
                slots.extend(bytes.map(|bytes| (entry.tag, Slot::Old(*bytes))));
            }
            _ => places.freed.extend(value),
        }
    }
    if directory == Directory::Main {
        for (_, field, always) in said() {
            if *always && slots.iter().all(|(tag, _)| *tag != field.tag) {
                slots.push((field.tag, Slot::New(field.clone())));
            }
        }
    }
    slots.sort_by_key(|(tag, _)| *tag);
    Draft { table, slots }
}

/// Where the small copy stands that the second directory leads to.
fn thumbnail(block: &Block<'_>) -> Vec<Range<usize>> {
    let number = |tag, n: usize| {
        let entry = block.find(Directory::Thumbnail, tag)?;
        let value = block.bytes.get(entry.value.clone()?)?;
        match entry.kind {
            super::SHORT => block.order.read_u16(value, 2 * n).map(usize::from),
            super::LONG => block.order.read_u32(value, 4 * n),
            _ => None,
        }
    };
    let range = |start: Option<usize>, length: Option<usize>| {
        let (start, length) = (start?, length?);
        Some(start..start.checked_add(length)?)
    };
    let jpeg = range(number(tags::JPEG_OFFSET, 0), number(tags::JPEG_LENGTH, 0));
    let strips = (0..).map_while(|n| {
        let (start, length) = (tags::STRIP_OFFSETS, tags::STRIP_BYTE_COUNTS);
        range(number(start, n), number(length, n))
    });
    jpeg.into_iter().chain(strips).collect()
}

/// What becomes of the bytes of a block.
#[derive(Debug, Default)]
struct Places {
    kept: Vec<Range<usize>>,
    freed: Vec<Range<usize>>,
}

impl Places {
    /// The bytes, with zeros where something was freed and nothing is kept, and without those at their end.
    fn cleared(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for range in &self.freed {
            if let Some(freed) = within(&mut out, range) {
                freed.fill(0);
            }
        }
        for range in &self.kept {
            if let (Some(kept), Some(bytes)) =
                (out.get_mut(range.clone()), bytes.get(range.clone()))
            {
                kept.copy_from_slice(bytes);
            }
        }
        let ends = self.kept.iter().map(|range| range.end);
        let end = ends.max().unwrap_or(HEAD);
        // A byte may have made the length even.
        if self.freed.iter().any(|range| range.end + 1 >= bytes.len()) {
            let last = out
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |at| at + 1);
            out.truncate(last.max(end));
        }
        out
    }
}

/// As much of a range as there is.
fn within<'a>(bytes: &'a mut [u8], range: &Range<usize>) -> Option<&'a mut [u8]> {
    let end = range.end.min(bytes.len());
    bytes.get_mut(range.start..end)
}

/// Writes a directory to its old place, or to the end. Says where it is.
fn write(out: &mut Vec<u8>, order: Order, draft: Draft<'_>, moved: &[(Directory, usize)]) -> usize {
    let fits = draft.fits();
    let Draft { table, mut slots } = draft;
    // Of a directory in which nothing is left there is nothing.
    slots.retain(|(tag, _)| {
        let leads = Block::leads_to(table.directory, *tag);
        leads.is_none_or(|to| moved.iter().any(|(directory, _)| *directory == to))
    });
    let count = u16::try_from(slots.len()).unwrap_or(u16::MAX);
    let mut bytes = order.put_u16(count).to_vec();
    for (tag, slot) in slots {
        let leads = Block::leads_to(table.directory, tag);
        let to = moved
            .iter()
            .find(|(directory, _)| Some(*directory) == leads);
        match (slot, to) {
            (Slot::Old(old), None) => bytes.extend(old),
            (Slot::Old(old), Some((_, to))) => {
                bytes.extend(&old[..ENTRY - INLINE]);
                bytes.extend(order.put_u32(narrow(*to)));
            }
            (Slot::New(field), _) => bytes.extend(entry(out, order, &field)),
        }
    }
    if fits {
        // Behind the last directory nothing follows, and some writers leave no room to say it.
        if let Some(place) = within(out, &table.range) {
            place.fill(0);
            let length = bytes.len().min(place.len());
            place[..length].copy_from_slice(&bytes[..length]);
        }
        return table.range.start;
    }
    make_even(out);
    let at = out.len();
    out.extend(bytes);
    out.extend([0; 4]);
    at
}

/// An entry; its value goes to the end, where it does not fit in.
fn entry(out: &mut Vec<u8>, order: Order, field: &Field) -> Vec<u8> {
    let mut inline = [0; INLINE];
    if field.value.len() <= INLINE {
        inline[..field.value.len()].copy_from_slice(&field.value);
    } else {
        make_even(out);
        inline = order.put_u32(narrow(out.len()));
        out.extend(&field.value);
    }
    [
        order.put_u16(field.tag).as_slice(),
        &order.put_u16(field.kind),
        &order.put_u32(field.count),
        &inline,
    ]
    .concat()
}

fn make_even(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(2), 0);
}
