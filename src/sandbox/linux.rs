#![expect(unsafe_code, reason = "prctl and setrlimit have no safe form in std")]

use super::Posture;

pub(super) fn enter(parent: u32) -> Posture {
    Posture {
        own_process: true,
        dies_with_parent: die_with(parent),
        no_core_dumps: forbid_core_dumps(),
        no_new_privileges: forbid_new_privileges(),
    }
}

/// Asks the kernel for SIGKILL when the thread that started this process ends. A parent that is gone already would
/// never cause it, so it is looked at afterwards.
fn die_with(parent: u32) -> bool {
    // SAFETY: plain integers in, no memory is touched.
    let asked = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } == 0;
    asked && std::os::unix::process::parent_id() == parent
}

fn forbid_core_dumps() -> bool {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `none` is a valid rlimit that outlives the call.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) == 0 }
}

fn forbid_new_privileges() -> bool {
    // SAFETY: plain integers in, no memory is touched.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 }
}
