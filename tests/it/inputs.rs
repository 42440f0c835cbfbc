//! What is found: folders, files, patterns, lists; and what is left out, with its reason.

use std::fs;

use serde_json::Value;

use super::support::{Finished, Scene};

/// The sources of all events of a name, with what `pick` takes of each.
fn sources(finished: &Finished, name: &str, pick: &str) -> Vec<(String, Value)> {
    let mut found: Vec<_> = finished
        .events_named(name)
        .iter()
        .map(|event| {
            let source = event["source"].as_str().unwrap().to_owned();
            (source, event.pointer(pick).cloned().unwrap_or_default())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn skipped(finished: &Finished) -> Vec<(String, Value)> {
    sources(finished, "skipped", "/reason")
}

fn failed(finished: &Finished) -> Vec<(String, Value)> {
    sources(finished, "job-failed", "/failure/kind")
}

fn row(source: &str, word: impl Into<Value>) -> (String, Value) {
    (source.to_owned(), word.into())
}

/// What a dry run would write.
#[track_caller]
fn planned(scene: &Scene, arguments: &str) -> Vec<String> {
    let finished = scene.run(&format!("{arguments} --dry-run")).exits(0);
    let lines = finished.stdout.lines();
    lines
        .map(|line| line.split_once(" -> ").unwrap().1.replace('\\', "/"))
        .collect()
}

#[test]
fn folders_are_mirrored_and_files_are_not() {
    let scene = Scene::with(&["tiny.png", "trips/2024/harbour.jpg"]);
    assert_eq!(
        planned(&scene, "thumbnail in -o out"),
        ["out/tiny.png", "out/trips/2024/harbour.jpg"]
    );
    assert_eq!(
        planned(&scene, "thumbnail in/trips in/tiny.png -o out"),
        ["out/2024/harbour.jpg", "out/tiny.png"]
    );
    assert_eq!(
        planned(&scene, "thumbnail in/trips/2024/harbour.jpg -o out"),
        ["out/harbour.jpg"]
    );
}

#[test]
fn patterns_are_expanded() {
    let scene = Scene::with(&[
        "tiny.png",
        "gray.png",
        "gray.jpg",
        "orientation/exif-1.jpg",
        "trips/2024/harbour.jpg",
    ]);
    let plan = |pattern: &str| planned(&scene, &format!("thumbnail {pattern} -o out"));
    assert_eq!(plan("in/*.png"), ["out/gray.png", "out/tiny.png"]);
    assert_eq!(plan("in/*.jpg"), ["out/gray.jpg"]);
    assert_eq!(
        plan("in/**/*.jpg"),
        [
            "out/gray.jpg",
            "out/orientation/exif-1.jpg",
            "out/trips/2024/harbour.jpg"
        ]
    );
    assert_eq!(plan("in/g?ay.{png,jpg}"), ["out/gray.jpg", "out/gray.png"]);
    assert_eq!(plan("i[mn]/tiny.*"), ["out/in/tiny.png"]);
    scene
        .run("thumbnail in/*.gif -o out")
        .exits(2)
        .complains(&["nothing matches `in/*.gif`"]);
}

#[test]
fn a_name_with_wildcards_in_it_is_a_name_first() {
    let scene = Scene::with(&["tiny.png"]);
    scene.copy("tiny.png", "in/[1].png");
    assert_eq!(
        planned(&scene, "thumbnail in/[1].png -o out"),
        ["out/[1].png"]
    );
}

#[test]
fn an_input_that_is_not_there_is_a_wrong_request() {
    let scene = Scene::with(&["tiny.png"]);
    scene
        .run("thumbnail in nowhere -o out")
        .exits(2)
        .complains(&["cannot read input nowhere"]);
    assert!(!scene.has("out"));
}

#[test]
fn lists_come_from_files_and_from_standard_input() {
    let scene = Scene::with(&["tiny.png", "trips/2024/harbour.jpg"]);
    scene.write("list", "in/tiny.png\r\n\nin/trips/2024/harbour.jpg");
    let outputs = ["out/in/tiny.png", "out/in/trips/2024/harbour.jpg"];
    assert_eq!(
        planned(&scene, "thumbnail --files-from list -o out"),
        outputs
    );
    let call = |arguments: &str, list: &[u8]| {
        let finished = scene.call(arguments).stdin(list).run().exits(0);
        finished.stdout.lines().count()
    };
    let lines = b"in/tiny.png\nin/trips/2024/harbour.jpg\n";
    assert_eq!(call("thumbnail -n --files-from - -o out", lines), 2);
    let nuls = b"in/tiny.png\0in/trips/2024/harbour.jpg\0";
    assert_eq!(call("thumbnail -n --files-from - -0 -o out", nuls), 2);
    // A path that leads upwards is not mirrored: it would leave the output folder.
    let upward = scene.call("thumbnail -n --files-from - -o out");
    let upward = upward.stdin(b"in/../in/tiny.png\n").run().exits(0);
    assert!(
        upward.stdout.contains("-> out/tiny.png"),
        "{}",
        upward.stdout
    );
    // Beside a list there may be other inputs; a folder in a list is walked.
    let both = scene.call("thumbnail -n in/tiny.png --files-from - -o out");
    let both = both.stdin(b"in/trips\n").run().exits(0);
    assert!(
        both.stdout.contains("-> out/2024/harbour.jpg"),
        "{}",
        both.stdout
    );
}

#[test]
fn a_listed_file_that_is_not_there_fails_alone() {
    let scene = Scene::with(&["tiny.png", "plain.ppm"]);
    scene.write("list", "in/tiny.png\nin/gone.png\nin/plain.ppm\n");
    let command = "thumbnail --files-from list -o out --events -";
    let finished = scene.run(command).exits(1);
    assert_eq!(failed(&finished), [row("in/gone.png", "vanished")]);
    assert_eq!(scene.names("out/in"), ["plain.ppm", "tiny.png"]);
}

#[test]
fn names_are_included_and_excluded() {
    let scene = Scene::with(&["tiny.png", "gray.jpg", "trips/2024/harbour.jpg"]);
    scene.write("in/notes.txt", "some words");
    let plan = |filter: &str| planned(&scene, &format!("thumbnail in -o out {filter}"));
    let (tiny, gray, harbour) = ("out/tiny.png", "out/gray.jpg", "out/trips/2024/harbour.jpg");
    assert_eq!(plan("--include *.jpg"), [gray, harbour]);
    assert_eq!(
        plan("--include *.jpg --include t*.png"),
        [gray, tiny, harbour]
    );
    assert_eq!(plan("--exclude *.jpg"), [tiny]);
    assert_eq!(plan("--exclude trips"), [gray, tiny]);
    assert_eq!(plan("--exclude **/2024"), [gray, tiny]);
    assert_eq!(plan("--include **/*.jpg --exclude gray.*"), [harbour]);
    let finished = scene
        .run("thumbnail in -o out --events - --exclude trips")
        .exits(0);
    assert!(skipped(&finished).contains(&row("in/trips", "filtered")));
    // What is included by name counts as a picture, whatever it holds.
    let finished = scene
        .run("thumbnail in -o two --events - --include *.txt")
        .exits(1);
    assert_eq!(failed(&finished), [row("in/notes.txt", "unrecognized")]);
}

#[test]
fn hidden_names_are_left_out_unless_asked_for() {
    let scene = Scene::with(&["tiny.png"]);
    scene.copy("tiny.png", "in/.secret.png");
    scene.copy("tiny.png", "in/.git/object.png");
    let finished = scene.run("thumbnail in -o out --events -").exits(0);
    let hidden = [row("in/.git", "hidden"), row("in/.secret.png", "hidden")];
    assert_eq!(skipped(&finished), hidden);
    assert_eq!(
        planned(&scene, "thumbnail in -o all --hidden"),
        ["all/.git/object.png", "all/.secret.png", "all/tiny.png"]
    );
    // Named, it is not left out.
    assert_eq!(
        planned(&scene, "thumbnail in/.secret.png -o all"),
        ["all/.secret.png"]
    );
}

#[test]
fn what_is_named_twice_is_done_once() {
    let scene = Scene::with(&["tiny.png"]);
    let finished = scene
        .run("thumbnail in ./in/tiny.png -o out --events -")
        .exits(0);
    assert_eq!(skipped(&finished), [row("./in/tiny.png", "repeated")]);
    assert_eq!(finished.summary()["done"], 1);
}

#[test]
fn content_beats_the_name() {
    let scene = Scene::new();
    scene.copy("gray.png", "in/photo.jpg");
    scene.copy("gray.jpg", "in/nameless");
    scene.run("thumbnail in -o out").exits(0);
    assert_eq!(scene.names("out"), ["nameless.jpg", "photo.png"]);
    let format = |name: &str| image::guess_format(&scene.read(name)).unwrap();
    assert_eq!(format("out/photo.png"), image::ImageFormat::Png);
    assert_eq!(format("out/nameless.jpg"), image::ImageFormat::Jpeg);
}

#[test]
fn what_is_no_picture_is_skipped_unless_it_claims_to_be_one() {
    let scene = Scene::with(&["tiny.png"]);
    scene.write("in/notes.txt", "some words");
    scene.write("in/page.pdf", "%PDF-1.7\n");
    scene.write("in/empty", "");
    scene.write("in/words.jpg", "some words");
    scene.write("in/empty.png", "");
    let finished = scene.run("thumbnail in -o out --events -").exits(1);
    let skipped = skipped(&finished);
    let names: Vec<&str> = skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["in/empty", "in/notes.txt", "in/page.pdf"]);
    assert!(
        skipped
            .iter()
            .all(|(_, reason)| reason["not-a-picture"].is_string())
    );
    assert_eq!(
        failed(&finished),
        [
            row("in/empty.png", "damaged"),
            row("in/words.jpg", "unrecognized")
        ]
    );
    // Named, it is asked for.
    let finished = scene
        .run("thumbnail in/notes.txt -o two --events -")
        .exits(1);
    assert_eq!(failed(&finished), [row("in/notes.txt", "unrecognized")]);
}

#[test]
fn an_output_folder_inside_the_input_is_not_walked() {
    let scene = Scene::with(&["tiny.png", "plain.ppm"]);
    for _ in 0..2 {
        let command = "thumbnail in -o in/small --on-conflict overwrite --events -";
        let finished = scene.run(command).exits(0);
        assert_eq!(finished.summary()["done"], 2);
    }
    assert_eq!(scene.names("in/small"), ["plain.ppm", "tiny.png"]);
}

/// The costly image comes first, and while it is in hand the other goes away.
#[test]
fn a_file_that_vanishes_meanwhile_fails_alone() {
    let scene = Scene::with(&["foliage.jpg", "tiny.png"]);
    let mut run = scene.start("convert in -o out -j 1 --blur 2");
    run.until("run-started");
    fs::remove_file(scene.path("in/tiny.png")).unwrap();
    let finished = run.finish().exits(1);
    assert_eq!(failed(&finished), [row("in/tiny.png", "vanished")]);
    assert_eq!(
        scene.names("out").first().unwrap(),
        ".lightmill/journal.jsonl"
    );
    assert!(scene.has("out/foliage.jpg"));
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_link_that_leads_back_is_named_and_survived() {
        let scene = Scene::with(&["tiny.png"]);
        fs::create_dir(scene.path("in/deep")).unwrap();
        symlink("..", scene.path("in/deep/back")).unwrap();
        let finished = scene.run("thumbnail in -o out --events -").exits(0);
        assert_eq!(skipped(&finished), [row("in/deep/back", "loop")]);
        assert_eq!(finished.summary()["done"], 1);
    }

    #[test]
    fn links_to_files_and_folders_are_followed() {
        let scene = Scene::with(&["tiny.png"]);
        scene.copy("plain.ppm", "elsewhere/plain.ppm");
        symlink("../elsewhere", scene.path("in/folder")).unwrap();
        symlink("../elsewhere/plain.ppm", scene.path("in/file.ppm")).unwrap();
        scene.run("thumbnail in -o out").exits(0);
        assert_eq!(
            scene.names("out"),
            ["file.ppm", "folder/plain.ppm", "tiny.png"]
        );
        assert!(!scene.path("out/file.ppm").is_symlink());
    }

    #[test]
    fn a_link_that_leads_nowhere_fails_if_it_promises_a_picture() {
        let scene = Scene::with(&["tiny.png"]);
        symlink("nowhere", scene.path("in/lost.jpg")).unwrap();
        symlink("nowhere", scene.path("in/lost")).unwrap();
        let finished = scene.run("thumbnail in -o out --events -").exits(1);
        assert_eq!(failed(&finished), [row("in/lost.jpg", "vanished")]);
        assert_eq!(skipped(&finished), [row("in/lost", "special")]);
        assert!(scene.has("out/tiny.png"));
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let scene = Scene::with(&["tiny.png"]);
        let made = std::process::Command::new("mkfifo")
            .arg(scene.path("in/pipe.jpg"))
            .status();
        assert!(made.unwrap().success());
        let finished = scene.run("thumbnail in -o out --events -").exits(0);
        assert_eq!(skipped(&finished), [row("in/pipe.jpg", "special")]);
    }

    #[test]
    fn a_folder_that_cannot_be_read_fails_and_the_others_do_not() {
        let scene = Scene::with(&["tiny.png", "trips/2024/harbour.jpg"]);
        let set = |mode| {
            let folder = scene.path("in/trips");
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        };
        set(0o000);
        let readable = fs::read_dir(scene.path("in/trips")).is_ok();
        let finished = scene.run("thumbnail in -o out --events -");
        set(0o755);
        if readable {
            println!("note: not tried, for root may read everything");
            return;
        }
        let finished = finished.exits(1);
        assert_eq!(failed(&finished), [row("in/trips", "unreadable")]);
        assert!(scene.has("out/tiny.png"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_need_not_be_text() {
        let scene = Scene::new();
        let name = OsStr::from_bytes(b"caf\xe9.png");
        scene.copy("tiny.png", std::path::Path::new("in").join(name));
        let out = std::path::Path::new("out").join(name);
        let finished = scene.run("thumbnail in -o out --events - -v").exits(0);
        assert!(scene.has(&out));
        let done = &finished.events_named("job-done")[0];
        assert_eq!(done["output"]["hex"], "6f75742f636166e92e706e67");
        let listed = scene.call("convert --files-from - -0 -o two --flip");
        listed.stdin(b"in/caf\xe9.png\0").run().exits(0);
        assert!(scene.has(std::path::Path::new("two/in").join(name)));
        // A run that is gone on with knows it again.
        scene.copy("trips/no-picture.jpg", "in/bad.jpg");
        let command = "thumbnail in -o three --events -";
        scene.run(command).exits(1);
        let finished = scene.run(&format!("{command} --resume")).exits(1);
        assert_eq!(finished.summary()["resumed"], 1);
    }

    #[test]
    fn names_may_hold_line_ends_and_terminal_commands() {
        let scene = Scene::new();
        let name = "a\nb\u{1b}[31m\u{7}.png";
        scene.copy("tiny.png", format!("in/{name}"));
        let dry = scene.run("thumbnail in -o out --dry-run").exits(0);
        assert_eq!(
            dry.stdout,
            "in/a\\nb\\u{1b}[31m\\u{7}.png -> out/a\\nb\\u{1b}[31m\\u{7}.png\n"
        );
        let finished = scene.run("thumbnail in -o out -v").exits(0);
        assert!(!finished.stderr.contains('\u{1b}') && !finished.stderr.contains('\u{7}'));
        assert!(scene.has(format!("out/{name}")));
        let listed = scene.call("thumbnail --files-from - -0 -o two --events -");
        let list = format!("in/{name}\0");
        let finished = listed.stdin(list.as_bytes()).run().exits(0);
        assert_eq!(
            finished.events_named("job-done")[0]["source"],
            format!("in/{name}")
        );
    }
}
