//! Settling jobs: staged file complete, journalled, moved to its place, reported.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::RunError;
use super::crew::Ended;
use super::discover::modified;
use super::plan::backup_of;
use super::settings::{Destination, OnConflict, Settings};
use super::tally::Tally;
use super::verify;
use crate::event::{Event, SkipReason};
use crate::failure::{Failure, FailureKind, Stage};
use crate::job::{Job, Outcome, Rendered, WorkerId};
use crate::store::{self, Entry, Journal, JournalError, OutputError, Publish, Published, Replace};

/// Why a file was not published.
enum Unpublished {
    /// For a reason of this image's.
    Image(Failure),
    /// For a reason that every other image would meet.
    Run(JournalError),
}

impl From<Failure> for Unpublished {
    fn from(failure: Failure) -> Self {
        Self::Image(failure)
    }
}

/// Moves finished files to their places, and keeps the journal of it.
pub(super) struct Publisher<'a> {
    settings: &'a Settings,
    journal: Journal,
}

impl<'a> Publisher<'a> {
    pub(super) fn new(settings: &'a Settings, journal: Journal) -> Self {
        Self { settings, journal }
    }

    /// Ends the journal of a run that is complete, and keeps that of one that is not.
    pub(super) fn close(self, complete: bool) -> Result<(), JournalError> {
        if complete {
            return self.journal.remove();
        }
        if self.settings.durable {
            self.journal.sync()
        } else {
            Ok(())
        }
    }

    /// Settles one job. An error means that the run cannot go on; the job is then reported as failed.
    pub(super) fn settle(
        &mut self,
        job: &Job,
        ended: Ended,
        tally: &mut Tally<'_>,
    ) -> Result<(), RunError> {
        let failure = match (ended.outcome, ended.staged) {
            (Outcome::Rendered(rendered), Some((worker, staging))) => {
                match self.publish(job, &rendered, &staging) {
                    Ok(Published::Moved) => {
                        done(job, rendered, worker, tally);
                        return Ok(());
                    }
                    Ok(Published::NotSmaller) => {
                        tally.skip(&job.source, SkipReason::NotSmaller);
                        return Ok(());
                    }
                    Err(Unpublished::Image(failure)) => failure,
                    Err(Unpublished::Run(error)) => {
                        let kind = FailureKind::of_writing(error.reason(), job.home.is_dir());
                        let failure = Failure::capture(Stage::Publish, kind, &error);
                        tally.fail(Some(job.id), &job.source, failure);
                        return Err(error.into());
                    }
                }
            }
            (Outcome::Failed(failure), staged) => {
                if let Some((_, staging)) = staged {
                    // The worker has removed it, if it could.
                    let _gone: io::Result<()> = fs::remove_file(staging);
                }
                if !verify::ends_run(&failure, job) {
                    tally.fail(Some(job.id), &job.source, failure);
                    return Ok(());
                }
                failure
            }
            // The schedule hands on what workers were asked for, and nothing else.
            (Outcome::Rendered(_) | Outcome::Surveyed(..), _) => Failure::new(
                Stage::Publish,
                FailureKind::Internal,
                "the worker did something else than was asked",
            ),
        };
        let end = failure
            .kind
            .ends_run()
            .then(|| RunError::CannotWrite(failure.reason()));
        tally.fail(Some(job.id), &job.source, failure);
        end.map_or(Ok(()), Err)
    }

    fn publish(
        &mut self,
        job: &Job,
        rendered: &Rendered,
        staging: &Path,
    ) -> Result<Published, Unpublished> {
        self.check(job, rendered, staging)?;
        let entry = Entry {
            output: store::absolute(&job.output),
            source: store::absolute(&job.source),
            source_bytes: job.source_bytes,
            source_modified: job.source_modified,
            bytes: rendered.bytes,
            crc: rendered.crc,
        };
        self.journal.append(&entry).map_err(Unpublished::Run)?;
        let like = fs::metadata(&job.source).ok();
        let backup = self.backup(job);
        let in_place = matches!(self.settings.destination, Destination::InPlace { .. });
        let published = store::publish(&Publish {
            staged: staging,
            target: &job.output,
            replace: self.replace(in_place || job.replaces_ours),
            rival_bytes: in_place.then_some(job.source_bytes),
            backup: backup.as_deref(),
            like: like.as_ref(),
            keep_mtime: self.settings.keep_mtime,
            durable: self.settings.durable,
        });
        published.map_err(|error| unpublished(&error, job).into())
    }

    /// What may be replaced; `ours`: what is there is known to be ours to replace.
    fn replace(&self, ours: bool) -> Replace {
        match self.settings.on_conflict {
            OnConflict::IfSmaller => Replace::Larger,
            OnConflict::Overwrite | OnConflict::IfNewer => Replace::Always,
            OnConflict::Error | OnConflict::Skip | OnConflict::Unique if ours => Replace::Always,
            OnConflict::Error | OnConflict::Skip | OnConflict::Unique => Replace::Never,
        }
    }

    fn backup(&self, job: &Job) -> Option<PathBuf> {
        match &self.settings.destination {
            Destination::InPlace {
                backup: Some(suffix),
            } => Some(backup_of(&job.output, suffix)),
            Destination::InPlace { backup: None } | Destination::Folder(_) => None,
        }
    }

    /// Whether the staged file is what the worker says it is, and the source still what was planned for.
    fn check(&self, job: &Job, rendered: &Rendered, staging: &Path) -> Result<(), Failure> {
        verify::staged(job, rendered, staging, self.settings.recipe.limits)?;
        if matches!(self.settings.destination, Destination::InPlace { .. }) {
            let now = fs::metadata(&job.source).ok();
            let unchanged = now.is_some_and(|now| {
                now.len() == job.source_bytes && modified(&now) == job.source_modified
            });
            if !unchanged {
                let reason = "the file was changed by somebody else meanwhile, and is left alone";
                return Err(Failure::new(Stage::Publish, FailureKind::Changed, reason));
            }
        }
        Ok(())
    }
}

fn done(job: &Job, rendered: Rendered, worker: WorkerId, tally: &mut Tally<'_>) {
    let summary = &mut tally.summary;
    summary.done += 1;
    summary.warned += usize::from(!rendered.warnings.is_empty());
    summary.bytes_in += job.source_bytes;
    summary.bytes_out += rendered.bytes;
    summary.pixels = summary.pixels.saturating_add(rendered.before.pixels());
    tally.tell(Event::JobDone {
        job: job.id,
        worker,
        source: job.source.clone(),
        output: job.output.clone(),
        bytes_in: job.source_bytes,
        bytes_out: rendered.bytes,
        before: rendered.before,
        after: rendered.after,
        micros: rendered.micros,
        warnings: rendered.warnings,
        dropped: rendered.dropped,
    });
}

fn unpublished(error: &OutputError, job: &Job) -> Failure {
    let kind = match error {
        OutputError::Exists(_) => FailureKind::Exists,
        OutputError::Backup { source, .. } | OutputError::Move { source, .. } => {
            FailureKind::of_writing(source, job.home.is_dir())
        }
    };
    Failure::capture(Stage::Publish, kind, error)
}
