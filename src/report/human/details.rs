//! The lines for those who want to know of every happening.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::super::text::{self, harmless, shown};
use super::closing;
use super::ink::{Ink, Palette};
use crate::event::{Event, Isolation, SkipReason};
use crate::job::WorkerId;

/// What has to be remembered for the lines: a few bytes for each worker.
#[derive(Debug, Default)]
pub(super) struct Details {
    pids: BTreeMap<WorkerId, u32>,
}

impl Details {
    /// What there is to tell beside what everybody is told; may be several lines.
    pub(super) fn of(&mut self, event: &Event, palette: Palette) -> Option<String> {
        Some(match event {
            Event::RunStarted {
                jobs,
                bytes,
                workers,
                isolation,
                ..
            } => {
                let (images, bytes) = (text::images(*jobs), text::bytes(*bytes));
                format!("{images}, {bytes}, {}", place_of_work(*workers, *isolation))
            }
            Event::Skipped { source, reason } => skipped(source, reason),
            Event::WorkerReady {
                worker,
                pid,
                posture,
            } => {
                self.pids.insert(*worker, *pid);
                format!("{worker} ready: pid {pid}, {posture}")
            }
            Event::WorkerLost {
                worker, last_words, ..
            } => {
                self.pids.remove(worker);
                quoted(last_words)?
            }
            Event::JobDone { .. } => self.done(event, palette)?,
            Event::JobFailed {
                source, failure, ..
            } => palette.paint(Ink::Red, &closing::failed(source, failure)),
            Event::Planned { .. }
            | Event::JobStarted { .. }
            | Event::JobEntered { .. }
            | Event::JobRetried { .. }
            | Event::Stopping { .. }
            | Event::RunEnded { .. }
            | Event::Paused
            | Event::Resumed
            | Event::Tick => return None,
        })
    }

    /// What became of an image, and what must be said of it.
    fn done(&self, event: &Event, palette: Palette) -> Option<String> {
        let Event::JobDone {
            worker,
            source,
            output,
            bytes_in,
            bytes_out,
            before,
            after,
            micros,
            warnings,
            dropped,
            ..
        } = event
        else {
            return None;
        };
        let (bytes_in, bytes_out) = (text::bytes(*bytes_in), text::bytes(*bytes_out));
        let time = text::duration(Duration::from_micros(*micros));
        let without = if dropped.is_empty() {
            String::new()
        } else {
            format!(", without {dropped}")
        };
        let mut lines = vec![format!(
            "done {} -> {} {before} -> {after}, {bytes_in} -> {bytes_out}, {time}, {}{without}",
            shown(source),
            shown(output),
            self.place(*worker)
        )];
        let warned = warnings
            .iter()
            .map(|warning| closing::warned(source, warning));
        lines.extend(warned.map(|line| palette.paint(Ink::Yellow, &line)));
        Some(lines.join("\n"))
    }

    fn place(&self, worker: WorkerId) -> String {
        match self.pids.get(&worker) {
            Some(pid) => format!("pid {pid}"),
            None => worker.to_string(),
        }
    }
}

fn skipped(source: &Path, reason: &SkipReason) -> String {
    let reason = closing::reason_in_words(reason);
    format!("skipped {}: {reason}", shown(source))
}

fn quoted(text: &str) -> Option<String> {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("  | {}", harmless(line)))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn place_of_work(workers: u16, isolation: Isolation) -> String {
    let (one, more) = match isolation {
        Isolation::Process => ("worker process", "worker processes"),
        Isolation::Thread => ("worker thread", "worker threads"),
        Isolation::None => return "no workers: one image after the other".to_owned(),
    };
    text::counted(workers.into(), one, more)
}
