//! The file around coded pictures (ISO/IEC 23008-12; AV1 Image File Format 1.1).

use crate::image::{Cicp, Orientation, Size};

/// Coded data, and what they hold.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) data: Vec<u8>,
    pub(super) bits: u8,
    /// Pixels across and down that share a sample of chroma, if there is chroma.
    pub(super) chroma: Option<(u32, u32)>,
}

/// All that the file holds.
#[derive(Debug)]
pub(super) struct Content<'a> {
    pub(super) size: Size,
    pub(super) color: Coded,
    pub(super) alpha: Option<Coded>,
    pub(super) cicp: Cicp,
    pub(super) icc: Option<&'a [u8]>,
    pub(super) orientation: Orientation,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) xmp: Option<&'a [u8]>,
}

/// Items are numbered as they come.
struct Entry<'a> {
    kind: &'static [u8; 4],
    /// What stands behind the name of an item.
    trailer: &'static [u8],
    data: Vec<&'a [u8]>,
    /// How it leads to the picture.
    reference: Option<&'static [u8; 4]>,
    /// Numbers of its properties, from one on, and whether they must be known.
    properties: Vec<u8>,
}

const ESSENTIAL: u8 = 0x80;

/// No level: nothing is promised (AV1, A.3).
const LEVEL: u8 = 31;

/// `None` where the file would be longer than it can say.
pub(super) fn file(content: &Content) -> Option<Vec<u8>> {
    let mut properties = Vec::new();
    let entries = entries(content, &mut properties);
    // Offsets are of the whole file, and as wide whatever they are.
    let head = [file_type(content), meta(&entries, &properties, 0)?].concat();
    let first = head.len() + 8;
    let mut file = [file_type(content), meta(&entries, &properties, first)?].concat();
    let data: usize = entries.iter().map(Entry::length).sum();
    file.extend(u32::try_from(data + 8).ok()?.to_be_bytes());
    file.extend(b"mdat");
    for part in entries.iter().flat_map(|entry| &entry.data) {
        file.extend_from_slice(part);
    }
    u32::try_from(file.len()).is_ok().then_some(file)
}

impl Entry<'_> {
    fn length(&self) -> usize {
        self.data.iter().map(|part| part.len()).sum()
    }
}

/// A box.
fn pack(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), &kind, content].concat()
}

/// The brands are those of MIAF, and of the profile that the picture is in (AV1 Image File Format 1.1, 8): the advanced one has
/// chroma for each pixel.
fn file_type(content: &Content) -> Vec<u8> {
    let profile = if content.color.chroma == Some((1, 1)) {
        b"MA1A"
    } else {
        b"MA1B"
    };
    pack(
        *b"ftyp",
        &[b"avif\0\0\0\0avifmif1miaf".as_slice(), profile].concat(),
    )
}

fn entries<'a>(content: &'a Content, known: &mut Vec<Vec<u8>>) -> Vec<Entry<'a>> {
    let size = [content.size.width, content.size.height].map(u32::to_be_bytes);
    let size = pack(*b"ispe", &[[0; 4], size[0], size[1]].concat());
    let turns = turns(content.orientation);
    let mut color = vec![
        size.clone(),
        configuration(&content.color),
        depths(&content.color),
    ];
    color.extend(
        content
            .icc
            .map(|icc| pack(*b"colr", &[b"prof", icc].concat())),
    );
    color.push(nclx(content.cicp));
    color.extend(turns.clone());
    let mut entries = vec![Entry {
        kind: b"av01",
        trailer: b"",
        data: vec![&content.color.data],
        reference: None,
        properties: number(color, known),
    }];
    entries.extend(content.alpha.as_ref().map(|alpha| {
        let urn = b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
        let mut own = vec![
            size,
            configuration(alpha),
            depths(alpha),
            pack(*b"auxC", urn),
        ];
        own.extend(turns);
        Entry {
            kind: b"av01",
            trailer: b"",
            data: vec![&alpha.data],
            reference: Some(b"auxl"),
            properties: number(own, known),
        }
    }));
    let block = |kind, trailer, data| Entry {
        kind,
        trailer,
        data,
        reference: Some(b"cdsc"),
        properties: Vec::new(),
    };
    // Four bytes say how many more come before the block.
    let exif = content.exif.map(|exif| vec![[0; 4].as_slice(), exif]);
    entries.extend(exif.map(|data| block(b"Exif", b"".as_slice(), data)));
    let xmp = content.xmp.map(|xmp| vec![xmp]);
    entries.extend(xmp.map(|data| block(b"mime", b"application/rdf+xml\0".as_slice(), data)));
    entries
}

/// The numbers of properties among those that are known; what is new goes there.
fn number(own: Vec<Vec<u8>>, known: &mut Vec<Vec<u8>>) -> Vec<u8> {
    let mut numbers = Vec::new();
    for property in own {
        let essential = matches!(&property[4..8], b"av1C" | b"irot" | b"imir");
        let place = known.iter().position(|other| *other == property);
        let place = place.unwrap_or_else(|| {
            known.push(property);
            known.len() - 1
        });
        // There are less than a dozen.
        let number = u8::try_from(place + 1).unwrap_or(0);
        numbers.push(number | if essential { ESSENTIAL } else { 0 });
    }
    numbers
}

/// AV1 in ISO-BMFF 1.2, 2.3.3: the profile is the least that holds such a picture (AV1, 6.4.1), the level is left open.
fn configuration(coded: &Coded) -> Vec<u8> {
    let profile = match coded.chroma {
        _ if coded.bits > 10 => 2,
        Some((2, 1)) => 2,
        Some((1, 1)) => 1,
        _ => 0,
    };
    let is_deep = u8::from(coded.bits > 8) << 6 | u8::from(coded.bits > 10) << 5;
    let is_gray = u8::from(coded.chroma.is_none()) << 4;
    let (across, down) = coded.chroma.unwrap_or((2, 2));
    let shared = u8::from(across == 2) << 3 | u8::from(down == 2) << 2;
    pack(
        *b"av1C",
        &[0x81, profile << 5 | LEVEL, is_deep | is_gray | shared, 0],
    )
}

fn depths(coded: &Coded) -> Vec<u8> {
    let count = if coded.chroma.is_some() { 3 } else { 1 };
    let mut content = vec![0, 0, 0, 0, count];
    content.extend(std::iter::repeat_n(coded.bits, count.into()));
    pack(*b"pixi", &content)
}

fn nclx(cicp: Cicp) -> Vec<u8> {
    let range = u8::from(cicp.full_range) << 7;
    let Cicp {
        primaries,
        transfer,
        matrix,
        ..
    } = cicp;
    pack(
        *b"colr",
        &[
            b"nclx".as_slice(),
            &[0, primaries, 0, transfer, 0, matrix, range],
        ]
        .concat(),
    )
}

/// First turned by quarters against the clock, then mirrored.
fn turns(orientation: Orientation) -> Vec<Vec<u8>> {
    let (quarters, axis) = match orientation {
        Orientation::Upright => (0, None),
        Orientation::MirrorHorizontal => (0, Some(1)),
        Orientation::Turn180 => (2, None),
        Orientation::MirrorVertical => (0, Some(0)),
        Orientation::Transpose => (1, Some(0)),
        Orientation::Turn90 => (3, None),
        Orientation::Transverse => (1, Some(1)),
        Orientation::Turn270 => (1, None),
    };
    let turn = (quarters > 0).then(|| pack(*b"irot", &[quarters]));
    let mirror = axis.map(|axis| pack(*b"imir", &[axis]));
    turn.into_iter().chain(mirror).collect()
}

/// All that is said of the items, whose data begin at `first` in the file.
fn meta(entries: &[Entry], properties: &[Vec<u8>], first: usize) -> Option<Vec<u8>> {
    const VERSION: [u8; 4] = [0; 4];
    let count = u16::try_from(entries.len()).ok()?.to_be_bytes();
    let mut infos = [VERSION.as_slice(), &count].concat();
    let mut places = [VERSION.as_slice(), &[0x44, 0], &count].concat();
    let mut references = VERSION.to_vec();
    let mut owners = VERSION.to_vec();
    let described = entries.iter().filter(|entry| !entry.properties.is_empty());
    owners.extend(u32::try_from(described.count()).ok()?.to_be_bytes());
    let mut start = first;
    for (id, entry) in (1_u16..).zip(entries) {
        let id = id.to_be_bytes();
        let head = [
            &[2, 0, 0, 0],
            id.as_slice(),
            &[0, 0],
            entry.kind,
            &[0],
            entry.trailer,
        ];
        infos.extend(pack(*b"infe", &head.concat()));
        places.extend([id, [0, 0], [0, 1]].as_flattened());
        places.extend(u32::try_from(start).ok()?.to_be_bytes());
        places.extend(u32::try_from(entry.length()).ok()?.to_be_bytes());
        start += entry.length();
        if let Some(kind) = entry.reference {
            references.extend(pack(*kind, [id, [0, 1], [0, 1]].as_flattened()));
        }
        if !entry.properties.is_empty() {
            owners.extend(id);
            owners.push(u8::try_from(entry.properties.len()).ok()?);
            owners.extend(&entry.properties);
        }
    }
    let handler = [&[0; 8], b"pict".as_slice(), &[0; 13]].concat();
    let described = [
        pack(*b"ipco", &properties.concat()),
        pack(*b"ipma", &owners),
    ]
    .concat();
    let mut content = VERSION.to_vec();
    content.extend(pack(*b"hdlr", &handler));
    content.extend(pack(*b"pitm", &[0, 0, 0, 0, 0, 1]));
    content.extend(pack(*b"iloc", &places));
    content.extend(pack(*b"iinf", &infos));
    if references.len() > VERSION.len() {
        content.extend(pack(*b"iref", &references));
    }
    content.extend(pack(*b"iprp", &described));
    Some(pack(*b"meta", &content))
}
