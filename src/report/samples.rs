//! Events for tests.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::event::{Event, Isolation, SkipReason, StopCause, Summary};
use crate::failure::{Failure, FailureKind, Stage};
use crate::image::Size;
use crate::job::{JobId, WorkerId};
use crate::metadata::{Dropped, Part};
use crate::sandbox::Posture;
use crate::warning::{Damage, Warning, Warnings};

pub(super) const BEFORE: Size = Size::new(4000, 3000);

pub(super) fn run_started(jobs: usize, bytes: u64) -> Event {
    Event::RunStarted {
        lightmill: "0.1.0",
        jobs,
        resumed: 0,
        bytes,
        workers: 4,
        isolation: Isolation::Process,
    }
}

pub(super) fn source(job: u32) -> PathBuf {
    format!("photos/{job}.jpg").into()
}

pub(super) fn skipped(reason: SkipReason) -> Event {
    Event::Skipped {
        source: "photos/notes.txt".into(),
        reason,
    }
}

pub(super) fn worker_ready(worker: u32) -> Event {
    Event::WorkerReady {
        worker: WorkerId(worker),
        pid: 4000 + worker,
        posture: Posture {
            own_process: true,
            dies_with_parent: true,
            no_core_dumps: true,
            ..Posture::THREAD
        },
    }
}

pub(super) fn worker_lost(worker: u32) -> Event {
    Event::WorkerLost {
        worker: WorkerId(worker),
        pid: Some(4000 + worker),
        how: "was ended by SIGSEGV".to_owned(),
        last_words: "thread 'main' has\noverflowed its stack".to_owned(),
    }
}

pub(super) fn job_started(job: u32, worker: u32) -> Event {
    Event::JobStarted {
        job: JobId(job),
        worker: WorkerId(worker),
        pid: 4000 + worker,
        source: source(job),
    }
}

pub(super) fn job_entered(job: u32, worker: u32, stage: Stage) -> Event {
    Event::JobEntered {
        job: JobId(job),
        worker: WorkerId(worker),
        stage,
    }
}

pub(super) fn job_retried(job: u32) -> Event {
    Event::JobRetried {
        job: JobId(job),
        source: source(job),
        failure: Failure::new(
            Stage::Decode,
            FailureKind::WorkerLost,
            "the worker was ended by SIGSEGV",
        ),
    }
}

/// Done by worker 0.
pub(super) fn job_done(job: u32, bytes_in: u64) -> Event {
    Event::JobDone {
        job: JobId(job),
        worker: WorkerId(0),
        source: source(job),
        output: format!("thumbs/{job}.jpg").into(),
        bytes_in,
        bytes_out: 14_000,
        before: BEFORE,
        after: Size::new(320, 240),
        micros: 38_000,
        warnings: Warnings::none(),
        dropped: Dropped::nothing(),
    }
}

/// As [`job_done`], of a file that ends too early.
pub(super) fn job_warned(job: u32) -> Event {
    let mut event = job_done(job, 1_000);
    if let Event::JobDone {
        warnings, dropped, ..
    } = &mut event
    {
        warnings.add(Warning::damaged("jpeg", Damage::Truncated));
        dropped.add(Part::Exif);
        dropped.add(Part::Location);
    }
    event
}

pub(super) fn job_failed(job: u32) -> Event {
    failed_as(job, FailureKind::Damaged, "damaged jpeg file")
}

pub(super) fn failed_as(job: u32, kind: FailureKind, reason: &str) -> Event {
    let mut failure = Failure::new(Stage::Decode, kind, reason);
    failure.causes.push("unexpected end of file".to_owned());
    Event::JobFailed {
        job: Some(JobId(job)),
        source: source(job),
        failure,
    }
}

pub(super) fn summary() -> Summary {
    Summary {
        done: 29,
        warned: 0,
        failed: 1,
        skipped: 3,
        resumed: 1,
        left: 0,
        bytes_in: 55_100_000,
        bytes_out: 1_200_000,
        pixels: 246_080_000,
        workers_lost: 0,
        elapsed: Duration::from_millis(3_200),
        stopped: None,
    }
}

pub(super) fn run_ended(summary: Summary) -> Event {
    Event::RunEnded { summary }
}

/// One of each kind that is written to `--events`. The exhaustive match breaks when a kind is added, so that none can
/// be forgotten here.
pub(super) fn one_of_each() -> Vec<Event> {
    let mut events = vec![run_started(29, 55_100_000)];
    while let Some(next) = events.last().and_then(following) {
        events.push(next);
    }
    events
}

fn following(event: &Event) -> Option<Event> {
    Some(match event {
        Event::RunStarted { .. } => Event::Planned {
            source: source(1),
            output: "thumbs/1.jpg".into(),
        },
        Event::Planned { .. } => skipped(SkipReason::Hidden),
        Event::Skipped { .. } => worker_ready(3),
        Event::WorkerReady { .. } => worker_lost(3),
        Event::WorkerLost { .. } => job_started(7, 3),
        Event::JobStarted { .. } => job_entered(7, 3, Stage::Decode),
        Event::JobEntered { .. } => job_retried(7),
        Event::JobRetried { .. } => job_warned(7),
        Event::JobDone { .. } => job_failed(8),
        Event::JobFailed { .. } => Event::Stopping {
            cause: StopCause::Interrupted,
        },
        Event::Stopping { .. } => Event::Paused,
        Event::Paused => Event::Resumed,
        Event::Resumed => run_ended(summary()),
        Event::RunEnded { .. } | Event::Tick => return None,
    })
}

/// A writer whose content can be looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    /// What has been written since the last time.
    pub(super) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
