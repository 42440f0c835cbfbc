//! Everything that can happen in a run: what the coordinator tells, and all that reporters know.
//!
//! `--events` writes these, one JSON object a line; `docs/events.md` describes them. A change that a reader could trip
//! over raises [`VERSION`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Stage};
use crate::image::Size;
use crate::job::{JobId, WorkerId};
use crate::metadata::Dropped;
use crate::sandbox::Posture;
use crate::warning::Warnings;

/// Version of the events' JSON form.
pub const VERSION: u32 = 1;

/// Where the jobs of a run are done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// In worker processes: what goes wrong in one costs one image.
    #[default]
    Process,
    /// In threads of this process.
    Thread,
    /// On the calling thread, one after the other.
    None,
}

/// Why an input was left out, or an output left as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Its content is no picture.
    NotAPicture(String),
    /// Its name begins with a dot.
    Hidden,
    /// `--exclude` names it, or `--include` does not.
    Filtered,
    /// It is the backup of another file.
    Backup,
    /// The same file was named before.
    Repeated,
    /// A folder that leads back into itself.
    Loop,
    /// Neither a file nor a folder.
    Special,
    /// The output is there, and is to be kept.
    OutputExists,
    /// The output is there, and is not older than its source.
    UpToDate,
    /// The result was not smaller than what is there.
    NotSmaller,
}

/// Something that happened. The coordinator's thread hands each to the observer before it goes on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The plan stands; work begins.
    RunStarted {
        /// Version of lightmill.
        lightmill: &'static str,
        /// Images to be worked on.
        jobs: usize,
        /// Images that an earlier, killed run has done already (`--resume`).
        resumed: usize,
        /// Bytes of the sources to be read.
        bytes: u64,
        /// How many images may be worked on at a time.
        workers: u16,
        /// Where they are worked on.
        isolation: Isolation,
    },
    /// With `--dry-run`: what would be done.
    Planned {
        /// The file that would be read.
        #[serde(serialize_with = "path_text")]
        source: PathBuf,
        /// The file that would be written.
        #[serde(serialize_with = "path_text")]
        output: PathBuf,
    },
    /// An input was left out, or its output left as it was.
    Skipped {
        /// Which one.
        #[serde(serialize_with = "path_text")]
        source: PathBuf,
        /// Why.
        reason: SkipReason,
    },
    /// A worker can be given work.
    WorkerReady {
        /// Which one.
        worker: WorkerId,
        /// Its process id.
        pid: u32,
        /// What protects the rest of the system from it.
        posture: Posture,
    },
    /// A worker ended before it was dismissed.
    WorkerLost {
        /// Which one.
        worker: WorkerId,
        /// Its process id, if it ever joined.
        pid: Option<u32>,
        /// How it ended.
        how: String,
        /// The last lines of its stderr.
        last_words: String,
    },
    /// A worker begins an image.
    JobStarted {
        /// Which job.
        job: JobId,
        /// Who does it.
        worker: WorkerId,
        /// In which process.
        pid: u32,
        /// The file it reads.
        #[serde(serialize_with = "path_text")]
        source: PathBuf,
    },
    /// The image in hand has reached a stage.
    JobEntered {
        /// Which job.
        job: JobId,
        /// Who does it.
        worker: WorkerId,
        /// Which stage.
        stage: Stage,
    },
    /// An image took its worker along, and is tried again.
    JobRetried {
        /// Which job.
        job: JobId,
        /// The file.
        #[serde(serialize_with = "path_text")]
        source: PathBuf,
        /// What happened.
        failure: Failure,
    },
    /// An output stands in its place.
    JobDone {
        /// Which job.
        job: JobId,
        /// Who did it.
        worker: WorkerId,
        /// The file that was read.
        #[serde(serialize_with = "path_text")]
        source: PathBuf,
        /// The file that was written.
        #[serde(serialize_with = "path_text")]
        output: PathBuf,
        /// Length of the source.
        bytes_in: u64,
        /// Length of the output.
        bytes_out: u64,
        /// Size of the source picture, as stored.
        before: Size,
        /// Size of the output picture.
        after: Size,
        /// Time in the worker, in microseconds.
        micros: u64,
        /// What must be said of it all the same.
        warnings: Warnings,
        /// What described the source picture, and does not describe the one written.
        dropped: Dropped,
    },
    /// An image did not make it.
    JobFailed {
        /// Which job; none if it failed before there was one.
        job: Option<JobId>,
        /// The file.
        #[serde(serialize_with = "path_text")]
        source: PathBuf,
        /// Why.
        failure: Failure,
    },
    /// The run is told to end early.
    Stopping {
        /// Why.
        cause: StopCause,
    },
    /// The run pauses: workers stand still. It goes on when the observer has taken notice of this, which may take as
    /// long as it likes.
    Paused,
    /// The run goes on.
    Resumed,
    /// Nothing more will come.
    RunEnded {
        /// What came of it all.
        summary: Summary,
    },
    /// Time has passed: something may want to be painted. Not written to `--events`.
    #[serde(skip)]
    Tick,
}

/// Why a run ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopCause {
    /// Ctrl-C, SIGTERM, or [`Stopper::stop`](crate::coordinator::Stopper::stop).
    Interrupted,
    /// As many images failed as `--max-failures` (or `--fail-fast`) allows.
    TooManyFailures,
    /// Nothing more can be written, or no worker lives.
    CannotGoOn,
}

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Images whose output stands in its place.
    pub done: usize,
    /// How many of those there are warnings about.
    pub warned: usize,
    /// Images that did not make it.
    pub failed: usize,
    /// Inputs left out, and outputs left as they were.
    pub skipped: usize,
    /// Images that an earlier, killed run had done already.
    pub resumed: usize,
    /// Images that a stopped run did not come to.
    pub left: usize,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Pixels of the source pictures.
    pub pixels: u64,
    /// Workers that were lost.
    pub workers_lost: usize,
    /// From beginning to end. In JSON: seconds.
    #[serde(with = "seconds")]
    pub elapsed: Duration,
    /// Why it ended early, if it did.
    pub stopped: Option<StopCause>,
}

/// A duration as a number of seconds, to the microsecond.
mod seconds {
    use std::time::Duration;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64((time.as_secs_f64() * 1e6).round() / 1e6)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A path as text where it is text. A name that is no Unicode text becomes an object of two: what can be shown of it,
/// and all of its bytes in hexadecimal (on Windows its 16-bit units).
pub fn path_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(text) = path.to_str() {
        return serializer.serialize_str(text);
    }
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("lossy", &path.to_string_lossy())?;
    map.serialize_entry("hex", &hex(path))?;
    map.end()
}

#[cfg(unix)]
fn hex(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let bytes = path.as_os_str().as_bytes().iter();
    bytes.fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(windows)]
fn hex(path: &Path) -> String {
    use std::os::windows::ffi::OsStrExt;
    let units = path.as_os_str().encode_wide();
    units.fold(String::new(), |text, unit| text + &format!("{unit:04x}"))
}

#[cfg(not(any(unix, windows)))]
fn hex(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.bytes()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
