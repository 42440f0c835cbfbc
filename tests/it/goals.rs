//! Files that are to be so small, or to look so good.

use lightmill::codecs::Format;

use super::support::Scene;

/// The length of a file of the scene.
fn length(scene: &Scene, name: &str) -> usize {
    scene.read(name).len()
}

/// Files that were searched for are made of pixels, others of luma and chroma as they are stored: they differ by a few
/// percent.
#[track_caller]
fn near(found: usize, wanted: usize) {
    assert!(found.abs_diff(wanted) * 20 < wanted, "{found} for {wanted}");
}

#[test]
fn files_are_as_small_as_asked_and_no_smaller_than_needed() {
    let scene = Scene::with(&["landscape.jpg"]);
    for format in ["jpeg", "webp"] {
        let run = |out: &str, flags: &str| {
            let command = format!("convert in -o {out} -f {format} --resize 320 {flags}");
            scene.run(&command).exits(0);
            let extension = if format == "jpeg" { "jpg" } else { format };
            length(&scene, &format!("{out}/landscape.{extension}"))
        };
        let usual = run(&format!("{format}-usual"), "");
        let most = usual * 2 / 3;
        let small = run(&format!("{format}-small"), &format!("--max-bytes {most}"));
        // One step of quality is a few percent.
        assert!(
            small <= most && small > most * 85 / 100,
            "{format}: {small} for {most}"
        );
        let flags = format!("--max-bytes {}", usual * 10);
        near(run(&format!("{format}-large"), &flags), usual);
        let flags = format!("-q 30 --max-bytes {}", usual * 10);
        // Nothing is better than what was asked for.
        let plain = run(&format!("{format}-plain"), "-q 30");
        near(run(&format!("{format}-asked"), &flags), plain);
    }
}

#[test]
fn what_cannot_be_so_small_fails_and_says_how_small_it_can_be() {
    let scene = Scene::with(&["landscape.jpg", "tiny.png"]);
    let finished = scene.run("convert in -o out --max-bytes 300").exits(1);
    let finished = finished.complains(&[
        "failed: in/landscape.jpg: cannot encode: the file would have ",
        " bytes, more than 300, at the least quality there is\n",
        "1 done, 1 failed",
    ]);
    drop(finished);
    assert!(scene.has("out/tiny.png") && !scene.has("out/landscape.jpg"));
    let finished = scene
        .run("convert in/tiny.png -o png --max-bytes 50")
        .exits(1);
    finished.complains(&["bytes, more than 50, and its format has no quality to give up\n"]);
    scene
        .run("convert in -o none --max-bytes 0")
        .exits(2)
        .complains(&["`0` is no length of a file"]);
}

#[test]
fn files_look_as_good_as_asked_and_no_better_than_needed() {
    let scene = Scene::with(&["landscape.jpg"]);
    let run = |out: &str, flags: &str| {
        let command = format!("convert in -o {out} --resize 320 {flags}");
        scene.run(&command).exits(0);
        length(&scene, &format!("{out}/landscape.jpg"))
    };
    let (low, high) = (
        run("low", "--target-score 40"),
        run("high", "--target-score 80"),
    );
    assert!(low * 3 / 2 < high, "{low} {high}");
    let bounded = run("bounded", "--target-score 80 -q 20");
    near(bounded, run("plain", "-q 20"));
    let squeezed = format!("--target-score 80 --max-bytes {low}");
    assert!(run("squeezed", &squeezed) <= low);
    // The same whoever does it.
    let single = "convert in -o single --resize 320 --target-score 80 --isolation none -j 1";
    scene.run(single).exits(0);
    assert_eq!(
        scene.read("single/landscape.jpg"),
        scene.read("high/landscape.jpg")
    );
}

#[test]
fn a_score_that_cannot_be_reached_is_told_of() {
    let scene = Scene::with(&["landscape.jpg"]);
    let finished = scene
        .run("convert in -o out --resize 320 --target-score 99 -q 50")
        .exits(0);
    finished.complains(&[
        "warning: in/landscape.jpg: it scores ",
        " at the most, and 99 was asked for; written all the same\n",
    ]);
    assert_eq!(
        lightmill::codecs::sniff(&scene.read("out/landscape.jpg")[..64], None),
        lightmill::codecs::Sniffed::Known(Format::Jpeg)
    );
}

#[test]
fn scores_that_make_no_sense_are_refused() {
    let scene = Scene::with(&["tiny.png"]);
    for (flags, words) in [
        ("--target-score 0", "--target-score is from 1 to 100"),
        ("--target-score 101", "--target-score is from 1 to 100"),
        ("--target-score 80 -f png", "png has no quality"),
        ("--target-score 80 --lossless", "cannot be used with"),
    ] {
        scene
            .run(&format!("convert in -o out {flags}"))
            .exits(2)
            .complains(&[words]);
    }
}

#[test]
fn what_would_not_be_smaller_stays_what_it_is() {
    let scene = Scene::with(&["landscape.jpg", "portrait.jpg", "gray-16bit.tiff"]);
    let copied = |out: &str, name: &str| {
        scene.read(format!("{out}/{name}")) == scene.read(format!("in/{name}"))
    };
    // At quality 100 files grow; at 20 they do not.
    for (out, flags, wanted) in [
        ("fine", "-q 100 --never-larger", true),
        ("plain", "-q 100", false),
        ("coarse", "-q 20 --never-larger", false),
        ("worked-on", "-q 100 --never-larger --blur 1", false),
        ("enlarged", "-q 100 --never-larger --resize 120%", false),
        (
            "only-reduced",
            "-q 100 --never-larger --resize 5000x5000>",
            true,
        ),
        ("described", "-q 100 --never-larger --metadata strip", false),
        ("tagged", "-q 100 --never-larger --icc p3", false),
    ] {
        scene.run(&format!("convert in -o {out} {flags}")).exits(0);
        assert_eq!(copied(out, "landscape.jpg"), wanted, "{flags}");
    }
    scene
        .run("convert in -o other -f webp --lossless --never-larger")
        .exits(0);
    assert!(scene.has("other/landscape.webp"));
}

#[test]
fn the_first_of_several_pictures_is_never_all_of_them() {
    use tiff::encoder::{Compression, DeflateLevel, TiffEncoder, colortype::Gray8};

    let scene = Scene::new();
    let of_pages = |count: usize| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let file = TiffEncoder::new(&mut bytes).unwrap();
        let mut file = file.with_compression(Compression::Deflate(DeflateLevel::Best));
        for _ in 0..count {
            file.write_image::<Gray8>(60, 30, &[80; 60 * 30]).unwrap();
        }
        bytes.into_inner()
    };
    scene.write("in/one.tif", of_pages(1));
    scene.write("in/two.tif", of_pages(2));
    scene
        .run("convert in -o out --frames first --never-larger --tiff compression=none")
        .exits(0);
    let (one, two) = (scene.read("out/one.tif"), scene.read("out/two.tif"));
    assert_eq!(one, of_pages(1));
    assert!(two.len() > of_pages(2).len());
    let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(two)).unwrap();
    decoder.dimensions().unwrap();
    assert!(!decoder.more_images());
}
