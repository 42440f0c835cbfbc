//! One worker process from its start to its end, on a thread of its own.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use shared_child::SharedChild;

use super::hear::{self, Credit, Ending};
use super::processes::{Arrival, Launch};
use super::rendezvous::Rendezvous;
use super::{End, JoinError, Loss, Notice};
use crate::job::WorkerId;
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
    credit: Arc<Credit>,
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
                credit,
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
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.arguments)
        .arg(rendezvous.name())
        .arg(process::id().to_string())
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
    credit: Arc<Credit>,
    inbox: &Sender<Arrival>,
) -> End {
    let hello = match rendezvous.meet(child, launch.join_within) {
        Ok(hello) => hello,
        Err(error) => return turn_away(child, error),
    };
    let joined = Arrival::Joined {
        worker,
        pid: hello.pid,
        posture: hello.posture,
        commands: hello.commands,
    };
    let _heard = inbox.send(joined);
    match hear::listen(worker, hello.replies, credit, inbox.clone()) {
        Ok(ear) => watch(child, &ear.ended),
        Err(error) => turn_away(child, JoinError::Rendezvous(error)),
    }
}

fn turn_away(child: &SharedChild, error: JoinError) -> End {
    let _reaped = child.kill().and_then(|()| child.wait());
    End::NeverJoined(error)
}

/// Waits for the worker's end. If its replies end first, it has closed its channel or broken the rules: it is killed.
fn watch(child: &SharedChild, finished: &Receiver<Ending>) -> End {
    thread::scope(|scope| {
        let (sender, exited) = bounded(1);
        scope.spawn(move || {
            let _told = sender.send(child.wait());
        });
        let by_itself = |status: io::Result<ExitStatus>| status.map_or(End::Unknown, end_of);
        crossbeam_channel::select! {
            recv(exited) -> status => {
                // Its last replies were sent before it died: they count, and so does what it did beside them.
                match finished.recv_timeout(LAST_REPLIES) {
                    Ok(ending) if ending.is_violation() => End::Violated(ending.to_string()),
                    _ => status.map_or(End::Unknown, by_itself),
                }
            }
            recv(finished) -> ending => {
                let ending = ending.unwrap_or(Ending::Closed);
                if !ending.is_violation() && let Ok(status) = exited.recv_timeout(LAST_REPLIES) {
                    return by_itself(status);
                }
                let _dead = child.kill();
                let _status = exited.recv();
                End::Violated(ending.to_string())
            }
        }
    })
}

fn end_of(status: ExitStatus) -> End {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return End::Signalled(signal);
    }
    status.code().map_or(End::Unknown, End::Exited)
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
