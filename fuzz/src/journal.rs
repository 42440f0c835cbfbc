//! Journals that somebody else has had in hand.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::LazyLock;

use lightmill::store::{Entry, FOLDER, Journal, Past, absolute};
use tempfile::TempDir;

/// A run's folder, for all inputs in turn.
static ROOT: LazyLock<TempDir> = LazyLock::new(|| {
    let root = TempDir::new().expect("there is room for a folder");
    fs::create_dir(root.path().join(FOLDER)).expect("a folder in a new folder");
    root
});

/// Any bytes are the journal of no run, or of one that can go on: what is noted next is found again, and nothing that
/// was read before is lost.
pub fn check(data: &[u8]) {
    let root = ROOT.path();
    let path = root.join(FOLDER).join("journal.jsonl");
    put(&path, data).expect("a file in our own folder");
    let Some(past) = Past::read(root) else {
        return;
    };
    let output = root.join("output");
    let known = past.entry(&output).is_some();
    let mut journal = Journal::open(root, "", Some(&past)).expect("it could be read");
    journal.append(&entry(&output)).expect("it was opened");
    let again = Past::read(root).expect("it was a journal before");
    assert_eq!(again.entry(&output), Some(&entry(&output)));
    assert_eq!(
        again.entry_of(Path::new("source")).map(|entry| entry.bytes),
        Some(1)
    );
    assert_eq!(again.len(), past.len() + usize::from(!known));
}

fn put(path: &Path, data: &[u8]) -> io::Result<()> {
    File::create(path)?.write_all(data)
}

fn entry(output: &Path) -> Entry {
    Entry {
        output: absolute(output),
        source: absolute(Path::new("source")),
        source_bytes: 0,
        source_modified: None,
        bytes: 1,
        crc: 2,
    }
}
