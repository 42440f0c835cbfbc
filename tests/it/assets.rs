use image::{ExtendedColorType, ImageEncoder, codecs::bmp::BmpEncoder};

use super::support::Scene;

/// A picture of noise, of some megabytes, the same for the same seed.
fn noise(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let count = width * height * 3;
    let samples: Vec<u8> = (0..count)
        .map(|at| ((at ^ seed).wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0])
        .collect();
    let mut bytes = Vec::new();
    BmpEncoder::new(&mut bytes)
        .write_image(&samples, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

#[test]
fn a_file_of_some_megabytes_reaches_every_worker() {
    let scene = Scene::with_copies("orientation/exif-1.jpg", 6);
    scene.write("noise, large.bmp", noise(1600, 1200, 1));
    let overlay = "\"noise, large.bmp\",width=50%,gravity=southeast,opacity=0.5";
    let mut made = Vec::new();
    for (number, isolation) in ["process", "thread", "none"].iter().enumerate() {
        let out = format!("out-{number}");
        scene
            .call(&format!(
                "convert in -o {out} -f png -j 2 --isolation {isolation}"
            ))
            .arg("--overlay")
            .arg(overlay)
            .run()
            .exits(0);
        made.push(scene.tree(&out));
    }
    assert_eq!(made[0].len(), 6);
    assert!(made[0] == made[1] && made[0] == made[2]);
    let plain = scene.picture("in/000.jpg").to_rgb8();
    let laid = scene.picture("out-0/000.png").to_rgb8();
    let (right, bottom) = (plain.width() - 1, plain.height() - 1);
    let differ = |x, y| plain.get_pixel(x, y) != laid.get_pixel(x, y);
    let corner = (0..9).flat_map(|x| (0..9).map(move |y| (x, y)));
    assert!(corner.clone().all(|(x, y)| !differ(x, y)));
    assert!(
        corner
            .into_iter()
            .any(|(x, y)| differ(right - x, bottom - y))
    );
}

/// What a run was to do is remembered with the checksums of the files that it needed.
#[test]
fn a_file_that_has_changed_is_another_request() {
    let scene = Scene::with(&["gray.png"]);
    scene.copy("trips/no-picture.jpg", "in/bad.jpg");
    scene.write("logo.bmp", noise(40, 30, 1));
    let command = "convert in -o out --overlay logo.bmp";
    scene.run(command).exits(1);
    scene
        .run(&format!("{command} --resume"))
        .exits(1)
        .complains(&["1 resumed"]);
    scene.write("logo.bmp", noise(40, 30, 2));
    scene
        .run(&format!("{command} --resume"))
        .exits(2)
        .complains(&["another request"]);
}

#[test]
fn files_that_there_is_no_room_for_are_refused_before_anything_is_done() {
    let scene = Scene::with(&["gray.png"]);
    scene.write("large.bmp", noise(2400, 2400, 1));
    for (flags, words) in [
        ("--overlay large.bmp --memory 64M -j 1", "raise --memory"),
        ("--overlay none.png", "none.png"),
        ("--overlay in", "in"),
        (
            "--text x,font=large.bmp",
            "neither a TrueType nor an OpenType font",
        ),
    ] {
        let finished = scene.run(&format!("convert in -o out {flags}")).exits(2);
        finished.complains(&[words]);
    }
    assert!(!scene.has("out"));
    // One that fits is worked on with what is left.
    scene
        .run("convert in -o out --overlay large.bmp,width=50% --memory 256M -j 1")
        .exits(0);
}

/// Letters are set and painted by a worker, which can open nothing.
#[test]
fn text_is_written_without_any_font_of_the_system() {
    let scene = Scene::with(&["gray.png"]);
    scene
        .call("convert in -o out")
        .arg("--text")
        .arg("\"Größe, Δ, Ж\",size=30%,color=white,outline=black")
        .run()
        .exits(0);
    assert_ne!(scene.read("out/gray.png"), scene.read("in/gray.png"));
}
