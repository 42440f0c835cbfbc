//! The `lightmill` command.

use std::process::ExitCode;

#[global_allocator]
static MEMORY: lightmill::alloc::Guarded = lightmill::alloc::Guarded;

fn main() -> ExitCode {
    lightmill::worker::init();
    lightmill::cli::main()
}
