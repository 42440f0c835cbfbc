//! The progress bar: a line for the run, and one for each worker that has an image in hand. The only user of
//! indicatif, which keeps the lines in place; what stands in them is made here, to fit the window as it is now.

mod layout;
#[cfg(any(unix, test))]
mod painter;
mod screen;
#[cfg(test)]
mod tests;
mod window;
mod workers;

use std::time::{Duration, Instant};

use super::stats::Stats;
use super::{Report, ReportError};
use crate::event::{Event, Isolation, StopCause};
use workers::Workers;

pub(super) use layout::stopping;
pub use screen::Screen;

/// A run that is over sooner shows no bar at all.
const PATIENCE: Duration = Duration::from_millis(400);

/// Between two paints.
const PAUSE: Duration = Duration::from_millis(80);

/// The progress bar.
#[derive(Debug)]
pub struct Progress {
    screen: Screen,
    stats: Stats,
    workers: Workers,
    shows_pids: bool,
    stopping: Option<StopCause>,
    next_paint: Option<Instant>,
}

impl Progress {
    /// A bar on this screen. Nothing is painted if the screen is no terminal.
    pub fn new(screen: Screen) -> Self {
        Self {
            screen,
            stats: Stats::default(),
            workers: Workers::default(),
            shows_pids: true,
            stopping: None,
            next_paint: None,
        }
    }

    fn observe_at(&mut self, event: &Event, now: Instant) {
        self.stats.observe(event, now);
        self.workers.observe(event, now);
        match event {
            Event::RunStarted { isolation, .. } => {
                self.next_paint = Some(now + PATIENCE);
                self.shows_pids = *isolation == Isolation::Process;
            }
            Event::Stopping { cause } => self.stopping = Some(*cause),
            // The shell is about to write where the bar stands; the next paint comes when the run goes on.
            Event::Paused => self.screen.clear(),
            Event::RunEnded { .. } => {
                self.next_paint = None;
                self.screen.clear();
            }
            Event::Planned { .. }
            | Event::Skipped { .. }
            | Event::WorkerReady { .. }
            | Event::WorkerLost { .. }
            | Event::JobStarted { .. }
            | Event::JobEntered { .. }
            | Event::JobRetried { .. }
            | Event::JobDone { .. }
            | Event::JobFailed { .. }
            | Event::Resumed
            | Event::Tick => {}
        }
        if *event != Event::Paused && self.next_paint.is_some_and(|time| now >= time) {
            self.next_paint = Some(now + PAUSE);
            self.paint(now);
        }
    }

    fn paint(&self, now: Instant) {
        let Some(window) = self.screen.window() else {
            return;
        };
        let mut lines = vec![layout::run_line(&self.stats, window.columns, now)];
        if let Some(cause) = self.stopping {
            lines.push(layout::stopping_line(cause, window.columns));
        }
        lines.extend(layout::worker_lines(
            &self.workers,
            window,
            self.shows_pids,
            now,
        ));
        self.screen.paint(&lines);
    }
}

impl Report for Progress {
    fn observe(&mut self, event: &Event) -> Result<(), ReportError> {
        self.observe_at(event, Instant::now());
        Ok(())
    }
}
