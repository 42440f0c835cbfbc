//! Which worker has what in hand. Nothing is kept of jobs that ended.

use std::time::Instant;

use super::super::text;
use crate::event::Event;
use crate::failure::Stage;
use crate::job::{JobId, WorkerId};

/// What the workers have in hand, by the line that shows it. A worker keeps its line as long as it lives; the line of
/// one that left without a word goes to the next newcomer.
#[derive(Debug, Default)]
pub(super) struct Workers {
    slots: Vec<Slot>,
    most: usize,
}

#[derive(Debug)]
struct Slot {
    worker: WorkerId,
    in_hand: Option<InHand>,
}

/// An image that a worker has in hand.
#[derive(Debug)]
pub(super) struct InHand {
    job: JobId,
    pub(super) pid: u32,
    /// Harmless, but not yet cut.
    pub(super) file: String,
    pub(super) stage: Stage,
    /// When it reached the stage.
    pub(super) since: Instant,
}

impl Workers {
    pub(super) fn observe(&mut self, event: &Event, now: Instant) {
        match event {
            Event::RunStarted { workers, .. } => self.most = usize::from(*workers),
            Event::JobStarted {
                job,
                worker,
                pid,
                source,
            } => {
                let in_hand = InHand {
                    job: *job,
                    pid: *pid,
                    file: text::shown(source),
                    stage: Stage::Read,
                    since: now,
                };
                self.slot_of(*worker).in_hand = Some(in_hand);
            }
            Event::JobEntered { job, stage, .. } => {
                if let Some(in_hand) = self.in_hand(|in_hand| in_hand.job == *job) {
                    in_hand.stage = *stage;
                    in_hand.since = now;
                }
            }
            Event::JobDone { job, .. } => self.settle(|in_hand| in_hand.job == *job),
            Event::JobRetried { job, .. } => self.settle(|in_hand| in_hand.job == *job),
            Event::JobFailed { job, .. } => self.settle(|in_hand| Some(in_hand.job) == *job),
            Event::Skipped { source, .. } => {
                let file = text::shown(source);
                self.settle(|in_hand| in_hand.file == file);
            }
            Event::WorkerLost { worker, .. } => {
                if let Some(slot) = self.slots.iter_mut().find(|slot| slot.worker == *worker) {
                    slot.in_hand = None;
                }
            }
            Event::RunEnded { .. } => self.slots.clear(),
            Event::Planned { .. }
            | Event::WorkerReady { .. }
            | Event::Stopping { .. }
            | Event::Paused
            | Event::Resumed
            | Event::Tick => {}
        }
    }

    /// The images in hand, each with the number of its line.
    pub(super) fn busy(&self) -> impl Iterator<Item = (usize, &InHand)> {
        let numbered = self.slots.iter().enumerate();
        numbered.filter_map(|(index, slot)| Some((index + 1, slot.in_hand.as_ref()?)))
    }

    fn slot_of(&mut self, worker: WorkerId) -> &mut Slot {
        let own = self.slots.iter().position(|slot| slot.worker == worker);
        let index = own.or_else(|| self.vacant()).unwrap_or(self.slots.len());
        if index == self.slots.len() {
            self.slots.push(Slot {
                worker,
                in_hand: None,
            });
        }
        let slot = &mut self.slots[index];
        slot.worker = worker;
        slot
    }

    /// Where a newcomer goes when there are as many lines as there can be workers: the one before it has left.
    fn vacant(&self) -> Option<usize> {
        if self.slots.len() < self.most {
            return None;
        }
        self.slots.iter().position(|slot| slot.in_hand.is_none())
    }

    fn in_hand(&mut self, is_it: impl Fn(&InHand) -> bool) -> Option<&mut InHand> {
        let mut all = self
            .slots
            .iter_mut()
            .filter_map(|slot| slot.in_hand.as_mut());
        all.find(|in_hand| is_it(in_hand))
    }

    fn settle(&mut self, is_it: impl Fn(&InHand) -> bool) {
        for slot in &mut self.slots {
            slot.in_hand.take_if(|in_hand| is_it(in_hand));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples;
    use super::*;

    fn after(events: impl IntoIterator<Item = Event>) -> Workers {
        let mut workers = Workers::default();
        let now = Instant::now();
        workers.observe(&samples::run_started(9, 9), now);
        for event in events {
            workers.observe(&event, now);
        }
        workers
    }

    fn lines(workers: &Workers) -> Vec<(usize, u32)> {
        let busy = workers.busy();
        busy.map(|(line, in_hand)| (line, in_hand.job.0)).collect()
    }

    #[test]
    fn a_worker_keeps_its_line_and_a_newcomer_takes_one_that_is_free() {
        let mut events: Vec<Event> = (0..4).map(|n| samples::job_started(n, n)).collect();
        events.extend([samples::worker_lost(1), samples::job_started(9, 7)]);
        assert_eq!(lines(&after(events)), [(1, 0), (2, 9), (3, 2), (4, 3)]);
    }

    #[test]
    fn a_late_end_of_the_job_before_leaves_the_next_one_on_show() {
        let workers = after([
            samples::job_started(0, 0),
            samples::job_started(1, 0),
            samples::job_done(0, 1),
        ]);
        assert_eq!(lines(&workers), [(1, 1)]);
    }

    #[test]
    fn each_kind_of_end_takes_the_image_off() {
        let started = || samples::job_started(5, 0);
        let kept = Event::Skipped {
            source: samples::source(5),
            reason: crate::event::SkipReason::NotSmaller,
        };
        let ends = [
            samples::job_done(5, 1),
            samples::job_failed(5),
            samples::job_retried(5),
            samples::worker_lost(0),
            kept,
            samples::run_ended(samples::summary()),
        ];
        assert_eq!(lines(&after([started()])), [(1, 5)]);
        for end in ends {
            assert_eq!(lines(&after([started(), end.clone()])), [], "{end:?}");
        }
    }

    #[test]
    fn nothing_is_kept_of_a_hundred_thousand_jobs_by_as_many_workers() {
        let mut workers = after([]);
        for job in 0..100_000 {
            workers.observe(&samples::job_started(job, job), Instant::now());
            workers.observe(
                &samples::job_entered(job, job, Stage::Encode),
                Instant::now(),
            );
            workers.observe(&samples::job_done(job, 1), Instant::now());
        }
        assert_eq!(workers.busy().count(), 0);
        assert_eq!(workers.slots.len(), 4);
    }
}
