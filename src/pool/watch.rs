//! The limits of one worker, and the eye that is kept on them.

use std::time::{Duration, Instant};

use super::End;
use super::desk::Desk;
use super::vitals::{self, Vitals};

/// How often a worker is looked at.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// A job may take so many times its CPU time by the clock on the wall: other programs want the cores as well, and
/// disks are slow. It is what ends a job that waits for ever.
const WALL_FACTOR: u32 = 5;

/// Resident memory beyond what pictures take, in bytes: the program, its stacks, what its allocator keeps.
const SLACK: u64 = 32 << 20;

/// Watches one worker.
#[derive(Debug)]
pub(super) struct Watch {
    /// CPU time for one job, for each thread it was granted.
    timeout: Option<Duration>,
    /// Bytes that its pictures may take.
    memory: Option<u64>,
    /// The desk's progress when it last changed, and the CPU time used until then.
    progress: u64,
    cpu_then: Duration,
    /// For how long it has not changed, as far as we were awake to see it.
    waited: Duration,
    looked: Instant,
}

impl Watch {
    pub(super) fn new(timeout: Option<Duration>, memory: Option<u64>) -> Self {
        Self {
            timeout,
            memory,
            progress: 0,
            cpu_then: Duration::ZERO,
            waited: Duration::ZERO,
            looked: Instant::now(),
        }
    }

    /// What the worker must be ended for, if it must.
    pub(super) fn look(&mut self, pid: u32, desk: &Desk) -> Option<End> {
        // Time in which the coordinator itself was stopped is not held against the worker.
        self.waited += self.looked.elapsed().min(20 * TICK);
        self.looked = Instant::now();
        if !desk.is_busy() && self.memory.is_none() {
            self.waited = Duration::ZERO;
            return None;
        }
        let vitals = vitals::of(pid);
        self.memory(vitals).or_else(|| self.time(vitals, desk))
    }

    fn memory(&self, vitals: Option<Vitals>) -> Option<End> {
        let most = self.memory?;
        (vitals?.resident > most.saturating_add(SLACK)).then_some(End::OverMemory(most))
    }

    fn time(&mut self, vitals: Option<Vitals>, desk: &Desk) -> Option<End> {
        let cpu = vitals.map_or(Duration::ZERO, |vitals| vitals.cpu);
        let progress = desk.progress();
        if progress != self.progress || !desk.is_busy() {
            (self.progress, self.cpu_then, self.waited) = (progress, cpu, Duration::ZERO);
            return None;
        }
        let timeout = self.timeout?;
        let cpu_limit = timeout * u32::from(desk.threads());
        let wall_limit = timeout * WALL_FACTOR;
        if cpu.saturating_sub(self.cpu_then) > cpu_limit {
            Some(End::OverCpu(cpu_limit))
        } else if self.waited > wall_limit {
            Some(End::OverTime(wall_limit))
        } else {
            None
        }
    }
}
