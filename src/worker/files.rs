//! Where the files of a task come from: handed over open, or opened by their paths.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::failure::{Failure, FailureKind, Stage};
#[cfg(unix)]
use crate::protocol::handover;
use crate::protocol::{Task, TaskKind};

/// Where a worker's files come from.
#[derive(Debug)]
pub enum Files {
    /// It opens their paths.
    Paths,
    /// They come open over this socket, in the order of the tasks: the worker need not be able to open anything.
    #[cfg(unix)]
    Handed(UnixStream),
}

/// The files of one task.
pub(super) struct Opened {
    input: io::Result<(File, u64)>,
    staging: Option<io::Result<File>>,
}

impl Files {
    /// Files by the socket that is this process's standard input, if it is one.
    pub(super) fn of_stdin() -> Self {
        #[cfg(unix)]
        {
            use std::os::fd::AsFd;
            let stdin = io::stdin().as_fd().try_clone_to_owned();
            let socket = stdin.ok().map(UnixStream::from);
            if let Some(socket) = socket.filter(|socket| socket.peer_addr().is_ok()) {
                return Self::Handed(socket);
            }
        }
        Self::Paths
    }

    /// Whether files come open.
    pub fn are_handed(&self) -> bool {
        match self {
            Self::Paths => false,
            #[cfg(unix)]
            Self::Handed(_) => true,
        }
    }

    /// The files of the next task.
    pub(super) fn open(&self, task: &Task) -> Opened {
        match self {
            Self::Paths => Opened {
                input: open_input(&task.source),
                staging: staging_of(task).map(create),
            },
            #[cfg(unix)]
            Self::Handed(socket) => match handover::receive(socket) {
                Ok(handed) if handed.job == task.job => Opened {
                    input: handed.input,
                    staging: handed.staging,
                },
                Ok(handed) => {
                    let (job, other) = (task.job, handed.job);
                    let wrong = format!("the files of {other} came in place of those of {job}");
                    Opened::none(io::Error::other(wrong))
                }
                Err(error) => Opened::none(error),
            },
        }
    }

    /// Removes what a failed task may have begun to write. What was handed over is the coordinator's to remove, as is
    /// what cannot be removed here.
    pub(super) fn discard(&self, task: &Task) {
        if let (false, Some(staging)) = (self.are_handed(), staging_of(task)) {
            let _gone: io::Result<()> = fs::remove_file(staging);
        }
    }
}

impl Opened {
    fn none(error: io::Error) -> Self {
        Self {
            input: Err(error),
            staging: None,
        }
    }

    /// Length of the input in bytes, as far as it is known.
    pub(super) fn length(&self) -> u64 {
        self.input.as_ref().map_or(0, |(_, length)| *length)
    }

    /// All of the input.
    pub(super) fn read(&mut self) -> Result<Vec<u8>, Failure> {
        self.read_whole()
            .map_err(|error| Failure::capture(Stage::Read, FailureKind::of_reading(&error), &error))
    }

    fn read_whole(&mut self) -> io::Result<Vec<u8>> {
        let (file, length) = match &mut self.input {
            Ok((file, length)) => (file, *length),
            Err(error) => return Err(std::mem::replace(error, io::ErrorKind::NotFound.into())),
        };
        let mut bytes = Vec::new();
        // One byte more, so that the end is seen without another buffer.
        let room = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
        bytes.try_reserve_exact(room.saturating_add(1))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes the staging file.
    pub(super) fn write(&mut self, bytes: &[u8], durable: bool) -> io::Result<()> {
        let staging = self.staging.take();
        let mut file = staging.unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()))?;
        #[cfg(all(feature = "fault-injection", unix))]
        if super::fault::writes_half() {
            file.write_all(&bytes[..bytes.len() / 2])?;
            std::process::abort();
        }
        file.write_all(bytes)?;
        if durable { file.sync_all() } else { Ok(()) }
    }
}

fn staging_of(task: &Task) -> Option<&Path> {
    match &task.kind {
        TaskKind::Survey => None,
        TaskKind::Render { staging, .. } => Some(staging),
    }
}

/// Opens what is to be read, and says how long it is. Anything but a file is refused: reading it might never end.
pub(crate) fn open_input(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // A pipe that took the file's place would not open before somebody writes into it.
        options.custom_flags(libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    let found = file.metadata()?;
    if found.is_file() {
        Ok((file, found.len()))
    } else if found.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Makes a staging file; nothing of that name can be there.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}
