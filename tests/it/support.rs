//! `Scene`: a folder of its own for each test, the program run in it, and what it said and made.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
#[cfg(unix)]
use std::sync::{Arc, Once};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};
use serde_json::Value;
use shared_child::SharedChild;
use tempfile::TempDir;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample_images");

/// No run of the program takes longer than this, however loaded the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

/// Files below a folder, each with its length and checksum; an empty folder ends with a slash.
pub(crate) type Tree = BTreeMap<PathBuf, (u64, u32)>;

/// A folder that is gone when the test ends. The program runs in it, so paths can be relative.
pub(crate) struct Scene {
    /// Holds the folder in which everything happens, and, beside it, the program's sockets.
    around: TempDir,
    root: PathBuf,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let around = TempDir::new().unwrap();
        let root = around.path().join("scene");
        fs::create_dir(&root).unwrap();
        Self { around, root }
    }

    /// These samples below `in`, under their own names.
    pub(crate) fn with(samples: &[&str]) -> Self {
        let scene = Self::new();
        for sample in samples {
            scene.copy(sample, format!("in/{sample}"));
        }
        scene
    }

    /// All samples below `in`.
    pub(crate) fn with_all() -> Self {
        let scene = Self::new();
        for path in files_below(Path::new(SAMPLES)) {
            scene.place(
                &Path::new("in").join(&path),
                &Path::new(SAMPLES).join(&path),
            );
        }
        scene
    }

    /// As many copies of one sample below `in`: `000.jpg`, `001.jpg`...
    pub(crate) fn with_copies(sample: &str, count: usize) -> Self {
        let scene = Self::new();
        let extension = Path::new(sample).extension().unwrap().to_str().unwrap();
        for number in 0..count {
            scene.copy(sample, format!("in/{number:03}.{extension}"));
        }
        scene
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root().join(name)
    }

    /// Puts a sample somewhere.
    pub(crate) fn copy(&self, sample: &str, to: impl AsRef<Path>) {
        self.place(to.as_ref(), &Path::new(SAMPLES).join(sample));
    }

    fn place(&self, to: &Path, from: &Path) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = File::create(path).unwrap();
        file.write_all(content.as_ref()).unwrap();
    }

    pub(crate) fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn has(&self, name: impl AsRef<Path>) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    /// What stands below a folder of the scene, hidden files and all.
    pub(crate) fn tree(&self, folder: &str) -> Tree {
        let root = self.path(folder);
        let mut tree = Tree::new();
        for name in files_below(&root) {
            let mark = fs::read(root.join(&name)).map_or((0, 0), |bytes| {
                (bytes.len() as u64, crc32fast::hash(&bytes))
            });
            tree.insert(name, mark);
        }
        tree
    }

    /// The names of [`Self::tree`].
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let names = files_below(&self.path(folder)).into_iter();
        names
            .map(|name| name.to_string_lossy().replace('\\', "/"))
            .collect()
    }

    /// A picture of the scene, decoded by the `image` crate: not by the program under test.
    pub(crate) fn picture(&self, name: impl AsRef<Path>) -> image::DynamicImage {
        decoded(&self.read(name))
    }

    /// The program, to be called with these arguments, which spaces divide.
    pub(crate) fn call(&self, arguments: &str) -> Call<'_> {
        Call {
            scene: self,
            arguments: arguments.split_whitespace().map(OsString::from).collect(),
            stdin: Vec::new(),
        }
    }

    /// Calls the program, and waits for its end.
    pub(crate) fn run(&self, arguments: &str) -> Finished {
        self.call(arguments).run()
    }

    /// Calls the program with its events on standard output.
    pub(crate) fn start(&self, arguments: &str) -> Running {
        self.call(arguments).arg("--events").arg("-").start()
    }
}

/// A picture from its bytes, whatever format they are in.
pub(crate) fn decoded(bytes: &[u8]) -> image::DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

/// `nohup`, and shells for what they run in the background, have signals ignored, which children inherit; and a run that is
/// told to ignore a signal does. What is caught here instead is not ignored by children.
#[cfg(unix)]
fn heed_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGTSTP] {
            if ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1) {
                signal_hook::flag::register(signal, Arc::default()).unwrap();
            }
        }
    });
}

/// Paths relative to the folder, sorted.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .sort_by_file_name();
    let mut files = Vec::new();
    for entry in walk.into_iter().filter_map(Result::ok) {
        let relative = entry.path().strip_prefix(folder).unwrap();
        if !entry.file_type().is_dir() {
            files.push(relative.to_owned());
        } else if fs::read_dir(entry.path()).is_ok_and(|mut inside| inside.next().is_none()) {
            files.push(relative.join(""));
        }
    }
    files
}

/// The program with its arguments, not yet running.
pub(crate) struct Call<'s> {
    scene: &'s Scene,
    arguments: Vec<OsString>,
    stdin: Vec<u8>,
}

impl Call<'_> {
    /// One more argument, which may hold spaces.
    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn stdin(mut self, bytes: &[u8]) -> Self {
        self.stdin = bytes.to_vec();
        self
    }

    /// The command itself, for tests that want its streams in hand.
    pub(crate) fn command(&self) -> Command {
        #[cfg(unix)]
        heed_signals();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lightmill"));
        command
            .args(&self.arguments)
            .current_dir(self.scene.root())
            .env("XDG_RUNTIME_DIR", self.scene.around.path())
            .env_remove("CI")
            .env_remove("LIGHTMILL_WORKER")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(self) -> Running {
        let running = Running::of(self.command().spawn().unwrap());
        let mut stdin = running.child.take_stdin().unwrap();
        // A program that does not read its input may have ended before it is written.
        let _read = stdin.write_all(&self.stdin);
        running
    }

    pub(crate) fn run(self) -> Finished {
        self.start().finish()
    }
}

/// The program while it runs. It is killed when the test lets go of it.
pub(crate) struct Running {
    child: SharedChild,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    stdout: String,
    started: Instant,
}

impl Running {
    /// Takes charge of a process, and of those of its streams that are not taken yet.
    pub(crate) fn of(child: Child) -> Self {
        let child = SharedChild::new(child).unwrap();
        let (sender, lines) = unbounded();
        if let Some(stdout) = child.take_stdout() {
            thread::spawn(move || {
                let mut reader = BufReader::new(stdout);
                let mut line = Vec::new();
                while reader.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    if sender.send(text).is_err() {
                        break;
                    }
                    line.clear();
                }
            });
        }
        let stderr = child.take_stderr().map(|mut stderr| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let _all = stderr.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        });
        Self {
            child,
            lines,
            stderr,
            stdout: String::new(),
            started: Instant::now(),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line of standard output; none when there will be no more.
    fn next_line(&mut self) -> Option<String> {
        let left = PATIENCE.saturating_sub(self.started.elapsed());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                self.stdout.push_str(&line);
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => self.give_up("said nothing more"),
        }
    }

    /// The next event; none when there will be no more.
    pub(crate) fn next_event(&mut self) -> Option<Value> {
        let line = self.next_line()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
    }

    /// Waits for an event of this name.
    pub(crate) fn until(&mut self, name: &str) -> Value {
        while let Some(event) = self.next_event() {
            if event["event"] == name {
                return event;
            }
        }
        self.give_up(&format!("ended without `{name}`"))
    }

    /// Waits for so many events of this name.
    pub(crate) fn until_nth(&mut self, name: &str, count: usize) -> Value {
        (1..count).for_each(|_| drop(self.until(name)));
        self.until(name)
    }

    /// Waits for the program's end.
    pub(crate) fn finish(mut self) -> Finished {
        while self.next_line().is_some() {}
        let left = PATIENCE.saturating_sub(self.started.elapsed());
        let Some(status) = self.child.wait_timeout(left).unwrap() else {
            self.give_up("did not end");
        };
        let stderr = self.stderr.take();
        Finished {
            code: status.code(),
            stdout: std::mem::take(&mut self.stdout),
            stderr: stderr.map_or_else(String::new, |thread| thread.join().unwrap()),
        }
    }

    fn give_up(&mut self, why: &str) -> ! {
        let _dead = self.child.kill();
        let stderr = self.stderr.take().map(JoinHandle::join);
        let seconds = self.started.elapsed().as_secs();
        panic!(
            "the program {why} ({seconds} s)\n--- stdout\n{}\n--- stderr\n{stderr:?}",
            self.stdout
        );
    }
}

#[cfg(unix)]
impl Running {
    pub(crate) fn signal(&self, signal: i32) {
        send_signal(self.pid(), signal);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _dead = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Claims how it ended.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Claims that standard error holds each of these.
    #[track_caller]
    pub(crate) fn complains(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no `{word}` in:\n{}",
                self.stderr
            );
        }
        self
    }

    /// The events, where they went to standard output.
    pub(crate) fn events(&self) -> Vec<Value> {
        events_of(&self.stdout)
    }

    /// The events of one name.
    pub(crate) fn events_named(&self, name: &str) -> Vec<Value> {
        let mut events = self.events();
        events.retain(|event| event["event"] == name);
        events
    }

    /// The summary of the last event.
    pub(crate) fn summary(&self) -> Value {
        let events = self.events();
        let last = events
            .last()
            .unwrap_or_else(|| panic!("no event: {self:?}"));
        assert_eq!(last["event"], "run-ended");
        last["summary"].clone()
    }
}

/// Events from JSON lines.
pub(crate) fn events_of(text: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(parse).collect()
}

/// A process id out of an event.
pub(crate) fn pid_of(event: &Value) -> u32 {
    event["pid"].as_u64().unwrap().try_into().unwrap()
}

/// Looks until it is so, or fails after a time that a loaded machine needs.
#[track_caller]
pub(crate) fn eventually(what: &str, within: Duration, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < within, "not within {within:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "kill has no safe form in std")]
pub(crate) fn send_signal(pid: u32, signal: i32) {
    let pid = libc::pid_t::try_from(pid).unwrap();
    assert!(pid > 1, "that would be no single process");
    // SAFETY: plain integers in, no memory is touched. Fails only when the process has ended.
    unsafe { libc::kill(pid, signal) };
}

/// Whether a process still runs. One that nobody has reaped does not.
#[cfg(unix)]
#[expect(unsafe_code, reason = "kill has no safe form in std")]
pub(crate) fn is_alive(pid: u32) -> bool {
    if let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) {
        // The state stands behind the name, which may hold anything.
        let state = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.trim().chars().next());
        return !matches!(state, Some('Z' | 'X'));
    }
    if cfg!(target_os = "linux") {
        return false;
    }
    let pid = libc::pid_t::try_from(pid).unwrap();
    // SAFETY: signal 0 only asks.
    unsafe { libc::kill(pid, 0) == 0 }
}

/// Root may read and write everything, which some tests cannot do with.
#[cfg(unix)]
#[expect(unsafe_code, reason = "geteuid has no safe form in std")]
pub(crate) fn is_root() -> bool {
    // SAFETY: takes and touches nothing.
    unsafe { libc::geteuid() == 0 }
}
