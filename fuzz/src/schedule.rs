//! The scheduler, among workers that may say anything and die at any time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lightmill::coordinator::schedule::{Action, Death, Input, Room, Scheduler, Stop, Terms};
use lightmill::failure::{Failure, FailureKind, Stage};
use lightmill::image::Size;
use lightmill::job::{Cost, JobId, Outcome, WorkerId};

/// Whatever workers say, and whenever they die: no job is settled twice, no job is with two workers, no worker that
/// was dismissed is given anything, and the workers together never run more threads than were allowed. When those that
/// misbehaved are gone and their successors do as they are told, every job is settled, unless the run was stopped or
/// given up.
pub fn check(data: &[u8]) {
    let mut script = Script(data.iter());
    let limit = 1 + script.number() % 8;
    let count = script.number() % 80;
    let jobs: Vec<(JobId, Cost)> = (0..count).map(|job| (JobId(job), script.cost())).collect();
    let mut world = World::new(jobs, limit);
    while let Some(input) = script.input(&world) {
        world.take(input);
    }
    world.come_to_an_end();
}

/// Bytes as decisions; zeros when there are no more.
struct Script<'a>(std::slice::Iter<'a, u8>);

impl Script<'_> {
    fn number(&mut self) -> u32 {
        self.0.next().copied().unwrap_or_default().into()
    }

    fn cost(&mut self) -> Cost {
        let (work, length) = (self.number(), self.number());
        Cost {
            micros: u64::MAX.checked_shr(work).unwrap_or_default(),
            message_bytes: (length * length).try_into().unwrap_or_default(),
        }
    }

    /// What happens next; none when the bytes end. Half of the time it is what an honest worker would say.
    fn input(&mut self, world: &World) -> Option<Input> {
        let what = u32::from(*self.0.next()?);
        let (worker, job) = self.who(world);
        Some(match what % 12 {
            0..6 => world.honest(worker),
            6 => Input::Ready(worker),
            7 => Input::Started(worker, job),
            8 => Input::Entered(worker, job, Stage::Encode),
            9 if what > 128 => Input::TooBig(worker, job, u64::from(what)),
            9 => Input::Ended(worker, job, outcome(what)),
            10 => Input::Lost(worker, death(what)),
            _ if what > 250 => Input::Stop(Stop::Terminate),
            _ if what > 230 => Input::Stop(Stop::Drain),
            _ => Input::Lost(worker, Death::Killed("was ended".into())),
        })
    }

    /// A worker, mostly one that lives, and a job, mostly its own.
    fn who(&mut self, world: &World) -> (WorkerId, JobId) {
        let number = self.number();
        let living = world.workers.keys().nth((number & 7) as usize).copied();
        let worker = living.unwrap_or(WorkerId(number));
        let own = world
            .workers
            .get(&worker)
            .and_then(|member| member.queue.front());
        let job = own
            .copied()
            .filter(|_| number < 128)
            .unwrap_or(JobId(number & 127));
        (worker, job)
    }
}

fn outcome(what: u32) -> Outcome {
    if what > 128 {
        Outcome::Surveyed(Size::new(1, 1), Size::new(1, 1))
    } else {
        Outcome::Failed(Failure::new(
            Stage::Decode,
            FailureKind::Damaged,
            "bits missing",
        ))
    }
}

fn death(what: u32) -> Death {
    if what > 128 {
        Death::Crashed("was ended".into())
    } else {
        Death::NeverJoined("was not there".into())
    }
}

/// What all workers together may take.
const MEMORY: u64 = 200;

/// What the scheduler believes, kept by its actions.
struct World {
    scheduler: Scheduler,
    limit: u32,
    jobs: usize,
    workers: BTreeMap<WorkerId, Member>,
    spawned: BTreeSet<WorkerId>,
    settled: BTreeSet<JobId>,
    stopped: bool,
    gave_up: bool,
}

#[derive(Default)]
struct Member {
    ready: bool,
    queue: VecDeque<JobId>,
    in_hand: bool,
    threads: u16,
    dismissed: bool,
    condemned: bool,
}

impl World {
    fn new(jobs: Vec<(JobId, Cost)>, limit: u32) -> Self {
        let terms = Terms {
            workers: limit.try_into().unwrap_or(u16::MAX),
            memory: MEMORY,
            retries: 1,
        };
        let mut world = Self {
            jobs: jobs.len(),
            scheduler: Scheduler::new(jobs, terms),
            limit,
            workers: BTreeMap::new(),
            spawned: BTreeSet::new(),
            settled: BTreeSet::new(),
            stopped: false,
            gave_up: false,
        };
        let actions = world.scheduler.start();
        world.carry_out(actions);
        world
    }

    fn take(&mut self, input: Input) {
        match &input {
            Input::Ready(worker) => {
                self.workers
                    .entry(*worker)
                    .and_modify(|member| member.ready = true);
            }
            Input::Started(worker, job) => {
                if let Some(member) = self.workers.get_mut(worker) {
                    member.in_hand |= member.queue.front() == Some(job);
                }
            }
            Input::Lost(worker, _) => drop(self.workers.remove(worker)),
            Input::Stop(_) => self.stopped = true,
            Input::Entered(..) | Input::Ended(..) | Input::TooBig(..) => {}
        }
        let actions = self.scheduler.handle(input.clone());
        match (input, actions.first()) {
            (Input::Ended(worker, job, _), Some(Action::Settle(settled, _))) => {
                self.end(worker, job, *settled);
            }
            (Input::TooBig(worker, job, _), first) if !matches!(first, Some(Action::Kill(_))) => {
                self.put_back(worker, job);
            }
            _ => {}
        }
        self.carry_out(actions);
    }

    /// A worker's word that a job is too big for it was taken, if it had the job in hand.
    fn put_back(&mut self, worker: WorkerId, job: JobId) {
        if let Some(member) = self.workers.get_mut(&worker)
            && member.in_hand
            && !member.condemned
            && member.queue.front() == Some(&job)
        {
            member.queue.pop_front();
            member.in_hand = false;
        }
    }

    /// A worker's word that a job has ended was taken.
    fn end(&mut self, worker: WorkerId, job: JobId, settled: JobId) {
        let member = self
            .workers
            .get_mut(&worker)
            .expect("the dead are not believed");
        assert!(
            job == settled && member.in_hand,
            "{worker} had not begun {job}"
        );
        assert_eq!(member.queue.pop_front(), Some(job));
        member.in_hand = false;
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Spawn(worker, room) => {
                    assert!(self.spawned.insert(worker), "{worker} was there before");
                    assert!(
                        room == Room::Share || self.workers.is_empty(),
                        "{worker} may take all the memory, and is not alone"
                    );
                    self.workers.insert(worker, Member::default());
                }
                Action::Assign(worker, jobs, threads) => self.assign(worker, jobs, threads),
                Action::Retire(worker) => {
                    self.workers
                        .entry(worker)
                        .and_modify(|member| member.dismissed = true);
                }
                Action::Kill(worker) => {
                    self.workers.entry(worker).and_modify(|member| {
                        (member.dismissed, member.condemned) = (true, true);
                    });
                }
                Action::Settle(job, _) => assert!(self.settled.insert(job), "{job} settled twice"),
                Action::Retry(job, _) => assert!(!self.settled.contains(&job), "{job} was settled"),
                Action::GiveUp(_) => {
                    assert!(!self.gave_up, "given up twice");
                    self.gave_up = true;
                }
            }
        }
        let busy = self
            .workers
            .values()
            .filter(|member| !member.queue.is_empty());
        let threads: u32 = busy.map(|member| u32::from(member.threads)).sum();
        assert!(threads <= self.limit, "{threads} threads");
        assert!(
            self.workers.len() <= self.limit as usize,
            "{} workers",
            self.workers.len()
        );
    }

    fn assign(&mut self, worker: WorkerId, jobs: Vec<JobId>, threads: u16) {
        assert!(!jobs.is_empty() && threads > 0);
        for job in &jobs {
            assert!(!self.settled.contains(job), "{job} was settled");
            let held = self
                .workers
                .values()
                .any(|member| member.queue.contains(job));
            assert!(!held, "{job} is with a worker");
        }
        let member = self
            .workers
            .get_mut(&worker)
            .expect("the dead are given nothing");
        assert!(
            member.ready && !member.dismissed,
            "{worker} cannot be given work"
        );
        assert!(member.queue.len() <= 1, "{worker} has a shard waiting");
        member.queue.extend(jobs);
        member.threads = threads;
    }

    /// What a worker says that does as it is told.
    fn honest(&self, worker: WorkerId) -> Input {
        let Some(member) = self.workers.get(&worker) else {
            return Input::Ready(worker);
        };
        match member.queue.front() {
            _ if member.dismissed => Input::Lost(worker, Death::Killed("was dismissed".into())),
            Some(job) if member.in_hand => Input::Ended(worker, *job, outcome(u32::MAX)),
            Some(job) => Input::Started(worker, *job),
            None => Input::Ready(worker),
        }
    }

    /// All that are there now die; those that come in their place do as they are told.
    fn come_to_an_end(mut self) {
        let living: Vec<WorkerId> = self.workers.keys().copied().collect();
        for worker in living {
            self.take(Input::Lost(worker, Death::Killed("was ended".into())));
        }
        for _ in 0..self.jobs * 16 + 16 {
            if self.scheduler.is_finished() {
                break;
            }
            let living: Vec<WorkerId> = self.workers.keys().copied().collect();
            for worker in living {
                let input = self.honest(worker);
                self.take(input);
            }
        }
        assert!(self.scheduler.is_finished(), "it does not come to an end");
        let all = self.settled.len() == self.jobs;
        assert!(
            all || self.stopped || self.gave_up,
            "{} settled",
            self.settled.len()
        );
    }
}
