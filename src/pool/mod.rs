//! Workers seen from the coordinator: started, fed, watched, lost.
//!
//! [`Processes`] is what lightmill is for. [`Threads`] and [`Inline`] run the same jobs by the same code without
//! isolation; they serve comparison, and systems that cannot start processes.

#![deny(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used
)]

mod desk;
mod gate;
mod hear;
mod inline;
mod join;
mod processes;
mod rendezvous;
mod threads;
mod vitals;
mod watch;

use std::error::Error;
use std::fmt;
use std::io;
use std::iter;
use std::time::Duration;

use crate::alloc;
use crate::failure;
use crate::job::WorkerId;
use crate::protocol::{Reply, Shard};
use crate::sandbox::Posture;
use crate::units;

pub use inline::Inline;
pub use processes::{Launch, Processes};
pub use threads::Threads;

/// Prepares this process for many workers: private sockets, and as many open files as the system allows. For the
/// program, not for libraries: both hold for the whole process.
pub fn prepare_process() {
    rendezvous::use_private_folder();
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Nofile).maximum;
        let current = maximum;
        // Each worker takes some six descriptors; a run with few workers does with what there is.
        let _raised = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    }
}

/// As many of so many worker processes as there are descriptors for.
pub fn affordable(workers: u16) -> u16 {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        // At the start of a worker: two sockets and a pipe with both ends, its two channels, the eye on one of them;
        // later on the files that are handed to it. Twenty are for the run itself.
        const RUN: u64 = 20;
        const WORKER: u64 = 12;
        let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let affordable = most.saturating_sub(RUN) / WORKER;
        workers
            .min(u16::try_from(affordable).unwrap_or(u16::MAX))
            .max(1)
    }
    #[cfg(not(unix))]
    workers
}

/// A crew of workers. Everything that happens to them comes out of [`Self::wait`].
pub trait Workers {
    /// Starts a worker that may take so many bytes of memory. It reports [`Notice::Ready`], or [`Notice::Lost`].
    fn spawn(&mut self, worker: WorkerId, memory: u64);

    /// Hands a worker a shard. Never blocks: a worker is given at most two shards that it has not read. If the worker
    /// is gone, its loss will be reported.
    fn assign(&mut self, worker: WorkerId, shard: Shard);

    /// Dismisses a worker that has nothing to do.
    fn retire(&mut self, worker: WorkerId);

    /// Ends a worker now, whatever it does. Threads cannot be ended: they are only no longer listened to.
    fn kill(&mut self, worker: WorkerId);

    /// Makes all workers stand still, or go on. Threads stand still with the process they are part of.
    fn freeze(&mut self, frozen: bool);

    /// The next thing that happens, if it happens within `timeout`.
    fn wait(&mut self, timeout: Duration) -> Option<Notice>;
}

/// What happens to a worker.
#[derive(Debug)]
pub enum Notice {
    /// It can be given work.
    Ready {
        /// Which one.
        worker: WorkerId,
        /// Its process id; that of the coordinator where it is a thread.
        pid: u32,
        /// What protects the rest of the system from it.
        posture: Posture,
    },
    /// It says something. Whether it may say that now is for the scheduler to judge.
    Reply(WorkerId, Reply),
    /// It is gone, and will say no more.
    Lost(WorkerId, Loss),
}

/// How a worker ended.
#[derive(Debug)]
pub struct Loss {
    /// What ended it.
    pub end: End,
    /// The last lines it wrote to stderr.
    pub last_words: String,
}

/// What ended a worker.
#[derive(Debug)]
pub enum End {
    /// It could not be started, or did not say hello in time.
    NeverJoined(JoinError),
    /// It left with this exit code.
    Exited(i32),
    /// A signal of this number ended it.
    Signalled(i32),
    /// It was killed: a job took more CPU time than this.
    OverCpu(Duration),
    /// It was killed: a job was not done after this time.
    OverTime(Duration),
    /// It was killed, or left: it needed more than so many bytes of memory.
    OverMemory(u64),
    /// It did what no worker of ours does, in these words, and was ended for it.
    Violated(String),
    /// Its end is known, its status is not.
    Unknown,
}

/// Why a worker did not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// No process.
    #[error("cannot start {program}")]
    Spawn {
        /// What was to be started.
        program: String,
        /// Why it was not.
        source: io::Error,
    },
    /// No place to meet it.
    #[error("cannot open a channel for it")]
    Rendezvous(#[source] io::Error),
    /// It ended before it said hello.
    #[error("it left before it said hello ({0})")]
    LeftEarly(String),
    /// It did not say hello in time.
    #[error("it said nothing for {}", units::time(*.0))]
    Silent(Duration),
    /// It did not listen to what it was told.
    #[error("it did not listen for {}", units::time(*.0))]
    Deaf(Duration),
    /// It is another version, or another process.
    #[error("{0} answered in its place")]
    Stranger(String),
    /// It could not be confined as the run asks for.
    #[error("it cannot be confined as required: {} missing", .0.join(", "))]
    Unconfined(Vec<&'static str>),
    /// What it said was no hello.
    #[error("it said something else than hello: {0}")]
    Malformed(String),
}

impl JoinError {
    /// Whether it was for want of descriptors.
    pub fn lacks_descriptors(&self) -> bool {
        match self {
            Self::Spawn { source, .. } => failure::lacks_descriptors(source),
            // `ipc-channel` goes on with the socket that it did not get: "bad file descriptor".
            #[cfg(unix)]
            Self::Rendezvous(source) if source.raw_os_error() == Some(libc::EBADF) => true,
            Self::Rendezvous(source) => failure::lacks_descriptors(source),
            Self::LeftEarly(_)
            | Self::Silent(_)
            | Self::Deaf(_)
            | Self::Stranger(_)
            | Self::Unconfined(_)
            | Self::Malformed(_) => false,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverJoined(error) => {
                write!(f, "never joined: {error}")?;
                let causes = iter::successors(error.source(), |&cause| cause.source());
                causes
                    .into_iter()
                    .try_for_each(|cause| write!(f, ": {cause}"))
            }
            Self::Exited(alloc::OUT_OF_MEMORY) => f.write_str("ran out of memory"),
            Self::Exited(code) => write!(f, "exited with status {code}"),
            Self::Signalled(signal) => match signal_name(*signal) {
                Some(name) => write!(f, "was ended by {name}"),
                None => write!(f, "was ended by signal {signal}"),
            },
            Self::OverCpu(limit) => {
                write!(f, "took more than {} of CPU time", units::time(*limit))
            }
            Self::OverTime(limit) => write!(f, "was not done after {}", units::time(*limit)),
            Self::OverMemory(limit) => {
                write!(f, "took more than {} of memory", units::memory(*limit))
            }
            Self::Violated(crime) => write!(f, "broke the protocol: {crime}"),
            Self::Unknown => f.write_str("ended"),
        }
    }
}

/// Names of the signals that end programs; the numbers are those of Linux, macOS and the BSDs alike, where they agree.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        #[cfg(target_os = "linux")]
        7 => "SIGBUS",
        #[cfg(target_os = "linux")]
        31 => "SIGSYS",
        #[cfg(target_os = "macos")]
        10 => "SIGBUS",
        #[cfg(target_os = "macos")]
        12 => "SIGSYS",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return None,
    })
}
