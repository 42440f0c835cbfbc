use super::*;
use crate::codecs::{self, Details};
use crate::image::{Channels, Limits, Orientation, Raster, Samples};

/// Slopes in each channel, alpha among them.
fn picture(size: Size, channels: Channels, depth: Depth) -> Image {
    let mut samples = Vec::new();
    for y in 0..size.height {
        for x in 0..size.width {
            let slopes = [x * 3 + y, 255 - x * 2 % 256, y * 4, 255 - y * 3 % 256];
            let gray = [x * 3 + y, 255 - y * 3 % 256];
            let values: &[u32] = if channels.is_gray() { &gray } else { &slopes };
            let values = &values[..channels.count()];
            samples.extend(
                values
                    .iter()
                    .map(|value| u8::try_from(value % 256).unwrap()),
            );
        }
    }
    Image::new(
        Raster::new(size, channels, samples)
            .unwrap()
            .to_depth(depth),
    )
}

fn options(details: &str) -> EncodeOptions {
    let mut own = Details::default();
    own.read(Format::Avif, details).unwrap().unwrap();
    EncodeOptions {
        quality: Some(95),
        effort: Some(1),
        details: own,
        ..EncodeOptions::default()
    }
}

fn read(bytes: &[u8]) -> Image {
    let decoded = codecs::decode(&CODEC, bytes, &Limits::default()).unwrap();
    assert_eq!(decoded.picture.layout(), CODEC.header(bytes).unwrap());
    decoded.picture
}

/// The largest difference of two pictures, as a part of the scale.
fn farthest(a: &Raster, b: &Raster) -> f32 {
    let floats = |raster: &Raster| match raster.clone().to_depth(Depth::F32).into_samples() {
        Samples::F32(samples) => samples,
        Samples::U8(_) | Samples::U16(_) => unreachable!("they are floats"),
    };
    let (a, b) = (floats(a), floats(b));
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(&b)
        .fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

#[test]
fn pictures_of_all_kinds_come_back() {
    for (width, height) in [(1, 1), (33, 18), (40, 31)] {
        for channels in Channels::ALL {
            for depth in [Depth::U8, Depth::U16] {
                for details in [
                    "subsampling=444",
                    "subsampling=420",
                    "subsampling=422,depth=10",
                ] {
                    let before = picture(Size::new(width, height), channels, depth);
                    let bytes = CODEC.encode(before.clone(), &options(details)).unwrap();
                    let after = read(&bytes);
                    assert_eq!(after.raster.channels(), channels);
                    let deep = depth == Depth::U16 || details.contains("depth=10");
                    assert_eq!(after.raster.depth() == Depth::U16, deep, "{details}");
                    let off = farthest(&before.raster, &after.raster);
                    assert!(
                        off < 0.06,
                        "{width}x{height} {channels:?} {depth:?} {details}: {off}"
                    );
                }
            }
        }
    }
}

#[test]
fn more_quality_is_nearer_and_longer() {
    let before = picture(Size::new(64, 64), Channels::Rgb, Depth::U8);
    let made = [5, 50, 99].map(|quality| {
        let options = EncodeOptions {
            quality: Some(quality),
            ..options("")
        };
        let bytes = CODEC.encode(before.clone(), &options).unwrap();
        let off = farthest(&before.raster, &read(&bytes).raster);
        (bytes.len(), off)
    });
    assert!(made[0].0 < made[1].0 && made[1].0 < made[2].0, "{made:?}");
    assert!(made[0].1 > made[1].1 && made[1].1 > made[2].1, "{made:?}");
}

#[test]
fn every_orientation_is_said_and_read() {
    for orientation in Orientation::ALL {
        let mut image = picture(Size::new(20, 12), Channels::Rgba, Depth::U8);
        image.metadata.orientation = orientation;
        let bytes = CODEC.encode(image, &options("")).unwrap();
        let header = CODEC.header(&bytes).unwrap();
        assert_eq!(
            (header.orientation, header.size),
            (orientation, Size::new(20, 12))
        );
    }
}

#[test]
fn what_describes_the_picture_travels() {
    let mut image = picture(Size::new(9, 9), Channels::Rgb, Depth::U8);
    image.metadata.xmp = Some(b"<x:xmpmeta/>".to_vec());
    image.metadata.exif = Some(b"II*\0\x08\0\0\0\0\0".to_vec());
    let after = read(&CODEC.encode(image.clone(), &options("")).unwrap());
    assert_eq!(after.metadata.xmp, image.metadata.xmp);
    assert_eq!(after.metadata.exif, image.metadata.exif);
    let cicp = after.metadata.cicp.unwrap();
    assert_eq!(
        (cicp.primaries, cicp.transfer, cicp.full_range),
        (1, 13, true)
    );
}

#[test]
fn bytes_do_not_tell_how_many_threads_made_them() {
    // Two tiles and some.
    let before = picture(Size::new(200, 190), Channels::Gray, Depth::U8);
    let made = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| CODEC.encode(before.clone(), &options("")).unwrap())
    });
    assert!(made[0] == made[1]);
}

/// A file with another picture behind each item number, which a test changes as it likes.
fn sample() -> Vec<u8> {
    let image = picture(Size::new(24, 16), Channels::Rgba, Depth::U8);
    CODEC.encode(image, &options("")).unwrap()
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|found| found == from);
    let at = at.expect("it is there");
    let mut bytes = bytes.to_vec();
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

fn reason(bytes: &[u8]) -> String {
    let error = codecs::decode(&CODEC, bytes, &Limits::default()).unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn each_fault_has_its_reason() {
    let sample = sample();
    let size = [24_u32.to_be_bytes(), 16_u32.to_be_bytes()].concat();
    let larger = [24_u32.to_be_bytes(), 17_u32.to_be_bytes()].concat();
    for (bytes, expected) in [
        (sample[..28].to_vec(), "says nothing of its pictures"),
        (sample[..sample.len() - 1].to_vec(), "ends too early"),
        (
            replaced(&sample, b"pitm", b"free"),
            "broken off or makes no sense",
        ),
        (replaced(&sample, b"av1C", b"free"), "must know `free`"),
        (
            replaced(&sample, &size, &larger),
            "of another picture than it says",
        ),
        (replaced(&sample, b"av01", b"iovl"), "of the kind `iovl`"),
        (
            replaced(&sample, b"mdat\x12\0", b"mdat\xff\xff"),
            "coded data",
        ),
    ] {
        let reason = reason(&bytes);
        assert!(reason.contains(expected), "{expected}: {reason}");
    }
}

#[test]
fn no_changed_byte_takes_it_down() {
    let sample = sample();
    for at in 0..sample.len() {
        let mut bytes = sample.clone();
        bytes[at] ^= 1 << (at % 8);
        let _whatever: Result<_, DecodeError> = codecs::decode(&CODEC, &bytes, &Limits::default());
    }
}

/// Sizes and offsets as large as they can be, a great many of things that take no room: each ends at once.
#[test]
fn what_claims_to_be_endless_is_refused() {
    let boxed = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length, kind.as_slice(), content].concat()
    };
    let meta = |iloc: &[u8]| {
        let infe = boxed(b"infe", b"\x02\0\0\0\0\x01\0\0av01\0");
        let parts = [
            b"\0\0\0\0".to_vec(),
            boxed(b"pitm", b"\0\0\0\0\0\x01"),
            boxed(b"iinf", &[b"\0\0\0\0\0\x01", infe.as_slice()].concat()),
            boxed(b"iloc", iloc),
            boxed(b"iprp", &boxed(b"ipco", b"")),
        ];
        boxed(b"meta", &parts.concat())
    };
    // 65,535 items of 65,535 extents, each without offset and length.
    let mut many = b"\0\0\0\0\0\0\xff\xff".to_vec();
    many.extend(b"\0\x01\0\0\xff\xff".repeat(10_000));
    assert!(reason(&meta(&many)).contains("makes no sense"));
    let far = b"\0\0\0\0\x88\0\0\x01\0\x01\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    assert!(reason(&meta(far)).contains("no size"));
}
