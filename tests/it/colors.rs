//! In which colours pictures come out.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageDecoder, ImageEncoder, ImageReader};
use lightmill::color::{Chromaticities, Profile};

use super::support::Scene;

/// A color of sRGB and the same as Display P3 has it (CSS Color 4, 10.3 and its sample code).
const SRGB: [u8; 3] = [255, 0, 0];
const P3: [u8; 3] = [234, 51, 35];

fn png(pixel: [u8; 3], icc: Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new(&mut out);
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc).unwrap();
    }
    let samples = pixel.repeat(64);
    encoder
        .write_image(&samples, 8, 8, ExtendedColorType::Rgb8)
        .unwrap();
    out
}

fn jpeg(pixel: [u8; 3], icc: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, 100);
    encoder.set_icc_profile(icc).unwrap();
    let samples = pixel.repeat(32 * 32);
    encoder
        .write_image(&samples, 32, 32, ExtendedColorType::Rgb8)
        .unwrap();
    out
}

fn profile_of(scene: &Scene, name: &str) -> Option<Vec<u8>> {
    let reader = ImageReader::new(Cursor::new(scene.read(name)));
    let decoder = reader.with_guessed_format().unwrap().into_decoder();
    decoder.unwrap().icc_profile().unwrap()
}

#[track_caller]
fn shows(scene: &Scene, name: &str, pixel: [u8; 3]) {
    let picture = scene.picture(name).to_rgb8();
    let found = picture.get_pixel(3, 3).0;
    let near = found.iter().zip(pixel).all(|(a, b)| a.abs_diff(b) <= 4);
    assert!(near, "{name}: {found:?} for {pixel:?}");
}

/// One picture in Display P3, as PNG and as JPEG, and one that says nothing.
fn scene() -> Scene {
    let scene = Scene::new();
    let p3 = Profile::display_p3().icc().unwrap();
    scene.write("in/wide.png", png(P3, Some(p3.clone())));
    scene.write("in/photo.jpg", jpeg(P3, p3));
    scene.write("in/plain.png", png(SRGB, None));
    scene
}

#[test]
fn all_comes_out_in_srgb_without_a_profile() {
    let scene = scene();
    for (out, command) in [
        ("plain", "convert in"),
        ("small", "thumbnail in --size 4"),
        ("worked-on", "convert in --blur 1"),
        ("recoded", "convert in -q 95"),
    ] {
        scene.run(&format!("{command} -o {out}")).exits(0);
        for name in ["wide.png", "photo.jpg", "plain.png"] {
            let name = format!("{out}/{name}");
            shows(&scene, &name, SRGB);
            assert_eq!(profile_of(&scene, &name), None, "{name}");
        }
    }
}

#[test]
fn colors_that_are_kept_keep_their_profile_and_those_stripped_their_samples() {
    let scene = scene();
    scene.run("convert in -o keep --icc keep").exits(0);
    scene.run("convert in -o strip --icc strip").exits(0);
    for name in ["wide.png", "photo.jpg"] {
        let profile = profile_of(&scene, &format!("keep/{name}")).unwrap();
        assert_eq!(Some(profile), profile_of(&scene, &format!("in/{name}")));
        for folder in ["keep", "strip"] {
            shows(&scene, &format!("{folder}/{name}"), P3);
        }
        assert_eq!(profile_of(&scene, &format!("strip/{name}")), None);
    }
    // A format that carries no profile has sRGB, whatever was to be kept.
    scene
        .run("convert in/wide.png -o bmp -f bmp --icc keep")
        .exits(0);
    shows(&scene, "bmp/wide.bmp", SRGB);
}

#[test]
fn colors_can_be_converted_to_others() {
    let scene = scene();
    scene.run("convert in -o p3 --icc p3").exits(0);
    for name in ["wide.png", "photo.jpg", "plain.png"] {
        let name = format!("p3/{name}");
        shows(&scene, &name, P3);
        let profile = Profile::parse(&profile_of(&scene, &name).unwrap()).unwrap();
        assert!(!profile.is_srgb());
    }
    let linear = Profile::from_gamma(1.0, Chromaticities::SRGB).unwrap();
    let icc = linear.icc().unwrap();
    scene.write("light.icc", &icc);
    scene.write("in/gray.png", png([128; 3], None));
    scene
        .run("convert in/gray.png -o light --icc light.icc")
        .exits(0);
    // 128 is 21.6 percent of all light (IEC 61966-2-1).
    shows(&scene, "light/gray.png", [55; 3]);
    assert_eq!(profile_of(&scene, "light/gray.png"), Some(icc));
}

#[test]
fn a_broken_profile_is_told_of_and_the_picture_made() {
    let scene = Scene::new();
    scene.write("in/torn.png", png(P3, Some(vec![7; 200])));
    let finished = scene.run("convert in -o out").exits(0);
    finished.complains(&[
        "warning: in/torn.png: its colour profile is of no use: it is no ICC profile that can be read",
        "; taken for sRGB\n",
    ]);
    shows(&scene, "out/torn.png", P3);
}

#[test]
fn a_profile_that_nobody_can_use_is_refused_at_once() {
    let scene = scene();
    scene.write("torn.icc", [7; 200]);
    for (profile, words) in [
        (
            "srgbb",
            "--icc takes `srgb`, `p3`, `keep`, `strip` or a profile, and srgbb cannot be read",
        ),
        (
            "torn.icc",
            "--icc needs an ICC profile, `srgb`, `p3`, `keep` or `strip`",
        ),
    ] {
        let finished = scene
            .run(&format!("convert in -o out --icc {profile}"))
            .exits(2);
        finished.complains(&[words]);
        assert!(!scene.has("out"));
    }
}

#[test]
fn light_is_mixed_where_it_is_asked_for() {
    let scene = Scene::new();
    let stripes: Vec<u8> = [[255_u8; 3], [0; 3]].concat().repeat(32 * 64);
    let mut file = Vec::new();
    let encoder = PngEncoder::new(&mut file);
    encoder
        .write_image(&stripes, 64, 64, ExtendedColorType::Rgb8)
        .unwrap();
    scene.write("in/stripes.png", file);
    scene
        .run("convert in -o samples --resize 16x16 --kernel box")
        .exits(0);
    scene
        .run("convert in -o light --resize 16x16 --kernel box --linear")
        .exits(0);
    shows(&scene, "samples/stripes.png", [128; 3]);
    // Half of all light looks like 188 (IEC 61966-2-1).
    shows(&scene, "light/stripes.png", [188; 3]);
    let finished = scene.run("convert in -o none --linear").exits(2);
    finished.complains(&["--linear says how --resize is done, and there is no --resize"]);
}
