//! How the allocator treats the large buffers that pictures are.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::image::Size;

/// Whether this process keeps what is freed.
static KEEPS: AtomicBool = AtomicBool::new(false);

/// Pixels of a picture whose buffers are too large to be kept for the next one: some 256 MiB.
const LARGE: u64 = 32 << 20;

/// Tells glibc to keep freed memory instead of giving every large buffer back to the kernel and faulting it in again
/// page by page for the next picture, which costs a tenth of the CPU time of a thumbnail.
pub(super) fn keep_freed_pages() {
    KEEPS.store(glibc::keep(), Ordering::Relaxed);
}

/// Gives freed memory back behind a picture that came in one of these sizes and went out in the other, if it may have been
/// much and is kept here at all.
pub(super) fn give_back(before: Size, after: Size) {
    let large = before.pixels().max(after.pixels()) > LARGE;
    if large && KEEPS.load(Ordering::Relaxed) {
        glibc::give_back();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    #![expect(unsafe_code, reason = "glibc's own functions have no safe form")]

    const NEVER: libc::c_int = 1 << 30;

    pub(super) fn keep() -> bool {
        // SAFETY: plain integers in; called before any other thread exists.
        let mapped = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, NEVER) };
        // SAFETY: as above.
        let trimmed = unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, NEVER) };
        mapped == 1 && trimmed == 1
    }

    pub(super) fn give_back() {
        // SAFETY: it may be called at any time, in any thread.
        unsafe { libc::malloc_trim(0) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod glibc {
    pub(super) fn keep() -> bool {
        false
    }

    pub(super) fn give_back() {}
}
