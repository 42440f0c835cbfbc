//! A block made anew: what stays, in order, and nothing between.

use super::{Block, Directory, Field, INLINE, Keep, LONG, Order, RATIONAL, Wanted, tags, width};
use crate::image::Orientation;

/// What a block says, under each directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    order: Order,
    pub(crate) main: Vec<Field>,
    pub(crate) exif: Vec<Field>,
    pub(crate) gps: Vec<Field>,
    pub(crate) interop: Vec<Field>,
}

impl Tree {
    pub(super) fn empty(order: Order) -> Self {
        Self {
            order,
            main: Vec::new(),
            exif: Vec::new(),
            gps: Vec::new(),
            interop: Vec::new(),
        }
    }

    /// What of a block stays.
    pub(super) fn of(block: &Block<'_>, wanted: &Wanted<'_>) -> Self {
        Self::chosen(block, |directory, tag| wanted.keeps(directory, tag))
    }

    /// What a TIFF file says of the picture that it holds.
    pub(super) fn of_tiff(file: &Block<'_>) -> Self {
        Self::chosen(file, tags::describes)
    }

    pub(super) fn chosen(block: &Block<'_>, keeps: impl Fn(Directory, u16) -> bool) -> Self {
        let mut tree = Self::empty(block.order);
        for table in &block.tables {
            let directory = table.directory;
            let Some(fields) = tree.fields_mut(directory) else {
                continue;
            };
            for entry in &table.entries {
                let value = entry.value.clone().and_then(|value| block.bytes.get(value));
                let stays = keeps(directory, entry.tag)
                    && Block::leads_to(directory, entry.tag).is_none()
                    && width(entry.kind).is_some();
                if let Some(value) = value.filter(|_| stays) {
                    fields.push(Field {
                        tag: entry.tag,
                        kind: entry.kind,
                        count: entry.count,
                        value: value.to_vec(),
                    });
                }
            }
            fields.sort_by_key(|field| field.tag);
            fields.dedup_by_key(|field| field.tag);
        }
        tree
    }

    fn fields_mut(&mut self, directory: Directory) -> Option<&mut Vec<Field>> {
        match directory {
            Directory::Main => Some(&mut self.main),
            Directory::Exif => Some(&mut self.exif),
            Directory::Gps => Some(&mut self.gps),
            Directory::Interop => Some(&mut self.interop),
            Directory::Thumbnail => None,
        }
    }

    /// With what must be said, and complete, where it says anything.
    pub(super) fn said(mut self, wanted: &Wanted<'_>) -> Self {
        for (directory, field, always) in wanted.said(self.order) {
            if let Some(fields) = self.fields_mut(directory) {
                put(fields, field, always);
            }
        }
        if matches!(wanted.keep, Keep::All | Keep::NoLocation) && !self.main.is_empty() {
            return self;
        }
        let is_turned = wanted.orientation != Orientation::Upright;
        let main = Directory::Main;
        let says = |field: &Field| {
            !tags::is_form(main, field.tag) || field.tag == tags::ORIENTATION && is_turned
        };
        if self.main.iter().any(says) || !self.exif.is_empty() || !self.gps.is_empty() {
            self.complete();
        } else {
            self.main.clear();
        }
        self
    }

    /// Adds what readers expect of a block: no resolution is known, so that it is 72 to the inch, and a sample of chroma stands
    /// in the middle of its pixels (CIPA DC-008-2023, 4.6.5).
    fn complete(&mut self) {
        let order = self.order;
        let resolution = |tag| Field {
            tag,
            kind: RATIONAL,
            count: 1,
            value: [order.put_u32(72), order.put_u32(1)].concat(),
        };
        let usual = [
            resolution(tags::X_RESOLUTION),
            resolution(tags::Y_RESOLUTION),
            Field::short(order, tags::RESOLUTION_UNIT, 2),
            Field::short(order, tags::YCBCR_POSITIONING, 1),
        ];
        for field in usual {
            if self.main.iter().all(|other| other.tag != field.tag) {
                put(&mut self.main, field, true);
            }
        }
    }

    /// The same in another order of bytes.
    pub(super) fn in_order(mut self, order: Order) -> Self {
        if order != self.order {
            let all = [
                &mut self.main,
                &mut self.exif,
                &mut self.gps,
                &mut self.interop,
            ];
            for field in all.into_iter().flatten() {
                let (_, number) = width(field.kind).unwrap_or((1, 1));
                for number in field.value.chunks_exact_mut(number) {
                    number.reverse();
                }
            }
            self.order = order;
        }
        self
    }

    fn directories(&self) -> [&Vec<Field>; 4] {
        [&self.main, &self.exif, &self.gps, &self.interop]
    }

    /// The bytes that it takes, and a few more.
    pub(super) fn length(&self) -> usize {
        let directories = self.directories().into_iter();
        directories.map(|fields| length(fields)).sum::<usize>() + 3 * 12 + 8
    }

    /// The block; none where it would say nothing.
    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        if self.directories().iter().all(|fields| fields.is_empty()) {
            return None;
        }
        let mut out = self.order.mark().to_vec();
        out.extend(self.order.put_u32(8));
        self.append_to(&mut out, 0);
        Some(out)
    }

    /// Appends the directories to what is of even length, the first with what follows on it. Says where that is.
    pub(super) fn append_to(mut self, out: &mut Vec<u8>, next: usize) -> usize {
        let order = self.order;
        if !self.interop.is_empty() {
            let place = pointer(order, tags::INTEROP_DIRECTORY, 0);
            put(&mut self.exif, place, true);
        }
        if !self.exif.is_empty() {
            put(
                &mut self.main,
                pointer(order, tags::EXIF_DIRECTORY, 0),
                true,
            );
        }
        if !self.gps.is_empty() {
            put(&mut self.main, pointer(order, tags::GPS_DIRECTORY, 0), true);
        }
        let main = out.len();
        let exif = main + length(&self.main);
        let gps = exif + length(&self.exif);
        let interop = gps + length(&self.gps);
        let (to_exif, to_gps) = (tags::EXIF_DIRECTORY, tags::GPS_DIRECTORY);
        put(&mut self.main, pointer(order, to_exif, exif), false);
        put(&mut self.main, pointer(order, to_gps, gps), false);
        let to_interop = pointer(order, tags::INTEROP_DIRECTORY, interop);
        put(&mut self.exif, to_interop, false);
        for (fields, next) in self.directories().into_iter().zip([next, 0, 0, 0]) {
            append(out, order, fields, next);
        }
        main
    }
}

fn pointer(order: Order, tag: u16, to: usize) -> Field {
    Field {
        tag,
        kind: LONG,
        count: 1,
        value: order.put_u32(narrow(to)).to_vec(),
    }
}

/// Puts a field into its place, or where there is one with its tag.
fn put(fields: &mut Vec<Field>, field: Field, always: bool) {
    match fields.iter().position(|other| other.tag >= field.tag) {
        Some(at) if fields[at].tag == field.tag => fields[at] = field,
        Some(at) if always => fields.insert(at, field),
        None if always => fields.push(field),
        Some(_) | None => {}
    }
}

/// Bytes of a directory with its values; none where it is empty.
fn length(fields: &[Field]) -> usize {
    if fields.is_empty() {
        return 0;
    }
    let values = fields.iter().map(|field| outside(&field.value));
    2 + 12 * fields.len() + 4 + values.sum::<usize>()
}

/// Bytes of a value beside its entry.
fn outside(value: &[u8]) -> usize {
    if value.len() <= INLINE {
        0
    } else {
        value.len().next_multiple_of(2)
    }
}

/// A directory, with what follows on it, and its values behind it.
fn append(out: &mut Vec<u8>, order: Order, fields: &[Field], next: usize) {
    if fields.is_empty() {
        return;
    }
    let mut place = out.len() + 2 + 12 * fields.len() + 4;
    let mut values = Vec::new();
    out.extend(order.put_u16(u16::try_from(fields.len()).unwrap_or(u16::MAX)));
    for field in fields {
        out.extend(order.put_u16(field.tag));
        out.extend(order.put_u16(field.kind));
        out.extend(order.put_u32(field.count));
        let mut inline = [0; INLINE];
        if field.value.len() <= INLINE {
            inline[..field.value.len()].copy_from_slice(&field.value);
        } else {
            inline = order.put_u32(narrow(place));
            values.extend(&field.value);
            values.resize(values.len().next_multiple_of(2), 0);
            place += outside(&field.value);
        }
        out.extend(inline);
    }
    out.extend(order.put_u32(narrow(next)));
    out.extend(values);
}

/// Offsets within what is not longer than a file of 4 GiB.
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
