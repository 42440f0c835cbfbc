//! `thumbnail` and `convert`.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::ArgMatches;

use super::complain;
use crate::cli::args::{self, ProgressArg, Render, ReportArgs, Thumbnail};
use crate::cli::exit::Exit;
use crate::cli::lower::{self, LowerError};
use crate::cli::signals;
use crate::event::Event;
use crate::pool;
use crate::report::{
    Human, JsonLines, Plain, Progress, ReportError, Reporter, Screen, SummaryFile, Voice,
};
use crate::{Batch, BatchError};

/// From arguments to an exit status.
pub(in crate::cli) fn run(name: &str, matches: &ArgMatches) -> Exit {
    let (batch, report) = match read(name, matches) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let batch = match batch {
        Ok(batch) => batch,
        Err(error) => return complain(&error, None, Exit::BadUsage),
    };
    let reporter = match reporter(&report) {
        Ok(reporter) => reporter,
        Err(error) => return complain(&error, None, Exit::CannotRun),
    };
    pool::prepare_process();
    signals::listen(batch.stopper());
    work(&batch, reporter)
}

/// The batch that is asked for, and how it is to be reported.
fn read(name: &str, matches: &ArgMatches) -> Result<(Result<Batch, LowerError>, ReportArgs), Exit> {
    // What `clap` has accepted fits the types it was made from.
    let unreadable = |error: clap::Error| complain(&error, None, Exit::BadUsage);
    if name == "thumbnail" {
        let args: Thumbnail = args::read(matches).map_err(unreadable)?;
        return Ok((lower::thumbnail(&args, matches), args.render.report));
    }
    let args: Render = args::read(matches).map_err(unreadable)?;
    Ok((lower::convert(&args, matches), args.report))
}

fn work(batch: &Batch, mut reporter: Reporter) -> Exit {
    let stopper = batch.stopper();
    let mut untold: Option<ReportError> = None;
    let result = batch.run(|event: &Event| {
        if let Err(error) = reporter.observe(event)
            && untold.is_none()
        {
            // A run that cannot be told of as was asked is not what was asked for.
            stopper.stop();
            untold = Some(error);
        }
        if *event == Event::Paused {
            signals::suspend();
        }
    });
    match (result, untold) {
        (Err(BatchError::Settings(error)), _) => complain(&error, None, Exit::BadUsage),
        (Err(BatchError::Run(error)), _) => {
            let exit = if error.is_request() {
                Exit::BadUsage
            } else {
                Exit::CannotRun
            };
            complain(&error, error.hint(), exit)
        }
        (Ok(_), Some(error)) => complain(&error, None, Exit::CannotRun),
        (Ok(summary), None) => Exit::of(&summary),
    }
}

/// Whoever is to be told, as the arguments and the terminal have it.
fn reporter(args: &ReportArgs) -> Result<Reporter, ReportError> {
    let capable = env::var_os("TERM").is_none_or(|term| term != "dumb");
    let terminal = io::stderr().is_terminal() && capable;
    let bar = match args.progress {
        ProgressArg::Auto => terminal && env::var_os("CI").is_none(),
        ProgressArg::Bar => true,
        ProgressArg::Plain | ProgressArg::None => false,
    };
    let silent = args.quiet || args.progress == ProgressArg::None;
    let screen = if bar && !silent {
        Screen::terminal()
    } else {
        Screen::plain()
    };
    let mut reporter = Reporter::new();
    if !silent && bar {
        reporter.push(Progress::new(screen.clone()));
    } else if !silent {
        reporter.push(Plain::new(screen.clone()));
    }
    let color = terminal && env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let voice = match (args.quiet, args.verbose) {
        (true, _) => Voice::Quiet,
        (false, true) => Voice::Verbose,
        (false, false) => Voice::Normal,
    };
    // Standard output holds the plan of a dry run, or events, which tell it as well.
    let events_there = args.events.as_deref() == Some(Path::new("-"));
    let plan: Box<dyn Write> = if events_there {
        Box::new(io::sink())
    } else {
        Box::new(io::stdout())
    };
    reporter.push(Human::new(screen, plan, voice, color));
    if let Some(path) = &args.events {
        reporter.push(JsonLines::open(path)?);
    }
    if let Some(path) = &args.report {
        reporter.push(SummaryFile::open(path)?);
    }
    Ok(reporter)
}
