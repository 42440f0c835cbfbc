//! What eyes and files see of a run: each [`Report`] turns [`Event`]s into one of them.
//!
//! The coordinator hands every event to one [`Reporter`], on its own thread, before it goes on: a slow terminal slows
//! the run, and never fills memory. No report asks anything of the coordinator.

mod human;
mod json_lines;
mod plain;
mod progress;
#[cfg(test)]
mod samples;
mod stats;
mod summary_file;
mod text;

use std::io;
use std::path::{Path, PathBuf};

use crate::event::Event;

pub use human::{Human, Voice};
pub use json_lines::JsonLines;
pub use plain::Plain;
pub use progress::{Progress, Screen};
pub use stats::Stats;
pub use summary_file::SummaryFile;

/// One way to tell of a run.
pub trait Report {
    /// Takes notice of an event. Fails only where something that was asked for cannot be written; trouble with the
    /// terminal is nobody's concern.
    fn observe(&mut self, event: &Event) -> Result<(), ReportError>;
}

/// All that tell of a run.
#[derive(Default)]
pub struct Reporter {
    reports: Vec<Box<dyn Report>>,
}

impl Reporter {
    /// One that tells nobody, so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one more.
    pub fn push(&mut self, report: impl Report + 'static) {
        self.reports.push(Box::new(report));
    }

    /// Shows the event to all. Each sees it, whatever befalls the others; the first failure is returned.
    pub fn observe(&mut self, event: &Event) -> Result<(), ReportError> {
        let mut told = Ok(());
        for report in &mut self.reports {
            let result = report.observe(event);
            told = told.and(result);
        }
        told
    }
}

/// Something that was asked for cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The events of `--events`.
    #[error("cannot write the events to {}", target(path))]
    Events {
        /// The file, or `-`.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The document of `--report`.
    #[error("cannot write the report to {}", target(path))]
    Summary {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The lines of `--dry-run`.
    #[error("cannot write the plan")]
    Plan {
        /// Why not.
        source: io::Error,
    },
}

impl ReportError {
    /// Whether the reader at the other end of a pipe has left.
    pub fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Events { source, .. } | Self::Summary { source, .. } | Self::Plan { source } => {
                source.kind() == io::ErrorKind::BrokenPipe
            }
        }
    }
}

/// The name that `--events` has for standard output.
fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}

fn target(path: &Path) -> String {
    if is_standard_output(path) {
        "standard output".to_owned()
    } else {
        format!("`{}`", text::shown(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    struct Witness {
        seen: Rc<Cell<u32>>,
        path: Option<&'static str>,
    }

    impl Report for Witness {
        fn observe(&mut self, _: &Event) -> Result<(), ReportError> {
            self.seen.set(self.seen.get() + 1);
            match self.path {
                Some(path) => Err(ReportError::Events {
                    path: path.into(),
                    source: io::ErrorKind::BrokenPipe.into(),
                }),
                None => Ok(()),
            }
        }
    }

    #[test]
    fn all_see_the_event_and_the_first_failure_is_told() {
        let seen = Rc::new(Cell::new(0));
        let mut reporter = Reporter::new();
        for path in [None, Some("first"), Some("-"), None] {
            let seen = Rc::clone(&seen);
            reporter.push(Witness { seen, path });
        }
        let error = reporter.observe(&Event::Tick).unwrap_err();
        assert_eq!(seen.get(), 4);
        assert_eq!(error.to_string(), "cannot write the events to `first`");
        assert!(error.is_broken_pipe());
    }

    #[test]
    fn standard_output_is_called_by_its_name() {
        let error = ReportError::Events {
            path: "-".into(),
            source: io::ErrorKind::BrokenPipe.into(),
        };
        assert_eq!(
            error.to_string(),
            "cannot write the events to standard output"
        );
    }
}
