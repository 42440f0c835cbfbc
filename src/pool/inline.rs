use std::collections::VecDeque;
use std::process;
use std::time::Duration;

use super::{End, Loss, Notice, Workers};
use crate::job::WorkerId;
use crate::protocol::{Setup, Shard, Task};
use crate::sandbox::Posture;
use crate::worker::{Bench, Files, Grant, perform};

/// `--isolation none`: one worker that is the calling thread. A job runs when there is nothing else to report.
#[derive(Debug)]
pub struct Inline {
    setup: Setup,
    grant: Grant,
    bench: Bench,
    tasks: VecDeque<(WorkerId, Task)>,
    notices: VecDeque<Notice>,
}

impl Inline {
    /// A crew of one.
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            grant: Grant::default(),
            bench: Bench {
                files: Files::Paths,
                memory: 0,
            },
            tasks: VecDeque::new(),
            notices: VecDeque::new(),
        }
    }
}

impl Inline {
    fn dismiss(&mut self, worker: WorkerId, end: End) {
        self.tasks.retain(|(owner, _)| *owner != worker);
        let last_words = String::new();
        self.notices
            .push_back(Notice::Lost(worker, Loss { end, last_words }));
    }
}

impl Workers for Inline {
    fn spawn(&mut self, worker: WorkerId, memory: u64) {
        self.bench.memory = memory;
        self.notices.push_back(Notice::Ready {
            worker,
            pid: process::id(),
            posture: Posture::THREAD,
        });
    }

    fn assign(&mut self, worker: WorkerId, shard: Shard) {
        self.tasks
            .extend(shard.tasks.into_iter().map(|task| (worker, task)));
    }

    fn retire(&mut self, worker: WorkerId) {
        self.dismiss(worker, End::Exited(0));
    }

    fn kill(&mut self, worker: WorkerId) {
        self.dismiss(worker, End::Unknown);
    }

    fn freeze(&mut self, _frozen: bool) {}

    fn wait(&mut self, _timeout: Duration) -> Option<Notice> {
        if self.notices.is_empty()
            && let Some((worker, task)) = self.tasks.pop_front()
        {
            let (setup, bench, notices) = (&self.setup, &self.bench, &mut self.notices);
            self.grant.run(1, || {
                perform(&task, setup, bench, &mut |reply| {
                    notices.push_back(Notice::Reply(worker, reply));
                });
            });
        }
        self.notices.pop_front()
    }
}
