//! From a file to a picture.

use super::INFO;
use super::av1::{self, Av1Error};
use super::frame::{self, Frame, PixelsError};
use super::items::{Configuration, Item, ItemError, Items};
use crate::codecs::boxes::{Boxes, Reader};
use crate::codecs::{DecodeError, Decoded, DecoderSaid, Several};
use crate::image::raster::with_samples;
use crate::image::{
    Channels, Depth, Image, Layout, Metadata, Orientation, Raster, Samples, Size, Transfer,
};
use crate::warning::{Warning, Warnings};

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Item(#[from] ItemError),
    #[error(transparent)]
    Av1(#[from] Av1Error),
    #[error(transparent)]
    Pixels(#[from] PixelsError),
    #[error("its coded data are of another picture than it says")]
    Mismatch,
    #[error("much more is coded than is shown")]
    Waste,
}

impl From<ReadError> for DecodeError {
    fn from(error: ReadError) -> Self {
        let format = INFO.format;
        let source = DecoderSaid(error.to_string());
        match error {
            ReadError::Item(ItemError::Kind(_) | ItemError::Property(_))
            | ReadError::Av1(Av1Error::Unsupported)
            | ReadError::Pixels(PixelsError::Matrix(_) | PixelsError::Alpha) => {
                Self::Unsupported { format, source }
            }
            ReadError::Av1(Av1Error::Memory) | ReadError::Waste => Self::Memory { format, source },
            ReadError::Item(_)
            | ReadError::Av1(Av1Error::Damaged)
            | ReadError::Pixels(PixelsError::Raster(_))
            | ReadError::Mismatch => Self::Damaged { format, source },
        }
    }
}

/// What the file says of its picture.
pub(super) fn layout(bytes: &[u8]) -> Result<Layout, ReadError> {
    let items = Items::read(bytes)?;
    let item = items.primary()?;
    item.understood()?;
    let (_, _, size) = item.aperture(item.size()?)?;
    let configuration = configuration(&items, item)?;
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
fn configuration(items: &Items, item: &Item) -> Result<Configuration, ItemError> {
    let tile = match &item.kind {
        b"av01" => Some(item),
        b"grid" => item.leads_to(*b"dimg").next().and_then(|id| items.item(id)),
        kind => return Err(ItemError::Kind(*kind)),
    };
    let tile = tile.ok_or(ItemError::Tiles)?;
    tile.properties
        .configuration
        .ok_or(ItemError::NoConfiguration)
}

/// The picture.
pub(super) fn image(bytes: &[u8]) -> Result<Decoded<Image>, ReadError> {
    let items = Items::read(bytes)?;
    let item = items.primary()?;
    item.understood()?;
    let (left, top, shown) = item.aperture(item.size()?)?;
    modest(item.size()?, shown)?;
    let picture = frame(&items, item)?;
    let announced = configuration(&items, item)?;
    if announced.bits != picture.bits || announced.is_gray != picture.chroma.is_none() {
        return Err(ReadError::Mismatch);
    }
    let alpha_item = items.alpha_of(item);
    let alpha = alpha_item.map(|alpha| alpha_frame(&items, alpha, picture.size));
    let alpha = alpha.transpose()?;
    let premultiplied =
        alpha_item.is_some_and(|alpha| item.leads_to(*b"prem").any(|id| id == alpha.id));
    let cicp = item.properties.nclx.unwrap_or(picture.cicp);
    let raster = frame::pixels(&picture, cicp, alpha.as_ref(), premultiplied)?;
    drop((picture, alpha));
    let raster = cut(raster, left, top, shown)?;
    let orientation = item.properties.orientation;
    let metadata = Metadata {
        orientation,
        transfer: Transfer::Srgb,
        icc: item.properties.icc.map(<[u8]>::to_vec),
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

/// What EXIF says of the orientation does not count here (AV1 Image File Format 1.1, 2.2): where it disagrees, it goes.
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
    if coded.pixels() > shown.pixels().saturating_mul(TIMES).saturating_add(SPARE) {
        return Err(ReadError::Waste);
    }
    Ok(())
}

fn frame(items: &Items, item: &Item) -> Result<Frame, ReadError> {
    let size = item.size()?;
    let frame = match &item.kind {
        b"av01" => {
            let data = items.data(item)?;
            av1::decode(&data, size, item.properties.operating_point)?
        }
        b"grid" => return grid(items, item, size),
        kind => return Err(ItemError::Kind(*kind).into()),
    };
    if frame.size != size {
        return Err(ReadError::Mismatch);
    }
    Ok(frame)
}

fn alpha_frame(items: &Items, item: &Item, size: Size) -> Result<Frame, ReadError> {
    if item.size()? != size {
        return Err(PixelsError::Alpha.into());
    }
    frame(items, item)
}

/// A picture of tiles, all of one size, from left to right and down (ISO/IEC 23008-12, 6.6.2.3).
fn grid(items: &Items, item: &Item, announced: Size) -> Result<Frame, ReadError> {
    let data = items.data(item)?;
    let (rows, columns, size) = grid_head(&data).ok_or(ItemError::Malformed)?;
    let tiles: Vec<&Item> = item
        .leads_to(*b"dimg")
        .map(|id| items.item(id).filter(|tile| tile.kind == *b"av01"))
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
    let mut canvas: Option<Frame> = None;
    for (index, item) in (0..).zip(tiles) {
        if item.size()? != tile {
            return Err(ItemError::Tiles.into());
        }
        let part = frame(items, item)?;
        let canvas = canvas.get_or_insert_with(|| part.canvas(size));
        let (left, top) = (index % columns * tile.width, index / columns * tile.height);
        if !canvas.put(&part, left, top) {
            return Err(ItemError::Tiles.into());
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
