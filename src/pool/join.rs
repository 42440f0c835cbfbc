//! One worker process from its start to its end, on a thread of its own.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::panic::{self, AssertUnwindSafe};
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use ipc_channel::IpcError;
use ipc_channel::ipc::IpcBytesReceiver;
use shared_child::SharedChild;

use super::desk::Desk;
use super::processes::{Arrival, Launch};
use super::rendezvous::Rendezvous;
use super::watch::{TICK, Watch};
use super::{End, JoinError, Loss, Notice};
use crate::job::WorkerId;
use crate::protocol::{self, Reply};
use crate::sandbox::Confinement;
use crate::worker::MARKER;

/// What a dead worker said is still in its channel; its reader gets this long to fetch it.
const LAST_REPLIES: Duration = Duration::from_millis(500);

/// A process that hangs in the kernel does not die when it is killed, and is not waited for any longer than this.
const UNKILLABLE: Duration = Duration::from_secs(10);

/// Lines of a worker's stderr that are kept, and the longest one.
const LAST_LINES: usize = 5;
const LONGEST_LINE: u64 = 400;

/// One worker process, as the thread sees it that started it.
pub(super) struct Slot {
    pub(super) worker: WorkerId,
    pub(super) launch: Arc<Launch>,
    pub(super) confinement: Confinement,
    pub(super) timeout: Option<Duration>,
    pub(super) seat: Arc<OnceLock<SharedChild>>,
    pub(super) desk: Arc<Desk>,
    pub(super) inbox: Sender<Arrival>,
}

impl Slot {
    /// Starts the worker, meets it, hands it its files, watches it, and reports its end. Returns only when it has ended:
    /// on Linux a worker is killed when the thread that started it ends.
    pub(super) fn attend(self) {
        let loss = match self.start() {
            Ok((rendezvous, child)) => {
                let last_words = overhear(child.take_stderr());
                // Nobody else sets it.
                let _set = self.seat.set(child);
                let end = self.accompany(rendezvous);
                let last_words = last_words.recv_timeout(LAST_REPLIES).unwrap_or_default();
                Loss { end, last_words }
            }
            Err(error) => Loss {
                end: End::NeverJoined(error),
                last_words: String::new(),
            },
        };
        // A coordinator that has ended does not listen any more.
        let _heard = self
            .inbox
            .send(Arrival::Notice(Notice::Lost(self.worker, loss)));
    }

    fn start(&self) -> Result<(Rendezvous, SharedChild), JoinError> {
        let launch = &self.launch;
        let spawn_error = |source| JoinError::Spawn {
            program: launch.program.display().to_string(),
            source,
        };
        let rendezvous = Rendezvous::open()?;
        let mut command = Command::new(&launch.program);
        command
            .args(&launch.arguments)
            .arg(rendezvous.name())
            .arg(process::id().to_string())
            .args(self.confinement.to_arguments())
            .env_clear()
            .env(MARKER, "1")
            .env("RUST_BACKTRACE", "0")
            .stdin(self.connect().map_err(spawn_error)?)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        keep_essentials(&mut command);
        let child = SharedChild::spawn(&mut command).map_err(spawn_error)?;
        Ok((rendezvous, child))
    }

    /// The worker's standard input: the socket over which its files come.
    #[cfg(unix)]
    fn connect(&self) -> io::Result<Stdio> {
        let (here, there) = std::os::unix::net::UnixStream::pair()?;
        self.desk.connect(here);
        Ok(Stdio::from(std::os::fd::OwnedFd::from(there)))
    }

    #[cfg(not(unix))]
    fn connect(&self) -> io::Result<Stdio> {
        Ok(Stdio::null())
    }

    fn accompany(&self, rendezvous: Rendezvous) -> End {
        let Some(child) = self.seat.get() else {
            return End::Unknown;
        };
        let hello = match rendezvous.meet(child, self.launch.join_within) {
            Ok(hello) => hello,
            Err(error) => {
                let _reaped = child.kill().and_then(|()| child.wait());
                return End::NeverJoined(error);
            }
        };
        if !hello.posture.satisfies(self.confinement.policy) {
            let _reaped = child.kill().and_then(|()| child.wait());
            return End::NeverJoined(JoinError::Unconfined(hello.posture.shortfall()));
        }
        let joined = Arrival::Joined {
            worker: self.worker,
            pid: hello.pid,
            posture: hello.posture,
            commands: hello.commands,
        };
        let _heard = self.inbox.send(joined);
        let finished = self.listen(hello.replies);
        self.watch(child, &finished)
    }

    fn listen(&self, replies: IpcBytesReceiver) -> Receiver<()> {
        let (sender, finished) = bounded::<()>(1);
        let (worker, inbox, desk) = (self.worker, self.inbox.clone(), Arc::clone(&self.desk));
        thread::spawn(move || {
            // `ipc-channel` panics on packets that are not its own: that must cost the worker, not us.
            let read = panic::catch_unwind(AssertUnwindSafe(|| {
                pass_on(worker, &replies, &desk, &inbox);
            }));
            let _told = sender.send(());
            read
        });
        finished
    }

    /// Serves the worker until it ends. It is killed when it exceeds what it is allowed, when it takes no files, and
    /// when its replies end first: then it has closed its channel or sent nonsense.
    fn watch(&self, child: &SharedChild, finished: &Receiver<()>) -> End {
        let exited = self.await_exit();
        let mut watch = Watch::new(self.timeout, self.confinement.memory);
        let verdict = loop {
            crossbeam_channel::select! {
                recv(exited) -> status => {
                    // Its last replies were sent before it died: they count.
                    let _drained = finished.recv_timeout(LAST_REPLIES);
                    return end_of(status.ok());
                }
                recv(finished) -> _ => {
                    if let Ok(status) = exited.recv_timeout(LAST_REPLIES) {
                        return end_of(Some(status));
                    }
                    break None;
                }
                recv(self.desk.bell()) -> _ => if self.desk.hand_over().is_err() {
                    break None;
                },
                default(TICK) => {
                    let end = watch.look(child.id(), &self.desk);
                    if end.is_some() || self.desk.hand_over().is_err() {
                        break end;
                    }
                }
            }
        };
        let _dead = child.kill();
        let status = exited.recv_timeout(UNKILLABLE).ok();
        let _drained = finished.recv_timeout(LAST_REPLIES);
        verdict.unwrap_or_else(|| end_of(status))
    }

    /// Reaps the worker on a thread of its own: it may take as long as it likes.
    fn await_exit(&self) -> Receiver<ExitStatus> {
        let (sender, exited) = bounded(1);
        let seat = Arc::clone(&self.seat);
        thread::spawn(move || {
            let status = seat.get().and_then(|child| child.wait().ok());
            status.map(|status| sender.send(status))
        });
        exited
    }
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

fn end_of(status: Option<ExitStatus>) -> End {
    let Some(status) = status else {
        return End::Unknown;
    };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return End::Signalled(signal);
    }
    status.code().map_or(End::Unknown, End::Exited)
}

/// Reads replies until the channel closes or holds nonsense.
fn pass_on(worker: WorkerId, replies: &IpcBytesReceiver, desk: &Desk, inbox: &Sender<Arrival>) {
    loop {
        let reply: Reply = match replies.recv() {
            Ok(bytes) => match protocol::decode(&bytes) {
                Ok(reply) => reply,
                Err(_) => return,
            },
            Err(IpcError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let (begins, ends) = (matches!(reply, Reply::Started(_)), reply.ends_job());
        let told = inbox.send(Arrival::Notice(Notice::Reply(worker, reply)));
        if begins {
            desk.job_begun();
        }
        if told.is_err() || (ends && desk.job_ended().is_err()) {
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
