//! PNG (W3C PNG, third edition).
//!
//! Files are read by a library in safe Rust; what their samples mean says `color`, what is seen of their animations `reader`, what
//! they carry `text`. They are
//! written here: `stored` says in which form, `rows` makes data of it, which libdeflate compresses, `writer` makes animations.

mod chunks;
mod color;
mod reader;
mod rows;
mod stored;
mod text;
mod writer;

use ::image::ImageFormat;
use serde::{Deserialize, Serialize};

use super::frames::{Plays, ReadFrames, Several, WriteFrames};
use super::palette::Dither;
use super::store::{INTEGERS, prepare};
use super::through_image::{ELSEWHERE, Encode, ThroughImage, encoder_failed};
use super::{
    Carries, CodecInfo, DecodeError, DetailsInfo, EncodeError, EncodeOptions, Format, Magic,
};
use crate::image::{Depth, Image, Layout, Limits, Metadata, Raster, Size, Transfer};
use crate::params::{Params, ValueError};
use chunks::{SIGNATURE, append, append_parts, parts};
use rows::{Pack, compressed, packed};
use stored::{Stored, in_few_colors};

static DETAILS: DetailsInfo = DetailsInfo {
    help: "colors=N: a palette of 2 to 256 [default: all colours there are]\n\
           dither=none|ordered|diffusion: how colours are mixed that it lacks [default: diffusion]\n\
           level=N: of compression, 1 to 12, instead of the effort's\n\
           interlace: to be seen in rough before all of it has come",
    example: "colors=64,interlace",
    parse: |text, details| {
        details.png = PngDetails::parse(text)?;
        Ok(())
    },
};

/// What only PNG knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PngDetails {
    /// The most colours, in a palette: 2 to 256; `None` is as many as there are.
    pub colors: Option<u16>,
    /// How colours are mixed that the palette lacks; `None` is by diffusion.
    pub dither: Option<Dither>,
    /// The level of compression, 1 to 12; `None` is what suits the effort.
    pub level: Option<u8>,
    /// Whether the picture comes in seven passes.
    pub interlace: bool,
}

impl PngDetails {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let mut params = Params::new("--png", text);
        let details = Self {
            colors: params.whole_number("colors", 2..=256)?,
            dither: params.take_named("dither")?,
            level: params.whole_number("level", 1..=12)?,
            interlace: params.take_flag("interlace"),
        };
        params.finish()?;
        Ok(details)
    }

    fn dither(self) -> Dither {
        self.dither.unwrap_or(Dither::Diffusion)
    }
}

static INFO: CodecInfo = CodecInfo {
    format: Format::Png,
    name: "png",
    title: "PNG",
    extensions: &["png", "apng"],
    magic: &[Magic {
        offset: 0,
        bytes: SIGNATURE,
    }],
    stores: &INTEGERS,
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: true,
    details: Some(&DETAILS),
    max_side: i32::MAX as u32,
    carries: Carries {
        icc: true,
        exif: Some(i32::MAX as usize),
        moves_exif: false,
        // As much as is read.
        xmp: Some(text::MOST_BYTES),
        iptc: Some(text::MOST_BYTES / 4),
    },
    note: "lossless, unless a palette is asked for; animations",
};

/// The effort that is made unless another is asked for: of photos, 5 makes 1.7 % less for a third more of the time.
const USUAL_EFFORT: u8 = 3;
/// From here on fewer bits are looked for.
const REDUCES: u8 = 7;
/// All that can be done: oxipng's part.
const EXHAUSTS: u8 = 10;

/// libdeflate's level for each effort, from 1 on.
const LEVELS: [u8; 10] = [1, 2, 4, 5, 6, 7, 8, 9, 12, 12];

pub(super) static CODEC: ThroughImage = ThroughImage {
    profile: Some(color::profile),
    carried: Some(text::carried),
    more: Some(reader::more),
    frames: Some(frames),
    several: Some((Several::Animation, write_frames)),
    memory: Some(memory),
    encode: Encode::Whole(encode),
    ..ThroughImage::new(&INFO, ImageFormat::Png, ELSEWHERE)
};

fn frames<'a>(
    bytes: &'a [u8],
    layout: &Layout,
    _: Limits,
) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
    if !reader::is_animation(bytes) {
        return Ok(None);
    }
    let metadata = CODEC.described(bytes, layout)?;
    Ok(Some(Box::new(reader::Frames::new(bytes, metadata)?)))
}

fn write_frames(size: Size, plays: Plays, options: &EncodeOptions) -> Box<dyn WriteFrames> {
    Box::new(writer::Writer::new(size, plays, options))
}

/// Filtered rows, what is compressed of them, and the file; in few colours, each pixel in four bytes, and sorted.
fn memory(picture: &Layout) -> u64 {
    let few = picture.size.pixels().saturating_mul(10);
    picture.bytes().saturating_mul(4).saturating_add(few)
}

fn encode(image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    let Image { raster, metadata } = prepare(image, &INFO, options);
    let effort = options.effort.unwrap_or(USUAL_EFFORT);
    let details = options.details.png;
    let has_profile = metadata.icc.is_some();
    let few;
    let stored = match details.colors {
        // A palette is of colours, and this profile is not for them.
        Some(colors) if has_profile && raster.channels().is_gray() => {
            few = in_few_colors(&raster, colors.into(), details.dither());
            Stored::plain(&few)
        }
        Some(colors) => Stored::quantized(&raster, colors.into(), details.dither()),
        None => Stored::plain(&raster),
    };
    let mut file = made(&stored, &metadata, pack(options))?;
    if effort >= REDUCES
        && details.colors.is_none()
        && let Some(reduced) = Stored::reduced(&raster, has_profile)
    {
        let other = made(&reduced, &metadata, pack(options))?;
        if other.len() < file.len() {
            file = other;
        }
    }
    if effort < EXHAUSTS {
        return Ok(file);
    }
    exhausted(&file, &raster)
}

fn pack(options: &EncodeOptions) -> Pack {
    let (effort, details) = (options.effort.unwrap_or(USUAL_EFFORT), options.details.png);
    let usual = LEVELS.get(usize::from(effort.max(1)) - 1).copied();
    Pack {
        level: details.level.or(usual).unwrap_or(6),
        chooses: effort > 1,
        interlace: details.interlace,
    }
}

/// The whole file.
fn made(stored: &Stored, metadata: &Metadata, pack: Pack) -> Result<Vec<u8>, EncodeError> {
    let failed = |error| encoder_failed(Format::Png, error);
    let mut out = head(stored, metadata, pack.interlace)?;
    for part in parts(&packed(stored, pack).map_err(failed)?) {
        append(&mut out, *b"IDAT", part);
    }
    append(&mut out, *b"IEND", &[]);
    Ok(out)
}

/// All that comes before the data of the picture.
fn head(stored: &Stored, metadata: &Metadata, interlace: bool) -> Result<Vec<u8>, EncodeError> {
    let failed = |error| encoder_failed(Format::Png, error);
    let mut out = SIGNATURE.to_vec();
    let (width, height) = (stored.size.width, stored.size.height);
    let form = [stored.bits, stored.color_type, 0, 0, interlace.into()];
    let sides = [width.to_be_bytes(), height.to_be_bytes()];
    append_parts(&mut out, *b"IHDR", &[sides.as_flattened(), &form]);
    if let Some(icc) = &metadata.icc {
        let profile = compressed(icc, 9).map_err(failed)?;
        append_parts(&mut out, *b"iCCP", &[b"ICC profile\0\0", &profile]);
    }
    if !stored.palette.is_empty() {
        let colors = stored.palette.iter().flat_map(|color| &color[..3]);
        append(&mut out, *b"PLTE", &colors.copied().collect::<Vec<u8>>());
        let alphas: Vec<u8> = stored.palette.iter().map(|color| color[3]).collect();
        let some = alphas.iter().rposition(|alpha| *alpha < 255);
        if let Some(last) = some {
            append(&mut out, *b"tRNS", &alphas[..=last]);
        }
    }
    text::append_carried(&mut out, metadata).map_err(failed)?;
    Ok(out)
}

/// What oxipng makes of it: all filters, and samples in fewer bits. Samples of 16 bits stay such.
fn exhausted(file: &[u8], raster: &Raster) -> Result<Vec<u8>, EncodeError> {
    let mut options = oxipng::Options::from_preset(EXHAUSTIVE_PRESET);
    options.strip = oxipng::StripChunks::None;
    options.bit_depth_reduction = raster.depth() == Depth::U8;
    options.interlace = None;
    oxipng::optimize_from_memory(file, &options).map_err(|error| encoder_failed(Format::Png, error))
}

/// Of its presets, 0 to 6, beyond this one time is spent for little.
const EXHAUSTIVE_PRESET: u8 = 4;

#[cfg(test)]
mod tests;
