//! Settling every output's path before anything is written.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::discover::{Found, modified};
use super::settings::{Destination, FormatChoice, OnConflict, Settings};
use super::template::{Fields, TemplateError};
use crate::codecs::Format;
use crate::event::SkipReason;
use crate::image::Size;
use crate::job::{Cost, Job, JobId};
use crate::store::Past;

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The jobs; each stands at the position its id names.
    pub(super) jobs: Vec<Job>,
    /// Images that are left out.
    pub(super) skipped: Vec<(PathBuf, SkipReason)>,
    /// Images that an earlier run has done already.
    pub(super) resumed: usize,
}

/// Why a run does not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Two sources for one output.
    #[error("{first} and {second} would both become {output}")]
    Clash {
        /// One source.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// Their common output.
        output: PathBuf,
    },
    /// Two outputs that are one file where case does not count.
    #[error("{first} and {second} would become {output} and {other}, which differ only by case")]
    CaseClash {
        /// One source.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// The output of the one.
        output: PathBuf,
        /// The output of the other.
        other: PathBuf,
    },
    /// An output would replace an input.
    #[error("{source_path} would become {output}, which is the input {input}")]
    OverInput {
        /// The source.
        source_path: PathBuf,
        /// Its output.
        output: PathBuf,
        /// The input that is the same file.
        input: PathBuf,
    },
    /// Outputs are there already.
    #[error("{} there already, such as {output} (of {source_path})", files(*count))]
    Exists {
        /// How many.
        count: usize,
        /// The source of the first.
        source_path: PathBuf,
        /// The first.
        output: PathBuf,
    },
    /// A backup would replace something.
    #[error("{backup} is there already, and would be the backup of {source_path}")]
    BackupExists {
        /// The source.
        source_path: PathBuf,
        /// The backup's name.
        backup: PathBuf,
    },
    /// A killed run was half through changing these very files.
    #[error(
        "{done} of these files were changed by a run that was killed; doing them again would change them twice"
    )]
    HalfDone {
        /// How many.
        done: usize,
    },
    /// The name of a source makes a template name no file.
    #[error("cannot name the output of {source_path}")]
    Name {
        /// The source.
        source_path: PathBuf,
        /// What is wrong.
        source: TemplateError,
    },
    /// More images than job numbers.
    #[error("{0} images are more than one run can take")]
    TooMany(usize),
}

impl PlanError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Clash { .. } | Self::CaseClash { .. } => {
                "name outputs apart with --template, for example '{dir}/{name}.{ext}'"
            }
            Self::OverInput { .. } => {
                "choose another folder with -o, or say --in-place if that is what you want"
            }
            Self::Exists { .. } => {
                "choose --on-conflict skip, overwrite, unique, if-newer or if-smaller"
            }
            Self::BackupExists { .. } => {
                "choose another --backup suffix, or move the old backups away"
            }
            Self::HalfDone { .. } => {
                "say --resume to do the others, or remove the folder .lightmill to begin anew"
            }
            Self::Name { .. } => "choose another --template",
            Self::TooMany(_) => "split the run",
        }
    }
}

fn files(count: usize) -> String {
    if count == 1 {
        "1 output is".to_owned()
    } else {
        format!("{count} outputs are")
    }
}

/// Settles what becomes of each image. `sizes` holds the size of each output where the template asks for it.
pub(super) fn plan(
    found: Vec<Found>,
    settings: &Settings,
    past: Option<&Past>,
    sizes: &HashMap<PathBuf, Size>,
) -> Result<Plan, PlanError> {
    if u32::try_from(found.len()).is_err() {
        return Err(PlanError::TooMany(found.len()));
    }
    let mut planner = Planner {
        settings,
        past,
        inputs: None,
        claimed: HashMap::new(),
        folded: HashMap::new(),
        occupied: Vec::new(),
        half_done: 0,
        plan: Plan::default(),
    };
    let places: Vec<PathBuf> = found
        .iter()
        .map(|image| planner.place(image, sizes))
        .collect::<Result<_, _>>()?;
    for (image, output) in found.iter().zip(&places) {
        planner.settle(image, output, &found)?;
    }
    planner.finish()
}

struct Planner<'a> {
    settings: &'a Settings,
    past: Option<&'a Past>,
    /// The inputs as files, whatever their names; made when an output exists.
    inputs: Option<HashMap<FileId, PathBuf>>,
    claimed: HashMap<PathBuf, PathBuf>,
    /// Outputs with their case folded.
    folded: HashMap<OsString, (PathBuf, PathBuf)>,
    occupied: Vec<(PathBuf, PathBuf)>,
    half_done: usize,
    plan: Plan,
}

impl Planner<'_> {
    /// Where an output goes, before anything is known of what is there.
    fn place(&self, image: &Found, sizes: &HashMap<PathBuf, Size>) -> Result<PathBuf, PlanError> {
        let folder = match &self.settings.destination {
            Destination::Folder(folder) => folder,
            // A link stays a link: what it leads to is what changes.
            Destination::InPlace { .. } => {
                return Ok(fs::canonicalize(&image.path).unwrap_or_else(|_| image.path.clone()));
            }
        };
        let target = self.target(image);
        let fields = Fields {
            relative: &image.relative,
            extension: &extension(image, target),
            format: target.info().name,
            size: sizes.get(&image.path).copied(),
        };
        let name = self
            .settings
            .template
            .fill(fields)
            .map_err(|source| PlanError::Name {
                source_path: image.path.clone(),
                source,
            })?;
        Ok(folder.join(name))
    }

    fn target(&self, image: &Found) -> Format {
        match self.settings.format {
            FormatChoice::Keep => image.format,
            FormatChoice::To(format) => format,
        }
    }

    fn settle(&mut self, image: &Found, output: &Path, all: &[Found]) -> Result<(), PlanError> {
        if let Some(entry) = self
            .past
            .and_then(|past| past.entry(output))
            .filter(|entry| entry.source == image.path)
        {
            let in_place = matches!(self.settings.destination, Destination::InPlace { .. });
            let untouched =
                entry.source_bytes == image.bytes && entry.source_modified == image.modified;
            if (in_place || untouched || !self.settings.resume) && entry.stands() {
                if self.settings.resume {
                    self.plan.resumed += 1;
                    self.claim(image, output)?;
                    return Ok(());
                }
                self.half_done += usize::from(in_place);
            }
        }
        let output = match &self.settings.destination {
            Destination::Folder(_) => self.free_place(image, output, all)?,
            Destination::InPlace { backup } => {
                self.check_backup(image, output, backup.as_deref())?
            }
        };
        if let Some(output) = output {
            self.claim(image, &output)?;
            self.add(image, output);
        }
        Ok(())
    }

    /// Where the output goes, given what is there; `None` if it is left out.
    fn free_place(
        &mut self,
        image: &Found,
        output: &Path,
        all: &[Found],
    ) -> Result<Option<PathBuf>, PlanError> {
        if self.settings.on_conflict == OnConflict::Unique {
            return Ok(Some(self.unique(output)));
        }
        let Ok(there) = fs::metadata(output) else {
            return Ok(Some(output.to_owned()));
        };
        let inputs = self.inputs.get_or_insert_with(|| files_of(all));
        if let Some(input) = file_id(output).and_then(|id| inputs.get(&id)) {
            return Err(PlanError::OverInput {
                source_path: image.path.clone(),
                output: output.to_owned(),
                input: input.clone(),
            });
        }
        let skip = match self.settings.on_conflict {
            OnConflict::Overwrite | OnConflict::IfSmaller | OnConflict::Unique => None,
            OnConflict::Skip => Some(SkipReason::OutputExists),
            OnConflict::IfNewer => {
                (image.modified <= modified(&there)).then_some(SkipReason::UpToDate)
            }
            OnConflict::Error => {
                // What this very request published before it was killed is ours to replace.
                if self.past.is_none_or(|past| past.entry(output).is_none()) {
                    self.occupied.push((image.path.clone(), output.to_owned()));
                }
                None
            }
        };
        if let Some(reason) = skip {
            self.plan.skipped.push((image.path.clone(), reason));
            return Ok(None);
        }
        Ok(Some(output.to_owned()))
    }

    /// The output's name, or that name with the first number that makes it free.
    fn unique(&self, output: &Path) -> PathBuf {
        let free = |path: &Path| !path.exists() && !self.folded.contains_key(&folded(path));
        let stem = output.file_stem().unwrap_or_default();
        let numbered = (1..).map(|number: u64| {
            let mut name = stem.to_owned();
            name.push(format!("-{number}"));
            if let Some(extension) = output.extension() {
                name.push(".");
                name.push(extension);
            }
            output.with_file_name(name)
        });
        let mut names = std::iter::once(output.to_owned()).chain(numbered);
        names
            .find(|name| free(name))
            .unwrap_or_else(|| output.to_owned())
    }

    fn check_backup(
        &self,
        image: &Found,
        output: &Path,
        suffix: Option<&str>,
    ) -> Result<Option<PathBuf>, PlanError> {
        let known = self.past.is_some_and(|past| past.entry(output).is_some());
        if let Some(backup) = suffix
            .map(|suffix| backup_of(output, suffix))
            .filter(|backup| backup.exists() && !known)
        {
            return Err(PlanError::BackupExists {
                source_path: image.path.clone(),
                backup,
            });
        }
        Ok(Some(output.to_owned()))
    }

    /// Takes an output's place, so that no other image gets it.
    fn claim(&mut self, image: &Found, output: &Path) -> Result<(), PlanError> {
        if let Some(first) = self.claimed.insert(output.to_owned(), image.path.clone()) {
            return Err(PlanError::Clash {
                first,
                second: image.path.clone(),
                output: output.to_owned(),
            });
        }
        let ours = (output.to_owned(), image.path.clone());
        let before = self.folded.insert(folded(output), ours);
        match (before, &self.settings.destination) {
            (Some((other, first)), Destination::Folder(_)) => Err(PlanError::CaseClash {
                first,
                second: image.path.clone(),
                output: other,
                other: output.to_owned(),
            }),
            // In place, both names are there already.
            (Some(_), Destination::InPlace { .. }) | (None, _) => Ok(()),
        }
    }

    fn add(&mut self, image: &Found, output: PathBuf) {
        let home = match &self.settings.destination {
            Destination::Folder(folder) => folder.clone(),
            Destination::InPlace { .. } => output
                .parent()
                .map_or_else(|| image.root.clone(), Path::to_owned),
        };
        let mut job = job(self.plan.jobs.len(), image, self.target(image));
        job.replaces_ours = self.past.is_some_and(|past| past.entry(&output).is_some());
        job.cost.message_bytes += home.as_os_str().len();
        (job.output, job.home) = (output, home);
        self.plan.jobs.push(job);
    }

    fn finish(self) -> Result<Plan, PlanError> {
        if self.half_done > 0 {
            return Err(PlanError::HalfDone {
                done: self.half_done,
            });
        }
        match self.occupied.first() {
            Some((source, output)) => Err(PlanError::Exists {
                count: self.occupied.len(),
                source_path: source.clone(),
                output: output.clone(),
            }),
            None => Ok(self.plan),
        }
    }
}

/// A plan to read the headers of all images. Nothing is written, so no output has a place yet.
pub(super) fn survey(found: &[Found]) -> Plan {
    let images = found.iter().enumerate();
    Plan {
        jobs: images
            .map(|(position, image)| job(position, image, image.format))
            .collect(),
        ..Plan::default()
    }
}

/// A job whose output has no place yet.
fn job(position: usize, image: &Found, target: Format) -> Job {
    Job {
        // More than fit are refused by `plan`.
        id: JobId(u32::try_from(position).unwrap_or(u32::MAX)),
        source: image.path.clone(),
        format: image.format,
        target,
        output: PathBuf::new(),
        replaces_ours: false,
        home: PathBuf::new(),
        source_bytes: image.bytes,
        source_modified: image.modified,
        cost: Cost {
            micros: estimate(image),
            message_bytes: 64 + image.path.as_os_str().len(),
        },
    }
}

/// Where `--backup SUFFIX` keeps a file.
pub(super) fn backup_of(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// The source's extension where it fits the output's format: `IMG.JPG` stays `IMG.JPG`.
fn extension(image: &Found, target: Format) -> OsString {
    let own = image.path.extension().and_then(OsStr::to_str);
    let fits = own.filter(|extension| Format::from_extension(extension) == Some(target));
    let extension = fits.or_else(|| target.info().extensions.first().copied());
    extension.unwrap_or_default().into()
}

/// The path as a file system that does not tell case apart would see it.
fn folded(path: &Path) -> OsString {
    path.to_str().map_or_else(
        || path.as_os_str().to_ascii_lowercase(),
        |text| text.to_lowercase().into(),
    )
}

/// Microseconds that an image will take, roughly: only the ratios between images matter, and that small ones are told
/// from big ones. Where the header does not announce the size for nothing, it follows from the length and the
/// compression that is usual for the format.
fn estimate(image: &Found) -> u64 {
    const PIXELS_PER_MICRO: u64 = 80;
    const FIXED: u64 = 200;
    let pixels = image.announced.map_or_else(
        || match image.format {
            Format::Jpeg | Format::WebP | Format::Gif => image.bytes.saturating_mul(4),
            Format::Png | Format::Qoi => image.bytes,
            Format::Tiff
            | Format::Bmp
            | Format::Pnm
            | Format::Tga
            | Format::Hdr
            | Format::Exr
            | Format::Ico => image.bytes / 3,
        },
        Size::pixels,
    );
    FIXED + pixels / PIXELS_PER_MICRO
}

/// What tells a file from others, whatever it is called.
#[cfg(unix)]
type FileId = (u64, u64);
#[cfg(not(unix))]
type FileId = PathBuf;

#[cfg(unix)]
fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path)
        .ok()
        .map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn file_id(path: &Path) -> Option<FileId> {
    fs::canonicalize(path).ok()
}

fn files_of(all: &[Found]) -> HashMap<FileId, PathBuf> {
    all.iter()
        .filter_map(|image| Some((file_id(&image.path)?, image.path.clone())))
        .collect()
}

/// The folders a plan stages in.
pub(super) fn homes(plan: &Plan) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let homes = plan.jobs.iter().map(|job| job.home.clone());
    homes.filter(|home| seen.insert(home.clone())).collect()
}
