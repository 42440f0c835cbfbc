//! What the observer is told, counted on the way.

use std::path::Path;

use super::Observer;
use crate::event::{Event, SkipReason, Summary};
use crate::failure::Failure;
use crate::job::JobId;

/// The observer, and the count of what it was told.
pub(super) struct Tally<'a> {
    pub(super) observe: Observer<'a>,
    pub(super) summary: Summary,
    /// The number of the next worker: a survey's workers and those that follow it have none in common.
    pub(super) next_worker: u32,
}

impl Tally<'_> {
    pub(super) fn tell(&mut self, event: Event) {
        (self.observe)(&event);
    }

    pub(super) fn skip(&mut self, source: &Path, reason: SkipReason) {
        self.summary.skipped += 1;
        self.tell(Event::Skipped {
            source: source.to_owned(),
            reason,
        });
    }

    pub(super) fn fail(&mut self, job: Option<JobId>, source: &Path, failure: Failure) {
        self.summary.failed += 1;
        self.tell(Event::JobFailed {
            job,
            source: source.to_owned(),
            failure,
        });
    }
}
