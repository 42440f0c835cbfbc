//! Handing out: which waiting job goes to which worker, with how many threads, and when a worker comes or goes.

use super::{Action, Room, Scheduler, Seat};
use crate::job::{JobId, WorkerId};

impl Scheduler {
    /// Hands out what waits, and starts workers where there is work for more.
    pub(super) fn feed(&mut self, actions: &mut Vec<Action>) {
        if self.stop.is_some() || self.given_up {
            return;
        }
        self.dismiss_spent(actions);
        if self.feed_giants(actions) {
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

    /// Workers that have done enough leave; [`Self::staff`] starts others in their place.
    fn dismiss_spent(&mut self, actions: &mut Vec<Action>) {
        for (worker, seat) in &mut self.seats {
            if seat.is_idle() && seat.is_spent() {
                seat.leaving = true;
                actions.push(Action::Retire(*worker));
            }
        }
    }

    /// Once nothing else waits, the jobs that need more than a share: all other workers leave, with the memory they
    /// hold, then each of these jobs has a worker of its own. Whether it is their turn.
    fn feed_giants(&mut self, actions: &mut Vec<Action>) -> bool {
        let begun = self.seats.values().any(|seat| seat.room == Room::Whole);
        if !begun && (self.giants.is_empty() || self.ordinary() > 0) {
            return false;
        }
        for (worker, seat) in &mut self.seats {
            if seat.room == Room::Share && seat.is_staying() && seat.assigned.is_empty() {
                seat.leaving = true;
                actions.push(Action::Retire(*worker));
            }
        }
        if self.seats.is_empty() {
            self.seat(Room::Whole, actions);
        }
        let alone = self.seats.values().all(|seat| seat.room == Room::Whole);
        let mut idle = self.seats.iter_mut().filter(|(_, seat)| seat.is_idle());
        if alone
            && let Some((worker, seat)) = idle.next()
            && let Some(job) = self.giants.pop_front()
        {
            give(*worker, seat, vec![job], self.terms.workers, actions);
        }
        true
    }

    fn seat(&mut self, room: Room, actions: &mut Vec<Action>) {
        let worker = WorkerId(self.next_worker);
        self.next_worker += 1;
        let seat = Seat {
            room,
            ..Seat::default()
        };
        self.seats.insert(worker, seat);
        actions.push(Action::Spawn(worker, room));
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
        let full = self.seats.len() >= usize::from(self.terms.workers);
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
        let plenty = self.backlog.len() > 2 * usize::from(self.terms.workers);
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
            None => self.backlog.cut(usize::from(self.terms.workers)),
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
        let free = self.terms.workers.saturating_sub(taken);
        let waiting = u16::try_from(self.ordinary()).unwrap_or(u16::MAX).max(1);
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
        let wanted =
            self.ordinary() + usize::from(!self.suspects.is_empty() && !fresh) * unoccupied;
        while self.seats.len() < usize::from(self.terms.workers) && unoccupied < wanted {
            self.seat(Room::Share, actions);
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
