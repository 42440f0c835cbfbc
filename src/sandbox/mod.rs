//! What a worker gives up before it reads its first command.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
use linux as os;
#[cfg(not(target_os = "linux"))]
use other as os;

use std::fmt;

use serde::{Deserialize, Serialize};

/// What protects the rest of the system from a worker: facts, as the system confirmed them, never hopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posture {
    /// It has an address space of its own.
    pub own_process: bool,
    /// The kernel kills it when the coordinator dies. (It also leaves by itself when its channel closes.)
    pub dies_with_parent: bool,
    /// It leaves no core dump, which would hold the picture.
    pub no_core_dumps: bool,
    /// It cannot gain rights by running a set-uid program.
    pub no_new_privileges: bool,
}

impl Posture {
    /// That of a worker which is a thread of the coordinator: nothing.
    pub const THREAD: Self = Self {
        own_process: false,
        dies_with_parent: false,
        no_core_dumps: false,
        no_new_privileges: false,
    };
}

impl fmt::Display for Posture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.own_process {
            return f.write_str("none: shares the coordinator's memory");
        }
        f.write_str("own process")?;
        let facts = [
            (self.dies_with_parent, "dies with parent"),
            (self.no_core_dumps, "no core dumps"),
            (self.no_new_privileges, "no new privileges"),
        ];
        facts
            .iter()
            .filter(|(holds, _)| *holds)
            .try_for_each(|(_, word)| write!(f, ", {word}"))
    }
}

/// Gives up, in this process and for good, what a worker does not need. `parent` is the coordinator's process id.
pub fn enter(parent: u32) -> Posture {
    os::enter(parent)
}
