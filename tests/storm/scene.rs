//! The pictures of a storm, what a calm run makes of them, and how runs are started.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Files below a folder, each with its length and checksum.
pub(crate) type Tree = BTreeMap<PathBuf, (u64, u32)>;

/// Pictures in a run.
pub(crate) const PICTURES: usize = 300;

/// One picture in so many crashes its worker.
const HOSTILE: usize = 43;

const ORDERS: [&str; 5] = ["segv", "abort", "exit=3", "stack", "half-write@encode"];

/// A small deterministic generator (Steele, Lea, Flood: `SplitMix64`).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, from: u64, to: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        from + (z ^ (z >> 31)) % (to - from)
    }
}

pub(crate) fn is_hostile(number: usize) -> bool {
    number % HOSTILE == HOSTILE / 2
}

/// A folder of pictures, and what becomes of them in calm weather.
pub(crate) struct Scene {
    root: tempfile::TempDir,
    pub(crate) calm: Tree,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        fs::create_dir(root.path().join("run")).unwrap();
        for number in 0..PICTURES {
            let path = root.path().join(format!("in/{number:04}.ppm"));
            fs::write(path, picture(number)).unwrap();
        }
        let mut scene = Self {
            root,
            calm: Tree::new(),
        };
        let calm = scene.start("calm", &[]).wait_with_output().unwrap();
        assert_eq!(calm.status.code(), Some(1), "the hostile ones fail");
        scene.calm = scene.outputs("calm");
        let good = (0..PICTURES).filter(|number| !is_hostile(*number)).count();
        assert_eq!(scene.calm.len(), good);
        scene
    }

    /// A run into a folder, with its events on standard output.
    pub(crate) fn start(&self, out: &str, flags: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_lightmill"))
            .args(["convert", "in", "-f", "png", "--blur", "6", "-j", "2"])
            .args(["--quiet", "--events", "-", "-o", out])
            .args(flags)
            .current_dir(self.root.path())
            .env("XDG_RUNTIME_DIR", self.root.path().join("run"))
            .env_remove("LIGHTMILL_WORKER")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// What people see of an output folder.
    pub(crate) fn outputs(&self, out: &str) -> Tree {
        let mut tree = self.tree(out);
        tree.retain(|path, _| !path.starts_with(".lightmill"));
        tree
    }

    /// What a run has left for itself: the journal and the lock may stay, nothing else.
    pub(crate) fn leftovers(&self, out: &str) -> usize {
        let own = |path: &&PathBuf| path.starts_with(".lightmill");
        let kept = |path: &&PathBuf| path.ends_with("journal.jsonl") || path.ends_with("lock");
        let tree = self.tree(out);
        tree.keys().filter(own).filter(|path| !kept(path)).count()
    }

    pub(crate) fn remove(&self, out: &str) {
        fs::remove_dir_all(self.root.path().join(out)).unwrap();
    }

    fn tree(&self, out: &str) -> Tree {
        let root = self.root.path().join(out);
        let files = walkdir::WalkDir::new(&root).into_iter().flatten();
        let files = files.filter(|entry| entry.file_type().is_file());
        files.map(|entry| mark(&root, entry.path())).collect()
    }
}

fn mark(root: &Path, path: &Path) -> (PathBuf, (u64, u32)) {
    let bytes = fs::read(path).unwrap_or_default();
    let name = path.strip_prefix(root).unwrap().to_owned();
    (name, (bytes.len() as u64, crc32fast::hash(&bytes)))
}

/// A noisy picture of 96 x 64, or one that crashes whoever decodes it.
fn picture(number: usize) -> Vec<u8> {
    let comment = if is_hostile(number) {
        format!("fault:{}", ORDERS[number / HOSTILE % ORDERS.len()])
    } else {
        number.to_string()
    };
    let mut bytes = format!("P6\n# {comment}\n96 64\n255\n").into_bytes();
    let mut dice = Dice(number as u64);
    bytes.extend((0..96 * 64 * 3).map(|_| u8::try_from(dice.roll(0, 256)).unwrap()));
    bytes
}
