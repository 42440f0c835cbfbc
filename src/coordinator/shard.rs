//! Cutting the waiting jobs into shards: the biggest first and alone, small ones together, on demand.

use std::collections::VecDeque;

use crate::job::{Cost, JobId};
use crate::protocol::MAX_SHARD_BYTES;

/// The most jobs in one shard: what a crash sends back to the queue stays small.
const MOST_JOBS: usize = 64;

/// The most estimated work in one shard, in microseconds. A job that is larger stands alone.
const MOST_MICROS: u64 = 250_000;

/// The most that a job counts for, in microseconds: an hour. Estimates come from sizes that headers announce, and a
/// header may announce anything; all jobs that a run can have add up to less than a `u64` holds.
const LONGEST: u64 = 3_600_000_000;

/// The jobs that nobody has been given yet.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    jobs: VecDeque<(JobId, Cost)>,
    micros: u64,
}

impl Backlog {
    /// All jobs of a run. The costliest come first, so that none is left to run alone at the end.
    pub(super) fn new(jobs: impl IntoIterator<Item = (JobId, Cost)>) -> Self {
        let believable = |cost: Cost| Cost {
            micros: cost.micros.min(LONGEST),
            ..cost
        };
        let mut jobs: Vec<(JobId, Cost)> = jobs
            .into_iter()
            .map(|(id, cost)| (id, believable(cost)))
            .collect();
        jobs.sort_by_key(|(id, cost)| (std::cmp::Reverse(cost.micros), *id));
        Self {
            micros: jobs.iter().map(|(_, cost)| cost.micros).sum(),
            jobs: jobs.into(),
        }
    }

    /// How many jobs wait.
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Cuts the next shard for one of `workers` workers. Shards shrink towards the end, so that all workers end
    /// together (guided self-scheduling: a share of what remains).
    pub(super) fn cut(&mut self, workers: usize) -> Vec<JobId> {
        let workers = workers.max(1);
        let fair = (self.micros / (2 * workers as u64)).min(MOST_MICROS);
        let most_jobs = if self.jobs.len() <= 2 * workers {
            1
        } else {
            MOST_JOBS
        };
        let mut shard = Vec::new();
        let (mut micros, mut bytes) = (0, 0);
        while let Some(&(id, cost)) = self.jobs.front() {
            let fits = shard.len() < most_jobs
                && micros + cost.micros <= fair
                && bytes + cost.message_bytes <= MAX_SHARD_BYTES;
            if !shard.is_empty() && !fits {
                break;
            }
            self.jobs.pop_front();
            shard.push(id);
            micros += cost.micros;
            bytes += cost.message_bytes;
        }
        self.micros = self.micros.saturating_sub(micros);
        shard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backlog(costs: &[u64]) -> Backlog {
        let cost = |micros: &u64| Cost {
            micros: *micros,
            message_bytes: 100,
        };
        Backlog::new(
            costs
                .iter()
                .enumerate()
                .map(|(i, c)| (JobId(u32::try_from(i).unwrap()), cost(c))),
        )
    }

    fn drain(backlog: &mut Backlog, workers: usize) -> Vec<Vec<JobId>> {
        std::iter::from_fn(|| Some(backlog.cut(workers)).filter(|shard| !shard.is_empty()))
            .collect()
    }

    #[test]
    fn shards_are_a_partition() {
        for workers in [1, 2, 7] {
            let costs: Vec<u64> = (0..1000).map(|i| (i * 7919) % 50_000).collect();
            let mut seen: Vec<JobId> = drain(&mut backlog(&costs), workers).concat();
            seen.sort_unstable();
            assert_eq!(seen, (0..1000).map(JobId).collect::<Vec<_>>());
        }
    }

    #[test]
    fn big_jobs_stand_alone_and_come_first() {
        let shards = drain(
            &mut backlog(&[10, 900_000, 20, 2_000_000, 30, 40, 50, 60]),
            2,
        );
        assert_eq!(shards[0], [JobId(3)]);
        assert_eq!(shards[1], [JobId(1)]);
    }

    #[test]
    fn headers_that_announce_anything_do_not_matter_to_the_others() {
        let costs = [[u64::MAX; 100], [100; 100]].concat();
        let shards = drain(&mut backlog(&costs), 2);
        assert_eq!(shards.concat().len(), 200);
        assert_eq!(shards[99], [JobId(99)]);
        assert!(shards[100].len() > 1, "the small ones are still grouped");
    }

    #[test]
    fn small_jobs_are_grouped_until_the_end_is_near() {
        let shards = drain(&mut backlog(&[100; 1000]), 2);
        assert_eq!(shards[0].len(), MOST_JOBS);
        assert!(shards.iter().rev().take(4).all(|shard| shard.len() == 1));
    }

    #[test]
    fn a_shard_fits_into_a_message() {
        let cost = Cost {
            micros: 1,
            message_bytes: 9000,
        };
        let mut backlog = Backlog::new((0..100).map(|i| (JobId(i), cost)));
        for shard in drain(&mut backlog, 1) {
            assert!(shard.len() * 9000 <= MAX_SHARD_BYTES, "{}", shard.len());
        }
    }
}
