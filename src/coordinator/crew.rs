//! The workers of a plan and the loop that leads them: they report, the schedule decides, the loop carries out.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::plan::Plan;
use super::schedule::{Action, Death, Input, Room, Scheduler, Stop, Terms};
use super::settings::Settings;
use super::tally::Tally;
use super::{RunError, Stopper};
use crate::event::{Event, Isolation, StopCause};
use crate::job::{Job, JobId, Outcome, WorkerId};
use crate::pool::{End, Inline, JoinError, Loss, Notice, Processes, Threads, Workers};
use crate::protocol::{Reply, Setup, Shard, Task, TaskKind};
use crate::store;

/// How often reporters hear that time has passed, and a stop is looked for.
const TICK: Duration = Duration::from_millis(50);

/// What a crew is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Survey,
    Render,
}

/// How a job ended.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    /// Who had it in hand, and the staging file it was given; none if both are gone.
    pub(super) staged: Option<(WorkerId, PathBuf)>,
}

/// What is done with a job that has ended. An error means that the run cannot go on.
pub(super) type Settle<'s> = &'s mut dyn FnMut(&Job, Ended, &mut Tally<'_>) -> Result<(), RunError>;

/// The workers of a plan and those who lead them.
pub(super) struct Crew<'a> {
    settings: &'a Settings,
    stopper: &'a Stopper,
    plan: &'a Plan,
    purpose: Purpose,
    scheduler: Scheduler,
    workers: Box<dyn Workers>,
    pids: HashMap<WorkerId, u32>,
    /// The staging file of each job that is handed out, and who has it.
    staged: HashMap<JobId, (WorkerId, PathBuf)>,
    handed_out: u64,
    /// A worker could not be started for want of descriptors.
    starved: bool,
    stop: Option<Stop>,
    trouble: Option<RunError>,
}

impl<'a> Crew<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        stopper: &'a Stopper,
        plan: &'a Plan,
        purpose: Purpose,
    ) -> Result<Self, RunError> {
        let setup = Setup {
            recipe: settings.recipe.clone(),
            durable: settings.durable,
        };
        let workers: Box<dyn Workers> = match settings.isolation {
            Isolation::Process => {
                let launch = settings.launch.clone();
                let (timeout, sandbox) = (settings.timeout, settings.sandbox);
                Box::new(Processes::new(launch, &setup, timeout, sandbox)?)
            }
            Isolation::Thread => Box::new(Threads::new(setup)),
            Isolation::None => Box::new(Inline::new(setup)),
        };
        let terms = Terms {
            workers: settings.limit(),
            memory: settings.memory,
            retries: settings.retries,
        };
        Ok(Self {
            settings,
            stopper,
            plan,
            purpose,
            scheduler: Scheduler::new(plan.jobs.iter().map(|job| (job.id, job.cost)), terms),
            workers,
            pids: HashMap::new(),
            staged: HashMap::new(),
            handed_out: 0,
            starved: false,
            stop: None,
            trouble: None,
        })
    }

    /// Until every job has ended, or the run is stopped.
    pub(super) fn run(
        &mut self,
        tally: &mut Tally<'_>,
        settle: Settle<'_>,
    ) -> Result<(), RunError> {
        // What was found may have failed already, or somebody may not want to wait for it.
        self.look_for_stop(tally, settle);
        self.scheduler.number_from(tally.next_worker);
        let actions = self.scheduler.start();
        self.carry_out(actions, tally, settle);
        let mut last_tick = Instant::now();
        while !self.scheduler.is_finished() {
            if let Some(notice) = self.workers.wait(TICK)
                && let Some(input) = self.heed(notice, tally)
            {
                let actions = self.scheduler.handle(input);
                self.carry_out(actions, tally, settle);
            }
            self.look_for_stop(tally, settle);
            self.look_for_pause(tally);
            if last_tick.elapsed() >= TICK {
                last_tick = Instant::now();
                tally.tell(Event::Tick);
            }
        }
        self.trouble.take().map_or(Ok(()), Err)
    }

    fn look_for_stop(&mut self, tally: &mut Tally<'_>, settle: Settle<'_>) {
        let asked = self.stopper.asked();
        if asked > self.stop {
            self.stop(asked, StopCause::Interrupted, tally, settle);
        }
        let failed = tally.summary.failed;
        let too_many = self
            .settings
            .max_failures
            .is_some_and(|most| failed >= most.get());
        if too_many && self.stop.is_none() {
            self.stop(Some(Stop::Drain), StopCause::TooManyFailures, tally, settle);
        }
        if self.trouble.is_some() && self.stop.is_none() {
            self.stop(Some(Stop::Drain), StopCause::CannotGoOn, tally, settle);
        }
    }

    fn look_for_pause(&mut self, tally: &mut Tally<'_>) {
        if self.stopper.take_pause() {
            self.workers.freeze(true);
            tally.tell(Event::Paused);
            self.workers.freeze(false);
            tally.tell(Event::Resumed);
        }
    }

    fn stop(
        &mut self,
        stop: Option<Stop>,
        cause: StopCause,
        tally: &mut Tally<'_>,
        settle: Settle<'_>,
    ) {
        self.stop = stop;
        tally.summary.stopped = Some(cause);
        tally.tell(Event::Stopping { cause });
        if let Some(stop) = stop {
            let actions = self.scheduler.handle(Input::Stop(stop));
            self.carry_out(actions, tally, settle);
        }
    }

    /// Tells what a worker reports, and puts it as the schedule understands it.
    fn heed(&mut self, notice: Notice, tally: &mut Tally<'_>) -> Option<Input> {
        match notice {
            Notice::Ready {
                worker,
                pid,
                posture,
            } => {
                self.pids.insert(worker, pid);
                tally.tell(Event::WorkerReady {
                    worker,
                    pid,
                    posture,
                });
                Some(Input::Ready(worker))
            }
            Notice::Reply(worker, reply) => self.heed_reply(worker, reply, tally),
            Notice::Lost(worker, mut loss) => {
                // It was killed, but that is not what it will be remembered for.
                if let Some(crime) = self.scheduler.crime_of(worker) {
                    loss.end = End::Violated(crime.to_owned());
                }
                self.mourn(worker, &loss, tally);
                if let End::NeverJoined(error) = &loss.end {
                    self.starved |= error.lacks_descriptors();
                    if let JoinError::Unconfined(_) = error {
                        let error = RunError::Unconfined(error.to_string());
                        self.trouble.get_or_insert(error);
                    }
                }
                Some(Input::Lost(worker, death_of(loss)))
            }
        }
    }

    fn heed_reply(
        &mut self,
        worker: WorkerId,
        reply: Reply,
        tally: &mut Tally<'_>,
    ) -> Option<Input> {
        let pid = self.pids.get(&worker).copied()?;
        let plan = self.plan;
        let job_of = |job: JobId| plan.jobs.get(job.index());
        Some(match reply {
            Reply::Started(job) => {
                if self.has(worker, job)
                    && let Some(Job { source, .. }) = job_of(job)
                {
                    let source = source.clone();
                    tally.tell(Event::JobStarted {
                        job,
                        worker,
                        pid,
                        source,
                    });
                }
                Input::Started(worker, job)
            }
            Reply::Entered(job, stage) => {
                if self.has(worker, job) {
                    tally.tell(Event::JobEntered { job, worker, stage });
                }
                Input::Entered(worker, job, stage)
            }
            Reply::Rendered(job, rendered) => {
                Input::Ended(worker, job, Outcome::Rendered(rendered))
            }
            Reply::Surveyed(job, before, after) => {
                Input::Ended(worker, job, Outcome::Surveyed(before, after))
            }
            Reply::Failed(job, failure) => Input::Ended(worker, job, Outcome::Failed(failure)),
            Reply::TooBig(job, need) => {
                self.unstage(worker, Some(job));
                Input::TooBig(worker, job, need)
            }
        })
    }

    /// Whether a worker was given a job to do. Of what it says about others, nobody else is told.
    fn has(&self, worker: WorkerId, job: JobId) -> bool {
        let owner = self.staged.get(&job).map(|(owner, _)| *owner);
        owner == Some(worker)
    }

    /// A worker that was not dismissed is a loss; what it had begun to write goes.
    fn mourn(&mut self, worker: WorkerId, loss: &Loss, tally: &mut Tally<'_>) {
        let had_work = self.unstage(worker, None);
        let pid = self.pids.remove(&worker);
        if matches!(loss.end, End::Exited(0)) && !had_work {
            return;
        }
        tally.summary.workers_lost += 1;
        tally.tell(Event::WorkerLost {
            worker,
            pid,
            how: loss.end.to_string(),
            last_words: loss.last_words.clone(),
        });
    }

    /// Removes the staging file of a job that a worker does not do, or of all its jobs. Whether there was any.
    fn unstage(&mut self, worker: WorkerId, job: Option<JobId>) -> bool {
        let gone =
            |of: &JobId, owner: &WorkerId| *owner == worker && job.is_none_or(|job| job == *of);
        let mut any = false;
        for (_, (_, staging)) in self.staged.extract_if(|of, (owner, _)| gone(of, owner)) {
            any = true;
            // Not there if it was not come to.
            let _gone: io::Result<()> = fs::remove_file(staging);
        }
        any
    }

    fn carry_out(&mut self, actions: Vec<Action>, tally: &mut Tally<'_>, settle: Settle<'_>) {
        for action in actions {
            match action {
                Action::Spawn(worker, room) => {
                    tally.next_worker = worker.0.saturating_add(1);
                    let memory = match room {
                        Room::Share => self.settings.share(),
                        Room::Whole => self.settings.memory,
                    };
                    self.workers.spawn(worker, memory);
                }
                Action::Assign(worker, jobs, threads) => self.assign(worker, &jobs, threads),
                Action::Retire(worker) => self.workers.retire(worker),
                Action::Kill(worker) => self.workers.kill(worker),
                Action::Retry(job, failure) => {
                    if let Some(job) = self.plan.jobs.get(job.index()) {
                        let (job, source) = (job.id, job.source.clone());
                        tally.tell(Event::JobRetried {
                            job,
                            source,
                            failure,
                        });
                    }
                }
                Action::Settle(job, outcome) => self.settle(job, outcome, tally, settle),
                Action::GiveUp(how) if self.starved => {
                    self.trouble = Some(RunError::NoDescriptors(how));
                }
                Action::GiveUp(how) => self.trouble = Some(RunError::NoWorkers(how)),
            }
        }
    }

    fn assign(&mut self, worker: WorkerId, jobs: &[JobId], threads: u16) {
        let mut tasks = Vec::with_capacity(jobs.len());
        for job in jobs
            .iter()
            .filter_map(|job| self.plan.jobs.get(job.index()))
        {
            let kind = match self.purpose {
                Purpose::Survey => TaskKind::Survey,
                Purpose::Render => {
                    self.handed_out += 1;
                    let staging = store::staging_file(&job.home, &self.handed_out.to_string());
                    self.staged.insert(job.id, (worker, staging.clone()));
                    TaskKind::Render {
                        target: job.target,
                        staging,
                    }
                }
            };
            tasks.push(Task {
                job: job.id,
                source: job.source.clone(),
                format: job.format,
                kind,
            });
        }
        self.workers.assign(worker, Shard { threads, tasks });
    }

    fn settle(&mut self, job: JobId, outcome: Outcome, tally: &mut Tally<'_>, settle: Settle<'_>) {
        let Some(job) = self.plan.jobs.get(job.index()) else {
            return;
        };
        let staged = self.staged.remove(&job.id);
        if let Err(error) = settle(job, Ended { outcome, staged }, tally) {
            self.trouble.get_or_insert(error);
        }
    }
}

/// A signal that this side did not send came from somebody else; every other end is the worker's own doing.
fn death_of(loss: Loss) -> Death {
    const SIGKILL: i32 = 9;
    const SIGTERM: i32 = 15;
    let how = loss.end.to_string();
    match loss.end {
        End::NeverJoined(_) => Death::NeverJoined(how),
        End::Signalled(SIGKILL | SIGTERM) => Death::Killed(how),
        End::Signalled(_) | End::Exited(_) | End::Violated(_) | End::Unknown => Death::Crashed(how),
        End::OverCpu(_) | End::OverTime(_) => Death::TimedOut(how),
        End::OverMemory(_) => Death::OutOfMemory(how),
    }
}
