//! What a person reads: a line for what deserves one while the run is on, and the summary at its end.

mod closing;
mod details;
mod ink;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Write;
use std::path::Path;

use super::progress::Screen;
use super::text::{harmless, shown};
use super::{Report, ReportError};
use crate::event::{Event, Summary};
use closing::Closing;
use details::Details;
use ink::{Ink, Palette};

/// How much a person wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Which images failed, and nothing else: no warnings.
    Quiet,
    /// That, warnings, what came of the run, and workers that were lost.
    Normal,
    /// What becomes of each image and each worker.
    Verbose,
}

/// What a person reads on the screen, and, of a dry run, on standard output.
pub struct Human {
    screen: Screen,
    out: Box<dyn Write>,
    voice: Voice,
    palette: Palette,
    closing: Closing,
    details: Details,
}

impl Human {
    /// Messages go to `screen`, the plan of a dry run goes to `out`. `color` allows ANSI
    /// colours.
    pub fn new(screen: Screen, out: impl Write + 'static, voice: Voice, color: bool) -> Self {
        Self {
            screen,
            out: Box::new(out),
            voice,
            palette: Palette { color },
            closing: Closing::default(),
            details: Details::default(),
        }
    }

    /// What is always told.
    fn tell(&mut self, event: &Event) -> Result<(), ReportError> {
        match event {
            Event::Planned { source, output } => return self.print_planned(source, output),
            Event::RunEnded { summary } => return self.end(summary),
            Event::WorkerLost {
                worker, pid, how, ..
            } => {
                let pid = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                self.warn(&format!("{worker}{pid} {}", harmless(how)));
            }
            Event::JobRetried {
                source, failure, ..
            } => {
                let reason = harmless(&failure.to_string());
                self.warn(&format!("retrying {}: {reason}", shown(source)));
            }
            Event::RunStarted { .. }
            | Event::Skipped { .. }
            | Event::WorkerReady { .. }
            | Event::JobStarted { .. }
            | Event::JobEntered { .. }
            | Event::JobDone { .. }
            | Event::JobFailed { .. }
            | Event::Stopping { .. }
            | Event::Paused
            | Event::Resumed
            | Event::Tick => {}
        }
        Ok(())
    }

    fn warn(&self, text: &str) {
        if self.voice == Voice::Quiet {
            return;
        }
        self.screen.line(&self.palette.paint(Ink::Yellow, text));
    }

    fn print_planned(&mut self, source: &Path, output: &Path) -> Result<(), ReportError> {
        let line = format!("{} -> {}\n", shown(source), shown(output));
        let out = &mut self.out;
        self.screen
            .aside(|| out.write_all(line.as_bytes()))
            .map_err(|source| ReportError::Plan { source })
    }

    fn end(&mut self, summary: &Summary) -> Result<(), ReportError> {
        // The plan comes before the summary, also where both go to the same file.
        let flushed = self.out.flush();
        let lines = match self.voice {
            Voice::Quiet => self.closing.failures(self.palette),
            Voice::Normal | Voice::Verbose => self.closing.lines(summary, self.palette),
        };
        for line in lines {
            self.screen.line(&line);
        }
        flushed.map_err(|source| ReportError::Plan { source })
    }
}

impl Report for Human {
    fn observe(&mut self, event: &Event) -> Result<(), ReportError> {
        self.closing.observe(event);
        let told = self.tell(event);
        if self.voice == Voice::Verbose
            && let Some(lines) = self.details.of(event, self.palette)
        {
            self.screen.line(&lines);
        }
        told
    }
}

impl fmt::Debug for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Human")
            .field("voice", &self.voice)
            .field("palette", &self.palette)
            .finish_non_exhaustive()
    }
}
