//! Which system calls a worker may make.
//!
//! It has its files as open descriptors, so no call that takes a path is among them, not even one that only looks.
//! What is not listed is refused with EPERM, which libraries survive: they have ways around what old kernels lack.
//! Only what no library of ours ever tries is answered with death.

use libc::c_int;
use seccompiler::{
    BackendError, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition as Condition, SeccompRule,
};

use super::Rules;

/// Answered as an old kernel would: its flags are in memory, where a filter cannot see them, and libraries then take
/// `clone`, where it can.
pub(super) const ABSENT: &[i64] = &[libc::SYS_clone3];

/// Programs, sockets, other processes, mounts, and the doors to the kernel's most intricate parts: who tries them in a
/// worker is an attacker, and gets no second try.
pub(super) const DEADLY: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
];

/// Allowed whatever the arguments are.
const FREE: &[i64] = &[
    // Descriptors it has.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_close,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    // The channels. A socket that is connected cannot be used to write to another one.
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_recvfrom,
    // Its memory.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    // Its threads; what becomes of `clone3` is said above.
    libc::SYS_clone3,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_membarrier,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Signals it gets.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Time, chance, and the kernel's version.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_uname,
];

/// What a new thread shares with its creator: a process would not.
const THREAD: c_int = libc::CLONE_VM | libc::CLONE_SIGHAND | libc::CLONE_THREAD;

/// Namespaces, tracing and relatives other than one's own.
const NO_THREAD: c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_VFORK
    | libc::CLONE_PARENT
    | libc::CLONE_PTRACE
    | libc::CLONE_UNTRACED;

/// What kind of memory may be mapped: this process's alone, with no file behind it.
const MAP_KIND: c_int = libc::MAP_TYPE | libc::MAP_ANONYMOUS;

/// All that is allowed.
pub(super) fn allowed() -> Result<Rules, BackendError> {
    let own = std::process::id().into();
    let mut rules: Rules = FREE.iter().map(|call| (*call, Vec::new())).collect();
    rules.extend([
        (
            libc::SYS_mmap,
            vec![all([
                bits(2, libc::PROT_EXEC, 0)?,
                bits(3, MAP_KIND, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS)?,
            ])?],
        ),
        (
            libc::SYS_mprotect,
            vec![all([bits(2, libc::PROT_EXEC, 0)?])?],
        ),
        // These two take pages from the whole system, if root asks.
        (
            libc::SYS_madvise,
            vec![all([
                not(2, libc::MADV_HWPOISON)?,
                not(2, libc::MADV_SOFT_OFFLINE)?,
            ])?],
        ),
        (
            libc::SYS_clone,
            vec![all([bits(0, THREAD | NO_THREAD, THREAD)?])?],
        ),
        (libc::SYS_tgkill, vec![all([word(0, own)?])?]),
        // Reading one's own limits: the thread library asks for the size of stacks.
        (libc::SYS_prlimit64, vec![all([word(0, 0)?, null(2)?])?]),
        (libc::SYS_prctl, vec![all([is(0, libc::PR_SET_NAME)?])?]),
        // Not the flags of an open file: it may be open in the coordinator as well.
        (
            libc::SYS_fcntl,
            vec![
                all([is(1, libc::F_GETFD)?])?,
                all([is(1, libc::F_GETFL)?])?,
                all([is(1, libc::F_DUPFD_CLOEXEC)?])?,
            ],
        ),
        // Without an address: what `send` is made of.
        (libc::SYS_sendto, vec![all([null(4)?])?]),
    ]);
    Ok(rules)
}

fn all<const N: usize>(conditions: [Condition; N]) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.into())
}

fn condition(
    argument: u8,
    width: SeccompCmpArgLen,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<Condition, BackendError> {
    Condition::new(argument, width, operator, value)
}

/// The argument, a word of 32 bits, is this number.
fn word(argument: u8, value: u64) -> Result<Condition, BackendError> {
    condition(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn is(argument: u8, constant: c_int) -> Result<Condition, BackendError> {
    word(argument, constant.unsigned_abs().into())
}

fn not(argument: u8, constant: c_int) -> Result<Condition, BackendError> {
    let value = constant.unsigned_abs().into();
    condition(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

/// Of the argument's bits under the mask, exactly these are set. All bits that mean something are in the lower word.
fn bits(argument: u8, mask: c_int, set: c_int) -> Result<Condition, BackendError> {
    let mask = SeccompCmpOp::MaskedEq(mask.cast_unsigned().into());
    let set = set.cast_unsigned().into();
    condition(argument, SeccompCmpArgLen::Dword, mask, set)
}

/// The argument is a null pointer.
fn null(argument: u8) -> Result<Condition, BackendError> {
    condition(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_is_both_allowed_and_deadly() {
        let allowed = allowed().unwrap();
        let both: Vec<_> = DEADLY.iter().filter(|n| allowed.contains_key(n)).collect();
        assert!(both.is_empty(), "{both:?}");
    }

    #[test]
    fn an_absent_call_is_left_to_the_filter_that_says_so() {
        let allowed = allowed().unwrap();
        assert!(ABSENT.iter().all(|call| allowed.contains_key(call)));
    }

    #[test]
    fn no_call_of_a_path_is_allowed() {
        let paths = [
            libc::SYS_openat,
            libc::SYS_newfstatat,
            libc::SYS_statx,
            libc::SYS_faccessat,
            libc::SYS_readlinkat,
            libc::SYS_getcwd,
            libc::SYS_chdir,
            libc::SYS_unlinkat,
            libc::SYS_renameat2,
            libc::SYS_linkat,
            libc::SYS_symlinkat,
            libc::SYS_mkdirat,
            libc::SYS_fchmodat,
            libc::SYS_utimensat,
            libc::SYS_truncate,
        ];
        let allowed = allowed().unwrap();
        assert!(paths.iter().all(|call| !allowed.contains_key(call)));
    }
}
