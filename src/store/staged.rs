//! Staging files and their folder, seen from the side that did not write them.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a finished file to look at it. A link is not followed, and a pipe is not waited for.
pub(crate) fn open_staged(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    options.open(path)
}

/// How many bytes can still be written below a folder, if the system tells.
#[cfg(unix)]
pub(crate) fn room(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
pub(crate) fn room(_folder: &Path) -> Option<u64> {
    None
}
