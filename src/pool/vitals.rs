//! What the system says of a worker: the CPU time it has used, and the memory it holds.

use std::time::Duration;

/// CPU time of all its threads since its start, and resident memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vitals {
    pub(super) cpu: Duration,
    pub(super) resident: u64,
}

/// The vitals of a process; none if it has ended, or the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn of(pid: u32) -> Option<Vitals> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let ticks = rustix::param::clock_ticks_per_second();
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    // A process names itself, and no name may hide what it uses.
    parse(&String::from_utf8_lossy(&stat), ticks, page)
}

/// Elsewhere a worker is watched by the wall clock alone.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(_pid: u32) -> Option<Vitals> {
    None
}

/// Reads a line of `/proc/PID/stat`: fields 14 and 15 are user and system time in ticks, field 24 is resident pages
/// (`proc_pid_stat(5)`).
#[cfg(target_os = "linux")]
fn parse(stat: &str, ticks: u64, page: u64) -> Option<Vitals> {
    // The second field is the program's name in parentheses, and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(14 - 3);
    let mut number = |skip: usize| fields.nth(skip)?.parse::<u64>().ok();
    let (user, system, pages) = (number(0)?, number(0)?, number(24 - 16)?);
    let millis = user.saturating_add(system).saturating_mul(1000);
    Some(Vitals {
        cpu: Duration::from_millis(millis.checked_div(ticks)?),
        resident: pages.saturating_mul(page),
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_changes_nothing() {
        let stat = "7 (a) 9 (b)) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 3 0 99 12345 678 1 2 3";
        let vitals = parse(stat, 100, 4096).unwrap();
        assert_eq!(vitals.cpu, Duration::from_secs(3));
        assert_eq!(vitals.resident, 678 * 4096);
        assert_eq!(parse("nonsense", 100, 4096), None);
    }

    #[test]
    fn this_process_has_vitals() {
        let vitals = of(std::process::id()).unwrap();
        assert!(vitals.resident > 1 << 20);
        assert_eq!(of(u32::MAX), None);
    }
}
