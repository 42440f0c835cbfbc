use clap::ArgMatches;

use super::complain;
use crate::cli::args::{self, Render, Thumbnail};
use crate::cli::exit::Exit;
use crate::cli::{lower, signals};
use crate::{BatchError, SettingsError};

pub(in crate::cli) fn run(name: &str, matches: &ArgMatches) -> Exit {
    let batch = if name == "thumbnail" {
        args::read::<Thumbnail>(matches).map(|a| lower::thumbnail(&a, matches))
    } else {
        args::read::<Render>(matches).map(|a| lower::convert(&a, matches))
    };
    let batch = match batch.unwrap() {
        Ok(b) => b,
        Err(e) => return complain(&e, None, Exit::BadUsage),
    };
    signals::listen(batch.stopper());
    match batch.run(|event| {
        if std::env::var_os("V").is_some() {
            eprintln!("{}", serde_json::to_string(event).unwrap_or_default());
        }
    }) {
        Ok(s) => {
            eprintln!("{s:?}");
            Exit::of(&s)
        }
        Err(BatchError::Settings(e)) => complain(&e, None, Exit::BadUsage),
        Err(BatchError::Run(e)) => complain(&e, e.hint(), if e.is_request() { Exit::BadUsage } else { Exit::CannotRun }),
    }
}
