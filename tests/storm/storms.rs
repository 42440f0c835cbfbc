//! The storms, and the count of what they did.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Request;
use super::scene::{Dice, PICTURES, Scene, is_hostile};

/// What storms did, and what they left.
#[derive(Debug, Default)]
pub(crate) struct Count {
    runs: usize,
    kills: usize,
    coordinators: usize,
    stops: usize,
    deaths: usize,
    wrong: Vec<String>,
    leftovers: usize,
    orphans: usize,
}

impl Count {
    pub(crate) fn is_clean(&self) -> bool {
        self.wrong.is_empty() && self.leftovers == 0 && self.orphans == 0
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "runs                 {:>6}", self.runs)?;
        writeln!(f, "workers killed       {:>6}", self.kills)?;
        writeln!(f, "workers lost         {:>6}", self.deaths)?;
        writeln!(f, "workers stopped      {:>6}", self.stops)?;
        writeln!(f, "coordinators killed  {:>6}", self.coordinators)?;
        writeln!(f, "wrong outcomes       {:>6}", self.wrong.len())?;
        writeln!(f, "files left over      {:>6}", self.leftovers)?;
        write!(f, "workers left over    {:>6}", self.orphans)?;
        self.wrong
            .iter()
            .try_for_each(|wrong| write!(f, "\nwrong: {wrong}"))
    }
}

/// All storms that are asked for, one after the other.
pub(crate) fn all(request: &Request) -> Count {
    let scene = Scene::new();
    let mut dice = Dice(request.seed);
    let mut count = Count::default();
    while count.kills < request.kills {
        workers(&scene, &mut dice, &mut count, Blow::Kill);
    }
    for _ in 0..request.stops {
        workers(&scene, &mut dice, &mut count, Blow::Stop);
    }
    while count.coordinators < request.coordinators {
        coordinators(&scene, &mut dice, &mut count);
    }
    count
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Blow {
    Kill,
    Stop,
}

/// Workers that are killed before another job must have come to its end. A run gives up when it loses several more in a
/// row; on a busy machine none of them would get anywhere.
const MERCILESS: usize = 3;

/// One run whose workers are struck every 10 to 40 ms.
fn workers(scene: &Scene, dice: &mut Dice, count: &mut Count, blow: Blow) {
    let mut child = scene.start("out", &[]);
    let watched = Watched::of(&mut child);
    let (mut ended, mut in_a_row) = (0, 0);
    while child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(dice.roll(10, 40)));
        let now = watched.ended();
        in_a_row = if now > ended { 0 } else { in_a_row };
        ended = now;
        if blow == Blow::Kill && in_a_row == MERCILESS {
            continue;
        }
        in_a_row += 1;
        let Some(pid) = watched.any_worker(dice) else {
            continue;
        };
        if blow == Blow::Kill {
            count.kills += usize::from(send(pid, libc::SIGKILL));
        } else {
            count.stops += usize::from(send(pid, libc::SIGSTOP));
            thread::sleep(Duration::from_millis(dice.roll(1, 30)));
            send(pid, libc::SIGCONT);
        }
    }
    let code = child.wait().unwrap().code();
    let seen = watched.finish();
    count.runs += 1;
    count.deaths += seen.lost;
    if code != Some(1) {
        count.wrong.push(format!("exit status {code:?}"));
    }
    seen.judge(&mut count.wrong);
    finish(scene, &seen.all_workers, count);
}

/// One request whose coordinator is killed at a random moment, again and again, until it gets through.
fn coordinators(scene: &Scene, dice: &mut Dice, count: &mut Count) {
    let mut everybody = BTreeSet::new();
    let mut flags: &[&str] = &[];
    for attempt in 0.. {
        let mut child = scene.start("out", flags);
        let watched = Watched::of(&mut child);
        let patience = Duration::from_millis(dice.roll(5, 900));
        let start = Instant::now();
        // In the end it is left alone, or it would never be done.
        while attempt < 12 && child.try_wait().unwrap().is_none() && start.elapsed() < patience {
            thread::sleep(Duration::from_millis(1));
        }
        let ended = attempt >= 12 || child.try_wait().unwrap().is_some();
        if !ended {
            child.kill().unwrap();
            count.coordinators += 1;
        }
        let code = child.wait().unwrap().code();
        everybody.extend(watched.finish().all_workers);
        flags = &["--resume"];
        if code == Some(1) {
            break;
        }
        if ended {
            count.wrong.push(format!("exit status {code:?}"));
            break;
        }
    }
    count.runs += 1;
    finish(scene, &everybody, count);
}

/// What stands there, and who is still alive.
fn finish(scene: &Scene, everybody: &BTreeSet<i32>, count: &mut Count) {
    let made = scene.outputs("out");
    for (name, mark) in &scene.calm {
        match made.get(name) {
            Some(other) if other == mark => {}
            Some(_) => count.wrong.push(format!("{} differs", name.display())),
            None => count.wrong.push(format!("{} is missing", name.display())),
        }
    }
    let extra = made.keys().filter(|name| !scene.calm.contains_key(*name));
    let extra = extra.map(|name| format!("{} is too many", name.display()));
    count.wrong.extend(extra);
    count.leftovers += scene.leftovers("out");
    let start = Instant::now();
    while everybody.iter().any(|pid| is_worker(*pid)) && start.elapsed() < Duration::from_secs(1) {
        thread::sleep(Duration::from_millis(2));
    }
    count.orphans += everybody.iter().filter(|pid| is_worker(**pid)).count();
    scene.remove("out");
}

/// What the events of a run tell.
#[derive(Debug, Default)]
struct Seen {
    living: BTreeSet<i32>,
    all_workers: BTreeSet<i32>,
    lost: usize,
    done: BTreeMap<String, usize>,
    failed: BTreeMap<String, usize>,
}

impl Seen {
    fn note(&mut self, event: &Value) {
        let pid = event["pid"].as_i64().and_then(|pid| pid.try_into().ok());
        let source = || event["source"].as_str().unwrap_or_default().to_owned();
        match (event["event"].as_str(), pid) {
            (Some("worker-ready"), Some(pid)) => {
                self.living.insert(pid);
                self.all_workers.insert(pid);
            }
            (Some("worker-lost"), pid) => {
                self.lost += 1;
                self.living.remove(&pid.unwrap_or(0));
            }
            (Some("job-done"), _) => *self.done.entry(source()).or_default() += 1,
            (Some("job-failed"), _) => *self.failed.entry(source()).or_default() += 1,
            _ => {}
        }
    }

    /// Each good picture is done once, each hostile one has failed once, and nothing else has happened.
    fn judge(&self, wrong: &mut Vec<String>) {
        for number in 0..PICTURES {
            let name = format!("in/{number:04}.ppm");
            let times = |of: &BTreeMap<String, usize>| of.get(&name).copied().unwrap_or(0);
            let expected = if is_hostile(number) { (0, 1) } else { (1, 0) };
            let found = (times(&self.done), times(&self.failed));
            if found != expected {
                let (done, failed) = found;
                wrong.push(format!("{name}: done {done} times, failed {failed} times"));
            }
        }
    }
}

/// A run that is listened to.
struct Watched {
    seen: Arc<Mutex<Seen>>,
    reader: thread::JoinHandle<()>,
}

impl Watched {
    fn of(child: &mut Child) -> Self {
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let noted = Arc::clone(&seen);
        let reader = thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // The last line of a killed run may be torn.
                if let Ok(event) = serde_json::from_str(&line) {
                    noted.lock().unwrap().note(&event);
                }
            }
        });
        Self { seen, reader }
    }

    fn any_worker(&self, dice: &mut Dice) -> Option<i32> {
        let seen = self.seen.lock().unwrap();
        let living: Vec<i32> = seen.living.iter().copied().collect();
        drop(seen);
        let most = living.len() as u64;
        let index = (most > 0).then(|| usize::try_from(dice.roll(0, most)).unwrap())?;
        living.get(index).copied().filter(|pid| is_worker(*pid))
    }

    /// Jobs that have come to an end.
    fn ended(&self) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.done.values().chain(seen.failed.values()).sum()
    }

    fn finish(self) -> Seen {
        self.reader.join().unwrap();
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

/// Whether a process is a worker of ours that lives: numbers are used again.
fn is_worker(pid: i32) -> bool {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let named = b"__lightmill-worker";
    command.windows(named.len()).any(|part| part == named) && !state.starts_with(['Z', 'X'])
}

#[expect(unsafe_code, reason = "kill has no safe form in std")]
fn send(pid: i32, signal: i32) -> bool {
    assert!(pid > 1, "that would be no single process");
    // SAFETY: plain integers in, no memory is touched.
    unsafe { libc::kill(pid, signal) == 0 }
}
