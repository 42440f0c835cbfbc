//! An EXIF block from what a raw file says of its picture: without what is there for the raw data, and without the maker's notes,
//! whose offsets would lead nowhere.

use super::directories::{Directory, Entry, Tiff};

/// What describes the picture, not its storage (CIPA DC-008, 4.6.4 and 4.6.8): words, makers, dates, and the orientation.
const DESCRIBING: [u16; 11] = [
    0x010e, 0x010f, 0x0110, 0x0112, 0x011a, 0x011b, 0x0128, 0x0131, 0x0132, 0x013b, 0x8298,
];
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const MAKER_NOTE: u16 = 0x927c;
const INTEROPERABILITY: u16 = 0xa005;

/// The longest value that is copied, and the longest block that is made, in bytes.
const LONGEST_VALUE: usize = 1 << 14;
const LONGEST: usize = 65_000;

/// The block, in the byte order of the file. `None` where nothing is said.
pub(super) fn block(tiff: Tiff<'_>, first: &Directory) -> Option<Vec<u8>> {
    let describing = first
        .entries
        .iter()
        .filter(|entry| DESCRIBING.contains(&entry.tag));
    let mut main: Vec<Entry> = describing.copied().collect();
    let below = |tag| {
        let directory = tiff.directory(tiff.number(first, tag)?)?;
        let own = directory.entries.into_iter();
        let own = own.filter(|entry| ![MAKER_NOTE, INTEROPERABILITY].contains(&entry.tag));
        Some(own.collect::<Vec<Entry>>()).filter(|entries| !entries.is_empty())
    };
    let (exif, gps) = (below(EXIF), below(GPS));
    if main.is_empty() && exif.is_none() && gps.is_none() {
        return None;
    }
    let mut out = Writer::new(tiff);
    // Pointers come last: their tags are the greatest.
    let pointers: Vec<u16> = [(EXIF, &exif), (GPS, &gps)]
        .iter()
        .filter_map(|(tag, entries)| entries.is_some().then_some(*tag))
        .collect();
    let places = out.directory(&mut main, &pointers);
    for (place, mut entries) in places.into_iter().zip([exif, gps].into_iter().flatten()) {
        out.point(place);
        out.directory(&mut entries, &[]);
    }
    (out.block.len() <= LONGEST).then_some(out.block)
}

struct Writer<'a> {
    tiff: Tiff<'a>,
    block: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(tiff: Tiff<'a>) -> Self {
        let head = if tiff.big_endian {
            b"MM\0*\0\0\0\x08"
        } else {
            b"II*\0\x08\0\0\0"
        };
        let block = head.to_vec();
        Self { tiff, block }
    }

    fn u16(&mut self, number: u16) {
        self.block.extend(if self.tiff.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        });
    }

    fn bytes_of(&self, number: usize) -> [u8; 4] {
        let number = u32::try_from(number).unwrap_or(0);
        if self.tiff.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    /// Writes that what comes next is where the place points to.
    fn point(&mut self, place: usize) {
        let here = self.bytes_of(self.block.len());
        self.block[place..place + 4].copy_from_slice(&here);
    }

    /// A directory of these entries and of pointers, whose places come back.
    fn directory(&mut self, entries: &mut Vec<Entry>, pointers: &[u16]) -> Vec<usize> {
        entries.retain(|entry| matches!(entry.length(), Some(1..=LONGEST_VALUE)));
        entries.sort_by_key(|entry| entry.tag);
        entries.dedup_by_key(|entry| entry.tag);
        let count = entries.len() + pointers.len();
        self.u16(u16::try_from(count).unwrap_or(u16::MAX));
        // Values that do not fit into their entries come behind the directory.
        let mut behind = Vec::new();
        let after = self.block.len() + 12 * count + 4;
        for entry in entries.iter() {
            let values = self.tiff.values(*entry).unwrap_or_default();
            self.u16(entry.tag);
            self.u16(entry.kind);
            let number = self.bytes_of(entry.count);
            self.block.extend(number);
            let mut place = [0; 4];
            if values.len() <= 4 {
                place[..values.len()].copy_from_slice(values);
            } else {
                place = self.bytes_of(after + behind.len());
                behind.extend_from_slice(values);
                behind.resize(behind.len().next_multiple_of(2), 0);
            }
            self.block.extend(place);
        }
        let mut places = Vec::new();
        for tag in pointers {
            self.u16(*tag);
            self.u16(4);
            let one = self.bytes_of(1);
            self.block.extend(one);
            places.push(self.block.len());
            self.block.extend([0; 4]);
        }
        self.block.extend([0; 4]);
        self.block.extend(behind);
        places
    }
}
