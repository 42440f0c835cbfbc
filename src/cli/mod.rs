//! Words people type: arguments, commands, signals, exit status.

mod args;
mod commands;
mod exit;
mod lower;
mod signals;
mod values;

use std::panic;
use std::process::ExitCode;

use clap::ArgMatches;

use crate::alloc;

pub use exit::Exit;

/// The command, from its arguments to its exit status.
pub fn main() -> ExitCode {
    keep_quiet_about_workers();
    let matches = match args::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return refuse(&error).into(),
    };
    dispatch(&matches).into()
}

/// A thread that panics over what a worker sent is reported as the loss of that worker, and not by itself.
fn keep_quiet_about_workers() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !alloc::is_this_thread_distrusted() {
            usual(info);
        }
    }));
}

/// Help and version are answers, everything else is a wrong request.
fn refuse(error: &clap::Error) -> Exit {
    // A closed terminal is no reason for another error.
    let _shown: std::io::Result<()> = error.print();
    if error.use_stderr() {
        Exit::BadUsage
    } else {
        Exit::Clean
    }
}

fn dispatch(matches: &ArgMatches) -> Exit {
    match matches.subcommand() {
        Some((name @ ("thumbnail" | "convert"), matches)) => commands::render::run(name, matches),
        Some(("ops", matches)) => commands::ops::run(matches),
        Some(("formats", _)) => commands::formats::run(),
        Some(("completions", matches)) => commands::completions::run(matches),
        Some(("man", matches)) => commands::man::run(matches),
        _ => Exit::BadUsage,
    }
}
