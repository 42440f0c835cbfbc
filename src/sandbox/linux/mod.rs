//! Three layers, each of which holds without the others: limits, Landlock, a filter on system calls.

mod landlock;
#[cfg(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64",
    target_endian = "little"
))]
mod seccomp;
#[cfg(not(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64",
    target_endian = "little"
)))]
mod seccomp {
    /// Which system calls there are, and what their arguments mean, was looked at for two architectures.
    pub(super) fn filter() -> bool {
        false
    }
}

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::process::parent_id;

use rustix::process::{
    DumpableBehavior, Resource, Signal, set_dumpable_behavior, set_parent_process_death_signal,
};
use rustix::thread::{no_new_privs, sched_getaffinity, set_name, set_no_new_privs};

use super::rlimits::cap;
use super::{Confinement, Policy, Posture};

/// Enough for the standard streams, two channels, and the files of the pictures in hand.
const DESCRIPTORS: u64 = 64;

/// What a worker needs besides its pictures: the allocator's rests, its own tables.
const OVERHEAD: u64 = 128 << 20;

/// The stack of a thread, which is reserved whole, and a small arena. A picture may be granted a thread for each core.
const THREAD: u64 = 3 << 20;

pub(super) fn begin(parent: u32, confinement: &Confinement) -> Posture {
    // Started through `/proc/self/exe`, it would be listed as `exe`.
    let _named = set_name(c"lightmill");
    volunteer();
    let confined = confinement.policy != Policy::Off;
    Posture {
        own_process: true,
        dies_with_parent: die_with(parent),
        no_core_dumps: cap(Resource::Core, 0),
        no_new_privileges: set_no_new_privs(true).is_ok() && no_new_privs() == Ok(true),
        undumpable: confined && set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok(),
        few_descriptors: confined && few_descriptors(),
        memory: confinement.memory.filter(|bytes| limit_memory(*bytes)),
        ..Posture::default()
    }
}

/// Landlock first: the filter would refuse its system calls.
pub(super) fn lock_down(posture: Posture) -> Posture {
    Posture {
        landlock: landlock::deny_everything(),
        syscalls_filtered: seccomp::filter(),
        ..posture
    }
}

/// When the system runs out of memory, a worker is what it shall end first: one picture is lost then. A process whose
/// memory is closed may not write this file any more, so it comes first.
fn volunteer() {
    let file = OpenOptions::new()
        .write(true)
        .open("/proc/self/oom_score_adj");
    let _adjusted = file.and_then(|mut file| file.write_all(b"1000"));
}

/// Asks the kernel for SIGKILL when the thread that started this process ends. A parent that is gone already would
/// never cause it, so it is looked at afterwards.
fn die_with(parent: u32) -> bool {
    let asked = set_parent_process_death_signal(Some(Signal::KILL)).is_ok();
    asked && parent_id() == parent
}

fn few_descriptors() -> bool {
    let (descriptors, locked) = (
        cap(Resource::Nofile, DESCRIPTORS),
        cap(Resource::Memlock, 0),
    );
    descriptors && locked
}

/// Counts what is written to, not what is reserved: allocators and threads reserve a lot that they never touch.
fn limit_memory(bytes: u64) -> bool {
    let cores = sched_getaffinity(None).map_or(1, |cores| u64::from(cores.count()));
    let overhead = OVERHEAD + THREAD * cores;
    let data = cap(Resource::Data, bytes.saturating_add(overhead));
    data && cap(Resource::Fsize, bytes)
}
