use clap::ArgMatches;
use clap_complete::{Shell, generate};

use super::answer;
use crate::cli::args;
use crate::cli::exit::Exit;

/// Prints a completion script, made of the same definitions as the help.
pub(in crate::cli) fn run(matches: &ArgMatches) -> Exit {
    let Some(shell) = matches.get_one::<Shell>("shell") else {
        return Exit::BadUsage;
    };
    let mut script = Vec::new();
    generate(*shell, &mut args::command(), "lightmill", &mut script);
    answer(&String::from_utf8_lossy(&script))
}
