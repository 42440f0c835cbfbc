//! How much memory a process may still take on Linux: what the system has available, and what each control group that
//! the process is in still allows (`proc_meminfo(5)`, the kernel's cgroup-v2 and cgroup-v1/memory documents).

use std::fs;
use std::path::Path;

/// Bytes still to be had; `root` is `/`, or what stands for it in tests.
pub(super) fn available_memory(root: &Path) -> Option<u64> {
    let meminfo = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let system = meminfo_bytes(&meminfo, "MemAvailable:")?;
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().filter_map(|line| allowed(root, line));
    Some(limits.fold(system, u64::min))
}

/// A line of `/proc/meminfo`, which counts in kibibytes.
fn meminfo_bytes(meminfo: &str, key: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What the tightest group allows of the groups that a line of `/proc/self/cgroup` names: the one in it and all above.
fn allowed(root: &Path, line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
    let (base, limit, usage) = if controllers.is_empty() {
        ("sys/fs/cgroup", "memory.max", "memory.current")
    } else if controllers.split(',').any(|name| name == "memory") {
        let files = ("memory.limit_in_bytes", "memory.usage_in_bytes");
        ("sys/fs/cgroup/memory", files.0, files.1)
    } else {
        return None;
    };
    let base = root.join(base);
    // In a container the path may be that of the host, which is not there: the groups above it still are.
    let group = Path::new(group.trim_start_matches('/'));
    let groups = group.ancestors().map(|group| base.join(group));
    groups
        .filter_map(|group| left_in(&group, limit, usage))
        .min()
}

/// What a group allows beyond what it uses. Cached files count as used, and give way when they must.
fn left_in(group: &Path, limit: &str, usage: &str) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    let most = number(limit)?;
    let used = number(usage)?.saturating_sub(cached(&read("memory.stat").unwrap_or_default()));
    Some(most.saturating_sub(used))
}

/// Bytes of cached files that have not been used lately.
fn cached(stat: &str) -> u64 {
    let bytes = |line: &str| line.strip_prefix("inactive_file ")?.parse().ok();
    stat.lines().find_map(bytes).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const GIB: u64 = 1 << 30;

    /// A root with these files, of a system with 8 GiB available.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let memory = (
            "proc/meminfo",
            "MemTotal: 99 kB\nMemAvailable:    8388608 kB\n",
        );
        for (name, content) in files.iter().chain([&memory]) {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut file = fs::File::create(path).unwrap();
            file.write_all(content.as_bytes()).unwrap();
        }
        root
    }

    #[test]
    fn without_groups_the_system_decides() {
        let root = system(&[]);
        assert_eq!(available_memory(root.path()), Some(8 * GIB));
        assert_eq!(available_memory(Path::new("/nowhere")), None);
        let unlimited = system(&[
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/memory.max", "max\n"),
            ("sys/fs/cgroup/memory.current", "12345\n"),
        ]);
        assert_eq!(available_memory(unlimited.path()), Some(8 * GIB));
    }

    #[test]
    fn the_tightest_group_above_counts_and_its_cache_does_not() {
        let root = system(&[
            ("proc/self/cgroup", "0::/night/run.scope\n"),
            ("sys/fs/cgroup/night/memory.max", "2147483648\n"),
            ("sys/fs/cgroup/night/memory.current", "1610612736\n"),
            (
                "sys/fs/cgroup/night/memory.stat",
                "anon 5\ninactive_file 1073741824\n",
            ),
            ("sys/fs/cgroup/night/run.scope/memory.max", "max\n"),
        ]);
        assert_eq!(available_memory(root.path()), Some(GIB + GIB / 2));
    }

    #[test]
    fn the_old_groups_count_as_well() {
        let root = system(&[
            ("proc/self/cgroup", "9:cpu,cpuacct:/x\n4:memory:/box\n"),
            (
                "sys/fs/cgroup/memory/box/memory.limit_in_bytes",
                "1073741824\n",
            ),
            (
                "sys/fs/cgroup/memory/box/memory.usage_in_bytes",
                "73741824\n",
            ),
        ]);
        assert_eq!(available_memory(root.path()), Some(1_000_000_000));
    }
}
