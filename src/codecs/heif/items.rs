//! What is in the file: its items, their properties, and what they are to each other (ISO/IEC 23008-12, 6 to 9; AV1 Image File
//! Format 1.1; ISO/IEC 14496-12, 8.11).

use std::borrow::Cow;

use crate::codecs::boxes::{Boxes, IsoBox, Reader};
use crate::image::{Cicp, Orientation, Size};

/// Why items cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ItemError {
    #[error("it says nothing of its pictures")]
    NoMeta,
    #[error("it is a film, and says nothing of a picture")]
    Film,
    #[error("what it says of its pictures is broken off or makes no sense")]
    Malformed,
    #[error("the file ends too early")]
    Truncated,
    #[error("its picture has no size")]
    NoSize,
    #[error("a picture says nothing of its coding")]
    NoConfiguration,
    #[error("its tiles do not make the picture")]
    Tiles,
    #[error("it cuts its picture where there is none")]
    Aperture,
    #[error("its picture is of the kind `{}`", .0.escape_ascii())]
    Kind([u8; 4]),
    #[error("what shows its picture must know `{}`", .0.escape_ascii())]
    Property([u8; 4]),
}

/// Parts of items' data that are listed, all in all: some hundred times what real files have.
const MOST_EXTENTS: usize = 1 << 16;

/// One thing in the file: a picture, a part of one, or a block of metadata.
#[derive(Debug, Clone, Default)]
pub(super) struct Item<'a> {
    pub(super) id: u32,
    pub(super) kind: [u8; 4],
    /// What a block of metadata is (`mime` items).
    content_type: &'a [u8],
    /// Whether its data are in the box of small data, instead of anywhere in the file.
    is_inside: bool,
    extents: Vec<(u64, u64)>,
    pub(super) properties: Properties<'a>,
    /// The kind, and the items that it leads to.
    references: Vec<([u8; 4], Vec<u32>)>,
}

/// What is said of an item. Of what is said twice, the first counts.
#[derive(Debug, Clone, Default)]
pub(in crate::codecs) struct Properties<'a> {
    size: Option<Size>,
    pub(super) configuration: Option<Configuration>,
    /// The whole of what is said of the coding.
    pub(in crate::codecs) setup: &'a [u8],
    pub(super) nclx: Option<Cicp>,
    pub(super) icc: Option<&'a [u8]>,
    /// How it is to be turned, one after the other (ISO/IEC 23008-12, 6.5.10 and 6.5.12).
    pub(super) orientation: Orientation,
    aperture: Option<[u32; 8]>,
    auxiliary: &'a [u8],
    pub(in crate::codecs) operating_point: u8,
    /// Whoever shows it must know that, and it is unknown here.
    unknown: Option<[u8; 4]>,
}

/// What a coded picture says before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Configuration {
    pub(super) bits: u8,
    pub(super) is_gray: bool,
}

/// The items of a file.
#[derive(Debug)]
pub(super) struct Items<'a> {
    bytes: &'a [u8],
    inside: &'a [u8],
    primary: u32,
    all: Vec<Item<'a>>,
}

impl<'a> Items<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, ItemError> {
        let meta = Boxes::new(bytes).find_kind(*b"meta");
        let is_film = || Boxes::new(bytes).find_kind(*b"moov").is_some();
        let meta = meta.and_then(|meta| meta.get(4..)).ok_or_else(|| {
            if is_film() {
                ItemError::Film
            } else {
                ItemError::NoMeta
            }
        })?;
        let mut found = Self {
            bytes,
            inside: Boxes::new(meta).find_kind(*b"idat").unwrap_or_default(),
            primary: 0,
            all: Vec::new(),
        };
        found.collect(meta).ok_or(ItemError::Malformed)?;
        Ok(found)
    }

    fn collect(&mut self, meta: &'a [u8]) -> Option<()> {
        let boxes = Boxes::new(meta);
        let find = |kind| boxes.clone().find_kind(kind).map(Reader);
        let mut pitm = find(*b"pitm")?;
        let is_wide = pitm.version()?.0 > 0;
        self.primary = pitm.id(is_wide)?;
        self.all = entries(find(*b"iinf")?)?;
        self.all.sort_by_key(|item| item.id);
        self.locate(find(*b"iloc")?)?;
        if let Some(references) = find(*b"iref") {
            self.refer(references)?;
        }
        self.describe(find(*b"iprp")?.0)
    }

    fn item_mut(&mut self, id: u32) -> Option<&mut Item<'a>> {
        let place = self.all.binary_search_by_key(&id, |item| item.id);
        self.all.get_mut(place.ok()?)
    }

    /// The item of that number.
    pub(super) fn item(&self, id: u32) -> Option<&Item<'a>> {
        let place = self.all.binary_search_by_key(&id, |item| item.id);
        self.all.get(place.ok()?)
    }

    /// Where data are (8.11.3).
    fn locate(&mut self, mut iloc: Reader<'a>) -> Option<()> {
        let (version, _) = iloc.version()?;
        let widths = iloc.u16()?;
        let [offset, length, base, index] = [12, 8, 4, 0].map(|at| usize::from(widths >> at & 15));
        let index = if version > 0 { index } else { 0 };
        if version > 2 || [offset, length, base, index].iter().any(|width| *width > 8) {
            return None;
        }
        let mut left = MOST_EXTENTS;
        for _ in 0..iloc.id(version == 2)? {
            let id = iloc.id(version == 2)?;
            let method = if version > 0 { iloc.u16()? & 15 } else { 0 };
            let _in_this_file = iloc.u16()?;
            let base = iloc.number(base)?;
            let count = usize::from(iloc.u16()?);
            left = left.checked_sub(count)?;
            let mut extents = Vec::new();
            for _ in 0..count {
                iloc.number(index)?;
                let start = base.checked_add(iloc.number(offset)?)?;
                extents.push((start, iloc.number(length)?));
            }
            if let Some(item) = self.item_mut(id).filter(|_| method < 2) {
                item.is_inside = method == 1;
                item.extents = extents;
            }
        }
        Some(())
    }

    /// What leads where (8.11.12).
    fn refer(&mut self, mut iref: Reader<'a>) -> Option<()> {
        let is_wide = iref.version()?.0 > 0;
        for found in Boxes(iref) {
            let mut content = Reader(found.content);
            let from = content.id(is_wide)?;
            let count = content.u16()?;
            let to = (0..count)
                .map(|_| content.id(is_wide))
                .collect::<Option<_>>()?;
            if let Some(item) = self.item_mut(from) {
                item.references.push((found.kind, to));
            }
        }
        Some(())
    }

    /// Which properties are whose (ISO/IEC 23008-12, 9.3).
    fn describe(&mut self, iprp: &'a [u8]) -> Option<()> {
        let known: Vec<_> = Boxes::new(Boxes::new(iprp).find_kind(*b"ipco")?).collect();
        let mut left = MOST_EXTENTS;
        for found in Boxes::new(iprp).filter(|found| found.kind == *b"ipma") {
            let mut ipma = Reader(found.content);
            let (version, flags) = ipma.version()?;
            for _ in 0..ipma.u32()? {
                let id = ipma.id(version > 0)?;
                let count = usize::from(ipma.u8()?);
                left = left.checked_sub(count + 1)?;
                let mut properties = Properties::default();
                for _ in 0..count {
                    let (is_essential, index) = association(&mut ipma, flags & 1 == 1)?;
                    if let Some(place) = index.checked_sub(1) {
                        properties.add(*known.get(place)?, is_essential)?;
                    }
                }
                if let Some(item) = self.item_mut(id) {
                    item.properties = properties;
                }
            }
        }
        Some(())
    }

    pub(super) fn primary(&self) -> Result<&Item<'a>, ItemError> {
        self.item(self.primary).ok_or(ItemError::Malformed)
    }

    /// The items that lead to this one with a reference of that kind.
    pub(super) fn leading_to(&self, kind: [u8; 4], id: u32) -> impl Iterator<Item = &Item<'a>> {
        self.all
            .iter()
            .filter(move |item| item.leads_to(kind).any(|to| to == id))
    }

    /// The picture that says how much of that one is seen.
    pub(super) fn alpha_of(&self, picture: &Item) -> Option<&Item<'a>> {
        const ALPHA: [&[u8]; 2] = [
            b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
            b"urn:mpeg:hevc:2015:auxid:1",
        ];
        let mut auxiliary = self.leading_to(*b"auxl", picture.id);
        auxiliary.find(|item| ALPHA.contains(&item.properties.auxiliary))
    }

    /// The EXIF block that describes a picture, from its TIFF header on (ISO/IEC 23008-12, A.2.1).
    pub(super) fn exif_of(&self, picture: &Item) -> Option<Vec<u8>> {
        let mut blocks = self.leading_to(*b"cdsc", picture.id);
        let block = self.data(blocks.find(|item| item.kind == *b"Exif")?).ok()?;
        let mut block = Reader(&block);
        let skipped = usize::try_from(block.u32()?).ok()?;
        block.take(skipped)?;
        Some(block.0.to_vec()).filter(|exif| !exif.is_empty())
    }

    /// The XMP packet that describes a picture.
    pub(super) fn xmp_of(&self, picture: &Item) -> Option<Vec<u8>> {
        let mut blocks = self.leading_to(*b"cdsc", picture.id);
        let is_xmp =
            |item: &&Item| item.kind == *b"mime" && item.content_type == b"application/rdf+xml";
        Some(self.data(blocks.find(is_xmp)?).ok()?.into_owned())
    }

    /// All data of an item. Never more than the file has.
    pub(super) fn data(&self, item: &Item<'a>) -> Result<Cow<'a, [u8]>, ItemError> {
        let whole = if item.is_inside {
            self.inside
        } else {
            self.bytes
        };
        let part = |(start, length): &(u64, u64)| -> Option<&'a [u8]> {
            let rest = whole.get(usize::try_from(*start).ok()?..)?;
            match usize::try_from(*length).ok()? {
                // All there is.
                0 => Some(rest),
                length => rest.get(..length),
            }
        };
        match item.extents.as_slice() {
            [] => Err(ItemError::Malformed),
            [one] => part(one).map(Cow::Borrowed).ok_or(ItemError::Truncated),
            several => {
                let mut data = Vec::new();
                for extent in several {
                    let part = part(extent).ok_or(ItemError::Truncated)?;
                    if data.len() + part.len() > whole.len() {
                        return Err(ItemError::Malformed);
                    }
                    data.extend_from_slice(part);
                }
                Ok(Cow::Owned(data))
            }
        }
    }
}

impl Item<'_> {
    pub(super) fn leads_to(&self, kind: [u8; 4]) -> impl Iterator<Item = u32> {
        let own = self
            .references
            .iter()
            .filter(move |(found, _)| *found == kind);
        own.flat_map(|(_, to)| to.iter().copied())
    }

    pub(super) fn size(&self) -> Result<Size, ItemError> {
        let size = self.properties.size.filter(|size| size.pixels() > 0);
        size.ok_or(ItemError::NoSize)
    }

    /// Whether everything is known that must be known to show it.
    pub(super) fn understood(&self) -> Result<(), ItemError> {
        let unknown = self.properties.unknown.map(ItemError::Property);
        unknown.map_or(Ok(()), Err)
    }

    /// The part that is shown of a picture of this size: left, top, and its size (ISO/IEC 14496-12, 12.1.4).
    pub(super) fn aperture(&self, size: Size) -> Result<(u32, u32, Size), ItemError> {
        let Some([width, w_of, height, h_of, x, x_of, y, y_of]) = self.properties.aperture else {
            return Ok((0, 0, size));
        };
        let across = span((width, w_of), (x, x_of), size.width);
        let down = span((height, h_of), (y, y_of), size.height);
        let ((left, width), (top, height)) = across.zip(down).ok_or(ItemError::Aperture)?;
        Ok((left, top, Size::new(width, height)))
    }
}

/// Where a length lies on a side, by how far its middle is from that of the side; both are fractions, and must come out whole.
fn span(length: (u32, u32), offset: (u32, u32), side: u32) -> Option<(u32, u32)> {
    let (number, of) = length;
    let length = number
        .checked_div(of)
        .filter(|length| length * of == number && *length > 0)?;
    let number = i64::from(offset.0.cast_signed());
    let of = i64::from(offset.1.cast_signed());
    // In halves: (side - 1) / 2 + offset - (length - 1) / 2.
    let twice = (2 * number)
        .checked_div(of)
        .filter(|twice| twice * of == 2 * number)?;
    let start = i64::from(side) - i64::from(length) + twice;
    let start = u32::try_from(start)
        .ok()
        .filter(|start| start.is_multiple_of(2))?
        / 2;
    (start.checked_add(length)? <= side).then_some((start, length))
}

/// 8.11.6.
fn entries(mut iinf: Reader<'_>) -> Option<Vec<Item<'_>>> {
    let is_wide = iinf.version()?.0 > 0;
    iinf.id(is_wide)?;
    let mut items = Vec::new();
    for found in Boxes(iinf).filter(|found| found.kind == *b"infe") {
        let mut infe = Reader(found.content);
        let (version, _) = infe.version()?;
        if version < 2 {
            continue;
        }
        let id = infe.id(version > 2)?;
        let _protection = infe.u16()?;
        let kind = infe.array()?;
        let _name = infe.text();
        let content_type = if kind == *b"mime" { infe.text() } else { &[] };
        items.push(Item {
            id,
            kind,
            content_type,
            ..Item::default()
        });
    }
    Some(items)
}

/// Whether whoever shows an item must know a property, and which one it is, from one on.
fn association(ipma: &mut Reader<'_>, is_wide: bool) -> Option<(bool, usize)> {
    if is_wide {
        let both = ipma.u16()?;
        return Some((both >> 15 == 1, usize::from(both & 0x7fff)));
    }
    let both = ipma.u8()?;
    Some((both >> 7 == 1, usize::from(both & 0x7f)))
}

impl<'a> Properties<'a> {
    /// `None` for what is known and broken.
    fn add(&mut self, found: IsoBox<'a>, is_essential: bool) -> Option<()> {
        let mut content = Reader(found.content);
        match &found.kind {
            b"ispe" => {
                content.version()?;
                let size = Size::new(content.u32()?, content.u32()?);
                self.size.get_or_insert(size);
            }
            b"av1C" => {
                let configuration = Configuration::of_av1(content.array()?);
                self.configuration.get_or_insert(configuration);
            }
            b"hvcC" if self.configuration.is_none() => {
                self.setup = content.0;
                self.configuration = Some(Configuration::of_hevc(content.array()?));
            }
            b"colr" => self.add_color(content)?,
            b"irot" => {
                // By quarters against the clock.
                let quarters = usize::from(content.u8()? & 3);
                self.orientation = self.orientation.then(AGAINST_THE_CLOCK[quarters]);
            }
            b"imir" => {
                let axis = content.u8()? & 1;
                let mirrors = [Orientation::MirrorVertical, Orientation::MirrorHorizontal];
                self.orientation = self.orientation.then(mirrors[usize::from(axis)]);
            }
            b"clap" => {
                let mut numbers = [0; 8];
                for number in &mut numbers {
                    *number = content.u32()?;
                }
                self.aperture.get_or_insert(numbers);
            }
            b"auxC" => {
                content.version()?;
                self.auxiliary = content.text();
            }
            b"a1op" => self.operating_point = content.u8()?,
            // Which layer: the last, and that is the one that is decoded here.
            b"lsel" if content.0 == [0xff, 0xff] => {}
            // What they say is said by the picture itself, or is for displays.
            b"pixi" | b"pasp" | b"clli" | b"mdcv" | b"cclv" | b"amve" | b"a1lx" => {}
            _ if is_essential => self.unknown = Some(found.kind),
            _ => {}
        }
        Some(())
    }

    fn add_color(&mut self, mut content: Reader<'a>) -> Option<()> {
        match &content.array()? {
            b"nclx" => {
                let mut point = || u8::try_from(content.u16()?).ok();
                let cicp = Cicp {
                    primaries: point()?,
                    transfer: point()?,
                    matrix: point()?,
                    full_range: content.u8()? >> 7 == 1,
                };
                self.nclx.get_or_insert(cicp);
            }
            b"prof" | b"rICC" => {
                self.icc.get_or_insert(content.0);
            }
            _ => {}
        }
        Some(())
    }
}

const AGAINST_THE_CLOCK: [Orientation; 4] = [
    Orientation::Upright,
    Orientation::Turn270,
    Orientation::Turn180,
    Orientation::Turn90,
];

impl Configuration {
    /// From the first bytes of an `av1C` box (AV1 in ISO-BMFF 1.2, 2.3.3).
    fn of_av1([_, _, flags]: [u8; 3]) -> Self {
        Self {
            bits: match flags >> 5 & 3 {
                3 => 12,
                2 => 10,
                _ => 8,
            },
            is_gray: flags >> 4 & 1 == 1,
        }
    }

    /// From the first bytes of an `hvcC` box (ISO/IEC 14496-15, 8.3.3.1).
    fn of_hevc(head: [u8; 18]) -> Self {
        Self {
            bits: 8 + (head[17] & 7),
            is_gray: matches!(head[16] & 3, 0),
        }
    }
}
