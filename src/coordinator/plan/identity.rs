//! What tells files and file systems apart, whatever they are called.

use std::fs;
use std::path::Path;

/// The file system that holds a file; nothing is known of it where the system does not tell.
#[cfg(unix)]
pub(super) type Device = Option<u64>;
#[cfg(not(unix))]
pub(super) type Device = ();

#[cfg(unix)]
pub(super) fn device(path: &Path) -> Device {
    file_id(path).map(|(device, _)| device)
}

#[cfg(not(unix))]
pub(super) fn device(_path: &Path) -> Device {}

/// What tells a file from others, whatever it is called.
#[cfg(unix)]
pub(super) type FileId = (u64, u64);
#[cfg(not(unix))]
pub(super) type FileId = std::path::PathBuf;

#[cfg(unix)]
pub(super) fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path)
        .ok()
        .map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
pub(super) fn file_id(path: &Path) -> Option<FileId> {
    fs::canonicalize(path).ok()
}
