//! One file a command.

pub(super) mod completions;
pub(super) mod formats;
pub(super) mod man;
pub(super) mod ops;
pub(super) mod render;

use std::error::Error;
use std::io::{self, Write};
use std::iter;

use super::exit::Exit;

/// Prints an answer. A reader that has seen enough and left is content.
fn answer(text: &str) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&error, None, Exit::CannotRun)
        }
        _ => Exit::Clean,
    }
}

/// Says what is wrong, with all that caused it, in one line; and what to do about it, in another.
fn complain(error: &(dyn Error + 'static), hint: Option<&str>, exit: Exit) -> Exit {
    let causes: Vec<String> = iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect();
    let mut err = io::stderr().lock();
    // Nobody is left to be told that nobody can be told.
    let _told = writeln!(err, "error: {}", causes.join(": "));
    if let Some(hint) = hint {
        let _told = writeln!(err, "hint: {hint}");
    }
    exit
}
