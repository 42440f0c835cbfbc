//! The unit of work: one source image, and what became of it.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::codecs::Format;
use crate::failure::Failure;
use crate::image::Size;
use crate::metadata::Dropped;
use crate::warning::Warnings;

/// Which job of a run: its position in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(pub u32);

impl JobId {
    /// Its position in the plan.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job {}", self.0)
    }
}

/// Which worker of a run; never reused, so that a message from a dead worker is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkerId(pub u32);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker {}", self.0)
    }
}

/// What is estimated to be needed for a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Microseconds of CPU time. Only ratios matter.
    pub micros: u64,
    /// Bytes that the job takes in a message.
    pub message_bytes: usize,
}

/// One source image, with its output settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its position in the plan.
    pub id: JobId,
    /// The file to read.
    pub source: PathBuf,
    /// What its content says it is.
    pub format: Format,
    /// What is to be made of it.
    pub target: Format,
    /// Where that goes.
    pub output: PathBuf,
    /// What stands there was published by an earlier, killed run of the same request, and is replaced whatever
    /// happens to files that others made.
    pub replaces_ours: bool,
    /// The folder that holds the run's staging files for this output: on the same file system.
    pub home: PathBuf,
    /// Length of the source in bytes.
    pub source_bytes: u64,
    /// When the source was last changed, in nanoseconds since 1970, as far as the system tells.
    pub source_modified: Option<u128>,
    /// Estimate of the work.
    pub cost: Cost,
}

/// What a worker says of a file it has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// Length of the staging file in bytes.
    pub bytes: u64,
    /// CRC-32 (IEEE) of it.
    pub crc: u32,
    /// Size of the source picture, as stored.
    pub before: Size,
    /// Size of the picture written.
    pub after: Size,
    /// Time from reading to written, in microseconds.
    pub micros: u64,
    /// What must be said of it all the same.
    pub warnings: Warnings,
    /// What described the source picture, and does not describe the one written.
    pub dropped: Dropped,
}

/// How a job ended. Every job of a run ends exactly once, or is left when the run stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The worker wrote what was asked; the file waits in staging.
    Rendered(Rendered),
    /// A header was read: the picture's size, and the size of what the recipe makes of it.
    Surveyed(Size, Size),
    /// It did not make it.
    Failed(Failure),
}
