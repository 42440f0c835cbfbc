//! Why one image did not make it: data that crosses processes, is journalled and counted. Never an `Err` that ends a
//! run.

use std::error::Error;
use std::fmt;
use std::io;
use std::iter;

use serde::{Deserialize, Deserializer, Serialize};

/// What was being done to the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Looking at the file before the run.
    Discover,
    /// Reading the file.
    Read,
    /// Turning bytes into a picture.
    Decode,
    /// Applying the operations.
    Operate,
    /// Turning the picture into bytes.
    Encode,
    /// Writing the staging file.
    Write,
    /// Moving the finished file to its place.
    Publish,
}

impl Stage {
    /// The word for people and for the events.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Discover => "discover",
            Self::Read => "read",
            Self::Decode => "decode",
            Self::Operate => "operate",
            Self::Encode => "encode",
            Self::Write => "write",
            Self::Publish => "publish",
        }
    }
}

impl Stage {
    /// What could not be done, behind "cannot".
    const fn verb(self) -> &'static str {
        match self {
            Self::Discover => "use",
            Self::Operate => "apply",
            Self::Read | Self::Decode | Self::Encode | Self::Write | Self::Publish => self.word(),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What kind of trouble it was. Every question about a kind is an exhaustive match in this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The input cannot be opened or read.
    Unreadable,
    /// The input is not there any more.
    Vanished,
    /// The input changed while it was being worked on.
    Changed,
    /// The input holds nothing that any codec knows.
    Unrecognized,
    /// A known format, or a variant of one, that this build cannot read.
    Unsupported,
    /// The input claims a format and breaks its rules.
    Damaged,
    /// The picture exceeds a limit.
    TooLarge,
    /// An operation cannot be applied to this picture.
    Inapplicable,
    /// The target format cannot hold the picture.
    Unencodable,
    /// The output cannot be written.
    Unwritable,
    /// The output appeared while the run was on, and must not be replaced.
    Exists,
    /// No space, quota or file size left for the output.
    DiskFull,
    /// The folder of the output is gone.
    OutputGone,
    /// The program panicked over this image.
    Internal,
    /// The worker that had it in hand died.
    WorkerLost,
    /// It took longer than `--timeout` allows.
    TimedOut,
    /// It needs more memory than `--memory` allows.
    OutOfMemory,
    /// This process, or the system, has as many files open as it may.
    NoDescriptors,
}

impl FailureKind {
    /// What it means that an input cannot be read.
    pub fn of_reading(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            Self::Vanished
        } else if lacks_descriptors(error) {
            Self::NoDescriptors
        } else if error.kind() == io::ErrorKind::OutOfMemory {
            Self::OutOfMemory
        } else {
            Self::Unreadable
        }
    }

    /// What it means that an output cannot be written. `folder_stands`: whether the folder it goes to is still there.
    pub fn of_writing(error: &io::Error, folder_stands: bool) -> Self {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        if full.contains(&error.kind()) {
            Self::DiskFull
        } else if error.kind() == io::ErrorKind::NotFound && !folder_stands {
            Self::OutputGone
        } else if lacks_descriptors(error) {
            Self::NoDescriptors
        } else {
            Self::Unwritable
        }
    }

    /// The word for people and for the events.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Vanished => "vanished",
            Self::Changed => "changed",
            Self::Unrecognized => "unrecognized",
            Self::Unsupported => "unsupported",
            Self::Damaged => "damaged",
            Self::TooLarge => "too-large",
            Self::Inapplicable => "inapplicable",
            Self::Unencodable => "unencodable",
            Self::Unwritable => "unwritable",
            Self::Exists => "exists",
            Self::DiskFull => "disk-full",
            Self::OutputGone => "output-gone",
            Self::Internal => "internal",
            Self::WorkerLost => "worker-lost",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::NoDescriptors => "no-descriptors",
        }
    }

    /// Whether every other image would meet the same end, so that the run cannot go on.
    pub const fn ends_run(self) -> bool {
        match self {
            Self::DiskFull | Self::OutputGone | Self::NoDescriptors => true,
            Self::Unreadable
            | Self::Vanished
            | Self::Changed
            | Self::Unrecognized
            | Self::Unsupported
            | Self::Damaged
            | Self::TooLarge
            | Self::Inapplicable
            | Self::Unencodable
            | Self::Unwritable
            | Self::Exists
            | Self::Internal
            | Self::WorkerLost
            | Self::TimedOut
            | Self::OutOfMemory => false,
        }
    }

    /// What its reader can do about it, where there is something.
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::TooLarge => Some("raise --max-pixels if the picture is to be trusted"),
            Self::Exists => Some("choose with --on-conflict what happens to files that are there"),
            Self::DiskFull => Some("make room, then run the same command with --resume"),
            Self::OutputGone => {
                Some("bring the folder back, then run the same command with --resume")
            }
            Self::TimedOut => Some("raise --timeout if the picture is worth it"),
            Self::OutOfMemory => Some("raise --memory if the machine has more"),
            Self::NoDescriptors => Some("allow more open files (ulimit -n), or use fewer --jobs"),
            Self::Internal | Self::WorkerLost => {
                Some("this is a bug worth reporting, with the file if you can share it")
            }
            Self::Unreadable
            | Self::Vanished
            | Self::Changed
            | Self::Unrecognized
            | Self::Unsupported
            | Self::Damaged
            | Self::Inapplicable
            | Self::Unencodable
            | Self::Unwritable => None,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whether something could not be opened because this process, or the system, has as many files open as it may.
pub fn lacks_descriptors(error: &io::Error) -> bool {
    #[cfg(unix)]
    return matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE));
    #[cfg(not(unix))]
    {
        let _any = error;
        false
    }
}

/// Why one image did not make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What was being done.
    pub stage: Stage,
    /// What kind of trouble.
    pub kind: FailureKind,
    /// The reason, outermost first; each is a fragment without its own causes.
    #[serde(deserialize_with = "few_and_plain")]
    pub causes: Vec<String>,
}

/// The longest cause that is kept, in characters: it may quote a hostile file.
const LONGEST_CAUSE: usize = 300;

/// The most causes that are kept.
const MOST_CAUSES: usize = 6;

impl Failure {
    /// A failure for a reason told in words.
    pub fn new(stage: Stage, kind: FailureKind, reason: impl Into<String>) -> Self {
        Self {
            stage,
            kind,
            causes: vec![plain(&reason.into())],
        }
    }

    /// A failure for the reason an error gives, with all that caused it.
    pub fn capture(stage: Stage, kind: FailureKind, error: &(dyn Error + 'static)) -> Self {
        let mut causes: Vec<String> = Vec::new();
        for error in iter::successors(Some(error), |&error| error.source()).take(MOST_CAUSES) {
            let cause = plain(&error.to_string());
            // Some libraries repeat their source in their own text.
            if causes.last().is_none_or(|last| !last.contains(&cause)) {
                causes.push(cause);
            }
        }
        Self {
            stage,
            kind,
            causes,
        }
    }

    /// The causes in one line.
    pub fn reason(&self) -> String {
        self.causes.join(": ")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.stage.verb(), self.reason())
    }
}

/// Causes that another process has written: as few and as plain as ours.
fn few_and_plain<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let causes = Vec::<String>::deserialize(from)?;
    Ok(causes
        .iter()
        .take(MOST_CAUSES)
        .map(|cause| plain(cause))
        .collect())
}

/// One line without control characters, of bounded length.
pub(crate) fn plain(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_CAUSE)
        .collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_kept_once_plain_and_short() {
        let error = io::Error::other(format!("a\nb\u{1b}[31m{}", "x".repeat(1000)));
        let failure = Failure::capture(Stage::Read, FailureKind::Unreadable, &error);
        assert_eq!(failure.causes.len(), 1);
        assert!(failure.reason().chars().count() <= LONGEST_CAUSE);
        assert!(!failure.reason().chars().any(char::is_control));
    }

    #[test]
    fn causes_from_elsewhere_are_made_plain_as_well() {
        let mut failure = Failure::new(Stage::Read, FailureKind::Damaged, "");
        failure.causes = vec!["\u{1b}]0;pwned\u{7}".repeat(100); 1000];
        let bytes = postcard::to_stdvec(&failure).unwrap();
        let heard: Failure = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(heard.causes.len(), MOST_CAUSES);
        for cause in &heard.causes {
            assert!(cause.chars().count() <= LONGEST_CAUSE);
            assert!(!cause.chars().any(char::is_control), "{cause:?}");
        }
    }
}
