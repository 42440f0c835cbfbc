use std::collections::HashMap;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::{End, JoinError, Loss, Notice, Workers};
use crate::job::WorkerId;
use crate::protocol::{Setup, Shard};
use crate::sandbox::Posture;
use crate::worker::{Bench, Files, Grant, perform};

/// `--isolation thread`: workers that are threads of the coordinator. A panic costs one image; a crash costs the run.
#[derive(Debug)]
pub struct Threads {
    setup: Arc<Setup>,
    shards: HashMap<WorkerId, Sender<Shard>>,
    notices: Receiver<Notice>,
    inbox: Sender<Notice>,
}

impl Threads {
    /// A crew without members.
    pub fn new(setup: Setup) -> Self {
        let (inbox, notices) = unbounded();
        Self {
            setup: Arc::new(setup),
            shards: HashMap::new(),
            notices,
            inbox,
        }
    }
}

impl Threads {
    /// A thread ends when it has nothing more to do; whatever it says until then is not listened to.
    fn dismiss(&mut self, worker: WorkerId, end: End) {
        if self.shards.remove(&worker).is_some() {
            let last_words = String::new();
            let _kept = self
                .inbox
                .send(Notice::Lost(worker, Loss { end, last_words }));
        }
    }
}

impl Workers for Threads {
    fn spawn(&mut self, worker: WorkerId, memory: u64) {
        let (sender, shards) = unbounded();
        let (setup, inbox) = (Arc::clone(&self.setup), self.inbox.clone());
        let started = thread::Builder::new()
            .name(format!("lightmill-{}", worker.0))
            .spawn(move || serve(worker, memory, &setup, &shards, &inbox));
        let notice = match started {
            Ok(_) => {
                self.shards.insert(worker, sender);
                Notice::Ready {
                    worker,
                    pid: process::id(),
                    posture: Posture::THREAD,
                }
            }
            Err(source) => {
                let program = "a thread".to_owned();
                let end = End::NeverJoined(JoinError::Spawn { program, source });
                let last_words = String::new();
                Notice::Lost(worker, Loss { end, last_words })
            }
        };
        // The receiver is ours: it cannot be gone.
        let _kept = self.inbox.send(notice);
    }

    fn assign(&mut self, worker: WorkerId, shard: Shard) {
        if let Some(sender) = self.shards.get(&worker) {
            let _heard = sender.send(shard);
        }
    }

    fn retire(&mut self, worker: WorkerId) {
        self.dismiss(worker, End::Exited(0));
    }

    fn kill(&mut self, worker: WorkerId) {
        self.dismiss(worker, End::Unknown);
    }

    fn freeze(&mut self, _frozen: bool) {}

    fn wait(&mut self, timeout: Duration) -> Option<Notice> {
        self.notices.recv_timeout(timeout).ok()
    }
}

fn serve(
    worker: WorkerId,
    memory: u64,
    setup: &Setup,
    shards: &Receiver<Shard>,
    inbox: &Sender<Notice>,
) {
    let files = Files::Paths;
    let bench = Bench { files, memory };
    let mut grant = Grant::default();
    for shard in shards {
        for task in &shard.tasks {
            grant.run(shard.threads, || {
                perform(task, setup, &bench, &mut |reply| {
                    // A coordinator that has gone on without us does not listen.
                    let _heard = inbox.send(Notice::Reply(worker, reply));
                });
            });
        }
    }
}
