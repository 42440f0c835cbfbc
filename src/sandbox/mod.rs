//! What a worker gives up before it reads its first command.
//!
//! It does so in two steps, because a channel to the coordinator must be opened in between: [`begin`] sets what does
//! not hinder that, [`lock_down`] takes the rest. Whatever a system cannot do is missing from the [`Posture`] that
//! comes back; nothing is claimed that was not confirmed.

mod policy;
mod posture;
#[cfg(unix)]
mod rlimits;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
use linux as os;
#[cfg(not(target_os = "linux"))]
use other as os;

pub use policy::{Confinement, Policy, UnknownPolicy};
pub use posture::{Level, Posture};

/// A process between the two steps.
#[derive(Debug)]
#[must_use = "it is not confined before `lock_down`"]
pub struct Begun {
    policy: Policy,
    posture: Posture,
}

impl Begun {
    /// What holds already.
    pub fn posture(&self) -> &Posture {
        &self.posture
    }
}

/// The first step: limits, and what ties this process to its parent. `parent` is the coordinator's process id. For
/// good: none of it can be taken back.
pub fn begin(parent: u32, confinement: &Confinement) -> Begun {
    Begun {
        policy: confinement.policy,
        posture: os::begin(parent, confinement),
    }
}

/// The second step: from here on this process can compute, use the descriptors it has or is sent, and start threads.
/// It can open, start, reach and signal nothing. To be called while it has a single thread.
pub fn lock_down(begun: Begun) -> Posture {
    match begun.policy {
        Policy::Off => begun.posture,
        Policy::Auto | Policy::Require => os::lock_down(begun.posture),
    }
}
