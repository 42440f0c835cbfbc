//! The filter on system calls. All of them are refused except those on a list; see `calls.rs`.

mod calls;

use std::collections::BTreeMap;

use rustix::fs::Access;
use rustix::io::Errno;
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompFilter, SeccompRule,
    apply_filter_all_threads,
};

/// System calls and the rules of which one must match; without rules, every call does.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Installs it. Whether it holds.
pub(super) fn filter() -> bool {
    install().is_ok() && is_refused()
}

/// Three filters, because each knows two answers. The kernel asks all of them and takes the severest answer; of two
/// errors, that of the filter installed last. The list of what is allowed comes last because it forbids to install
/// filters.
fn install() -> Result<(), Error> {
    let absent = only(calls::ABSENT, SeccompAction::Errno(errno(Errno::NOSYS)))?;
    let deadly = only(calls::DEADLY, SeccompAction::KillProcess)?;
    let refused = SeccompAction::Errno(errno(Errno::PERM));
    let allowed = compile(calls::allowed()?, refused, SeccompAction::Allow)?;
    for program in [absent, deadly, allowed] {
        apply_filter_all_threads(&program)?;
    }
    Ok(())
}

/// Does `action` for these calls and nothing for others.
fn only(calls: &[i64], action: SeccompAction) -> Result<BpfProgram, BackendError> {
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect();
    compile(rules, SeccompAction::Allow, action)
}

fn compile(
    rules: Rules,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let architecture = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, matched, architecture)?.try_into()
}

fn errno(error: Errno) -> u32 {
    error.raw_os_error().unsigned_abs()
}

/// The proof: what everybody may ask, and Landlock does not mind, is refused.
fn is_refused() -> bool {
    rustix::fs::access("/", Access::EXISTS) == Err(Errno::PERM)
}
