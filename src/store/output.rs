//! Moving finished files to their places.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

/// What may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// Nothing: a file that is there is an error.
    Never,
    /// Whatever is there.
    Always,
    /// Only what is larger than the new file.
    Larger,
}

/// How a file is to be published.
#[derive(Debug)]
pub struct Publish<'a> {
    /// The finished file; gone afterwards, whatever happens.
    pub staged: &'a Path,
    /// Its place.
    pub target: &'a Path,
    /// What may be replaced.
    pub replace: Replace,
    /// Length of the file that stands for "what is there" with [`Replace::Larger`] if nothing is at the target yet.
    pub rival_bytes: Option<u64>,
    /// Where what is replaced is kept, if it is.
    pub backup: Option<&'a Path>,
    /// The source, whose permissions the file gets.
    pub like: Option<&'a Metadata>,
    /// Whether it gets the source's modification time as well.
    pub keep_mtime: bool,
    /// Whether its name must be on the disk itself before this returns.
    pub durable: bool,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It is in its place.
    Moved,
    /// What is there was smaller, and stays.
    NotSmaller,
}

/// Why a file could not be published.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something is there that must not be replaced.
    #[error("{0} appeared meanwhile")]
    Exists(PathBuf),
    /// The backup cannot be made.
    #[error("cannot keep what is there as {backup}")]
    Backup {
        /// Its name.
        backup: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The folder cannot be made or written to, or the staged file is gone.
    #[error("cannot move the finished file to {target}")]
    Move {
        /// Where it should go.
        target: PathBuf,
        /// Why it does not.
        source: io::Error,
    },
}

/// Gives a finished file its attributes and moves it to its place in one step. Folders are made as needed.
pub fn publish(request: &Publish<'_>) -> Result<Published, OutputError> {
    let failed = |source| OutputError::Move {
        target: request.target.to_owned(),
        source,
    };
    // Removes the staged file on every way out but success.
    let staged = TempPath::try_from_path(request.staged).map_err(failed)?;
    if request.replace == Replace::Larger {
        let there = fs::metadata(request.target).ok().map(|there| there.len());
        let new = fs::metadata(&staged).map_err(failed)?.len();
        if there.or(request.rival_bytes).is_some_and(|old| new >= old) {
            return Ok(Published::NotSmaller);
        }
    }
    if let Some(like) = request.like {
        dress(&staged, like, request.keep_mtime).map_err(failed)?;
    }
    if let Some(backup) = request.backup {
        keep(request.target, backup).map_err(|source| OutputError::Backup {
            backup: backup.to_owned(),
            source,
        })?;
    }
    place(staged, request)?;
    if request.durable {
        sync_folder(request.target).map_err(failed)?;
    }
    Ok(Published::Moved)
}

fn place(mut staged: TempPath, request: &Publish<'_>) -> Result<(), OutputError> {
    let target = request.target;
    let failed = |source| OutputError::Move {
        target: target.to_owned(),
        source,
    };
    let (mut made, mut copied) = (false, false);
    loop {
        let Err(error) = rename(staged, request) else {
            return Ok(());
        };
        let (path, error) = (error.path, error.error);
        let kind = error.kind();
        if kind == io::ErrorKind::AlreadyExists {
            return Err(OutputError::Exists(target.to_owned()));
        }
        staged = if kind == io::ErrorKind::NotFound && !made && path.exists() {
            // The folder is made when the first file comes, so that images that fail leave no empty folders.
            made = true;
            fs::create_dir_all(parent(target)).map_err(failed)?;
            path
        } else if kind == io::ErrorKind::CrossesDevices && !copied {
            copied = true;
            copy_beside(&path, target).map_err(failed)?
        } else {
            return Err(failed(error));
        };
    }
}

fn rename(staged: TempPath, request: &Publish<'_>) -> Result<(), tempfile::PathPersistError> {
    match request.replace {
        Replace::Never => staged.persist_noclobber(request.target),
        Replace::Always | Replace::Larger => staged.persist(request.target),
    }
}

/// A folder inside the output may be a mount of its own, where the staged file cannot be moved to.
fn copy_beside(staged: &Path, target: &Path) -> io::Result<TempPath> {
    let mut beside = NamedTempFile::with_prefix_in(".lightmill-", parent(target))?;
    io::copy(&mut File::open(staged)?, &mut beside)?;
    let permissions = fs::metadata(staged)?.permissions();
    beside.as_file().set_permissions(permissions)?;
    Ok(beside.into_temp_path())
}

/// Permissions, and the modification time, of the source.
fn dress(staged: &Path, like: &Metadata, keep_mtime: bool) -> io::Result<()> {
    if keep_mtime {
        let file = File::options().write(true).open(staged)?;
        file.set_modified(like.modified()?)?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Never set-uid and the like: those were granted to the other file's content.
        let mode = like.permissions().mode() & 0o777;
        fs::set_permissions(staged, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Keeps what is at `target` under another name, without a moment in which it has neither. What a killed run has kept
/// already is kept.
fn keep(target: &Path, backup: &Path) -> io::Result<()> {
    if backup.exists() && same_content(target, backup)? {
        return Ok(());
    }
    match fs::hard_link(target, backup) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) => Ok(()),
        // A file system without hard links.
        Err(_) => {
            let mut copy = NamedTempFile::with_prefix_in(".lightmill-", parent(backup))?;
            io::copy(&mut File::open(target)?, &mut copy)?;
            copy.as_file()
                .set_permissions(fs::metadata(target)?.permissions())?;
            copy.persist_noclobber(backup)
                .map(drop)
                .map_err(|error| error.error)
        }
    }
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(
        fs::metadata(one)?.len() == fs::metadata(other)?.len()
            && fs::read(one)? == fs::read(other)?,
    )
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn sync_folder(target: &Path) -> io::Result<()> {
    File::open(parent(target))?.sync_all()
}

/// Elsewhere folders cannot be opened as files; a rename is as lasting as the system makes it.
#[cfg(not(unix))]
fn sync_folder(_target: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a small file of our own, a report or a manifest, whole or not at all.
pub fn write_whole(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NamedTempFile::with_prefix_in(".lightmill-", parent(target))?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private; a report is as readable as any file.
        let mode = fs::metadata(target).map_or(0o644, |there| there.permissions().mode());
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.persist(target).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(staged: &'a Path, target: &'a Path, replace: Replace) -> Publish<'a> {
        Publish {
            staged,
            target,
            replace,
            rival_bytes: None,
            backup: None,
            like: None,
            keep_mtime: false,
            durable: false,
        }
    }

    fn scene(content: &str) -> (tempfile::TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let staged = root.path().join("staged");
        File::create(&staged)
            .unwrap()
            .write_all(content.as_bytes())
            .unwrap();
        let target = root.path().join("a/b/out");
        (root, staged, target)
    }

    #[test]
    fn folders_are_made_and_nothing_is_replaced_unasked() {
        let (_root, staged, target) = scene("new");
        publish(&request(&staged, &target, Replace::Never)).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        File::create(&staged).unwrap();
        let error = publish(&request(&staged, &target, Replace::Never)).unwrap_err();
        assert!(matches!(error, OutputError::Exists(_)));
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(!staged.exists(), "nothing stays in staging");
    }

    #[test]
    fn only_larger_files_are_replaced_when_asked_so() {
        let (_root, staged, target) = scene("1234");
        publish(&request(&staged, &target, Replace::Always)).unwrap();
        for (content, outcome, stays) in [
            ("12345", Published::NotSmaller, "1234"),
            ("123", Published::Moved, "123"),
        ] {
            File::create(&staged)
                .unwrap()
                .write_all(content.as_bytes())
                .unwrap();
            assert_eq!(
                publish(&request(&staged, &target, Replace::Larger)).unwrap(),
                outcome
            );
            assert_eq!(fs::read_to_string(&target).unwrap(), stays);
        }
    }

    #[test]
    fn a_backup_keeps_what_was_there_even_when_begun_twice() {
        let (root, staged, target) = scene("new");
        let backup = root.path().join("out.orig");
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        File::create(&target).unwrap().write_all(b"old").unwrap();
        fs::hard_link(&target, &backup).unwrap(); // a run was killed right after this
        let mut request = request(&staged, &target, Replace::Always);
        request.backup = Some(&backup);
        publish(&request).unwrap();
        assert_eq!(fs::read_to_string(&backup).unwrap(), "old");
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        // Another backup under that name is never lost.
        File::create(&staged).unwrap();
        assert!(matches!(publish(&request), Err(OutputError::Backup { .. })));
        assert_eq!(fs::read_to_string(&backup).unwrap(), "old");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_times_are_those_of_the_source() {
        use std::os::unix::fs::PermissionsExt;
        use std::time::{Duration, SystemTime};
        let (root, staged, target) = scene("new");
        let source = root.path().join("source");
        let file = File::create(&source).unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.set_modified(long_ago).unwrap();
        fs::set_permissions(&source, fs::Permissions::from_mode(0o4640)).unwrap();
        let like = fs::metadata(&source).unwrap();
        let mut request = request(&staged, &target, Replace::Never);
        (request.like, request.keep_mtime) = (Some(&like), true);
        publish(&request).unwrap();
        let made = fs::metadata(&target).unwrap();
        assert_eq!(made.permissions().mode() & 0o7777, 0o640);
        assert_eq!(made.modified().unwrap(), long_ago);
    }
}
