//! The last lines: what there are warnings about, what failed and why, what came of the run, and how to go on.

use std::path::Path;

use super::super::stats;
use super::super::text::{self, harmless, shown};
use super::ink::{Ink, Palette};
use crate::event::{Event, SkipReason, StopCause, Summary};
use crate::failure::Failure;
use crate::warning::Warning;

/// Failures, and warnings, that are named at the end. Whoever has more wants them in a file.
const MOST: usize = 10_000;

/// Lines to be told at the end, up to a bound.
#[derive(Debug, Default)]
struct Named {
    lines: Vec<String>,
    /// Those beyond [`MOST`].
    unnamed: usize,
}

impl Named {
    fn keep(&mut self, line: impl FnOnce() -> String) {
        if self.lines.len() < MOST {
            self.lines.push(line());
        } else {
            self.unnamed += 1;
        }
    }

    /// The lines, and one that counts the others: so many more of `one` or `more`.
    fn told(&self, mark: &str, one: &str, more: &str) -> Vec<String> {
        let rest = (self.unnamed > 0)
            .then(|| format!("{mark}: {}", text::counted(self.unnamed, one, more)));
        self.lines.iter().cloned().chain(rest).collect()
    }
}

/// What has to be remembered for the last lines.
#[derive(Debug, Default)]
pub(super) struct Closing {
    failed: Named,
    warned: Named,
    hints: Vec<&'static str>,
    /// How often each reason to skip was met, in the order of first sight.
    skipped: Vec<(&'static str, usize)>,
    planned: usize,
}

impl Closing {
    pub(super) fn observe(&mut self, event: &Event) {
        match event {
            Event::Planned { .. } => self.planned += 1,
            Event::Skipped { reason, .. } => self.count_skipped(word_for(reason)),
            Event::JobFailed {
                source, failure, ..
            } => self.keep_failed(source, failure),
            Event::JobDone {
                source, warnings, ..
            } => warnings
                .iter()
                .for_each(|warning| self.warned.keep(|| warned(source, warning))),
            Event::RunStarted { .. }
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

    fn count_skipped(&mut self, word: &'static str) {
        match self.skipped.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => self.skipped.push((word, 1)),
        }
    }

    fn keep_failed(&mut self, source: &Path, failure: &Failure) {
        self.failed.keep(|| failed(source, failure));
        // Several kinds may share a hint.
        if let Some(hint) = failure.kind.hint()
            && !self.hints.contains(&hint)
        {
            self.hints.push(hint);
        }
    }

    /// The images that did not make it.
    pub(super) fn failures(&self, palette: Palette) -> Vec<String> {
        let lines = self.failed.told("failed", "more image", "more images");
        lines
            .iter()
            .map(|line| palette.paint(Ink::Red, line))
            .collect()
    }

    /// What there are warnings about, the images that did not make it, and what came of the run.
    pub(super) fn lines(&self, summary: &Summary, palette: Palette) -> Vec<String> {
        let warned = self.warned.told("warning", "more", "more");
        let warned = warned.iter().map(|line| palette.paint(Ink::Yellow, line));
        let mut lines: Vec<String> = warned.collect();
        lines.extend(self.failures(palette));
        let hints = self.hints.iter();
        lines.extend(hints.map(|hint| palette.paint(Ink::Cyan, &format!("hint: {hint}"))));
        lines.push(if self.planned > 0 {
            self.plan(summary)
        } else {
            format!("{} {}", self.counts(summary, palette), amounts(summary))
        });
        if let Some(cause) = summary.stopped {
            lines.push(palette.paint(Ink::Yellow, stopped(cause)));
            if summary.left > 0 {
                lines.push(palette.paint(Ink::Cyan, &how_to_go_on(summary.left)));
            }
        }
        lines
    }

    /// Of a dry run.
    fn plan(&self, summary: &Summary) -> String {
        let mut parts = vec![format!("{} planned", text::images(self.planned))];
        parts.extend((summary.failed > 0).then(|| format!("{} failed", summary.failed)));
        parts.extend(self.skipped(summary));
        format!("{}; nothing was written", parts.join(", "))
    }

    fn counts(&self, summary: &Summary, palette: Palette) -> String {
        let mut done = format!("{} done{}", summary.done, text::warned(summary.warned));
        if summary.done > 0 {
            done = palette.paint(Ink::Green, &done);
        }
        let mut failed = format!("{} failed", summary.failed);
        if summary.failed > 0 {
            failed = palette.paint(Ink::Red, &failed);
        }
        let mut parts = vec![done, failed];
        parts.extend(self.skipped(summary));
        parts.extend((summary.resumed > 0).then(|| format!("{} resumed", summary.resumed)));
        // Whoever stops or resumes a run asks for what is left, also when that is nothing.
        let left_matters = summary.left + summary.resumed > 0 || summary.stopped.is_some();
        parts.extend(left_matters.then(|| format!("{} left", summary.left)));
        parts.join(", ")
    }

    fn skipped(&self, summary: &Summary) -> Option<String> {
        if summary.skipped == 0 {
            return None;
        }
        let reasons: Vec<String> = self
            .skipped
            .iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        Some(match &reasons[..] {
            [] => format!("{} skipped", summary.skipped),
            _ => format!("{} skipped ({})", summary.skipped, reasons.join(", ")),
        })
    }
}

/// The line that says why an image did not make it.
pub(super) fn failed(source: &Path, failure: &Failure) -> String {
    format!(
        "failed: {}: {}",
        shown(source),
        harmless(&failure.to_string())
    )
}

/// The line that says what must be said of an image that was made all the same.
pub(super) fn warned(source: &Path, warning: &Warning) -> String {
    format!(
        "warning: {}: {}",
        shown(source),
        harmless(&warning.to_string())
    )
}

/// Why an input was left out, in full.
pub(super) fn reason_in_words(reason: &SkipReason) -> String {
    match reason {
        SkipReason::NotAPicture(what) => format!("{}: {}", word_for(reason), harmless(what)),
        SkipReason::Hidden
        | SkipReason::Filtered
        | SkipReason::Repeated
        | SkipReason::Backup
        | SkipReason::Loop
        | SkipReason::Special
        | SkipReason::OutputExists
        | SkipReason::UpToDate
        | SkipReason::NotSmaller => word_for(reason).to_owned(),
    }
}

/// Reads well after a count.
const fn word_for(reason: &SkipReason) -> &'static str {
    match reason {
        SkipReason::NotAPicture(_) => "not a picture",
        SkipReason::Hidden => "hidden",
        SkipReason::Filtered => "filtered out",
        SkipReason::Repeated => "named before",
        SkipReason::Backup => "backup",
        SkipReason::Loop => "leading back into itself",
        SkipReason::Special => "neither file nor folder",
        SkipReason::OutputExists => "with an output that is there",
        SkipReason::UpToDate => "up to date",
        SkipReason::NotSmaller => "not made smaller",
    }
}

/// Time, bytes, pixels and speed.
fn amounts(summary: &Summary) -> String {
    let time = text::duration(summary.elapsed);
    if summary.done == 0 {
        return format!("in {time}");
    }
    let (read, written) = (
        text::bytes(summary.bytes_in),
        text::bytes(summary.bytes_out),
    );
    let pixels = text::pixels(summary.pixels);
    let rate = text::rate(stats::per_second(summary.pixels, summary.elapsed));
    format!("in {time}: {read} in, {written} out, {pixels}, {rate}")
}

const fn stopped(cause: StopCause) -> &'static str {
    match cause {
        StopCause::Interrupted => "stopped: interrupted",
        StopCause::TooManyFailures => "stopped: too many images failed",
        StopCause::CannotGoOn => "stopped: the run could not go on",
    }
}

fn how_to_go_on(left: usize) -> String {
    let images = match left {
        1 => "image that is left".to_owned(),
        _ => format!("{left} images that are left"),
    };
    format!("hint: run the same command with --resume to do the {images}")
}
