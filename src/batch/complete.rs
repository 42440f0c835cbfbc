//! From a request as it was put together to settings that are complete, or the reason why it cannot be.

use std::time::Duration;

use super::{Batch, SettingsError, TimeLimit, machine};
use crate::codecs::{self, EncodeOptions, MOST_EFFORT};
use crate::color::{Profile, Space};
use crate::coordinator::{Destination, Filter, FormatChoice, OnConflict, Pattern, Settings};
use crate::event::Isolation;
use crate::image::Limits;
use crate::metadata::{Credit, Retention};
use crate::pipeline::ops::{AutoOrient, Op};
use crate::pipeline::{Colors, Goal, Recipe};
use crate::sandbox::Policy;

/// CPU time for one image, for each thread that works on it.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The least memory that can be asked for: less does not hold a small picture. Bytes.
const LEAST_MEMORY: u64 = 64 << 20;

/// What a worker needs for a photo of some ten megapixels. Bytes.
const ORDINARY_SHARE: u64 = 128 << 20;

/// The longest profile that can be asked for, in bytes: those that are longer hold tables for printers.
const LONGEST_PROFILE: usize = 48 << 10;

/// The most bytes that files which operations need may take with what is made of them: workers take somewhat more than that
/// (`protocol::MAX_SETUP`).
const MOST_HELD: u64 = 250 << 20;

/// The longest name or notice that can be written into pictures, in bytes.
const LONGEST_CREDIT: usize = 1000;

impl Batch {
    /// Checks the request, and completes it.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        if self.inputs.is_empty() {
            return Err(SettingsError::NoInput);
        }
        if self.max_pixels == 0 {
            return Err(SettingsError::NoPixels);
        }
        if self.jobs == Some(0) {
            return Err(SettingsError::NoJobs);
        }
        if self.sandbox == Policy::Require && self.isolation != Isolation::Process {
            return Err(SettingsError::NeedsProcesses("--sandbox require"));
        }
        let memory = self.memory.unwrap_or_else(machine::memory);
        if self.memory.is_some_and(|bytes| bytes < LEAST_MEMORY) {
            return Err(SettingsError::Memory(memory));
        }
        let recipe = self.recipe()?;
        let workers = self.workers(memory, &recipe);
        let settings = Settings {
            inputs: self.inputs.clone(),
            filter: Filter {
                include: patterns(&self.include)?,
                exclude: patterns(&self.exclude)?,
                hidden: self.hidden,
                backup: self.backup.clone(),
            },
            destination: self.destination()?,
            format: self.format,
            template: self
                .template
                .as_deref()
                .map(str::parse)
                .transpose()?
                .unwrap_or_default(),
            on_conflict: self.on_conflict,
            recipe,
            workers,
            isolation: self.isolation,
            timeout: self.time_limit()?,
            memory,
            retries: self.retries,
            sandbox: self.sandbox,
            launch: machine::launch()?,
            dry_run: self.dry_run,
            max_failures: self.max_failures,
            resume: self.resume,
            durable: self.durable,
            keep_mtime: self.keep_mtime,
        };
        check_files(&settings)?;
        Ok(settings)
    }

    /// As many as there are cores, unless their shares of the memory would be too small for an ordinary photo.
    fn workers(&self, memory: u64, recipe: &Recipe) -> u16 {
        self.jobs.unwrap_or_else(|| {
            let share = ORDINARY_SHARE.saturating_add(recipe.held());
            let fit = u16::try_from(memory / share).unwrap_or(u16::MAX);
            machine::cores().min(fit).max(1)
        })
    }

    fn time_limit(&self) -> Result<Option<Duration>, SettingsError> {
        match (self.isolation, self.timeout) {
            (Isolation::Process, TimeLimit::Usual) => Ok(Some(TIMEOUT)),
            (Isolation::Process, TimeLimit::After(time)) => Ok(Some(time)),
            (_, TimeLimit::Never) | (Isolation::Thread | Isolation::None, TimeLimit::Usual) => {
                Ok(None)
            }
            (Isolation::Thread | Isolation::None, TimeLimit::After(_)) => {
                Err(SettingsError::NeedsProcesses("--timeout"))
            }
        }
    }

    fn destination(&self) -> Result<Destination, SettingsError> {
        if let Some(suffix) = &self.backup {
            if !self.in_place {
                return Err(SettingsError::BackupAlone);
            }
            if suffix.is_empty() || suffix.contains(['/', '\\']) {
                return Err(SettingsError::BackupSuffix(suffix.clone()));
            }
        }
        let folder = match (&self.output, self.in_place) {
            (Some(_), true) => return Err(SettingsError::TwoDestinations),
            (None, false) => return Err(SettingsError::NoDestination),
            (Some(folder), false) => return Ok(Destination::Folder(folder.clone())),
            (None, true) => Destination::InPlace {
                backup: self.backup.clone(),
            },
        };
        if self.format != FormatChoice::Keep {
            return Err(SettingsError::InPlaceRenames("--format"));
        }
        if self.template.is_some() {
            return Err(SettingsError::InPlaceRenames("--template"));
        }
        match self.on_conflict {
            OnConflict::Error | OnConflict::Overwrite | OnConflict::IfSmaller => Ok(folder),
            policy @ (OnConflict::Skip | OnConflict::Unique | OnConflict::IfNewer) => {
                Err(SettingsError::InPlaceConflict(policy))
            }
        }
    }

    /// Whether outputs can be written as is asked, as far as their format is known.
    fn check_encoding(&self) -> Result<(), SettingsError> {
        let EncodeOptions {
            quality, effort, ..
        } = self.encode;
        if let Some(quality) = quality.filter(|quality| !(1..=100).contains(quality)) {
            return Err(SettingsError::Quality(quality));
        }
        if let Some(effort) = effort.filter(|effort| !(1..=MOST_EFFORT).contains(effort)) {
            return Err(SettingsError::Effort(effort));
        }
        if self.lossless && quality.is_some() {
            return Err(SettingsError::LosslessQuality);
        }
        let near = self.encode.details.webp.near_lossless.is_some();
        if near && (quality.is_some() || self.lossless || self.goal != Goal::default()) {
            return Err(SettingsError::NearLossless);
        }
        if self.lossless && self.encode.details.png.colors.is_some() {
            return Err(SettingsError::LosslessColors);
        }
        if self.lossless && self.encode.depth.is_some() {
            return Err(SettingsError::LosslessDepth);
        }
        let FormatChoice::To(format) = self.format else {
            return Ok(());
        };
        let info = format.info();
        if !info.is_written() {
            return Err(SettingsError::ReadOnly(format, info.note));
        }
        if quality.is_some() && info.default_quality.is_none() {
            return Err(SettingsError::NoQuality(format));
        }
        if effort.is_some() && !info.has_effort {
            return Err(SettingsError::NoEffort(format));
        }
        if let Some(depth) = self.encode.depth.filter(|depth| !info.has(*depth)) {
            return Err(SettingsError::Depth { format, depth });
        }
        if self.lossless && format.codec().lossless().is_none() {
            return Err(SettingsError::Lossy(format));
        }
        match self.detailed.iter().find(|flag| **flag != format) {
            Some(flag) => Err(SettingsError::IdleDetails {
                flag: *flag,
                format,
            }),
            None => Ok(()),
        }
    }

    fn checked_goal(&self) -> Result<Goal, SettingsError> {
        let goal = self.goal;
        if goal.max_bytes == Some(0) {
            return Err(SettingsError::NoBytes);
        }
        if goal
            .score
            .is_some_and(|score| !(1.0..=100.0).contains(&score))
        {
            return Err(SettingsError::Score);
        }
        if goal.score.is_some() && self.lossless {
            return Err(SettingsError::LosslessScore);
        }
        if let FormatChoice::To(format) = self.format
            && goal.score.is_some()
            && format.info().default_quality.is_none()
        {
            return Err(SettingsError::NoQuality(format));
        }
        Ok(goal)
    }

    /// A list that names the profile asks for it; one that does not leaves colours that need none.
    fn checked_colors(&self, metadata: Retention) -> Result<Colors, SettingsError> {
        let list = match metadata {
            Retention::Only(blocks) => Some(blocks.icc),
            Retention::Keep | Retention::Strip | Retention::Copyright | Retention::NoGps => None,
        };
        let colors = match (&self.colors, list) {
            (None, Some(true)) => Colors::Keep,
            (None, _) => Colors::Srgb,
            (Some(Colors::Strip), Some(true)) => return Err(SettingsError::ProfileWanted),
            (Some(Colors::Keep | Colors::DisplayP3 | Colors::Profile(_)), Some(false)) => {
                return Err(SettingsError::ProfileLeftOut);
            }
            (Some(colors), _) => colors.clone(),
        };
        if let Colors::Profile(icc) = &colors {
            if icc.len() > LONGEST_PROFILE {
                return Err(SettingsError::LongProfile(icc.len()));
            }
            if Profile::parse(icc).map_err(SettingsError::Profile)?.space() != Space::Rgb {
                return Err(SettingsError::ProfileSpace);
            }
        }
        Ok(colors)
    }

    /// What is written into each picture, if there is a place for it, and it is what it seems to be.
    fn checked_credit(&self, metadata: Retention) -> Result<Credit, SettingsError> {
        for (flag, text) in [
            ("--set-copyright", &self.credit.copyright),
            ("--set-artist", &self.credit.artist),
        ] {
            let Some(text) = text else { continue };
            let is_plain = !text.trim().is_empty() && !text.contains(char::is_control);
            if !is_plain || text.len() > LONGEST_CREDIT {
                return Err(SettingsError::Credit(flag));
            }
            if matches!(metadata, Retention::Only(blocks) if !blocks.exif) {
                return Err(SettingsError::CreditLeftOut(flag));
            }
        }
        Ok(self.credit.clone())
    }

    fn recipe(&self) -> Result<Recipe, SettingsError> {
        self.check_encoding()?;
        if self.develop && codecs::developing().is_none() {
            return Err(SettingsError::NotBuilt {
                flag: "--develop",
                feature: "develop",
            });
        }
        let metadata = self.metadata.unwrap_or(self.usual_metadata);
        let mut ops = self.ops.clone();
        // Whoever names the place of `auto-orient` gets it there, and only there.
        if self.auto_orient && !ops.iter().any(|op| matches!(op, Op::AutoOrient(_))) {
            ops.insert(0, AutoOrient.into());
        }
        Ok(Recipe {
            ops,
            encode: self.encode.clone(),
            lossless: self.lossless,
            goal: self.checked_goal()?,
            frames: self.frames,
            colors: self.checked_colors(metadata)?,
            metadata,
            credit: self.checked_credit(metadata)?,
            develop: self.develop,
            strict: self.strict,
            limits: Limits {
                max_pixels: self.max_pixels,
            },
        })
    }
}

/// Whether workers have room for the files that operations need.
fn check_files(settings: &Settings) -> Result<(), SettingsError> {
    let held = settings.recipe.held();
    if held > MOST_HELD {
        return Err(SettingsError::LongFiles(held));
    }
    let needed = settings.recipe.least_memory(0).saturating_add(held);
    let share = settings.share();
    if held > 0 && needed > share {
        return Err(SettingsError::FilesTooLarge { needed, share });
    }
    Ok(())
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, SettingsError> {
    let parse = |text: &String| {
        Pattern::parse(text).map_err(|source| SettingsError::Pattern {
            pattern: text.clone(),
            source,
        })
    };
    texts.iter().map(parse).collect()
}
