//! `.lightmill/` in the output folder: the run's lock, its staging files, its journal. Gone when the run is complete.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Name of the folder.
pub const FOLDER: &str = ".lightmill";

/// Why a folder cannot be written to by this run.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// It cannot be made, or nothing can be made in it.
    #[error("cannot write to {folder}")]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another run writes there.
    #[error("another run of lightmill is writing to {folder}")]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
}

/// A folder that this run, and no other, writes to.
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    lock: Option<File>,
}

impl Home {
    /// Takes possession of `root`, which is made if it is not there, and sweeps what a killed run left in staging.
    pub fn open(root: &Path) -> Result<Self, HomeError> {
        let unwritable = |source| HomeError::Unwritable {
            folder: root.to_owned(),
            source,
        };
        let folder = root.join(FOLDER);
        fs::create_dir_all(&folder).map_err(unwritable)?;
        let lock = take_lock(&folder.join("lock")).map_err(unwritable)?;
        if lock.is_none() {
            return Err(HomeError::Busy {
                folder: root.to_owned(),
            });
        }
        let home = Self { folder, lock };
        remove_if_there(&home.staging_folder()).map_err(unwritable)?;
        fs::create_dir(home.staging_folder()).map_err(unwritable)?;
        Ok(home)
    }

    fn staging_folder(&self) -> PathBuf {
        staging_folder(&self.folder)
    }

    /// Gives the folder up: staging is swept, and unless a journal stays behind, nothing remains.
    pub fn close(mut self) -> io::Result<()> {
        let swept = remove_if_there(&self.staging_folder());
        let journal_stays = Journal::path_in(&self.folder).exists();
        if !journal_stays {
            remove_lock(&self.folder, self.lock.take())?;
            match fs::remove_dir(&self.folder) {
                // Somebody else's file in it is not ours to remove.
                Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => {
                    return Err(error);
                }
                _ => {}
            }
        }
        swept
    }
}

use super::Journal;

/// Where a run into `root` keeps its journal and staging files.
pub(super) fn folder_of(root: &Path) -> PathBuf {
    root.join(FOLDER)
}

fn staging_folder(folder: &Path) -> PathBuf {
    folder.join("stage")
}

/// The staging file called `name` of a run into `root`.
pub(crate) fn staging_file(root: &Path, name: &str) -> PathBuf {
    staging_folder(&folder_of(root)).join(name)
}

fn remove_if_there(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// `None` if another process holds it. A lock whose file was removed while it was waited for locks nobody out, so it
/// is taken again until the file under that name is the file that is locked.
fn take_lock(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(Some(file)),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            // A file system without locks: two runs at once are then the user's to avoid.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(Some(file));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: io::Result<fs::Metadata>| metadata.map(|m| (m.dev(), m.ino())).ok();
    let there = identity(fs::metadata(path));
    there.is_some() && there == identity(file.metadata())
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

/// Removed while it is held, so that nobody can take it in between; Windows removes only what is closed.
fn remove_lock(folder: &Path, lock: Option<File>) -> io::Result<()> {
    let kept = if cfg!(windows) { None } else { lock };
    let removed = fs::remove_file(folder.join("lock"));
    drop(kept);
    removed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_one_run_at_a_time_and_is_left_clean() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("deep/out");
        let home = Home::open(&out).unwrap();
        assert!(matches!(Home::open(&out), Err(HomeError::Busy { .. })));
        File::create(staging_file(&out, "1")).unwrap();
        home.close().unwrap();
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
        Home::open(&out).unwrap().close().unwrap();
    }

    #[test]
    fn what_a_killed_run_left_in_staging_is_swept() {
        let root = tempfile::tempdir().unwrap();
        drop(Home::open(root.path()).unwrap()); // as if killed: nothing is tidied up
        let leftover = staging_file(root.path(), "7-1");
        File::create(&leftover).unwrap();
        let home = Home::open(root.path()).unwrap();
        assert!(!leftover.exists());
        home.close().unwrap();
    }
}
