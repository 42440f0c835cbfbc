//! What one worker has been given and has not finished, and the open files for the first of it.
//!
//! Three threads meet here: the coordinator's, which gives; the worker's reader, which sees jobs begin and end; the
//! worker's slot, which watches that they do.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::hear::Credit;
use crate::job::JobId;
use crate::protocol::{Shard, TaskKind};

#[cfg(unix)]
use crate::failure;
#[cfg(unix)]
use crate::protocol::handover::{self, Handover};
#[cfg(unix)]
use crate::worker;
#[cfg(unix)]
use std::os::unix::net::UnixStream;

/// How many jobs have their files with the worker: the one in hand, and the next. More would fill its table of
/// descriptors, or the socket.
#[cfg(unix)]
const WINDOW: usize = 2;

/// How often opening is put off for want of descriptors before the job is told so. The slot tries at every tick.
#[cfg(unix)]
const PATIENCE: u32 = 40;

/// A worker's desk.
#[derive(Debug)]
pub(super) struct Desk {
    #[cfg(unix)]
    socket: OnceLock<UnixStream>,
    #[cfg(not(unix))]
    socket: OnceLock<()>,
    /// What the worker may still say.
    pub(super) credit: Credit,
    given: Sender<Errand>,
    table: Mutex<Table>,
    /// Jobs given and not ended.
    open: AtomicUsize,
    /// Counts jobs that begin or end.
    progress: AtomicU64,
    threads: AtomicU16,
    bell: (Sender<()>, Receiver<()>),
}

#[derive(Debug)]
struct Table {
    waiting: Receiver<Errand>,
    /// Could not be opened yet.
    next: VecDeque<Errand>,
    handed: usize,
    shortage: u32,
}

/// The files of one job.
#[derive(Debug)]
struct Errand {
    job: JobId,
    source: PathBuf,
    staging: Option<PathBuf>,
}

impl Desk {
    pub(super) fn new() -> Self {
        let (given, waiting) = unbounded();
        Self {
            socket: OnceLock::new(),
            credit: Credit::default(),
            given,
            table: Mutex::new(Table {
                waiting,
                next: VecDeque::new(),
                handed: 0,
                shortage: 0,
            }),
            open: AtomicUsize::new(0),
            progress: AtomicU64::new(0),
            threads: AtomicU16::new(1),
            bell: bounded(1),
        }
    }

    /// Files go to the worker over this socket.
    #[cfg(unix)]
    pub(super) fn connect(&self, socket: UnixStream) {
        // Each worker has one start, and so one socket.
        let _set = self.socket.set(socket);
    }

    /// Notes a shard. Opens nothing: that may take long, and is for the worker's own threads.
    pub(super) fn put(&self, shard: &Shard) {
        self.threads.fetch_max(shard.threads, Ordering::Relaxed);
        self.credit.grant(shard.tasks.len());
        for task in &shard.tasks {
            self.open.fetch_add(1, Ordering::Relaxed);
            let staging = match &task.kind {
                TaskKind::Survey => None,
                TaskKind::Render { staging, .. } => Some(staging.clone()),
            };
            let errand = Errand {
                job: task.job,
                source: task.source.clone(),
                staging,
            };
            // The other end is in the same desk.
            let _kept = self.given.send(errand);
        }
        // A bell that rings already rings for this as well.
        let _rung = self.bell.0.try_send(());
    }

    /// Rings when there is something to hand over.
    pub(super) fn bell(&self) -> &Receiver<()> {
        &self.bell.1
    }

    /// The worker says that it begins a job.
    pub(super) fn job_begun(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    /// The worker says that it is through with a job: there is room for the files of another one.
    pub(super) fn job_ended(&self) -> io::Result<()> {
        self.progress.fetch_add(1, Ordering::Relaxed);
        let fewer = |open: usize| open.checked_sub(1);
        let _none_left = self
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.handed = table.handed.saturating_sub(1);
        drop(table);
        self.hand_over()
    }

    /// Whether the worker has anything to do.
    pub(super) fn is_busy(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    /// A number that changes when a job begins or ends.
    pub(super) fn progress(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// The most threads that the worker was granted for a picture.
    pub(super) fn threads(&self) -> u16 {
        self.threads.load(Ordering::Relaxed)
    }

    /// Opens the files of the next jobs and hands them over, as far as there is room.
    ///
    /// # Errors
    /// The worker is gone, or takes nothing.
    #[cfg(unix)]
    pub(super) fn hand_over(&self) -> io::Result<()> {
        let Some(socket) = self.socket.get() else {
            return Ok(());
        };
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        while table.handed < WINDOW {
            let next = table.next.pop_front();
            let Some(errand) = next.or_else(|| table.waiting.try_recv().ok()) else {
                break;
            };
            let handover = errand.open();
            if table.shortage < PATIENCE && lacks_descriptors(&handover) {
                table.shortage += 1;
                errand.forget();
                table.next.push_front(errand);
                break;
            }
            table.shortage = 0;
            handover::send(socket, &handover)?;
            table.handed += 1;
        }
        Ok(())
    }

    /// Elsewhere workers open the paths themselves.
    #[cfg(not(unix))]
    pub(super) fn hand_over(&self) -> io::Result<()> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.waiting.try_iter().for_each(drop);
        Ok(())
    }
}

#[cfg(unix)]
impl Errand {
    fn open(&self) -> Handover {
        Handover {
            job: self.job,
            input: worker::open_input(&self.source),
            staging: self.staging.as_deref().map(worker::create),
        }
    }

    /// What was made for a handover that does not take place is made again for the one that does.
    fn forget(&self) {
        if let Some(staging) = &self.staging {
            let _gone: io::Result<()> = std::fs::remove_file(staging);
        }
    }
}

/// Whether a file could not be opened because too many are open.
#[cfg(unix)]
fn lacks_descriptors(handover: &Handover) -> bool {
    let staging = handover
        .staging
        .as_ref()
        .and_then(|file| file.as_ref().err());
    let mut errors = handover.input.as_ref().err().into_iter().chain(staging);
    errors.any(failure::lacks_descriptors)
}
