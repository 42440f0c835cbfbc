//! One worker process from its start to its end, on a thread of its own.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::panic::{self, AssertUnwindSafe};
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use ipc_channel::IpcError;
use ipc_channel::ipc::IpcBytesReceiver;
use shared_child::SharedChild;

use super::processes::{Arrival, Launch};
use super::rendezvous::Rendezvous;
use super::{End, JoinError, Loss, Notice};
use crate::job::WorkerId;
use crate::protocol::{self, Reply};
use crate::sandbox::{Confinement, Policy};
use crate::worker::MARKER;

/// What a dead worker said is still in its channel; its reader gets this long to fetch it.
const LAST_REPLIES: Duration = Duration::from_millis(500);

/// Lines of a worker's stderr that are kept, and the longest one.
const LAST_LINES: usize = 5;
const LONGEST_LINE: u64 = 400;

/// Starts a worker, meets it, passes on what it says, and reports its end. Returns only when it has ended: on Linux a
/// worker is killed when the thread that started it ends.
pub(super) fn attend(
    worker: WorkerId,
    launch: &Launch,
    seat: &OnceLock<SharedChild>,
    inbox: &Sender<Arrival>,
) {
    let loss = match start(launch) {
        Ok((rendezvous, child)) => {
            let last_words = overhear(child.take_stderr());
            let end = accompany(
                worker,
                rendezvous,
                launch,
                seat.get_or_init(|| child),
                inbox,
            );
            let last_words = last_words.recv_timeout(LAST_REPLIES).unwrap_or_default();
            Loss { end, last_words }
        }
        Err(error) => Loss {
            end: End::NeverJoined(error),
            last_words: String::new(),
        },
    };
    // A coordinator that has ended does not listen any more.
    let _heard = inbox.send(Arrival::Notice(Notice::Lost(worker, loss)));
}

fn start(launch: &Launch) -> Result<(Rendezvous, SharedChild), JoinError> {
    let rendezvous = Rendezvous::open()?;
    // Off as long as workers open files by their paths.
    let confinement = Confinement {
        policy: Policy::Off,
        memory: None,
    };
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.arguments)
        .arg(rendezvous.name())
        .arg(process::id().to_string())
        .args(confinement.to_arguments())
        .env_clear()
        .env(MARKER, "1")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    keep_essentials(&mut command);
    let child = SharedChild::spawn(&mut command).map_err(|source| JoinError::Spawn {
        program: launch.program.display().to_string(),
        source,
    })?;
    Ok((rendezvous, child))
}

/// A terminal's Ctrl-C must reach the coordinator alone: it decides what becomes of the work in hand.
#[cfg(unix)]
fn keep_essentials(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// Windows programs do not start without the system's own variables.
#[cfg(windows)]
fn keep_essentials(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
    for name in ["SystemRoot", "TEMP", "TMP"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

#[cfg(not(any(unix, windows)))]
fn keep_essentials(_command: &mut Command) {}

fn accompany(
    worker: WorkerId,
    rendezvous: Rendezvous,
    launch: &Launch,
    child: &SharedChild,
    inbox: &Sender<Arrival>,
) -> End {
    let hello = match rendezvous.meet(child, launch.join_within) {
        Ok(hello) => hello,
        Err(error) => {
            let _reaped = child.kill().and_then(|()| child.wait());
            return End::NeverJoined(error);
        }
    };
    let joined = Arrival::Joined {
        worker,
        pid: hello.pid,
        posture: hello.posture,
        commands: hello.commands,
    };
    let _heard = inbox.send(joined);
    let (sender, finished) = bounded::<()>(1);
    let replies = inbox.clone();
    thread::spawn(move || {
        // `ipc-channel` panics on packets that are not its own: that must cost the worker, not us.
        let read = panic::catch_unwind(AssertUnwindSafe(|| {
            pass_on(worker, &hello.replies, &replies);
        }));
        let _told = sender.send(());
        read
    });
    watch(child, &finished)
}

/// Waits for the worker's end. If its replies end first, it has closed its channel or sent nonsense: it is killed.
fn watch(child: &SharedChild, finished: &Receiver<()>) -> End {
    let status = thread::scope(|scope| {
        let (sender, exited) = bounded(1);
        scope.spawn(move || {
            let _told = sender.send(child.wait());
        });
        crossbeam_channel::select! {
            recv(exited) -> status => {
                // Its last replies were sent before it died: they count.
                let _drained = finished.recv_timeout(LAST_REPLIES);
                status
            }
            recv(finished) -> _ => if let Ok(status) = exited.recv_timeout(LAST_REPLIES) { Ok(status) } else {
                let _dead = child.kill();
                exited.recv()
            },
        }
    });
    status.map_or(End::Unknown, |status| status.map_or(End::Unknown, end_of))
}

fn end_of(status: ExitStatus) -> End {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return End::Signalled(signal);
    }
    status.code().map_or(End::Unknown, End::Exited)
}

/// Reads replies until the channel closes or holds nonsense.
fn pass_on(worker: WorkerId, replies: &IpcBytesReceiver, inbox: &Sender<Arrival>) {
    loop {
        let reply: Reply = match replies.recv() {
            Ok(bytes) => match protocol::decode(&bytes) {
                Ok(reply) => reply,
                Err(_) => return,
            },
            Err(IpcError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        if inbox
            .send(Arrival::Notice(Notice::Reply(worker, reply)))
            .is_err()
        {
            return;
        }
    }
}

/// Collects the last lines of a worker's stderr; they arrive when it has closed it.
fn overhear(stderr: Option<process::ChildStderr>) -> Receiver<String> {
    let (sender, words) = bounded(1);
    thread::spawn(move || {
        let mut last = VecDeque::new();
        let mut reader = stderr.map(BufReader::new);
        let mut line = Vec::new();
        while let Some(reader) = &mut reader {
            line.clear();
            if reader
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .unwrap_or(0)
                == 0
            {
                break;
            }
            last.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
            if last.len() > LAST_LINES {
                last.pop_front();
            }
        }
        let _told = sender.send(Vec::from(last).join("; "));
    });
    words
}
