//! The library as another program uses it. Worker processes are that program started again, which a test is not: the
//! examples show them, and the command has them.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use lightmill::codecs::Format;
use lightmill::coordinator::{OnConflict, RunError};
use lightmill::event::{Event, Isolation, StopCause, Summary};
use lightmill::job::{JobId, WorkerId};
use lightmill::{Batch, BatchError, SettingsError};

use super::support::Scene;

/// A batch from `in` to `out` that needs no other process.
fn batch(scene: &Scene) -> Batch {
    Batch::new()
        .input(scene.path("in"))
        .output(scene.path("out"))
        .isolation(Isolation::Thread)
}

fn observed(batch: &Batch) -> (Summary, Vec<Event>) {
    let mut events = Vec::new();
    let summary = batch.run(|event| events.push(event.clone())).unwrap();
    events.retain(|event| *event != Event::Tick);
    (summary, events)
}

#[test]
fn events_come_in_an_order_that_makes_sense() {
    for isolation in [Isolation::Thread, Isolation::None] {
        let scene = Scene::with_copies("gray.png", 12);
        scene.copy("trips/no-picture.jpg", "in/bad.jpg");
        let batch = batch(&scene)
            .isolation(isolation)
            .jobs(3)
            .thumbnail("64")
            .unwrap();
        let (summary, events) = observed(&batch);
        assert_eq!((summary.done, summary.failed, summary.left), (12, 1, 0));
        let Some(Event::RunStarted {
            jobs: 13,
            isolation: told,
            ..
        }) = events.first()
        else {
            panic!("{:?}", events.first());
        };
        assert_eq!(*told, isolation);
        let Some(Event::RunEnded { summary: told }) = events.last() else {
            panic!("{:?}", events.last());
        };
        assert_eq!(*told, summary);
        assert_eq!(settled_in_order(&events).len(), 13);
    }
}

/// The jobs that ended, each once, after it was begun by a worker that was ready.
fn settled_in_order(events: &[Event]) -> HashSet<JobId> {
    let mut ready: HashSet<WorkerId> = HashSet::new();
    let mut begun: HashSet<JobId> = HashSet::new();
    let mut settled = HashSet::new();
    for event in events {
        if let Event::WorkerReady { worker, .. } = event {
            assert!(ready.insert(*worker));
        }
        if let Event::JobStarted { job, worker, .. } = event {
            assert!(ready.contains(worker) && begun.insert(*job), "{event:?}");
        }
        if let Event::JobEntered { job, .. } = event {
            assert!(begun.contains(job) && !settled.contains(job), "{event:?}");
        }
        let (Event::JobDone { job, .. } | Event::JobFailed { job: Some(job), .. }) = event else {
            continue;
        };
        assert!(begun.contains(job) && settled.insert(*job), "{event:?}");
    }
    settled
}

#[test]
fn operations_are_applied_in_the_order_in_which_they_are_added() {
    let scene = Scene::with(&["plain.ppm"]);
    let batch = batch(&scene).format(Format::Png);
    let batch = batch
        .apply("crop 60x60")
        .unwrap()
        .apply("resize 50%")
        .unwrap();
    observed(&batch);
    assert_eq!(scene.picture("out/plain.png").width(), 30);
}

#[test]
fn a_batch_writes_what_the_command_writes() {
    let scene = Scene::with(&["gray.jpg", "logo.png", "orientation/exif-6.jpg"]);
    observed(&batch(&scene).thumbnail("320").unwrap());
    scene.run("thumbnail in -o command").exits(0);
    assert_eq!(scene.tree("out"), scene.tree("command"));
}

#[test]
fn a_batch_is_stopped_from_another_thread_and_gone_on_with() {
    for isolation in [Isolation::Thread, Isolation::None] {
        let scene = Scene::with_copies("gray.png", 30);
        let batch = batch(&scene)
            .isolation(isolation)
            .jobs(2)
            .apply("blur 40")
            .unwrap();
        let stopper = batch.stopper();
        let (sender, begun) = std::sync::mpsc::channel();
        let stopping = std::thread::spawn(move || {
            begun.recv().unwrap();
            stopper.stop();
        });
        let summary = batch.run(|event| {
            if matches!(event, Event::JobDone { .. }) {
                let _told_before = sender.send(());
            }
        });
        let summary = summary.unwrap();
        stopping.join().unwrap();
        assert_eq!(summary.stopped, Some(StopCause::Interrupted));
        assert!(summary.left > 0 && summary.done > 0, "{summary:?}");
        assert_eq!(summary.done + summary.left, 30);
        // A stopped batch stays stopped; another goes on.
        let again = self::batch(&scene)
            .isolation(isolation)
            .apply("blur 40")
            .unwrap()
            .resume(true);
        let (second, _) = observed(&again);
        assert_eq!((second.resumed, second.done), (summary.done, summary.left));
        assert_eq!(scene.names("out").len(), 30, "and no journal");
    }
}

#[test]
fn a_batch_may_be_stopped_before_it_runs() {
    let scene = Scene::with_copies("tiny.png", 3);
    let batch = batch(&scene);
    batch.stopper().stop();
    let (summary, _) = observed(&batch);
    assert_eq!((summary.done, summary.left), (0, 3));
}

#[test]
fn failures_are_counted_and_may_end_the_run() {
    let scene = Scene::with_copies("trips/no-picture.jpg", 20);
    let batch = batch(&scene).jobs(1).max_failures(NonZeroUsize::MIN);
    let (summary, events) = observed(&batch.isolation(Isolation::None));
    assert_eq!(summary.stopped, Some(StopCause::TooManyFailures));
    let told = events
        .iter()
        .filter(|event| matches!(event, Event::JobFailed { .. }));
    assert_eq!(told.count(), summary.failed);
}

#[test]
fn what_no_format_can_be_told_is_refused() {
    let to = || Batch::new().input("in").output("out");
    let error = |batch: Batch| batch.settings().unwrap_err();
    assert!(matches!(error(to().effort(11)), SettingsError::Effort(11)));
    let bmp = to().effort(3).format(Format::Bmp);
    assert!(matches!(error(bmp), SettingsError::NoEffort(Format::Bmp)));
    assert!(matches!(
        to().details(Format::Bmp, "").unwrap_err(),
        SettingsError::NoDetails(Format::Bmp)
    ));
    let png = to().details(Format::Jpeg, "subsampling=444").unwrap();
    assert!(matches!(
        error(png.format(Format::Png)),
        SettingsError::IdleDetails { .. }
    ));
}

#[test]
fn requests_that_cannot_be_are_refused_before_anything_is_done() {
    let to = || Batch::new().input("in").output("out");
    let error = |batch: Batch| batch.settings().unwrap_err();
    assert!(matches!(
        error(Batch::new().output("out")),
        SettingsError::NoInput
    ));
    assert!(matches!(
        error(Batch::new().input("in")),
        SettingsError::NoDestination
    ));
    assert!(matches!(
        error(to().in_place()),
        SettingsError::TwoDestinations
    ));
    assert!(matches!(
        error(to().backup(".orig")),
        SettingsError::BackupAlone
    ));
    assert!(matches!(error(to().quality(0)), SettingsError::Quality(0)));
    let png = to().quality(80).format(Format::Png);
    assert!(matches!(error(png), SettingsError::NoQuality(Format::Png)));
    let jpeg = to().lossless(true).format(Format::Jpeg);
    assert!(matches!(error(jpeg), SettingsError::Lossy(Format::Jpeg)));
    let both = to().lossless(true).quality(80);
    assert!(matches!(error(both), SettingsError::LosslessQuality));
    assert!(matches!(error(to().max_pixels(0)), SettingsError::NoPixels));
    assert!(matches!(error(to().jobs(0)), SettingsError::NoJobs));
    assert!(matches!(
        error(to().template("{nope}")),
        SettingsError::Template(_)
    ));
    assert!(matches!(
        error(to().include("[")),
        SettingsError::Pattern { .. }
    ));
    let in_place = || Batch::new().input("in").in_place();
    assert!(matches!(
        error(in_place().format(Format::Png)),
        SettingsError::InPlaceRenames(_)
    ));
    let unique = in_place().on_conflict(OnConflict::Unique);
    assert!(matches!(
        error(unique),
        SettingsError::InPlaceConflict(OnConflict::Unique)
    ));
    assert!(matches!(
        error(in_place().backup("")),
        SettingsError::BackupSuffix(_)
    ));
    assert!(to().apply("blrr 2").is_err());
    assert!(to().thumbnail("0").is_err());
    let told = error(to().template("{stme}")).to_string();
    assert_eq!(told, "cannot name outputs");
}

#[test]
fn runs_that_do_not_begin_say_why() {
    let scene = Scene::with(&["tiny.png"]);
    let run = |batch: Batch| batch.run(|_| ()).unwrap_err();
    let error = run(batch(&scene).input(scene.path("nowhere")));
    assert!(
        matches!(error, BatchError::Run(RunError::Discover(_))),
        "{error:?}"
    );
    observed(&batch(&scene));
    let BatchError::Run(error) = run(batch(&scene)) else {
        panic!("the outputs are there")
    };
    assert!(
        matches!(error, RunError::Plan(_)) && error.is_request(),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("--on-conflict"));
}
