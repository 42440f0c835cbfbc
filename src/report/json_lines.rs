//! `--events`: every event as one JSON object a line, for programs. `docs/events.md` is their contract.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Report, ReportError, is_standard_output};
use crate::event::{Event, VERSION};

/// The events in a file or a pipe.
pub struct JsonLines {
    path: PathBuf,
    out: Box<dyn Write>,
    /// The line in hand; kept for its memory.
    line: Vec<u8>,
    start: Option<Instant>,
}

#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    t: f64,
    #[serde(flatten)]
    event: &'a Event,
}

impl JsonLines {
    /// Opens the file, which is emptied if it is there; `-` is standard output.
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        if is_standard_output(path) {
            // Not through `Stdout`'s own buffer alone: it is flushed after each line.
            return Ok(Self::writing_to(path, io::stdout()));
        }
        let file = File::create(path).map_err(|source| ReportError::Events {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::writing_to(path, file))
    }

    /// Writes to `out`, which errors call `path`.
    pub fn writing_to(path: &Path, out: impl Write + 'static) -> Self {
        Self {
            path: path.to_owned(),
            out: Box::new(out),
            line: Vec::new(),
            start: None,
        }
    }

    fn observe_at(&mut self, event: &Event, now: Instant) -> io::Result<()> {
        if *event == Event::Tick {
            return Ok(());
        }
        // What is skipped while the plan is made comes before `run-started`, and counts from there all the same.
        let start = *self.start.get_or_insert(now);
        let t = seconds(now.saturating_duration_since(start));
        self.line.clear();
        let v = VERSION;
        serde_json::to_writer(&mut self.line, &Line { v, t, event })?;
        self.line.push(b'\n');
        // One write for each event: whoever reads the pipe sees it at once, and never half of it.
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

/// With three decimals.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

impl Report for JsonLines {
    fn observe(&mut self, event: &Event) -> Result<(), ReportError> {
        self.observe_at(event, Instant::now())
            .map_err(|source| ReportError::Events {
                path: self.path.clone(),
                source,
            })
    }
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
