//! Tries what a worker must not be able to do, and what it must: each act in a process of its own, in several states of
//! confinement. An act that works without a sandbox and fails in one is proof; one that fails anyway would prove nothing.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a probe that meets what it does not expect has failed"
)]

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod linux;

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
fn main() {
    println!("nothing to probe: there is no sandbox on this system");
}
