//! Where a worker process meets its coordinator: the one-shot server and its deadline.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};
use ipc_channel::IpcError;
use ipc_channel::ipc::{IpcOneShotServer, IpcSender};
use shared_child::SharedChild;

use super::JoinError;
use crate::alloc;
use crate::protocol::{self, Hello};

/// A meeting place of this age was left by a coordinator that was killed.
const STALE: Duration = Duration::from_mins(1);

/// How often a silent worker is looked at while it is waited for.
const GLANCE: Duration = Duration::from_millis(20);

/// Makes `ipc-channel` create its sockets in a folder that only this user can enter, under a short name: it would use
/// the folder for temporary files, where a long `TMPDIR` does not fit into a socket's address and is cut off without
/// a word. Sockets of coordinators that were killed before their workers joined are swept. For the program, not for
/// libraries: the setting holds for the whole process.
pub(super) fn use_private_folder() {
    if cfg!(unix)
        && let Ok(folder) = private_folder()
    {
        // Fails if it was set before, which is as good.
        let _set = tempfile::env::override_temp_dir(&folder);
    }
}

#[cfg(unix)]
fn private_folder() -> io::Result<PathBuf> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};

    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|folder| folder.is_dir() && folder.as_os_str().len() < 48);
    // The home of the process tells who we are, without a call that could fail.
    let me = fs::metadata("/proc/self")
        .or_else(|_| fs::metadata(env::temp_dir()))?
        .uid();
    let folder = runtime
        .unwrap_or_else(|| PathBuf::from("/tmp"))
        .join(format!("lightmill-{me}"));
    match fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(&folder)?;
    if !found.is_dir() || found.uid() != me || found.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other("the folder is somebody else's"));
    }
    sweep(&folder);
    Ok(folder)
}

#[cfg(not(unix))]
fn private_folder() -> io::Result<PathBuf> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Removes meeting places that nobody will come to any more: a worker joins soon, or never.
fn sweep(folder: &Path) {
    let stale = |entry: &fs::DirEntry| {
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if stale(&entry) {
            let _gone = fs::remove_dir_all(entry.path());
        }
    }
}

/// A place for one worker to join.
pub(super) struct Rendezvous {
    server: IpcOneShotServer<Hello>,
    name: String,
}

impl Rendezvous {
    pub(super) fn open() -> Result<Self, JoinError> {
        let (server, name) = IpcOneShotServer::new().map_err(JoinError::Rendezvous)?;
        Ok(Self { server, name })
    }

    /// What a worker must know to join.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Waits until the worker says hello, ends, or the deadline passes. On failure the worker is killed.
    ///
    /// `accept` itself would wait for ever for a worker that died before it connected (servo/ipc-channel#201, #261),
    /// so it waits on a thread of its own, which is freed by connecting in the worker's place.
    pub(super) fn meet(self, child: &SharedChild, within: Duration) -> Result<Hello, JoinError> {
        let Self { server, name } = self;
        let (sender, heard) = bounded(1);
        thread::spawn(move || {
            alloc::distrust_this_thread();
            let hello = server.accept().map(|(_, hello)| hello);
            let _heard = sender.send(hello);
        });
        let result = wait_for(&heard, child, within);
        if result.is_err() {
            let _killed = child.kill();
            // Nobody waits for either of them: a worker could have made sure that they never end.
            thread::spawn(move || drop(IpcSender::<Hello>::connect(name)));
        }
        check(result?, child.id())
    }
}

fn wait_for(
    heard: &crossbeam_channel::Receiver<Result<Hello, IpcError>>,
    child: &SharedChild,
    within: Duration,
) -> Result<Hello, JoinError> {
    let start = Instant::now();
    loop {
        match heard.recv_timeout(GLANCE) {
            Ok(Ok(hello)) => return Ok(hello),
            Ok(Err(error)) => return Err(JoinError::Malformed(error.to_string())),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(JoinError::Malformed(
                    "the message broke the reader".to_owned(),
                ));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(JoinError::LeftEarly(status.to_string()));
        }
        if start.elapsed() > within {
            return Err(JoinError::Silent(within));
        }
    }
}

/// Only the process we started, of the version we are, is let in.
fn check(hello: Hello, pid: u32) -> Result<Hello, JoinError> {
    let build = env!("CARGO_PKG_VERSION");
    if hello.pid != pid {
        return Err(JoinError::Stranger(format!("process {}", hello.pid)));
    }
    if hello.version != protocol::VERSION || hello.build != build {
        return Err(JoinError::Stranger(format!("lightmill {}", hello.build)));
    }
    Ok(hello)
}
