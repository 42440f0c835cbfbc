//! What a worker must be able to do in every state of confinement, and the limits it meets.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::panic;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::call::{call, int, value};
use super::outcome::{Act, Row, WORKS, fails, killed};
use super::scene::{INPUT, Stage};

pub(super) const ROWS: &[Row] = &[
    need("read the input", |_| expect_input(&mut input())),
    need("read the input at a place", |_| {
        let mut word = [0; 5];
        input().read_exact_at(&mut word, 4)?;
        expect(&word == b"bytes")
    }),
    need("ask how long the input is", |_| {
        let size = rustix::fs::fstat(input())?.st_size;
        expect(usize::try_from(size) == Ok(INPUT.len()))
    }),
    need("write the output, to the disk itself", |_| {
        output().write_all(INPUT)?;
        rustix::fs::fdatasync(output())?;
        output().sync_all()
    }),
    need("be sent a descriptor", be_sent_a_descriptor),
    need("talk over a stream", |stage| {
        (&stage.mail.0).write_all(INPUT)?;
        let mut heard = vec![0; INPUT.len()];
        (&stage.mail.1).read_exact(&mut heard)?;
        expect(heard == INPUT)
    }),
    need("talk over a channel", |stage| {
        stage.channel.0.send(INPUT).map_err(io::Error::other)?;
        let heard = stage.channel.1.recv().map_err(io::Error::other)?;
        expect(heard == INPUT)
    }),
    need("allocate 64 MiB and use them", |_| {
        let bytes = vec![1_u8; 64 << 20];
        expect(bytes.iter().all(|byte| *byte == 1))
    }),
    need("start a thread with a name", |_| {
        let thread = thread::Builder::new().name("probe".into());
        let sum = thread.spawn(|| 1 + 1)?.join();
        expect(sum.is_ok_and(|sum| sum == 2))
    }),
    need("use a pool of two threads", |_| pool()),
    need("catch a panic", |_| {
        let caught = panic::catch_unwind(|| panic!("caught"));
        expect(caught.is_err())
    }),
    need("know the time, and wait", |_| {
        let (start, now) = (Instant::now(), SystemTime::now());
        thread::sleep(Duration::from_micros(1));
        expect(start.elapsed() >= Duration::from_micros(1) && now > SystemTime::UNIX_EPOCH)
    }),
    need("get chance", |_| {
        let mut bytes = [0_u8; 16];
        call(
            libc::SYS_getrandom,
            [bytes.as_mut_ptr().addr(), bytes.len()],
        )
    }),
    need("signal its own thread", |_| {
        let thread = value(libc::SYS_gettid, [])?;
        let process = usize::try_from(std::process::id()).unwrap();
        call(
            libc::SYS_tgkill,
            [process, usize::try_from(thread).unwrap(), 0],
        )
    }),
    Row::new(
        "abort",
        |_| std::process::abort(),
        [killed(libc::SIGABRT); 3],
    ),
    limit(
        "more memory than granted",
        |_| anonymous(1 << 30),
        libc::ENOMEM,
    ),
    limit(
        "more descriptors than granted",
        |_| {
            let more: io::Result<Vec<OwnedFd>> = (0..100)
                .map(|_| input().try_clone())
                .map(|file| Ok(file?.into()))
                .collect();
            more.map(drop)
        },
        libc::EMFILE,
    ),
    Row::new(
        "a longer output than granted",
        |_| output().write_all_at(b"x", 1 << 30),
        [WORKS, killed(libc::SIGXFSZ), killed(libc::SIGXFSZ)],
    ),
];

const fn need(name: &'static str, act: Act) -> Row {
    Row::new(name, act, [WORKS; 3])
}

/// Limits hold whatever else does.
const fn limit(name: &'static str, act: Act, errno: i32) -> Row {
    Row::new(name, act, [WORKS, fails(errno), fails(errno)])
}

pub(super) fn input() -> File {
    file(&io::stdin())
}

pub(super) fn output() -> File {
    file(&io::stdout())
}

fn file(of: &impl AsFd) -> File {
    of.as_fd().try_clone_to_owned().unwrap().into()
}

pub(super) fn expect(holds: bool) -> io::Result<()> {
    if holds {
        Ok(())
    } else {
        Err(io::Error::other("it is something else"))
    }
}

fn expect_input(file: &mut File) -> io::Result<()> {
    let mut read = Vec::new();
    file.read_to_end(&mut read)?;
    expect(read == INPUT)
}

/// Memory that is writable, and not touched.
fn anonymous(length: usize) -> io::Result<()> {
    let rights = int(libc::PROT_READ | libc::PROT_WRITE);
    let kind = int(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    call(libc::SYS_mmap, [0, length, rights, kind, usize::MAX, 0])
}

/// As a worker gets its files.
fn be_sent_a_descriptor(stage: &Stage) -> io::Result<()> {
    let input = input();
    let descriptors: [BorrowedFd<'_>; 1] = [input.as_fd()];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut with = SendAncillaryBuffer::new(&mut space);
    with.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(
        &stage.mail.0,
        &[IoSlice::new(b"x")],
        &mut with,
        SendFlags::empty(),
    )?;

    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut came = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        &stage.mail.1,
        &mut [IoSliceMut::new(&mut byte)],
        &mut came,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let rights = came.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut rights) => rights.next(),
        RecvAncillaryMessage::ScmCredentials(_) | _ => None,
    });
    expect_input(&mut rights.unwrap().into())
}

fn pool() -> io::Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
    let count = AtomicU32::new(0);
    pool.unwrap().scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    expect(count.into_inner() == 100)
}
