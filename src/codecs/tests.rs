use super::*;
use crate::image::{Metadata, Orientation, Raster, Size};

/// A picture with a smooth and a busy part, the same for every depth and channels.
fn picture(channels: Channels, depth: Depth) -> Image {
    let (width, height) = (23_u32, 17_u32);
    let mut samples = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for channel in 0..channels.count() {
                let value = (x * 9 + y * 5 + u32::try_from(channel).unwrap() * 40) % 256;
                samples.push(u8::try_from(value).unwrap());
            }
        }
    }
    let raster = Raster::new(Size::new(width, height), channels, samples).unwrap();
    Image::new(raster.to_depth(depth))
}

/// The codecs that write.
fn written() -> impl Iterator<Item = &'static &'static dyn Codec> {
    ALL.iter().filter(|codec| codec.info().is_written())
}

/// What is read back is whole.
fn read(codec: &dyn Codec, bytes: &[u8]) -> Image {
    let decoded = decode(codec, bytes, &Limits::default()).unwrap();
    assert!(decoded.warnings.is_empty(), "{:?}", decoded.warnings);
    decoded.picture
}

fn options() -> EncodeOptions {
    EncodeOptions::default()
}

#[test]
fn every_format_round_trips_everything_it_says_it_stores() {
    for codec in written() {
        let info = codec.info();
        for &(channels, depth) in info.stores {
            let before = picture(channels, depth);
            let bytes = codec.encode(before.clone(), &options()).unwrap();
            let extension = info.extensions[0];
            let head = &bytes[..bytes.len().min(HEAD_LEN)];
            assert_eq!(
                sniff(head, Some(extension)),
                Sniffed::Known(info.format),
                "{}",
                info.name
            );
            let after = read(*codec, &bytes);
            assert_eq!(after.raster.size(), before.raster.size(), "{}", info.name);
        }
    }
}

#[test]
fn what_is_lossless_gives_every_sample_back() {
    for codec in written() {
        let info = codec.info();
        let Some(lossless) = codec.lossless() else {
            let loses = [Format::Jpeg, Format::Gif, Format::Hdr, Format::Avif];
            assert!(loses.contains(&info.format), "{}", info.name);
            continue;
        };
        for &(channels, depth) in info.stores {
            let before = picture(channels, depth);
            let bytes = lossless.encode(before.clone(), &options()).unwrap();
            let after = decode(*codec, &bytes, &Limits::default()).unwrap();
            let before = store::prepare(before, info, &options()).raster;
            let after = after.picture.raster.to_channels(before.channels());
            assert_eq!(after, before, "{} {channels:?} {depth:?}", info.name);
        }
    }
}

#[test]
fn every_format_takes_every_picture() {
    for codec in written() {
        for channels in Channels::ALL {
            for depth in Depth::ALL {
                let bytes = codec.encode(picture(channels, depth), &options()).unwrap();
                let after = read(*codec, &bytes);
                assert_eq!(after.raster.size(), Size::new(23, 17));
            }
        }
    }
}

#[test]
fn limits_come_before_pixels() {
    let limits = Limits { max_pixels: 100 };
    for codec in written() {
        let bytes = codec
            .encode(picture(Channels::Rgb, Depth::U8), &options())
            .unwrap();
        let error = decode(*codec, &bytes, &limits).unwrap_err();
        assert!(
            matches!(error, DecodeError::Limit(_)),
            "{}: {error}",
            codec.info().name
        );
    }
}

#[test]
fn truncation_is_never_more_than_an_error() {
    for codec in written() {
        let bytes = codec
            .encode(picture(Channels::Rgb, Depth::U8), &options())
            .unwrap();
        for length in 0..bytes.len() {
            // Some formats cannot tell that their end is missing; none may panic.
            let _: Result<Decoded<Image>, DecodeError> =
                decode(*codec, &bytes[..length], &Limits::default());
        }
    }
}

#[test]
fn profiles_and_blocks_travel_where_the_format_says_so() {
    // A TIFF structure of one entry: orientation 6.
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    for codec in written() {
        let info = codec.info();
        let mut image = picture(Channels::Rgb, Depth::U8);
        image.metadata = Metadata {
            icc: info.carries.icc.then(|| profile(*b"RGB ")),
            exif: info.carries.exif.map(|_| exif.clone()),
            xmp: info.carries.xmp.map(|_| b"<x:xmpmeta/>".to_vec()),
            iptc: info.carries.iptc.map(|_| b"\x1c\x02\x05\0\x03abc".to_vec()),
            ..Metadata::default()
        };
        let bytes = codec.encode(image.clone(), &options()).unwrap();
        let after = read(*codec, &bytes);
        assert_eq!(after.metadata.icc, image.metadata.icc, "{}", info.name);
        // There EXIF does not count, and pixels are turned as they are written.
        let turns = info.format == Format::Jxl;
        if !info.carries.moves_exif && !turns {
            assert_eq!(after.metadata.exif, image.metadata.exif, "{}", info.name);
        }
        assert_eq!(after.metadata.xmp, image.metadata.xmp, "{}", info.name);
        assert_eq!(after.metadata.iptc, image.metadata.iptc, "{}", info.name);
        if turns {
            assert_eq!(after.raster.size(), image.raster.size().transposed());
        } else if info.carries.exif.is_some() {
            assert_eq!(
                after.metadata.orientation,
                Orientation::Turn90,
                "{}",
                info.name
            );
        }
    }
}

/// As much of an ICC profile as anyone here looks at.
fn profile(space: [u8; 4]) -> Vec<u8> {
    let mut profile = vec![1; 200];
    profile[16..20].copy_from_slice(&space);
    profile
}

#[test]
fn a_profile_for_other_channels_does_not_travel() {
    for (channels, space, travels) in [
        (Channels::Rgb, *b"RGB ", true),
        (Channels::Gray, *b"GRAY", true),
        (Channels::Gray, *b"RGB ", false),
        (Channels::Rgb, *b"CMYK", false),
    ] {
        let mut image = picture(channels, Depth::U8);
        image.metadata.icc = Some(profile(space));
        let bytes = Format::Png.codec().encode(image, &options()).unwrap();
        let after = read(Format::Png.codec(), &bytes);
        assert_eq!(after.metadata.icc.is_some(), travels, "{channels:?}");
    }
}

#[test]
fn names_and_extensions_are_unique_and_readable() {
    let mut seen = std::collections::HashSet::new();
    for codec in ALL {
        let info = codec.info();
        assert_eq!(info.name.parse::<Format>().unwrap(), info.format);
        for extension in info.extensions {
            assert!(seen.insert(extension), "{extension}");
            assert_eq!(
                Format::from_extension(&extension.to_uppercase()),
                Some(info.format)
            );
        }
    }
    let error = "jepg".parse::<Format>().unwrap_err().to_string();
    assert!(error.contains("did you mean `jpeg`?"), "{error}");
}
