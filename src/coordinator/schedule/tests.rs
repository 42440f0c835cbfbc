use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::image::Size;

/// A small deterministic generator (Steele, Lea, Flood: `SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }
}

fn done() -> Outcome {
    Outcome::Surveyed(Size::new(1, 1), Size::new(1, 1))
}

/// A crew that does what its members are told, until the dice say otherwise.
#[derive(Default)]
struct World {
    workers: BTreeMap<WorkerId, Member>,
    settled: BTreeMap<JobId, Outcome>,
    gave_up: bool,
    retried: usize,
}

#[derive(Default)]
struct Member {
    room: Room,
    ready: bool,
    queue: VecDeque<JobId>,
    started: bool,
    threads: u16,
    doomed: bool,
    given: usize,
}

impl World {
    fn carry_out(&mut self, actions: Vec<Action>, limit: u16) {
        for action in actions {
            match action {
                Action::Spawn(worker, room) => {
                    let alone = self.workers.is_empty();
                    let taken = self.workers.values().any(|other| other.room == Room::Whole);
                    let admitted = !taken && (room == Room::Share || alone);
                    assert!(admitted, "all the memory is for one");
                    let member = Member {
                        room,
                        ..Member::default()
                    };
                    let known = self.workers.insert(worker, member);
                    assert!(known.is_none(), "ids are never reused");
                }
                Action::Assign(worker, jobs, threads) => {
                    let member = self
                        .workers
                        .get_mut(&worker)
                        .expect("only living workers are given work");
                    assert!(member.ready && !jobs.is_empty() && threads > 0);
                    assert!(
                        member.queue.len() <= 1,
                        "at most one shard waits behind the job in hand"
                    );
                    member.queue.extend(jobs);
                    member.threads = threads;
                    member.given += 1;
                }
                Action::Retire(worker) | Action::Kill(worker) => {
                    if let Some(member) = self.workers.get_mut(&worker) {
                        member.doomed = true;
                    }
                }
                Action::Settle(job, outcome) => {
                    assert!(
                        self.settled.insert(job, outcome).is_none(),
                        "{job} settled twice"
                    );
                }
                Action::Retry(..) => self.retried += 1,
                Action::GiveUp(_) => self.gave_up = true,
            }
        }
        assert!(self.workers.len() <= usize::from(limit));
        let busy = self
            .workers
            .values()
            .filter(|member| !member.queue.is_empty());
        let threads: u16 = busy.map(|member| member.threads).sum();
        assert!(threads <= limit, "{threads} runnable threads");
    }

    /// One thing that happens. `murderous`: the dice may kill workers for no reason.
    fn next(&mut self, dice: &mut Dice, poison: &[JobId], murderous: bool) -> Option<Input> {
        let ids: Vec<WorkerId> = self.workers.keys().copied().collect();
        if ids.is_empty() {
            return None;
        }
        let worker = ids[dice.roll(ids.len())];
        let member = self.workers.get_mut(&worker).unwrap();
        let lose = |world: &mut Self, death| {
            world.workers.remove(&worker);
            Some(Input::Lost(worker, death))
        };
        if member.doomed {
            return lose(self, Death::Killed("was dismissed".into()));
        }
        if murderous && dice.roll(12) == 0 {
            return lose(self, Death::Killed("was ended by SIGKILL".into()));
        }
        if !member.ready {
            member.ready = true;
            return Some(Input::Ready(worker));
        }
        let job = *member.queue.front()?;
        if !member.started {
            member.started = true;
            return Some(Input::Started(worker, job));
        }
        if let (Some(need), Room::Share) = (need_of(job), member.room) {
            if dice.roll(2) == 0 {
                return lose(self, Death::OutOfMemory("took too much".into()));
            }
            member.started = false;
            member.queue.pop_front();
            return Some(Input::TooBig(worker, job, need));
        }
        if is_too_big(job) {
            return lose(self, Death::OutOfMemory("took too much".into()));
        }
        if poison.contains(&job) {
            return lose(self, Death::Crashed("was ended by SIGSEGV".into()));
        }
        if dice.roll(3) == 0 {
            return Some(Input::Entered(worker, job, Stage::Encode));
        }
        member.started = false;
        member.queue.pop_front();
        Some(Input::Ended(worker, job, done()))
    }
}

/// What a job needs that needs more than a share: now and then more than there is.
fn need_of(job: JobId) -> Option<u64> {
    match job.0 % 31 {
        7 => Some(MEMORY),
        23 => Some(MEMORY + 1),
        _ => None,
    }
}

/// Whether there is too little memory for a job.
fn is_too_big(job: JobId) -> bool {
    need_of(job).is_some_and(|need| need > MEMORY)
}

const MEMORY: u64 = 1 << 30;

fn jobs(count: usize, dice: &mut Dice) -> Vec<(JobId, Cost)> {
    let cost = |dice: &mut Dice| {
        let most = if dice.roll(4) == 0 { 2_000_000 } else { 20_000 };
        Cost {
            micros: dice.roll(most) as u64,
            message_bytes: 100 + dice.roll(900),
        }
    };
    (0..count)
        .map(|i| (JobId(u32::try_from(i).unwrap()), cost(dice)))
        .collect()
}

fn terms(workers: u16) -> Terms {
    Terms {
        workers,
        memory: MEMORY,
        retries: 1,
    }
}

struct History {
    settled: BTreeMap<JobId, Outcome>,
    jobs: usize,
    poison: Vec<JobId>,
    stopped: bool,
}

/// Plays one history to its end.
fn play(seed: u64, with_stops: bool) -> History {
    let dice = &mut Dice(seed);
    let count = dice.roll(200);
    let limit = u16::try_from(1 + dice.roll(6)).unwrap();
    let jobs = jobs(count, dice);
    let poison: Vec<JobId> = jobs
        .iter()
        .map(|(id, _)| *id)
        .filter(|_| dice.roll(20) == 0)
        .collect();
    let murderous = dice.roll(2) == 0;
    let mut stop_at = (with_stops && dice.roll(2) == 0).then(|| dice.roll(1 + 4 * count));
    let mut scheduler = Scheduler::new(jobs, terms(limit));
    let mut world = World::default();
    let mut stopped = false;
    world.carry_out(scheduler.start(), limit);
    let mut steps = 0;
    while !scheduler.is_finished() {
        steps += 1;
        assert!(steps < 200_000, "seed {seed}: it does not come to an end");
        let input = if stop_at.is_some_and(|at| steps > at) {
            stop_at = (dice.roll(2) == 0).then_some(steps + 5);
            let stop = if stopped {
                Stop::Terminate
            } else {
                Stop::Drain
            };
            stopped = true;
            Some(Input::Stop(stop))
        } else {
            world.next(dice, &poison, murderous)
        };
        if let Some(input) = input {
            world.carry_out(scheduler.handle(input), limit);
        }
    }
    assert!(!world.gave_up, "seed {seed}: nothing here is hopeless");
    History {
        settled: world.settled,
        jobs: count,
        poison,
        stopped,
    }
}

#[test]
fn every_job_settles_exactly_once_whatever_dies() {
    for seed in 0..3000 {
        let history = play(seed, false);
        assert_eq!(history.settled.len(), history.jobs, "seed {seed}");
        for (job, outcome) in &history.settled {
            let failed = matches!(outcome, Outcome::Failed(_));
            assert_eq!(
                failed,
                history.poison.contains(job) || is_too_big(*job),
                "seed {seed}: {job} {outcome:?}"
            );
        }
    }
}

#[test]
fn a_stopped_run_ends_and_settles_nothing_twice() {
    let mut stopped = 0;
    for seed in 0..2000 {
        let history = play(seed, true);
        assert!(
            history.stopped || history.settled.len() == history.jobs,
            "seed {seed}"
        );
        stopped += usize::from(history.stopped);
    }
    assert!(
        stopped > 500,
        "the dice must stop runs for this test to mean something"
    );
}

fn cheap(count: u32) -> Vec<(JobId, Cost)> {
    let cost = Cost {
        micros: 1000,
        message_bytes: 100,
    };
    (0..count).map(|i| (JobId(i), cost)).collect()
}

#[test]
fn a_suspect_is_tried_alone_in_a_fresh_worker_then_quarantined() {
    let mut scheduler = Scheduler::new(cheap(1), terms(1));
    assert_eq!(scheduler.start(), [Action::Spawn(WorkerId(0), Room::Share)]);
    let job = JobId(0);
    for worker in [WorkerId(0), WorkerId(1)] {
        assert_eq!(
            scheduler.handle(Input::Ready(worker)),
            [Action::Assign(worker, vec![job], 1)]
        );
        scheduler.handle(Input::Started(worker, job));
        scheduler.handle(Input::Entered(worker, job, Stage::Encode));
        let crash = Death::Crashed("was ended by SIGSEGV".into());
        let actions = scheduler.handle(Input::Lost(worker, crash));
        match (worker, actions.as_slice()) {
            (
                WorkerId(0),
                [
                    Action::Retry(_, failure),
                    Action::Spawn(WorkerId(1), Room::Share),
                ],
            ) => {
                assert_eq!(failure.stage, Stage::Encode);
            }
            (_, [Action::Settle(_, Outcome::Failed(failure))]) => {
                assert_eq!(failure.kind, FailureKind::WorkerLost);
                assert!(
                    failure.reason().contains("quarantined")
                        && failure.reason().contains("SIGSEGV")
                );
            }
            (_, other) => panic!("{other:?}"),
        }
    }
    assert!(scheduler.is_finished());
}

#[test]
fn few_pictures_share_the_threads() {
    let mut scheduler = Scheduler::new(cheap(1), terms(8));
    scheduler.start();
    let actions = scheduler.handle(Input::Ready(WorkerId(0)));
    assert_eq!(actions, [Action::Assign(WorkerId(0), vec![JobId(0)], 8)]);
    let mut scheduler = Scheduler::new(cheap(3), terms(8));
    scheduler.start();
    let mut threads = 0;
    for worker in 0..3 {
        for action in scheduler.handle(Input::Ready(WorkerId(worker))) {
            if let Action::Assign(_, _, granted) = action {
                threads += granted;
            }
        }
    }
    assert_eq!(threads, 8);
}

#[test]
fn workers_that_never_join_end_the_run() {
    let mut scheduler = Scheduler::new(cheap(10), terms(1));
    let mut actions = scheduler.start();
    for worker in 0..5 {
        assert!(
            actions.contains(&Action::Spawn(WorkerId(worker), Room::Share)),
            "{worker}: {actions:?}"
        );
        let death = Death::NeverJoined("no such file".into());
        actions = scheduler.handle(Input::Lost(WorkerId(worker), death));
    }
    assert_eq!(actions, [Action::GiveUp("no such file".into())]);
    assert!(scheduler.is_finished());
}

/// Where the system has no room for more workers, those that there are do the rest.
#[test]
fn workers_that_cannot_be_had_are_done_without() {
    let mut scheduler = Scheduler::new(cheap(1000), terms(8));
    scheduler.start();
    scheduler.handle(Input::Ready(WorkerId(0)));
    for worker in 1..8 {
        let death = Death::NeverJoined("too many open files".into());
        let actions = scheduler.handle(Input::Lost(WorkerId(worker), death));
        assert!(
            actions
                .iter()
                .all(|action| !matches!(action, Action::Spawn(..) | Action::GiveUp(_))),
            "{actions:?}"
        );
    }
    assert!(!scheduler.is_finished());
}

#[test]
fn a_worker_that_breaks_the_rules_is_killed_and_not_believed() {
    let mut scheduler = Scheduler::new(cheap(4), terms(1));
    scheduler.start();
    let worker = WorkerId(0);
    scheduler.handle(Input::Ready(worker));
    assert_eq!(
        scheduler.handle(Input::Started(worker, JobId(3))),
        [Action::Kill(worker)]
    );
    assert_eq!(scheduler.handle(Input::Ended(worker, JobId(0), done())), []);
    // A dead worker's words, and those of one that never was, change nothing.
    scheduler.handle(Input::Lost(
        worker,
        Death::Killed("was ended by SIGKILL".into()),
    ));
    assert_eq!(scheduler.handle(Input::Ended(worker, JobId(0), done())), []);
    assert_eq!(scheduler.handle(Input::Started(WorkerId(99), JobId(0))), []);
}

#[test]
fn a_worker_that_is_being_killed_is_given_nothing() {
    let mut scheduler = Scheduler::new(cheap(1), terms(1));
    scheduler.start();
    let worker = WorkerId(0);
    assert_eq!(
        scheduler.handle(Input::Started(worker, JobId(0))),
        [Action::Kill(worker)]
    );
    assert_eq!(scheduler.handle(Input::Ready(worker)), []);
    let death = Death::Killed("was ended by SIGKILL".into());
    assert_eq!(
        scheduler.handle(Input::Lost(worker, death)),
        [Action::Spawn(WorkerId(1), Room::Share)]
    );
}
