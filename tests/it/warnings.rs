use super::support::{Finished, Scene};

const CUT: &str = "in/cut.jpg";
const TOLD: &str =
    "warning: in/cut.jpg: damaged jpeg file: the file ends too early; decoded as far as it goes\n";

/// A whole picture, and one that is cut in its middle.
fn scene() -> Scene {
    let scene = Scene::with(&["portrait.jpg"]);
    let bytes = scene.read("in/portrait.jpg");
    scene.write(CUT, &bytes[..bytes.len() / 2]);
    scene
}

fn warnings_of(finished: &Finished) -> Vec<(String, String)> {
    let mut warnings = Vec::new();
    for done in finished.events_named("job-done") {
        for warning in done["warnings"].as_array().unwrap() {
            let word = |name: &str| warning[name].as_str().unwrap().to_owned();
            warnings.push((word("kind"), word("reason")));
        }
    }
    warnings
}

#[test]
fn a_damaged_picture_is_made_of_what_there_is_and_told_of() {
    let scene = scene();
    for (number, command) in [
        "thumbnail in",
        "thumbnail in --isolation thread",
        "thumbnail in --isolation none",
        "convert in -f png",
        "convert in -q 70",
        "convert in --blur 2",
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("out-{number}");
        let command = format!("{command} -o {out} --events - --report report.json");
        let finished = scene.run(&command).exits(0);
        assert_eq!(scene.names(&out).len(), 2, "{command}");
        let finished = finished.complains(&[TOLD, "2 done (1 with a warning), 0 failed"]);
        let summary = finished.summary();
        assert_eq!(
            (&summary["done"], &summary["warned"]),
            (&2.into(), &1.into())
        );
        let reason = "damaged jpeg file: the file ends too early";
        let expected = ("damaged".to_owned(), reason.to_owned());
        assert_eq!(warnings_of(&finished), [expected], "{command}");
        let report: serde_json::Value = serde_json::from_slice(&scene.read("report.json")).unwrap();
        assert_eq!(report["images"][0]["warnings"][0]["reason"], reason);
        assert_eq!(report["images"][1]["warnings"], serde_json::json!([]));
    }
    let [whole, half] =
        ["portrait", "cut"].map(|name| scene.picture(format!("out-3/{name}.png")).to_rgb8());
    let (width, height) = whole.dimensions();
    assert_eq!(
        whole.get_pixel(width / 2, height / 8),
        half.get_pixel(width / 2, height / 8)
    );
    assert_eq!(half.get_pixel(width / 2, height - 1).0, [128; 3]);
}

#[test]
fn whoever_is_strict_gets_a_failure_in_the_same_words() {
    let scene = scene();
    for command in ["thumbnail in -o one", "convert in -o two -f png"] {
        let finished = scene
            .run(&format!("{command} --strict --events -"))
            .exits(1);
        let finished = finished.complains(&[
            "failed: in/cut.jpg: cannot decode: damaged jpeg file: the file ends too early\n",
            "1 done, 1 failed",
        ]);
        let failed = &finished.events_named("job-failed")[0];
        assert_eq!(failed["failure"]["kind"], "damaged");
        assert!(warnings_of(&finished).is_empty());
    }
    assert!(scene.has("one/portrait.jpg") && !scene.has("one/cut.jpg"));
    // Nor is what was made of it without being strict what is asked for now.
    let strict = scene.run("thumbnail in -o one --resume").exits(2);
    strict.complains(&["another request"]);
}

#[test]
fn warnings_are_not_for_those_who_want_quiet_and_are_at_hand_for_those_who_want_all() {
    let scene = scene();
    let quiet = scene.run("thumbnail in -o quiet --quiet").exits(0);
    assert_eq!(quiet.stderr, "");
    let verbose = scene.run("thumbnail in -o verbose -v").exits(0);
    assert_eq!(
        verbose.stderr.matches(TOLD).count(),
        2,
        "{}",
        verbose.stderr
    );
}

#[test]
fn what_a_run_made_with_a_warning_is_made() {
    let scene = scene();
    scene.copy("trips/no-picture.jpg", "in/bad.jpg");
    let command = "thumbnail in -o out --events -";
    scene.run(command).exits(1);
    let again = scene.run(&format!("{command} --resume")).exits(1);
    assert_eq!(again.summary()["resumed"], 2);
    assert!(warnings_of(&again).is_empty());
}

/// A file of as many frames of a picture of 4 x 3.
fn animation(frames: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    for shade in 0..frames {
        let picture = image::RgbaImage::from_pixel(4, 3, [shade, 0, 9, 255].into());
        encoder.encode_frame(image::Frame::new(picture)).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn frames_that_are_lost_are_told_of_and_no_damage() {
    let scene = Scene::new();
    scene.write("in/one.gif", animation(1));
    scene.write("in/two.gif", animation(2));
    for command in [
        "convert in -o out -f qoi --strict",
        "convert in -o bmp -f bmp --flip --frames all",
    ] {
        let finished = scene.run(&format!("{command} --events -")).exits(0);
        let finished = finished.complains(&[
            "warning: in/two.gif: an animation of several frames; only the first is kept\n",
        ]);
        assert_eq!(finished.summary()["warned"], 1);
        assert_eq!(warnings_of(&finished)[0].0, "frames-dropped");
    }
}
