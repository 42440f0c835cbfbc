use super::*;
use crate::codecs;
use crate::image::{Channels, Depth, Limits, Orientation, Size};
use crate::warning::Warnings;

/// Red, green and blue rise across, down and along both, at 64 x 48 pixels; alpha rises across. Made by heif-enc (libheif 1.15,
/// x265) at quality 90: with chroma shared by four pixels, and in 10 bits with chroma of its own for each.
const SHALLOW: &[u8] = include_bytes!("../samples/slope-alpha.heic");
const DEEP: &[u8] = include_bytes!("../samples/slope-10.heic");

fn decode(bytes: &[u8]) -> Result<Decoded<Image>, DecodeError> {
    codecs::decode(&CODEC, bytes, &Limits::default())
}

/// The first property of that kind becomes another.
fn with_property(old: [u8; 4], new: &[u8]) -> Vec<u8> {
    let mut bytes = SHALLOW.to_vec();
    let at = bytes
        .windows(4)
        .position(|kind| kind == old.as_slice())
        .unwrap();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

#[test]
fn pictures_come_out_as_they_were() {
    for (file, channels, depth) in [
        (SHALLOW, Channels::Rgba, Depth::U8),
        (DEEP, Channels::Rgb, Depth::U16),
    ] {
        let decoded = decode(file).unwrap();
        assert_eq!(decoded.warnings, Warnings::none());
        let layout = Layout {
            size: Size::new(64, 48),
            channels,
            depth,
            orientation: Orientation::Upright,
        };
        assert_eq!(decoded.picture.layout(), layout);
        assert_eq!(CODEC.header(file).unwrap(), layout);
        let raster = decoded.picture.raster.to_depth(Depth::U8);
        let crate::image::Samples::U8(samples) = raster.samples() else {
            panic!("it has 8 bits");
        };
        for (at, pixel) in samples.chunks_exact(channels.count()).enumerate() {
            let (x, y) = (at % 64, at / 64);
            let expected = [x * 4, y * 5, (x + y) * 2, x * 4];
            for (found, expected) in pixel.iter().zip(expected) {
                let expected = u8::try_from(expected).unwrap();
                assert!(found.abs_diff(expected) <= 8, "{x}, {y}: {pixel:?}");
            }
        }
    }
}

#[test]
fn it_is_turned_as_the_file_says() {
    // The bits of a sample, which are said twice, make room.
    let turned = with_property(*b"pixi", b"irot");
    let layout = CODEC.header(&turned).unwrap();
    // A full box begins with zeros: no quarters.
    assert_eq!(layout.orientation, Orientation::Upright);
    let mirrored = with_property(*b"pixi", b"imir");
    let layout = CODEC.header(&mirrored).unwrap();
    assert_eq!(layout.orientation, Orientation::MirrorVertical);
    let quarter = with_property(*b"pixi", b"irot\x01");
    let layout = CODEC.header(&quarter).unwrap();
    assert_eq!(layout.orientation, Orientation::Turn270);
    let picture = decode(&quarter).unwrap().picture;
    assert_eq!(picture.metadata.orientation, Orientation::Turn270);
}

#[test]
fn sizes_that_lie_are_no_sizes() {
    let mut lying = SHALLOW.to_vec();
    let at = lying.windows(4).position(|kind| kind == b"ispe").unwrap();
    lying[at + 8..at + 12].copy_from_slice(&65_u32.to_be_bytes());
    assert!(matches!(decode(&lying), Err(DecodeError::Damaged { .. })));
    // What is shown is said in another place, and is much less.
    lying[at + 8..at + 16].copy_from_slice(&[0x7f; 8]);
    let error = decode(&lying).unwrap_err();
    assert!(matches!(error, DecodeError::Memory { .. }), "{error:?}");
}

#[test]
fn broken_files_end_in_an_error() {
    for file in [SHALLOW, DEEP] {
        for length in 0..file.len() {
            assert!(decode(&file[..length]).is_err(), "{length}");
        }
        for at in 0..file.len() {
            let mut bytes = file.to_vec();
            bytes[at] ^= 1 << (at % 8);
            let _whatever: Result<_, _> = decode(&bytes);
        }
    }
}

#[test]
fn what_is_coded_is_known_before_it_is_decoded() {
    // 0x42: a sequence parameter set; its profile is of no account, and no byte is put in between here.
    let set = |size: &[u8]| [&[0x42, 1, 1][..], &[0xff; 12], size].concat();
    // 1, 010, then 64 and 48 as 6 zeros or 5, and one more than each.
    let bits = "1010".to_owned() + "0000001000001" + "00000110001" + "0000";
    let size: Vec<u8> = bits
        .as_bytes()
        .chunks(8)
        .map(|byte| {
            let text = std::str::from_utf8(byte).unwrap();
            u8::from_str_radix(text, 2).unwrap() << (8 - byte.len())
        })
        .collect();
    assert_eq!(hevc::coded_size(&set(&size)), Some(Size::new(64, 48)));
    assert_eq!(hevc::coded_size(&set(&size[..2])), None);
    assert_eq!(hevc::coded_size(&set(&[0; 20])), None);
}

#[test]
fn nothing_is_written() {
    let picture = decode(DEEP).unwrap().picture;
    let written = CODEC.encode(picture, &EncodeOptions::default());
    assert!(matches!(written, Err(EncodeError::ReadOnly(Format::Heic))));
}
