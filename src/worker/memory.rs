//! How the allocator treats the large buffers that pictures are.

/// Tells glibc to keep freed memory instead of giving every large buffer back to the kernel and faulting it in again
/// page by page for the next picture, which costs a tenth of the CPU time of a thumbnail.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn keep_freed_pages() {
    #![expect(unsafe_code, reason = "mallopt has no safe form")]
    const LARGE: libc::c_int = 1 << 30;
    // SAFETY: plain integers in; called before any other thread exists.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
    // SAFETY: as above.
    unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn keep_freed_pages() {}
