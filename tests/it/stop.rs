//! Runs that are told to end early: by signals, by failures, by readers that go away.

use serde_json::Value;

use super::support::{Running, Scene, Tree};

const COPIES: usize = 36;
const COMMAND: &str = "convert in -o out --blur 40 -j 2";

fn scene() -> Scene {
    Scene::with_copies("gray.png", COPIES)
}

/// The journal is the one thing that a stopped run keeps for itself.
#[track_caller]
fn assert_only_journal_beside(tree: &Tree, outputs: usize) {
    let own: Vec<_> = tree
        .keys()
        .filter(|name| name.starts_with(".lightmill"))
        .collect();
    assert!(
        own.iter()
            .all(|name| name.ends_with("journal.jsonl") || name.ends_with("lock")),
        "{own:?}"
    );
    assert_eq!(own.len(), 2, "{own:?}");
    assert_eq!(tree.len() - own.len(), outputs);
}

#[cfg(unix)]
mod signals {
    use super::*;
    use crate::support::{eventually, is_alive, pid_of};
    use libc::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    use std::time::Duration;

    /// Lets a run come to its third image; says which processes its workers are.
    fn under_way(run: &mut Running) -> Vec<u32> {
        let mut workers = Vec::new();
        let mut done = 0;
        while done < 2 {
            let event = run.next_event().expect("the run is long enough");
            match event["event"].as_str() {
                Some("worker-ready") => workers.push(pid_of(&event)),
                Some("job-done") => done += 1,
                _ => {}
            }
        }
        run.until("job-started");
        workers
    }

    fn stopped_once_by(signal: i32) {
        let scene = scene();
        let mut run = scene.start(COMMAND);
        let workers = under_way(&mut run);
        run.signal(signal);
        assert_eq!(run.until("stopping")["cause"], "interrupted");
        let finished = run.finish().exits(130);
        assert!(!workers.into_iter().any(is_alive));
        // What was in hand has been finished, and nothing else begun.
        let count = |name| finished.events_named(name).len();
        assert_eq!(count("job-started"), count("job-done"));
        assert_eq!(count("worker-lost"), 0);
        let summary = finished.summary();
        let (done, left) = (count("job-done"), summary["left"].as_u64().unwrap());
        assert_eq!(done as u64 + left, COPIES as u64);
        assert!(left > 0);
        assert_eq!(summary["stopped"], "interrupted");
        assert_only_journal_beside(&scene.tree("out"), done);
        assert!(finished.stderr.contains("--resume"), "{}", finished.stderr);

        let resumed = scene
            .start(&format!("{COMMAND} --resume"))
            .finish()
            .exits(0);
        assert_eq!(resumed.summary()["resumed"], done);
        assert_eq!(resumed.summary()["done"], left);
        assert_eq!(scene.tree("out").len(), COPIES, "and no .lightmill");
    }

    #[test]
    fn sigint_finishes_what_is_in_hand() {
        stopped_once_by(SIGINT);
    }

    #[test]
    fn sigterm_is_as_sigint() {
        stopped_once_by(SIGTERM);
    }

    #[test]
    fn sighup_is_as_sigint() {
        stopped_once_by(SIGHUP);
    }

    /// The state of a process: `T` is stopped.
    #[cfg(target_os = "linux")]
    fn state(pid: u32) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit(')').next()?.trim().chars().next()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn ctrl_z_stops_everybody_and_fg_goes_on() {
        let scene = scene();
        let mut run = scene.start(COMMAND);
        let workers = under_way(&mut run);
        run.signal(SIGTSTP);
        run.until("paused");
        let everybody = || workers.iter().copied().chain([run.pid()]);
        eventually("all have stopped", Duration::from_secs(10), || {
            everybody().all(|pid| state(pid) == Some('T'))
        });
        run.signal(SIGCONT);
        run.until("resumed");
        let finished = run.finish().exits(0);
        assert_eq!(finished.summary()["workers_lost"], 0);
        assert_eq!(scene.tree("out").len(), COPIES);
    }

    /// A run that is stopped for longer than its images may take loses none of them.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_pause_counts_against_no_image() {
        let scene = scene();
        let mut run = scene.start(&format!("{COMMAND} --timeout 2s"));
        under_way(&mut run);
        run.signal(SIGTSTP);
        run.until("paused");
        eventually("it has stopped", Duration::from_secs(10), || {
            state(run.pid()) == Some('T')
        });
        run.signal(SIGINT);
        run.signal(SIGCONT);
        // What was sent meanwhile is heeded afterwards.
        assert_eq!(run.until("stopping")["cause"], "interrupted");
        let finished = run.finish().exits(130);
        assert_eq!(finished.summary()["workers_lost"], 0);
    }

    /// As under `nohup`: whoever starts us may have decided about a signal already.
    #[test]
    fn signals_that_are_ignored_stay_ignored() {
        let scene = scene();
        let mut shell = std::process::Command::new("/bin/sh");
        let itself = env!("CARGO_BIN_EXE_lightmill");
        shell
            .args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", itself])
            .args(COMMAND.split_whitespace())
            .args(["--events", "-"])
            .current_dir(scene.root())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let mut run = Running::of(shell.spawn().unwrap());
        under_way(&mut run);
        run.signal(SIGHUP);
        let finished = run.finish().exits(0);
        assert_eq!(finished.events_named("job-done").len(), COPIES);
    }

    #[test]
    fn a_second_signal_kills_the_workers() {
        let scene = Scene::with_copies("landscape.jpg", 6);
        let mut run = scene.start("convert in -o out --rotate 10 -j 2");
        let workers =
            [run.until("worker-ready"), run.until("worker-ready")].map(|event| pid_of(&event));
        run.until("job-entered");
        run.signal(SIGINT);
        run.until("stopping");
        run.signal(SIGINT);
        let finished = run.finish().exits(130);
        eventually("no worker is left", Duration::from_secs(1), || {
            !workers.iter().any(|pid| is_alive(*pid))
        });
        let done = finished.events_named("job-done").len();
        assert!(done < 2, "killed, not waited for");
        assert_eq!(finished.summary()["left"], 6 - done);
        assert_only_journal_beside(&scene.tree("out"), done);
    }

    #[test]
    fn a_stop_is_heeded_while_sizes_are_surveyed() {
        let scene = Scene::with_copies("gray.png", 400);
        let mut run =
            scene.start("convert in -o out --blur 40 -j 2 --template {stem}-{width}.{ext}");
        run.until("worker-ready");
        run.signal(SIGINT);
        let finished = run.finish().exits(130);
        let summary = finished.summary();
        assert_eq!(summary["failed"], 0);
        let settled = summary["done"].as_u64().unwrap() + summary["left"].as_u64().unwrap();
        assert_eq!(settled, 400);
    }

    #[test]
    fn runs_without_processes_stop_as_well() {
        for isolation in ["thread", "none"] {
            let scene = scene();
            let mut run = scene.start(&format!("{COMMAND} --isolation {isolation}"));
            run.until("job-done");
            run.signal(SIGINT);
            let finished = run.finish().exits(130);
            let done = finished.events_named("job-done").len();
            assert!(done < COPIES, "{isolation}");
            assert_only_journal_beside(&scene.tree("out"), done);
        }
    }
}

/// Thirty good images, and some that fail among them.
fn scene_with_failures(count: usize) -> Scene {
    let scene = scene();
    for number in 0..count {
        scene.copy("trips/no-picture.jpg", format!("in/bad-{number}.jpg"));
    }
    scene
}

#[test]
fn failures_alone_do_not_stop_a_run() {
    let scene = scene_with_failures(5);
    let finished = scene.start(COMMAND).finish().exits(1);
    let summary = finished.summary();
    assert_eq!(
        (&summary["done"], &summary["failed"]),
        (&Value::from(COPIES), &Value::from(5))
    );
    assert_eq!(summary["stopped"], Value::Null);
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let scene = scene();
    // The costliest image comes first, and it is a bad one.
    scene.copy("trips/no-picture.jpg", "in/bad.jpg");
    let mut bad = scene.read("in/bad.jpg");
    bad.resize(200_000, 0);
    scene.write("in/bad.jpg", bad);
    let finished = scene
        .start(&format!("{COMMAND} --fail-fast"))
        .finish()
        .exits(1);
    let summary = finished.summary();
    assert_eq!(
        finished.events_named("stopping")[0]["cause"],
        "too-many-failures"
    );
    assert_eq!(summary["stopped"], "too-many-failures");
    assert_eq!(summary["failed"], 1);
    assert!(summary["left"].as_u64().unwrap() > 10, "{summary}");
    // What was left is done by the next run, which meets the bad image again.
    let finished = scene
        .start(&format!("{COMMAND} --resume"))
        .finish()
        .exits(1);
    assert_eq!(finished.summary()["left"], 0);
}

#[test]
fn a_run_may_be_allowed_some_failures() {
    let scene = scene_with_failures(5);
    let run = |most: usize| {
        scene
            .start(&format!(
                "{COMMAND} --on-conflict overwrite --max-failures {most}"
            ))
            .finish()
            .exits(1)
    };
    assert_eq!(run(3).summary()["stopped"], "too-many-failures");
    let enough = run(6).summary();
    assert_eq!(
        (&enough["stopped"], &enough["left"]),
        (&Value::Null, &Value::from(0))
    );
}

/// A failure that is met before there is any work counts as well.
#[test]
fn a_missing_listed_file_stops_a_run_that_must_not_fail() {
    let scene = scene();
    scene.write("list", "in/gone.jpg\nin/000.png\n");
    let finished = scene
        .start("thumbnail --files-from list -o out --fail-fast")
        .finish()
        .exits(1);
    assert_eq!(finished.summary()["left"], 1);
    assert_eq!(finished.events_named("worker-ready").len(), 0);
}

#[test]
fn a_reader_that_goes_away_ends_the_run() {
    let scene = scene();
    let call = scene.call(COMMAND).arg("--events").arg("-");
    let mut command = call.command();
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert!(lines.next().unwrap().unwrap().contains("run-started"));
    drop(lines);
    let finished = Running::of(child).finish().exits(3);
    assert!(finished.stderr.contains("error: "), "{}", finished.stderr);
    let outputs = scene.tree("out").len();
    assert!(outputs < COPIES, "it stopped early");
}

#[cfg(target_os = "linux")]
#[test]
fn events_that_cannot_be_written_end_the_run() {
    let scene = scene();
    let finished = scene.run(&format!("{COMMAND} --events /dev/full")).exits(3);
    finished.complains(&["/dev/full", "No space left"]);
}
