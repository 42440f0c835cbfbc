use std::process::ExitCode;

use crate::event::{StopCause, Summary};

/// What the exit status says. The one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything that was asked for is there.
    Clean,
    /// 1: some images failed.
    SomeFailed,
    /// 2: the request was wrong; nothing was begun.
    BadUsage,
    /// 3: the run could not go on.
    CannotRun,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// The status of a run that came to its end, or was told to.
    pub fn of(summary: &Summary) -> Self {
        match summary.stopped {
            Some(StopCause::Interrupted) => Self::Interrupted,
            Some(StopCause::CannotGoOn) => Self::CannotRun,
            Some(StopCause::TooManyFailures) => Self::SomeFailed,
            None if summary.failed > 0 => Self::SomeFailed,
            None => Self::Clean,
        }
    }

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::SomeFailed => 1,
            Self::BadUsage => 2,
            Self::CannotRun => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Ends the process here and now, where `main` cannot be returned to.
pub(super) fn leave(exit: Exit) -> ! {
    #[expect(clippy::disallowed_methods, clippy::exit, reason = "the one place")]
    std::process::exit(exit.code().into())
}
