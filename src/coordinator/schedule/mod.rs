//! Who does what, as a pure value: inputs go in, actions come out. No clock, no channel, no process, so that tests play
//! thousands of histories of crashes and stops through it.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::shard::Backlog;
use crate::failure::{Failure, FailureKind, Stage};
use crate::job::{Cost, JobId, Outcome, WorkerId};

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
    /// A worker is gone.
    Lost(WorkerId, Death),
    /// The run is told to end.
    Stop(Stop),
}

/// What is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start a worker.
    Spawn(WorkerId),
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

/// A job may cost this many workers before it is quarantined.
const STRIKES: u8 = 2;

/// A job may lose this many workers to killers from outside before that looks like its own doing.
const MOST_KILLS: u8 = 20;

/// Workers lost in a row without a single job coming to an end, before the run is given up.
const MOST_FRUITLESS: u32 = 5;

/// The same where somebody kills them.
const MOST_FRUITLESS_KILLS: u32 = 200;

/// A worker as the schedule sees it.
#[derive(Debug, Default)]
struct Seat {
    ready: bool,
    /// Handed over, not ended; the first may be in hand.
    assigned: VecDeque<JobId>,
    /// The job it has begun, and the stage it was last seen in.
    in_hand: Option<(JobId, Stage)>,
    threads: u16,
    /// It has been given something before: it is no longer fresh.
    used: bool,
    /// It does one suspicious job and nothing beside it.
    solo: bool,
    /// It was told to leave, or killed for this reason.
    leaving: bool,
    condemned: Option<String>,
}

impl Seat {
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
            && self.assigned.len() == 1
            && self.in_hand.is_some()
    }
}

/// Who does what. See the module's documentation.
#[derive(Debug)]
pub struct Scheduler {
    jobs: u16,
    backlog: Backlog,
    /// Came back from lost workers, through no fault of theirs; they go first.
    returned: VecDeque<JobId>,
    /// Took a worker along; tried once more, alone, in a fresh worker.
    suspects: VecDeque<JobId>,
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
    /// A schedule of `jobs` on at most `workers` workers, of one thread each or more where there are few jobs.
    pub fn new(jobs: impl IntoIterator<Item = (JobId, Cost)>, workers: u16) -> Self {
        Self {
            jobs: workers.max(1),
            backlog: Backlog::new(jobs),
            returned: VecDeque::new(),
            suspects: VecDeque::new(),
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

    /// Takes what happened, says what to do.
    pub fn handle(&mut self, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::Ready(worker) => self.ready(worker),
            Input::Started(worker, job) => self.started(worker, job, &mut actions),
            Input::Entered(worker, job, stage) => self.entered(worker, job, stage, &mut actions),
            Input::Ended(worker, job, outcome) => self.ended(worker, job, outcome, &mut actions),
            Input::Lost(worker, death) => self.lost(worker, death, &mut actions),
            Input::Stop(stop) => self.stopped(stop, &mut actions),
        }
        self.feed(&mut actions);
        actions
    }

    fn waiting(&self) -> usize {
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
        let Some(seat) = self.seats.get_mut(&worker) else {
            return;
        };
        if seat.condemned.is_some() {
            return; // what a worker says that broke the rules does not count
        }
        if seat.in_hand.is_none_or(|(current, _)| current != job) {
            condemn(
                worker,
                seat,
                format!("ended {job}, which it had not begun"),
                actions,
            );
            return;
        }
        seat.in_hand = None;
        seat.assigned.pop_front();
        if seat.assigned.is_empty() {
            seat.solo = false;
        }
        self.fruitless = 0;
        self.fruitless_kills = 0;
        self.strikes.remove(&job);
        self.kills.remove(&job);
        actions.push(Action::Settle(job, outcome));
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
            self.blame(job, stage, &death, actions);
        } else if !seat.leaving && self.stop != Some(Stop::Terminate) {
            self.lost_without_work(&death, actions);
        }
        // The rest had no part in it: back to the front, in their order.
        for job in seat.assigned.into_iter().rev() {
            self.returned.push_front(job);
        }
    }

    fn blame(&mut self, job: JobId, stage: Stage, death: &Death, actions: &mut Vec<Action>) {
        let (how, count, most) = match death {
            Death::Killed(how) => (how, self.kills.entry(job).or_default(), MOST_KILLS),
            Death::Crashed(how) | Death::NeverJoined(how) => {
                (how, self.strikes.entry(job).or_default(), STRIKES)
            }
        };
        *count += 1;
        let count = *count;
        let failure = Failure::new(stage, FailureKind::WorkerLost, format!("the worker {how}"));
        if self.stop == Some(Stop::Terminate) {
            self.returned.push_front(job);
        } else if count >= most {
            let mut failure = failure;
            failure
                .causes
                .insert(0, format!("cost {count} workers, and is quarantined"));
            actions.push(Action::Settle(job, Outcome::Failed(failure)));
        } else {
            match death {
                Death::Killed(_) => self.returned.push_front(job),
                Death::Crashed(_) | Death::NeverJoined(_) => self.suspects.push_back(job),
            }
            // A run that is being stopped tries nothing again.
            if self.stop.is_none() {
                actions.push(Action::Retry(job, failure));
            }
        }
    }

    fn lost_without_work(&mut self, death: &Death, actions: &mut Vec<Action>) {
        let (how, count, most) = match death {
            Death::Killed(how) => (how, &mut self.fruitless_kills, MOST_FRUITLESS_KILLS),
            Death::Crashed(how) | Death::NeverJoined(how) => {
                (how, &mut self.fruitless, MOST_FRUITLESS)
            }
        };
        *count += 1;
        if *count >= most && !self.given_up {
            self.given_up = true;
            actions.push(Action::GiveUp(how.clone()));
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

    /// Hands out what waits, and starts workers where there is work for more.
    fn feed(&mut self, actions: &mut Vec<Action>) {
        if self.stop.is_some() || self.given_up {
            return;
        }
        self.feed_suspects(actions);
        let workers: Vec<WorkerId> = self.seats.keys().copied().collect();
        for idle in [true, false] {
            for worker in &workers {
                self.feed_one(*worker, idle, actions);
            }
        }
        self.staff(actions);
    }

    /// A suspect goes to a fresh worker that does nothing else, so that no other job can be blamed for it, and it for
    /// no other job.
    fn feed_suspects(&mut self, actions: &mut Vec<Action>) {
        while !self.suspects.is_empty() {
            let fresh = self
                .seats
                .iter()
                .find(|(_, seat)| seat.is_idle() && !seat.used);
            let Some(worker) = fresh.map(|(worker, _)| *worker) else {
                break;
            };
            let threads = self.grant(worker);
            let (Some(seat), Some(job)) = (self.seats.get_mut(&worker), self.suspects.front())
            else {
                break;
            };
            if threads == 0 {
                break;
            }
            seat.solo = true;
            give(worker, seat, vec![*job], threads, actions);
            self.suspects.pop_front();
        }
        let fresh = self
            .seats
            .values()
            .any(|seat| !seat.used && seat.is_staying());
        let full = self.seats.len() >= usize::from(self.jobs);
        if !self.suspects.is_empty() && !fresh && full {
            // No seat for a fresh worker: one that has nothing to do makes room.
            if let Some((worker, seat)) = self.seats.iter_mut().find(|(_, seat)| seat.is_idle()) {
                seat.leaving = true;
                actions.push(Action::Retire(*worker));
            }
        }
    }

    fn feed_one(&mut self, worker: WorkerId, idle: bool, actions: &mut Vec<Action>) {
        let Some(seat) = self.seats.get(&worker) else {
            return;
        };
        let wants = if idle {
            seat.is_idle()
        } else {
            seat.can_prefetch()
        };
        // Towards the end, what waits is better left for whoever is free first.
        let plenty = self.backlog.len() > 2 * usize::from(self.jobs);
        if !wants || !(idle || plenty) {
            return;
        }
        let threads = if idle {
            self.grant(worker)
        } else {
            seat.threads
        };
        if threads == 0 || (!idle && threads > 1) {
            return;
        }
        let shard = match self.returned.pop_front() {
            Some(job) => vec![job],
            None => self.backlog.cut(usize::from(self.jobs)),
        };
        if let Some(seat) = self.seats.get_mut(&worker)
            && !shard.is_empty()
        {
            give(worker, seat, shard, threads, actions);
        }
    }

    /// Threads for a job of this idle worker. Those of all busy workers together never exceed the number of jobs the
    /// run was allowed; where fewer jobs wait than there are workers, the rest is shared among them.
    fn grant(&self, worker: WorkerId) -> u16 {
        let busy = self
            .seats
            .iter()
            .filter(|(id, seat)| **id != worker && !seat.assigned.is_empty());
        let taken: u16 = busy.map(|(_, seat)| seat.threads).sum();
        let free = self.jobs.saturating_sub(taken);
        let waiting = u16::try_from(self.waiting()).unwrap_or(u16::MAX).max(1);
        if free == 0 {
            0
        } else {
            (free / waiting).max(1)
        }
    }

    /// Starts workers while there are seats, and work that no present worker will take.
    fn staff(&mut self, actions: &mut Vec<Action>) {
        let free = |seat: &Seat| seat.is_staying() && seat.assigned.is_empty();
        let mut unoccupied = self.seats.values().filter(|seat| free(seat)).count();
        // A suspect is served by a fresh worker only.
        let fresh = self
            .seats
            .values()
            .any(|seat| !seat.used && seat.is_staying());
        let wanted = self.waiting() + usize::from(!self.suspects.is_empty() && !fresh) * unoccupied;
        while self.seats.len() < usize::from(self.jobs) && unoccupied < wanted {
            let worker = WorkerId(self.next_worker);
            self.next_worker += 1;
            self.seats.insert(worker, Seat::default());
            actions.push(Action::Spawn(worker));
            unoccupied += 1;
        }
    }
}

fn give(
    worker: WorkerId,
    seat: &mut Seat,
    shard: Vec<JobId>,
    threads: u16,
    actions: &mut Vec<Action>,
) {
    seat.assigned.extend(&shard);
    seat.threads = threads;
    seat.used = true;
    actions.push(Action::Assign(worker, shard, threads));
}

fn condemn(worker: WorkerId, seat: &mut Seat, crime: String, actions: &mut Vec<Action>) {
    if seat.condemned.is_none() {
        seat.condemned = Some(crime);
        actions.push(Action::Kill(worker));
    }
}
