//! Pictures that are orders, for tests: what a decoder does that a hostile file has crashed, stuck or taken over.
//!
//! A PNM picture whose first comment reads `fault:ORDER` or `fault:ORDER@STAGE` is an ordinary picture to everybody
//! else. Here the order is carried out as the stage begins (`decode` unless it says otherwise). It is in no build that
//! anybody installs: only the feature `fault-injection`, which this project's own tests turn on, compiles it.

#![expect(unsafe_code, reason = "crashing is not to be had safely")]

use std::fs::File;
use std::hint;
use std::io;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::failure::Stage;

/// Orders stand within so many bytes of the beginning.
const REACH: usize = 200;

/// The output is to be torn in the middle.
static HALF: AtomicBool = AtomicBool::new(false);

/// Carries out the order that a picture holds for a stage, if it holds one.
pub(super) fn obey(bytes: &[u8], stage: Stage) {
    let Some((order, at)) = order_of(bytes) else {
        return;
    };
    if stage.word() == at {
        carry_out(&order);
    }
}

/// Whether the process is to die in the midst of writing its output.
pub(super) fn writes_half() -> bool {
    HALF.load(Ordering::Relaxed)
}

/// The order and its stage.
fn order_of(bytes: &[u8]) -> Option<(String, String)> {
    let head = bytes.get(..bytes.len().min(REACH))?;
    if head.first() != Some(&b'P') {
        return None;
    }
    let text = String::from_utf8_lossy(head);
    let order = text.lines().nth(1)?.strip_prefix("# fault:")?;
    let (order, stage) = order.split_once('@').unwrap_or((order, "decode"));
    Some((order.to_owned(), stage.to_owned()))
}

fn carry_out(order: &str) {
    let (order, value) = order.split_once('=').unwrap_or((order, ""));
    match order {
        "panic" => panic!("as ordered"),
        "abort" => std::process::abort(),
        "segv" => crash(),
        "ill" => raise(libc::SIGILL),
        "fpe" => raise(libc::SIGFPE),
        "stack" => drop(dig(1)),
        "alloc" => eat(),
        "alloc-once" => drop(hint::black_box(vec![
            1_u8;
            value.parse().unwrap_or(1 << 40)
        ])),
        "exit" => leave(value.parse().unwrap_or(0)),
        "spin" => loop {
            hint::spin_loop();
        },
        "hang" => loop {
            thread::park();
        },
        "half-write" => HALF.store(true, Ordering::Relaxed),
        "open" => report(order, File::open(value)),
        "create" => report(order, File::create(value)),
        "remove" => report(order, std::fs::remove_file(value)),
        "connect" => report(order, TcpStream::connect(value)),
        "exec" => report::<()>(order, Err(Command::new(value).exec())),
        "signal-parent" => report(order, signal_parent()),
        _ => panic!("no such order: {order}"),
    }
}

/// An act that came back tells how it went, as the failure of its picture.
fn report<T>(act: &str, result: io::Result<T>) {
    match result {
        Ok(_) => panic!("{act} succeeded"),
        Err(error) => panic!("{act} was refused: {error}"),
    }
}

fn crash() {
    // SAFETY: none; that is what was ordered.
    unsafe { std::ptr::null_mut::<u8>().wrapping_add(8).write_volatile(1) };
}

fn raise(signal: i32) {
    // SAFETY: plain integers in, no memory is touched.
    unsafe { libc::raise(signal) };
}

fn signal_parent() -> io::Result<()> {
    let parent = std::os::unix::process::parent_id().cast_signed();
    // SAFETY: plain integers in, no memory is touched.
    match unsafe { libc::kill(parent, libc::SIGKILL) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Recurses until the stack ends.
fn dig(depth: u64) -> u64 {
    let room = hint::black_box([depth; 512]);
    if depth == u64::MAX {
        return depth;
    }
    dig(depth + 1).wrapping_add(room[511])
}

/// Takes memory, and uses it, until there is none.
fn eat() {
    let mut eaten = Vec::new();
    loop {
        eaten.push(vec![1_u8; 4 << 20]);
        hint::black_box(&eaten);
    }
}

fn leave(code: i32) {
    #[expect(
        clippy::disallowed_methods,
        clippy::exit,
        reason = "as a C library might"
    )]
    std::process::exit(code)
}
