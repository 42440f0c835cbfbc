//! What the machine has for a run, where the request does not say: cores, memory, the program itself.

use std::env;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::SettingsError;
use crate::pool::Launch;
use crate::worker;

/// Where the system does not say how much memory it has.
const UNKNOWN_MEMORY: u64 = 2 << 30;

/// The cores this process may use, CPU affinity and cgroup quota included.
pub(super) fn cores() -> u16 {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    u16::try_from(cores).unwrap_or(u16::MAX)
}

/// Bytes of memory that workers may take together: three fifths of what is available. The rest is for the page cache,
/// the coordinator, and whoever else is there.
pub(super) fn memory() -> u64 {
    let available = available_memory().unwrap_or(UNKNOWN_MEMORY);
    available / 5 * 3
}

#[cfg(target_os = "linux")]
fn available_memory() -> Option<u64> {
    super::cgroup::available_memory(Path::new("/"))
}

#[cfg(not(target_os = "linux"))]
fn available_memory() -> Option<u64> {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    Some(system.available_memory()).filter(|bytes| *bytes > 0)
}

/// This very program, started as a worker. On Linux under a name that stays the same when the binary is replaced while
/// the run is on.
pub(super) fn launch() -> Result<Launch, SettingsError> {
    let itself = Path::new("/proc/self/exe");
    let program = if cfg!(target_os = "linux") && itself.exists() {
        itself.to_owned()
    } else {
        env::current_exe().map_err(SettingsError::Program)?
    };
    Ok(Launch {
        program,
        arguments: vec![worker::SUBCOMMAND.into()],
        join_within: Duration::from_secs(10),
    })
}
