use std::io;
use std::time::Duration;

use super::super::samples::{self, Sink};
use super::*;
use crate::event::{SkipReason, StopCause};
use crate::failure::FailureKind;
use crate::job::WorkerId;
use crate::warning::Warning;

struct Scene {
    human: Human,
    screen: Sink,
    out: Sink,
}

impl Scene {
    fn new(verbose: bool, color: bool) -> Self {
        let (screen, out) = (Sink::default(), Sink::default());
        let human = Human::new(
            Screen::writing_to(screen.clone()),
            out.clone(),
            if verbose {
                Voice::Verbose
            } else {
                Voice::Normal
            },
            color,
        );
        Self { human, screen, out }
    }

    /// What the events made appear on the screen.
    fn tell(&mut self, events: impl IntoIterator<Item = Event>) -> String {
        for event in events {
            self.human.observe(&event).unwrap();
        }
        self.screen.take()
    }
}

fn brief(events: impl IntoIterator<Item = Event>) -> String {
    Scene::new(false, false).tell(events)
}

fn run() -> Vec<Event> {
    vec![
        samples::skipped(SkipReason::NotAPicture("plain text".to_owned())),
        samples::skipped(SkipReason::Hidden),
        samples::skipped(SkipReason::NotAPicture("a PDF".to_owned())),
        samples::run_started(30, 55_200_000),
        samples::worker_ready(0),
        samples::job_started(0, 0),
        samples::job_done(0, 1_200_000),
        samples::job_failed(1),
        samples::job_warned(3),
        samples::worker_lost(0),
        samples::job_retried(2),
        samples::run_ended(Summary {
            warned: 1,
            ..samples::summary()
        }),
    ]
}

#[test]
fn a_run_in_brief() {
    insta::assert_snapshot!(brief(run()), @"
    worker 0 (pid 4000) was ended by SIGSEGV
    retrying photos/2.jpg: cannot decode: the worker was ended by SIGSEGV
    warning: photos/3.jpg: damaged jpeg file: the file ends too early; decoded as far as it goes
    failed: photos/1.jpg: cannot decode: damaged jpeg file: unexpected end of file
    29 done (1 with a warning), 1 failed, 3 skipped (2 not a picture, 1 hidden), 1 resumed, 0 left in 3.2 s: 55.1 MB in, 1.2 MB out, 246 MP, 76.9 MP/s
    ");
}

#[test]
fn a_run_with_every_happening() {
    insta::assert_snapshot!(Scene::new(true, false).tell(run()), @"
    skipped photos/notes.txt: not a picture: plain text
    skipped photos/notes.txt: hidden
    skipped photos/notes.txt: not a picture: a PDF
    30 images, 55.2 MB, 4 worker processes
    worker 0 ready: pid 4000, process: own process, death with parent, no core dumps
    done photos/0.jpg -> thumbs/0.jpg 4000x3000 -> 320x240, 1.2 MB -> 14 kB, 38 ms, pid 4000
    failed: photos/1.jpg: cannot decode: damaged jpeg file: unexpected end of file
    done photos/3.jpg -> thumbs/3.jpg 4000x3000 -> 320x240, 1 kB -> 14 kB, 38 ms, pid 4000, without EXIF, location
    warning: photos/3.jpg: damaged jpeg file: the file ends too early; decoded as far as it goes
    worker 0 (pid 4000) was ended by SIGSEGV
      | thread 'main' has
      | overflowed its stack
    retrying photos/2.jpg: cannot decode: the worker was ended by SIGSEGV
    warning: photos/3.jpg: damaged jpeg file: the file ends too early; decoded as far as it goes
    failed: photos/1.jpg: cannot decode: damaged jpeg file: unexpected end of file
    29 done (1 with a warning), 1 failed, 3 skipped (2 not a picture, 1 hidden), 1 resumed, 0 left in 3.2 s: 55.1 MB in, 1.2 MB out, 246 MP, 76.9 MP/s
    ");
}

#[test]
fn colours_only_when_asked() {
    assert!(!brief(run()).contains('\u{1b}'));
    let colored = Scene::new(false, true).tell(run());
    assert!(colored.contains("\u{1b}[31mfailed: photos/1.jpg: cannot decode"));
    assert!(colored.contains("\u{1b}[33mwarning: photos/3.jpg: damaged"));
    assert!(
        colored
            .contains("\u{1b}[32m29 done (1 with a warning)\u{1b}[0m, \u{1b}[31m1 failed\u{1b}[0m")
    );
}

#[test]
fn a_clean_run_has_no_words_to_spare() {
    let summary = Summary {
        failed: 0,
        skipped: 0,
        resumed: 0,
        ..samples::summary()
    };
    let text = brief([samples::run_started(29, 1), samples::run_ended(summary)]);
    insta::assert_snapshot!(text, @"29 done, 0 failed in 3.2 s: 55.1 MB in, 1.2 MB out, 246 MP, 76.9 MP/s");
}

#[test]
fn a_stopped_run_says_why_and_how_to_go_on() {
    let stopped = |left| Summary {
        done: 0,
        skipped: 0,
        resumed: 0,
        left,
        elapsed: Duration::from_millis(340),
        stopped: Some(StopCause::TooManyFailures),
        ..samples::summary()
    };
    insta::assert_snapshot!(brief([samples::run_ended(stopped(12))]), @"
    0 done, 1 failed, 12 left in 340 ms
    stopped: too many images failed
    hint: run the same command with --resume to do the 12 images that are left
    ");
    insta::assert_snapshot!(brief([samples::run_ended(stopped(1))]), @"
    0 done, 1 failed, 1 left in 340 ms
    stopped: too many images failed
    hint: run the same command with --resume to do the image that is left
    ");
    assert!(!brief([samples::run_ended(stopped(0))]).contains("--resume"));
}

#[test]
fn a_hint_is_given_once() {
    let text = brief([
        samples::failed_as(0, FailureKind::TooLarge, "12 GP"),
        samples::failed_as(1, FailureKind::TooLarge, "13 GP"),
        samples::failed_as(2, FailureKind::Internal, "panicked"),
        samples::failed_as(3, FailureKind::WorkerLost, "was ended by SIGSEGV"),
        samples::run_ended(samples::summary()),
    ]);
    let hints: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("hint"))
        .collect();
    assert_eq!(
        hints,
        [
            "hint: raise --max-pixels if the picture is to be trusted",
            "hint: this is a bug worth reporting, with the file if you can share it",
        ]
    );
}

#[test]
fn names_and_reasons_cannot_command_the_terminal() {
    let name = "a\u{1b}]0;title\u{7}\nb.jpg";
    let mut failed = samples::failed_as(0, FailureKind::Damaged, "");
    if let Event::JobFailed {
        source, failure, ..
    } = &mut failed
    {
        *source = name.into();
        // As a hostile worker may send it, past `Failure::new`.
        failure.causes = vec!["\u{1b}[2J\nfailed: other.jpg".to_owned()];
    }
    let mut warned = samples::job_warned(1);
    if let Event::JobDone {
        source, warnings, ..
    } = &mut warned
    {
        *source = name.into();
        let mut hostile = Warning::frames_dropped("");
        hostile.reason = "\u{1b}[2J\nfailed: other.jpg".to_owned();
        warnings.add(hostile);
    }
    let skipped = Event::Skipped {
        source: name.into(),
        reason: SkipReason::NotAPicture("\u{9b}31m".to_owned()),
    };
    let lost = Event::WorkerLost {
        worker: WorkerId(1),
        pid: None,
        how: "ended\u{1b}[0m".to_owned(),
        last_words: "\u{1b}[5m".to_owned(),
    };
    let planned = Event::Planned {
        source: name.into(),
        output: name.into(),
    };
    let mut scene = Scene::new(true, false);
    let ended = samples::run_ended(samples::summary());
    let text = scene.tell([failed, warned, skipped, lost, planned, ended]) + &scene.out.take();
    let harmful = |c: char| c.is_control() && c != '\n';
    assert!(!text.contains(harmful), "{text:?}");
    assert!(!text.contains("\nfailed: other.jpg"));
}

#[test]
fn a_dry_run_lists_its_plan_on_the_output_alone() {
    let planned = |n| Event::Planned {
        source: samples::source(n),
        output: format!("thumbs/{n}.webp").into(),
    };
    let mut scene = Scene::new(false, false);
    let summary = Summary {
        skipped: 1,
        ..Summary::default()
    };
    let text = scene.tell([
        samples::skipped(SkipReason::UpToDate),
        planned(1),
        planned(2),
        samples::run_ended(summary),
    ]);
    insta::assert_snapshot!(scene.out.take(), @"
    photos/1.jpg -> thumbs/1.webp
    photos/2.jpg -> thumbs/2.webp
    ");
    insta::assert_snapshot!(text, @"2 images planned, 1 skipped (1 up to date); nothing was written");
}

#[test]
fn a_plan_that_nobody_reads_is_an_error() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let screen = Screen::writing_to(Sink::default());
    let mut human = Human::new(screen, Closed, Voice::Normal, false);
    let planned = Event::Planned {
        source: "a.jpg".into(),
        output: "b.jpg".into(),
    };
    assert!(human.observe(&planned).unwrap_err().is_broken_pipe());
}

#[test]
fn failures_are_named_up_to_a_bound_and_counted_beyond() {
    let mut events: Vec<Event> = (0..100_000).map(samples::job_failed).collect();
    events.push(samples::run_ended(samples::summary()));
    let text = brief(events);
    assert_eq!(text.lines().count(), 10_002);
    assert!(text.contains("\nfailed: 90000 more images\n"));
    let mut events: Vec<Event> = (0..10_001).map(samples::job_warned).collect();
    events.push(samples::run_ended(samples::summary()));
    let text = brief(events);
    assert_eq!(text.lines().count(), 10_002);
    assert!(text.contains("\nwarning: 1 more\n"));
}

#[test]
fn whoever_asks_for_quiet_hears_of_failures_alone() {
    let mut scene = Scene::new(false, false);
    scene.human.voice = Voice::Quiet;
    insta::assert_snapshot!(scene.tell(run()), @"failed: photos/1.jpg: cannot decode: damaged jpeg file: unexpected end of file");
}
