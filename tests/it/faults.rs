//! Processes that are killed: every image is done, none twice, and nothing is left behind.

#![cfg(unix)]

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use super::support::{Finished, Scene, Tree, eventually, is_alive, pid_of, send_signal};
use libc::{SIGCONT, SIGKILL, SIGSTOP};

/// Enough work for a run to be killed in the middle of it.
const COPIES: usize = 36;
const COMMAND: &str = "convert in -o out --blur 40 -j 2";

fn scene() -> Scene {
    Scene::with_copies("gray.png", COPIES)
}

/// What a run writes that nobody disturbs.
fn clean() -> &'static Tree {
    static CLEAN: OnceLock<Tree> = OnceLock::new();
    CLEAN.get_or_init(|| {
        let scene = scene();
        scene.run(COMMAND).exits(0);
        scene.tree("out")
    })
}

/// Every output once, the bytes of a clean run, and nothing beside them.
#[track_caller]
fn assert_whole(scene: &Scene, finished: &Finished) {
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for done in finished.events_named("job-done") {
        *made.entry(done["output"].to_string()).or_default() += 1;
    }
    assert_eq!(made.len(), COPIES);
    assert!(
        made.values().all(|times| *times == 1),
        "done twice: {made:?}"
    );
    assert_eq!(&scene.tree("out"), clean());
}

#[test]
fn workers_killed_again_and_again_cost_nothing() {
    let scene = scene();
    let mut run = scene.start(COMMAND);
    let mut killed = HashSet::new();
    while let Some(event) = run.next_event() {
        // Every third image loses its worker under its hands.
        let job = event["job"].as_u64().unwrap_or(1);
        if event["event"] == "job-started" && job % 3 == 0 && killed.insert(job) {
            send_signal(pid_of(&event), SIGKILL);
        }
    }
    let finished = run.finish().exits(0);
    assert_whole(&scene, &finished);
    assert_eq!(killed.len(), COPIES / 3);
    let lost = finished.events_named("worker-lost").len();
    // A worker may be struck twice, and one that has done everything is no loss.
    assert!((5..=killed.len()).contains(&lost), "{lost} lost");
    assert_eq!(finished.summary()["workers_lost"], lost);
}

#[test]
fn every_worker_may_be_killed_as_soon_as_it_is_ready() {
    let scene = scene();
    let mut run = scene.start(COMMAND);
    let mut killed = 0;
    while let Some(event) = run.next_event() {
        if event["event"] == "worker-ready" && killed < 6 {
            send_signal(pid_of(&event), SIGKILL);
            killed += 1;
        }
    }
    let finished = run.finish().exits(0);
    assert_eq!(
        killed, 6,
        "two to begin with, and one for each that was lost"
    );
    assert_whole(&scene, &finished);
}

#[test]
fn a_worker_that_hangs_and_is_killed_costs_nothing() {
    let scene = scene();
    let mut run = scene.start(COMMAND);
    let stopped = pid_of(&run.until("job-started"));
    send_signal(stopped, SIGSTOP);
    // The other one goes on meanwhile.
    run.until_nth("job-done", 5);
    send_signal(stopped, SIGKILL);
    let lost = run.until("worker-lost");
    assert_eq!(lost["pid"], stopped);
    assert!(lost["how"].as_str().unwrap().contains("SIGKILL"), "{lost}");
    let finished = run.finish().exits(0);
    assert_whole(&scene, &finished);
}

#[test]
fn a_worker_that_pauses_and_goes_on_costs_nothing() {
    let scene = scene();
    let mut run = scene.start(COMMAND);
    let paused = pid_of(&run.until("job-started"));
    send_signal(paused, SIGSTOP);
    run.until_nth("job-done", 3);
    send_signal(paused, SIGCONT);
    let finished = run.finish().exits(0);
    assert_whole(&scene, &finished);
    assert_eq!(finished.summary()["workers_lost"], 0);
}

/// Kills the coordinator when so many images are done; says which processes its workers were.
fn kill_after(scene: &Scene, command: &str, done: usize) -> Vec<u32> {
    let mut run = scene.start(command);
    let mut workers = Vec::new();
    let mut count = 0;
    while count < done {
        let event = run.next_event().expect("the run is long enough");
        match event["event"].as_str() {
            Some("worker-ready") => workers.push(pid_of(&event)),
            Some("job-done") => count += 1,
            _ => {}
        }
    }
    run.signal(SIGKILL);
    assert_eq!(run.finish().code, None, "a signal ended it");
    workers
}

#[test]
fn a_killed_coordinator_leaves_no_worker_and_no_half_file() {
    let scene = scene();
    for done in [1, 7] {
        let workers = kill_after(&scene, COMMAND, done);
        assert_eq!(workers.len(), 2);
        eventually("no worker is left", Duration::from_secs(1), || {
            !workers.iter().any(|pid| is_alive(*pid))
        });
        let (made, own) = split(scene.tree("out"));
        assert!((done..COPIES).contains(&made.len()), "{} made", made.len());
        assert!(
            made.iter()
                .all(|output| clean().get(output.0) == Some(output.1))
        );
        assert!(
            own.contains_key(Path::new(".lightmill/journal.jsonl")),
            "{own:?}"
        );
    }
    // The same command, without --resume, replaces what is its own.
    let finished = scene.start(COMMAND).finish().exits(0);
    assert_whole(&scene, &finished);
}

/// It would take seconds to come to the point where it sees that nobody listens.
#[test]
fn a_worker_in_the_midst_of_a_picture_dies_with_its_coordinator() {
    let scene = Scene::with_copies("landscape.jpg", 1);
    let mut run = scene.start("convert in -o out --rotate 10");
    let worker = pid_of(&run.until("worker-ready"));
    run.until("job-entered");
    run.signal(SIGKILL);
    run.finish();
    eventually("the worker is gone", Duration::from_secs(1), || {
        !is_alive(worker)
    });
    assert!(!scene.has("out/000.jpg"));
}

/// Outputs, and what lightmill keeps for itself.
fn split(tree: Tree) -> (Tree, Tree) {
    tree.into_iter()
        .partition(|(name, _)| !name.starts_with(".lightmill"))
}

#[test]
fn resume_does_what_a_killed_run_left_and_nothing_again() {
    let scene = scene();
    kill_after(&scene, COMMAND, 5);
    let (made, _) = split(scene.tree("out"));
    // A run that goes on where another was killed can be killed as well.
    kill_after(&scene, &format!("{COMMAND} --resume"), 3);
    let finished = scene
        .start(&format!("{COMMAND} --resume"))
        .finish()
        .exits(0);
    let started = &finished.events_named("run-started")[0];
    let resumed = started["resumed"].as_u64().unwrap();
    assert!(resumed >= made.len() as u64 + 3, "{started}");
    assert_eq!(started["jobs"].as_u64().unwrap() + resumed, COPIES as u64);
    let outputs = outputs_of(&finished);
    assert_eq!(outputs.len() as u64 + resumed, COPIES as u64);
    assert!(
        made.keys()
            .all(|name| !outputs.contains(&Path::new("out").join(name)))
    );
    assert_eq!(finished.summary()["resumed"], resumed);
    assert_eq!(&scene.tree("out"), clean(), "and no .lightmill");
}

fn outputs_of(finished: &Finished) -> HashSet<PathBuf> {
    let done = finished.events_named("job-done");
    done.iter()
        .filter_map(|event| event["output"].as_str().map(Into::into))
        .collect()
}

#[test]
fn what_was_changed_meanwhile_is_done_again() {
    let scene = scene();
    kill_after(&scene, COMMAND, 6);
    let (made, _) = split(scene.tree("out"));
    let names: Vec<_> = made.keys().collect();
    let [longer, same_length, gone, ..] = names[..] else {
        panic!("{names:?}")
    };
    let place = |name: &Path| Path::new("out").join(name);
    scene.write(place(longer), "somebody else's");
    let mut bytes = scene.read(place(same_length));
    bytes[100] ^= 1;
    scene.write(place(same_length), bytes);
    std::fs::remove_file(scene.path(place(gone))).unwrap();
    let finished = scene
        .start(&format!("{COMMAND} --resume"))
        .finish()
        .exits(0);
    let outputs = outputs_of(&finished);
    for name in [longer, same_length, gone] {
        assert!(outputs.contains(&place(name)), "{}", name.display());
    }
    assert!(finished.summary()["resumed"].as_u64().unwrap() >= made.len() as u64 - 3);
    assert_eq!(&scene.tree("out"), clean());
}

#[test]
fn an_input_that_was_changed_meanwhile_is_done_again() {
    let scene = scene();
    kill_after(&scene, COMMAND, 6);
    let (made, _) = split(scene.tree("out"));
    let changed = made.keys().next().unwrap();
    scene.copy("orientation/exif-1.jpg", Path::new("in").join(changed));
    let finished = scene
        .start(&format!("{COMMAND} --resume --template {{stem}}.png"))
        .finish();
    finished.exits(2).complains(&["another request"]);
    let finished = scene
        .start(&format!("{COMMAND} --resume"))
        .finish()
        .exits(0);
    let made = Path::new("out").join(changed).with_extension("jpg");
    assert!(outputs_of(&finished).contains(&made));
}

#[test]
fn the_journal_of_another_request_is_not_gone_on_with() {
    let scene = scene();
    kill_after(&scene, COMMAND, 2);
    let before = scene.tree("out");
    let other = "convert in -o out --blur 30 -j 2 --resume";
    let finished = scene.run(other).exits(2);
    finished.complains(&["another request", "hint: leave --resume out to begin anew"]);
    assert_eq!(scene.tree("out"), before);
}

#[test]
fn a_survey_survives_its_worker() {
    let scene = scene();
    let mut run = scene.start(&format!("{COMMAND} --template {{stem}}-{{width}}.{{ext}}"));
    send_signal(pid_of(&run.until("worker-ready")), SIGKILL);
    let finished = run.finish().exits(0);
    assert_eq!(finished.events_named("job-done").len(), COPIES);
    let width = scene.picture("in/000.png").width();
    assert!(scene.has(format!("out/000-{width}.png")));
}
