//! The terminal's window: its size, and a way for indicatif to draw in it.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressDrawTarget, TermLike};

/// Size of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// What is taken for the size where the terminal does not tell.
const USUAL: Size = Size {
    columns: 80,
    rows: 24,
};

/// Tells the size as it is now.
pub(super) type Measure = Arc<dyn Fn() -> Size + Send + Sync>;

/// Where lines and the bar go.
pub(super) type Output = Arc<Mutex<dyn Write + Send>>;

/// Writes all of it, and does not mind if that fails: a terminal that is gone has no reader.
pub(super) fn write(output: &Output, bytes: &[u8]) {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = output.write_all(bytes).and_then(|()| output.flush());
}

/// A window that indicatif draws in.
///
/// indicatif pads each line with spaces up to the right edge, so that the next one begins by wrapping. A terminal
/// takes such lines for one paragraph and reflows them when it is resized; the next paint would then overwrite what
/// stands above. Here each line has an end of its own.
pub(super) struct Window {
    output: Output,
    measure: Measure,
    pending: Mutex<Pending>,
}

/// What is written at the next flush, in one piece so that nothing flickers.
#[derive(Default)]
struct Pending {
    bytes: String,
    /// The line has been padded: what follows belongs to the next one.
    line_ended: bool,
}

impl Window {
    pub(super) fn target(output: Output, measure: Measure) -> ProgressDrawTarget {
        ProgressDrawTarget::term_like(Box::new(Self {
            output,
            measure,
            pending: Mutex::default(),
        }))
    }

    fn with_pending(&self, change: impl FnOnce(&mut Pending)) -> io::Result<()> {
        change(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn turn_cursor(&self, count: usize, direction: char) -> io::Result<()> {
        self.with_pending(|pending| {
            pending.line_ended = false;
            if count > 0 {
                pending.bytes.push_str(&format!("\x1b[{count}{direction}"));
            }
        })
    }
}

impl TermLike for Window {
    fn width(&self) -> u16 {
        u16::try_from((self.measure)().columns).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from((self.measure)().rows).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.turn_cursor(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.turn_cursor(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.turn_cursor(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.turn_cursor(count, 'D')
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.write_str(line)?;
        self.with_pending(|pending| pending.bytes.push_str("\r\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.with_pending(|pending| {
            if !text.is_empty() && text.bytes().all(|byte| byte == b' ') {
                pending.line_ended = true;
                return;
            }
            if std::mem::take(&mut pending.line_ended) {
                pending.bytes.push_str("\r\n");
            }
            pending.bytes.push_str(text);
        })
    }

    fn clear_line(&self) -> io::Result<()> {
        self.with_pending(|pending| {
            pending.line_ended = false;
            pending.bytes.push_str("\r\x1b[2K");
        })
    }

    fn flush(&self) -> io::Result<()> {
        self.with_pending(|pending| {
            write(&self.output, pending.bytes.as_bytes());
            pending.bytes.clear();
        })
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window").finish_non_exhaustive()
    }
}

/// The window that standard error is shown in.
pub(super) fn of_stderr(output: Output) -> (ProgressDrawTarget, Measure) {
    let measure: Measure = Arc::new(|| os::size_of_stderr().unwrap_or(USUAL));
    (os::target(output, Arc::clone(&measure)), measure)
}

#[cfg(unix)]
mod os {
    #![expect(unsafe_code, reason = "std does not tell the size of a terminal")]

    use super::{Measure, Output, ProgressDrawTarget, Size, Window};

    pub(super) fn target(output: Output, measure: Measure) -> ProgressDrawTarget {
        Window::target(output, measure)
    }

    pub(super) fn size_of_stderr() -> Option<Size> {
        let mut size = libc::winsize {
            ws_row: 0,
            ws_col: 0,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: TIOCGWINSZ writes one `winsize`, and `size` outlives the call.
        let status = unsafe { libc::ioctl(libc::STDERR_FILENO, libc::TIOCGWINSZ, &raw mut size) };
        // A serial line does not know its size and says 0.
        (status == 0 && size.ws_col > 0 && size.ws_row > 0).then(|| Size {
            columns: size.ws_col.into(),
            rows: size.ws_row.into(),
        })
    }
}

#[cfg(not(unix))]
mod os {
    use super::{Measure, Output, ProgressDrawTarget, Size};

    /// indicatif's own: it knows how to make consoles understand cursor movements, and counts wrapped lines.
    pub(super) fn target(_: Output, _: Measure) -> ProgressDrawTarget {
        ProgressDrawTarget::stderr()
    }

    pub(super) fn size_of_stderr() -> Option<Size> {
        None
    }
}
