//! The `lightmill` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    lightmill::worker::init();
    lightmill::cli::main()
}
