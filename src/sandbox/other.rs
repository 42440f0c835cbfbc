use super::{Confinement, Posture};

/// A process is all there is: it dies when its channel closes, and may do what its user may.
pub(super) fn begin(_parent: u32, confinement: &Confinement) -> Posture {
    Posture {
        own_process: true,
        no_core_dumps: limits(confinement),
        ..Posture::default()
    }
}

pub(super) fn lock_down(posture: Posture) -> Posture {
    posture
}

/// What counts as data is different from system to system, and nothing that is mapped does on some: the limit is set
/// for those where it helps, and never claimed.
#[cfg(unix)]
fn limits(confinement: &Confinement) -> bool {
    use super::rlimits::cap;
    use rustix::process::Resource;

    if let Some(bytes) = confinement.memory {
        cap(Resource::Data, bytes.saturating_add(64 << 20));
    }
    cap(Resource::Core, 0)
}

#[cfg(not(unix))]
fn limits(_confinement: &Confinement) -> bool {
    false
}
