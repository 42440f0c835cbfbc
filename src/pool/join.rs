//! One worker process from its start to its end, on a thread of its own.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use ipc_channel::ipc::IpcBytesSender;
use shared_child::SharedChild;

use super::desk::Desk;
use super::hear::{self, Ending};
use super::processes::{self, Arrival, Launch};
use super::rendezvous::Rendezvous;
use super::watch::{TICK, Watch};
use super::{End, JoinError, Loss, Notice};
use crate::alloc;
use crate::job::WorkerId;
use crate::protocol::{self, SetupPart};
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
    pub(super) setup: Arc<[u8]>,
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
            Err(error) => return turn_away(child, error),
        };
        if !hello.posture.satisfies(self.confinement.policy) {
            let missing = hello.posture.shortfall();
            return turn_away(child, JoinError::Unconfined(missing));
        }
        if let Err(error) = self.brief(&hello.commands) {
            return turn_away(child, error);
        }
        let joined = Arrival::Joined {
            worker: self.worker,
            pid: hello.pid,
            posture: hello.posture,
            commands: hello.commands,
        };
        let _heard = self.inbox.send(joined);
        let (desk, inbox) = (Arc::clone(&self.desk), self.inbox.clone());
        match hear::listen(self.worker, hello.replies, desk, inbox) {
            Ok(ear) => self.watch(child, &ear.ended),
            Err(error) => turn_away(child, JoinError::Rendezvous(error)),
        }
    }

    /// Tells the worker what holds for the run. It has seen no picture yet, so that it can be trusted to listen; one that
    /// does not, because somebody has stopped it, is not waited for any longer than for its hello. One that has died
    /// cannot be told: its end is seen by who watches it.
    fn brief(&self, commands: &IpcBytesSender) -> Result<(), JoinError> {
        let within = self.launch.join_within;
        let (commands, setup) = (commands.clone(), Arc::clone(&self.setup));
        let (sender, told) = bounded(1);
        thread::spawn(move || {
            let mut parts = SetupPart::all(&setup).map(protocol::Command::Setup);
            let _all = parts.all(|part| processes::say(&commands, &part));
            let _told = sender.send(());
        });
        let told = told.recv_timeout(within);
        told.map_err(|_| JoinError::Deaf(within))
    }

    /// Serves the worker until it ends. It is killed when it exceeds what it is allowed, and when it does not listen or
    /// cannot be listened to any more.
    fn watch(&self, child: &SharedChild, heard: &Receiver<Ending>) -> End {
        let exited = self.await_exit();
        let mut watch = Watch::new(self.timeout, self.confinement.memory);
        let verdict = loop {
            crossbeam_channel::select! {
                recv(exited) -> status => {
                    // Its last replies were sent before it died: they count, and so does what it did beside them.
                    return match heard.recv_timeout(LAST_REPLIES) {
                        Ok(ending) if ending.is_violation() => End::Violated(ending.to_string()),
                        _ => self.end_of(status.ok()),
                    };
                }
                recv(heard) -> ending => break self.parting(ending.unwrap_or(Ending::Closed), &exited),
                recv(self.desk.bell()) -> _ => if self.desk.hand_over().is_err() {
                    break self.parting(Ending::Deaf, &exited);
                },
                default(TICK) => if let Some(end) = watch.look(child.id(), &self.desk) {
                    break end;
                } else if self.desk.hand_over().is_err() {
                    break self.parting(Ending::Deaf, &exited);
                },
            }
        };
        // Fails only when it has ended already.
        let _dead = child.kill();
        let _reaped = exited.recv_timeout(UNKILLABLE);
        // What it said before its verdict counts, and what it did beside that explains it better.
        match heard.recv_timeout(LAST_REPLIES) {
            Ok(ending) if ending.is_violation() => End::Violated(ending.to_string()),
            _ => verdict,
        }
    }

    /// How a worker ended with whom there is no speaking any more: by itself, if it does so soon.
    fn parting(&self, ending: Ending, exited: &Receiver<ExitStatus>) -> End {
        if !ending.is_violation()
            && let Ok(status) = exited.recv_timeout(LAST_REPLIES)
        {
            return self.end_of(Some(status));
        }
        End::Violated(ending.to_string())
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

    fn end_of(&self, status: Option<ExitStatus>) -> End {
        let Some(status) = status else {
            return End::Unknown;
        };
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return End::Signalled(signal);
        }
        match (status.code(), self.confinement.memory) {
            (Some(alloc::OUT_OF_MEMORY), Some(memory)) => End::OverMemory(memory),
            (Some(code), _) => End::Exited(code),
            (None, _) => End::Unknown,
        }
    }
}

fn turn_away(child: &SharedChild, error: JoinError) -> End {
    let _reaped = child.kill().and_then(|()| child.wait());
    End::NeverJoined(error)
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
