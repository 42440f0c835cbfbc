//! Everything that is no file: processes, sockets, memory that holds code, and the doors into the kernel.

use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::call::{self, address, call, int, text, value};
use super::outcome::{Act, DIES, EACCES, EPERM, Expected, Row, VARIES, WORKS, fails};
use super::scene::Stage;

pub(super) const PROCESSES: &[Row] = &[
    deadly(
        "become another program",
        |_| Err(Command::new("/bin/true").exec()),
        WORKS,
        EACCES,
    ),
    refused(
        "start a program",
        |_| Command::new("/bin/true").status().map(drop),
        EACCES,
    ),
    refused("make a process", |_| call::fork(), WORKS),
    #[cfg(target_arch = "x86_64")]
    deadly(
        "make a process by fork's number",
        |_| fork_by_number(),
        WORKS,
        WORKS,
    ),
    #[cfg(target_arch = "x86_64")]
    deadly(
        "make a process by vfork's number",
        |_| call::vfork(),
        WORKS,
        WORKS,
    ),
    Row::new(
        "make a process by clone3",
        |_| call(libc::SYS_clone3, [0, 0]),
        [
            fails(libc::EINVAL),
            fails(libc::EINVAL),
            fails(libc::ENOSYS),
        ],
    ),
    refused(
        "ask whether another process is there",
        |stage| signal(stage, 0),
        EPERM,
    ),
    refused(
        "end another process",
        |stage| signal(stage, libc::SIGTERM),
        EPERM,
    ),
    refused(
        "end another process's thread",
        |stage| {
            let target = int(stage.target);
            call(libc::SYS_tgkill, [target, target, int(libc::SIGTERM)])
        },
        EPERM,
    ),
    refused(
        "signal a thread of anybody",
        |_| {
            let own = usize::try_from(std::process::id()).unwrap();
            call(libc::SYS_tkill, [own, 0])
        },
        WORKS,
    ),
    refused(
        "signal everybody",
        |_| call(libc::SYS_kill, [usize::MAX, 0]),
        VARIES,
    ),
    deadly(
        "hold on to another process",
        |stage| call(libc::SYS_pidfd_open, [int(stage.target), 0]),
        WORKS,
        WORKS,
    ),
    deadly(
        "trace another process",
        |stage| {
            const SEIZE: usize = 0x4206;
            call(libc::SYS_ptrace, [SEIZE, int(stage.target), 0, 0])
        },
        WORKS,
        EPERM,
    )
    .needs_root(),
    deadly(
        "read another's memory",
        read_memory,
        fails(libc::EFAULT),
        EPERM,
    )
    .needs_root(),
    refused(
        "read another's limits",
        |stage| {
            let limits = [0_u64; 2];
            call(
                libc::SYS_prlimit64,
                [int(stage.target), 7, 0, address(&limits)],
            )
        },
        WORKS,
    ),
    refused(
        "slow another down",
        |stage| call(libc::SYS_setpriority, [0, int(stage.target), 1]),
        WORKS,
    ),
    refused(
        "move another to other processors",
        |stage| {
            let processors = [usize::MAX; 16];
            let size = size_of_val(&processors);
            call(
                libc::SYS_sched_setaffinity,
                [int(stage.target), size, address(&processors)],
            )
        },
        WORKS,
    ),
    refused(
        "leave its process group",
        |_| call(libc::SYS_setpgid, [0, 0]),
        WORKS,
    ),
    refused("leave its session", |_| call(libc::SYS_setsid, []), WORKS),
    refused("become root", |_| call(libc::SYS_setuid, [0]), WORKS).needs_root(),
    refused("change its limits", change_limits, WORKS),
    refused(
        "open its memory to others",
        |_| prctl(libc::PR_SET_DUMPABLE, 1),
        WORKS,
    ),
    refused(
        "outlive its parent",
        |_| prctl(libc::PR_SET_PDEATHSIG, 0),
        WORKS,
    ),
];

pub(super) const SOCKETS: &[Row] = &[
    deadly(
        "make an UDP socket",
        |_| UdpSocket::bind("127.0.0.1:0").map(drop),
        WORKS,
        VARIES,
    ),
    deadly(
        "connect by TCP",
        |stage| TcpStream::connect(("127.0.0.1", stage.port)).map(drop),
        WORKS,
        EACCES,
    ),
    deadly(
        "listen by TCP",
        |_| TcpListener::bind("127.0.0.1:0").map(drop),
        WORKS,
        EACCES,
    ),
    deadly(
        "connect to a socket's path",
        |stage| UnixStream::connect(stage.world.join("door")).map(drop),
        WORKS,
        VARIES,
    ),
    deadly(
        "connect to an abstract socket",
        |stage| {
            let name = stage.world.as_os_str().as_encoded_bytes();
            UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?).map(drop)
        },
        WORKS,
        EPERM,
    ),
    refused(
        "make a pair of sockets",
        |_| UnixStream::pair().map(drop),
        WORKS,
    ),
    Row::new(
        "send to an address",
        |_| {
            let place = [0_u8; 16];
            call(libc::SYS_sendto, [0, 0, 0, 0, address(&place), place.len()])
        },
        [fails(libc::ENOTSOCK), fails(libc::ENOTSOCK), EPERM],
    ),
];

pub(super) const MEMORY: &[Row] = &[
    refused(
        "map memory for code",
        |_| map(libc::PROT_EXEC, libc::MAP_PRIVATE).map(drop),
        WORKS,
    ),
    refused(
        "make memory executable",
        |_| {
            let page = map(libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE)?;
            let rights = int(libc::PROT_READ | libc::PROT_EXEC);
            call(libc::SYS_mprotect, [page, 4096, rights])
        },
        WORKS,
    ),
    refused(
        "share memory",
        |_| map(libc::PROT_READ, libc::MAP_SHARED).map(drop),
        WORKS,
    ),
    refused(
        "make all memory executable",
        |_| {
            const READ_IMPLIES_EXEC: usize = 0x40_0000;
            call(libc::SYS_personality, [READ_IMPLIES_EXEC])
        },
        WORKS,
    ),
    // Of no length: root's machine shall survive the try.
    Row::new(
        "poison a page",
        |_| call(libc::SYS_madvise, [0, 0, int(libc::MADV_HWPOISON)]),
        [VARIES, VARIES, EPERM],
    )
    .needs_root(),
];

pub(super) const KERNEL: &[Row] = &[
    Row::new(
        "install a filter on system calls",
        |_| {
            let action = libc::SECCOMP_RET_ALLOW;
            call(libc::SYS_seccomp, [2, 0, address(&action)])
        },
        [WORKS, fails(libc::ENOSYS), EPERM],
    ),
    deadly(
        "leave its namespaces",
        |_| call(libc::SYS_unshare, [int(libc::CLONE_NEWUTS)]),
        WORKS,
        WORKS,
    )
    .needs_root(),
    deadly("mount", mount, fails(libc::ENODEV), EPERM).needs_root(),
    deadly(
        "change its root",
        |stage| {
            let path = text(&stage.folder);
            call(libc::SYS_chroot, [path.as_ptr().addr()])
        },
        WORKS,
        WORKS,
    )
    .needs_root(),
    refused(
        "read the kernel's messages",
        |_| {
            const SIZE: usize = 10;
            call(libc::SYS_syslog, [SIZE, 0, 0])
        },
        WORKS,
    )
    .needs_root(),
    deadly(
        "copy a mount",
        |_| call(libc::SYS_open_tree, [usize::MAX, c"/".as_ptr().addr(), 1]),
        VARIES,
        VARIES,
    ),
    deadly(
        "io_uring_setup",
        |_| call(libc::SYS_io_uring_setup, [0, 0]),
        VARIES,
        VARIES,
    ),
    deadly(
        "bpf",
        |_| call(libc::SYS_bpf, [usize::MAX, 0, 0]),
        VARIES,
        VARIES,
    ),
    deadly(
        "perf_event_open",
        |_| call(libc::SYS_perf_event_open, [0]),
        VARIES,
        VARIES,
    ),
    deadly(
        "keyctl",
        |_| call(libc::SYS_keyctl, [0, usize::MAX, 0]),
        VARIES,
        VARIES,
    ),
    deadly(
        "userfaultfd",
        |_| call(libc::SYS_userfaultfd, [usize::MAX]),
        VARIES,
        VARIES,
    ),
    #[cfg(target_arch = "x86_64")]
    deadly(
        "enter by the door of 32 bits",
        |_| call::old_door(),
        VARIES,
        VARIES,
    ),
    #[cfg(target_arch = "x86_64")]
    Row::new(
        "enter by the door of x32",
        |_| {
            const X32: i64 = 0x4000_0000;
            call(X32 | libc::SYS_openat, [0, 0, 0])
        },
        [VARIES, VARIES, EPERM],
    ),
    Row::new(
        "call what does not exist",
        |_| call(4000, []),
        [fails(libc::ENOSYS), fails(libc::ENOSYS), EPERM],
    ),
];

/// What works without a sandbox and is answered with EPERM by a filter.
const fn refused(name: &'static str, act: Act, landlock: Expected) -> Row {
    Row::new(name, act, [WORKS, landlock, EPERM])
}

/// What a filter answers with death.
const fn deadly(name: &'static str, act: Act, open: Expected, landlock: Expected) -> Row {
    Row::new(name, act, [open, landlock, DIES])
}

fn signal(stage: &Stage, signal: i32) -> io::Result<()> {
    call(libc::SYS_kill, [int(stage.target), int(signal)])
}

fn prctl(option: i32, argument: usize) -> io::Result<()> {
    call(libc::SYS_prctl, [int(option), argument, 0, 0, 0])
}

#[cfg(target_arch = "x86_64")]
fn fork_by_number() -> io::Result<()> {
    if value(libc::SYS_fork, [])? == 0 {
        return call(libc::SYS_exit_group, [0]);
    }
    Ok(())
}

/// To what they are, which everybody may.
fn change_limits(_stage: &Stage) -> io::Result<()> {
    let limits = [0_u64; 2];
    let files = usize::try_from(libc::RLIMIT_NOFILE).unwrap();
    call(libc::SYS_prlimit64, [0, files, 0, address(&limits)])?;
    call(libc::SYS_prlimit64, [0, files, address(&limits), 0])
}

/// The first page is nobody's: who may look at all is told that there is nothing.
fn read_memory(stage: &Stage) -> io::Result<()> {
    let mut word = [0_u8; 8];
    let here = libc::iovec {
        iov_base: word.as_mut_ptr().cast(),
        iov_len: word.len(),
    };
    let there = libc::iovec {
        iov_base: std::ptr::null_mut(),
        iov_len: word.len(),
    };
    call(
        libc::SYS_process_vm_readv,
        [int(stage.target), address(&here), 1, address(&there), 1, 0],
    )
}

fn map(rights: i32, kind: i32) -> io::Result<usize> {
    let kind = int(kind | libc::MAP_ANONYMOUS);
    let page = value(libc::SYS_mmap, [0, 4096, int(rights), kind, usize::MAX, 0])?;
    Ok(usize::try_from(page).unwrap())
}

/// Of a kind that no kernel knows: it must not succeed where it is allowed.
fn mount(stage: &Stage) -> io::Result<()> {
    let (source, kind) = (c"none", c"no-such-file-system");
    let folder = text(&stage.folder);
    call(
        libc::SYS_mount,
        [
            source.as_ptr().addr(),
            folder.as_ptr().addr(),
            kind.as_ptr().addr(),
            0,
            0,
        ],
    )
}
