//! Reading HEVC (ITU-T H.265). The decoder takes files; each coded picture is handed to it as the only one of a small file, so that
//! what is around it, and how much of it there may be, is for `heif` to say.

use heic_decoder::{ColorInfo, DecodeOptions, DecodedImage, HeifError};

use crate::codecs::boxes::Reader;
use crate::codecs::heif::{CodingError, Frame, Plane, Properties, is_modest};
use crate::image::{Cicp, Size};

impl From<HeifError> for CodingError {
    fn from(error: HeifError) -> Self {
        match error {
            HeifError::Unsupported(what) => Self::Unsupported(Some(what)),
            HeifError::LimitExceeded(_) => Self::Memory,
            HeifError::Truncated { .. }
            | HeifError::NotHeif(_)
            | HeifError::MalformedBox(_)
            | HeifError::MalformedHevc(_)
            | HeifError::CabacDesync(_) => Self::Damaged,
        }
    }
}

/// The picture of some data, which may have as many pixels as this size and some more around it.
pub(super) fn decode(
    data: &[u8],
    properties: &Properties,
    size: Size,
) -> Result<Frame, CodingError> {
    let sizes = coded_sizes(properties.setup).ok_or(CodingError::Damaged)?;
    if sizes.iter().any(|coded| !is_modest(*coded, size)) {
        return Err(CodingError::Memory);
    }
    let file = file(properties.setup, data).ok_or(CodingError::Memory)?;
    let as_coded = DecodeOptions {
        apply_transforms: false,
    };
    let decoded = heic_decoder::decode_with(&file, &as_coded)?;
    drop(file);
    frame(decoded)
}

fn frame(decoded: DecodedImage) -> Result<Frame, CodingError> {
    let chroma = match decoded.chroma_format_idc {
        0 => None,
        1 => Some((2, 2)),
        2 => Some((2, 1)),
        _ => Some((1, 1)),
    };
    if chroma.is_some() && decoded.bit_depth_luma != decoded.bit_depth_chroma {
        let what = "luma and chroma of different depths";
        return Err(CodingError::Unsupported(Some(what)));
    }
    let length = |length: usize| u32::try_from(length).map_err(|_| CodingError::Memory);
    let size = Size::new(length(decoded.width)?, length(decoded.height)?);
    let mut planes = vec![plane(decoded.y, decoded.width)];
    if chroma.is_some() {
        planes.push(plane(decoded.cb, decoded.cb_width));
        planes.push(plane(decoded.cr, decoded.cb_width));
    }
    let (across, down) = chroma.unwrap_or((1, 1));
    let shared = Size::new(size.width.div_ceil(across), size.height.div_ceil(down));
    let sizes = [size, shared, shared];
    let is_whole = |(plane, size): (&Plane, &Size)| {
        plane.width == size.width as usize && plane.samples.len() as u64 == size.pixels()
    };
    if size.pixels() == 0 || !planes.iter().zip(&sizes).all(is_whole) {
        return Err(CodingError::Damaged);
    }
    Ok(Frame {
        size,
        bits: u8::try_from(decoded.bit_depth_luma).map_err(|_| CodingError::Damaged)?,
        chroma,
        planes,
        cicp: decoded.color_info.map_or(UNSAID, cicp),
    })
}

/// What colours are where nobody says it (ISO/IEC 23000-22, 7.3.6.4).
const UNSAID: Cicp = Cicp {
    primaries: 1,
    transfer: 13,
    matrix: 6,
    full_range: true,
};

fn cicp(color: ColorInfo) -> Cicp {
    let unsaid = 2;
    let point = |number| u8::try_from(number).unwrap_or(unsaid);
    Cicp {
        primaries: point(color.color_primaries),
        transfer: point(color.transfer_characteristics),
        matrix: point(color.matrix_coefficients),
        full_range: color.full_range,
    }
}

/// The samples as they are kept here. No depth has more than 16 bits.
fn plane(samples: Vec<i32>, width: usize) -> Plane {
    let samples = samples.into_iter();
    let samples = samples.map(|sample| u16::try_from(sample).unwrap_or_default());
    Plane {
        samples: samples.collect(),
        width,
    }
}

/// A file of one coded picture (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 9.3). `None` where the lengths do not fit.
fn file(setup: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let item = 1_u16.to_be_bytes();
    let full = |version: u8, content: &[&[u8]]| {
        [&[version, 0, 0, 0], content.concat().as_slice()].concat()
    };
    let entry = iso_box(*b"infe", &[&full(2, &[&item, &[0, 0], b"hvc1", &[0]])])?;
    let place = |start: u32| {
        let length = u32::try_from(data.len()).ok()?;
        let extent = [start.to_be_bytes(), length.to_be_bytes()].concat();
        let one = 1_u16.to_be_bytes();
        let content = full(0, &[&[0x44, 0], &one, &item, &[0, 0], &one, &extent]);
        iso_box(*b"iloc", &[&content])
    };
    let all_of = [0, 0, 0, 1, item[0], item[1], 1, 0x81];
    let properties = iso_box(
        *b"iprp",
        &[
            &iso_box(*b"ipco", &[&iso_box(*b"hvcC", &[setup])?])?,
            &iso_box(*b"ipma", &[&full(0, &[&all_of])])?,
        ],
    )?;
    let head = |start: u32| {
        let meta = iso_box(
            *b"meta",
            &[
                &full(0, &[]),
                &iso_box(*b"pitm", &[&full(0, &[&item])])?,
                &iso_box(*b"iinf", &[&full(0, &[&1_u16.to_be_bytes(), &entry])])?,
                &properties,
                &place(start)?,
            ],
        )?;
        let kind = iso_box(*b"ftyp", &[b"heic\0\0\0\0heic"])?;
        Some([kind, meta].concat())
    };
    // Its length does not depend on what it says.
    let length = head(0)?.len();
    let start = u32::try_from(length + 8).ok()?;
    let mut file = head(start)?;
    file.extend(u32::try_from(data.len() + 8).ok()?.to_be_bytes());
    file.extend(b"mdat");
    file.extend_from_slice(data);
    Some(file)
}

fn iso_box(kind: [u8; 4], content: &[&[u8]]) -> Option<Vec<u8>> {
    let content = content.concat();
    let length = u32::try_from(content.len() + 8).ok()?;
    Some([&length.to_be_bytes(), &kind, content.as_slice()].concat())
}

/// The kind of unit that says how a sequence is coded (7.4.2.2).
const SPS: u8 = 33;

/// The sizes that are coded, by each sequence parameter set of a decoder configuration (ISO/IEC 14496-15, 8.3.3.1). `None` where that is
/// broken.
fn coded_sizes(setup: &[u8]) -> Option<Vec<Size>> {
    let mut setup = Reader(setup);
    setup.take(22)?;
    let mut sizes = Vec::new();
    for _ in 0..setup.u8()? {
        let kind = setup.u8()? & 63;
        for _ in 0..setup.u16()? {
            let length = setup.u16()?;
            let unit = setup.take(length.into())?;
            if kind == SPS {
                sizes.push(coded_size(unit)?);
            }
        }
    }
    Some(sizes)
}

/// What a sequence parameter set begins with (7.3.2.2.1), up to the size.
pub(super) fn coded_size(unit: &[u8]) -> Option<Size> {
    // All that is read is near the beginning.
    let mut bits = Bits::new(unit.get(2..unit.len().min(1024))?);
    bits.skip(4)?;
    let layers = bits.number(3)?;
    // The profile of one layer (7.3.3). Those with more are not decoded.
    if layers > 0 {
        return None;
    }
    bits.skip(1 + 96)?;
    bits.golomb()?;
    if bits.golomb()? == 3 {
        bits.skip(1)?;
    }
    Some(Size::new(bits.golomb()?, bits.golomb()?))
}

/// Bits of a unit, without the bytes that are put in so that no beginning is seen where there is none (7.3.1.1).
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(unit: &[u8]) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(unit.len());
        let mut zeros = 0;
        for byte in unit {
            if zeros >= 2 && *byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if *byte == 0 { zeros + 1 } else { 0 };
            bytes.push(*byte);
        }
        Self { bytes, at: 0 }
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at += count;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    fn number(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |number, _| {
            let byte = self.bytes.get(self.at / 8)?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(number << 1 | u32::from(bit))
        })
    }

    /// A number as 9.2 codes it.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.number(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.number(zeros)?;
        (1_u32 << zeros).checked_add(rest)?.checked_sub(1)
    }
}
