//! A block made anew: what stays, in order, and nothing between.

use super::{Block, Directory, Field, INLINE, Keep, LONG, Order, RATIONAL, Wanted, tags, width};
use crate::image::Orientation;

/// The most bytes of values that are taken out of a TIFF file: cameras need some ten thousand.
const MOST: usize = 8 << 20;

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
    fn of_tiff(file: &Block<'_>) -> Self {
        Self::chosen(file, tags::describes)
    }

    fn chosen(block: &Block<'_>, keeps: impl Fn(Directory, u16) -> bool) -> Self {
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

    /// The block; none where it would say nothing.
    pub(crate) fn into_bytes(mut self) -> Option<Vec<u8>> {
        let empty = [&self.main, &self.exif, &self.gps, &self.interop];
        if empty.iter().all(|fields| fields.is_empty()) {
            return None;
        }
        let order = self.order;
        if !self.interop.is_empty() {
            put(
                &mut self.exif,
                pointer(order, tags::INTEROP_DIRECTORY, 0),
                true,
            );
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
        let exif = 8 + length(&self.main);
        let gps = exif + length(&self.exif);
        let interop = gps + length(&self.gps);
        put(
            &mut self.main,
            pointer(order, tags::EXIF_DIRECTORY, exif),
            false,
        );
        put(
            &mut self.main,
            pointer(order, tags::GPS_DIRECTORY, gps),
            false,
        );
        put(
            &mut self.exif,
            pointer(order, tags::INTEROP_DIRECTORY, interop),
            false,
        );

        let mut out = order.mark().to_vec();
        out.extend(order.put_u32(8));
        for fields in [&self.main, &self.exif, &self.gps, &self.interop] {
            append(&mut out, order, fields);
        }
        Some(out)
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

/// A directory, the last in its chain, with its values behind it.
fn append(out: &mut Vec<u8>, order: Order, fields: &[Field]) {
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
    out.extend([0; 4]);
    out.extend(values);
}

/// Offsets within what is not longer than a file of 4 GiB.
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
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
