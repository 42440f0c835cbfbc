use std::io;

use crate::codecs::{Format, MOST_EFFORT};
use crate::color::ColorError;
use crate::coordinator::{OnConflict, RunError, TemplateError};
use crate::image::Depth;
use crate::params::ValueError;
use crate::pipeline::ops::ParseOpError;
use crate::units;

/// A request that cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Nothing to read.
    #[error("there is no input: name folders, files or patterns, or a list with --files-from")]
    NoInput,
    /// Nowhere to write.
    #[error("there is no output: name a folder with -o, or say --in-place")]
    NoDestination,
    /// Two places to write.
    #[error("-o and --in-place exclude each other")]
    TwoDestinations,
    /// A backup of what nobody replaces.
    #[error("--backup keeps what --in-place replaces, and there is no --in-place")]
    BackupAlone,
    /// A suffix that would name another place.
    #[error("`{0}` is no suffix for a backup: it must not be empty or hold a slash")]
    BackupSuffix(String),
    /// In place, something that makes another name.
    #[error(
        "{0} would give files other names, and --in-place keeps them: name a folder with -o instead"
    )]
    InPlaceRenames(&'static str),
    /// In place, something is always there.
    #[error(
        "--on-conflict {0} makes no sense with --in-place, where every output is there already"
    )]
    InPlaceConflict(OnConflict),
    /// A flag that says how something is done which nobody asks for.
    #[error("{flag} says how {ops} is done, and there is no {ops}")]
    Idle {
        /// The flag.
        flag: &'static str,
        /// The operations it is for.
        ops: &'static str,
    },
    /// A format that is read, and not written, and what is to be said of it.
    #[error("{0} files are read, and not written: {1}")]
    ReadOnly(Format, &'static str),
    /// A quality out of its range.
    #[error("quality is from 1 to 100, and {0} is not")]
    Quality(u8),
    /// A quality for a format that has none.
    #[error("{0} has no quality as it is written here")]
    NoQuality(Format),
    /// A file of no bytes.
    #[error("--max-bytes is a size such as 200k, and not 0")]
    NoBytes,
    /// A score out of its range.
    #[error("--target-score is from 1 to 100, such as 80")]
    Score,
    /// A score for files that lose nothing.
    #[error("--target-score says how much may be lost, and --lossless that nothing may")]
    LosslessScore,
    /// An effort out of its range.
    #[error("effort is from 1 to {most}, and {0} is not", most = MOST_EFFORT)]
    Effort(u8),
    /// An effort for a format that is written in one way only.
    #[error("{0} is written in one way only, whatever the effort")]
    NoEffort(Format),
    /// A format without options of its own.
    #[error("{0} has no options of its own")]
    NoDetails(Format),
    /// Options of a format that is not written.
    #[error("--{flag} is for {flag} files, and outputs are {format}")]
    IdleDetails {
        /// The format that they are for.
        flag: Format,
        /// That of the outputs.
        format: Format,
    },
    /// A profile that nobody can use.
    #[error("--icc needs an ICC profile, `srgb`, `p3`, `keep` or `strip`")]
    Profile(#[source] ColorError),
    /// A profile for other samples than RGB.
    #[error("--icc needs a profile for RGB, and this one is for other samples")]
    ProfileSpace,
    /// A profile of so many bytes.
    #[error("--icc takes profiles of up to 48 KiB, and this one has {0} bytes")]
    LongProfile(usize),
    /// A profile that is asked for, and one that is to be stripped.
    #[error("--metadata names `icc`, and --icc strip leaves it out")]
    ProfileWanted,
    /// Colours that need a profile, and a list without it.
    #[error(
        "--icc asks for colours that need a profile, and --metadata leaves it out: add `icc` to the list"
    )]
    ProfileLeftOut,
    /// A name or a notice that nobody could read.
    #[error("{0} needs a text of one line, of at most 1000 bytes")]
    Credit(&'static str),
    /// A name or a notice, and no block to write it into.
    #[error("{0} writes EXIF, and --metadata leaves it out: add `exif` to the list")]
    CreditLeftOut(&'static str),
    /// A value that cannot be read.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Nothing may be lost in a format that loses something.
    #[error("{0} loses something however it is written, so it cannot be lossless")]
    Lossy(Format),
    /// A quality where nothing may be lost.
    #[error("--quality says how much may be lost, and --lossless that nothing may")]
    LosslessQuality,
    /// Samples that are near to what they are, and something else that says how near.
    #[error(
        "--webp near-lossless says what may be lost: not --quality, --lossless or what searches for a quality"
    )]
    NearLossless,
    /// Few colours where nothing may be lost.
    #[error("--png colors gives up colours, and --lossless says that nothing may be lost")]
    LosslessColors,
    /// Samples as they are not, where nothing may be lost.
    #[error("--depth says how samples are stored, and --lossless that it is as they are")]
    LosslessDepth,
    /// Samples that the format does not have.
    #[error(
        "--depth asks for {depth}, and {format} has no such samples: `lightmill formats` says what is written"
    )]
    Depth {
        /// The format of the outputs.
        format: Format,
        /// What was asked for.
        depth: Depth,
    },
    /// What this build does not have.
    #[error(
        "{flag} is not part of this build: `cargo install --path . --features {feature}` makes one"
    )]
    NotBuilt {
        /// What was asked for.
        flag: &'static str,
        /// What has it.
        feature: &'static str,
    },
    /// A limit of nothing.
    #[error("a limit of no pixels lets no picture through")]
    NoPixels,
    /// No worker.
    #[error("at least one job must be allowed")]
    NoJobs,
    /// Too little memory for anything.
    #[error("{} of memory hold no picture: at least 64 MiB are needed", units::memory(*.0))]
    Memory(u64),
    /// Files that operations need, of more bytes than workers take.
    #[error("the files that operations need take {} of memory, and may take 250 MiB", units::memory(*.0))]
    LongFiles(u64),
    /// Files that operations need, and no room for them.
    #[error(
        "the files that operations need take {} of memory in each of the workers, which have {}: raise --memory, or lower --jobs",
        units::memory(*needed),
        units::memory(*share)
    )]
    FilesTooLarge {
        /// Bytes that a worker takes with them, without any picture.
        needed: u64,
        /// Bytes that each worker has.
        share: u64,
    },
    /// What is asked for holds only for processes.
    #[error("{0} can be kept only where images are worked on in processes of their own")]
    NeedsProcesses(&'static str),
    /// Not a template.
    #[error("cannot name outputs")]
    Template(#[from] TemplateError),
    /// Not a pattern.
    #[error("`{pattern}` is no pattern")]
    Pattern {
        /// What was written.
        pattern: String,
        /// What is wrong with it.
        source: globset::Error,
    },
    /// Not an operation.
    #[error(transparent)]
    Op(#[from] ParseOpError),
    /// The program cannot find itself, so it cannot start workers.
    #[error("cannot find this program to start it as a worker")]
    Program(#[source] io::Error),
}

/// Why a batch did not run, or did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The request cannot be.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The run did not begin, or could not go on.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<ParseOpError> for BatchError {
    fn from(error: ParseOpError) -> Self {
        Self::Settings(error.into())
    }
}
