use super::*;
use crate::codecs;
use crate::image::{Channels, Color, Depth, Limits, Raster};

/// A JPEG file of one colour.
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let size = Size::new(width, height);
    let raster = Raster::filled(size, Channels::Rgb, Depth::U8, Transfer::Srgb, Color::WHITE);
    let options = EncodeOptions::default();
    jpeg::CODEC.encode(Image::new(raster), &options).unwrap()
}

/// A directory in the lower byte order: its entries, and where the next one is.
fn directory(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut bytes = u16::try_from(entries.len()).unwrap().to_le_bytes().to_vec();
    for (tag, kind, count, value) in entries {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend(next.to_le_bytes());
    bytes
}

/// As cameras write it: a small picture with the first directory, which is turned, a large one below it, and raw data that call
/// themselves JPEG.
fn raw(magic: [u8; 4]) -> Vec<u8> {
    const FIRST: u32 = 8;
    const BELOW: u32 = 100;
    const DATA: u32 = 200;
    let (small, large) = (jpeg(16, 8), jpeg(64, 40));
    let lengths = [small.len(), large.len()].map(|length| u32::try_from(length).unwrap());
    let large_at = DATA + lengths[0];
    let lossless_at = large_at + lengths[1];
    let mut file = [magic, FIRST.to_le_bytes()].concat();
    file.extend(directory(
        &[
            (0x010f, 2, 3, u32::from_le_bytes(*b"Me\0\0")),
            (0x0112, 3, 1, 6),
            (0x014a, 4, 1, BELOW),
            (0x0201, 4, 1, DATA),
            (0x0202, 4, 1, lengths[0]),
        ],
        // Round and round.
        FIRST,
    ));
    file.resize(BELOW as usize, 0);
    file.extend(directory(
        &[
            (0x0103, 3, 1, 7),
            (0x0111, 4, 1, lossless_at),
            (0x0117, 4, 1, 40),
            (0x0201, 4, 1, large_at),
            (0x0202, 4, 1, lengths[1]),
        ],
        0,
    ));
    file.resize(DATA as usize, 0);
    file.extend([small, large].concat());
    // A frame without loss, of more pixels than all others.
    file.extend(b"\xff\xd8\xff\xc3\0\x0b\x08\x20\0\x20\0\x01\x01\x11\0");
    file.resize(lossless_at as usize + 40, 0);
    file
}

fn read(file: &[u8]) -> Image {
    let decoded = codecs::decode(&CODEC, file, &Limits::default()).unwrap();
    assert_eq!(decoded.picture.layout(), CODEC.header(file).unwrap());
    decoded.picture
}

#[test]
fn the_largest_picture_is_taken_and_described_by_the_file() {
    for magic in [*b"II*\0", *b"IIRO", *b"IIU\0"] {
        let image = read(&raw(magic));
        assert_eq!(image.raster.size(), Size::new(64, 40));
        assert_eq!(image.metadata.orientation, Orientation::Turn90);
        let exif = image.metadata.exif.unwrap();
        assert!(exif.windows(4).any(|bytes| bytes == b"Me\0\0"));
        let said = ::image::metadata::Orientation::from_exif_chunk(&exif);
        assert_eq!(said.map(::image::metadata::Orientation::to_exif), Some(6));
    }
}

#[test]
fn pictures_that_nobody_points_to_are_found() {
    let noise = b"\xff\xd8\xff\0 no picture \xff\xd8\xff\xd8\xff".as_slice();
    let file = [b"FUJIFILMCCD-RAW ", noise, &jpeg(16, 16), &jpeg(48, 32)].concat();
    assert_eq!(read(&file).raster.size(), Size::new(48, 32));
}

#[test]
fn canon_says_in_a_box_how_it_is_turned() {
    let boxed = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length, kind.as_slice(), content].concat()
    };
    let told = [
        b"II*\0\x08\0\0\0".to_vec(),
        directory(&[(0x0112, 3, 1, 8)], 0),
    ]
    .concat();
    let own = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
    let own = [own.as_slice(), &boxed(b"CMT1", &told)].concat();
    let file = [
        boxed(b"ftyp", b"crx \0\0\0\x01crx isom"),
        boxed(b"moov", &boxed(b"uuid", &own)),
        boxed(b"mdat", &jpeg(32, 24)),
    ];
    let image = read(&file.concat());
    assert_eq!(image.raster.size(), Size::new(32, 24));
    assert_eq!(image.metadata.orientation, Orientation::Turn270);
}

#[test]
fn a_file_without_a_picture_says_so() {
    let file = [
        b"II*\0\x08\0\0\0".to_vec(),
        directory(&[(0x0112, 3, 1, 1)], 0),
    ]
    .concat();
    let error = codecs::decode(&CODEC, &file, &Limits::default()).unwrap_err();
    assert!(matches!(error, DecodeError::Unsupported { .. }), "{error}");
}

#[test]
fn no_changed_byte_and_no_cut_takes_it_down() {
    let file = raw(*b"II*\0");
    for at in 0..file.len() {
        let mut bytes = file.clone();
        bytes[at] ^= 1 << (at % 8);
        for bytes in [&bytes[..], &file[..at]] {
            let _whatever: Result<_, _> = codecs::decode(&CODEC, bytes, &Limits::default());
        }
    }
}

#[test]
fn what_goes_round_or_is_endless_has_an_end() {
    // Each directory leads to the next one, and there is one at each byte.
    let many = [
        b"II*\0\x08\0\0\0".to_vec(),
        b"\xff\xff\x4a\x01\x04\0\xff\xff\xff\x7f".repeat(20_000),
    ];
    let error = codecs::decode(&CODEC, &many.concat(), &Limits::default()).unwrap_err();
    assert!(matches!(error, DecodeError::Unsupported { .. }), "{error}");
    let heads = b"\xff\xd8\xff\xe0\0\x02".repeat(20_000);
    let file = [b"FUJIFILMCCD-RAW ".to_vec(), heads].concat();
    assert!(codecs::decode(&CODEC, &file, &Limits::default()).is_err());
}
