//! The ear of the coordinator: one thread a worker, that does nothing but read what it says, and believes none of it.

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use ipc_channel::IpcError;
use ipc_channel::ipc::IpcBytesReceiver;

use super::Notice;
use super::desk::Desk;
use super::gate::{Gate, Packet};
use super::processes::Arrival;
use crate::alloc;
use crate::job::WorkerId;
use crate::protocol::{self, Reply};

/// Messages that a worker may send for each job it is given. It needs four: begun, two stages, and the end.
const MESSAGES_A_JOB: u64 = 16;

/// How much a worker may still say. Without it, a worker that speaks without end would keep the coordinator busy with
/// listening.
#[derive(Debug, Default)]
pub(super) struct Credit(AtomicU64);

impl Credit {
    /// Allows what so many jobs give occasion to. To be called before the worker is told of them.
    pub(super) fn grant(&self, jobs: usize) {
        let messages = (jobs as u64).saturating_mul(MESSAGES_A_JOB);
        self.0.fetch_add(messages, Ordering::Release);
    }

    /// Whether one more message was allowed.
    fn spend(&self) -> bool {
        let less = |left: u64| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less)
            .is_ok()
    }
}

/// Why a worker is not listened to any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The channel is closed, from either side.
    Closed,
    /// It sent packets that are no messages.
    Forged,
    /// It attached descriptors to a message.
    Laden,
    /// It sent a message that does not read as one.
    Nonsense(String),
    /// It said more than its jobs give occasion to.
    Flood,
    /// It takes none of the files that it is handed.
    Deaf,
    /// What it sent made the reader panic.
    Broke(String),
}

impl Ending {
    /// Whether the worker did what no worker of ours does.
    pub(super) fn is_violation(&self) -> bool {
        !matches!(self, Self::Closed | Self::Deaf)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed its channel"),
            Self::Forged => f.write_str("sent a packet that is no message"),
            Self::Laden => f.write_str("attached files to a message"),
            Self::Nonsense(error) => write!(f, "sent nonsense: {error}"),
            Self::Flood => f.write_str("said more than it had occasion to"),
            Self::Deaf => f.write_str("took none of its files"),
            Self::Broke(panic) => write!(f, "sent what broke its reader: {panic}"),
        }
    }
}

/// An ear lent to one worker. When it is dropped the channel closes, and the thread that listens ends soon after,
/// whoever else holds the other side open.
#[derive(Debug)]
pub(super) struct Ear {
    /// Tells once why nothing more is heard.
    pub(super) ended: Receiver<Ending>,
    gate: Gate,
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.gate.close();
    }
}

/// Passes on what a worker says, until that ends or must be ended. The thread is never waited for: it may be stuck.
pub(super) fn listen(
    worker: WorkerId,
    replies: IpcBytesReceiver,
    desk: Arc<Desk>,
    inbox: Sender<Arrival>,
) -> io::Result<Ear> {
    let gate = Gate::before(&replies)?;
    let ours = gate.try_clone()?;
    let (sender, ended) = bounded(1);
    thread::Builder::new().spawn(move || {
        alloc::distrust_this_thread();
        // `ipc-channel` panics on much that is not its own, and is not ours to trust where it does not.
        let reading = AssertUnwindSafe(|| pass_on(worker, &replies, &gate, &desk, &inbox));
        let ending =
            panic::catch_unwind(reading).unwrap_or_else(|panic| Ending::Broke(words(&*panic)));
        let _told = sender.send(ending);
    })?;
    Ok(Ear { ended, gate: ours })
}

fn pass_on(
    worker: WorkerId,
    replies: &IpcBytesReceiver,
    gate: &Gate,
    desk: &Desk,
    inbox: &Sender<Arrival>,
) -> Ending {
    loop {
        match gate.next() {
            Ok(Packet::Message) => {}
            Ok(Packet::End) | Err(_) => return Ending::Closed,
            Ok(Packet::Laden) => return Ending::Laden,
            Ok(Packet::Forged) => return Ending::Forged,
        }
        let bytes = match replies.recv() {
            Ok(bytes) => bytes,
            Err(IpcError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Ending::Closed,
        };
        let reply: Reply = match protocol::decode(&bytes) {
            Ok(reply) => reply,
            Err(error) => return Ending::Nonsense(error.to_string()),
        };
        if !desk.credit.spend() {
            return Ending::Flood;
        }
        let (begins, ends) = (matches!(reply, Reply::Started(_)), reply.ends_job());
        let notice = Notice::Reply(worker, reply);
        if inbox.send(Arrival::Notice(notice)).is_err() {
            return Ending::Closed;
        }
        if begins {
            desk.job_begun();
        }
        if ends && desk.job_ended().is_err() {
            return Ending::Deaf;
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ipc_channel::ipc::{IpcBytesSender, bytes_channel};

    use super::*;
    use crate::job::JobId;

    const LONG: Duration = Duration::from_secs(20);

    fn heard(jobs: usize) -> (IpcBytesSender, Ear, Receiver<Arrival>) {
        let (sender, replies) = bytes_channel().unwrap();
        let (inbox, arrivals) = crossbeam_channel::unbounded();
        let desk = Arc::new(Desk::new());
        desk.credit.grant(jobs);
        let ear = listen(WorkerId(0), replies, desk, inbox).unwrap();
        (sender, ear, arrivals)
    }

    #[test]
    fn a_worker_may_say_what_its_jobs_give_occasion_to_and_no_more() {
        let (sender, ear, arrivals) = heard(2);
        let reply = protocol::encode(&Reply::Started(JobId(0))).unwrap();
        let allowed = 2 * usize::try_from(MESSAGES_A_JOB).unwrap();
        for _ in 0..=allowed {
            sender.send(&reply).unwrap();
        }
        assert_eq!(ear.ended.recv_timeout(LONG), Ok(Ending::Flood));
        assert_eq!(arrivals.try_iter().count(), allowed);
    }

    #[test]
    fn nonsense_ends_it_and_a_closed_channel_is_none() {
        let (sender, ear, _arrivals) = heard(1);
        sender.send(&[255; 40]).unwrap();
        let ending = ear.ended.recv_timeout(LONG).unwrap();
        assert!(ending.is_violation(), "{ending}");
        let (sender, ear, _arrivals) = heard(1);
        drop(sender);
        let ending = ear.ended.recv_timeout(LONG).unwrap();
        assert!(!ending.is_violation(), "{ending}");
    }
}
