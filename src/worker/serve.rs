//! Doing jobs: the same code in a worker process, in a worker thread, and on the coordinator's own thread.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::files::Opened;
use super::{Files, Grant, memory};
use crate::codecs::Format;
use crate::failure::{Failure, FailureKind, Stage};
use crate::job::Rendered;
use crate::pipeline::Refusal;
use crate::protocol::{Reply, Setup, Shard, Task, TaskKind};

/// What one worker works with.
#[derive(Debug)]
pub struct Bench {
    /// Where its files come from.
    pub files: Files,
    /// The bytes of memory that a job may need.
    pub memory: u64,
}

/// A command with all its parts.
pub(super) enum Order {
    Setup(Box<Setup>),
    Shard(Shard),
}

/// Does what it is told until there is no more.
pub(super) fn serve(orders: &Receiver<Order>, bench: &Bench, say: &mut (dyn FnMut(Reply) + Send)) {
    let mut grant = Grant::default();
    let mut setup = None;
    for order in orders {
        match (order, &setup) {
            (Order::Setup(now), _) => setup = Some(now),
            (Order::Shard(shard), Some(setup)) => {
                for task in &shard.tasks {
                    grant.run(shard.threads, || perform(task, setup, bench, say));
                }
            }
            // Never sent; without a recipe there is nothing that could be done.
            (Order::Shard(_), None) => {}
        }
    }
}

/// Does one job, and says what came of it. A panic is a failure of that job.
pub fn perform(task: &Task, setup: &Setup, bench: &Bench, say: &mut dyn FnMut(Reply)) {
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
    let work = || {
        let mut files = bench.files.open(task);
        match &task.kind {
            TaskKind::Survey => survey(task, setup, &mut files),
            TaskKind::Render { target, staging } => {
                let render = Render {
                    task,
                    setup,
                    memory: bench.memory,
                    target: *target,
                    staging,
                };
                render.run(&mut files, &mut enter)
            }
        }
    };
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let result = result
        .unwrap_or_else(|payload| Err(panicked(stage.get(), payload.as_ref()).into()))
        .inspect_err(|_| bench.files.discard(task));
    if let Ok(Reply::Rendered(_, rendered)) = &result {
        memory::give_back(rendered.before, rendered.after);
    }
    say(match result {
        Ok(reply) => reply,
        Err(Refusal::Failed(failure)) => Reply::Failed(job, failure),
        Err(Refusal::NeedsMemory(bytes)) => Reply::TooBig(job, bytes),
    });
}

fn survey(task: &Task, setup: &Setup, files: &mut Opened) -> Result<Reply, Refusal> {
    let bytes = files.read()?;
    let (before, after) = setup.recipe.survey(&bytes, task.format)?;
    Ok(Reply::Surveyed(task.job, before.size, after.size))
}

/// One picture to be made.
struct Render<'a> {
    task: &'a Task,
    setup: &'a Setup,
    memory: u64,
    target: Format,
    staging: &'a Path,
}

impl Render<'_> {
    fn run(&self, files: &mut Opened, enter: &mut dyn FnMut(Stage)) -> Result<Reply, Refusal> {
        let start = Instant::now();
        enter(Stage::Read);
        let least = self.setup.recipe.least_memory(files.length());
        if least > self.memory {
            return Err(Refusal::NeedsMemory(least));
        }
        let bytes = files.read()?;
        #[cfg(all(feature = "fault-injection", unix))]
        let enter = &mut |stage| {
            enter(stage);
            super::fault::obey(&bytes, stage);
        };
        let recipe = &self.setup.recipe;
        let out = recipe.process(&bytes, self.task.format, self.target, self.memory, enter)?;
        enter(Stage::Write);
        files
            .write(&out.bytes, self.setup.durable)
            .map_err(|error| {
                let folder_stands = self.staging.parent().is_some_and(Path::is_dir);
                let kind = FailureKind::of_writing(&error, folder_stands);
                Failure::capture(Stage::Write, kind, &error)
            })?;
        let rendered = Rendered {
            bytes: out.bytes.len() as u64,
            crc: crc32fast::hash(&out.bytes),
            before: out.before.size,
            after: out.after.size,
            micros: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
            warnings: out.warnings,
            dropped: out.dropped,
        };
        Ok(Reply::Rendered(self.task.job, rendered))
    }
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
