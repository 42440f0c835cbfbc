//! Bringing a picture to what a format can hold.

use ::image::metadata::Orientation as ExifOrientation;

use super::{CodecInfo, EncodeOptions};
use crate::image::{Channels, Depth, Image, Layout, Metadata, Orientation, Transfer};

/// What a format stores that takes all channels in 8 bits.
pub(super) static BYTES: [(Channels, Depth); 4] = [
    (Channels::Gray, Depth::U8),
    (Channels::GrayAlpha, Depth::U8),
    (Channels::Rgb, Depth::U8),
    (Channels::Rgba, Depth::U8),
];

/// What a format stores that takes all channels in 8 and 16 bits.
pub(super) static INTEGERS: [(Channels, Depth); 8] = [
    (Channels::Gray, Depth::U8),
    (Channels::GrayAlpha, Depth::U8),
    (Channels::Rgb, Depth::U8),
    (Channels::Rgba, Depth::U8),
    (Channels::Gray, Depth::U16),
    (Channels::GrayAlpha, Depth::U16),
    (Channels::Rgb, Depth::U16),
    (Channels::Rgba, Depth::U16),
];

/// The picture as `info`'s format stores it: alpha laid over the background where there is no room for it, shades given
/// up only where the format is shallower or fewer are asked for, the transfer the format means.
pub(super) fn prepare(image: Image, info: &CodecInfo, options: &EncodeOptions) -> Image {
    let wanted = options.depth.unwrap_or(image.raster.depth());
    let (channels, depth) = choose(info.stores, image.raster.channels(), wanted);
    let Image {
        raster,
        mut metadata,
    } = image;
    let wanted = if depth == Depth::F32 {
        info.float_transfer
    } else {
        Transfer::Srgb
    };
    let raster = if channels.has_alpha() {
        raster
    } else {
        raster.flatten(options.background, metadata.transfer)
    };
    // Curves are applied while samples are deep: before they become integers, after they stop being integers.
    let raster = if raster.depth() < depth {
        raster
            .to_depth(depth)
            .to_transfer(metadata.transfer, wanted)
    } else {
        let raster = raster.to_transfer(metadata.transfer, wanted);
        if options.dither {
            raster.dithered_to_depth(depth)
        } else {
            raster.to_depth(depth)
        }
    };
    metadata.transfer = wanted;
    metadata.icc.take_if(|icc| !describes(icc, channels));
    Image {
        raster: raster.to_channels(channels),
        metadata,
    }
}

/// Readers of this format do not look into EXIF for it, so what stands there is said where they look.
pub(super) fn orientation(metadata: &Metadata) -> Orientation {
    let exif = metadata.exif.as_deref();
    let said = exif.and_then(ExifOrientation::from_exif_chunk);
    let said = said.and_then(|said| Orientation::from_exif(said.to_exif()));
    said.unwrap_or(metadata.orientation)
}

/// Whether an ICC profile is for pixels of these channels: bytes 16 to 19 of its header name its colour space
/// (ICC.1:2022, 7.2.6). A profile for others would make the file invalid.
fn describes(icc: &[u8], channels: Channels) -> bool {
    let space: &[u8] = if channels.is_gray() { b"GRAY" } else { b"RGB " };
    icc.get(16..20) == Some(space)
}

/// Bytes of memory that it usually takes to write a picture of this layout: to [`prepare`] it, and then three times what is stored, the
/// file included.
pub(super) fn memory(picture: &Layout, info: &CodecInfo, options: &EncodeOptions) -> u64 {
    let stored = stored(picture, info, options).bytes();
    preparing(picture, info, options).max(stored.saturating_mul(3))
}

/// Bytes of memory that [`prepare`] takes, with the picture. Without alpha the picture stays where it is, at another depth it does not.
pub(super) fn preparing(picture: &Layout, info: &CodecInfo, options: &EncodeOptions) -> u64 {
    let stored = stored(picture, info, options);
    let copy = if stored.depth == picture.depth {
        0
    } else {
        stored.bytes()
    };
    picture.bytes().saturating_add(copy)
}

/// What [`prepare`] makes of a picture of this layout.
pub(super) fn stored(picture: &Layout, info: &CodecInfo, options: &EncodeOptions) -> Layout {
    let wanted = options.depth.unwrap_or(picture.depth);
    let (channels, depth) = choose(info.stores, picture.channels, wanted);
    Layout {
        channels,
        depth,
        ..*picture
    }
}

/// The storage that loses least: alpha first, then colour, then depth; among those that lose nothing, the smallest.
fn choose(stores: &[(Channels, Depth)], channels: Channels, depth: Depth) -> (Channels, Depth) {
    let cost = |&(c, d): &(Channels, Depth)| {
        let loses_alpha = channels.has_alpha() && !c.has_alpha();
        let loses_color = !channels.is_gray() && c.is_gray();
        let lost_depth = depth.bytes().saturating_sub(d.bytes());
        (loses_alpha, loses_color, lost_depth, c.count() * d.bytes())
    };
    stores
        .iter()
        .copied()
        .min_by_key(cost)
        .unwrap_or((channels, depth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::Format;
    use crate::image::Size;

    #[test]
    fn what_a_format_does_not_store_takes_memory_once() {
        let picture = |channels, depth| Layout {
            size: Size::new(100, 10),
            channels,
            depth,
            orientation: Orientation::Upright,
        };
        let (jpeg, png) = (Format::Jpeg.info(), Format::Png.info());
        let usual = EncodeOptions::default();
        let deep = EncodeOptions {
            depth: Some(Depth::U16),
            ..EncodeOptions::default()
        };
        for (info, options, channels, depth, bytes) in [
            (jpeg, &usual, Channels::Rgb, Depth::U8, 9),
            (jpeg, &usual, Channels::Rgba, Depth::U8, 9),
            (jpeg, &usual, Channels::Rgba, Depth::U16, 8 + 3),
            (jpeg, &usual, Channels::Rgba, Depth::F32, 16 + 3),
            (png, &usual, Channels::Rgba, Depth::U8, 12),
            (png, &deep, Channels::Rgb, Depth::U8, 18),
        ] {
            let needed = memory(&picture(channels, depth), info, options);
            assert_eq!(needed, bytes * 1000, "{channels:?} {depth:?}");
        }
    }

    #[test]
    fn the_least_loss_is_chosen() {
        use Channels::{Gray, GrayAlpha, Rgb, Rgba};
        use Depth::{F32, U8, U16};
        let jpeg = [(Gray, U8), (Rgb, U8)];
        assert_eq!(choose(&jpeg, GrayAlpha, U16), (Gray, U8));
        assert_eq!(choose(&jpeg, Rgba, F32), (Rgb, U8));
        let tiff = [
            (Gray, U8),
            (Rgb, U8),
            (Rgba, U8),
            (Gray, U16),
            (Rgb, U16),
            (Rgba, U16),
            (Rgb, F32),
        ];
        assert_eq!(choose(&tiff, GrayAlpha, U8), (Rgba, U8));
        assert_eq!(choose(&tiff, Gray, U16), (Gray, U16));
        assert_eq!(choose(&tiff, Gray, F32), (Rgb, F32));
        assert_eq!(choose(&tiff, Rgba, F32), (Rgba, U16));
    }
}
