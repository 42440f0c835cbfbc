//! From a file to a picture.

use rayon::prelude::*;

use super::frame::{self, Frame, PixelsError};
use super::items::{Configuration, Item, ItemError, Items, Properties};
use crate::codecs::boxes::{Boxes, Reader};
use crate::codecs::{DecodeError, Decoded, DecoderSaid, Format, Several};
use crate::image::raster::with_samples;
use crate::image::{
    Channels, Depth, Image, Layout, Metadata, Orientation, Raster, Samples, Size, Transfer,
};
use crate::warning::{Warning, Warnings};

/// How the pictures of a format are coded.
#[derive(Debug)]
pub(in crate::codecs) struct Coding {
    pub(in crate::codecs) format: Format,
    /// What kind of item a coded picture is.
    pub(in crate::codecs) kind: [u8; 4],
    /// Decodes the data of a picture, which may have as many pixels as this size and no more.
    pub(in crate::codecs) decode: fn(&[u8], &Properties, Size) -> Result<Frame, CodingError>,
}

/// Why coded data make no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::codecs) enum CodingError {
    #[error("its coded data are broken or break off")]
    Damaged,
    #[error("its coded data use what the decoder does not know{}", .0.map(|what| format!(": {what}")).unwrap_or_default())]
    Unsupported(Option<&'static str>),
    #[error("the decoder cannot have the memory it needs")]
    Memory,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Item(#[from] ItemError),
    #[error(transparent)]
    Coding(#[from] CodingError),
    #[error(transparent)]
    Pixels(#[from] PixelsError),
    #[error("its coded data are of another picture than it says")]
    Mismatch,
    #[error("much more is coded than is shown")]
    Waste,
}

impl ReadError {
    fn of(self, format: Format) -> DecodeError {
        let source = DecoderSaid(self.to_string());
        match self {
            Self::Item(ItemError::Kind(_) | ItemError::Property(_) | ItemError::Film)
            | Self::Coding(CodingError::Unsupported(_))
            | Self::Pixels(PixelsError::Matrix(_) | PixelsError::Alpha) => {
                DecodeError::Unsupported { format, source }
            }
            Self::Coding(CodingError::Memory) | Self::Waste => {
                DecodeError::Memory { format, source }
            }
            Self::Item(_)
            | Self::Coding(CodingError::Damaged)
            | Self::Pixels(PixelsError::Raster(_))
            | Self::Mismatch => DecodeError::Damaged { format, source },
        }
    }
}

impl Coding {
    /// What the file says of its picture.
    pub(in crate::codecs) fn layout(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        layout(self, bytes).map_err(|error| error.of(self.format))
    }

    /// The picture.
    pub(in crate::codecs) fn image(&self, bytes: &[u8]) -> Result<Decoded<Image>, DecodeError> {
        image(self, bytes).map_err(|error| error.of(self.format))
    }
}

fn layout(coding: &Coding, bytes: &[u8]) -> Result<Layout, ReadError> {
    let items = Items::read(bytes)?;
    let item = items.primary()?;
    item.understood()?;
    let (_, _, size) = item.aperture(item.size()?)?;
    let configuration = configuration(coding, &items, item)?;
    let alpha = items.alpha_of(item).is_some();
    Ok(Layout {
        size,
        channels: Channels::Rgb
            .with_gray(configuration.is_gray)
            .with_alpha(alpha),
        depth: if configuration.bits == 8 {
            Depth::U8
        } else {
            Depth::U16
        },
        orientation: item.properties.orientation,
    })
}

/// That of a picture or, if it is made of tiles, of the first of them.
fn configuration(coding: &Coding, items: &Items, item: &Item) -> Result<Configuration, ItemError> {
    let tile = first_tile(coding, items, item)?;
    tile.properties
        .configuration
        .ok_or(ItemError::NoConfiguration)
}

/// The picture itself or, if it is made of tiles, the first of them.
fn first_tile<'a, 'b>(
    coding: &Coding,
    items: &'a Items<'b>,
    item: &'a Item<'b>,
) -> Result<&'a Item<'b>, ItemError> {
    if item.kind == coding.kind {
        return Ok(item);
    }
    if item.kind != *b"grid" {
        return Err(ItemError::Kind(item.kind));
    }
    let first = item.leads_to(*b"dimg").next();
    first.and_then(|id| items.item(id)).ok_or(ItemError::Tiles)
}

fn image(coding: &Coding, bytes: &[u8]) -> Result<Decoded<Image>, ReadError> {
    let items = Items::read(bytes)?;
    let item = items.primary()?;
    item.understood()?;
    let (left, top, shown) = item.aperture(item.size()?)?;
    modest(item.size()?, shown)?;
    let picture = frame(coding, &items, item)?;
    let announced = configuration(coding, &items, item)?;
    if announced.bits != picture.bits || announced.is_gray != picture.chroma.is_none() {
        return Err(ReadError::Mismatch);
    }
    let alpha_item = items.alpha_of(item);
    let alpha = alpha_item.map(|alpha| alpha_frame(coding, &items, alpha, picture.size));
    let alpha = alpha.transpose()?;
    let premultiplied =
        alpha_item.is_some_and(|alpha| item.leads_to(*b"prem").any(|id| id == alpha.id));
    // Some say it of the tiles only.
    let tile = first_tile(coding, &items, item)?;
    let nclx = item.properties.nclx.or(tile.properties.nclx);
    let icc = item.properties.icc.or(tile.properties.icc);
    let cicp = nclx.unwrap_or(picture.cicp);
    let raster = frame::pixels(&picture, cicp, alpha.as_ref(), premultiplied)?;
    drop((picture, alpha));
    let raster = cut(raster, left, top, shown)?;
    let orientation = item.properties.orientation;
    let metadata = Metadata {
        orientation,
        transfer: Transfer::Srgb,
        icc: icc.map(<[u8]>::to_vec),
        cicp: Some(cicp),
        exif: items.exif_of(item).map(|exif| agreeing(exif, orientation)),
        xmp: items.xmp_of(item),
        ..Metadata::default()
    };
    let is_moving = Boxes::new(bytes).find_kind(*b"moov").is_some();
    let moving = is_moving.then(|| Warning::frames_dropped(Several::Animation.what()));
    Ok(Decoded {
        picture: Image { raster, metadata },
        warnings: moving.into_iter().collect::<Warnings>(),
    })
}

/// What EXIF says of the orientation does not count here (ISO/IEC 23008-12, 6.5.10; AV1 Image File Format 1.1, 2.2): where it
/// disagrees, it goes.
fn agreeing(mut exif: Vec<u8>, orientation: Orientation) -> Vec<u8> {
    use ::image::metadata::Orientation as ExifOrientation;
    let said = ExifOrientation::from_exif_chunk(&exif);
    if said.is_some_and(|said| said.to_exif() != orientation.to_exif()) {
        let _dropped: Option<ExifOrientation> = ExifOrientation::remove_from_exif_chunk(&mut exif);
    }
    exif
}

/// Pixels that may be coded beside what is shown, and how often as many as are shown.
const SPARE: u64 = 1 << 20;
const TIMES: u64 = 2;

fn modest(coded: Size, shown: Size) -> Result<(), ReadError> {
    if !is_modest(coded, shown) {
        return Err(ReadError::Waste);
    }
    Ok(())
}

/// Whether so much may be coded for what is shown.
pub(in crate::codecs) fn is_modest(coded: Size, shown: Size) -> bool {
    coded.pixels() <= shown.pixels().saturating_mul(TIMES).saturating_add(SPARE)
}

fn frame(coding: &Coding, items: &Items, item: &Item) -> Result<Frame, ReadError> {
    let size = item.size()?;
    if item.kind == *b"grid" {
        return grid(coding, items, item, size);
    }
    if item.kind != coding.kind {
        return Err(ItemError::Kind(item.kind).into());
    }
    let data = items.data(item)?;
    let frame = (coding.decode)(&data, &item.properties, size)?;
    if frame.size != size {
        return Err(ReadError::Mismatch);
    }
    Ok(frame)
}

fn alpha_frame(
    coding: &Coding,
    items: &Items,
    item: &Item,
    size: Size,
) -> Result<Frame, ReadError> {
    if item.size()? != size {
        return Err(PixelsError::Alpha.into());
    }
    frame(coding, items, item)
}

/// Tiles that are decoded at once.
const AT_ONCE: usize = 8;

/// A picture of tiles, all of one size, from left to right and down (ISO/IEC 23008-12, 6.6.2.3).
fn grid(coding: &Coding, items: &Items, item: &Item, announced: Size) -> Result<Frame, ReadError> {
    let data = items.data(item)?;
    let (rows, columns, size) = grid_head(&data).ok_or(ItemError::Malformed)?;
    let tiles: Vec<&Item> = item
        .leads_to(*b"dimg")
        .map(|id| items.item(id).filter(|tile| tile.kind == coding.kind))
        .collect::<Option<_>>()
        .ok_or(ItemError::Tiles)?;
    let tile = tiles.first().ok_or(ItemError::Tiles)?.size()?;
    let covers = |count: u32, tile: u32, side: u32| {
        (u64::from(count - 1) * u64::from(tile)..=u64::from(count) * u64::from(tile))
            .contains(&u64::from(side))
    };
    if size != announced
        || tiles.len() != (rows * columns) as usize
        || !covers(columns, tile.width, size.width)
        || !covers(rows, tile.height, size.height)
    {
        return Err(ItemError::Tiles.into());
    }
    modest(tile, size)?;
    let part = |item: &&Item| {
        if item.size()? != tile {
            return Err(ItemError::Tiles.into());
        }
        frame(coding, items, item)
    };
    let mut canvas: Option<Frame> = None;
    let mut places = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
    for tiles in tiles.chunks(AT_ONCE) {
        let parts: Vec<Result<Frame, ReadError>> = tiles.par_iter().map(part).collect();
        for (part, (column, row)) in parts.into_iter().zip(&mut places) {
            let part = part?;
            let canvas = canvas.get_or_insert_with(|| part.canvas(size));
            if !canvas.put(&part, column * tile.width, row * tile.height) {
                return Err(ItemError::Tiles.into());
            }
        }
    }
    canvas.ok_or(ReadError::Item(ItemError::Tiles))
}

fn grid_head(data: &[u8]) -> Option<(u32, u32, Size)> {
    let mut data = Reader(data);
    let [_version, flags, rows, columns] = data.array()?;
    let mut length = || data.id(flags & 1 == 1);
    let size = Size::new(length()?, length()?);
    Some((u32::from(rows) + 1, u32::from(columns) + 1, size))
}

/// A part of a picture.
fn cut(raster: Raster, left: u32, top: u32, size: Size) -> Result<Raster, PixelsError> {
    if size == raster.size() {
        return Ok(raster);
    }
    let (channels, row) = (raster.channels(), raster.row_len());
    let (left, width) = (
        left as usize * channels.count(),
        size.width as usize * channels.count(),
    );
    let samples: Samples = with_samples!(raster.samples(), |samples| {
        let rows = samples
            .chunks_exact(row)
            .skip(top as usize)
            .take(size.height as usize);
        let cut: Vec<_> = rows
            .flat_map(|row| &row[left..left + width])
            .copied()
            .collect();
        cut.into()
    });
    Ok(Raster::new(size, channels, samples)?)
}
