use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::codecs;
use crate::image::Limits;
use crate::warning::Warnings;

const NAMESPACE: &str =
    "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'";

fn svg(attributes: &str, content: &str) -> Vec<u8> {
    format!("<svg {NAMESPACE} {attributes}>{content}</svg>").into_bytes()
}

fn decode(bytes: &[u8]) -> Result<Decoded<Image>, DecodeError> {
    codecs::decode(&CODEC, bytes, &Limits::default())
}

fn samples(image: &Image) -> &[u8] {
    let Samples::U8(samples) = image.raster.samples() else {
        panic!("it has 8 bits");
    };
    samples
}

fn said(bytes: &[u8]) -> Vec<String> {
    let warnings: Warnings = decode(bytes).unwrap().warnings;
    warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn shapes_are_drawn_with_their_own_alpha() {
    let file = svg(
        "width='4' height='2'",
        "<rect width='2' height='2' fill='#ff8000'/><rect x='2' width='2' height='2' fill='#0000ff' fill-opacity='.5'/>",
    );
    let decoded = decode(&file).unwrap();
    assert!(decoded.warnings.is_empty());
    assert_eq!(decoded.picture.layout(), CODEC.header(&file).unwrap());
    let (pixels, _) = samples(&decoded.picture).as_chunks::<4>();
    assert_eq!(pixels[0], [255, 128, 0, 255]);
    assert_eq!(pixels[2], [0, 0, 255, 128]);
}

#[test]
fn lengths_count_96_pixels_to_the_inch() {
    for (attributes, size) in [
        ("width='1in' height='25.4mm'", (96, 96)),
        ("width='72pt' height='6pc'", (96, 96)),
        ("viewBox='0 0 30 20'", (30, 20)),
        ("viewBox='0 0 30 20' width='60'", (60, 40)),
        ("width='10.4' height='0.2'", (10, 1)),
    ] {
        let layout = CODEC.header(&svg(attributes, "")).unwrap();
        assert_eq!(
            (layout.size.width, layout.size.height),
            size,
            "{attributes}"
        );
    }
}

#[test]
fn it_is_drawn_as_large_as_it_is_told() {
    let file = svg("width='2' height='2'", "<rect width='1' height='2'/>");
    let layout = Layout {
        size: Size::new(200, 50),
        ..CODEC.header(&file).unwrap()
    };
    let drawn = CODEC.decode(&file, &layout).unwrap().picture;
    assert_eq!(drawn.layout(), layout);
    let row: Vec<u8> = samples(&drawn).iter().skip(3).step_by(4).copied().collect();
    let expected = [[255_u8; 100], [0; 100]].concat();
    assert_eq!(row[..200], expected);
}

#[test]
fn what_is_compressed_is_the_same() {
    let file = svg("width='9' height='9'", "<circle cx='4' cy='4' r='3'/>");
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&file).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(decode(&packed).unwrap(), decode(&file).unwrap());
    for length in 0..packed.len() {
        assert!(decode(&packed[..length]).is_err(), "{length}");
    }
}

#[test]
fn what_is_not_drawn_is_said() {
    let file = svg(
        "width='9' height='9'",
        "<text y='5'>Hello</text><text> </text><image href='/etc/passwd' width='5' height='5'/>\
         <image xlink:href='http://example.org/a.png' width='5' height='5'/>\
         <foreignObject width='5' height='5'><p>Hello</p></foreignObject>",
    );
    assert_eq!(
        said(&file),
        [
            "its text, for which there is no font; left out",
            "parts that are not in the file; left out",
            "parts that are not SVG; left out"
        ]
    );
}

/// `data:` with these bytes, percent-encoded.
fn data(bytes: &[u8]) -> String {
    let bytes = bytes.iter().map(|byte| format!("%{byte:02x}"));
    format!("data:image/jpeg,{}", bytes.collect::<String>())
}

#[test]
fn pictures_within_are_drawn_whatever_they_are_called() {
    let raster = Raster::new(Size::new(1, 1), Channels::Rgb, vec![10_u8, 200, 30]).unwrap();
    for format in [Format::Png, Format::Gif, Format::WebP] {
        let options = EncodeOptions::default();
        let codec = format.codec();
        let codec = codec.lossless().unwrap_or(codec);
        let picture = codec.encode(Image::new(raster.clone()), &options).unwrap();
        let image = format!("<image width='3' height='3' href='{}'/>", data(&picture));
        let file = svg("width='3' height='3'", &image);
        let decoded = decode(&file).unwrap();
        assert!(decoded.warnings.is_empty(), "{format}");
        assert_eq!(
            samples(&decoded.picture)[..4],
            [10, 200, 30, 255],
            "{format}"
        );
    }
}

#[test]
fn pictures_within_are_not_larger_than_may_be() {
    let mut huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0".to_vec();
    huge.extend(crc32fast::hash(&huge[12..]).to_be_bytes());
    huge.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    let image = format!("<image width='3' height='3' href='{}'/>", data(&huge));
    let file = svg("width='3' height='3'", &image);
    assert_eq!(
        said(&file),
        ["a picture within it that is too large; left out"]
    );
    let nested = svg("width='3' height='3'", "<rect width='3' height='3'/>");
    let image = format!("<image width='3' height='3' href='{}'/>", data(&nested));
    let file = svg("width='3' height='3'", &image);
    let strange = "a picture within it of a kind that is not drawn; left out";
    assert_eq!(said(&file), [strange]);
}

#[test]
fn broken_files_end_in_an_error() {
    let file = svg(
        "width='9' height='9'",
        "<g><circle cx='4' cy='4' r='3'/></g>",
    );
    for length in 0..file.len() {
        assert!(decode(&file[..length]).is_err(), "{length}");
    }
    for file in [
        &b"<svg xmlns='http://www.w3.org/2000/svg' width='0' height='9'/>"[..],
        b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>\xff</svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='1e9' height='1e9'/>",
    ] {
        assert!(decode(file).is_err(), "{file:?}");
    }
}

/// The deepest levels that may be, made of elements that each cost a layer of their own.
#[test]
fn levels_are_counted_through_what_elements_lead_to() {
    let within = |levels: usize| {
        let open = "<g opacity='.9'>".repeat(levels);
        let close = "</g>".repeat(levels);
        svg(
            "width='9' height='9'",
            &format!("{open}<path d='M0 0h9v9z'/>{close}"),
        )
    };
    let deepest = nesting::DEEPEST as usize;
    assert!(decode(&within(deepest - 2)).is_ok());
    let error = decode(&within(deepest - 1)).unwrap_err();
    assert!(matches!(error, DecodeError::Memory { .. }), "{error}");
    let chain = |kind: &str, property: &str, links: usize| {
        let link = |at: usize| {
            format!(
                "<{kind} id='a{at}'><path d='M0 0h9v9z' {property}='url(#a{})'/></{kind}>",
                at + 1
            )
        };
        let links: String = (0..links).map(link).collect();
        svg(
            "width='9' height='9'",
            &format!("{links}<path d='M0 0h9v9z' {property}='url(#a0)'/>"),
        )
    };
    for (kind, property) in [
        ("mask", "mask"),
        ("clipPath", "clip-path"),
        ("pattern", "fill"),
    ] {
        assert!(decode(&chain(kind, property, 5)).is_ok(), "{kind}");
        let error = decode(&chain(kind, property, deepest)).unwrap_err();
        assert!(
            matches!(error, DecodeError::Memory { .. }),
            "{kind}: {error}"
        );
    }
    let around = svg(
        "width='9' height='9'",
        "<g id='a'><use href='#a'/><use xlink:href='#b'/></g><g id='b'><use href='#a'/></g>",
    );
    decode(&around).unwrap();
}

#[test]
fn entities_stand_for_no_more_than_a_text_may_hold() {
    let with = |entities: &str, content: &str| {
        let root = String::from_utf8(svg("width='9' height='9'", content)).unwrap();
        format!("<!DOCTYPE svg [{entities}]>{root}").into_bytes()
    };
    let usual = with(
        "<!ENTITY color 'red'><!ENTITY less '&#60;'>",
        "<path d='M0 0h9v9z' fill='&color;'/>",
    );
    assert_eq!(samples(&decode(&usual).unwrap().picture)[..3], [255, 0, 0]);
    let laughs = with("<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>", "<desc>&b;</desc>");
    assert!(matches!(decode(&laughs), Err(DecodeError::Memory { .. })));
    let long = format!("<!ENTITY a '{}'>", "ha".repeat(50_000));
    let many = with(&long, &format!("<desc>{}</desc>", "&a;".repeat(50_000)));
    assert!(matches!(decode(&many), Err(DecodeError::Memory { .. })));
}

#[test]
fn nothing_is_written() {
    let decoded = decode(&svg("width='3' height='3'", "")).unwrap();
    let written = CODEC.encode(decoded.picture, &EncodeOptions::default());
    assert!(matches!(written, Err(EncodeError::ReadOnly(Format::Svg))));
}
