//! Pictures that crash, stick and eat whoever decodes them: each costs itself, and nothing else.
//!
//! They are PNM pictures whose comment is an order, which builds for tests carry out.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use super::support::{Finished, Scene, Tree};

/// Good pictures in a run: enough for several shards, also on one worker.
const GOOD: usize = 40;

/// Where the hazards stand among them: first, early, in the middle, in a shard that waits, last.
const PLACES: [usize; 5] = [0, 3, 20, 33, 41];

const COMMAND: &str = "convert in -o out -f png --negate";

/// An order, the kind of failure it ends as, and words of the reason.
struct Hazard {
    order: &'static str,
    kind: &'static str,
    words: &'static str,
    stage: &'static str,
}

const fn hazard(order: &'static str, kind: &'static str, words: &'static str) -> Hazard {
    let stage = "decode";
    Hazard {
        order,
        kind,
        words,
        stage,
    }
}

fn picture(comment: &str) -> Vec<u8> {
    let mut bytes = format!("P6\n# {comment}\n8 6\n255\n").into_bytes();
    bytes.extend((0..8 * 6 * 3).map(|sample: u8| sample.wrapping_mul(37)));
    bytes
}

/// Good pictures with these among them, at these places.
fn scene(order: &str, places: &[usize]) -> Scene {
    let scene = Scene::new();
    for number in 0..GOOD + 2 {
        let comment = if places.contains(&number) {
            format!("fault:{order}")
        } else {
            // As long as the others: the order of the jobs is that of the names.
            format!("{:width$}", number, width = 6 + order.len())
        };
        scene.write(format!("in/{number:03}.ppm"), picture(&comment));
    }
    scene
}

/// What a run without hazards makes of the same pictures.
fn clean() -> &'static Tree {
    static CLEAN: OnceLock<Tree> = OnceLock::new();
    CLEAN.get_or_init(|| {
        let scene = scene("", &[]);
        scene.run(COMMAND).exits(0);
        scene.tree("out")
    })
}

fn name(number: usize) -> PathBuf {
    format!("{number:03}.png").into()
}

/// The good ones are there, as they should be, and nothing else is.
fn assert_others_whole(scene: &Scene, places: &[usize]) {
    let guilty: BTreeSet<PathBuf> = places.iter().copied().map(name).collect();
    let mut made = scene.tree("out");
    made.retain(|name, _| !name.starts_with(".lightmill"));
    let expected: Tree = clean()
        .iter()
        .filter(|(name, _)| !guilty.contains(*name))
        .map(|(name, mark)| (name.clone(), *mark))
        .collect();
    assert_eq!(made, expected);
    assert!(
        !scene
            .names("out")
            .iter()
            .any(|name| name.contains("stage/")),
        "nothing stays in staging"
    );
}

fn assert_blamed(finished: &Finished, hazard: &Hazard, places: &[usize]) {
    let failed = finished.events_named("job-failed");
    assert_eq!(failed.len(), places.len(), "{}", finished.stdout);
    for event in &failed {
        let failure = &event["failure"];
        let text = failure["causes"].to_string();
        assert_eq!(failure["kind"], hazard.kind, "{event}");
        assert!(text.contains(hazard.words), "{event}");
        assert_eq!(failure["stage"], hazard.stage, "{event}");
    }
    let done = finished.events_named("job-done");
    let sources: BTreeSet<&str> = done
        .iter()
        .filter_map(|event| event["source"].as_str())
        .collect();
    assert_eq!(sources.len(), done.len(), "none is done twice");
    assert_eq!(done.len() + failed.len(), GOOD + 2);
}

/// A run with the hazard at all these places at once, then one of nothing but the hazard.
fn costs_itself_alone(hazard: &Hazard, places: &[usize], flags: &str) {
    for jobs in ["-j 1", "-j 2"] {
        let scene = scene(hazard.order, places);
        let finished = scene
            .start(&format!("{COMMAND} {jobs} {flags}"))
            .finish()
            .exits(1);
        assert_blamed(&finished, hazard, places);
        assert_others_whole(&scene, places);
    }
    let alone = Scene::new();
    alone.write("in/only.ppm", picture(&format!("fault:{}", hazard.order)));
    let finished = alone.start(&format!("{COMMAND} {flags}")).finish().exits(1);
    assert_eq!(finished.summary()["failed"], 1);
    assert_eq!(finished.summary()["done"], 0);
    assert!(!alone.has("out/only.png"));
    if hazard.kind == "worker-lost" {
        assert_retried_then_quarantined(&finished);
    }
}

/// First loss: tried again, alone, in another worker. Second: quarantined.
fn assert_retried_then_quarantined(finished: &Finished) {
    let workers: BTreeSet<String> = finished
        .events_named("job-started")
        .iter()
        .map(|event| event["worker"].to_string())
        .collect();
    assert_eq!(workers.len(), 2, "{}", finished.stdout);
    assert_eq!(finished.events_named("job-retried").len(), 1);
    assert_eq!(finished.summary()["workers_lost"], 2);
    let failed: Value = finished.events_named("job-failed")[0].clone();
    let causes = failed["failure"]["causes"].to_string();
    assert!(
        causes.contains("cost 2 workers, and is quarantined"),
        "{causes}"
    );
}

#[test]
fn a_panic() {
    let panic = hazard("panic", "internal", "panicked: as ordered");
    costs_itself_alone(&panic, &PLACES, "");
}

#[test]
fn signals() {
    for (order, signal) in [
        ("segv", "SIGSEGV"),
        ("abort", "SIGABRT"),
        ("ill", "SIGILL"),
        ("fpe", "SIGFPE"),
    ] {
        let hazard = hazard(order, "worker-lost", signal);
        costs_itself_alone(&hazard, &PLACES, "");
    }
}

#[test]
fn an_overflowing_stack() {
    let stack = hazard("stack", "worker-lost", "was ended by SIG");
    costs_itself_alone(&stack, &PLACES, "");
}

#[test]
fn leaving_with_any_status() {
    for (order, words) in [
        ("exit=0", "exited with status 0"),
        ("exit=101", "exited with status 101"),
    ] {
        costs_itself_alone(&hazard(order, "worker-lost", words), &PLACES, "");
    }
}

#[test]
fn each_stage_is_named() {
    let encode = Hazard {
        stage: "encode",
        ..hazard("segv@encode", "worker-lost", "SIGSEGV")
    };
    costs_itself_alone(&encode, &PLACES[..2], "");
    let operate = Hazard {
        stage: "operate",
        ..hazard("segv@operate", "worker-lost", "SIGSEGV")
    };
    costs_itself_alone(&operate, &PLACES[..2], "");
}

#[test]
fn dying_with_half_of_the_output_written() {
    let half = Hazard {
        stage: "encode",
        ..hazard("half-write@encode", "worker-lost", "SIGABRT")
    };
    costs_itself_alone(&half, &PLACES, "");
}

#[test]
fn a_spinning_decoder() {
    let spin = hazard("spin", "timed-out", "cost 2 workers");
    costs_itself_alone(&spin, &PLACES[2..4], "--timeout 200ms");
}

#[test]
fn a_hanging_decoder() {
    let hang = hazard("hang", "timed-out", "was not done after 1s");
    costs_itself_alone(&hang, &PLACES[2..3], "--timeout 200ms");
}

/// In its share of the memory, then with all of it.
#[test]
fn a_decoder_that_eats_memory_without_end() {
    let alloc = hazard("alloc", "out-of-memory", "took more than 256 MiB of memory");
    costs_itself_alone(&alloc, &PLACES[1..3], "--memory 256M");
}

#[test]
fn a_decoder_that_asks_for_more_memory_than_there_is() {
    let once = hazard("alloc-once", "out-of-memory", "of memory");
    costs_itself_alone(&once, &PLACES[1..3], "");
}

#[test]
fn retries_are_as_many_as_are_asked_for() {
    for retries in [0, 3] {
        let scene = Scene::new();
        scene.write("in/bad.ppm", picture("fault:segv"));
        let finished = scene
            .start(&format!("{COMMAND} --retries {retries}"))
            .finish()
            .exits(1);
        assert_eq!(finished.events_named("job-retried").len(), retries);
        assert_eq!(finished.events_named("worker-lost").len(), retries + 1);
    }
}

/// Bigger than a share of the memory: it waits until it can have all of it. Bigger than all: it is told what it needs.
#[test]
fn memory_is_shared_and_the_big_ones_are_worked_on_alone() {
    let scene = Scene::new();
    // 5 megapixels: some 70 MiB with everything around them.
    let mut big = b"P6\n2500 2000\n255\n".to_vec();
    big.resize(big.len() + 2500 * 2000 * 3, 100);
    let mut huge = b"P6\n5000 4000\n255\n".to_vec();
    huge.resize(huge.len() + 5000 * 4000 * 3, 100);
    scene.write("in/big-1.ppm", &big);
    scene.write("in/big-2.ppm", &big);
    scene.write("in/huge.ppm", &huge);
    for number in 0..10 {
        scene.write(format!("in/small-{number}.ppm"), picture("small"));
    }
    let finished = scene
        .start("thumbnail in -o out -f png -j 2 --memory 130M")
        .finish()
        .exits(1);
    assert_eq!(finished.summary()["done"], 12);
    assert_eq!(finished.summary()["workers_lost"], 0);
    let failed = &finished.events_named("job-failed")[0];
    assert_eq!(failed["failure"]["kind"], "out-of-memory");
    let causes = failed["failure"]["causes"].to_string();
    assert!(
        causes.contains("it would need about") && causes.contains("and there is 130 MiB"),
        "{causes}"
    );
    // The big ones begin when all else is done, each in a worker that does nothing else.
    let order: Vec<String> = finished
        .events()
        .iter()
        .filter(|event| event["event"] == "job-done")
        .map(|event| event["source"].to_string())
        .collect();
    assert!(
        order[10..].iter().all(|source| source.contains("big-")),
        "{order:?}"
    );
}

/// What code in a worker might try, once it has been taken over.
#[cfg(target_os = "linux")]
mod taken_over {
    use super::*;

    /// A run over one picture that orders this.
    fn ordered(order: &str, flags: &str) -> (Scene, Finished) {
        let scene = Scene::new();
        scene.write("in/only.ppm", picture(&format!("fault:{order}")));
        let finished = scene.start(&format!("{COMMAND} {flags}")).finish();
        (scene, finished)
    }

    #[track_caller]
    fn ends_as(order: &str, kind: &str, words: &str) {
        let (scene, finished) = ordered(order, "");
        let event = &finished.events_named("job-failed")[0];
        assert_eq!(event["failure"]["kind"], kind, "{event}");
        let causes = event["failure"]["causes"].to_string();
        assert!(causes.contains(words), "{order}: {causes}");
        finished.exits(1);
        assert!(!scene.has("stolen"));
    }

    #[test]
    fn it_can_open_nothing() {
        let scene = Scene::new();
        scene.write("secret", "not for decoders");
        let secret = scene.path("secret");
        for path in ["/etc/passwd", "/proc/self/maps", secret.to_str().unwrap()] {
            ends_as(&format!("open={path}"), "internal", "open was refused");
        }
        let made = scene.path("made");
        let create = format!("create={}", made.display());
        ends_as(&create, "internal", "create was refused");
        assert!(!made.exists());
        let remove = format!("remove={}", secret.display());
        ends_as(&remove, "internal", "remove was refused");
        assert!(secret.exists());
    }

    #[test]
    fn it_can_run_and_reach_nothing() {
        ends_as("exec=/bin/true", "worker-lost", "SIGSYS");
        ends_as("connect=127.0.0.1:9", "worker-lost", "SIGSYS");
    }

    #[test]
    fn it_can_signal_nobody() {
        ends_as("signal-parent", "internal", "signal-parent was refused");
    }

    /// Without a sandbox these acts succeed: the tests above show what denies them.
    #[test]
    fn the_sandbox_is_what_denies_it() {
        let (_scene, finished) = ordered("open=/etc/passwd", "--sandbox off");
        let causes = finished.events_named("job-failed")[0]["failure"]["causes"].to_string();
        assert!(causes.contains("open succeeded"), "{causes}");
    }

    #[test]
    fn the_posture_is_told_and_can_be_required() {
        let scene = Scene::with(&["gray.png"]);
        let finished = scene.start("thumbnail in -o out").finish().exits(0);
        let posture = finished.events_named("worker-ready")[0]["posture"].clone();
        assert_eq!(posture["syscalls_filtered"], true, "{posture}");
        assert_eq!(posture["files_by_descriptor"], true, "{posture}");
        let full = posture["landlock"].is_number();
        let required = scene.run("thumbnail in -o out2 --sandbox require -v");
        if full {
            required.exits(0).complains(&["full: own process"]);
        } else {
            required.exits(3).complains(&["Landlock missing"]);
        }
        let threads = "thumbnail in -o out3 --sandbox require --isolation thread";
        let refused = scene.run(threads).exits(2);
        refused.complains(&["--sandbox require", "processes of their own"]);
    }
}
