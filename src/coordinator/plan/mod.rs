//! Settling every output's path before anything is written.

mod error;
mod identity;

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use identity::{Device, FileId, device, file_id};

use super::discover::{Found, modified};
use super::settings::{Destination, FormatChoice, OnConflict, Settings};
use super::template::Fields;
use crate::codecs::Format;
use crate::event::SkipReason;
use crate::image::Size;
use crate::job::{Cost, Job, JobId};
use crate::store::{Past, absolute};

pub use error::PlanError;

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
        homes: HashMap::new(),
        plan: Plan::default(),
    };
    let places: Vec<PathBuf> = found
        .iter()
        .map(|image| planner.place(image, sizes))
        .collect::<Result<_, _>>()?;
    planner.find_homes(&places);
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
    /// In place: a folder to stage in on each device.
    homes: HashMap<Device, PathBuf>,
    plan: Plan,
}

impl Planner<'_> {
    /// Where an output goes, before anything is known of what is there.
    fn place(&self, image: &Found, sizes: &HashMap<PathBuf, Size>) -> Result<PathBuf, PlanError> {
        let folder = match &self.settings.destination {
            Destination::Folder(folder) => folder,
            // A link stays a link: what it leads to is what changes.
            Destination::InPlace { .. } => {
                self.admitted(image)?;
                return Ok(fs::canonicalize(&image.path).unwrap_or_else(|_| image.path.clone()));
            }
        };
        let target = self.admitted(image)?;
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
            FormatChoice::Keep => image.format.codec().written_as(),
            FormatChoice::To(format) => format,
        }
    }

    /// The format of an output, if it can be written as it is to be.
    fn admitted(&self, image: &Found) -> Result<Format, PlanError> {
        let format = self.target(image);
        let in_place = matches!(self.settings.destination, Destination::InPlace { .. });
        if in_place && format != image.format {
            return Err(PlanError::ReadOnly {
                source_path: image.path.clone(),
                format: image.format,
            });
        }
        let depth = self.settings.recipe.encode.depth;
        if let Some(depth) = depth.filter(|depth| !format.info().has(*depth)) {
            return Err(PlanError::Depth {
                source_path: image.path.clone(),
                format,
                depth,
            });
        }
        if self.settings.recipe.lossless && format.codec().lossless().is_none() {
            return Err(PlanError::Lossy {
                source_path: image.path.clone(),
                format,
            });
        }
        Ok(format)
    }

    fn settle(&mut self, image: &Found, output: &Path, all: &[Found]) -> Result<(), PlanError> {
        let in_place = matches!(self.settings.destination, Destination::InPlace { .. });
        if in_place && self.claimed.contains_key(output) {
            // Another name of a file that is dealt with already.
            let again = (image.path.clone(), SkipReason::Repeated);
            self.plan.skipped.push(again);
            return Ok(());
        }
        if let Some(done) = self.done_before(image, output, in_place) {
            if self.settings.resume {
                self.plan.resumed += 1;
                return self.claim(image, &done);
            }
            self.half_done += usize::from(in_place);
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

    /// The output that an earlier run of this request has made of the image, if it is there and still counts. In place
    /// the source *is* the output, so it cannot be compared with what it was.
    fn done_before(&self, image: &Found, output: &Path, in_place: bool) -> Option<PathBuf> {
        let past = self.past?;
        // Its output may have got a number behind its name.
        let unique = self.settings.on_conflict == OnConflict::Unique;
        let entry = if unique {
            past.entry_of(&image.path)?
        } else {
            past.entry(output)?
        };
        let same = entry.source == absolute(&image.path)
            && entry.source_bytes == image.bytes
            && entry.source_modified == image.modified;
        let place = if unique { &entry.output } else { output };
        ((in_place || same) && entry.stands()).then(|| place.to_owned())
    }

    /// Whether what is there was published by an earlier run of this request. What was changed since is somebody
    /// else's, unless the run goes on where that one stopped: then it is done again.
    fn is_ours(&self, output: &Path) -> bool {
        let entry = self.past.and_then(|past| past.entry(output));
        entry.is_some_and(|entry| self.settings.resume || entry.stands())
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
                if !self.is_ours(output) {
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

    /// In place, files are staged in the folder of the first one on the same device: there they can be moved from, and
    /// the run holds one lock for each device, not for each folder. A resumed run finds the same.
    fn find_homes(&mut self, places: &[PathBuf]) {
        if matches!(self.settings.destination, Destination::InPlace { .. }) {
            for place in places {
                let folder = place.parent().unwrap_or(Path::new("."));
                self.homes
                    .entry(device(place))
                    .or_insert_with(|| folder.to_owned());
            }
        }
    }

    fn add(&mut self, image: &Found, output: PathBuf) {
        let home = match &self.settings.destination {
            Destination::Folder(folder) => folder.clone(),
            Destination::InPlace { .. } => self
                .homes
                .get(&device(&output))
                .unwrap_or(&image.root)
                .clone(),
        };
        let replaces_ours = output.exists() && self.is_ours(&output);
        let mut job = Job {
            output,
            home,
            replaces_ours,
            target: self.target(image),
            ..bare_job(image, self.plan.jobs.len())
        };
        job.cost.message_bytes += job.home.as_os_str().len();
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

/// A plan that only asks for headers.
pub(super) fn survey(found: &[Found]) -> Plan {
    Plan {
        jobs: found
            .iter()
            .enumerate()
            .map(|(position, image)| bare_job(image, position))
            .collect(),
        ..Plan::default()
    }
}

/// A job at a position of a plan, without an output worth the name.
fn bare_job(image: &Found, position: usize) -> Job {
    Job {
        // `plan` has made sure that positions fit.
        id: JobId(u32::try_from(position).unwrap_or(u32::MAX)),
        source: image.path.clone(),
        format: image.format,
        target: image.format,
        output: PathBuf::new(),
        replaces_ours: false,
        home: PathBuf::new(),
        source_bytes: image.bytes,
        source_modified: image.modified,
        cost: Cost {
            micros: estimate(image),
            // The path, that of a staging file below the home, and the rest.
            message_bytes: 128 + image.path.as_os_str().len(),
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
        || image.format.codec().usual_pixels(image.bytes),
        Size::pixels,
    );
    FIXED + pixels / PIXELS_PER_MICRO
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
