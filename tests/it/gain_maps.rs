//! Pictures for bright screens: a JPEG file with a gain map behind it.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use lightmill::codecs::GainMap;

use super::support::{Scene, decoded};

const MEANING: &str = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
    <rdf:Description rdf:about=\"\" xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\" hdrgm:Version=\"1.0\" \
    hdrgm:GainMapMax=\"2\" hdrgm:HDRCapacityMax=\"2\"/></rdf:RDF></x:xmpmeta>";

fn jpeg(
    width: u32,
    height: u32,
    color: ExtendedColorType,
    pixel: impl Fn(u32, u32) -> Vec<u8>,
) -> Vec<u8> {
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let samples: Vec<u8> = places.flat_map(|(x, y)| pixel(x, y)).collect();
    let mut out = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut out, 95);
    encoder.write_image(&samples, width, height, color).unwrap();
    out
}

/// 200 x 120, with a map of a quarter of that which is bright on the left.
fn scene() -> Scene {
    let picture = jpeg(200, 120, ExtendedColorType::Rgb8, |x, y| {
        [100, x, y].map(|part| u8::try_from(part).unwrap()).to_vec()
    });
    let map = jpeg(50, 30, ExtendedColorType::L8, |x, _| {
        vec![if x < 25 { 220 } else { 30 }]
    });
    let known = GainMap {
        file: &map,
        xmp: Some(MEANING.into()),
        iso: None,
        is_iso: false,
    };
    let segment = [
        &[0xff, 0xe1],
        &u16::try_from(MEANING.len() + 31).unwrap().to_be_bytes()[..],
    ]
    .concat();
    let name = b"http://ns.adobe.com/xap/1.0/\0";
    let described = [&map[..2], &segment, name, MEANING.as_bytes(), &map[2..]].concat();
    let scene = Scene::new();
    scene.write("in/bright.jpg", known.attach(&picture, &described).unwrap());
    scene
}

/// The map of a file of the scene, as gray.
#[track_caller]
fn map_of(scene: &Scene, name: &str) -> image::GrayImage {
    let file = scene.read(name);
    let map = GainMap::find(&file).unwrap();
    let meaning = String::from_utf8(map.xmp.unwrap()).unwrap();
    assert!(meaning.contains("hdrgm:GainMapMax=\"2\""), "{meaning}");
    decoded(map.file).to_luma8()
}

#[test]
fn maps_go_where_their_pictures_go() {
    let scene = scene();
    for (out, ops, size, bright, dark) in [
        ("same", "", (50, 30), (5, 15), (45, 15)),
        ("coarse", "-q 50", (50, 30), (5, 15), (45, 15)),
        ("half", "--resize 50%", (25, 15), (3, 7), (22, 7)),
        ("turned", "--rotate 90", (30, 50), (15, 5), (15, 45)),
        ("mirrored", "--flop", (50, 30), (45, 15), (5, 15)),
        ("cut", "--crop 80x120+60+0", (20, 30), (2, 15), (17, 15)),
        (
            "all",
            "--flop --crop 120x120+40+0 --rotate 180 --resize 60x60",
            (15, 15),
            (2, 7),
            (13, 7),
        ),
    ] {
        let finished = scene.run(&format!("convert in -o {out} {ops}")).exits(0);
        assert!(!finished.stderr.contains("warning"), "{}", finished.stderr);
        let map = map_of(&scene, &format!("{out}/bright.jpg"));
        assert_eq!(map.dimensions(), size, "{ops}");
        assert!(map.get_pixel(bright.0, bright.1).0[0] > 200, "{ops}");
        assert!(map.get_pixel(dark.0, dark.1).0[0] < 50, "{ops}");
    }
}

#[test]
fn a_map_that_cannot_follow_is_left_out_and_told_of() {
    let scene = scene();
    for (out, ops, why) in [
        (
            "blurred",
            "--blur 2",
            "which cannot follow all that is done to the picture",
        ),
        ("other", "-f webp", "which only JPEG files hold"),
        (
            "small",
            "--max-bytes 2500",
            "with which the file would be too large",
        ),
    ] {
        let finished = scene.run(&format!("convert in -o {out} {ops}")).exits(0);
        let told =
            format!("warning: in/bright.jpg: its gain map for bright screens, {why}; left out\n");
        finished.complains(&[&told]);
        let name = &scene.names(out)[0];
        assert!(GainMap::find(&scene.read(format!("{out}/{name}"))).is_none());
    }
    // Thumbnails are small: that is their policy.
    let finished = scene
        .run("thumbnail in -o thumbs --size 50 --events -")
        .exits(0);
    let done = &finished.events_named("job-done")[0];
    assert_eq!(done["dropped"], serde_json::json!(["xmp", "gain-map"]));
    assert_eq!(done["warnings"], serde_json::json!([]));
    let small = scene.read("thumbs/bright.jpg");
    assert!(GainMap::find(&small).is_none() && !String::from_utf8_lossy(&small).contains("hdrgm"));
}
