//! Pictures that are too much: of pixels, of memory, of frames, of what hides behind few bytes.

use std::io::Cursor;
#[cfg(target_os = "linux")]
use std::process::Command;

use image::codecs::gif::{GifDecoder, GifEncoder};
use image::codecs::png::PngEncoder;
use image::{AnimationDecoder, ExtendedColorType, Frame, ImageEncoder, RgbImage, Rgba, RgbaImage};
use serde_json::Value;

use super::support::{Finished, Scene};

/// What became of one image, as its failure.
fn failure(finished: &Finished, name: &str) -> Value {
    let failed = finished.events_named("job-failed");
    let of = |event: &&Value| event["source"].as_str().unwrap().ends_with(name);
    let event = failed.iter().find(of);
    event.unwrap_or_else(|| panic!("{name} did not fail: {}", finished.stdout))["failure"].clone()
}

/// 300 megapixels of black in a file of some hundred kilobytes.
fn three_hundred_megapixels() -> Vec<u8> {
    let mut bytes = Vec::new();
    let black = vec![0; 20_000 * 15_000];
    PngEncoder::new(&mut bytes)
        .write_image(&black, 20_000, 15_000, ExtendedColorType::L8)
        .unwrap();
    bytes
}

#[test]
fn three_hundred_megapixels_meet_each_limit_before_they_are_allocated() {
    let scene = Scene::with(&["gray.png"]);
    scene.write("in/huge.png", three_hundred_megapixels());
    let command = "thumbnail in -o out --on-conflict overwrite";
    let finished = scene.start(command).finish().exits(1);
    let refused = failure(&finished, "huge.png");
    assert_eq!(refused["kind"], "too-large");
    assert!(refused["causes"].to_string().contains("300.0 megapixels"));

    let flags = "--max-pixels 400M --memory 512M";
    let finished = scene.start(&format!("{command} {flags}")).finish().exits(1);
    let refused = failure(&finished, "huge.png");
    assert_eq!(refused["kind"], "out-of-memory");
    let causes = refused["causes"].to_string();
    assert!(causes.contains("it would need about"), "{causes}");
    assert_eq!(finished.summary()["workers_lost"], 0);
    assert_eq!(finished.summary()["done"], 1);
}

#[test]
fn a_thousand_frames_take_no_more_memory_than_a_few() {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 30);
    for shade in 0..1000_u32 {
        let color = Rgba(shade.to_le_bytes()).0;
        let picture = RgbaImage::from_pixel(64, 64, Rgba([color[0], color[1], 9, 255]));
        encoder.encode_frame(Frame::new(picture)).unwrap();
    }
    drop(encoder);
    let scene = Scene::new();
    scene.write("in/long.gif", bytes);
    for command in [
        "convert in -o out -f bmp --memory 64M --timeout 10s",
        "convert in -o out --memory 64M",
    ] {
        scene.run(command).exits(0);
    }
    assert_eq!(scene.picture("out/long.bmp").width(), 64);
    let made = scene.read("out/long.gif");
    let frames = GifDecoder::new(Cursor::new(made)).unwrap().into_frames();
    assert_eq!(frames.count(), 1000);
}

/// A profile of 192 MB in a file of some hundred kilobytes.
fn swollen_profile() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(vec![0; 192 << 20]).unwrap();
    let picture = RgbImage::new(8, 8);
    encoder
        .write_image(&picture, 8, 8, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// Whatever becomes of it, it stays within its worker's memory and costs nobody else anything.
#[test]
fn what_hides_behind_few_bytes_stays_within_the_memory() {
    let scene = Scene::with(&["gray.png", "logo.png"]);
    let bomb = swollen_profile();
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    scene.write("in/bomb.png", bomb);
    let finished = scene
        .start("thumbnail in -o out -j 1 --memory 100M")
        .finish();
    let summary = finished.summary();
    let ended = summary["done"].as_u64().unwrap() + summary["failed"].as_u64().unwrap();
    assert_eq!(ended, 3, "{}", finished.stdout);
    assert!(scene.has("out/gray.png") && scene.has("out/logo.png"));
    if summary["failed"] == 1 {
        let kind = failure(&finished, "bomb.png")["kind"].clone();
        let kinds = ["out-of-memory", "too-large", "damaged"];
        assert!(kinds.iter().any(|known| kind == *known), "{kind}");
    }
}

#[test]
fn a_header_that_lies_is_found_out_before_anything_is_allocated() {
    let scene = Scene::new();
    let picture = RgbImage::new(4, 4);
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Bmp)
        .unwrap();
    let mut bytes = bytes.into_inner();
    // Width and height of a BMP stand at 18 and 22.
    bytes[18..22].copy_from_slice(&16_000_i32.to_le_bytes());
    bytes[22..26].copy_from_slice(&16_000_i32.to_le_bytes());
    scene.write("in/liar.bmp", &bytes);
    let finished = scene
        .start("thumbnail in -o out --memory 64M")
        .finish()
        .exits(1);
    let kind = failure(&finished, "liar.bmp")["kind"].clone();
    assert!(kind == "out-of-memory" || kind == "damaged", "{kind}");
    assert_eq!(finished.summary()["workers_lost"], 0);
}

/// libwebp asks for more than the rest of the work together, and is told that there is no more: an error, not a crash.
#[cfg(target_os = "linux")]
#[test]
fn an_encoder_in_c_that_gets_no_memory_says_so() {
    let scene = Scene::new();
    let mut flat = b"P5\n4000 3000\n255\n".to_vec();
    flat.resize(flat.len() + 4000 * 3000, 9);
    scene.write("in/flat.pgm", flat);
    let call = scene.call("convert in -o out -f webp --lossless --isolation none -j 1");
    let command = call.command();
    let limited = Command::new("sh")
        .args(["-c", "ulimit -d 120000 && exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(scene.root())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&limited.stderr);
    assert_eq!(limited.status.code(), Some(1), "{told}");
    assert!(told.contains("of memory, and there is"), "{told}");
    call.run().exits(0);
}

#[test]
fn limits_that_cannot_be_are_refused() {
    let scene = Scene::with(&["gray.png"]);
    for (flags, words) in [
        ("--memory 1M", "at least 64 MiB"),
        ("--memory lots", "is no amount of memory"),
        ("--timeout soon", "is no time"),
        ("--timeout 5s --isolation thread", "processes of their own"),
        ("--retries 11", "--retries"),
        ("--sandbox maybe", "auto, require, off"),
    ] {
        let finished = scene.run(&format!("thumbnail in -o out {flags}")).exits(2);
        finished.complains(&[words]);
    }
    assert!(!scene.has("out"));
}
