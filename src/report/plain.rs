//! Progress where there is no terminal: now and then a line, for a log that somebody may read.

use std::time::{Duration, Instant};

use super::progress::{Screen, stopping};
use super::stats::Stats;
use super::{Report, ReportError, text};
use crate::event::{Event, StopCause};

/// Before the first line.
const FIRST: Duration = Duration::from_secs(5);

/// Between two lines, at first.
const SHORTEST: Duration = Duration::from_secs(10);

/// Between two lines of a long run.
const LONGEST: Duration = Duration::from_mins(1);

/// Progress where there is no terminal.
#[derive(Debug)]
pub struct Plain {
    screen: Screen,
    stats: Stats,
    next: Option<Instant>,
}

impl Plain {
    /// Lines now and then, on this screen.
    pub fn new(screen: Screen) -> Self {
        Self {
            screen,
            stats: Stats::default(),
            next: None,
        }
    }

    fn observe_at(&mut self, event: &Event, now: Instant) {
        self.stats.observe(event, now);
        match event {
            Event::RunStarted { .. } => self.next = Some(now + FIRST),
            Event::Stopping { cause } => self.print_stopping(*cause),
            Event::RunEnded { .. } => self.next = None,
            Event::Planned { .. }
            | Event::Skipped { .. }
            | Event::WorkerReady { .. }
            | Event::WorkerLost { .. }
            | Event::JobStarted { .. }
            | Event::JobEntered { .. }
            | Event::JobRetried { .. }
            | Event::JobDone { .. }
            | Event::JobFailed { .. }
            | Event::Paused
            | Event::Resumed
            | Event::Tick => {}
        }
        if self.next.is_some_and(|time| now >= time) {
            // A tenth of the time that has passed: a long run does not fill the log.
            let pause = (self.stats.elapsed(now) / 10).clamp(SHORTEST, LONGEST);
            self.next = Some(now + pause);
            self.print(now);
        }
    }

    fn print(&self, now: Instant) {
        let stats = &self.stats;
        let done = format!("{}/{} done", stats.done, stats.jobs);
        let mut parts = vec![done + &text::warned(stats.warned)];
        if stats.failed > 0 {
            parts.push(format!("{} failed", stats.failed));
        }
        parts.push(text::rate(stats.recent_rate(now)));
        if let Some(eta) = stats.eta(now) {
            parts.push(format!("eta {}", text::duration(eta)));
        }
        self.screen
            .line(&format!("lightmill: {}", parts.join(", ")));
    }

    fn print_stopping(&self, cause: StopCause) {
        self.screen.line(&format!("lightmill: {}", stopping(cause)));
    }
}

impl Report for Plain {
    fn observe(&mut self, event: &Event) -> Result<(), ReportError> {
        self.observe_at(event, Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, Sink};
    use super::*;

    fn secs(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn lines_come_at_stretching_intervals_and_end_with_the_run() {
        let sink = Sink::default();
        let mut plain = Plain::new(Screen::writing_to(sink.clone()));
        let start = Instant::now();
        plain.observe_at(&samples::run_started(20_000, 1_000_000), start);
        let mut times = Vec::new();
        for second in 0..1_000 {
            plain.observe_at(&Event::Tick, start + secs(second));
            if !sink.take().is_empty() {
                times.push(second);
            }
        }
        let [first, second, .., before, last] = times[..] else {
            panic!("{times:?}");
        };
        assert_eq!((first, second, last - before), (5, 15, 60));
        assert!(times.len() < 40, "{times:?}");
        plain.observe_at(&samples::run_ended(samples::summary()), start + secs(1_000));
        plain.observe_at(&Event::Tick, start + secs(2_000));
        assert_eq!(sink.take(), "");
    }

    #[test]
    fn a_line_tells_count_failures_speed_and_time_left() {
        let sink = Sink::default();
        let mut plain = Plain::new(Screen::writing_to(sink.clone()));
        let start = Instant::now();
        plain.observe_at(&samples::run_started(100, 100_000), start);
        for job in 0..8 {
            plain.observe_at(&samples::job_done(job, 1_000), start + secs(4));
        }
        plain.observe_at(&samples::job_failed(8), start + secs(4));
        plain.observe_at(&samples::job_warned(9), start + secs(4));
        plain.observe_at(&Event::Tick, start + secs(5));
        insta::assert_snapshot!(sink.take(), @"lightmill: 9/100 done (1 with a warning), 1 failed, 20.4 MP/s, eta 45 s");
        let cause = StopCause::Interrupted;
        plain.observe_at(&Event::Stopping { cause }, start + secs(6));
        insta::assert_snapshot!(sink.take(), @"lightmill: stopping: finishing what is in hand, Ctrl-C again to kill");
    }
}
