//! The journal: which outputs a run has published, so that a killed run can go on where it was.
//!
//! A text file of JSON lines. The first line says of which request the journal is; each further line names an output
//! and is written *before* the output is moved to its place, with its length and checksum. An output counts as done
//! only if the file that is there matches: so a kill between the two steps, a torn last line, or a file changed later
//! are all seen, and the image is simply done again.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::home::folder_of;

/// Version of the file's form.
const VERSION: u32 = 1;

/// Why the journal cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep the journal {path}")]
pub struct JournalError {
    path: PathBuf,
    source: io::Error,
}

impl JournalError {
    /// What the system said.
    pub fn reason(&self) -> &io::Error {
        &self.source
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    lightmill_journal: u32,
    request: String,
}

/// One published output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it is.
    #[serde(with = "name")]
    pub output: PathBuf,
    /// What it was made of.
    #[serde(with = "name")]
    pub source: PathBuf,
    /// Length of the source.
    pub source_bytes: u64,
    /// When the source was last changed, in nanoseconds since 1970.
    pub source_modified: Option<u128>,
    /// Length of the output.
    pub bytes: u64,
    /// CRC-32 of the output.
    pub crc: u32,
}

impl Entry {
    /// Whether the output is there as it was published. Reads the whole file.
    pub fn stands(&self) -> bool {
        let right_length =
            fs::metadata(&self.output).is_ok_and(|metadata| metadata.len() == self.bytes);
        right_length && checksum(&self.output).is_ok_and(|crc| crc == self.crc)
    }
}

fn checksum(path: &Path) -> io::Result<u32> {
    let mut file = File::open(path)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0_u8; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            length => hasher.update(&buffer[..length]),
        }
    }
}

/// The path from the root: a request may be typed in more than one way.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .components()
        .collect()
}

/// What an earlier run that did not complete has left.
#[derive(Debug, Clone, Default)]
pub struct Past {
    request: String,
    entries: HashMap<PathBuf, Entry>,
    /// The output of each source.
    outputs: HashMap<PathBuf, PathBuf>,
    /// Bytes of the file that hold whole lines.
    sound: u64,
}

impl Past {
    /// Reads the journal of a run into `root`, if there is one. Whatever does not read as a line of it counts for
    /// nothing.
    pub fn read(root: &Path) -> Option<Self> {
        let text = fs::read(Journal::path_in(&folder_of(root))).ok()?;
        let mut lines = text
            .split_inclusive(|byte| *byte == b'\n')
            .filter(|line| line.ends_with(b"\n"));
        let first = lines.next()?;
        let head: Head = serde_json::from_slice(first).ok()?;
        if head.lightmill_journal != VERSION {
            return None;
        }
        let mut past = Self {
            request: head.request,
            entries: HashMap::new(),
            outputs: HashMap::new(),
            sound: first.len() as u64,
        };
        for line in lines {
            let Ok(entry) = serde_json::from_slice::<Entry>(line) else {
                break;
            };
            past.sound += line.len() as u64;
            past.outputs
                .insert(entry.source.clone(), entry.output.clone());
            past.entries.insert(entry.output.clone(), entry);
        }
        Some(past)
    }

    /// Whether it was the same request.
    pub fn is_of(&self, request: &str) -> bool {
        self.request == request
    }

    /// What it says of an output.
    pub fn entry(&self, output: &Path) -> Option<&Entry> {
        self.entries.get(&absolute(output))
    }

    /// What it says of the output of a source.
    pub fn entry_of(&self, source: &Path) -> Option<&Entry> {
        self.entries.get(self.outputs.get(&absolute(source))?)
    }

    /// Takes what another journal of the same request says.
    pub fn join(&mut self, other: Self) {
        if other.request == self.request {
            self.entries.extend(other.entries);
            self.outputs.extend(other.outputs);
        }
    }

    /// How many outputs it names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The journal of the run that is on.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of the file that hold whole lines.
    sound: u64,
}

impl Journal {
    pub(super) fn path_in(folder: &Path) -> PathBuf {
        folder.join("journal.jsonl")
    }

    /// Begins a journal of `request` for a run into `root`, or goes on with the one of the `past`.
    pub fn open(root: &Path, request: &str, past: Option<&Past>) -> Result<Self, JournalError> {
        let path = Self::path_in(&folder_of(root));
        let failed = |source| JournalError {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(failed)?;
        // A line that was torn by the kill must not swallow the one that follows.
        let mut sound = past.map_or(0, |past| past.sound);
        file.set_len(sound).map_err(failed)?;
        if past.is_none() {
            let head = Head {
                lightmill_journal: VERSION,
                request: request.to_owned(),
            };
            sound = write_line(&mut file, &head).map_err(failed)?;
        }
        Ok(Self { path, file, sound })
    }

    /// Notes that an output is about to be published. Its paths must be [`absolute`].
    pub fn append(&mut self, entry: &Entry) -> Result<(), JournalError> {
        match write_line(&mut self.file, entry) {
            Ok(length) => {
                self.sound += length;
                Ok(())
            }
            Err(source) => {
                // Nor must a line that a full disk has torn swallow the next one.
                let _cut = self.file.set_len(self.sound);
                Err(JournalError {
                    path: self.path.clone(),
                    source,
                })
            }
        }
    }

    /// Puts what was noted on the disk itself.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(|source| JournalError {
            path: self.path.clone(),
            source,
        })
    }

    /// Ends a run that is complete: there is nothing to go on with.
    pub fn remove(self) -> Result<(), JournalError> {
        drop(self.file);
        fs::remove_file(&self.path).map_err(|source| JournalError {
            path: self.path,
            source,
        })
    }
}

/// In one call, so that a kill tears at most the last line. Says how many bytes it has.
fn write_line<T: Serialize>(file: &mut File, line: &T) -> io::Result<u64> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)?;
    Ok(text.len() as u64)
}

/// Paths as text where they are text, else as what they are.
mod name {
    use super::{Deserialize, OsString, Path, PathBuf, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Name {
        Text(String),
        Raw(OsString),
    }

    pub(super) fn serialize<S: serde::Serializer>(
        path: &Path,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let name = path.to_str().map_or_else(
            || Name::Raw(path.into()),
            |text| Name::Text(text.to_owned()),
        );
        name.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        Name::deserialize(deserializer).map(|name| match name {
            Name::Text(text) => text.into(),
            Name::Raw(raw) => raw.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(output: PathBuf) -> Entry {
        Entry {
            output,
            source: "in/ü.jpg".into(),
            source_bytes: 10,
            source_modified: Some(1_700_000_000_123_456_789),
            bytes: 3,
            crc: crc32fast::hash(b"abc"),
        }
    }

    fn written(root: &Path, outputs: &[PathBuf]) -> Vec<u8> {
        fs::create_dir_all(folder_of(root)).unwrap();
        let mut journal = Journal::open(root, "request", None).unwrap();
        for output in outputs {
            journal.append(&entry(output.clone())).unwrap();
        }
        fs::read(&journal.path).unwrap()
    }

    #[test]
    fn a_journal_cut_anywhere_loses_only_the_torn_line() {
        let root = tempfile::tempdir().unwrap();
        let outputs: Vec<PathBuf> = (0..4)
            .map(|i| root.path().join(format!("{i}.jpg")))
            .collect();
        let whole = written(root.path(), &outputs);
        let path = Journal::path_in(&folder_of(root.path()));
        for cut in 0..=whole.len() {
            fs::remove_file(&path).unwrap();
            File::create(&path)
                .unwrap()
                .write_all(&whole[..cut])
                .unwrap();
            let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
            let past = Past::read(root.path());
            assert_eq!(
                past.as_ref().map(Past::len),
                lines.checked_sub(1),
                "cut at {cut}"
            );
            // What is appended after a cut reads back too.
            let mut journal = Journal::open(root.path(), "request", past.as_ref()).unwrap();
            journal
                .append(&entry(absolute(Path::new("later.jpg"))))
                .unwrap();
            let past = Past::read(root.path()).unwrap();
            assert_eq!(past.len(), lines.saturating_sub(1) + 1, "cut at {cut}");
            assert!(past.is_of("request") && past.entry(Path::new("later.jpg")).is_some());
        }
    }

    #[test]
    fn an_output_stands_only_if_every_byte_does() {
        let root = tempfile::tempdir().unwrap();
        let output = root.path().join("a.jpg");
        let entry = entry(output.clone());
        assert!(!entry.stands());
        for (bytes, stands) in [(b"abc".as_slice(), true), (b"abd", false), (b"ab", false)] {
            File::create(&output).unwrap().write_all(bytes).unwrap();
            assert_eq!(entry.stands(), stands);
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_are_kept() {
        use std::os::unix::ffi::OsStringExt;
        let root = tempfile::tempdir().unwrap();
        let output: PathBuf = OsString::from_vec(b"out/caf\xe9.jpg".to_vec()).into();
        written(root.path(), std::slice::from_ref(&output));
        assert!(Past::read(root.path()).unwrap().entry(&output).is_some());
    }
}
