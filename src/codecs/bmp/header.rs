//! What stands before the pixels: the file header, one of eight information headers, masks and a palette ("Bitmap storage" in
//! Microsoft's documentation of the Windows GDI; OS/2 2.0 Presentation Manager Programming Reference, "Bit maps").

use crate::codecs::{DecodeError, DecoderSaid, Format};
use crate::image::{Channels, Depth, Layout, Orientation, Size};

/// A file, taken apart.
pub(super) struct Header<'a> {
    pub(super) size: Size,
    pub(super) top_down: bool,
    pub(super) kind: Kind,
    /// Red, green and blue.
    pub(super) palette: Vec<[u8; 3]>,
    /// From the first pixel to the end of the file.
    pub(super) pixels: &'a [u8],
    pub(super) profile: Option<&'a [u8]>,
    /// Whether it says something that cannot be, and does no harm.
    pub(super) doubtful: bool,
}

/// How pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Indices of so many bits, row by row.
    Indices(u32),
    /// Runs of indices of 4 or 8 bits, or of colours of 24.
    Runs(u32),
    /// Numbers of so many bits, in which masks show where red, green, blue and alpha stand.
    Masked(u32, [u32; 4]),
    /// A file of another format.
    File(Format),
}

/// The file header.
const FILE: usize = 14;
/// Lengths of information headers: of OS/2 1 and 2, of Windows 3, with a mask for alpha, and with a profile.
const CORE: u32 = 12;
const OS2_SHORT: u32 = 16;
const INFO: u32 = 40;
const WITH_ALPHA: u32 = 56;
const OS2: u32 = 64;
const V5: u32 = 124;

const MASKS_555: [u32; 4] = [0x7c00, 0x03e0, 0x001f, 0];
const MASKS_888: [u32; 4] = [0x00ff_0000, 0xff00, 0xff, 0];

fn damaged(words: &str) -> DecodeError {
    DecodeError::Damaged {
        format: Format::Bmp,
        source: DecoderSaid(words.to_owned()),
    }
}

fn unsupported(words: String) -> DecodeError {
    DecodeError::Unsupported {
        format: Format::Bmp,
        source: DecoderSaid(words),
    }
}

/// The bytes from a place on.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u16(self, at: usize) -> Result<u16, DecodeError> {
        let bytes = self.0.get(at..).and_then(<[u8]>::first_chunk);
        let bytes = bytes.ok_or_else(|| damaged("the file ends in its header"))?;
        Ok(u16::from_le_bytes(*bytes))
    }

    fn u32(self, at: usize) -> Result<u32, DecodeError> {
        let bytes = self.0.get(at..).and_then(<[u8]>::first_chunk);
        let bytes = bytes.ok_or_else(|| damaged("the file ends in its header"))?;
        Ok(u32::from_le_bytes(*bytes))
    }

    /// Zero where the header is too short for it.
    fn u32_or_0(self, at: usize, header: u32) -> Result<u32, DecodeError> {
        if at + 4 > header as usize {
            return Ok(0);
        }
        self.u32(at)
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What the fields of an information header say, whichever it is.
struct Described {
    length: u32,
    width: u32,
    height: i32,
    planes: u16,
    bits: u32,
    compression: u32,
    colors: u32,
}

impl Described {
    fn read(info: Fields<'_>) -> Result<Self, DecodeError> {
        let length = info.u32(0)?;
        if length == CORE {
            return Ok(Self {
                length,
                width: info.u16(4)?.into(),
                height: info.u16(6)?.into(),
                planes: info.u16(8)?,
                bits: info.u16(10)?.into(),
                compression: 0,
                colors: 0,
            });
        }
        if !(OS2_SHORT..=V5).contains(&length) {
            return Err(unsupported(format!("a header of {length} bytes")));
        }
        Ok(Self {
            length,
            width: info.u32(4)?,
            height: info.u32(8)?.cast_signed(),
            planes: info.u16(12)?,
            bits: info.u16(14)?.into(),
            compression: info.u32_or_0(16, length)?,
            colors: info.u32_or_0(32, length)?,
        })
    }

    /// OS/2 gives some numbers another meaning.
    fn is_os2(&self) -> bool {
        self.length < INFO || self.length == OS2
    }

    fn size(&self) -> Result<Size, DecodeError> {
        let size = Size::new(self.width, self.height.unsigned_abs());
        if self.width.cast_signed() <= 0 || self.height == 0 || self.height == i32::MIN {
            return Err(damaged("a picture without pixels"));
        }
        Ok(size)
    }

    fn kind(&self, info: Fields<'_>) -> Result<Kind, DecodeError> {
        Ok(match (self.compression, self.bits) {
            (0, bits @ (1 | 2 | 4 | 8)) => Kind::Indices(bits),
            (0, 16) => Kind::Masked(16, MASKS_555),
            (0, bits @ (24 | 32)) => Kind::Masked(bits, MASKS_888),
            (1, 8) => Kind::Runs(8),
            (2, 4) => Kind::Runs(4),
            (4, 24) if self.is_os2() => Kind::Runs(24),
            (3, 1) if self.is_os2() => return Err(unsupported("Huffman codes".to_owned())),
            (3 | 6, bits @ (16 | 32)) => Kind::Masked(bits, self.masks(info)?),
            (4, 0) => Kind::File(Format::Jpeg),
            (5, 0) => Kind::File(Format::Png),
            (0..=6, bits) => return Err(unsupported(format!("{bits} bits a pixel"))),
            (way, _) => return Err(unsupported(format!("compression number {way}"))),
        })
    }

    /// They stand in the header or, of old ones, behind it: at the same place.
    fn masks(&self, info: Fields<'_>) -> Result<[u32; 4], DecodeError> {
        let mut masks = [info.u32(40)?, info.u32(44)?, info.u32(48)?, 0];
        if self.length >= WITH_ALPHA || self.compression == 6 {
            masks[3] = info.u32(52)?;
        }
        let all = if self.bits == 16 { 0xffff } else { u32::MAX };
        let is_run = |mask: u32| {
            let shifted = mask >> mask.trailing_zeros().min(31);
            mask & !all == 0 && shifted & shifted.wrapping_add(1) == 0
        };
        let apart = masks.iter().map(|mask| mask.count_ones()).sum::<u32>()
            == masks.iter().fold(0, |all, mask| all | mask).count_ones();
        if masks.iter().all(|mask| is_run(*mask))
            && apart
            && masks[..3].iter().any(|mask| *mask > 0)
        {
            Ok(masks)
        } else {
            Err(damaged("masks that are none"))
        }
    }

    /// Where the palette begins, counted from the header.
    fn palette(&self) -> usize {
        let masks = match (self.length, self.compression) {
            (INFO, 3) => 12,
            (INFO, 6) => 16,
            _ => 0,
        };
        index(self.length) + masks
    }
}

impl<'a> Header<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        // The first of several bitmaps, as OS/2 has them, comes behind a header like that of a file.
        let start = if bytes.starts_with(b"BA") { FILE } else { 0 };
        let file = Fields(bytes.get(start..).unwrap_or_default());
        let info = Fields(file.0.get(FILE..).unwrap_or_default());
        if !file.0.starts_with(b"BM") {
            return Err(damaged("there is no bitmap in it"));
        }
        let described = Described::read(info)?;
        let size = described.size()?;
        let kind = described.kind(info)?;
        let palette_at = start + FILE + described.palette();
        let mut doubtful = described.planes != 1;
        let mut pixels_at = index(file.u32(10)?);
        if pixels_at < palette_at || pixels_at >= bytes.len() {
            doubtful = true;
            pixels_at = palette_at;
        }
        let palette = match kind {
            Kind::Indices(bits) | Kind::Runs(bits @ (4 | 8)) => {
                let most = 1_u32 << bits;
                doubtful |= described.colors > most;
                let count = if (1..=most).contains(&described.colors) {
                    described.colors
                } else {
                    most
                };
                let entry = if described.length == CORE { 3 } else { 4 };
                palette(
                    &bytes[palette_at.min(bytes.len())..],
                    index(count),
                    entry,
                    pixels_at - palette_at,
                )
            }
            Kind::Runs(_) | Kind::Masked(..) | Kind::File(_) => Vec::new(),
        };
        if pixels_at == palette_at {
            pixels_at += palette.len() * if described.length == CORE { 3 } else { 4 };
        }
        Ok(Self {
            size,
            top_down: described.height < 0,
            kind,
            palette,
            pixels: bytes.get(pixels_at..).unwrap_or_default(),
            profile: profile(info, described.length),
            doubtful,
        })
    }

    pub(super) fn layout(&self) -> Result<Layout, DecodeError> {
        let is_gray = self
            .palette
            .iter()
            .all(|[red, green, blue]| red == green && green == blue);
        let (channels, depth) = match self.kind {
            Kind::Indices(_) | Kind::Runs(4 | 8) if is_gray => (Channels::Gray, Depth::U8),
            Kind::Indices(_) | Kind::Runs(_) => (Channels::Rgb, Depth::U8),
            Kind::Masked(_, masks) => {
                let is_deep = masks.iter().any(|mask| mask.count_ones() > 8);
                let depth = if is_deep { Depth::U16 } else { Depth::U8 };
                (Channels::Rgb.with_alpha(masks[3] != 0), depth)
            }
            Kind::File(format) => return format.codec().header(self.pixels),
        };
        Ok(Layout {
            size: self.size,
            channels,
            depth,
            orientation: Orientation::Upright,
        })
    }
}

/// As many colours as there are, at the most; `room` is what the pixels leave for them, if they leave any.
fn palette(bytes: &[u8], count: usize, entry: usize, room: usize) -> Vec<[u8; 3]> {
    let room = if room == 0 { bytes.len() } else { room };
    let entries = bytes[..room.min(bytes.len())].chunks_exact(entry);
    entries
        .take(count)
        .map(|entry| [entry[2], entry[1], entry[0]])
        .collect()
}

/// A profile that is embedded; its offset counts from the header.
fn profile(info: Fields<'_>, length: u32) -> Option<&[u8]> {
    const EMBEDDED: u32 = u32::from_be_bytes(*b"MBED");
    if length < V5 || info.u32(56).ok()? != EMBEDDED {
        return None;
    }
    let (at, length) = (index(info.u32(112).ok()?), index(info.u32(116).ok()?));
    info.0.get(at..)?.get(..length)
}
