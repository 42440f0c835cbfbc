use std::sync::atomic::{AtomicU32, Ordering};

use super::exit::{Exit, leave};
use crate::coordinator::Stopper;

pub(super) use os::{listen, suspend};

/// What the signals that end programs do here: the first lets workers finish what they have in hand, the second kills
/// them, the third does not wait even for that.
fn end(stopper: &Stopper) {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    stopper.stop();
    if CALLS.fetch_add(1, Ordering::Relaxed) >= 2 {
        leave(Exit::Interrupted);
    }
}

#[cfg(unix)]
mod os {
    use std::thread;
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;

    use super::{Stopper, end};

    /// A run looks for a pause twenty times a second; where nobody does, there are no workers to be stopped first.
    const PATIENCE: Duration = Duration::from_millis(300);

    /// Heeds Ctrl-C, SIGTERM, SIGHUP and Ctrl-Z; those that whoever started us has chosen to ignore (`nohup`) stay
    /// ignored.
    pub(in crate::cli) fn listen(stopper: Stopper) {
        let heeded = [SIGINT, SIGTERM, SIGHUP, SIGTSTP]
            .into_iter()
            .filter(|signal| !is_ignored(*signal));
        // Without handlers a signal ends the process at once, and the next run sweeps: worse manners, no harm.
        if let Ok(mut signals) = Signals::new(heeded) {
            thread::spawn(move || {
                for signal in signals.forever() {
                    heed(signal, &stopper);
                }
            });
        }
    }

    fn heed(signal: i32, stopper: &Stopper) {
        if signal == SIGTSTP {
            stopper.pause();
            thread::sleep(PATIENCE);
            if stopper.take_pause() {
                suspend();
            }
        } else {
            end(stopper);
        }
    }

    /// Stops this process until it is told to go on (`fg`, SIGCONT).
    pub(in crate::cli) fn suspend() {
        // Nobody may refuse to stop.
        let _stopped = kill_process(getpid(), Signal::STOP);
    }

    #[expect(unsafe_code, reason = "sigaction has no safe form")]
    fn is_ignored(signal: i32) -> bool {
        let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: nothing is set; `action` has room for what is asked.
        let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
        // SAFETY: all bits zero are a valid `sigaction`, and so is what the system writes.
        let action = unsafe { action.assume_init() };
        asked == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(not(unix))]
mod os {
    use super::{Stopper, end};

    pub(in crate::cli) fn listen(stopper: Stopper) {
        // Without a handler Ctrl-C ends the process at once, and the next run sweeps: worse manners, no harm.
        let _set = ctrlc::set_handler(move || end(&stopper));
    }

    /// There is no job control to suspend anything.
    pub(in crate::cli) fn suspend() {}
}
