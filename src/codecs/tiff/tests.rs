use super::alpha::divide_bytes;
use super::directories::pages;
use super::*;
use crate::codecs::{self, Codec};
use crate::image::{Raster, Samples, Size};

/// A file of directories with an entry each: what kind of picture it is.
fn file(kinds: &[u8]) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    for (at, kind) in kinds.iter().enumerate() {
        let next = if at + 1 < kinds.len() {
            8 + (at + 1) * 18
        } else {
            0
        };
        file.extend(b"\x01\0\xfe\0\x04\0\x01\0\0\0");
        file.extend([*kind, 0, 0, 0, u8::try_from(next).unwrap(), 0, 0, 0]);
    }
    file
}

#[test]
fn every_packing_gives_the_samples_back() {
    let samples: Vec<u8> = (0..3 * 50 * 40_u32)
        .map(|at| u8::try_from(at / 7 % 256).unwrap())
        .collect();
    let raster = Raster::new(Size::new(50, 40), Channels::Rgb, samples).unwrap();
    let mut lengths = Vec::new();
    for text in [
        "compression=none",
        "compression=packbits",
        "compression=lzw",
        "compression=lzw,plain",
        "plain",
        "",
    ] {
        for depth in Depth::ALL {
            let raster = raster.clone().to_depth(depth);
            let mut options = EncodeOptions::default();
            options.details.read(Format::Tiff, text).unwrap().unwrap();
            let bytes = CODEC.encode(Image::new(raster.clone()), &options).unwrap();
            let read = codecs::decode(&CODEC, &bytes, &Limits::default()).unwrap();
            assert_eq!(read.picture.raster, raster, "{text} {depth:?}");
            lengths.push((text, depth, bytes.len()));
        }
    }
    let length = |text| {
        lengths
            .iter()
            .find(|(t, d, _)| *t == text && *d == Depth::U8)
            .unwrap()
            .2
    };
    assert!(length("") < length("plain"));
    assert!(length("plain") < length("compression=none"));
    assert!(length("compression=lzw") < length("compression=none"));
}

#[test]
fn colours_that_count_before_their_alpha_are_brought_back() {
    let mut pixel = [50, 0, 100, 100];
    divide_bytes(&mut pixel);
    assert_eq!(pixel, [128, 0, 255, 100]);
    // Written as what stands by itself, and then called associated.
    let raster = Raster::new(Size::new(1, 1), Channels::Rgba, vec![40_u8, 0, 100, 100]).unwrap();
    for depth in Depth::ALL {
        let mut options = EncodeOptions::default();
        options
            .details
            .read(Format::Tiff, "compression=none")
            .unwrap()
            .unwrap();
        let image = Image::new(raster.clone().to_depth(depth));
        let mut bytes = CODEC.encode(image, &options).unwrap();
        let entry = [338_u16.to_ne_bytes(), 3_u16.to_ne_bytes()].concat();
        // A directory that was written before this one may still stand there.
        let at = bytes.windows(4).rposition(|found| found == entry).unwrap();
        bytes[at + 8..at + 10].copy_from_slice(&1_u16.to_ne_bytes());
        let read = codecs::decode(&CODEC, &bytes, &Limits::default()).unwrap();
        let read = read.picture.raster.to_depth(Depth::U8);
        assert_eq!(
            read.samples(),
            &Samples::U8(vec![102, 0, 255, 100]),
            "{depth:?}"
        );
    }
}

#[test]
fn small_copies_and_masks_are_no_pages() {
    for (kinds, several) in [
        (&[0][..], false),
        (&[0, 1], false),
        (&[0, 4, 1], false),
        (&[0, 2], true),
        (&[2, 1, 2], true),
    ] {
        assert_eq!(pages(&file(kinds)).is_some(), several, "{kinds:?}");
    }
}

#[test]
fn wide_numbers_and_the_other_order_are_read() {
    let directory = [0, 0, 0, 0, 0, 0, 0, 0];
    let second = 16 + 16_u64;
    let mut big = b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10".to_vec();
    big.extend([directory, second.to_be_bytes(), directory, directory].concat());
    assert!(pages(&big).is_some());
    assert!(pages(&big[..big.len() - 1]).is_none());
}

/// Pages of gray, each of a size and a shade of its own (TIFF 6.0, section 4), with a small copy among them.
fn paged(shades: &[u8]) -> Vec<u8> {
    let mut file = b"MM\0*\0\0\0\x08".to_vec();
    for (at, shade) in (1_u32..).zip(shades) {
        let is_last = at as usize == shades.len();
        let start = u32::try_from(file.len()).unwrap();
        let samples = start + 2 + 10 * 12 + 4;
        let kind = u32::from(*shade == 255);
        let entries = [
            (254, kind),
            (256, at),
            (257, 2),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, samples),
            (277, 1),
            (278, 2),
            (279, 2 * at),
        ];
        file.extend(10_u16.to_be_bytes());
        for (tag, value) in entries {
            file.extend(u16::to_be_bytes(tag));
            file.extend(b"\0\x04\0\0\0\x01");
            file.extend(u32::to_be_bytes(value));
        }
        let next = if is_last { 0 } else { samples + 2 * at };
        file.extend(next.to_be_bytes());
        file.extend(vec![*shade; 2 * at as usize]);
    }
    file
}

#[test]
fn each_page_is_read_and_small_copies_are_none() {
    let file = paged(&[10, 255, 30, 40]);
    let layout = CODEC.header(&file).unwrap();
    let limits = Limits::default();
    let mut pages = CODEC.frames(&file, &layout, &limits).unwrap().unwrap();
    for (width, shade) in [(1, 10), (3, 30), (4, 40)] {
        let image = pages.next().unwrap().unwrap().image;
        let expected = vec![shade; 2 * width as usize];
        assert_eq!(image.raster.size(), Size::new(width, 2));
        assert_eq!(image.raster.samples(), &Samples::U8(expected));
    }
    assert!(pages.next().unwrap().is_none());
    assert!(
        CODEC
            .frames(&paged(&[1, 255]), &layout, &limits)
            .unwrap()
            .is_none()
    );
    for length in 0..file.len() {
        let Ok(Some(mut pages)) = CODEC.frames(&file[..length], &layout, &limits) else {
            continue;
        };
        let read = (0..9).take_while(|_| matches!(pages.next(), Ok(Some(_))));
        assert!(read.count() < 3);
    }
}

#[test]
fn what_goes_round_or_leads_nowhere_has_an_end() {
    let mut round = file(&[1]);
    round[22] = 8;
    assert_eq!(pages(&round), None);
    let whole = file(&[0, 0]);
    for length in 0..whole.len() {
        assert_eq!(pages(&whole[..length]), None, "{length}");
    }
    assert_eq!(pages(&[b"MM\0+".as_slice(), &[255; 80]].concat()), None);
}

#[test]
fn inks_are_what_their_profile_says() {
    use ::tiff::encoder::TiffEncoder;
    use ::tiff::encoder::colortype::CMYK8;
    use ::tiff::tags::Tag;
    let inks = [0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 0];
    let file = |icc: Option<Vec<u8>>| {
        let mut out = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut out).unwrap();
        let mut page = encoder.new_image::<CMYK8>(3, 1).unwrap();
        if let Some(icc) = icc {
            let icc = icc.as_slice();
            page.encoder().write_tag(Tag::IccProfile, icc).unwrap();
        }
        page.write_data(&inks).unwrap();
        out.into_inner()
    };
    let read = |bytes: &[u8]| {
        let read = codecs::decode(&CODEC, bytes, &Limits::default()).unwrap();
        read.picture.raster.into_samples()
    };
    let by_profile = crate::color::tests::gray_inks(50, 10, 100);
    let wanted = vec![255, 255, 255, 0, 0, 0, 116, 116, 116];
    assert_eq!(read(&file(Some(by_profile))), Samples::U8(wanted));
    let plain = vec![255, 255, 255, 0, 0, 0, 0, 0, 0];
    assert_eq!(read(&file(None)), Samples::U8(plain));
}

#[test]
fn alpha_and_inks_are_those_of_the_page_that_is_read() {
    use ::tiff::encoder::TiffEncoder;
    use ::tiff::encoder::colortype::{CMYK8, RGBA8};
    use ::tiff::tags::Tag;
    let by_profile = crate::color::tests::gray_inks(50, 10, 100);
    let mut out = Cursor::new(Vec::new());
    let mut file = TiffEncoder::new(&mut out).unwrap();
    for kind in [2_u16, 1] {
        let mut page = file.new_image::<RGBA8>(1, 1).unwrap();
        let kind: &[u16] = &[kind];
        page.encoder().write_tag(Tag::ExtraSamples, kind).unwrap();
        page.write_data(&[40, 0, 100, 100]).unwrap();
    }
    for icc in [None, Some(by_profile)] {
        let mut page = file.new_image::<CMYK8>(1, 1).unwrap();
        if let Some(icc) = icc {
            let icc = icc.as_slice();
            page.encoder().write_tag(Tag::IccProfile, icc).unwrap();
        }
        page.write_data(&[255, 255, 255, 0]).unwrap();
    }
    let bytes = out.into_inner();
    let layout = CODEC.header(&bytes).unwrap();
    let pages = CODEC.frames(&bytes, &layout, &Limits::default());
    let mut pages = pages.unwrap().unwrap();
    let wanted: [&[u8]; 4] = [
        &[40, 0, 100, 100],
        &[102, 0, 255, 100],
        &[0, 0, 0],
        &[116, 116, 116],
    ];
    for wanted in wanted {
        let image = pages.next().unwrap().unwrap().image;
        assert_eq!(image.raster.samples(), &Samples::U8(wanted.to_vec()));
    }
}

/// A file of entries, with its strips, or its tiles where their size is said. Numbers are of 32 bits; only what samples beside colours are is said in 16.
pub(super) fn made(big_endian: bool, entries: &[(u16, Vec<u32>)], parts: &[Vec<u8>]) -> Vec<u8> {
    let long = |number: u32| {
        if big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let short = |number: u16| {
        if big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let mut file = if big_endian {
        b"MM\0*\0\0\0\0".to_vec()
    } else {
        b"II*\0\0\0\0\0".to_vec()
    };
    let (mut places, mut lengths) = (Vec::new(), Vec::new());
    for part in parts {
        places.push(u32::try_from(file.len()).unwrap());
        lengths.push(u32::try_from(part.len()).unwrap());
        file.extend_from_slice(part);
    }
    let mut entries = entries.to_vec();
    let is_tiled = entries.iter().any(|(tag, _)| *tag == 322);
    let tags = if is_tiled { [324, 325] } else { [273, 279] };
    entries.extend(tags.into_iter().zip([places, lengths]));
    entries.sort_unstable();
    let mut directory = short(u16::try_from(entries.len()).unwrap()).to_vec();
    for (tag, values) in entries {
        let count = long(u32::try_from(values.len()).unwrap());
        let is_short = tag == 338;
        directory.extend([short(tag), short(if is_short { 3 } else { 4 })].concat());
        directory.extend(count);
        if let ([single], true) = (&values[..], is_short) {
            directory.extend([short(u16::try_from(*single).unwrap()), [0; 2]].concat());
        } else if let [single] = values[..] {
            directory.extend(long(single));
        } else {
            directory.extend(long(u32::try_from(file.len()).unwrap()));
            file.extend(values.into_iter().flat_map(long));
        }
    }
    let place = long(u32::try_from(file.len()).unwrap());
    file[4..8].copy_from_slice(&place);
    file.extend(directory);
    file.extend([0; 4]);
    file
}
