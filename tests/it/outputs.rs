//! Where outputs go, what they replace, and what they take over from their sources.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::support::{Finished, Scene};

fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

fn set_modified(scene: &Scene, name: &str, time: SystemTime) {
    let file = fs::File::options().write(true).open(scene.path(name));
    file.unwrap().set_modified(time).unwrap();
}

fn modified(scene: &Scene, name: &str) -> SystemTime {
    scene.path(name).metadata().unwrap().modified().unwrap()
}

#[test]
fn modification_times_are_kept_when_asked() {
    let scene = Scene::with(&["tiny.png"]);
    set_modified(&scene, "in/tiny.png", long_ago());
    scene.run("thumbnail in -o out").exits(0);
    assert_ne!(modified(&scene, "out/tiny.png"), long_ago());
    scene.run("thumbnail in -o kept --keep-mtime").exits(0);
    assert_eq!(modified(&scene, "kept/tiny.png"), long_ago());
}

#[cfg(unix)]
#[test]
fn permissions_are_those_of_the_source() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::with(&["tiny.png", "plain.ppm"]);
    let set = |name: &str, mode| {
        fs::set_permissions(scene.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    set("in/tiny.png", 0o640);
    set("in/plain.ppm", 0o604);
    scene.run("convert in -o out -f png").exits(0);
    let mode = |name: &str| scene.path(name).metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("out/tiny.png"), 0o640);
    assert_eq!(mode("out/plain.png"), 0o604);
    // Also where a file is replaced that has others.
    scene
        .run("convert in/tiny.png --in-place --negate")
        .exits(0);
    assert_eq!(mode("in/tiny.png"), 0o640);
}

/// A request that cannot be leaves everything as it is, and does not even make the output folder.
#[track_caller]
fn refused(scene: &Scene, arguments: &str) -> Finished {
    let before = scene.tree(".");
    let finished = scene.run(arguments).exits(2);
    assert_eq!(scene.tree("."), before);
    finished
}

#[test]
fn two_sources_of_one_output_are_refused_by_name() {
    let scene = Scene::with(&["gray.jpg", "gray.png", "tiny.png"]);
    refused(&scene, "convert in -o out -f png").complains(&[
        "in/gray.jpg",
        "in/gray.png",
        "would both become out/gray.png",
        "hint: name outputs apart with --template",
    ]);
    scene
        .run("convert in -o out -f png --template {dir}/{name}.{ext}")
        .exits(0);
    assert_eq!(
        scene.names("out"),
        ["gray.jpg.png", "gray.png.png", "tiny.png.png"]
    );
    // Two inputs, each with a file of that name.
    scene.copy("tiny.png", "other/tiny.png");
    refused(&scene, "convert in other -o out2").complains(&["in/tiny.png", "other/tiny.png"]);
}

#[test]
fn outputs_that_differ_only_by_case_are_refused() {
    let scene = Scene::with(&["tiny.png"]);
    scene.copy("tiny.png", "in/Tiny.PNG");
    if scene.names("in").len() == 2 {
        refused(&scene, "thumbnail in -o out").complains(&["differ only by case"]);
        // Each in a folder of its own, they would share one here.
        scene.copy("plain.ppm", "in2/A/1.ppm");
        scene.copy("plain.ppm", "in2/a/1.ppm");
        refused(&scene, "thumbnail in2 -o out").complains(&["in2/A/1.ppm", "in2/a/1.ppm"]);
    }
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let scene = Scene::with(&["tiny.png", "plain.ppm"]);
    let words = ["in/plain.ppm", "which is the input", "--in-place"];
    refused(&scene, "thumbnail in -o in").complains(&words);
    refused(&scene, "thumbnail in -o in --on-conflict overwrite").complains(&words);
    refused(&scene, "thumbnail in -o ./in/../in --on-conflict skip").complains(&words);
    scene
        .run("thumbnail in -o in --template {stem}.small.{ext}")
        .exits(0);
    assert_eq!(scene.names("in").len(), 4);
}

#[cfg(unix)]
#[test]
fn an_output_that_is_an_input_by_another_name_is_refused() {
    let scene = Scene::with(&["tiny.png"]);
    std::os::unix::fs::symlink("in", scene.path("alias")).unwrap();
    refused(&scene, "thumbnail in -o alias --on-conflict overwrite")
        .complains(&["which is the input"]);
}

#[test]
fn a_second_run_is_refused_unless_told_what_to_do() {
    let scene = Scene::with(&["tiny.png", "plain.ppm"]);
    scene.run("thumbnail in -o out").exits(0);
    refused(&scene, "thumbnail in -o out").complains(&[
        "2 outputs are there already",
        "out/plain.ppm",
        "hint: choose --on-conflict",
    ]);
}

/// `out/plain.ppm` is there, with other content and from the year 2001; says what the run made of it.
fn on_conflict(policy: &str, there: usize, more: &str) -> (Scene, Finished) {
    let scene = Scene::with(&["plain.ppm", "tiny.png"]);
    scene.write("out/plain.ppm", vec![b'x'; there]);
    set_modified(&scene, "out/plain.ppm", long_ago());
    let command = format!("convert in -o out --on-conflict {policy} --events - {more}");
    let finished = scene.run(&command).exits(0);
    assert!(scene.has("out/tiny.png"), "{policy}");
    (scene, finished)
}

fn skip_reasons(finished: &Finished) -> Vec<Value> {
    let skipped = finished.events_named("skipped");
    skipped
        .iter()
        .map(|event| event["reason"].clone())
        .collect()
}

#[test]
fn what_is_there_is_skipped() {
    let (scene, finished) = on_conflict("skip", 5, "");
    assert_eq!(scene.read("out/plain.ppm"), b"xxxxx");
    assert_eq!(skip_reasons(&finished), ["output-exists"]);
    assert_eq!(finished.summary()["done"], 1);
}

#[test]
fn what_is_there_is_overwritten() {
    let (scene, _) = on_conflict("overwrite", 5, "");
    assert_eq!(scene.picture("out/plain.ppm").width(), 150);
}

#[test]
fn what_is_there_gets_a_neighbour() {
    let (scene, _) = on_conflict("unique", 5, "");
    assert_eq!(scene.read("out/plain.ppm"), b"xxxxx");
    assert_eq!(scene.picture("out/plain-1.ppm").width(), 150);
    scene.run("convert in -o out --on-conflict unique").exits(0);
    assert!(scene.has("out/plain-2.ppm") && scene.has("out/tiny-1.png"));
    // Two sources of one output are told apart like that, too.
    scene.copy("plain.ppm", "other/plain.ppm");
    scene
        .run("convert in other -o both --on-conflict unique")
        .exits(0);
    assert_eq!(
        scene.names("both"),
        ["plain-1.ppm", "plain.ppm", "tiny.png"]
    );
}

#[test]
fn what_is_there_is_replaced_if_its_source_is_newer() {
    let (scene, _) = on_conflict("if-newer", 5, "");
    assert_eq!(scene.picture("out/plain.ppm").width(), 150);
    let again = "convert in -o out --on-conflict if-newer --events -";
    let finished = scene.run(again).exits(0);
    assert_eq!(skip_reasons(&finished), ["up-to-date", "up-to-date"]);
    set_modified(
        &scene,
        "in/plain.ppm",
        SystemTime::now() + Duration::from_secs(5),
    );
    let finished = scene.run(again).exits(0);
    assert_eq!(finished.summary()["done"], 1);
}

#[test]
fn what_is_there_is_replaced_if_the_output_is_smaller() {
    let (scene, finished) = on_conflict("if-smaller", 5, "");
    assert_eq!(scene.read("out/plain.ppm"), b"xxxxx");
    assert_eq!(skip_reasons(&finished), ["not-smaller"]);
    let (scene, _) = on_conflict("if-smaller", 100_000, "");
    assert_eq!(scene.picture("out/plain.ppm").width(), 150);
}

#[test]
fn every_policy_settles_what_a_dry_run_plans() {
    for policy in ["skip", "overwrite", "unique", "if-newer", "if-smaller"] {
        let scene = Scene::with(&["plain.ppm", "tiny.png"]);
        scene.write("out/plain.ppm", "old");
        set_modified(&scene, "in/plain.ppm", long_ago());
        let command = format!("convert in -o out --events - --on-conflict {policy}");
        let planned = scene.run(&format!("{command} --dry-run")).exits(0);
        let done = scene.run(&command).exits(0);
        let outputs = |finished: &Finished, name| {
            let events = finished.events_named(name);
            let outputs = events.iter().map(|event| event["output"].to_string());
            outputs.collect::<std::collections::BTreeSet<_>>()
        };
        let mut planned = outputs(&planned, "planned");
        if policy == "if-smaller" {
            // Which is known only when it is made.
            planned.remove("\"out/plain.ppm\"");
        }
        assert_eq!(outputs(&done, "job-done"), planned, "{policy}");
    }
}

#[test]
fn templates_name_outputs_by_what_is_in_them() {
    let scene = Scene::with(&["plain.ppm", "trips/2024/harbour.jpg"]);
    let template = "--template {dir}/{width}/{stem}-{width}x{height}.{format}.{ext}";
    scene
        .run(&format!("thumbnail in -o out -f png {template}"))
        .exits(0);
    assert_eq!(
        scene.names("out"),
        [
            "150/plain-150x100.png.png",
            "trips/2024/320/harbour-320x213.png.png"
        ]
    );
    assert_eq!(
        scene
            .picture("out/trips/2024/320/harbour-320x213.png.png")
            .height(),
        213
    );
}

/// A survey comes first, whose workers and failures are told like any others.
#[test]
fn sizes_in_names_do_not_confuse_what_is_told() {
    let scene = Scene::with(&["plain.ppm", "tiny.png", "trips/no-picture.jpg"]);
    let command = "thumbnail in -o out --template {stem}-{width}.{ext} --events -";
    let finished = scene.run(command).exits(1);
    let mut workers: Vec<Value> = finished
        .events_named("worker-ready")
        .iter()
        .map(|event| event["worker"].clone())
        .collect();
    let count = workers.len();
    workers.sort_by_key(Value::as_u64);
    workers.dedup();
    assert_eq!(workers.len(), count, "no number is used twice");
    let failed = finished.events_named("job-failed");
    assert_eq!(
        failed[0]["job"],
        Value::Null,
        "it failed before there was a job"
    );
    assert_eq!(finished.summary()["failed"], 1);
}

#[cfg(unix)]
#[test]
fn two_names_of_one_file_may_have_sizes_in_their_outputs_names() {
    let scene = Scene::with(&["plain.ppm"]);
    std::os::unix::fs::symlink("plain.ppm", scene.path("in/alias.ppm")).unwrap();
    scene
        .run("thumbnail in -o out --template {stem}-{width}.{ext}")
        .exits(0);
    assert_eq!(scene.names("out"), ["alias-150.ppm", "plain-150.ppm"]);
}

#[test]
fn in_place_replaces_and_keeps_a_backup() {
    let scene = Scene::with(&["plain.ppm", "trips/2024/harbour.jpg"]);
    let before = scene.tree("in");
    let command = "convert in --in-place --backup .orig --resize 50%";
    scene.run(command).exits(0);
    assert_eq!(scene.picture("in/plain.ppm").width(), 75);
    assert_eq!(scene.picture("in/trips/2024/harbour.jpg").width(), 400);
    let mut after = scene.tree("in");
    assert_eq!(after.len(), 4, "{after:?}");
    after.retain(|name, _| {
        name.extension()
            .is_some_and(|extension| extension == "orig")
    });
    assert!(after.values().eq(before.values()));
    // A backup is never lost.
    refused(
        &scene,
        "convert in --in-place --backup .orig --exclude *.orig --flip",
    )
    .complains(&["in/plain.ppm.orig", "is there already"]);
}

#[test]
fn in_place_takes_what_is_smaller_only() {
    let scene = Scene::with(&["plain.ppm", "trips/2024/harbour.jpg"]);
    let before = scene.tree("in");
    let command = "convert in --in-place --on-conflict if-smaller --events -";
    let finished = scene.run(&format!("{command} --resize 200%")).exits(0);
    assert_eq!(skip_reasons(&finished), ["not-smaller", "not-smaller"]);
    assert_eq!(scene.tree("in"), before);
    scene.run(&format!("{command} --resize 50%")).exits(0);
    assert_eq!(scene.picture("in/plain.ppm").width(), 75);
}

#[cfg(unix)]
#[test]
fn in_place_leaves_links_links() {
    let scene = Scene::with(&["plain.ppm"]);
    fs::create_dir(scene.path("links")).unwrap();
    std::os::unix::fs::symlink("../in/plain.ppm", scene.path("links/a.ppm")).unwrap();
    scene.run("convert links --in-place --resize 50%").exits(0);
    assert!(scene.path("links/a.ppm").is_symlink());
    assert_eq!(scene.picture("in/plain.ppm").width(), 75);
    assert_eq!(scene.names("in"), ["plain.ppm"]);
}

#[test]
fn two_runs_at_once_do_not_share_a_folder() {
    let scene = Scene::with_copies("gray.png", 20);
    scene.copy("plain.ppm", "two/plain.ppm");
    let mut first = scene.start("convert in -o out --blur 40 -j 1");
    first.until("job-started");
    let second = scene.start("convert two -o out").finish().exits(3);
    assert_eq!(second.summary()["left"], 1);
    second.complains(&["another run of lightmill is writing to out", "hint: "]);
    first.finish().exits(0);
    assert_eq!(scene.names("out").len(), 20);
    scene.run("convert two -o out").exits(0);
}

/// In place, a run takes the folder that it stages in, and that of its journal; the one that it could have is given
/// back if the other is not to be had.
#[test]
fn a_run_that_cannot_have_all_folders_leaves_nothing_in_any() {
    let scene = Scene::with_copies("gray.png", 20);
    scene.copy("plain.ppm", "both/1/plain.ppm");
    let mut first = scene.start("convert in -o both --blur 40 -j 1");
    first.until("job-started");
    let second = "convert both --in-place --flip --include *.ppm";
    scene.run(second).exits(3).complains(&["another run"]);
    assert_eq!(scene.names("both/1"), ["plain.ppm"]);
    first.finish().exits(0);
}
