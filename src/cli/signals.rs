use std::sync::atomic::{AtomicU32, Ordering};

use super::exit::{Exit, leave};
use crate::coordinator::Stopper;

/// Ctrl-C, SIGTERM and SIGHUP: the first lets workers finish what they have in hand, the second kills them, the third
/// does not wait even for that.
pub(super) fn listen(stopper: Stopper) {
    let calls = AtomicU32::new(0);
    let heed = move || {
        stopper.stop();
        if calls.fetch_add(1, Ordering::Relaxed) >= 2 {
            leave(Exit::Interrupted);
        }
    };
    // Without a handler a signal ends the process at once, and the next run sweeps: worse manners, no harm.
    let _set = ctrlc::set_handler(heed);
}
