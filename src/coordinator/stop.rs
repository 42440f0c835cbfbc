use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::schedule::Stop;

/// A handle to end a run early, from any thread, or from a signal handler.
#[derive(Debug, Clone, Default)]
pub struct Stopper(Arc<AtomicU8>);

impl Stopper {
    /// A handle that has not been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first call lets workers finish what they have in hand; a further one kills them.
    pub fn stop(&self) {
        let _before = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |calls| {
                calls.checked_add(1)
            });
    }

    /// How the run is to end, if it is.
    pub(super) fn asked(&self) -> Option<Stop> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Stop::Drain),
            _ => Some(Stop::Terminate),
        }
    }
}
