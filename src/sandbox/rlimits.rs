use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lowers a limit for good, to `most` or to what it is, if that is less. Whether it holds.
pub(super) fn cap(resource: Resource, most: u64) -> bool {
    let hard = getrlimit(resource).maximum;
    let limit = Some(hard.map_or(most, |hard| hard.min(most)));
    let limits = Rlimit {
        current: limit,
        maximum: limit,
    };
    setrlimit(resource, limits).is_ok()
}
