//! What happens when memory cannot be had: in a thread that reads what an untrusted process wrote, and in a worker.
//!
//! An allocation that fails ends the process, and cannot be caught. A worker must not be able to do that to its
//! coordinator, and if it happens to the worker itself, the coordinator should know why.

#![expect(unsafe_code, reason = "an allocator is unsafe by its nature")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;
use std::time::Duration;

/// How a worker exits that could not get the memory it needed.
pub const OUT_OF_MEMORY: i32 = 86;

/// The most that a distrusted thread may ask for at once. Messages are a thousand times smaller.
const MOST_DISTRUSTED: usize = 64 << 20;

/// Requests that may be granted between a refusal and the abort it leads to: the standard library looks into the
/// environment before it says what has happened.
const LAST_WORDS: u8 = 16;

// Both are plain values without destructors: an allocator may look at them at any time in a thread's life.
thread_local! {
    static DISTRUSTED: Cell<bool> = const { Cell::new(false) };
    /// Counts down from a refusal with each request that is granted after it.
    static SINCE_REFUSAL: Cell<u8> = const { Cell::new(0) };
}

/// The system's allocator, with manners. A program that runs worker processes installs it:
///
/// ```
/// #[global_allocator]
/// static MEMORY: lightmill::alloc::Guarded = lightmill::alloc::Guarded;
/// # fn main() {}
/// ```
///
/// Without it, running out of memory ends whichever process it happens in with `SIGABRT`, as it does anywhere else.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guarded;

// SAFETY: every request is handed on to the system's allocator unchanged, or never answered.
unsafe impl GlobalAlloc for Guarded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        admit(layout.size());
        // SAFETY: what our caller promises is what it needs.
        noted(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        admit(layout.size());
        // SAFETY: as above.
        noted(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        admit(size);
        // SAFETY: as above.
        noted(unsafe { System.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Declares that this thread handles what an untrusted process wrote, from now on.
pub fn distrust_this_thread() {
    DISTRUSTED.set(true);
}

/// Whether this thread handles what an untrusted process wrote: what it says when it panics is nobody's concern.
pub fn is_this_thread_distrusted() -> bool {
    DISTRUSTED.get()
}

/// Stops a distrusted thread for ever rather than let it ask for something monstrous: the answer "no" would end the
/// process, and an allocator must not panic. Whoever waits for the thread gives it up.
fn admit(size: usize) {
    let monstrous = size > MOST_DISTRUSTED;
    while monstrous && DISTRUSTED.try_with(Cell::get).unwrap_or(false) {
        thread::sleep(Duration::from_hours(1));
    }
}

fn noted(block: *mut u8) -> *mut u8 {
    let _noted = SINCE_REFUSAL.try_with(|left| {
        left.set(if block.is_null() {
            LAST_WORDS
        } else {
            left.get().saturating_sub(1)
        });
    });
    block
}

/// Makes this process, a worker, exit with [`OUT_OF_MEMORY`] if an allocation fails that nobody was prepared to see
/// fail. (Whoever was prepared is told "no", and goes on.)
#[cfg(unix)]
pub fn exit_when_exhausted() {
    let action = libc::sigaction {
        sa_sigaction: on_abort as *const () as libc::sighandler_t,
        sa_flags: libc::SA_ONSTACK,
        // SAFETY: a signal set is plain bits, and all of them may be zero.
        ..unsafe { std::mem::zeroed() }
    };
    // SAFETY: `action` is complete, and its handler does only what handlers may do.
    let _set = unsafe { libc::sigaction(libc::SIGABRT, &raw const action, std::ptr::null_mut()) };
}

/// Elsewhere it ends as the system ends programs that abort.
#[cfg(not(unix))]
pub fn exit_when_exhausted() {}

/// An abort is one for want of memory if it follows a refusal closely, in the thread that aborts: between the two the
/// standard library says how much it was. Any other abort goes on when this returns.
#[cfg(unix)]
extern "C" fn on_abort(_signal: libc::c_int) {
    if SINCE_REFUSAL.try_with(Cell::get).unwrap_or(0) > 0 {
        // SAFETY: `_exit` may be called anywhere.
        unsafe { libc::_exit(OUT_OF_MEMORY) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_distrusted_thread_never_hears_no() {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            distrust_this_thread();
            admit(MOST_DISTRUSTED);
            sender.send("modest").unwrap();
            admit(MOST_DISTRUSTED + 1);
            sender.send("monstrous").unwrap();
        });
        assert_eq!(receiver.recv(), Ok("modest"));
        assert!(receiver.recv_timeout(Duration::from_millis(50)).is_err());
        // Every other thread gets its answer.
        admit(usize::MAX);
    }
}
