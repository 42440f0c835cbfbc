//! Draws the bar's lines in a terminal that understands the usual escape sequences.

use std::fmt::{self, Write as _};
use std::io;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressDrawTarget, TermLike};

use super::window::{self, Measure, Output};

/// What indicatif draws with.
///
/// indicatif pads each line with spaces up to the right edge, so that the next one begins by wrapping. A terminal
/// takes such lines for one paragraph and reflows them when it is resized; the next paint would then overwrite what
/// stands above. Here each line has an end of its own.
pub(super) struct Painter {
    output: Output,
    measure: Measure,
    pending: Mutex<Pending>,
}

/// What is written at the next flush, in one piece so that nothing flickers.
#[derive(Default)]
struct Pending {
    text: String,
    /// The line has been padded: what follows belongs to the next one.
    line_ended: bool,
}

impl Painter {
    pub(super) fn target(output: Output, measure: Measure) -> ProgressDrawTarget {
        ProgressDrawTarget::term_like(Box::new(Self {
            output,
            measure,
            pending: Mutex::default(),
        }))
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_cursor(&self, count: usize, direction: char) -> io::Result<()> {
        let mut pending = self.pending();
        pending.line_ended = false;
        if count == 0 {
            // The terminal takes 0 for 1.
            return Ok(());
        }
        write!(pending.text, "\x1b[{count}{direction}").map_err(io::Error::other)
    }
}

impl TermLike for Painter {
    fn width(&self) -> u16 {
        u16::try_from((self.measure)().columns).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from((self.measure)().rows).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.move_cursor(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.move_cursor(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.move_cursor(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.move_cursor(count, 'D')
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.write_str(line)?;
        self.pending().text.push_str("\r\n");
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let mut pending = self.pending();
        if !text.is_empty() && text.bytes().all(|byte| byte == b' ') {
            pending.line_ended = true;
            return Ok(());
        }
        if mem::take(&mut pending.line_ended) {
            pending.text.push_str("\r\n");
        }
        pending.text.push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        let mut pending = self.pending();
        pending.line_ended = false;
        pending.text.push_str("\r\x1b[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let text = mem::take(&mut self.pending().text);
        window::write(&self.output, text.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for Painter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Painter").finish_non_exhaustive()
    }
}
