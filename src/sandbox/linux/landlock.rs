use std::fs;

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetError, RulesetStatus, Scope,
};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Rights that the kernel does not know yet are left out, so that the newest list is right on all of them.
const NEWEST: ABI = ABI::V10;

/// Denies this process every right that Landlock knows of. The ABI that does, if the kernel has it and it holds.
pub(super) fn deny_everything() -> Option<u8> {
    // It binds the calling thread and those it starts: one that runs already would stay free.
    if !is_alone() {
        return None;
    }
    let status = restrict().ok()?;
    let LandlockStatus::Available { effective_abi, .. } = status.landlock else {
        return None;
    };
    // Where Landlock is missing, the attempt succeeds and restricts nothing.
    let holds = status.ruleset != RulesetStatus::NotEnforced && is_refused();
    holds.then_some(effective_abi as u8)
}

/// All rights are handled, and no rule grants any.
fn restrict() -> Result<RestrictionStatus, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .restrict_self()
}

fn is_alone() -> bool {
    fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1)
}

/// The proof: what everybody may do is denied.
fn is_refused() -> bool {
    let root = rustix::fs::open("/", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty());
    root.is_err_and(|error| error == Errno::ACCESS)
}
