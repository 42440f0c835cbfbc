//! What a run is asked to do: complete and checked, so that nothing behind it asks "and if it was not given?".

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};

use super::template::Template;
use crate::codecs::Format;
use crate::event::Isolation;
use crate::pipeline::Recipe;
use crate::pool::{self, Launch};
use crate::sandbox::Policy;

/// What a run is asked to do. Built by [`Batch::settings`](crate::Batch::settings).
#[derive(Debug, Clone)]
pub struct Settings {
    /// What to read.
    pub inputs: Vec<Input>,
    /// Which files of folders count.
    pub filter: Filter,
    /// Where outputs go.
    pub destination: Destination,
    /// Their format.
    pub format: FormatChoice,
    /// Their names.
    pub template: Template,
    /// What happens to files that are there.
    pub on_conflict: OnConflict,
    /// What is done to each picture.
    pub recipe: Recipe,
    /// How many images are worked on at a time, and how many threads may run.
    pub workers: u16,
    /// Where they are worked on.
    pub isolation: Isolation,
    /// How worker processes are started.
    pub launch: Launch,
    /// CPU time that one image may take for each of its threads; by the clock on the wall, five times as much.
    pub timeout: Option<Duration>,
    /// Bytes of memory for all workers together.
    pub memory: u64,
    /// How often an image that took its worker along is tried again.
    pub retries: u8,
    /// How much of a sandbox workers must have.
    pub sandbox: Policy,
    /// Only say what would be done.
    pub dry_run: bool,
    /// The run ends when this many images have failed.
    pub max_failures: Option<NonZeroUsize>,
    /// Go on where a killed run of the same request stopped.
    pub resume: bool,
    /// Each output is on the disk itself before it counts.
    pub durable: bool,
    /// Outputs get the modification time of their sources.
    pub keep_mtime: bool,
}

impl Settings {
    /// How many images are worked on at a time.
    pub fn limit(&self) -> u16 {
        match self.isolation {
            Isolation::Process => pool::affordable(self.workers),
            Isolation::Thread => self.workers,
            Isolation::None => 1,
        }
    }

    /// Bytes of memory for each of the workers, where all are at work.
    pub fn share(&self) -> u64 {
        self.memory / u64::from(self.limit().max(1))
    }
}

/// One input, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A folder, a file, or a pattern. It must be there.
    Named(PathBuf),
    /// A file from a list. If it is not there, that is one image's failure; if its path is relative, its folders are
    /// mirrored.
    Listed(PathBuf),
}

/// Where outputs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Below this folder.
    Folder(PathBuf),
    /// Each over its source, which is kept under its name plus the suffix, if there is one.
    InPlace {
        /// For example `.orig`.
        backup: Option<String>,
    },
}

/// The format of outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FormatChoice {
    /// Each its source's.
    #[default]
    Keep,
    /// One for all.
    To(Format),
}

/// What happens when an output's place is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OnConflict {
    /// The run does not begin.
    #[default]
    Error,
    /// The image is left out.
    Skip,
    /// What is there is replaced.
    Overwrite,
    /// The output gets a number behind its name.
    Unique,
    /// What is there is replaced if its source is newer.
    IfNewer,
    /// What is there is replaced if the output is smaller.
    IfSmaller,
}

impl OnConflict {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Error,
        Self::Skip,
        Self::Overwrite,
        Self::Unique,
        Self::IfNewer,
        Self::IfSmaller,
    ];

    /// The word people type for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Skip => "skip",
            Self::Overwrite => "overwrite",
            Self::Unique => "unique",
            Self::IfNewer => "if-newer",
            Self::IfSmaller => "if-smaller",
        }
    }
}

impl fmt::Display for OnConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Which files of folders count.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// If there are any, only files that one of them matches; all of those count as pictures, whatever they hold.
    pub include: Vec<Pattern>,
    /// Files and folders that none of them may match.
    pub exclude: Vec<Pattern>,
    /// Whether names that begin with a dot count.
    pub hidden: bool,
    /// What `--backup` puts behind names: such files are left out if the file they are the backup of is there.
    pub backup: Option<String>,
}

impl Filter {
    /// Whether a file is the backup of one that is there.
    pub fn is_backup(&self, path: &std::path::Path) -> bool {
        let name = path.file_name().and_then(std::ffi::OsStr::to_str);
        let of = self
            .backup
            .as_deref()
            .zip(name)
            .and_then(|(suffix, name)| name.strip_suffix(suffix));
        of.is_some_and(|name| !name.is_empty() && path.with_file_name(name).exists())
    }
}

/// A glob pattern: with a slash in it, for the path below the input; without, for the name alone.
#[derive(Debug, Clone)]
pub struct Pattern {
    matcher: GlobMatcher,
    for_path: bool,
}

impl Pattern {
    /// Reads a pattern: `*`, `**`, `?`, `[a-z]`, `{jpg,png}`.
    pub fn parse(text: &str) -> Result<Self, globset::Error> {
        let text = text.strip_prefix("./").unwrap_or(text);
        let glob = GlobBuilder::new(text).literal_separator(true).build()?;
        Ok(Self {
            matcher: glob.compile_matcher(),
            for_path: text.contains('/'),
        })
    }

    /// Whether it matches a file, given its path below the input.
    pub fn matches(&self, relative: &std::path::Path) -> bool {
        if self.for_path {
            return self.matcher.is_match(relative);
        }
        relative
            .file_name()
            .is_some_and(|name| self.matcher.is_match(name))
    }
}
