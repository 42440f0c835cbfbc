use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};
use clap_mangen::Man;

use super::{answer, complain};
use crate::cli::args;
use crate::cli::exit::Exit;
use crate::store::write_whole;
use crate::suggest;

#[derive(Debug, thiserror::Error)]
enum ManError {
    #[error("there is no command `{name}`{hint}")]
    Unknown { name: String, hint: String },
    #[error("cannot make the manual page of `{name}`")]
    Page { name: String, source: io::Error },
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
}

/// Prints a manual page, or writes all of them, made of the same definitions as the help.
pub(in crate::cli) fn run(matches: &ArgMatches) -> Exit {
    let mut command = args::command().disable_help_subcommand(true);
    command.build();
    let result = match matches.get_one::<PathBuf>("dir") {
        Some(dir) => write_all(&command, dir).map(|()| String::new()),
        None => one(
            &command,
            matches.get_one::<String>("command").map(String::as_str),
        ),
    };
    match result {
        Ok(page) => answer(&page),
        Err(error @ ManError::Unknown { .. }) => complain(&error, None, Exit::BadUsage),
        Err(error) => complain(&error, None, Exit::CannotRun),
    }
}

fn one(command: &Command, name: Option<&str>) -> Result<String, ManError> {
    let Some(name) = name else {
        return page(command);
    };
    let found = command
        .find_subcommand(name)
        .ok_or_else(|| ManError::Unknown {
            name: name.to_owned(),
            hint: suggest::hint(name, command.get_subcommands().map(Command::get_name)),
        })?;
    page(found)
}

fn write_all(command: &Command, dir: &Path) -> Result<(), ManError> {
    fs::create_dir_all(dir).map_err(|source| ManError::Write {
        path: dir.to_owned(),
        source,
    })?;
    for command in std::iter::once(command).chain(command.get_subcommands()) {
        let path = dir.join(format!("{}.1", full_name(command)));
        write_whole(&path, page(command)?.as_bytes())
            .map_err(|source| ManError::Write { path, source })?;
    }
    Ok(())
}

fn page(command: &Command) -> Result<String, ManError> {
    let name = full_name(command);
    let mut roff = Vec::new();
    let man = Man::new(command.clone()).title(name.to_uppercase());
    man.render(&mut roff)
        .map_err(|source| ManError::Page { name, source })?;
    Ok(String::from_utf8_lossy(&roff).into_owned())
}

fn full_name(command: &Command) -> String {
    command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned()
}
