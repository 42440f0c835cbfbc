//! Files, by their paths and by descriptors.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{Access, Mode, Timespec, Timestamps};
use rustix::io::Errno;

use super::call::{address, call, int, text};
use super::needs::{input, output};
use super::outcome::{Act, EACCES, EPERM, Row, WORKS, fails};

pub(super) const BY_PATH: &[Row] = &[
    path("read /etc/passwd", |_| read("/etc/passwd")),
    path("read the input by its path", |stage| {
        read(stage.path("input"))
    }),
    path("read the input by a symbolic link", |stage| {
        read(stage.path("link"))
    }),
    path("list /", |_| fs::read_dir("/").map(drop)),
    path("read /proc/self/maps", |_| read("/proc/self/maps")),
    path("read another's memory by /proc", |stage| {
        read(format!("/proc/{}/mem", stage.target))
    })
    .needs_root(),
    path("open the input for writing, by /proc", |_| {
        change("/proc/self/fd/0").map(drop)
    }),
    path("overwrite the input by its path", |stage| {
        change(stage.path("input"))?.write_all(b"x")
    }),
    path("write a new file", |stage| {
        File::create(stage.path("new")).map(drop)
    }),
    path("rename", |stage| {
        fs::rename(stage.path("input"), stage.path("new"))
    }),
    path("make a symbolic link", |stage| {
        symlink("input", stage.path("new"))
    }),
    path("make a hard link", |stage| {
        fs::hard_link(stage.path("input"), stage.path("new"))
    }),
    path("make a folder", |stage| fs::create_dir(stage.path("new"))),
    path("remove the input", |stage| {
        fs::remove_file(stage.path("input"))
    }),
    path("shorten the input by its path", |stage| {
        let path = text(&stage.path("input"));
        call(libc::SYS_truncate, [path.as_ptr().addr(), 0])
    }),
    unscoped("change the rights of the input's path", |stage| {
        fs::set_permissions(stage.path("input"), Permissions::from_mode(0o600))
    }),
    unscoped("ask about a path", |stage| {
        fs::metadata(stage.path("input")).map(drop)
    }),
    unscoped("ask whether a path is there", |stage| {
        Ok(rustix::fs::access(stage.path("input"), Access::EXISTS)?)
    }),
    unscoped("read a symbolic link", |stage| {
        fs::read_link(stage.path("link")).map(drop)
    }),
    unscoped("ask for the working folder", |_| {
        std::env::current_dir().map(drop)
    }),
    unscoped("change the working folder", |stage| {
        std::env::set_current_dir(&stage.folder)
    }),
];

pub(super) const BY_DESCRIPTOR: &[Row] = &[
    Row::new(
        "write to the input's descriptor",
        |_| input().write_all(b"x"),
        [fails(libc::EBADF); 3],
    ),
    unscoped("change the rights of the input", |_| {
        Ok(rustix::fs::fchmod(input(), Mode::RUSR)?)
    }),
    unscoped("change the times of the input", |_| {
        let then = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: then,
            last_modification: then,
        };
        Ok(rustix::fs::futimens(input(), &times)?)
    }),
    unscoped("change the owner of the input", |_| {
        Ok(rustix::fs::fchown(input(), None, None)?)
    }),
    Row::new(
        "shorten the input",
        |_| input().set_len(0),
        [fails(libc::EINVAL), fails(libc::EINVAL), EPERM],
    ),
    unscoped("shorten the output", |_| output().set_len(0)),
    unscoped("lock the input", |_| {
        let exclusive = rustix::fs::FlockOperation::NonBlockingLockExclusive;
        Ok(rustix::fs::flock(input(), exclusive)?)
    }),
    unscoped("change the flags of an open file", |_| {
        call(
            libc::SYS_fcntl,
            [1, int(libc::F_SETFL), int(libc::O_APPEND)],
        )
    }),
    unscoped("have another signalled by a descriptor", |stage| {
        call(libc::SYS_fcntl, [1, int(libc::F_SETOWN), int(stage.target)])
    }),
    unscoped("control a device by a descriptor", |_| {
        let waiting = 0_u32;
        call(
            libc::SYS_ioctl,
            [
                0,
                usize::try_from(libc::FIONREAD).unwrap(),
                address(&waiting),
            ],
        )
    }),
    unscoped("map the input into memory", |_| {
        let (rights, kind) = (int(libc::PROT_READ), int(libc::MAP_PRIVATE));
        call(libc::SYS_mmap, [0, 4096, rights, kind, 0, 0])
    }),
    unscoped("make a file in memory", |_| {
        call(libc::SYS_memfd_create, [c"x".as_ptr().addr(), 0])
    }),
    unscoped("make a pipe", |_| io::pipe().map(drop)),
    unscoped("watch files", |_| call(libc::SYS_inotify_init1, [0])),
    unscoped("ask about a descriptor by an empty path", |_| {
        let found = rustix::fs::statat(input(), "", rustix::fs::AtFlags::EMPTY_PATH);
        Ok::<_, Errno>(found.map(drop)?).map_err(Into::into)
    }),
];

/// Landlock answers EACCES; where system calls are filtered, they do not get as far.
const fn path(name: &'static str, act: Act) -> Row {
    Row::new(name, act, [WORKS, EACCES, EPERM])
}

/// What Landlock has no right for.
const fn unscoped(name: &'static str, act: Act) -> Row {
    Row::new(name, act, [WORKS, WORKS, EPERM])
}

fn read(path: impl AsRef<Path>) -> io::Result<()> {
    File::open(path).map(drop)
}

fn change(path: impl AsRef<Path>) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}
