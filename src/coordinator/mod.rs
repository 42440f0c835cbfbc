//! Decides: what is to be done (discover, plan), by whom (shard, schedule), and when it is over (stop). It never decodes
//! a pixel.

mod crew;
mod discover;
mod plan;
mod publish;
mod run;
pub mod schedule;
mod settings;
mod shard;
mod stop;
mod tally;
mod template;
mod verify;

use std::io;
use std::path::PathBuf;

use crate::event::Event;
use crate::failure::FailureKind;
use crate::protocol::ProtocolError;
use crate::store::{HomeError, JournalError};

pub use discover::DiscoverError;
pub use plan::PlanError;
pub use run::run;
pub use settings::{Destination, Filter, FormatChoice, Input, OnConflict, Pattern, Settings};
pub use stop::Stopper;
pub use template::{Fields, Template, TemplateError};

/// Whoever is told what happens, in order, on the coordinator's own thread.
pub type Observer<'a> = &'a mut dyn FnMut(&Event);

/// Why a run did not begin, or could not go on. What becomes of single images is never an error, but an
/// [`Event`] and a count in the [`Summary`](crate::event::Summary).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An input is not there.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// The outputs cannot be what was asked for.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The journal in the output folder is of another request.
    #[error("the unfinished run in {folder} was another request")]
    OtherRequest {
        /// The output folder.
        folder: PathBuf,
    },
    /// The output folder cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The journal cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Staging cannot be tidied up.
    #[error("cannot tidy up {folder}")]
    Tidy {
        /// The output folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Workers cannot be told what to do.
    #[error("workers cannot be told what to do")]
    Setup(#[from] ProtocolError),
    /// Workers die before they can do anything.
    #[error("workers do not stay alive: the last one {0}")]
    NoWorkers(String),
    /// Workers cannot be started for want of descriptors.
    #[error("no worker can be started: the last one {0}")]
    NoDescriptors(String),
    /// Workers cannot be confined as `--sandbox require` asks for.
    #[error("no worker may be used: {0}")]
    Unconfined(String),
    /// Nothing more can be written.
    #[error("cannot write outputs: {0}")]
    CannotWrite(String),
    /// This process is a worker itself: a program that runs batches forgot to call `worker::init`.
    #[error(
        "this process was started as a worker: call `lightmill::worker::init()` first thing in `main`"
    )]
    InWorker,
}

impl RunError {
    /// Whether the request was wrong, so that nothing was begun; otherwise the run could not go on.
    pub fn is_request(&self) -> bool {
        match self {
            Self::Discover(_) | Self::Plan(_) | Self::OtherRequest { .. } => true,
            Self::Home(_)
            | Self::Journal(_)
            | Self::Tidy { .. }
            | Self::Setup(_)
            | Self::NoWorkers(_)
            | Self::NoDescriptors(_)
            | Self::Unconfined(_)
            | Self::CannotWrite(_)
            | Self::InWorker => false,
        }
    }

    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Plan(error) => Some(error.hint()),
            Self::OtherRequest { .. } => Some("leave --resume out to begin anew"),
            Self::CannotWrite(_) => Some("make room, then run the same command with --resume"),
            Self::Home(HomeError::Busy { .. }) => {
                Some("wait for it, or choose another folder with -o")
            }
            Self::NoWorkers(_) => Some("try --isolation thread, and report this"),
            Self::NoDescriptors(_) => FailureKind::NoDescriptors.hint(),
            Self::Unconfined(_) => {
                Some("use --sandbox auto to run with what this system has (-v shows it)")
            }
            Self::Discover(_)
            | Self::Home(_)
            | Self::Journal(_)
            | Self::Tidy { .. }
            | Self::Setup(_)
            | Self::InWorker => None,
        }
    }
}
