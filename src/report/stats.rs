//! Running totals of a run, and what they say about speed and the time that is left. Time is handed in.

use std::time::{Duration, Instant};

use crate::event::{Event, SkipReason};

/// The recent rate forgets what is older than a few times this.
const MEMORY: Duration = Duration::from_secs(4);

/// Running totals of a run.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// Jobs of the run.
    pub jobs: usize,
    /// Jobs whose output stands in its place.
    pub done: usize,
    /// How many of those there are warnings about.
    pub warned: usize,
    /// Images that did not make it, whether or not there was a job for them.
    pub failed: usize,
    /// Inputs left out, and outputs left as they were.
    pub skipped: usize,
    /// Bytes read for the jobs that are done.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Pixels of the source pictures of the jobs that are done.
    pub pixels: u64,
    /// Bytes of all sources.
    total_bytes: u64,
    /// Jobs that ended in any way.
    settled: usize,
    started: Option<Instant>,
    recent: Recent,
}

/// Pixels and the seconds they took, both fading with time: their quotient is a smoothed rate that is right from the
/// first moment on.
#[derive(Debug, Clone, Default)]
struct Recent {
    pixels: f64,
    seconds: f64,
    last: Option<Instant>,
}

impl Recent {
    fn add(&mut self, pixels: u64, now: Instant) {
        let Some(last) = self.last else { return };
        let passed = now.saturating_duration_since(last).as_secs_f64();
        let kept = (-passed / MEMORY.as_secs_f64()).exp();
        self.pixels = self.pixels.mul_add(kept, float(pixels));
        self.seconds = self.seconds.mul_add(kept, passed);
        self.last = Some(last.max(now));
    }

    /// As it will be at `now` if nothing more is done until then.
    fn rate(&self, now: Instant) -> f64 {
        let mut then = self.clone();
        then.add(0, now);
        quotient(then.pixels, then.seconds)
    }
}

impl Stats {
    /// Takes notice of an event that happened at `now`.
    pub fn observe(&mut self, event: &Event, now: Instant) {
        match event {
            Event::RunStarted { jobs, bytes, .. } => {
                self.jobs = *jobs;
                self.total_bytes = *bytes;
                self.started = Some(now);
                self.recent.last = Some(now);
            }
            Event::JobDone {
                bytes_in,
                bytes_out,
                before,
                warnings,
                ..
            } => {
                self.done += 1;
                self.warned += usize::from(!warnings.is_empty());
                self.settled += 1;
                self.bytes_in = self.bytes_in.saturating_add(*bytes_in);
                self.bytes_out = self.bytes_out.saturating_add(*bytes_out);
                self.pixels = self.pixels.saturating_add(before.pixels());
                self.recent.add(before.pixels(), now);
            }
            Event::JobFailed { job, .. } => {
                self.failed += 1;
                self.settled += usize::from(job.is_some());
            }
            Event::Skipped { reason, .. } => {
                self.skipped += 1;
                self.settled += usize::from(was_a_job(reason));
            }
            Event::Planned { .. }
            | Event::WorkerReady { .. }
            | Event::WorkerLost { .. }
            | Event::JobStarted { .. }
            | Event::JobEntered { .. }
            | Event::JobRetried { .. }
            | Event::Stopping { .. }
            | Event::RunEnded { .. }
            | Event::Paused
            | Event::Resumed
            | Event::Tick => {}
        }
    }

    /// Jobs that ended in any way.
    pub fn settled(&self) -> usize {
        self.settled.min(self.jobs)
    }

    /// Time since the run began.
    pub fn elapsed(&self, now: Instant) -> Duration {
        self.started.map_or(Duration::ZERO, |started| {
            now.saturating_duration_since(started)
        })
    }

    /// Pixels per second since the run began.
    pub fn mean_rate(&self, now: Instant) -> f64 {
        per_second(self.pixels, self.elapsed(now))
    }

    /// Pixels per second of late.
    pub fn recent_rate(&self, now: Instant) -> f64 {
        self.recent.rate(now)
    }

    /// How much of the work is done, of how much. Counted in bytes, because the large images come first and a count
    /// would promise hours; in jobs where the bytes are not known.
    pub fn work(&self) -> (u64, u64) {
        let (settled, jobs) = (as_u64(self.settled()), as_u64(self.jobs));
        if self.total_bytes == 0 || settled == jobs {
            return (settled, jobs);
        }
        // What failed has no length: it is taken for an image of average length.
        let unmeasured = as_u64(self.settled.saturating_sub(self.done));
        let average = self.total_bytes / jobs.max(1);
        let behind = self
            .bytes_in
            .saturating_add(average.saturating_mul(unmeasured));
        (behind.min(self.total_bytes), self.total_bytes)
    }

    /// The time that is left, once there is something to tell it from.
    pub fn eta(&self, now: Instant) -> Option<Duration> {
        let (behind, total) = self.work();
        if behind == 0 {
            return None;
        }
        let ratio = float(total - behind) / float(behind);
        Duration::try_from_secs_f64(self.elapsed(now).as_secs_f64() * ratio).ok()
    }
}

/// Whether an output was left as it was only after a worker had made one: all others never became jobs.
const fn was_a_job(reason: &SkipReason) -> bool {
    match reason {
        SkipReason::NotSmaller => true,
        SkipReason::NotAPicture(_)
        | SkipReason::Hidden
        | SkipReason::Filtered
        | SkipReason::Repeated
        | SkipReason::Backup
        | SkipReason::Loop
        | SkipReason::Special
        | SkipReason::OutputExists
        | SkipReason::UpToDate => false,
    }
}

/// How many a second; none in no time.
pub(super) fn per_second(count: u64, time: Duration) -> f64 {
    quotient(float(count), time.as_secs_f64())
}

fn quotient(amount: f64, seconds: f64) -> f64 {
    if seconds > 0.0 { amount / seconds } else { 0.0 }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rates are shown with three digits"
)]
const fn float(count: u64) -> f64 {
    count as f64
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn secs(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn time_left_follows_bytes_and_not_counts() {
        let start = Instant::now();
        let mut stats = Stats::default();
        stats.observe(&samples::run_started(101, 2_000), start);
        assert_eq!(stats.eta(start), None);
        // One large image is half of the work: the hundred small ones are not a hundred times as long.
        stats.observe(&samples::job_done(0, 1_000), start + secs(10));
        assert_eq!(stats.eta(start + secs(10)), Some(secs(10)));
    }

    #[test]
    fn failures_count_as_work_and_all_settled_leaves_nothing() {
        let start = Instant::now();
        let mut stats = Stats::default();
        stats.observe(&samples::run_started(4, 4_000), start);
        stats.observe(&samples::job_failed(0), start + secs(1));
        stats.observe(&samples::job_done(1, 1_000), start + secs(2));
        assert_eq!(stats.work(), (2_000, 4_000));
        stats.observe(&samples::job_failed(2), start + secs(3));
        stats.observe(&samples::skipped(SkipReason::Hidden), start + secs(3));
        stats.observe(&samples::skipped(SkipReason::NotSmaller), start + secs(4));
        assert_eq!(stats.settled(), 4);
        assert_eq!(stats.eta(start + secs(4)), Some(Duration::ZERO));
    }

    #[test]
    fn unknown_bytes_fall_back_to_counts() {
        let start = Instant::now();
        let mut stats = Stats::default();
        stats.observe(&samples::run_started(4, 0), start);
        stats.observe(&samples::job_done(0, 0), start + secs(5));
        assert_eq!(stats.eta(start + secs(5)), Some(secs(15)));
    }

    #[test]
    fn recent_rate_follows_a_change_that_the_mean_hides() {
        let start = Instant::now();
        let mut stats = Stats::default();
        stats.observe(&samples::run_started(1000, 1_000_000), start);
        let mut now = start;
        for job in 0..100 {
            now += secs(1);
            stats.observe(&samples::job_done(job, 1_000), now);
        }
        let pixels = float(samples::BEFORE.pixels());
        assert!((stats.mean_rate(now) / pixels - 1.0).abs() < 0.01);
        for job in 100..130 {
            now += secs(1);
            for _ in 0..4 {
                stats.observe(&samples::job_done(job, 1_000), now);
            }
        }
        let recent = stats.recent_rate(now) / pixels;
        assert!((3.5..5.0).contains(&recent), "{recent}");
        assert!(stats.mean_rate(now) / pixels < 2.0);
        // When nothing is done any more, the rate falls instead of standing still.
        assert!(stats.recent_rate(now + secs(20)) / pixels < 0.2);
    }
}
