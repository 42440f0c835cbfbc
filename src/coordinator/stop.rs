use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::schedule::Stop;

/// A handle to end a run early, or to make it pause, from any thread or from a signal handler.
#[derive(Debug, Clone, Default)]
pub struct Stopper(Arc<Wishes>);

#[derive(Debug, Default)]
struct Wishes {
    stops: AtomicU8,
    pause: AtomicBool,
}

impl Stopper {
    /// A handle that has not been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first call lets workers finish what they have in hand; a further one kills them.
    pub fn stop(&self) {
        let more = |calls: u8| calls.checked_add(1);
        let _before = self
            .0
            .stops
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Makes the run pause: workers stand still while the observer is told
    /// [`Event::Paused`](crate::event::Event::Paused), and go on when it returns from that.
    pub fn pause(&self) {
        self.0.pause.store(true, Ordering::Relaxed);
    }

    /// Takes a pause back, or takes it up. Whether there was one that nobody had taken up.
    pub fn take_pause(&self) -> bool {
        self.0.pause.swap(false, Ordering::Relaxed)
    }

    /// How the run is to end, if it is.
    pub(super) fn asked(&self) -> Option<Stop> {
        match self.0.stops.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Stop::Drain),
            _ => Some(Stop::Terminate),
        }
    }
}
