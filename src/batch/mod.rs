//! The library's front: everything the command does, as a builder.

#[cfg(target_os = "linux")]
mod cgroup;
mod complete;
mod encoding;
mod error;
mod machine;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::codecs::{EncodeOptions, Format};
use crate::coordinator::{self, FormatChoice, Input, OnConflict, Stopper};
use crate::event::{Event, Isolation, Summary};
use crate::image::Limits;
use crate::metadata::{Credit, Retention};
use crate::pipeline::ops::{Op, OpDefaults, ParseOpError};
use crate::pipeline::{Colors, Frames, Goal};
use crate::sandbox::Policy;

pub use error::{BatchError, SettingsError};

/// When an image has taken too long.
#[derive(Debug, Clone, Copy)]
enum TimeLimit {
    /// After the usual time, where that can be kept.
    Usual,
    Never,
    After(Duration),
}

/// A folder's worth of work: inputs, what is done to each, and where the results go.
///
/// ```no_run
/// fn main() -> Result<(), lightmill::BatchError> {
///     lightmill::worker::init(); // the workers are this very program, started again
///     let summary = lightmill::Batch::new()
///         .input("photos")
///         .output("thumbs")
///         .thumbnail("320x320")?
///         .run(|event| println!("{event:?}"))?;
///     assert_eq!(summary.failed, 0);
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Batch {
    inputs: Vec<Input>,
    include: Vec<String>,
    exclude: Vec<String>,
    hidden: bool,
    output: Option<PathBuf>,
    in_place: bool,
    backup: Option<String>,
    format: FormatChoice,
    encode: EncodeOptions,
    /// Formats that have been given options of their own.
    detailed: Vec<Format>,
    lossless: bool,
    template: Option<String>,
    on_conflict: OnConflict,
    auto_orient: bool,
    ops: Vec<Op>,
    goal: Goal,
    frames: Frames,
    colors: Option<Colors>,
    metadata: Option<Retention>,
    /// What holds where nothing is said.
    usual_metadata: Retention,
    credit: Credit,
    develop: bool,
    strict: bool,
    max_pixels: u64,
    jobs: Option<u16>,
    isolation: Isolation,
    timeout: TimeLimit,
    memory: Option<u64>,
    retries: u8,
    sandbox: Policy,
    dry_run: bool,
    max_failures: Option<NonZeroUsize>,
    resume: bool,
    durable: bool,
    keep_mtime: bool,
    stopper: Stopper,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            hidden: false,
            output: None,
            in_place: false,
            backup: None,
            format: FormatChoice::Keep,
            encode: EncodeOptions::default(),
            detailed: Vec::new(),
            lossless: false,
            template: None,
            on_conflict: OnConflict::Error,
            auto_orient: true,
            ops: Vec::new(),
            goal: Goal::default(),
            frames: Frames::All,
            colors: None,
            metadata: None,
            usual_metadata: Retention::Keep,
            credit: Credit::default(),
            develop: false,
            strict: false,
            max_pixels: Limits::default().max_pixels,
            jobs: None,
            isolation: Isolation::Process,
            timeout: TimeLimit::Usual,
            memory: None,
            retries: 1,
            sandbox: Policy::Auto,
            dry_run: false,
            max_failures: None,
            resume: false,
            durable: false,
            keep_mtime: false,
            stopper: Stopper::new(),
        }
    }
}

impl Batch {
    /// A batch without inputs, that keeps every picture's format and makes it upright.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a folder (walked, and mirrored below the output), a file, or a pattern such as `photos/**/*.jpg`.
    #[must_use]
    pub fn input(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.push(Input::Named(path.into()));
        self
    }

    /// Adds a file from a list. One that is not there is a failed image, not a wrong request; the folders of a
    /// relative path are mirrored.
    #[must_use]
    pub fn listed(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.push(Input::Listed(path.into()));
        self
    }

    /// Of folders, takes only files that this pattern, or another one given so, matches; they count as pictures,
    /// whatever they hold.
    #[must_use]
    pub fn include(mut self, pattern: impl Into<String>) -> Self {
        self.include.push(pattern.into());
        self
    }

    /// Of folders, leaves out files and folders that this pattern matches.
    #[must_use]
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.exclude.push(pattern.into());
        self
    }

    /// Whether names that begin with a dot count. They do not, unless told so.
    #[must_use]
    pub fn hidden(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }

    /// Writes below this folder.
    #[must_use]
    pub fn output(mut self, folder: impl Into<PathBuf>) -> Self {
        self.output = Some(folder.into());
        self
    }

    /// Writes each output over its source.
    #[must_use]
    pub fn in_place(mut self) -> Self {
        self.in_place = true;
        self
    }

    /// With [`Self::in_place`], keeps what is replaced under its name plus this suffix.
    #[must_use]
    pub fn backup(mut self, suffix: impl Into<String>) -> Self {
        self.backup = Some(suffix.into());
        self
    }

    /// Names outputs by a [`Template`](crate::coordinator::Template); `{dir}/{stem}.{ext}` unless told otherwise.
    #[must_use]
    pub fn template(mut self, template: impl Into<String>) -> Self {
        self.template = Some(template.into());
        self
    }

    /// What happens when an output's place is taken.
    #[must_use]
    pub fn on_conflict(mut self, on_conflict: OnConflict) -> Self {
        self.on_conflict = on_conflict;
        self
    }

    /// Whether pictures are made upright first. They are, unless told otherwise.
    #[must_use]
    pub fn auto_orient(mut self, auto_orient: bool) -> Self {
        self.auto_orient = auto_orient;
        self
    }

    /// Adds an operation; they are applied in the order in which they are added.
    #[must_use]
    pub fn op(mut self, op: impl Into<Op>) -> Self {
        self.ops.push(op.into());
        self
    }

    /// Adds an operation as it is written on the command line: `apply("blur 2")`.
    ///
    /// # Errors
    /// There is no such operation, or it cannot take that value.
    pub fn apply(self, op: &str) -> Result<Self, ParseOpError> {
        Ok(self.op(op.parse::<Op>()?))
    }

    /// Adds what `lightmill thumbnail --size SIZE` does: fit into the box, enlarge nothing, and keep
    /// of what describes a picture who made it and who has the rights.
    ///
    /// # Errors
    /// The size is no geometry.
    pub fn thumbnail(self, size: &str) -> Result<Self, ParseOpError> {
        let defaults = OpDefaults {
            no_upscale: true,
            ..OpDefaults::default()
        };
        self.thumbnail_with(size, &defaults)
    }

    pub(crate) fn thumbnail_with(
        mut self,
        size: &str,
        defaults: &OpDefaults,
    ) -> Result<Self, ParseOpError> {
        self.usual_metadata = Retention::Copyright;
        Ok(self.op(Op::parse("resize", &boxed(size), defaults)?))
    }

    /// In which colours files are written: sRGB, unless told otherwise, or a list of metadata names the profile.
    #[must_use]
    pub fn colors(mut self, colors: Colors) -> Self {
        self.colors = Some(colors);
        self
    }

    /// Which pictures are taken of files that hold several. All, unless told otherwise, where the file that is written holds them,
    /// too.
    #[must_use]
    pub fn frames(mut self, frames: Frames) -> Self {
        self.frames = frames;
        self
    }

    /// What travels along of what describes a picture: all, unless told otherwise; with thumbnails, who made it and who has the
    /// rights.
    #[must_use]
    pub fn metadata(mut self, policy: Retention) -> Self {
        self.metadata = Some(policy);
        self
    }

    /// Writes into each picture who has the rights.
    #[must_use]
    pub fn copyright(mut self, notice: impl Into<String>) -> Self {
        self.credit.copyright = Some(notice.into());
        self
    }

    /// Writes into each picture who made it.
    #[must_use]
    pub fn artist(mut self, name: impl Into<String>) -> Self {
        self.credit.artist = Some(name.into());
        self
    }

    /// Whether pictures are made of what the sensors of cameras have measured, instead of taking those that raw files hold for
    /// displays. Builds without the feature `develop` refuse it.
    #[must_use]
    pub fn develop(mut self, develop: bool) -> Self {
        self.develop = develop;
        self
    }

    /// Whether pictures of which a part is missing or broken fail. Unless told so they are made of what can be had, with a
    /// [warning](crate::warning::Warning).
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The most pixels that a picture may have, as read or as made.
    #[must_use]
    pub fn max_pixels(mut self, max_pixels: u64) -> Self {
        self.max_pixels = max_pixels;
        self
    }

    /// How many images are worked on at a time, and how many threads may run; by default as many as there are cores
    /// for this process.
    #[must_use]
    pub fn jobs(mut self, jobs: u16) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// Where images are worked on. With [`Isolation::None`] the calling thread becomes a `rayon` pool of one thread,
    /// and stays one: filters must find no other pool.
    #[must_use]
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// The CPU time that one image may take for each thread that works on it; by the clock on the wall it may take five
    /// times as much. `None` is as long as it likes. A minute, unless told otherwise.
    #[must_use]
    pub fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout.map_or(TimeLimit::Never, TimeLimit::After);
        self
    }

    /// Bytes of memory for all workers together; by default three fifths of what is available. Each may take its share;
    /// an image that needs more is worked on alone, when all others are done.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// How often an image that took its worker along is tried again, alone in a fresh worker. Once, unless told
    /// otherwise.
    #[must_use]
    pub fn retries(mut self, retries: u8) -> Self {
        self.retries = retries;
        self
    }

    /// How much of a sandbox workers must have. As much as the system has, unless told otherwise.
    #[must_use]
    pub fn sandbox(mut self, policy: Policy) -> Self {
        self.sandbox = policy;
        self
    }

    /// Only says what would be done.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Ends the run when this many images have failed.
    #[must_use]
    pub fn max_failures(mut self, most: NonZeroUsize) -> Self {
        self.max_failures = Some(most);
        self
    }

    /// Goes on where a run of the same request was killed.
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Puts each output on the disk itself before it counts, so that even a power failure leaves no torn file.
    #[must_use]
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// Gives outputs the modification time of their sources.
    #[must_use]
    pub fn keep_mtime(mut self, keep_mtime: bool) -> Self {
        self.keep_mtime = keep_mtime;
        self
    }

    /// A handle that ends the run early, from any thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Does the work, and tells `observe` what happens, in order, on this thread.
    ///
    /// # Errors
    /// The request cannot be, or the run could not go on. Images that fail are no error: the summary counts them, and
    /// `observe` is told of each.
    pub fn run(&self, mut observe: impl FnMut(&Event)) -> Result<Summary, BatchError> {
        let settings = self.settings()?;
        Ok(coordinator::run(&settings, &self.stopper, &mut observe)?)
    }
}

/// A thumbnail's size: a lone number is the longest side, not the width.
fn boxed(size: &str) -> String {
    let (number, marks) = size.split_at(size.find(['>', '<', '!', '^']).unwrap_or(size.len()));
    if number.parse::<u32>().is_ok() {
        format!("{number}x{number}{marks}")
    } else {
        size.to_owned()
    }
}
