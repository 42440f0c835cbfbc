//! Places that cannot be written to: read-only, below a file, on a disk that is full or another one.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::support::{Finished, Running, Scene, is_root};

#[test]
fn an_output_folder_that_cannot_be_made_ends_the_run() {
    let scene = Scene::with(&["tiny.png"]);
    scene.write("file.txt", "no folder");
    let finished = scene.run("thumbnail in -o file.txt/out").exits(3);
    finished.complains(&["cannot write to file.txt/out"]);
    assert_eq!(scene.read("file.txt"), b"no folder");
    assert!(!scene.has("in/.lightmill"));
}

#[test]
fn a_read_only_target_ends_the_run() {
    if is_root() {
        println!("note: not tried, for root may write everywhere");
        return;
    }
    let scene = Scene::with(&["tiny.png"]);
    fs::create_dir(scene.path("out")).unwrap();
    let set = |mode| fs::set_permissions(scene.path("out"), fs::Permissions::from_mode(mode));
    set(0o555).unwrap();
    let finished = scene.run("thumbnail in -o out");
    set(0o755).unwrap();
    finished.exits(3).complains(&["cannot write to out"]);
    assert_eq!(scene.names("out").len(), 0);
}

/// Not even root may write there.
#[test]
fn a_read_only_disk_ends_the_run() {
    let scene = Scene::with(&["tiny.png"]);
    let Some(disk) = Disk::mount(scene.path("disk"), 100) else {
        return;
    };
    assert!(mount(&["-o", "remount,ro"], &disk.path));
    let finished = scene.run("thumbnail in -o disk/out").exits(3);
    finished.complains(&["cannot write to disk/out", "Read-only file system"]);
    let listed = scene.run("thumbnail in -o disk").exits(3);
    listed.complains(&["cannot write to disk", "Read-only file system"]);
    assert_eq!(scene.names("disk").len(), 0);
}

/// Enough descriptors for nothing, for one worker, for some: the run ends with the reason, or does with fewer workers.
#[test]
fn too_few_descriptors_end_the_run_with_the_reason_or_slow_it_down() {
    let scene = Scene::with_copies("gray.png", 12);
    for (most, enough) in [
        (8, Some(false)),
        (12, Some(false)),
        (16, None),
        (20, None),
        (26, Some(true)),
        (34, Some(true)),
        (50, Some(true)),
        (80, Some(true)),
    ] {
        let out = format!("out-{most}");
        let mut shell = Command::new("/bin/sh");
        shell
            .arg("-c")
            .arg(format!("ulimit -n {most}; exec \"$0\" \"$@\""))
            .arg(env!("CARGO_BIN_EXE_lightmill"))
            .args(["thumbnail", "in", "-j", "8", "-o", &out])
            .current_dir(scene.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let finished = Running::of(shell.spawn().unwrap()).finish();
        let sufficed = finished.code == Some(0);
        assert!(
            enough.is_none_or(|enough| enough == sufficed),
            "{most}: {finished:?}"
        );
        if sufficed {
            assert_eq!(scene.tree(&out).len(), 12, "{most}");
        } else {
            finished.exits(3).complains(&["error: ", "open files"]);
        }
    }
}

/// An output's own folder is a file: that is one image's misfortune.
#[test]
fn a_folder_that_is_a_file_fails_its_images_alone() {
    let scene = Scene::with(&["tiny.png", "trips/2024/harbour.jpg"]);
    scene.write("out/trips", "a file");
    let finished = scene.run("thumbnail in -o out --events -").exits(1);
    let failed = &finished.events_named("job-failed")[0];
    assert_eq!(failed["failure"]["kind"], "unwritable");
    assert_eq!(failed["failure"]["stage"], "publish");
    assert!(scene.has("out/tiny.png"));
}

/// A file system in memory, unmounted when the test lets go of it.
struct Disk {
    path: PathBuf,
}

impl Disk {
    /// None where mounting is not allowed; then a note is printed.
    fn mount(path: PathBuf, kilobytes: u32) -> Option<Self> {
        fs::create_dir_all(&path).unwrap();
        let size = format!("size={kilobytes}k");
        let mounted = cfg!(target_os = "linux")
            && mount(&["-t", "tmpfs", "-o", &size, "lightmill-test"], &path);
        if mounted {
            Some(Self { path })
        } else {
            println!("note: not tried, for nothing can be mounted here");
            None
        }
    }

    fn resize(&self, kilobytes: u32) {
        let size = format!("remount,size={kilobytes}k");
        assert!(mount(&["-o", &size], &self.path));
    }
}

fn mount(options: &[&str], path: &Path) -> bool {
    let done = Command::new("mount").args(options).arg(path).output();
    done.is_ok_and(|done| done.status.success())
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn counts(finished: &Finished) -> [u64; 3] {
    let summary = finished.summary();
    ["done", "failed", "left"].map(|name| summary[name].as_u64().unwrap())
}

#[test]
fn a_full_disk_ends_the_run_and_resume_completes_it() {
    let scene = Scene::with_copies("gray.png", 12);
    let Some(disk) = Disk::mount(scene.path("disk"), 256) else {
        return;
    };
    let command = "convert in -o disk/out --blur 2 -j 2 --events -";
    let finished = scene.run(command).exits(3);
    let [done, failed, left] = counts(&finished);
    assert_eq!(done + failed + left, 12);
    assert!(done > 0 && failed > 0, "{done} done, {failed} failed");
    assert_eq!(finished.summary()["stopped"], "cannot-go-on");
    let kind = &finished.events_named("job-failed")[0]["failure"]["kind"];
    assert_eq!(kind, "disk-full");
    let finished = finished.complains(&["error: ", "hint: make room", "--resume"]);
    // What is there is whole, and what is staged is swept.
    let mut names = scene.names("disk/out");
    names.retain(|name| !name.starts_with(".lightmill/"));
    assert_eq!(names.len() as u64, done);
    for event in finished.events_named("job-done") {
        scene.picture(event["output"].as_str().unwrap());
    }
    assert!(!scene.has("disk/out/.lightmill/stage"));

    disk.resize(8 << 10);
    let finished = scene.run(&format!("{command} --resume")).exits(0);
    assert_eq!(counts(&finished), [12 - done, 0, 0]);
    assert_eq!(finished.summary()["resumed"], done);
    scene.run("convert in -o clean --blur 2").exits(0);
    assert_eq!(scene.tree("disk/out"), scene.tree("clean"));
}

/// Room for so many blocks, and not one more: whatever is written when the disk is full, an output or the journal.
#[test]
fn wherever_the_disk_is_full_every_image_is_accounted_for() {
    let scene = Scene::with_copies("tiny.png", 40);
    let Some(disk) = Disk::mount(scene.path("disk"), 4) else {
        return;
    };
    let command = "thumbnail in -o disk/out -j 1 --isolation none --events -";
    for blocks in [1, 2, 3, 11].into_iter().chain(20..36) {
        disk.resize(blocks * 4);
        let finished = scene.run(command).exits(3);
        assert_eq!(counts(&finished).iter().sum::<u64>(), 40, "{blocks} blocks");
        let named = finished.events_named("job-failed").len();
        assert_eq!(finished.summary()["failed"], named);
        disk.resize(1 << 10);
        let finished = scene.run(&format!("{command} --resume")).exits(0);
        let summary = finished.summary();
        let [resumed, done] = ["resumed", "done"].map(|name| summary[name].as_u64());
        assert_eq!(resumed.unwrap() + done.unwrap(), 40, "{blocks} blocks");
        assert_eq!(scene.names("disk/out").len(), 40, "{blocks} blocks");
        fs::remove_dir_all(scene.path("disk/out")).unwrap();
    }
}

/// A folder inside the output may be a disk of its own: nothing can be moved there in one step from outside.
#[test]
fn outputs_cross_to_another_disk() {
    let scene = Scene::with(&["plain.ppm", "trips/2024/harbour.jpg"]);
    let Some(_disk) = Disk::mount(scene.path("out/trips"), 1 << 10) else {
        return;
    };
    scene.run("thumbnail in -o out").exits(0);
    assert_eq!(scene.names("out"), ["plain.ppm", "trips/2024/harbour.jpg"]);
    assert_eq!(scene.picture("out/trips/2024/harbour.jpg").width(), 320);
}

#[test]
fn an_output_folder_that_goes_away_ends_the_run() {
    let scene = Scene::with_copies("gray.png", 20);
    let mut run = scene.start("convert in -o out --blur 40 -j 1");
    run.until_nth("job-started", 2);
    fs::rename(scene.path("out"), scene.path("elsewhere")).unwrap();
    let finished = run.finish().exits(3);
    let [done, failed, left] = counts(&finished);
    assert_eq!(done + failed + left, 20);
    assert!(left > 0);
    let kinds: Vec<Value> = finished
        .events_named("job-failed")
        .iter()
        .map(|event| event["failure"]["kind"].clone())
        .collect();
    assert!(kinds.iter().all(|kind| kind == "output-gone"), "{kinds:?}");
}
