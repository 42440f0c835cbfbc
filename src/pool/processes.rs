use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use ipc_channel::ipc::IpcBytesSender;
use shared_child::SharedChild;

use super::desk::Desk;
use super::join::Slot;
use super::{Notice, Workers};
use crate::job::WorkerId;
use crate::protocol::{self, Command, ProtocolError, Setup, Shard};
use crate::sandbox::{Confinement, Policy, Posture};

/// How many messages may wait for the coordinator. Readers wait when it is full, and the workers behind them: a slow
/// terminal slows the work, it never fills the memory.
const INBOX: usize = 1024;

/// How long a dismissed worker may take to leave.
const GRACE: Duration = Duration::from_secs(1);

/// How worker processes are started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program: this very one, started again.
    pub program: PathBuf,
    /// What makes it a worker, before the server's name.
    pub arguments: Vec<OsString>,
    /// How long a worker may take to say hello. It takes some two milliseconds.
    pub join_within: Duration,
}

/// `--isolation process`: workers that are processes of their own.
///
/// Each has two threads here. One starts it, meets it, and stays until it has ended (on Linux a worker dies with the
/// *thread* that started it); the other does nothing but read its replies.
#[derive(Debug)]
pub struct Processes {
    launch: Arc<Launch>,
    /// What holds for the run, as it is sent.
    setup: Arc<[u8]>,
    timeout: Option<Duration>,
    policy: Policy,
    seats: HashMap<WorkerId, Seat>,
    notices: Receiver<Arrival>,
    inbox: Sender<Arrival>,
}

/// One worker's place.
#[derive(Debug)]
struct Seat {
    child: Arc<OnceLock<SharedChild>>,
    desk: Arc<Desk>,
    commands: Option<IpcBytesSender>,
    /// It may have been told to go before it joined.
    dismissed: Dismissed,
}

/// Whether a worker was told to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dismissed {
    No,
    ToLeave,
    ToDie,
}

/// What the threads around a worker report.
pub(super) enum Arrival {
    /// It said hello.
    Joined {
        worker: WorkerId,
        pid: u32,
        posture: Posture,
        commands: IpcBytesSender,
    },
    /// Anything else.
    Notice(Notice),
}

impl Processes {
    /// A crew without members. A worker is ended if a job takes more CPU time than `timeout` for each of its threads,
    /// and not let in if it is less confined than `policy` asks for.
    ///
    /// # Errors
    /// The setup is longer than a worker takes.
    pub fn new(
        launch: Launch,
        setup: &Setup,
        timeout: Option<Duration>,
        policy: Policy,
    ) -> Result<Self, ProtocolError> {
        let (inbox, notices) = bounded(INBOX);
        Ok(Self {
            launch: Arc::new(launch),
            setup: setup.to_bytes()?.into(),
            timeout,
            policy,
            seats: HashMap::new(),
            notices,
            inbox,
        })
    }

    /// Seats a worker that has joined.
    fn seat(&mut self, worker: WorkerId, commands: IpcBytesSender) {
        let Some(seat) = self.seats.get_mut(&worker) else {
            return;
        };
        match seat.dismissed {
            Dismissed::No => {}
            // The channel closes here, and it leaves.
            Dismissed::ToLeave => return,
            Dismissed::ToDie => {
                drop(commands);
                return self.kill(worker);
            }
        }
        seat.commands = Some(commands);
    }
}

/// Whether the worker could be told. One that could not is dead or dying, and its end will be reported.
pub(super) fn say(commands: &IpcBytesSender, command: &Command) -> bool {
    protocol::encode(command).is_ok_and(|bytes| commands.send(&bytes).is_ok())
}

#[cfg(unix)]
fn freeze(child: &SharedChild, frozen: bool) {
    use shared_child::unix::SharedChildExt;
    let signal = if frozen { libc::SIGSTOP } else { libc::SIGCONT };
    // Fails only when it has ended already.
    let _heard = child.send_signal(signal);
}

/// Elsewhere there is no job control.
#[cfg(not(unix))]
fn freeze(_child: &SharedChild, _frozen: bool) {}

impl Workers for Processes {
    fn spawn(&mut self, worker: WorkerId, memory: u64) {
        let slot = Slot {
            worker,
            launch: Arc::clone(&self.launch),
            setup: Arc::clone(&self.setup),
            confinement: Confinement {
                policy: self.policy,
                memory: Some(memory),
            },
            timeout: self.timeout,
            seat: Arc::new(OnceLock::new()),
            desk: Arc::new(Desk::new()),
            inbox: self.inbox.clone(),
        };
        self.seats.insert(
            worker,
            Seat {
                child: Arc::clone(&slot.seat),
                desk: Arc::clone(&slot.desk),
                commands: None,
                dismissed: Dismissed::No,
            },
        );
        thread::spawn(move || slot.attend());
    }

    fn assign(&mut self, worker: WorkerId, shard: Shard) {
        let Some(seat) = self.seats.get_mut(&worker) else {
            return;
        };
        let Some(commands) = &seat.commands else {
            return;
        };
        seat.desk.put(&shard);
        if !say(commands, &Command::Shard(shard)) {
            // A worker that cannot be told what to do must not be left waiting.
            self.kill(worker);
        }
    }

    fn retire(&mut self, worker: WorkerId) {
        if let Some(seat) = self.seats.get_mut(&worker) {
            seat.commands = None;
            seat.dismissed = Dismissed::ToLeave;
        }
    }

    fn kill(&mut self, worker: WorkerId) {
        if let Some(seat) = self.seats.get_mut(&worker) {
            seat.commands = None;
            seat.dismissed = Dismissed::ToDie;
            if let Some(child) = seat.child.get() {
                // Fails only when it has ended already.
                let _dead = child.kill();
            }
        }
    }

    fn freeze(&mut self, frozen: bool) {
        for child in self.seats.values().filter_map(|seat| seat.child.get()) {
            freeze(child, frozen);
        }
    }

    fn wait(&mut self, timeout: Duration) -> Option<Notice> {
        match self.notices.recv_timeout(timeout).ok()? {
            Arrival::Joined {
                worker,
                pid,
                posture,
                commands,
            } => {
                self.seat(worker, commands);
                Some(Notice::Ready {
                    worker,
                    pid,
                    posture,
                })
            }
            Arrival::Notice(notice) => {
                if let Notice::Lost(worker, _) = &notice {
                    self.seats.remove(worker);
                }
                Some(notice)
            }
        }
    }
}

impl Processes {
    /// Waits until the workers that are still seated have ended, `patience` at the most.
    fn see_off(&mut self, patience: Duration) {
        let start = Instant::now();
        while !self.seats.is_empty() && start.elapsed() < patience {
            self.wait(Duration::from_millis(20));
        }
    }
}

impl Drop for Processes {
    /// Nobody is left behind, and everybody's CPU time is accounted for: workers leave when their channel closes, and
    /// whoever does not is killed.
    fn drop(&mut self) {
        let workers: Vec<WorkerId> = self.seats.keys().copied().collect();
        for worker in &workers {
            self.retire(*worker);
        }
        self.see_off(GRACE);
        for worker in &workers {
            self.kill(*worker);
        }
        self.see_off(GRACE);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::pipeline::Recipe;
    use crate::pool::{End, JoinError, Loss};

    /// What becomes of a worker that is this shell script.
    fn loss_of(program: &str, script: &str, join_within: Duration) -> Loss {
        let launch = Launch {
            program: program.into(),
            arguments: vec!["-c".into(), script.into()],
            join_within,
        };
        let recipe = Recipe::default();
        let durable = false;
        let setup = Setup { recipe, durable };
        let workers = Processes::new(launch, &setup, None, Policy::Auto);
        let mut workers = workers.expect("a short setup");
        workers.spawn(WorkerId(0), 1 << 30);
        match workers.wait(Duration::from_secs(30)) {
            Some(Notice::Lost(_, loss)) => loss,
            other => panic!("{other:?}"),
        }
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_worker_that_dies_before_it_joins_is_noticed_at_once() {
        let start = Instant::now();
        let loss = loss_of("/bin/sh", "echo no such luck >&2; exit 3", LONG);
        assert!(
            matches!(loss.end, End::NeverJoined(JoinError::LeftEarly(_))),
            "{loss:?}"
        );
        assert_eq!(loss.last_words, "no such luck");
        assert!(start.elapsed() < LONG / 2);
    }

    #[test]
    fn a_worker_that_never_joins_is_killed_at_its_deadline() {
        let loss = loss_of("/bin/sh", "exec sleep 600", Duration::from_millis(100));
        assert!(
            matches!(loss.end, End::NeverJoined(JoinError::Silent(_))),
            "{loss:?}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let loss = loss_of("/no/such/program", "", LONG);
        assert!(
            loss.end.to_string().contains("/no/such/program"),
            "{}",
            loss.end
        );
    }
}
