//! Who does what, as a pure value: inputs go in, actions come out. No clock, no channel, no process, so that tests play
//! thousands of histories of crashes and stops through it.

mod feed;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::shard::Backlog;
use crate::failure::{Failure, FailureKind, Stage};
use crate::job::{Cost, JobId, Outcome, WorkerId};
use crate::units;

/// How a run is told to end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Hand out nothing more; finish what has been handed out.
    Drain,
    /// Kill the workers.
    Terminate,
}

/// How a worker was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Death {
    /// It never joined, for this reason.
    NeverJoined(String),
    /// Something in it failed: the job in hand is to blame. The text says how it ended.
    Crashed(String),
    /// Somebody else killed it: nobody is to blame.
    Killed(String),
    /// The job in hand took too long.
    TimedOut(String),
    /// The job in hand took more memory than the worker may have.
    OutOfMemory(String),
}

impl Death {
    /// How it ended, behind "the worker".
    fn how(&self) -> &str {
        match self {
            Self::NeverJoined(how)
            | Self::Crashed(how)
            | Self::Killed(how)
            | Self::TimedOut(how)
            | Self::OutOfMemory(how) => how,
        }
    }

    /// What it is for the job that was in hand.
    fn kind(&self) -> FailureKind {
        match self {
            Self::NeverJoined(_) | Self::Crashed(_) | Self::Killed(_) => FailureKind::WorkerLost,
            Self::TimedOut(_) => FailureKind::TimedOut,
            Self::OutOfMemory(_) => FailureKind::OutOfMemory,
        }
    }
}

/// How much of the run's memory a worker may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Room {
    /// An equal share, beside the others.
    #[default]
    Share,
    /// All of it, alone.
    Whole,
}

/// What a schedule keeps to.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Workers at a time, and threads that may run.
    pub workers: u16,
    /// Bytes of memory for all workers together.
    pub memory: u64,
    /// How often a job that took its worker along is tried again.
    pub retries: u8,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A worker can be given work.
    Ready(WorkerId),
    /// A worker begins a job.
    Started(WorkerId, JobId),
    /// The job a worker has in hand has reached a stage.
    Entered(WorkerId, JobId, Stage),
    /// A worker is through with a job.
    Ended(WorkerId, JobId, Outcome),
    /// A worker has not begun a job that would need so many bytes of memory.
    TooBig(WorkerId, JobId, u64),
    /// A worker is gone.
    Lost(WorkerId, Death),
    /// The run is told to end.
    Stop(Stop),
}

/// What is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start a worker.
    Spawn(WorkerId, Room),
    /// Hand over jobs, and the number of threads for each.
    Assign(WorkerId, Vec<JobId>, u16),
    /// Dismiss a worker that has nothing to do.
    Retire(WorkerId),
    /// End a worker that broke the rules, or must not go on.
    Kill(WorkerId),
    /// A job took its worker along and will be tried again.
    Retry(JobId, Failure),
    /// A job has ended. Each job meets this once at most; exactly once if the run is not stopped.
    Settle(JobId, Outcome),
    /// Workers die before they can do anything: the run cannot go on.
    GiveUp(String),
}

/// A job may lose this many workers to killers from outside before that looks like its own doing.
const MOST_KILLS: u8 = 20;

/// Workers lost in a row without a single job coming to an end, before the run is given up.
const MOST_FRUITLESS: u32 = 5;

/// The same where somebody kills them.
const MOST_FRUITLESS_KILLS: u32 = 200;

/// A worker makes room for a fresh one after so many jobs.
const MOST_JOBS: u32 = 1000;

/// A worker as the schedule sees it.
#[derive(Debug, Default)]
struct Seat {
    ready: bool,
    /// Handed over, not ended; the first may be in hand.
    assigned: VecDeque<JobId>,
    /// The job it has begun, and the stage it was last seen in.
    in_hand: Option<(JobId, Stage)>,
    threads: u16,
    room: Room,
    /// How many jobs it has ended.
    ended: u32,
    /// It has been given something before: it is no longer fresh.
    used: bool,
    /// It does one suspicious job and nothing beside it.
    solo: bool,
    /// It was told to leave, or killed for this reason.
    leaving: bool,
    condemned: Option<String>,
}

impl Seat {
    /// Whether it has done enough: what one image may have done to it is not kept for ever.
    fn is_spent(&self) -> bool {
        self.ended >= MOST_JOBS || (self.room == Room::Whole && self.used)
    }

    /// Whether it may be given anything: a worker that was told to leave, or is being killed, takes work to its grave.
    fn is_staying(&self) -> bool {
        !self.leaving && self.condemned.is_none()
    }

    fn is_idle(&self) -> bool {
        self.ready && self.is_staying() && self.assigned.is_empty()
    }

    /// Whether a shard may wait with it while it finishes the last job of the one before.
    fn can_prefetch(&self) -> bool {
        self.ready
            && self.is_staying()
            && !self.solo
            && !self.is_spent()
            && self.assigned.len() == 1
            && self.in_hand.is_some()
    }
}

/// Who does what. See the module's documentation.
#[derive(Debug)]
pub struct Scheduler {
    terms: Terms,
    backlog: Backlog,
    /// Came back from lost workers, through no fault of theirs; they go first.
    returned: VecDeque<JobId>,
    /// Took a worker along; tried once more, alone, in a fresh worker.
    suspects: VecDeque<JobId>,
    /// Need more memory than a share; done one by one when all else is done, each alone in a fresh worker.
    giants: VecDeque<JobId>,
    strikes: HashMap<JobId, u8>,
    kills: HashMap<JobId, u8>,
    seats: BTreeMap<WorkerId, Seat>,
    next_worker: u32,
    fruitless: u32,
    fruitless_kills: u32,
    stop: Option<Stop>,
    given_up: bool,
}

impl Scheduler {
    /// A schedule of `jobs`, on workers of one thread each or more where there are few jobs.
    pub fn new(jobs: impl IntoIterator<Item = (JobId, Cost)>, terms: Terms) -> Self {
        let workers = terms.workers.max(1);
        Self {
            terms: Terms { workers, ..terms },
            backlog: Backlog::new(jobs),
            returned: VecDeque::new(),
            suspects: VecDeque::new(),
            giants: VecDeque::new(),
            strikes: HashMap::new(),
            kills: HashMap::new(),
            seats: BTreeMap::new(),
            next_worker: 0,
            fruitless: 0,
            fruitless_kills: 0,
            stop: None,
            given_up: false,
        }
    }

    /// Gives the first worker this number, and those that follow the numbers that follow.
    pub fn number_from(&mut self, first: u32) {
        self.next_worker = first;
    }

    /// The first actions: start as many workers as there is work for.
    pub fn start(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        self.feed(&mut actions);
        actions
    }

    /// Whether nothing more will come: all jobs are settled, or the run is stopped and nothing is in hand.
    pub fn is_finished(&self) -> bool {
        let idle = self.seats.values().all(|seat| seat.assigned.is_empty());
        match self.stop {
            Some(Stop::Terminate) => self.seats.is_empty(),
            Some(Stop::Drain) => idle,
            None => self.given_up || (idle && self.waiting() == 0),
        }
    }

    /// What a worker was condemned for, if it was.
    pub fn crime_of(&self, worker: WorkerId) -> Option<&str> {
        self.seats.get(&worker)?.condemned.as_deref()
    }

    /// Takes what happened, says what to do.
    pub fn handle(&mut self, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::Ready(worker) => self.ready(worker),
            Input::Started(worker, job) => self.started(worker, job, &mut actions),
            Input::Entered(worker, job, stage) => self.entered(worker, job, stage, &mut actions),
            Input::Ended(worker, job, outcome) => self.ended(worker, job, outcome, &mut actions),
            Input::TooBig(worker, job, need) => self.too_big(worker, job, need, &mut actions),
            Input::Lost(worker, death) => self.lost(worker, death, &mut actions),
            Input::Stop(stop) => self.stopped(stop, &mut actions),
        }
        self.feed(&mut actions);
        actions
    }

    fn waiting(&self) -> usize {
        self.ordinary() + self.giants.len()
    }

    /// Waiting jobs that a share of the memory does for, as far as is known.
    fn ordinary(&self) -> usize {
        self.backlog.len() + self.returned.len() + self.suspects.len()
    }

    fn ready(&mut self, worker: WorkerId) {
        if let Some(seat) = self.seats.get_mut(&worker) {
            seat.ready = true;
        }
    }

    fn started(&mut self, worker: WorkerId, job: JobId, actions: &mut Vec<Action>) {
        let Some(seat) = self.seats.get_mut(&worker) else {
            return;
        };
        if seat.in_hand.is_none() && seat.assigned.front() == Some(&job) {
            seat.in_hand = Some((job, Stage::Decode));
        } else {
            condemn(
                worker,
                seat,
                format!("began {job}, which was not its next"),
                actions,
            );
        }
    }

    fn entered(&mut self, worker: WorkerId, job: JobId, stage: Stage, actions: &mut Vec<Action>) {
        let Some(seat) = self.seats.get_mut(&worker) else {
            return;
        };
        match &mut seat.in_hand {
            Some((current, reached)) if *current == job => *reached = stage,
            _ => condemn(
                worker,
                seat,
                format!("spoke of {job}, which it had not begun"),
                actions,
            ),
        }
    }

    fn ended(&mut self, worker: WorkerId, job: JobId, outcome: Outcome, actions: &mut Vec<Action>) {
        if self.put_down(worker, job, actions).is_some() {
            self.strikes.remove(&job);
            self.kills.remove(&job);
            actions.push(Action::Settle(job, outcome));
        }
    }

    /// A job that needs more than a share waits until it can have all; one that needs more than all has failed.
    fn too_big(&mut self, worker: WorkerId, job: JobId, need: u64, actions: &mut Vec<Action>) {
        let Some(room) = self.put_down(worker, job, actions) else {
            return;
        };
        let memory = self.terms.memory;
        if need <= memory && room == Room::Share {
            self.giants.push_back(job);
            return;
        }
        let reason = format!(
            "it would need about {} of memory, and there is {}",
            units::memory(need),
            units::memory(memory)
        );
        let failure = Failure::new(Stage::Decode, FailureKind::OutOfMemory, reason);
        actions.push(Action::Settle(job, Outcome::Failed(failure)));
    }

    /// A worker is through with the job in hand. None if that was not its job: then it does not count, and the worker
    /// is ended.
    fn put_down(
        &mut self,
        worker: WorkerId,
        job: JobId,
        actions: &mut Vec<Action>,
    ) -> Option<Room> {
        let seat = self.seats.get_mut(&worker)?;
        if seat.condemned.is_some() {
            return None; // what a worker says that broke the rules does not count
        }
        if seat.in_hand.is_none_or(|(current, _)| current != job) {
            let crime = format!("ended {job}, which it had not begun");
            condemn(worker, seat, crime, actions);
            return None;
        }
        seat.in_hand = None;
        seat.ended += 1;
        seat.assigned.pop_front();
        if seat.assigned.is_empty() {
            seat.solo = false;
        }
        self.fruitless = 0;
        self.fruitless_kills = 0;
        Some(seat.room)
    }

    fn lost(&mut self, worker: WorkerId, death: Death, actions: &mut Vec<Action>) {
        let Some(mut seat) = self.seats.remove(&worker) else {
            return;
        };
        let death = match seat.condemned.take() {
            Some(crime) => Death::Crashed(format!("broke the protocol: {crime}")),
            None => death,
        };
        if let Some((job, stage)) = seat.in_hand {
            seat.assigned.pop_front();
            self.blame(job, stage, seat.room, &death, actions);
        } else if !seat.leaving && self.stop != Some(Stop::Terminate) {
            self.lost_without_work(&death, actions);
        }
        // The rest had no part in it: back to the front, in their order.
        for job in seat.assigned.into_iter().rev() {
            self.returned.push_front(job);
        }
    }

    fn blame(
        &mut self,
        job: JobId,
        stage: Stage,
        room: Room,
        death: &Death,
        actions: &mut Vec<Action>,
    ) {
        let reason = format!("the worker {}", death.how());
        let failure = Failure::new(stage, death.kind(), reason);
        if self.stop == Some(Stop::Terminate) {
            return self.returned.push_front(job);
        }
        // All the memory may do where a share did not.
        let escapes = matches!(death, Death::OutOfMemory(_)) && room == Room::Share;
        let (count, enough) = match death {
            Death::Killed(_) => (self.kills.entry(job).or_default(), MOST_KILLS),
            Death::NeverJoined(_)
            | Death::Crashed(_)
            | Death::TimedOut(_)
            | Death::OutOfMemory(_) => {
                let strikes = self.terms.retries.saturating_add(1);
                (self.strikes.entry(job).or_default(), strikes)
            }
        };
        *count += 1;
        if *count >= enough && !escapes {
            actions.push(Action::Settle(job, quarantined(failure, *count)));
            return;
        }
        if escapes || room == Room::Whole {
            self.giants.push_back(job);
        } else if matches!(death, Death::Killed(_)) {
            self.returned.push_front(job);
        } else {
            self.suspects.push_back(job);
        }
        // A run that is being stopped tries nothing again.
        if self.stop.is_none() {
            actions.push(Action::Retry(job, failure));
        }
    }

    fn lost_without_work(&mut self, death: &Death, actions: &mut Vec<Action>) {
        let others = self
            .seats
            .values()
            .filter(|seat| seat.ready && !seat.leaving);
        if let (Death::NeverJoined(_), others @ 1..) = (death, others.count()) {
            // The system has no room for more workers: those there are do the rest.
            self.terms.workers = u16::try_from(others).unwrap_or(u16::MAX);
            return;
        }
        let (count, most) = match death {
            Death::Killed(_) => (&mut self.fruitless_kills, MOST_FRUITLESS_KILLS),
            Death::NeverJoined(_)
            | Death::Crashed(_)
            | Death::TimedOut(_)
            | Death::OutOfMemory(_) => (&mut self.fruitless, MOST_FRUITLESS),
        };
        *count += 1;
        if *count >= most && !self.given_up {
            self.given_up = true;
            actions.push(Action::GiveUp(death.how().to_owned()));
        }
    }

    fn stopped(&mut self, stop: Stop, actions: &mut Vec<Action>) {
        self.stop = self.stop.max(Some(stop));
        if self.stop == Some(Stop::Terminate) {
            for (worker, seat) in &mut self.seats {
                seat.leaving = true;
                actions.push(Action::Kill(*worker));
            }
        }
    }
}

/// The end of a job that no worker survives.
fn quarantined(mut failure: Failure, count: u8) -> Outcome {
    let workers = if count == 1 { "worker" } else { "workers" };
    let cause = format!("cost {count} {workers}, and is quarantined");
    failure.causes.insert(0, cause);
    Outcome::Failed(failure)
}

fn condemn(worker: WorkerId, seat: &mut Seat, crime: String, actions: &mut Vec<Action>) {
    if seat.condemned.is_none() {
        seat.condemned = Some(crime);
        actions.push(Action::Kill(worker));
    }
}
