use std::fmt;

use serde::{Deserialize, Serialize};

use super::Policy;
use crate::units;

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
    /// Other processes of the same user cannot read its memory or trace it.
    pub undumpable: bool,
    /// It can hold few descriptors, and lock no memory.
    pub few_descriptors: bool,
    /// The kernel refuses every system call that computing does not need.
    pub syscalls_filtered: bool,
    /// It gets its files as open descriptors, and never learns a path that it could open.
    pub files_by_descriptor: bool,
    /// The ABI of the Landlock that denies it all of the file system, ports, signals and abstract sockets that this
    /// ABI knows of.
    pub landlock: Option<u8>,
    /// How many bytes its pictures may take.
    pub memory: Option<u64>,
}

/// How much that is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A worker's bug is the coordinator's.
    None,
    /// A crash stays in the worker, but its code may do what the user may.
    Process,
    /// Some of what code in a worker could do is denied.
    Partial,
    /// All of it: see [`Posture::shortfall`].
    Full,
}

impl Level {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Process => "process",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Posture {
    /// That of a worker which is a thread of the coordinator: nothing.
    pub const THREAD: Self = Self {
        own_process: false,
        dies_with_parent: false,
        no_core_dumps: false,
        no_new_privileges: false,
        undumpable: false,
        few_descriptors: false,
        syscalls_filtered: false,
        files_by_descriptor: false,
        landlock: None,
        memory: None,
    };

    /// Everything that makes a posture full. A limit on memory is not among it: not every run has one.
    fn facts(&self) -> [(bool, &'static str); 9] {
        [
            (self.own_process, "own process"),
            (self.dies_with_parent, "death with parent"),
            (self.no_core_dumps, "no core dumps"),
            (self.no_new_privileges, "no new privileges"),
            (self.undumpable, "closed memory"),
            (self.few_descriptors, "few descriptors"),
            (self.syscalls_filtered, "filtered system calls"),
            (self.files_by_descriptor, "files by descriptor"),
            (self.landlock.is_some(), "Landlock"),
        ]
    }

    /// What is missing from a full one.
    pub fn shortfall(&self) -> Vec<&'static str> {
        let missing = self.facts().into_iter().filter(|(holds, _)| !holds);
        missing.map(|(_, name)| name).collect()
    }

    /// How much it is.
    pub fn level(&self) -> Level {
        if !self.own_process {
            Level::None
        } else if self.facts().iter().all(|(holds, _)| *holds) {
            Level::Full
        } else if self.syscalls_filtered || self.landlock.is_some() {
            Level::Partial
        } else {
            Level::Process
        }
    }

    /// Whether a run with this policy may use such a worker.
    pub fn satisfies(&self, policy: Policy) -> bool {
        match policy {
            Policy::Auto | Policy::Off => true,
            Policy::Require => self.level() == Level::Full,
        }
    }
}

impl fmt::Display for Posture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.own_process {
            return write!(f, "{}: shares the coordinator's memory", Level::None);
        }
        let facts = self.facts().into_iter().filter(|(holds, _)| *holds);
        let names: Vec<&str> = facts.map(|(_, name)| name).collect();
        write!(f, "{}: {}", self.level(), names.join(", "))?;
        // Landlock is the last of the facts: its ABI stands right behind it.
        if let Some(abi) = self.landlock {
            write!(f, " ABI {abi}")?;
        }
        if let Some(bytes) = self.memory {
            write!(f, ", {} of memory", units::memory(bytes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Posture = Posture {
        own_process: true,
        dies_with_parent: true,
        no_core_dumps: true,
        no_new_privileges: true,
        undumpable: true,
        few_descriptors: true,
        syscalls_filtered: true,
        files_by_descriptor: true,
        landlock: Some(7),
        memory: Some(512 << 20),
    };

    #[test]
    fn a_full_posture_lacks_nothing_and_needs_no_limit_on_memory() {
        for memory in [None, FULL.memory] {
            let posture = Posture { memory, ..FULL };
            assert_eq!(posture.level(), Level::Full);
            assert!(posture.shortfall().is_empty());
            assert!(Policy::ALL.iter().all(|policy| posture.satisfies(*policy)));
        }
    }

    #[test]
    fn whatever_is_missing_is_named_and_is_not_enough_where_all_is_required() {
        let mut json = serde_json::to_value(FULL).unwrap();
        json.as_object_mut().unwrap().remove("memory");
        for fact in json.as_object().unwrap().keys() {
            let mut less = json.clone();
            let none = serde_json::Value::Null;
            less[fact] = if fact == "landlock" {
                none
            } else {
                false.into()
            };
            let posture: Posture = serde_json::from_value(less).unwrap();
            assert_eq!(posture.shortfall().len(), 1, "{fact}");
            assert!(!posture.satisfies(Policy::Require), "{fact}");
            assert!(posture.satisfies(Policy::Auto), "{fact}");
        }
    }

    #[test]
    fn levels_are_told_apart() {
        assert_eq!(Posture::THREAD.level(), Level::None);
        let process = Posture {
            own_process: true,
            ..Posture::THREAD
        };
        assert_eq!(process.level(), Level::Process);
        let landlock = Some(1);
        assert_eq!(
            Posture {
                landlock,
                ..process
            }
            .level(),
            Level::Partial
        );
    }

    #[test]
    fn a_posture_is_one_readable_line() {
        assert_eq!(
            Posture::THREAD.to_string(),
            "none: shares the coordinator's memory"
        );
        assert_eq!(
            FULL.to_string(),
            "full: own process, death with parent, no core dumps, no new privileges, closed memory, few descriptors, \
             filtered system calls, files by descriptor, Landlock ABI 7, 512 MiB of memory"
        );
    }
}
