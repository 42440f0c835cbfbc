//! Whole runs: what is in the pictures that come out.

use std::collections::BTreeMap;
use std::path::Path;

use image::{DynamicImage, GenericImageView, ImageDecoder, ImageReader, Rgba};

use super::support::{Finished, Scene, decoded};

/// What a run into `out` wrote, apart from what failed.
fn bytes_of_run(scene: &Scene, arguments: &str) -> (Option<i32>, super::support::Tree) {
    let out = format!("out-{}", arguments.replace(' ', ""));
    let finished = scene.run(&format!("{arguments} -o {out}"));
    let mut tree = scene.tree(&out);
    // The one bad sample leaves a journal behind.
    tree.retain(|name, _| !name.starts_with(".lightmill"));
    (finished.code, tree)
}

fn same_bytes_everywhere(command: &str, images: usize) {
    let scene = Scene::with_all();
    let first = bytes_of_run(&scene, &format!("{command} -j 1"));
    assert_eq!(first.0, Some(1), "the bad sample fails");
    assert_eq!(first.1.len(), images);
    for how in [
        "-j 2",
        "-j 5",
        "-j 2 --isolation thread",
        "--isolation none",
    ] {
        assert_eq!(
            first,
            bytes_of_run(&scene, &format!("{command} {how}")),
            "{how}"
        );
    }
}

#[test]
fn thumbnails_are_the_same_bytes_whatever_the_workers() {
    same_bytes_everywhere("thumbnail in", 30);
}

#[test]
fn conversions_are_the_same_bytes_whatever_the_workers() {
    same_bytes_everywhere(
        "convert in --exclude {landscape,panorama,portrait,foliage,night}.* --resize 50% --blur 1.5 --crop 90%x80% --contrast 1.2",
        25,
    );
}

#[test]
fn every_run_tells_the_counts_and_mirrors_the_tree() {
    let scene = Scene::with_all();
    let finished = scene.call("thumbnail in -o out --events -").run().exits(1);
    let summary = finished.summary();
    assert_eq!(
        (&summary["done"], &summary["failed"]),
        (&30.into(), &1.into())
    );
    assert_eq!(finished.events_named("job-done").len(), 30);
    let failed = finished.events_named("job-failed");
    assert_eq!(failed[0]["source"], "in/trips/no-picture.jpg");
    assert!(
        finished.stderr.contains("30 done, 1 failed"),
        "{}",
        finished.stderr
    );
    let names = scene.names("out");
    for name in [
        "orientation/exif-8.jpg",
        "trips/2024/harbour.jpg",
        "trips/2024/été au lac.png",
    ] {
        assert!(names.iter().any(|made| made == name), "{name} in {names:?}");
    }
}

#[test]
fn the_eight_orientations_become_one_upright_picture() {
    let scene = Scene::new();
    for number in 1..=8 {
        let sample = format!("orientation/exif-{number}.jpg");
        scene.copy(&sample, format!("in/{number}.jpg"));
    }
    scene.run("thumbnail in -o out").exits(0);
    let upright = scene.picture("out/1.jpg");
    assert!(upright.width() > upright.height());
    for number in 1..=8 {
        let name = format!("out/{number}.jpg");
        assert_eq!(orientation_tag(&scene.read(&name)), 1, "{name}");
        let difference = mean_difference(&upright, &scene.picture(&name));
        assert!(difference < 3.0, "{name}: {difference}");
    }
    // Told not to, it leaves them turned, and says so in the file.
    scene
        .run("convert in/6.jpg -o turned --no-auto-orient")
        .exits(0);
    let turned = scene.picture("turned/6.jpg");
    assert!(turned.width() < turned.height());
}

fn orientation_tag(bytes: &[u8]) -> u8 {
    let reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format();
    let mut decoder = reader.unwrap().into_decoder().unwrap();
    decoder.orientation().unwrap().to_exif()
}

fn mean_difference(one: &DynamicImage, other: &DynamicImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let (one, other) = (one.to_rgb8(), other.to_rgb8());
    let pairs = one.as_raw().iter().zip(other.as_raw());
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let mean = sum as f64 / one.as_raw().len() as f64;
    mean
}

#[test]
fn the_longest_side_of_a_thumbnail_is_320_and_nothing_is_enlarged() {
    let scene = Scene::with_all();
    let finished = scene.call("thumbnail in -o out --events -").run().exits(1);
    let side = |event: &serde_json::Value, which: &str| {
        let side = |name: &str| event[which][name].as_u64().unwrap();
        side("width").max(side("height"))
    };
    let mut sizes = BTreeMap::new();
    for done in finished.events_named("job-done") {
        assert_eq!(
            side(&done, "after"),
            side(&done, "before").min(320),
            "{done}"
        );
        sizes.insert(
            done["output"].as_str().unwrap().to_owned(),
            done["after"].clone(),
        );
    }
    // What it says of a picture is what is in the file.
    let picture = scene.picture("out/panorama.jpg");
    let told = &sizes["out/panorama.jpg"];
    assert_eq!(
        (told["width"].as_u64(), told["height"].as_u64()),
        (Some(picture.width().into()), Some(picture.height().into()),)
    );
    assert_eq!(decoded(&scene.read("out/tiny.png")).dimensions(), (1, 1));
    let finished = scene
        .call("thumbnail in/tiny.png -o large --size 16 --upscale")
        .run();
    finished.exits(0);
    assert_eq!(scene.picture("large/tiny.png").dimensions(), (16, 16));
}

#[test]
fn sixteen_bits_stay_sixteen_bits() {
    let scene = Scene::with(&["gradient-16bit.png", "gray-16bit.tiff"]);
    scene.run("thumbnail in -o out --size 100").exits(0);
    let picture = scene.picture("out/gradient-16bit.png");
    assert_eq!(bits_a_sample(&picture), 16, "{:?}", picture.color());
    assert_eq!(bits_a_sample(&scene.picture("out/gray-16bit.tiff")), 16);
    let low_bytes = picture
        .to_rgb16()
        .into_raw()
        .into_iter()
        .filter(|sample| sample % 257 != 0);
    assert!(low_bytes.count() > 1000, "not 8 bits blown up");
    scene
        .run("convert in/gradient-16bit.png -o eight -f jpeg")
        .exits(0);
    assert_eq!(bits_a_sample(&scene.picture("eight/gradient-16bit.jpg")), 8);
}

#[test]
fn samples_are_stored_as_is_asked_where_the_format_has_such() {
    let scene = Scene::with(&["gradient-16bit.png", "tiny.png"]);
    scene.run("convert in -o shallow --depth 8").exits(0);
    scene.run("convert in -o deep --depth 16 -f tiff").exits(0);
    scene
        .run("convert in -o light --depth float -f tiff")
        .exits(0);
    for (folder, bits) in [("shallow", 8), ("deep", 16), ("light", 32)] {
        for name in scene.names(folder) {
            let picture = scene.picture(Path::new(folder).join(&name));
            assert_eq!(bits_a_sample(&picture), bits, "{folder}/{name}");
        }
    }
    let words = ["--depth asks for 16 bits", "webp"];
    scene
        .run("convert in -o out -f webp --depth 16")
        .exits(2)
        .complains(&words);
    scene.copy("landscape.jpg", "in/landscape.jpg");
    let words = ["landscape.jpg would become jpeg", "16 bits", "hint:"];
    scene
        .run("convert in -o out --depth 16")
        .exits(2)
        .complains(&words);
    assert!(!scene.has("out"));
}

/// A slope so faint that 8 bits make four steps of it, each of 64 columns.
fn faint() -> DynamicImage {
    let slope = |x: u32, _: u32| image::Luma([u16::try_from(20_000 + x * 4).unwrap()]);
    image::ImageBuffer::from_fn(256, 64, slope).into()
}

#[test]
fn steps_become_patterns_where_that_is_asked_for() {
    let scene = Scene::new();
    let mut file = std::io::Cursor::new(Vec::new());
    faint()
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    scene.write("in/faint.png", file.into_inner());
    scene.run("convert in -o steps --depth 8").exits(0);
    scene.run("convert in -o fine --depth 8 --dither").exits(0);
    scene.run("convert in -o webp -f webp --lossless").exits(0);
    scene
        .run("convert in -o fine -f webp --lossless --dither")
        .exits(0);
    // Of 8 columns, how far their mean is off at the most, in shades of 8 bits.
    let off = |name: &str| {
        let picture = scene.picture(name).to_luma8();
        let mean = |left: u32| {
            let samples = (0..8 * 64).map(|at| picture.get_pixel(left + at % 8, at / 8).0[0]);
            samples.map(f64::from).sum::<f64>() / (8.0 * 64.0)
        };
        let wanted = |left: u32| (20_000.0 + (f64::from(left) + 3.5) * 4.0) / 257.0;
        (0..256)
            .step_by(8)
            .map(|left| (mean(left) - wanted(left)).abs())
            .fold(0.0, f64::max)
    };
    for (coarse, fine) in [
        ("steps/faint.png", "fine/faint.png"),
        ("webp/faint.webp", "fine/faint.webp"),
    ] {
        assert!(off(coarse) > 0.25, "{coarse} {}", off(coarse));
        assert!(off(fine) < 0.03, "{fine} {}", off(fine));
    }
    // What stays deep stays as it is.
    scene.run("convert in -o same").exits(0);
    scene.run("convert in -o dithered --dither").exits(0);
    assert_eq!(scene.tree("same"), scene.tree("dithered"));
}

fn bits_a_sample(picture: &DynamicImage) -> u16 {
    picture.color().bits_per_pixel() / u16::from(picture.color().channel_count())
}

#[test]
fn webp_is_lossy_unless_told_otherwise() {
    let scene = Scene::with(&["landscape.jpg"]);
    // The same decoder for both: another one rounds otherwise.
    scene.run("convert in -o plain -f png").exits(0);
    let before = scene.picture("plain/landscape.png").to_rgb8();
    scene.run("convert in -o lossy -f webp").exits(0);
    scene.run("convert in -o poor -f webp -q 20").exits(0);
    scene.run("convert in -o exact -f webp --lossless").exits(0);
    assert!(scene.picture("exact/landscape.webp").to_rgb8() == before);
    assert!(scene.picture("lossy/landscape.webp").to_rgb8() != before);
    let length = |path| scene.read(path).len();
    let lossy = length("lossy/landscape.webp");
    assert!(length("poor/landscape.webp") < lossy);
    assert!(lossy < length("exact/landscape.webp") / 2);
}

#[test]
fn lossless_is_no_promise_that_is_broken_for_some() {
    let scene = Scene::with(&["tiny.png", "landscape.jpg"]);
    let before = scene.tree(".");
    for to in ["-o out", "--in-place"] {
        let words = ["landscape.jpg", "jpeg", "cannot be lossless", "hint:"];
        scene
            .run(&format!("convert in {to} --lossless"))
            .exits(2)
            .complains(&words);
        assert_eq!(scene.tree("."), before);
    }
    let call = "convert in -o out --lossless --include *.png";
    scene.run(call).exits(0);
    let picture = |path| scene.picture(path).to_rgba8();
    assert!(picture("out/tiny.png") == picture("in/tiny.png"));
}

#[test]
fn alpha_is_kept_where_there_is_room_and_laid_on_white_elsewhere() {
    let scene = Scene::with(&["logo.png"]);
    let before = scene.picture("in/logo.png").to_rgba8();
    let clear = before
        .enumerate_pixels()
        .find(|(_, _, pixel)| pixel.0[3] == 0);
    let (x, y, _) = clear.expect("the sample has a clear pixel");
    for format in ["png", "webp"] {
        scene
            .run(&format!("convert in -o {format} -f {format}"))
            .exits(0);
        let after = scene.picture(format!("{format}/logo.{format}")).to_rgba8();
        assert_eq!(after.get_pixel(x, y).0[3], 0, "{format}");
        let alphas = |picture: &image::RgbaImage| -> Vec<u8> {
            picture.pixels().map(|pixel| pixel.0[3]).collect()
        };
        assert!(alphas(&after) == alphas(&before), "{format}");
    }
    scene.run("convert in -o white -f jpeg -q 95").exits(0);
    let white = scene.picture("white/logo.jpg");
    assert!(
        near(white.get_pixel(x, y), [255, 255, 255]),
        "{:?}",
        white.get_pixel(x, y)
    );
    scene
        .run("convert in -o red -f jpeg -q 95 --background red")
        .exits(0);
    let red = scene.picture("red/logo.jpg");
    assert!(
        near(red.get_pixel(x, y), [255, 0, 0]),
        "{:?}",
        red.get_pixel(x, y)
    );
}

fn near(pixel: Rgba<u8>, color: [u8; 3]) -> bool {
    let pairs = pixel.0.into_iter().zip(color);
    pairs.into_iter().all(|(a, b)| a.abs_diff(b) < 12)
}

#[test]
fn operations_are_applied_in_the_order_typed() {
    let scene = Scene::with(&["plain.ppm"]);
    let (width, height) = scene.picture("in/plain.ppm").dimensions();
    assert!(width > 60 && height > 60);
    let size_after = |ops: &str, out: &str| {
        scene
            .run(&format!("convert in -o {out} -f png {ops}"))
            .exits(0);
        scene.picture(format!("{out}/plain.png")).dimensions()
    };
    assert_eq!(
        size_after("--crop 60x60 --resize 50%", "crop-first"),
        (30, 30)
    );
    assert_eq!(
        size_after("--resize 50% --crop 60x60", "resize-first"),
        ((width / 2).min(60), (height / 2).min(60),)
    );
    // The same flag twice, with another between.
    let border = "--extend 5 --crop 20x20 --extend 7";
    assert_eq!(size_after(border, "twice"), (34, 34));
    assert_eq!(
        size_after("--resize 40x20! --rotate 90 --flip", "turned"),
        (20, 40)
    );
}

#[test]
fn every_sample_becomes_every_format_that_is_written() {
    let scene = Scene::with_all();
    let formats = scene.run("formats").exits(0);
    let rows = formats
        .stdout
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty());
    let rows = rows.filter(|line| !line.starts_with(' '));
    // A format that is only read has no third column but `no`.
    let names: Vec<&str> = rows
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|columns| columns[2] != "no")
        .map(|columns| columns[0])
        .collect();
    assert!(
        names.contains(&"jpeg") && names.contains(&"ico"),
        "{names:?}"
    );
    for name in names {
        // An icon has at most 256 pixels a side, and the least JPEG XL file four pixels.
        let least = if name == "jxl" { "--extend 1 " } else { "" };
        let command = format!(
            "convert in -o {name} -f {name} --template {{name}}.{{ext}} --resize 48x48> {least}--events -"
        );
        let finished = scene.run(&command).exits(1);
        assert_all_but_the_bad_one(&finished, name);
        let made = finished.events_named("job-done");
        let output = made[0]["output"].as_str().unwrap();
        let extension = Path::new(output).extension().unwrap();
        assert_eq!(
            lightmill::codecs::Format::from_extension(extension.to_str().unwrap())
                .unwrap()
                .info()
                .name,
            name
        );
        let again = scene.run(&format!(
            "convert {name} -o again-{name} -f png --template {{name}}.{{ext}}"
        ));
        assert_eq!(
            again.code,
            Some(0),
            "{name} is read again: {}",
            again.stderr
        );
        assert_eq!(scene.tree(&format!("again-{name}")).len(), 30, "{name}");
    }
}

fn assert_all_but_the_bad_one(finished: &Finished, name: &str) {
    let failed = finished.events_named("job-failed");
    let sources: Vec<&str> = failed
        .iter()
        .filter_map(|event| event["source"].as_str())
        .collect();
    assert_eq!(sources, ["in/trips/no-picture.jpg"], "{name}: {failed:?}");
    assert_eq!(finished.events_named("job-done").len(), 30, "{name}");
}
