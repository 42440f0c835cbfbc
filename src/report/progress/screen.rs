//! Where people read: lines, and under them the progress bar while there is one.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::window::{self, Measure, Output, Size};

/// Where people read. Clones stand for the same place, so that all who print to it keep out of the bar's way.
#[derive(Clone)]
pub struct Screen {
    output: Output,
    bar: Option<Arc<Bar>>,
}

/// One indicatif bar whose message is all the lines: their number may change from paint to paint.
struct Bar {
    lines: ProgressBar,
    measure: Measure,
    painted: AtomicBool,
}

impl Screen {
    /// Standard error as a terminal: a bar can be painted on it.
    pub fn terminal() -> Self {
        let output: Output = Arc::new(Mutex::new(io::stderr()));
        let (target, measure) = window::of_stderr(Arc::clone(&output));
        Self::with_bar(output, target, measure)
    }

    /// Standard error as a file or a pipe: there is never a bar.
    pub fn plain() -> Self {
        Self::writing_to(io::stderr())
    }

    /// Lines go to this writer; there is never a bar.
    pub fn writing_to(writer: impl Write + Send + 'static) -> Self {
        Self {
            output: Arc::new(Mutex::new(writer)),
            bar: None,
        }
    }

    pub(super) fn with_bar(output: Output, target: ProgressDrawTarget, measure: Measure) -> Self {
        let lines = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            lines.set_style(style);
        }
        let bar = Bar {
            lines,
            measure,
            painted: AtomicBool::new(false),
        };
        Self {
            output,
            bar: Some(Arc::new(bar)),
        }
    }

    /// Prints a line: above the bar, if there is one. The text goes out as it is: whatever comes
    /// from a file must have been made harmless before.
    pub fn line(&self, text: &str) {
        self.aside(|| window::write(&self.output, format!("{text}\n").as_bytes()));
    }

    /// Takes the bar away while `print` writes elsewhere on the same terminal.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) if bar.is_painted() => bar.lines.suspend(print),
            Some(_) | None => print(),
        }
    }

    /// How large the window is now; none if no bar can be painted.
    pub(super) fn window(&self) -> Option<Size> {
        self.bar.as_ref().map(|bar| (bar.measure)())
    }

    pub(super) fn paint(&self, lines: &[String]) {
        if let Some(bar) = &self.bar {
            bar.painted.store(true, Ordering::Relaxed);
            if bar.lines.is_finished() {
                // Another run on the same screen.
                bar.lines.set_message("");
                bar.lines.reset();
            }
            bar.lines.set_message(lines.join("\n"));
        }
    }

    /// Takes the bar away, until it is painted again.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar
            && bar.painted.swap(false, Ordering::Relaxed)
        {
            bar.lines.finish_and_clear();
        }
    }
}

impl Bar {
    fn is_painted(&self) -> bool {
        self.painted.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen")
            .field("has_bar", &self.bar.is_some())
            .finish_non_exhaustive()
    }
}
