use std::path::Path;

use super::support::Scene;

/// A slope of colours in 16 x 16 pixels, as cjxl's lossless mode writes it.
fn jxl() -> Vec<u8> {
    let sample = "src/codecs/samples/gradient.jxl";
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(sample)).unwrap()
}

/// The same, of 12 rows, as a codestream of JPEG 2000.
fn j2k() -> Vec<u8> {
    let sample = "src/codecs/samples/slope.j2k";
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(sample)).unwrap()
}

#[test]
fn what_is_only_read_becomes_what_is_written() {
    let scene = Scene::with(&["landscape.jpg"]);
    scene.write("some/slope.j2k", j2k());
    scene.write("some/slope2.jxl", jxl());
    let photo = scene.read("in/landscape.jpg");
    let raw = [b"FUJIFILMCCD-RAW 0201".to_vec(), photo].concat();
    scene.write("some/photo.raf", raw);
    scene.run("convert some -o out").exits(0);
    assert_eq!(scene.names("out"), ["photo.jpg", "slope.png", "slope2.jxl"]);
    let slope = scene.picture("out/slope.png").into_rgb8();
    assert_eq!(slope.get_pixel(3, 5).0, [48, 80, 64]);
    let size = |name: &str| {
        let picture = scene.picture(name);
        (picture.width(), picture.height())
    };
    assert_eq!(size("out/photo.jpg"), size("in/landscape.jpg"));
}

#[test]
fn heic_becomes_jpeg_or_what_is_asked_for() {
    let scene = Scene::new();
    for (name, sample) in [("alpha", "slope-alpha"), ("deep", "slope-10")] {
        let path = format!("src/codecs/samples/{sample}.heic");
        let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        // Told by content.
        scene.write(format!("in/{name}.jpg"), &bytes);
        scene.write(format!("cut/{name}.heic"), &bytes[..bytes.len() - 99]);
    }
    scene.run("convert in -o out").exits(0);
    assert_eq!(scene.names("out"), ["alpha.jpg", "deep.jpg"]);
    scene.run("convert in -o exact -f png").exits(0);
    let alpha = scene.picture("exact/alpha.png").into_rgba8();
    assert!(alpha.get_pixel(32, 20).0[3].abs_diff(128) < 8);
    let deep = scene.picture("exact/deep.png");
    assert_eq!(deep.color(), image::ColorType::Rgb16);
    let pixel = deep.into_rgb8().get_pixel(32, 20).0;
    let near = pixel.iter().zip([128, 100, 104]);
    assert!(
        near.into_iter()
            .all(|(found, expected)| found.abs_diff(expected) < 8),
        "{pixel:?}"
    );
    scene.run("convert cut -o none").exits(1).complains(&[
        "alpha.heic: cannot decode: damaged heic file",
        "0 done, 2 failed",
    ]);
}

#[test]
fn what_is_only_read_is_refused_as_a_target() {
    let scene = Scene::new();
    scene.write("in/slope.j2k", j2k());
    scene
        .run("convert in -o out -f jp2")
        .exits(2)
        .complains(&["jp2 files are read, and not written"]);
    scene
        .run("convert in --in-place")
        .exits(2)
        .complains(&["slope.j2k cannot be changed in place"]);
    assert!(!scene.has("out"));
}

#[test]
fn avif_goes_out_and_comes_back() {
    let scene = Scene::with(&["landscape.jpg"]);
    scene
        .run(
            "convert in/landscape.jpg -o small -f avif --resize 96x96 -q 80 --avif subsampling=420",
        )
        .exits(0);
    scene.run("convert small -o back -f png").exits(0);
    scene
        .run("convert in/landscape.jpg -o direct -f png --resize 96x96")
        .exits(0);
    let [back, direct] =
        ["back/landscape.png", "direct/landscape.png"].map(|name| scene.picture(name).into_rgb8());
    assert_eq!(back.dimensions(), direct.dimensions());
    let apart: u32 = back
        .as_raw()
        .iter()
        .zip(direct.as_raw())
        .map(|(a, b)| u32::from(a.abs_diff(*b)))
        .sum();
    let mean = f64::from(apart) / f64::from(u32::try_from(back.as_raw().len()).unwrap());
    assert!(mean < 4.0, "{mean}");
}

#[test]
fn progressive_files_show_the_same_however_they_come_about() {
    let scene = Scene::with(&["landscape.jpg"]);
    // By coefficients, by planes, by pixels.
    for (name, ops) in [
        ("again", ""),
        ("small", "--resize 200x200"),
        ("gray", "--grayscale"),
    ] {
        scene
            .run(&format!("convert in/landscape.jpg -o {name} -q 80 {ops}"))
            .exits(0);
        scene
            .run(&format!(
                "convert in/landscape.jpg -o {name}/p -q 80 --jpeg progressive {ops}"
            ))
            .exits(0);
        let [baseline, progressive] =
            ["landscape.jpg", "p/landscape.jpg"].map(|file| scene.read(format!("{name}/{file}")));
        let begins = |bytes: &[u8], marker| bytes.windows(2).any(|pair| pair == [0xff, marker]);
        assert!(
            !begins(&baseline, 0xc2) && begins(&progressive, 0xc2),
            "{name}"
        );
        // Ten scans have ten heads.
        assert!(name != "again" || progressive.len() < baseline.len());
        let [a, b] = [baseline, progressive].map(|bytes| super::support::decoded(&bytes));
        assert_eq!(a, b, "{name}");
    }
}
