use super::*;

const WHOLE: Wanted<'_> = Wanted {
    keep: Keep::All,
    maker_note: true,
    orientation: Orientation::Upright,
    size: Size {
        width: 320,
        height: 70_000,
    },
    artist: None,
    copyright: None,
};

fn field(tag: u16, kind: u16, count: u32, value: &[u8]) -> Field {
    Field {
        tag,
        kind,
        count,
        value: value.to_vec(),
    }
}

/// What a camera writes, with a note of its maker that stands where it stands, and with a small copy.
fn camera(order: Order) -> Vec<u8> {
    let mut tree = Tree::empty(order);
    let offset = |at: u32| order.put_u32(at).to_vec();
    tree.main = vec![
        field(0x010f, ASCII, 11, b"Some maker\0"),
        Field::short(order, tags::ORIENTATION, 6),
        field(tags::ARTIST, ASCII, 7, b"nobody\0"),
    ];
    tree.exif = vec![
        field(tags::MAKER_NOTE, 7, 13, b"NOTE at place"),
        Field::short(order, tags::PIXEL_X_DIMENSION, 4000),
        field(tags::PIXEL_Y_DIMENSION, LONG, 1, &offset(3000)),
        field(0xa431, ASCII, 7, b"SN1234\0"),
    ];
    tree.gps = vec![field(2, RATIONAL, 3, b"latitude in three parts.")];
    tree.interop = vec![field(1, ASCII, 4, b"R98\0")];
    let mut bytes = tree.into_bytes().unwrap();
    // The second directory, and what it leads to.
    let second = u32::try_from(bytes.len()).unwrap();
    let next = 8 + 2 + 12 * usize::from(order.read_u16(&bytes, 8).unwrap());
    bytes[next..next + 4].copy_from_slice(&order.put_u32(second));
    let copy = second + 2 + 24 + 4;
    bytes.extend(order.put_u16(2));
    for (tag, value) in [(tags::JPEG_OFFSET, copy), (tags::JPEG_LENGTH, 9)] {
        bytes.extend([order.put_u16(tag), order.put_u16(LONG)].concat());
        bytes.extend([order.put_u32(1), order.put_u32(value)].concat());
    }
    bytes.extend([0; 4]);
    bytes.extend(b"\xff\xd8small\xff\xd9");
    bytes
}

fn place_of(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
}

fn edit(bytes: &[u8], wanted: &Wanted<'_>) -> Option<Vec<u8>> {
    edited(&Block::parse(bytes).unwrap(), wanted).unwrap()
}

fn value<'a>(block: &Block<'a>, directory: Directory, tag: u16) -> Option<&'a [u8]> {
    block.bytes.get(block.find(directory, tag)?.value.clone()?)
}

#[test]
fn where_a_makers_note_stays_nothing_moves() {
    for order in [Order::Little, Order::Big] {
        let bytes = camera(order);
        let out = edit(
            &bytes,
            &Wanted {
                copyright: Some("© someone else"),
                artist: Some("a name that is longer"),
                ..WHOLE
            },
        )
        .unwrap();
        for there in [
            &b"Some maker"[..],
            b"NOTE at place",
            b"SN1234",
            b"latitude in",
        ] {
            assert_eq!(place_of(&out, there), place_of(&bytes, there));
        }
        for gone in [&b"small"[..], b"nobody", b"\xff\xd8"] {
            assert_eq!(place_of(&out, gone), None);
        }
        let block = Block::parse(&out).unwrap();
        assert!(!block.has(Directory::Thumbnail));
        assert_eq!(block.orientation(), Some(Orientation::Upright));
        let said = value(&block, Directory::Main, tags::COPYRIGHT).unwrap();
        assert_eq!(said, "© someone else\0".as_bytes());
        let width = value(&block, Directory::Exif, tags::PIXEL_X_DIMENSION).unwrap();
        assert_eq!(order.read_u16(width, 0), Some(320));
        let height = value(&block, Directory::Exif, tags::PIXEL_Y_DIMENSION).unwrap();
        assert_eq!(order.read_u32(height, 0), Some(70_000));
        assert_eq!(
            edit(&out, &WHOLE).unwrap().len(),
            out.len(),
            "nothing more to do"
        );
    }
}

#[test]
fn where_nothing_grows_a_block_ends_before_its_small_copy() {
    let bytes = camera(Order::Little);
    let out = edit(&bytes, &WHOLE).unwrap();
    assert!(
        out.len() < bytes.len() - 30,
        "{} of {}",
        out.len(),
        bytes.len()
    );
    assert_eq!(place_of(&out, b"NOTE"), place_of(&bytes, b"NOTE"));
}

#[test]
fn what_may_say_where_goes_without_a_trace() {
    for order in [Order::Little, Order::Big] {
        let wanted = Wanted {
            keep: Keep::NoLocation,
            ..WHOLE
        };
        let out = edit(&camera(order), &wanted).unwrap();
        for gone in [&b"latitude"[..], b"NOTE", b"small"] {
            assert_eq!(place_of(&out, gone), None);
        }
        let block = Block::parse(&out).unwrap();
        assert!(!block.has(Directory::Gps) && block.has(Directory::Interop));
        assert_eq!(
            value(&block, Directory::Main, 0x010f),
            Some(&b"Some maker\0"[..])
        );
    }
}

#[test]
fn of_credit_little_is_left_and_of_none_nothing() {
    let wanted = Wanted {
        keep: Keep::Credit,
        ..WHOLE
    };
    let out = edit(&camera(Order::Big), &wanted).unwrap();
    assert!(out.len() < 120, "{}", out.len());
    let block = Block::parse(&out).unwrap();
    assert_eq!(
        value(&block, Directory::Main, tags::ARTIST),
        Some(&b"nobody\0"[..])
    );
    assert!(!block.has(Directory::Exif) && !block.has(Directory::Gps));
    assert_eq!(
        edit(
            &out,
            &Wanted {
                keep: Keep::Nothing,
                ..WHOLE
            }
        ),
        None
    );
    assert_eq!(new(&wanted), None);
    let turned = Wanted {
        orientation: Orientation::Turn270,
        ..wanted
    };
    let out = new(&turned).unwrap();
    assert_eq!(orientation(&out), Some(Orientation::Turn270));
}

#[test]
fn a_tree_says_the_same_in_both_orders() {
    let bytes = camera(Order::Big);
    let tree = Tree::of_tiff(&Block::parse(&bytes).unwrap());
    let there = tree.clone().in_order(Order::Little).into_bytes().unwrap();
    assert!(there.starts_with(b"II"));
    let back = Tree::of_tiff(&Block::parse(&there).unwrap()).in_order(Order::Big);
    assert_eq!(back, tree);
    assert_eq!(orientation(&there), Some(Orientation::Turn90));
}

/// A file of one strip, whose bytes are these.
fn strip(order: Order, bytes: &[u8]) -> Vec<u8> {
    let long = |tag, number: usize| Field {
        tag,
        kind: LONG,
        count: 1,
        value: order.put_u32(u32::try_from(number).unwrap()).to_vec(),
    };
    let mut page = Tree::empty(order);
    page.main = vec![
        Field::short(order, tags::IMAGE_WIDTH, 7),
        long(tags::STRIP_OFFSETS, 8),
        long(tags::STRIP_BYTE_COUNTS, bytes.len()),
    ];
    let mut file = order.mark().to_vec();
    file.extend(order.put_u32(8 + u32::try_from(bytes.len()).unwrap()));
    file.extend(bytes);
    page.append_to(&mut file, 0);
    file
}

#[test]
fn each_page_of_a_tiff_file_carries_what_it_is_given() {
    for order in [Order::Little, Order::Big] {
        let camera = camera(Order::Big);
        let mut file = PagedTiff::default();
        let first = OfPage {
            exif: Some(&camera),
            xmp: Some(b"<x/>"),
            iptc: Some(b"\x1c\x02\x05\0"),
            number: Some(0),
        };
        file.add(&strip(order, b"FIRST!"), &first).unwrap();
        let second = OfPage {
            number: Some(1),
            ..OfPage::default()
        };
        file.add(&strip(order, b"SECOND"), &second).unwrap();
        let out = file.into_bytes();
        let block = Block::parse(&out).unwrap();
        let said = of_tiff(&out).unwrap();
        assert_eq!(orientation(&said), Some(Orientation::Turn90));
        assert!(place_of(&said, b"SN1234").is_some() && place_of(&said, b"NOTE").is_none());
        let carried = in_tiff(&out);
        assert_eq!(
            (carried.xmp, carried.iptc),
            (Some(&b"<x/>"[..]), Some(&[0x1c, 2, 5, 0][..]))
        );
        // The file of the second page alone begins with the way to it.
        let mut other = out.clone();
        let place = u32::try_from(block.second().unwrap()).unwrap();
        other[4..8].copy_from_slice(&order.put_u32(place));
        assert_eq!(of_tiff(&other), None);
        assert_eq!(in_tiff(&other), InTiff::default());
        for (file, bytes, number) in [(&out, b"FIRST!", 0), (&other, b"SECOND", 1)] {
            let block = Block::parse(file).unwrap();
            let number_there = value(&block, Directory::Main, tags::PAGE_NUMBER).unwrap();
            assert_eq!(order.read_u16(number_there, 0), Some(number));
            let width = value(&block, Directory::Main, tags::IMAGE_WIDTH).unwrap();
            assert_eq!(order.read_u16(width, 0), Some(7));
            let place = value(&block, Directory::Main, tags::STRIP_OFFSETS).unwrap();
            let place = order.read_u32(place, 0).unwrap();
            assert_eq!(&file[place..place + 6], bytes);
        }
        for length in 0..out.len() {
            let _no_panic = (of_tiff(&out[..length]), in_tiff(&out[..length]));
        }
    }
}

#[test]
fn what_is_no_picture_of_strips_is_no_page() {
    let page = strip(Order::Big, b"pixels");
    let mut file = PagedTiff::default();
    for length in 0..page.len() - 4 {
        assert_eq!(file.add(&page[..length], &OfPage::default()), None);
    }
    assert_eq!(file, PagedTiff::default());
    file.add(&page, &OfPage::default()).unwrap();
    let before = file.clone();
    let other = strip(Order::Little, b"pixels");
    assert_eq!(file.add(&other, &OfPage::default()), None);
    assert_eq!(file, before);
}

#[test]
fn what_leads_nowhere_or_round_is_no_block() {
    let bytes = camera(Order::Little);
    for length in 0..bytes.len() {
        if let Ok(block) = Block::parse(&bytes[..length]) {
            for keep in [Keep::All, Keep::NoLocation, Keep::Credit, Keep::Nothing] {
                let _no_panic = edited(&block, &Wanted { keep, ..WHOLE });
            }
        }
    }
    assert_eq!(Block::parse(b"II*\0\x08\0\0\0"), Err(ExifError::Outside));
    assert_eq!(Block::parse(b"II+\0\x08\0\0\0"), Err(ExifError::Header));
    // The first directory leads to itself.
    let mut round = bytes.clone();
    let entry = place_of(&round, b"\x69\x87\x04\0").unwrap();
    round[entry + 8..entry + 12].copy_from_slice(&[8, 0, 0, 0]);
    assert_eq!(Block::parse(&round), Err(ExifError::Overlap));
    // A value stands where the directory does.
    let mut within = bytes.clone();
    let entry = place_of(&within, b"\x0f\x01\x02\0").unwrap();
    within[entry + 8..entry + 12].copy_from_slice(&[10, 0, 0, 0]);
    assert_eq!(Block::parse(&within), Err(ExifError::Values));
}

/// Whatever single bytes say, what comes out can be read, and says of orientation what it was told to.
#[test]
fn whatever_a_byte_says_what_comes_out_is_a_block() {
    for order in [Order::Little, Order::Big] {
        let bytes = camera(order);
        for at in 0..bytes.len() {
            for byte in [0, 1, 7, 0x7f, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x80] {
                let mut bytes = bytes.clone();
                bytes[at] = byte;
                let Ok(block) = Block::parse(&bytes) else {
                    continue;
                };
                for keep in [Keep::All, Keep::NoLocation, Keep::Credit] {
                    let wanted = Wanted {
                        keep,
                        artist: Some("a new one"),
                        ..WHOLE
                    };
                    let Ok(out) = edited(&block, &wanted) else {
                        continue;
                    };
                    let out = out.unwrap();
                    let read = Block::parse(&out);
                    let read = read.unwrap_or_else(|error| panic!("{at} is {byte}: {error}"));
                    assert!(matches!(
                        read.orientation(),
                        None | Some(Orientation::Upright)
                    ));
                    let artist = value(&read, Directory::Main, tags::ARTIST);
                    assert_eq!(artist, Some(&b"a new one\0"[..]), "{at} is {byte}");
                    assert!(!read.has(Directory::Thumbnail));
                }
            }
        }
    }
}

/// A `BigTIFF` file that says whose it is, how it is turned and exposed, and carries a packet.
fn big(order: Order) -> Vec<u8> {
    let wide = |number: u64| match order {
        Order::Little => number.to_le_bytes(),
        Order::Big => number.to_be_bytes(),
    };
    let entry = |tag: u16, kind: u16, count: u64, value: [u8; 8]| {
        let head = [order.put_u16(tag), order.put_u16(kind)].concat();
        [&head[..], &wide(count), &value].concat()
    };
    let mut short = [0; 8];
    short[..2].copy_from_slice(&order.put_u16(6));
    let mut file = match order {
        Order::Little => b"II+\0\x08\0\0\0".to_vec(),
        Order::Big => b"MM\0+\0\x08\0\0".to_vec(),
    };
    // A head of 16 bytes, and directories of four entries and of one.
    let (exif, texts) = (16 + 8 + 4 * 20 + 8, 16 + 8 + 4 * 20 + 8 + 8 + 20 + 8);
    file.extend(wide(16));
    file.extend(wide(4));
    file.extend(entry(tags::ORIENTATION, SHORT, 1, short));
    file.extend(entry(tags::ARTIST, ASCII, 11, wide(texts)));
    file.extend(entry(0x02bc, 1, 12, wide(texts + 11)));
    file.extend(entry(tags::EXIF_DIRECTORY, 18, 1, wide(exif)));
    file.extend([0; 8]);
    file.extend(wide(1));
    file.extend(entry(0x829a, RATIONAL, 1, *b"EXPOSURE"));
    file.extend([0; 8]);
    file.extend(b"the-artist\0<x:xmpmeta/>");
    file
}

#[test]
fn big_tiff_files_say_what_classic_ones_say() {
    for order in [Order::Little, Order::Big] {
        let file = big(order);
        let said = of_tiff(&file).unwrap();
        assert_eq!(orientation(&said), Some(Orientation::Turn90));
        let block = Block::parse(&said).unwrap();
        let artist = value(&block, Directory::Main, tags::ARTIST);
        assert_eq!(artist, Some(&b"the-artist\0"[..]));
        let exposure = value(&block, Directory::Exif, 0x829a);
        assert_eq!(exposure, Some(&b"EXPOSURE"[..]));
        assert_eq!(in_tiff(&file).xmp, Some(&b"<x:xmpmeta/>"[..]));
        for length in 0..file.len() {
            let _no_panic = (of_tiff(&file[..length]), in_tiff(&file[..length]));
        }
        for at in 0..file.len() {
            let mut file = file.clone();
            file[at] = 255;
            let _no_panic = (of_tiff(&file), in_tiff(&file));
        }
    }
}
