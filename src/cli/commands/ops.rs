use std::fmt::Write;

use clap::ArgMatches;

use super::{answer, complain};
use crate::cli::exit::Exit;
use crate::pipeline::ops::{FAMILIES, OpInfo, ParseOpError, Value};

/// Lists the operations, or explains one.
pub(in crate::cli) fn run(matches: &ArgMatches) -> Exit {
    let Some(name) = matches.get_one::<String>("name") else {
        return answer(&list());
    };
    let name = name.trim_start_matches("--");
    if let Some(info) = OpInfo::find(name) {
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
    for (family, ops) in FAMILIES {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "{family}: {}", family.summary());
        for info in *ops {
            let _written = writeln!(text, "  {:<28} {}", info.usage(), info.summary);
        }
        text.push('\n');
    }
    text.push_str("`lightmill ops NAME` explains one.\n");
    text
}

fn explain(info: &OpInfo) -> String {
    let mut text = info.usage();
    let _written = writeln!(text, "\n    {}", info.summary);
    for line in info.details.lines() {
        let line = format!("    {line}");
        let _written = writeln!(text, "{}", line.trim_end());
    }
    let _written = writeln!(text, "\n    Family:    {}", info.family());
    let _written = writeln!(text, "    Cost:      {}", info.cost);
    if !info.aliases.is_empty() {
        let aliases: Vec<String> = info
            .aliases
            .iter()
            .map(|name| format!("--{name}"))
            .collect();
        let _written = writeln!(text, "    Also:      {}", aliases.join(", "));
    }
    if !info.elsewhere.is_empty() {
        let _written = writeln!(text, "    Elsewhere: {}", info.elsewhere);
    }
    let example = match info.value {
        Value::None => info.typed_example(),
        Value::Optional(_) => format!("'{}'", info.typed_example()),
        Value::Needed(_) => format!("--{} '{}'", info.name, info.example),
    };
    let _written = writeln!(text, "\n    lightmill convert photos -o out {example}");
    text
}
