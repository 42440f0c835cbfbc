use image::{DynamicImage, ImageReader};
use lightmill::codecs::{EncodeOptions, Format};
use lightmill::image::{Channels, Color, Depth, Image, Raster, Size, Transfer};

use super::support::Scene;

const FORMATS: [(&str, &str); 4] = [
    ("jpeg", "jpg"),
    ("png", "png"),
    ("webp", "webp"),
    ("tiff", "tif"),
];

/// As another library reads it.
fn orientation_of(bytes: &[u8]) -> u8 {
    let reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format();
    let mut decoder = reader.unwrap().into_decoder().unwrap();
    image::ImageDecoder::orientation(&mut decoder)
        .unwrap()
        .to_exif()
}

fn mean_difference(one: &DynamicImage, other: &DynamicImage) -> u64 {
    let (one, other) = (one.to_rgb8(), other.to_rgb8());
    assert_eq!(one.dimensions(), other.dimensions());
    let pairs = one.as_raw().iter().zip(other.as_raw());
    let total: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    total / one.as_raw().len() as u64
}

#[test]
fn the_eight_orientations_are_heeded_in_every_format_that_carries_them() {
    let scene = Scene::new();
    for number in 1..=8 {
        let sample = format!("orientation/exif-{number}.jpg");
        scene.copy(&sample, format!("in/{number}.jpg"));
    }
    for (format, extension) in FORMATS {
        let turned = format!("convert in -o {format} -f {format} --no-auto-orient --resize 60x60");
        scene.run(&turned).exits(0);
        scene
            .run(&format!("convert {format} -o {format}-upright"))
            .exits(0);
        let first = scene.picture(format!("{format}-upright/1.{extension}"));
        assert!(first.width() > first.height());
        for number in 1..=8 {
            let turned = scene.read(format!("{format}/{number}.{extension}"));
            assert_eq!(orientation_of(&turned), number, "{format}");
            let name = format!("{format}-upright/{number}.{extension}");
            assert_eq!(orientation_of(&scene.read(&name)), 1, "{name}");
            let difference = mean_difference(&first, &scene.picture(&name));
            assert!(difference < 6, "{name}: {difference}");
        }
    }
}

/// A block with an artist, a serial number, a note of the camera's maker, and a latitude. Each value stands out.
fn exif() -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let numbers = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        [numbers, [count.to_le_bytes(), value.to_le_bytes()].concat()].concat()
    };
    let directory = |entries: &[Vec<u8>]| {
        let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
        [count.to_vec(), entries.concat(), vec![0; 4]].concat()
    };
    // The first begins at 8, and has 54 bytes with its count; what it leads to stands behind it.
    let (exif, gps, values) = (8 + 54, 8 + 54 + 30, 8 + 54 + 30 + 18);
    let mut block = b"II*\0\x08\0\0\0".to_vec();
    block.extend(directory(&[
        entry(0x010f, 2, 12, values),
        entry(0x013b, 2, 12, values + 12),
        entry(0x8769, 4, 1, exif),
        entry(0x8825, 4, 1, gps),
    ]));
    block.extend(directory(&[
        entry(0x927c, 7, 12, values + 24),
        entry(0xa431, 2, 12, values + 36),
    ]));
    block.extend(directory(&[entry(0x001d, 2, 12, values + 48)]));
    for value in [
        b"some-maker.\0",
        b"the-artist.\0",
        b"MAKERS-NOTE\0",
        b"serial-no-1\0",
        b"2026:11:26.\0",
    ] {
        block.extend(value);
    }
    block
}

const PACKET: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="the-city"><dc:rights><rdf:Alt><rdf:li
 xml:lang="x-default">the-rights</rdf:li></rdf:Alt></dc:rights><dc:title><rdf:Alt><rdf:li
 xml:lang="x-default">the-title</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"#;

/// A caption and a byline.
const DATASETS: &[u8] = b"\x1c\x02\x50\0\x0dthe-byline-is\x1c\x02\x78\0\x0bthe-caption";

/// A picture that carries all of that.
fn described() -> Vec<u8> {
    let size = Size::new(40, 30);
    let raster = Raster::filled(size, Channels::Rgb, Depth::U8, Transfer::Srgb, Color::WHITE);
    let mut image = Image::new(raster);
    image.metadata.exif = Some(exif());
    image.metadata.xmp = Some(PACKET.into());
    image.metadata.iptc = Some(DATASETS.to_vec());
    let codec = Format::Jpeg.codec();
    codec.encode(image, &EncodeOptions::default()).unwrap()
}

/// What a file carries, as one text; blocks are told apart by what stands in them.
fn told(bytes: &[u8], format: &str) -> String {
    let codec = format.parse::<Format>().unwrap().codec();
    let layout = codec.header(bytes).unwrap();
    let metadata = codec.decode(bytes, &layout).unwrap().picture.metadata;
    let blocks = [metadata.exif, metadata.xmp, metadata.iptc];
    let blocks: Vec<u8> = blocks.into_iter().flatten().flatten().collect();
    String::from_utf8_lossy(&blocks).into_owned()
}

/// All that tells a block apart.
const WORDS: [&str; 9] = [
    "some-maker",
    "the-artist",
    "MAKERS-NOTE",
    "serial-no-1",
    "2026:11:26.",
    "the-city",
    "the-rights",
    "the-title",
    "the-byline",
];

/// What stays under each policy, and whether the place and the maker's note are told to be dropped.
const KEPT: [(&str, &str, bool, bool); 6] = [
    (
        "keep",
        "some-maker the-artist MAKERS-NOTE serial-no-1 2026:11:26. the-city the-rights the-title the-byline",
        false,
        false,
    ),
    (
        "no-gps",
        "some-maker the-artist serial-no-1 the-rights the-title the-byline",
        true,
        true,
    ),
    ("copyright", "the-artist the-rights the-byline", true, true),
    ("strip", "", true, true),
    ("xmp", "the-city the-rights the-title", true, true),
    (
        "iptc,exif",
        "some-maker the-artist MAKERS-NOTE serial-no-1 2026:11:26. the-byline",
        false,
        false,
    ),
];

#[test]
fn each_policy_keeps_what_it_says_in_each_format() {
    let scene = Scene::new();
    scene.write("in/a.jpg", described());
    for (policy, kept, loses_place, loses_note) in KEPT {
        for (format, extension) in FORMATS
            .into_iter()
            .chain([("avif", "avif"), ("gif", "gif")])
        {
            let out = format!("{policy}-{format}");
            let run = format!("convert in -o {out} -f {format} --resize 20x --metadata {policy}");
            let finished = scene.run(&format!("{run} --events -")).exits(0);
            let told = told(&scene.read(format!("{out}/a.{extension}")), format);
            for word in WORDS {
                // GIF has a place for packets alone, WebP and AVIF none for datasets, and TIFF none for notes that must not move.
                let has_place = match word {
                    _ if format == "gif" => PACKET.contains(word),
                    "the-byline" => !matches!(format, "webp" | "avif"),
                    "MAKERS-NOTE" => format != "tiff",
                    _ => true,
                };
                let expected = kept.contains(word) && has_place;
                assert_eq!(told.contains(word), expected, "{word} in {out}");
            }
            let done = &finished.events_named("job-done")[0];
            assert_eq!(done["warnings"], serde_json::json!([]), "{out}");
            let dropped = done["dropped"].to_string();
            assert_eq!(
                dropped.contains("location"),
                loses_place,
                "{out}: {dropped}"
            );
            let loses_note = loses_note || format == "tiff";
            assert_eq!(
                dropped.contains("maker-note"),
                loses_note,
                "{out}: {dropped}"
            );
        }
    }
}

#[test]
fn thumbnails_keep_credit_and_say_what_they_drop() {
    let scene = Scene::new();
    scene.write("in/a.jpg", described());
    let finished = scene.run("thumbnail in -o thumbs -v").exits(0);
    finished.complains(&["without EXIF, location, maker's notes, XMP, IPTC"]);
    let told = told(&scene.read("thumbs/a.jpg"), "jpeg");
    assert!(
        told.contains("the-artist") && !told.contains("serial"),
        "{told}"
    );
}

#[test]
fn names_are_written_into_every_block_that_is_there() {
    let scene = Scene::with(&["gray.jpg"]);
    scene.write("in/a.jpg", described());
    for (format, extension) in FORMATS {
        let run = format!("convert in -o {format} -f {format} --set-artist Jörg --set-copyright");
        scene.call(&run).arg("© 2026 & all <rights>").run().exits(0);
        let told_of =
            |name: &str| told(&scene.read(format!("{format}/{name}.{extension}")), format);
        let described = told_of("a");
        assert!(!described.contains("the-artist") && !described.contains("the-rights"));
        let blocks = if format == "webp" { 2 } else { 3 };
        assert_eq!(described.matches("Jörg").count(), blocks, "{described}");
        assert!(described.contains("© 2026 &amp; all &lt;rights&gt;"));
        let bare = told_of("gray");
        assert!(
            bare.contains("© 2026 & all <rights>\0") && bare.contains("Jörg\0"),
            "{bare}"
        );
    }
    let nowhere = scene
        .run("convert in/gray.jpg -o gif -f gif --set-artist me")
        .exits(0);
    nowhere.complains(&["copyright and artist, which gif has no place for; left out"]);
}

#[test]
fn blocks_that_make_no_sense_are_left_out_with_a_warning() {
    let scene = Scene::new();
    let mut bytes = described();
    // The directory of EXIF is said to be where the first one is, and a tag of XMP has no end.
    let entry = bytes
        .windows(4)
        .position(|four| four == b"\x69\x87\x04\0")
        .unwrap();
    bytes[entry + 8] = 8;
    let end = bytes
        .windows(8)
        .position(|eight| eight == b"</dc:tit")
        .unwrap();
    bytes[end] = b' ';
    scene.write("in/a.jpg", bytes);
    let finished = scene.run("convert in -o out").exits(0);
    let finished =
        finished.complains(&["EXIF that makes no sense: its directories overlap; left out"]);
    finished.complains(&["XMP that makes no sense"]);
    let told = told(&scene.read("out/a.jpg"), "jpeg");
    assert!(!told.contains("the-artist") && !told.contains("the-rights"));
    assert!(told.contains("the-byline"));
    // Who wants neither is not told.
    let finished = scene.run("convert in -o none --metadata strip").exits(0);
    assert!(!finished.stderr.contains("sense"), "{}", finished.stderr);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let scene = Scene::with(&["gray.jpg"]);
    for (wrong, reason) in [
        ("--metadata exif --icc p3", "add `icc` to the list"),
        (
            "--metadata exif,icc --icc strip",
            "--icc strip leaves it out",
        ),
        ("--metadata xmp --set-artist me", "add `exif` to the list"),
        ("--set-artist \u{7}", "needs a text of one line"),
        ("--metadata all", "neither `keep`"),
    ] {
        let finished = scene.run(&format!("convert in -o out {wrong}")).exits(2);
        finished.complains(&[reason]);
    }
}
