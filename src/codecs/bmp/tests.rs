use super::*;
use crate::codecs;
use crate::image::{Limits, Size};

/// A header of this length, with fields at their places, then what follows on it.
fn file(length: u32, fields: &[(usize, u32, usize)], rest: &[u8]) -> Vec<u8> {
    let mut file = b"BM".to_vec();
    file.resize(14 + length as usize, 0);
    for (at, number, width) in [(14, length, 4)].iter().chain(fields) {
        file[*at..at + width].copy_from_slice(&number.to_le_bytes()[..*width]);
    }
    file.extend(rest);
    file
}

/// An ordinary header: width, height, bits, compression, colours of the palette, and how far it is to the pixels behind it.
fn info(size: (u32, i32), bits: u32, way: u32, colors: u32, gap: u32, rest: &[u8]) -> Vec<u8> {
    let fields = [
        (10, 54 + gap, 4),
        (18, size.0, 4),
        (22, size.1.cast_unsigned(), 4),
        (26, 1, 2),
        (28, bits, 2),
        (30, way, 4),
        (46, colors, 4),
    ];
    file(40, &fields, rest)
}

fn read(bytes: &[u8]) -> (Image, Vec<String>) {
    let decoded = codecs::decode(&CODEC, bytes, &Limits::default()).unwrap();
    let warnings = decoded.warnings.iter().map(ToString::to_string).collect();
    (decoded.picture, warnings)
}

fn samples(bytes: &[u8]) -> Samples {
    let (image, warnings) = read(bytes);
    assert!(warnings.is_empty(), "{warnings:?}");
    image.raster.into_samples()
}

const BLUE_AND_RED: [u8; 8] = [255, 0, 0, 0, 0, 0, 255, 0];

#[test]
fn rows_come_from_below_or_from_above() {
    let rows = [
        &BLUE_AND_RED[..],
        &[0b0100_0000, 0, 0, 0, 0b1000_0000, 0, 0, 0],
    ]
    .concat();
    let (blue, red) = ([0, 0, 255], [255, 0, 0]);
    let above = [blue, red, red, blue].concat();
    let below = [red, blue, blue, red].concat();
    assert_eq!(
        samples(&info((2, -2), 1, 0, 2, 8, &rows)),
        Samples::U8(above)
    );
    assert_eq!(
        samples(&info((2, 2), 1, 0, 2, 8, &rows)),
        Samples::U8(below)
    );
}

#[test]
fn old_headers_are_read_as_new_ones() {
    let core = [(10, 32, 4), (18, 2, 2), (20, 1, 2), (22, 1, 2), (24, 1, 2)];
    let pixels = [255, 0, 0, 0, 0, 255, 0b0100_0000, 0, 0, 0];
    let wanted = Samples::U8(vec![0, 0, 255, 255, 0, 0]);
    let old = file(12, &core, &pixels);
    assert_eq!(samples(&old), wanted);
    let several = [b"BA\x28\0\0\0\0\0\0\0\0\0\0\0".as_slice(), &old].concat();
    let mut moved = several.clone();
    moved[24] = 46;
    assert_eq!(samples(&moved), wanted);
    let short = [(10, 38, 4), (18, 2, 4), (22, 1, 4), (26, 1, 2), (28, 1, 2)];
    let rest = [&BLUE_AND_RED[..], &[0b0100_0000, 0, 0, 0]].concat();
    assert_eq!(samples(&file(16, &short, &rest)), wanted);
}

#[test]
fn masks_say_where_parts_stand_and_how_deep_they_are() {
    let four = [0x0f00_u32, 0x00f0, 0x000f, 0xf000]
        .map(u32::to_le_bytes)
        .concat();
    let pixel = [0x0f, 0x80, 0, 0];
    let read = samples(&info((1, 1), 16, 6, 0, 16, &[&four[..], &pixel].concat()));
    assert_eq!(read, Samples::U8(vec![0, 0, 255, 136]));
    let deep = [0x3ff0_0000_u32, 0x000f_fc00, 0x3ff]
        .map(u32::to_le_bytes)
        .concat();
    let pixel = (1023_u32 << 20 | 512 << 10).to_le_bytes();
    let read = samples(&info((1, 1), 32, 3, 0, 12, &[&deep[..], &pixel].concat()));
    assert_eq!(read, Samples::U16(vec![65_535, 32_800, 0]));
    // Alpha of which nothing would be seen is none.
    let clear = [0x0f, 0, 0, 0];
    let read = samples(&info((1, 1), 16, 6, 0, 16, &[&four[..], &clear].concat()));
    assert_eq!(read, Samples::U8(vec![0, 0, 255, 255]));
    for masks in [[0_u32, 0, 0], [0x0f0f, 0, 0], [0xff, 0xff, 0]] {
        let masks = masks.map(u32::to_le_bytes).concat();
        let file = info((1, 1), 32, 3, 0, 12, &[&masks[..], &[0; 4]].concat());
        assert!(CODEC.header(&file).is_err());
    }
}

#[test]
fn runs_are_followed_and_what_they_leave_out_is_the_first_color() {
    let shades: Vec<u8> = (0..16)
        .flat_map(|shade| [shade * 16, shade * 16, shade * 16, 0])
        .collect();
    let read_runs = |bits: u32, way: u32, runs: &[u8]| {
        read(&info(
            (4, 2),
            bits,
            way,
            16,
            64,
            &[&shades[..], runs].concat(),
        ))
    };
    // Three alike, the end of the row; one pixel further, two one by one, the end.
    let (image, warnings) = read_runs(8, 1, &[3, 5, 0, 0, 0, 2, 1, 0, 2, 7, 0, 1]);
    assert_eq!(
        image.raster.samples(),
        &Samples::U8(vec![0, 112, 112, 0, 80, 80, 80, 0])
    );
    assert!(warnings.is_empty());
    let (image, warnings) = read_runs(4, 2, &[4, 0x12, 0, 0, 0, 3, 0x34, 0x50, 0, 1]);
    assert_eq!(
        image.raster.samples(),
        &Samples::U8(vec![48, 64, 80, 0, 16, 32, 16, 32])
    );
    assert!(warnings.is_empty());
    let (_, warnings) = read_runs(8, 1, &[9, 5, 0, 1]);
    assert_eq!(
        warnings,
        ["damaged bmp file: the data are corrupt; decoded as far as it goes"]
    );
    let (image, warnings) = read_runs(8, 1, &[4, 5, 0, 0, 2, 6]);
    assert_eq!(
        image.raster.samples(),
        &Samples::U8(vec![96, 96, 0, 0, 80, 80, 80, 80])
    );
    assert_eq!(
        warnings,
        ["damaged bmp file: the file ends too early; decoded as far as it goes"]
    );
}

#[test]
fn runs_of_colors_are_those_of_os2() {
    let fields = [
        (10, 78, 4),
        (18, 3, 4),
        (22, 1, 4),
        (26, 1, 2),
        (28, 24, 2),
        (30, 4, 4),
    ];
    let runs = [2, 1, 2, 3, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 1];
    let (image, warnings) = read(&file(64, &fields, &runs));
    assert_eq!(
        image.raster.samples(),
        &Samples::U8(vec![3, 2, 1, 3, 2, 1, 6, 5, 4])
    );
    assert_eq!(warnings.len(), 1, "there is more than fits");
}

#[test]
fn a_file_that_is_cut_is_decoded_as_far_as_it_goes() {
    let whole = info((2, 2), 24, 0, 0, 0, &[9; 16]);
    for length in 0..whole.len() {
        match codecs::decode(&CODEC, &whole[..length], &Limits::default()) {
            Ok(decoded) => {
                assert!(length > 54);
                assert_eq!(decoded.warnings.is_empty(), length >= 54 + 14);
            }
            Err(DecodeError::Damaged { .. }) => assert!(length <= 54),
            Err(error) => panic!("{length}: {error}"),
        }
    }
}

#[test]
fn other_files_are_found_inside() {
    let white = Raster::new(Size::new(3, 2), Channels::Rgb, vec![255_u8; 18]).unwrap();
    for (way, format) in [(4, Format::Jpeg), (5, Format::Png)] {
        let inner = format
            .codec()
            .encode(Image::new(white.clone()), &EncodeOptions::default());
        let file = info((3, 2), 0, way, 0, 0, &inner.unwrap());
        assert_eq!(read(&file).0.raster, white, "{format}");
    }
}

#[test]
fn lies_that_do_no_harm_are_told_of() {
    let mut planes = info((2, 1), 24, 0, 0, 0, &[9; 8]);
    planes[26] = 7;
    let mut offset = info((2, 1), 24, 0, 0, 0, &[9; 8]);
    offset[10] = 200;
    for file in [planes, offset] {
        let (image, warnings) = read(&file);
        assert_eq!(image.raster.samples(), &Samples::U8(vec![9; 6]));
        assert_eq!(warnings.len(), 1);
    }
    for (size, bits, way) in [
        ((0, 1), 24, 0),
        ((1, 0), 24, 0),
        ((u32::MAX, 1), 24, 0),
        ((1, 1), 5, 0),
        ((1, 1), 24, 9),
    ] {
        assert!(CODEC.header(&info(size, bits, way, 0, 0, &[9; 8])).is_err());
    }
}
