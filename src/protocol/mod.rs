//! The only words that coordinator and workers share.
//!
//! A worker process connects to the one-shot server whose name it was given and sends its [`Hello`]; from then on
//! [`Command`]s go down and [`Reply`]s come up, each a `postcard` message over a byte channel, none longer than
//! [`MAX_MESSAGE`]; what is longer goes down in parts ([`SetupPart`]). Where the system can, open files go down beside
//! the paths (`handover`). Workers in threads speak the same words over ordinary channels, and open the paths themselves.

#[cfg(unix)]
pub mod handover;
mod os_path;
mod setup;

use std::path::PathBuf;

use ipc_channel::ipc::{IpcBytesReceiver, IpcBytesSender};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codecs::Format;
use crate::failure::{Failure, Stage};
use crate::image::Size;
use crate::job::{JobId, Rendered};
use crate::sandbox::Posture;

pub use setup::{Assembly, MAX_PART, MAX_SETUP, Setup, SetupPart};

/// Raised with every change of a message. Both sides must agree.
pub const VERSION: u32 = 6;

/// The longest message, in bytes. Two of them fit into a socket's buffer unread, so that handing a worker its two
/// shards can never block the coordinator.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// The most bytes of jobs that one shard may take; the rest of a message is its frame.
pub const MAX_SHARD_BYTES: usize = 48 * 1024;

/// The first thing a worker says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The worker's [`VERSION`].
    pub version: u32,
    /// The worker's crate version: a binary replaced during the run must not be spoken to.
    pub build: String,
    /// The worker's process id.
    pub pid: u32,
    /// What the worker gave up before it reads its first command.
    pub posture: Posture,
    /// Where it listens for commands.
    pub commands: IpcBytesSender,
    /// Where its replies come out.
    pub replies: IpcBytesReceiver,
}

/// What a worker is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// The first commands: what to do to every picture, in one part or several.
    Setup(SetupPart),
    /// Jobs, to be done in order.
    Shard(Shard),
}

/// Jobs handed over together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    /// How many threads may work on a picture of this shard.
    pub threads: u16,
    /// The jobs.
    pub tasks: Vec<Task>,
}

/// One job as a worker sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Which job.
    pub job: JobId,
    /// The file to read.
    #[serde(with = "os_path")]
    pub source: PathBuf,
    /// What its content says it is.
    pub format: Format,
    /// What is to be done.
    pub kind: TaskKind,
}

/// What is to be done with one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TaskKind {
    /// Read the header, say the size, and the size of what the recipe makes of it.
    Survey,
    /// Do the work.
    Render {
        /// What is to be made.
        target: Format,
        /// The file to write: it does not exist yet.
        #[serde(with = "os_path")]
        staging: PathBuf,
    },
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// It begins a job: the first of those it was given and has not begun.
    Started(JobId),
    /// The job in hand has reached a stage.
    Entered(JobId, Stage),
    /// The staging file of the job in hand is complete.
    Rendered(JobId, Rendered),
    /// The header of the job in hand: the picture's size, and what the recipe makes of it.
    Surveyed(JobId, Size, Size),
    /// The job in hand did not make it.
    Failed(JobId, Failure),
    /// The job in hand is not begun: it would need about so many bytes of memory, and this worker has not as many.
    TooBig(JobId, u64),
}

impl Reply {
    /// Whether the worker is through with the job in hand, whatever came of it.
    pub const fn ends_job(&self) -> bool {
        match self {
            Self::Started(_) | Self::Entered(..) => false,
            Self::Rendered(..) | Self::Surveyed(..) | Self::Failed(..) | Self::TooBig(..) => true,
        }
    }
}

/// A message that cannot be sent, or that nobody of ours has written.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// It would be longer than the other side accepts.
    #[error("a message of {0} bytes is longer than {MAX_MESSAGE}")]
    TooLong(usize),
    /// Workers would not take so much.
    #[error("a setup of {0} bytes is longer than {MAX_SETUP}")]
    LongSetup(u64),
    /// It does not read as a message.
    #[error("malformed message")]
    Malformed(#[from] postcard::Error),
}

/// A message as bytes.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, ProtocolError> {
    let bytes = postcard::to_stdvec(message)?;
    if bytes.len() > MAX_MESSAGE {
        return Err(ProtocolError::TooLong(bytes.len()));
    }
    Ok(bytes)
}

/// Bytes as a message; all of them must belong to it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProtocolError> {
    if bytes.len() > MAX_MESSAGE {
        return Err(ProtocolError::TooLong(bytes.len()));
    }
    let (message, rest) = postcard::take_from_bytes(bytes)?;
    if rest.is_empty() {
        Ok(message)
    } else {
        Err(postcard::Error::DeserializeBadEncoding.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    fn task(source: PathBuf) -> Task {
        Task {
            job: JobId(7),
            source,
            format: Format::Jpeg,
            kind: TaskKind::Render {
                target: Format::Png,
                staging: "out/.lightmill/stage/7".into(),
            },
        }
    }

    #[test]
    fn messages_round_trip() {
        let shard = Command::Shard(Shard {
            threads: 2,
            tasks: vec![task("a b/ü.jpg".into())],
        });
        assert_eq!(decode::<Command>(&encode(&shard).unwrap()).unwrap(), shard);
        let failure = Failure::new(Stage::Decode, FailureKind::Damaged, "bits missing");
        let reply = Reply::Failed(JobId(1), failure);
        assert_eq!(decode::<Reply>(&encode(&reply).unwrap()).unwrap(), reply);
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_survive() {
        use std::os::unix::ffi::OsStringExt;
        let name = std::ffi::OsString::from_vec(b"caf\xe9 \xff.jpg".to_vec());
        let sent = task(name.into());
        assert_eq!(decode::<Task>(&encode(&sent).unwrap()).unwrap(), sent);
    }

    #[test]
    fn nonsense_is_refused_not_believed() {
        assert!(decode::<Reply>(&[]).is_err());
        assert!(decode::<Reply>(&[255; 40]).is_err());
        assert!(decode::<Reply>(&vec![0; MAX_MESSAGE + 1]).is_err());
        let mut bytes = encode(&Reply::Started(JobId(1))).unwrap();
        bytes.push(0);
        assert!(
            decode::<Reply>(&bytes).is_err(),
            "something follows the message"
        );
    }
}
