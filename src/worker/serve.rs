//! Doing jobs: the same code in a worker process, in a worker thread, and on the coordinator's own thread.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::Grant;
use crate::codecs::Format;
use crate::failure::{Failure, FailureKind, Stage};
use crate::job::Rendered;
use crate::protocol::{Command, Reply, Setup, Task, TaskKind};

/// Does what the commands say until there are no more.
pub(super) fn serve(commands: &Receiver<Command>, say: &mut (dyn FnMut(Reply) + Send)) {
    let mut grant = Grant::default();
    let mut setup = None;
    for command in commands {
        match (command, &setup) {
            (Command::Setup(now), _) => setup = Some(now),
            (Command::Shard(shard), Some(setup)) => {
                for task in &shard.tasks {
                    grant.run(shard.threads, || perform(task, setup, say));
                }
            }
            // Never sent; without a recipe there is nothing that could be done.
            (Command::Shard(_), None) => {}
        }
    }
}

/// Does one job, and says what came of it. A panic is a failure of that job.
pub fn perform(task: &Task, setup: &Setup, say: &mut dyn FnMut(Reply)) {
    let job = task.job;
    say(Reply::Started(job));
    let stage = Cell::new(Stage::Read);
    let mut enter = |now: Stage| {
        // Reading is short: the message would cost more than it tells.
        if matches!(now, Stage::Operate | Stage::Encode) {
            say(Reply::Entered(job, now));
        }
        stage.set(now);
    };
    let work = || match &task.kind {
        TaskKind::Survey => survey(task, setup),
        TaskKind::Render { target, staging } => render(task, setup, *target, staging, &mut enter),
    };
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let result = result.unwrap_or_else(|payload| {
        if let TaskKind::Render { staging, .. } = &task.kind {
            discard(staging);
        }
        Err(panicked(stage.get(), payload.as_ref()))
    });
    say(result.unwrap_or_else(|failure| Reply::Failed(job, failure)));
}

fn survey(task: &Task, setup: &Setup) -> Result<Reply, Failure> {
    let bytes = read(&task.source)?;
    let (before, after) = setup.recipe.survey(&bytes, task.format)?;
    Ok(Reply::Surveyed(task.job, before.size, after.size))
}

fn render(
    task: &Task,
    setup: &Setup,
    target: Format,
    staging: &Path,
    enter: &mut dyn FnMut(Stage),
) -> Result<Reply, Failure> {
    let start = Instant::now();
    enter(Stage::Read);
    let bytes = read(&task.source)?;
    let out = setup.recipe.process(&bytes, task.format, target, enter)?;
    enter(Stage::Write);
    write(staging, &out.bytes, setup.durable).inspect_err(|_| discard(staging))?;
    let rendered = Rendered {
        bytes: out.bytes.len() as u64,
        crc: crc32fast::hash(&out.bytes),
        before: out.before.size,
        after: out.after.size,
        micros: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
    };
    Ok(Reply::Rendered(task.job, rendered))
}

fn read(source: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(source)
        .map_err(|error| Failure::capture(Stage::Read, FailureKind::of_reading(&error), &error))
}

fn write(staging: &Path, bytes: &[u8], durable: bool) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(staging)
        .and_then(|mut file: File| {
            file.write_all(bytes)?;
            if durable { file.sync_all() } else { Ok(()) }
        });
    written.map_err(|error| {
        let folder_stands = staging.parent().is_some_and(Path::is_dir);
        Failure::capture(
            Stage::Write,
            FailureKind::of_writing(&error, folder_stands),
            &error,
        )
    })
}

/// Removes what a failed job may have left; if that fails too, the end of the run sweeps it.
fn discard(staging: &Path) {
    let _gone: io::Result<()> = fs::remove_file(staging);
}

/// What the last panic of this process said, and where it was raised.
static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Keeps panics off stderr and remembers where they came from. For worker processes: a program that hosts worker
/// threads keeps its own hook.
pub fn remember_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {at}"));
        let message = words(info.payload());
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(format!("{message}{place}"));
    }));
}

fn panicked(stage: Stage, payload: &(dyn std::any::Any + Send)) -> Failure {
    let remembered = LAST_PANIC
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let message = remembered.unwrap_or_else(|| words(payload).to_owned());
    Failure::new(stage, FailureKind::Internal, format!("panicked: {message}"))
}

fn words(payload: &dyn std::any::Any) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
