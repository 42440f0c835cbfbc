//! A run with hostile workers in it, and what must be true of it afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use lightmill::coordinator::{self, RunError, Settings, Stopper};
use lightmill::event::{Event, Summary};
use lightmill::failure::FailureKind;
use lightmill::{Batch, alloc};
use tempfile::TempDir;

use super::hostile::{ALL_OF_THEM, SUBCOMMAND};
use super::table::{ATTACKS, Act, Attack, Cost};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample_images/tiny.png");

/// Images of a run.
const IMAGES: usize = 4;

/// No run takes longer, and all of them together do not take longer than that.
const A_RUN: Duration = Duration::from_secs(20);
const ALL_RUNS: Duration = Duration::from_mins(2);

/// What an attack may take of the coordinator's memory, in bytes.
const MEMORY: u64 = 64 << 20;

/// What is tried at this moment.
static NOW: Mutex<String> = Mutex::new(String::new());

/// Ends this program if it hangs: that is what it is there to find out. Its workers end with it.
pub(crate) fn keep_watch() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !alloc::is_this_thread_distrusted() {
            usual(info);
        }
    }));
    thread::spawn(|| {
        thread::sleep(ALL_RUNS);
        println!("no end after {ALL_RUNS:?}, at {}", NOW.lock().unwrap());
        process::abort();
    });
}

/// Who carries the attack out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    One,
    All,
}

/// Tries the attacks, prints a line for each, and returns what went otherwise than it should.
pub(crate) fn try_all(filter: Option<&str>) -> Vec<String> {
    let chosen = |attack: &&Attack| filter.is_none_or(|word| attack.name.contains(word));
    let mut wrong = Vec::new();
    for attack in ATTACKS.iter().filter(chosen) {
        if attack.cost == Cost::Image(FailureKind::DiskFull) && !has_room() {
            println!(
                "note: {} is not tried, for it may be true here",
                attack.name
            );
            continue;
        }
        for who in [Who::One, Who::All] {
            *NOW.lock().unwrap() = format!("{} by {who:?}", attack.name);
            let before = Room::now();
            let trial = Trial::run(attack, who);
            println!("{}", trial.line(attack, who));
            let mut faults = trial.faults(attack, who);
            faults.extend(before.lost(attack));
            let name = |fault| format!("WRONG: {} by {who:?}: {fault}", attack.name);
            wrong.extend(faults.into_iter().map(name));
        }
    }
    wrong
}

/// Whether the disk is so far from full that nobody could believe it was.
fn has_room() -> bool {
    let disk = rustix::fs::statvfs(std::env::temp_dir()).unwrap();
    disk.f_bavail * disk.f_frsize > 5 << 30
}

/// A run and what came of it.
struct Trial {
    result: Result<Summary, RunError>,
    /// How workers and images ended, in the words of the events.
    told: Vec<String>,
    failed: Vec<FailureKind>,
    warned: Vec<String>,
    out: BTreeMap<PathBuf, Vec<u8>>,
    staged: bool,
    time: Duration,
}

impl Trial {
    fn run(attack: &Attack, who: Who) -> Self {
        let folder = folder();
        let mut settings = settings(&folder);
        let sign = match who {
            Who::One => folder.path().join("sign").display().to_string(),
            Who::All => ALL_OF_THEM.to_owned(),
        };
        settings.launch.arguments = [SUBCOMMAND, attack.name, &sign].map(Into::into).to_vec();
        settings.launch.join_within = Duration::from_millis(500);
        // A lone worker is the one that gets the first job.
        settings.workers = if who == Who::One { 1 } else { 2 };
        if attack.cost == Cost::Time || attack.told.contains("was not done") {
            settings.timeout = Some(Duration::from_millis(150));
        }
        Self::of(&settings, &folder)
    }

    fn of(settings: &Settings, folder: &TempDir) -> Self {
        let (mut told, mut failed, mut warned) = (Vec::new(), Vec::new(), Vec::new());
        let start = Instant::now();
        let result = coordinator::run(settings, &Stopper::new(), &mut |event| {
            if let Event::WorkerLost {
                how, last_words, ..
            } = event
            {
                told.extend([how.clone(), last_words.clone()]);
            } else if let Event::JobDone { warnings, .. } = event {
                warned.extend(warnings.iter().map(ToString::to_string));
            } else if let Event::JobRetried { failure, .. } = event {
                told.push(failure.reason());
            } else if let Event::JobFailed { failure, .. } = event {
                told.push(failure.reason());
                failed.push(failure.kind);
            }
        });
        let time = start.elapsed();
        told.extend(warned.clone());
        told.extend(result.as_ref().err().map(ToString::to_string));
        let out = folder.path().join("out");
        let staged = out.join(".lightmill/stage").exists();
        Self {
            result,
            told,
            failed,
            warned,
            out: files(&out),
            staged,
            time,
        }
    }

    /// What is to be shown of it.
    fn line(&self, attack: &Attack, who: Who) -> String {
        let told = self.told.iter().find(|told| told.contains(attack.told));
        let told: String = told.map_or("?", String::as_str).chars().take(90).collect();
        let (name, time) = (attack.name, self.time.as_millis());
        format!("{name:<46} {who:?} {time:>6} ms  {told}")
    }

    /// What is otherwise than it should be.
    fn faults(&self, attack: &Attack, who: Who) -> Vec<String> {
        let mut faults = Vec::new();
        let mut check = |holds: bool, fault: String| {
            if !holds {
                faults.push(fault);
            }
        };
        let told = &self.told;
        check(
            told.iter().any(|told| told.contains(attack.told)),
            format!("told {told:?}"),
        );
        let longest = told.iter().map(String::len).max().unwrap_or(0);
        check(longest < 3000, format!("{longest} bytes are told"));
        check(
            self.warned.len() <= 8 * IMAGES,
            format!("{} warnings", self.warned.len()),
        );
        let plain = self
            .warned
            .iter()
            .all(|line| !line.contains(char::is_control));
        check(plain, format!("warned {:?}", self.warned));
        check(self.time < A_RUN, format!("it took {:?}", self.time));
        check(!self.staged, "something stays staged".to_owned());
        let whole = self
            .out
            .iter()
            .all(|(name, bytes)| clean().get(name) == Some(bytes));
        check(
            whole,
            format!("{:?} are not what they should be", self.out.keys()),
        );
        let (done, failures) = expected(attack.cost, who);
        check(
            self.out.len() == done,
            format!("{} of {done} are there", self.out.len()),
        );
        check(
            self.failed == failures,
            format!("failed: {:?}, not {failures:?}", self.failed),
        );
        let given_up = attack.cost == Cost::Run && who == Who::All;
        match &self.result {
            Ok(summary) => check(!given_up && summary.done == done, format!("{summary:?}")),
            Err(error) => {
                let fitting = matches!(error, RunError::NoWorkers(_));
                check(given_up && fitting, format!("{error:?}"));
            }
        }
        faults
    }
}

/// How many images are done, and how those fail that are not.
fn expected(cost: Cost, who: Who) -> (usize, Vec<FailureKind>) {
    let all = |kind| (0, vec![kind; IMAGES]);
    match (cost, who) {
        (Cost::Nothing, _) | (Cost::Worker | Cost::Time | Cost::Run, Who::One) => {
            (IMAGES, Vec::new())
        }
        (Cost::Worker, Who::All) => all(FailureKind::WorkerLost),
        (Cost::Time, Who::All) => all(FailureKind::TimedOut),
        (Cost::Run, Who::All) => (0, Vec::new()),
        (Cost::Image(kind), Who::One) => (IMAGES - 1, vec![kind]),
        (Cost::Image(kind), Who::All) => all(kind),
    }
}

/// A folder with images.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    for number in 0..IMAGES {
        fs::copy(SAMPLE, folder.path().join(format!("in/{number}.png"))).unwrap();
    }
    folder
}

fn settings(folder: &TempDir) -> Settings {
    let batch = Batch::new()
        .input(folder.path().join("in"))
        .output(folder.path().join("out"));
    batch.apply("blur 2").unwrap().settings().unwrap()
}

/// What the files below a folder hold; not those of the run itself.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_name() != ".lightmill");
    files
        .map(|file| (file.file_name().into(), fs::read(file.path()).unwrap()))
        .collect()
}

/// What comes out when all workers behave.
fn clean() -> &'static BTreeMap<PathBuf, Vec<u8>> {
    static CLEAN: OnceLock<BTreeMap<PathBuf, Vec<u8>>> = OnceLock::new();
    CLEAN.get_or_init(|| {
        let folder = folder();
        let trial = Trial::of(&settings(&folder), &folder);
        assert_eq!(trial.out.len(), IMAGES, "{:?}", trial.told);
        trial.out
    })
}

/// What this process takes up.
#[derive(Debug)]
struct Room {
    descriptors: usize,
    threads: usize,
    memory: u64,
}

impl Room {
    /// After a first run, which opens what stays open.
    fn now() -> Self {
        clean();
        Self {
            descriptors: count("fd"),
            threads: count("task"),
            memory: resident(),
        }
    }

    /// What is missing from it, as soon as what is ending has ended.
    fn lost(&self, attack: &Attack) -> Option<String> {
        let (descriptors, threads) = match attack.act {
            Act::AtWork(_) => (0, 0),
            Act::Before(_) => LEFT_BY_HELLOS,
        };
        let start = Instant::now();
        loop {
            let now = Self::now();
            if now.descriptors <= self.descriptors + descriptors
                && now.threads <= self.threads + threads
                && now.memory <= self.memory + MEMORY
            {
                return None;
            }
            if start.elapsed() > Duration::from_secs(5) {
                return Some(format!("{now:?}, was {self:?}"));
            }
            thread::yield_now();
        }
    }
}

/// A hello is read by `ipc-channel` alone. A worker has seen no image before it, so that none of ours is hostile then.
/// If one were, what it makes its reader hold would stay: four descriptors and a thread, for each of the five after
/// which a run is given up, and one that was on its way.
const LEFT_BY_HELLOS: (usize, usize) = (6 * 4, 6);

fn count(what: &str) -> usize {
    fs::read_dir(format!("/proc/self/{what}")).unwrap().count()
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes << 10
}
