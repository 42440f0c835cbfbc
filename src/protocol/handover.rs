//! Open files beside the paths: a worker that may open nothing is handed its input and its staging file.
//!
//! For each task of a shard, in order, one record goes down a socket that is the worker's standard input, with the
//! files attached to it. A file that could not be opened is replaced by the reason.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use crate::job::JobId;

/// The files of one task.
#[derive(Debug)]
pub struct Handover {
    /// Which task's.
    pub job: JobId,
    /// The file to read, and its length in bytes.
    pub input: io::Result<(File, u64)>,
    /// The file to write; none where nothing is to be written.
    pub staging: Option<io::Result<File>>,
}

/// Job, error of the input, error of the staging file, length of the input: little endian.
const RECORD: usize = 4 + 4 + 4 + 8;

/// In place of an error: the file is attached.
const ATTACHED: i32 = 0;

/// In place of an error: there is no such file.
const ABSENT: i32 = -1;

/// Sends the files of a task, and never waits: one that reads nothing has room for far more records than it may be
/// sent.
pub fn send(socket: &UnixStream, handover: &Handover) -> io::Result<()> {
    let input = handover.input.as_ref();
    let staging = handover.staging.as_ref();
    let mut files: Vec<BorrowedFd<'_>> = Vec::with_capacity(2);
    files.extend(input.ok().map(|(file, _)| file.as_fd()));
    files.extend(staging.and_then(|file| file.as_ref().ok()).map(AsFd::as_fd));
    let input_state = input.err().map_or(ATTACHED, number);
    let staging_state = match staging {
        None => ABSENT,
        Some(Ok(_)) => ATTACHED,
        Some(Err(error)) => number(error),
    };
    let mut record = Vec::with_capacity(RECORD);
    record.extend(handover.job.0.to_le_bytes());
    record.extend(input_state.to_le_bytes());
    record.extend(staging_state.to_le_bytes());
    record.extend(input.map_or(0, |(_, length)| *length).to_le_bytes());

    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut attached = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !attached.push(SendAncillaryMessage::ScmRights(&files)) {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    let sent = sendmsg(
        socket,
        &[IoSlice::new(&record)],
        &mut attached,
        SendFlags::DONTWAIT,
    )?;
    if sent == RECORD {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

/// Waits for the files of the next task.
///
/// # Errors
/// The coordinator is gone, or what came is no record.
pub fn receive(socket: &UnixStream) -> io::Result<Handover> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut attached = RecvAncillaryBuffer::new(&mut space);
    let mut record = [0; RECORD];
    let received = loop {
        let parts = &mut [IoSliceMut::new(&mut record)];
        match recvmsg(socket, parts, &mut attached, close_on_exec()) {
            Err(Errno::INTR) => {}
            result => break result?.bytes,
        }
    };
    if received != RECORD {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let rights = attached.drain().filter_map(|message| {
        if let RecvAncillaryMessage::ScmRights(files) = message {
            Some(files)
        } else {
            None
        }
    });
    let mut files = rights.flatten().map(File::from);
    let mut fetch = |state: i32| match state {
        ATTACHED => files.next().ok_or(io::ErrorKind::InvalidData.into()),
        number => Err(io::Error::from_raw_os_error(number)),
    };
    let (job, input, staging) = (word(&record, 0), word(&record, 4), word(&record, 8));
    let length = u64::from(word(&record, 12)) | u64::from(word(&record, 16)) << 32;
    Ok(Handover {
        job: JobId(job),
        input: fetch(input.cast_signed()).map(|file| (file, length)),
        staging: (staging.cast_signed() != ABSENT).then(|| fetch(staging.cast_signed())),
    })
}

/// A worker runs no programs; where the flag exists it costs nothing.
fn close_on_exec() -> RecvFlags {
    #[cfg(target_os = "linux")]
    return RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    return RecvFlags::empty();
}

/// An error as the system numbers it; those that are not the system's become "input/output error".
fn number(error: &io::Error) -> i32 {
    let number = error.raw_os_error().filter(|number| *number > 0);
    number.unwrap_or(Errno::IO.raw_os_error())
}

/// The four bytes of a record at a place.
fn word(record: &[u8; RECORD], at: usize) -> u32 {
    let bytes = record.iter().skip(at).take(4).rev();
    bytes.fold(0, |word, byte| word << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use super::*;

    fn file(content: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.rewind().unwrap();
        file
    }

    #[test]
    fn files_arrive_open_and_in_order() {
        let (here, there) = UnixStream::pair().unwrap();
        for job in 0..3 {
            let handover = Handover {
                job: JobId(job),
                input: Ok((file(&format!("picture {job}")), 9 << 33)),
                staging: (job != 1).then(|| Ok(file(""))),
            };
            send(&here, &handover).unwrap();
        }
        for job in 0..3 {
            let handover = receive(&there).unwrap();
            assert_eq!(handover.job, JobId(job));
            let (mut input, length) = handover.input.unwrap();
            let mut text = String::new();
            input.read_to_string(&mut text).unwrap();
            assert_eq!((text, length), (format!("picture {job}"), 9 << 33));
            assert_eq!(handover.staging.is_some(), job != 1);
        }
        drop(here);
        assert!(receive(&there).is_err(), "the coordinator is gone");
    }

    #[test]
    fn what_could_not_be_opened_arrives_as_the_reason() {
        let (here, there) = UnixStream::pair().unwrap();
        let handover = Handover {
            job: JobId(7),
            input: File::open("/no/such/file").map(|file| (file, 0)),
            staging: Some(Ok(file("whole"))),
        };
        send(&here, &handover).unwrap();
        let handover = receive(&there).unwrap();
        assert_eq!(handover.input.unwrap_err().kind(), io::ErrorKind::NotFound);
        let mut text = String::new();
        let mut staging = handover.staging.unwrap().unwrap();
        staging.read_to_string(&mut text).unwrap();
        assert_eq!(text, "whole");
    }

    #[test]
    fn a_worker_that_takes_nothing_cannot_make_the_coordinator_wait() {
        let (here, _there) = UnixStream::pair().unwrap();
        let handover = Handover {
            job: JobId(0),
            input: Err(io::ErrorKind::NotFound.into()),
            staging: None,
        };
        let full = (0..100_000).find_map(|_| send(&here, &handover).err());
        assert_eq!(
            full.map(|error| error.kind()),
            Some(io::ErrorKind::WouldBlock)
        );
    }
}
