use std::fmt::Write;

use clap::ArgMatches;

use super::{answer, complain};
use crate::cli::exit::Exit;
use crate::pipeline::ops::{ALL, OpInfo, ParseOpError};

/// Lists the operations, or explains one.
pub(in crate::cli) fn run(matches: &ArgMatches) -> Exit {
    let Some(name) = matches.get_one::<String>("name") else {
        return answer(&list());
    };
    let name = name.trim_start_matches("--");
    if let Some(info) = ALL.iter().find(|info| info.name == name) {
        answer(&explain(info))
    } else {
        let error = ParseOpError::Unknown {
            name: name.to_owned(),
        };
        complain(&error, None, Exit::BadUsage)
    }
}

fn list() -> String {
    let mut text = String::new();
    for info in ALL {
        let flag = format!("--{} {}", info.name, info.value.unwrap_or_default());
        // Writing to a string cannot fail.
        let _written = writeln!(text, "{flag:<24} {}", info.summary);
    }
    text.push_str("\n`lightmill ops NAME` explains one.\n");
    text
}

fn explain(info: &OpInfo) -> String {
    let mut text = format!("--{} {}", info.name, info.value.unwrap_or_default())
        .trim_end()
        .to_owned();
    let _written = writeln!(text, "\n    {}", info.summary);
    for line in info.details.lines() {
        let line = format!("    {line}");
        let _written = writeln!(text, "{}", line.trim_end());
    }
    let example = format!("--{} '{}'", info.name, info.example);
    let example = if info.example.is_empty() {
        format!("--{}", info.name)
    } else {
        example
    };
    let _written = writeln!(text, "\n    lightmill convert photos -o out {example}");
    text
}
