//! Workers that have been taken over: each attack of the table is carried out by a real process against a real run,
//! once by a single worker, and by every worker there is.
//!
//! The run must end by itself and in time, with what it says being true, every file whole, and nothing left open.
//! `cargo test --test hostile -- NAME` tries the attacks whose names contain the word.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that tells what it found, as its exit status too"
)]

#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod packets;
#[cfg(target_os = "linux")]
mod scene;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod words;

use std::process::ExitCode;

#[global_allocator]
static MEMORY: lightmill::alloc::Guarded = lightmill::alloc::Guarded;

/// Elsewhere than on Linux no attack is known to be stopped.
#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    println!("note: not tried, for packets are looked at on Linux only");
    ExitCode::SUCCESS
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    lightmill::worker::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((first, rest)) = arguments.split_first()
        && first == hostile::SUBCOMMAND
    {
        hostile::main(rest);
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    let filter = filter.filter(|word| !"hostile".contains(*word));
    scene::keep_watch();
    let wrong = scene::try_all(filter.map(String::as_str));
    println!("{}", wrong.join("\n"));
    if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
