use lightmill::sandbox::{Confinement, Policy, Posture};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// The user who owns nothing.
pub(super) const NOBODY: u32 = 65534;

/// What pictures may take in a sandbox: the acts ask for less than this, or for more.
pub(super) const MEMORY: u64 = 256 << 20;

/// The first ABI of Landlock that knows of signals. Older ones leave more open than the table says.
const SIGNALS: i64 = 6;

/// A state of confinement, and who is confined.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) landlock: bool,
    pub(super) seccomp: bool,
    pub(super) nobody: bool,
}

const ALL: [Column; 6] = [
    column("off", false, false, false),
    column("Landlock", true, false, false),
    column("both", true, true, false),
    column("filter", false, true, false),
    column("both, n.", true, true, true),
    column("filter, n.", false, true, true),
];

const fn column(name: &'static str, landlock: bool, seccomp: bool, nobody: bool) -> Column {
    Column {
        name,
        landlock,
        seccomp,
        nobody,
    }
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Those that this system and user allow to try. What is left out is said.
pub(super) fn available() -> Vec<&'static Column> {
    let landlock = landlock_abi();
    println!(
        "off: no sandbox; Landlock: no filter on system calls; filter: no Landlock; n.: as nobody"
    );
    if landlock < SIGNALS {
        println!("left out: Landlock alone, as this kernel's ABI is {landlock}");
    }
    if !is_root() {
        println!("left out: another user, as only root can become one");
    }
    let possible = |column: &&Column| {
        let alone = column.landlock && !column.seccomp;
        (!column.nobody || is_root())
            && (!column.landlock || landlock > 0)
            && (!alone || landlock >= SIGNALS)
    };
    ALL.iter().filter(possible).collect()
}

/// Asks the kernel itself, not the code that is probed. Zero if it has none.
fn landlock_abi() -> i64 {
    const VERSION: usize = 1;
    super::call::value(libc::SYS_landlock_create_ruleset, [0, 0, VERSION]).unwrap_or(0)
}

impl Column {
    pub(super) fn named(name: &str) -> &'static Self {
        ALL.iter().find(|column| column.name == name).unwrap()
    }

    pub(super) fn is_open(&self) -> bool {
        !self.landlock && !self.seccomp
    }

    pub(super) fn confinement(&self) -> Confinement {
        if self.is_open() {
            return Confinement {
                policy: Policy::Off,
                memory: None,
            };
        }
        Confinement {
            policy: Policy::Require,
            memory: Some(MEMORY),
        }
    }

    /// Takes from the kernel what this column is to do without: what is left must hold alone.
    pub(super) fn impoverish(&self) {
        if self.is_open() {
            return;
        }
        if !self.landlock {
            make_absent(&[
                libc::SYS_landlock_create_ruleset,
                libc::SYS_landlock_add_rule,
                libc::SYS_landlock_restrict_self,
            ]);
        }
        if !self.seccomp {
            make_absent(&[libc::SYS_seccomp]);
        }
    }

    /// Whether the posture claims exactly what this column has.
    pub(super) fn is(&self, posture: &Posture) -> bool {
        let closed = !self.is_open();
        posture.landlock.is_some() == self.landlock
            && posture.syscalls_filtered == self.seccomp
            && posture.memory == closed.then_some(MEMORY)
            && posture.undumpable == closed
            && posture.few_descriptors == closed
            && posture.dies_with_parent
            && posture.no_core_dumps
            && posture.no_new_privileges
    }
}

fn make_absent(calls: &[i64]) {
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect();
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, absent, architecture).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}
