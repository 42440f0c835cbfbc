//! The terminal's window: how large it is, and where what is shown in it goes.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressDrawTarget;

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

/// The window that standard error is shown in.
pub(super) fn of_stderr(output: Output) -> (ProgressDrawTarget, Measure) {
    let measure: Measure = Arc::new(|| os::size_of_stderr().unwrap_or(USUAL));
    (os::target(output, Arc::clone(&measure)), measure)
}

#[cfg(unix)]
mod os {
    #![expect(unsafe_code, reason = "std does not tell the size of a terminal")]

    use super::super::painter::Painter;
    use super::{Measure, Output, ProgressDrawTarget, Size};

    pub(super) fn target(output: Output, measure: Measure) -> ProgressDrawTarget {
        Painter::target(output, measure)
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
