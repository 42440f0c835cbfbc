use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::column::Column;
use super::scene::Stage;

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Works,
    Fails(i32),
    Killed(i32),
}

/// What should become of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    Exactly(Outcome),
    /// It depends on how the kernel was built and set up.
    Varies,
}

pub(super) const WORKS: Expected = Expected::Exactly(Outcome::Works);
pub(super) const DIES: Expected = Expected::Exactly(Outcome::Killed(libc::SIGSYS));
pub(super) const EPERM: Expected = fails(libc::EPERM);
pub(super) const EACCES: Expected = fails(libc::EACCES);
pub(super) const VARIES: Expected = Expected::Varies;

pub(super) const fn fails(errno: i32) -> Expected {
    Expected::Exactly(Outcome::Fails(errno))
}

pub(super) const fn killed(signal: i32) -> Expected {
    Expected::Exactly(Outcome::Killed(signal))
}

/// Something to try. It gets what a worker has, after the worker was locked down.
pub(super) type Act = fn(&Stage) -> io::Result<()>;

/// An act, and what should become of it.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) act: Act,
    open: Expected,
    landlock: Expected,
    full: Expected,
    root: bool,
}

impl Row {
    /// What is expected without a sandbox, in Landlock alone, and wherever system calls are filtered.
    pub(super) const fn new(
        name: &'static str,
        act: Act,
        [open, landlock, full]: [Expected; 3],
    ) -> Self {
        Self {
            name,
            act,
            open,
            landlock,
            full,
            root: false,
        }
    }

    /// The act works for root only, so that nothing can be learnt from what becomes of it outside of a filter.
    pub(super) const fn needs_root(mut self) -> Self {
        self.root = true;
        self
    }

    /// None where it cannot be tried.
    pub(super) fn expected(&self, column: &Column) -> Option<Expected> {
        if column.seccomp {
            return Some(self.full);
        }
        let tried = !self.root || super::column::is_root();
        tried.then_some(if column.landlock {
            self.landlock
        } else {
            self.open
        })
    }

    /// Whether a sandbox changes what becomes of it.
    pub(super) fn is_forbidden(&self) -> bool {
        match (self.open, self.full) {
            (Expected::Exactly(open), Expected::Exactly(full)) => open != full,
            (Expected::Varies, _) | (_, Expected::Varies) => true,
        }
    }
}

impl Expected {
    pub(super) fn met_by(self, outcome: Outcome) -> bool {
        match self {
            Self::Exactly(expected) => expected == outcome,
            Self::Varies => true,
        }
    }
}

impl From<ExitStatus> for Outcome {
    /// An act's errno is its exit status.
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) => Self::Works,
            (Some(code), _) => Self::Fails(code),
            (None, signal) => Self::Killed(signal.unwrap()),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Works => f.write_str("works"),
            Self::Fails(errno) => f.write_str(&named(*errno)),
            Self::Killed(libc::SIGSYS) => f.write_str("SIGSYS"),
            Self::Killed(libc::SIGXFSZ) => f.write_str("SIGXFSZ"),
            Self::Killed(libc::SIGABRT) => f.write_str("SIGABRT"),
            Self::Killed(signal) => write!(f, "signal {signal}"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(outcome) => outcome.fmt(f),
            Self::Varies => f.write_str("anything"),
        }
    }
}

fn named(errno: i32) -> String {
    let name = match errno {
        libc::EPERM => "EPERM",
        libc::EACCES => "EACCES",
        libc::EBADF => "EBADF",
        libc::EFAULT => "EFAULT",
        libc::EINVAL => "EINVAL",
        libc::EMFILE => "EMFILE",
        libc::ENODEV => "ENODEV",
        libc::ENOMEM => "ENOMEM",
        libc::ENOSYS => "ENOSYS",
        libc::ENOTSOCK => "ENOTSOCK",
        super::scene::NOT_CONFINED => "unconfined",
        super::scene::PANICKED => "panicked",
        other => return format!("errno {other}"),
    };
    name.to_owned()
}
