//! Finding the images: folders are walked, patterns expanded, and every file's first bytes say what it is. Whatever is
//! left out is reported with its reason.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use walkdir::{DirEntry, WalkDir};

use super::settings::{Filter, Input, Pattern};
use crate::codecs::{self, Format, HEAD_LEN, Sniffed};
use crate::event::SkipReason;
use crate::failure::{Failure, FailureKind, Stage};
use crate::image::Size;
use crate::store;

/// An image that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its path below the input: what is mirrored.
    pub(super) relative: PathBuf,
    /// The input's folder.
    pub(super) root: PathBuf,
    /// What its content says it is.
    pub(super) format: Format,
    /// Its length.
    pub(super) bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub(super) modified: Option<u128>,
    /// The size it announces, where that can be had for nothing.
    pub(super) announced: Option<Size>,
}

/// What came of looking at one input, folder entry or list line.
#[derive(Debug)]
pub(super) enum Sighting {
    Image(Found),
    Skipped(PathBuf, SkipReason),
    Failed(PathBuf, Failure),
}

/// An input that is not there.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// No such file or folder.
    #[error("cannot read input {path}")]
    Missing {
        /// As it was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not a pattern.
    #[error("`{pattern}` is no pattern")]
    Pattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        source: globset::Error,
    },
    /// A pattern that nothing matches.
    #[error("nothing matches `{0}`")]
    NoMatch(String),
}

/// Looks at all inputs, in their order; folders in the order of names.
pub(super) fn discover(
    inputs: &[Input],
    filter: &Filter,
    output: Option<&Path>,
    see: &mut dyn FnMut(Sighting),
) -> Result<(), DiscoverError> {
    let mut search = Search {
        filter,
        output: output.and_then(|folder| fs::canonicalize(folder).ok()),
        seen: HashSet::new(),
        see,
    };
    inputs.iter().try_for_each(|input| search.input(input))
}

struct Search<'a> {
    filter: &'a Filter,
    /// The output folder, if it is there: what lies in it is ours.
    output: Option<PathBuf>,
    seen: HashSet<PathBuf>,
    see: &'a mut dyn FnMut(Sighting),
}

impl Search<'_> {
    fn input(&mut self, input: &Input) -> Result<(), DiscoverError> {
        let path = match input {
            Input::Named(path) => path,
            Input::Listed(path) => {
                self.listed(path);
                return Ok(());
            }
        };
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.walk(path, None),
            Ok(metadata) => self.file(path, &metadata, true),
            Err(error) => return self.expand(path, error),
        }
        Ok(())
    }

    /// A file that somebody named: it counts, whatever it is.
    fn file(&mut self, path: &Path, metadata: &Metadata, alone: bool) {
        let relative = if alone { name_of(path) } else { mirrored(path) };
        let root = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        self.candidate(path, relative, root, metadata, true);
    }

    fn listed(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.walk(path, None),
            Ok(metadata) => self.file(path, &metadata, false),
            Err(error) => self.failed(path, &error),
        }
    }

    /// A name that is not there may be a pattern: not every shell expands them.
    fn expand(&mut self, path: &Path, source: io::Error) -> Result<(), DiscoverError> {
        let missing = |source| DiscoverError::Missing {
            path: path.to_owned(),
            source,
        };
        let Some(text) = path
            .to_str()
            .filter(|text| text.contains(['*', '?', '[', '{']))
        else {
            return Err(missing(source));
        };
        let (base, rest) = split_pattern(path);
        let matcher =
            Pattern::parse(&rest.to_string_lossy()).map_err(|source| DiscoverError::Pattern {
                pattern: text.to_owned(),
                source,
            })?;
        if !base.is_dir() {
            return Err(DiscoverError::NoMatch(text.to_owned()));
        }
        let before = self.seen.len();
        let depth = if text.contains("**") {
            usize::MAX
        } else {
            rest.components().count()
        };
        self.walk(&base, Some((&matcher, depth)));
        if self.seen.len() == before {
            return Err(DiscoverError::NoMatch(text.to_owned()));
        }
        Ok(())
    }

    /// Walks a folder. With a pattern, only what it matches counts, and counts as named.
    fn walk(&mut self, root: &Path, pattern: Option<(&Pattern, usize)>) {
        let depth = pattern.map_or(usize::MAX, |(_, depth)| depth);
        let mut walk = WalkDir::new(root)
            .follow_links(true)
            .sort_by_file_name()
            .min_depth(1)
            .max_depth(depth)
            .into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.unwalkable(root, &error);
                    continue;
                }
            };
            let relative = entry
                .path()
                .strip_prefix(root)
                .unwrap_or(entry.path())
                .to_owned();
            if entry.file_type().is_dir() {
                if !self.enters(&entry, &relative) {
                    walk.skip_current_dir();
                }
            } else if pattern.is_none_or(|(pattern, _)| pattern.matches(&relative)) {
                self.entry(&entry, relative, root, pattern.is_some());
            }
        }
    }

    /// Whether a folder is walked into.
    fn enters(&mut self, entry: &DirEntry, relative: &Path) -> bool {
        let ours = entry.file_name() == store::FOLDER
            || self.output.as_ref().is_some_and(|output| {
                fs::canonicalize(entry.path()).is_ok_and(|path| path == *output)
            });
        if ours {
            return false;
        }
        if is_hidden(entry.file_name()) && !self.filter.hidden {
            self.skipped(entry.path(), SkipReason::Hidden);
            return false;
        }
        if self
            .filter
            .exclude
            .iter()
            .any(|pattern| pattern.matches(relative))
        {
            self.skipped(entry.path(), SkipReason::Filtered);
            return false;
        }
        true
    }

    fn entry(&mut self, entry: &DirEntry, relative: PathBuf, root: &Path, matched: bool) {
        let included = self
            .filter
            .include
            .iter()
            .any(|pattern| pattern.matches(&relative));
        let excluded = self
            .filter
            .exclude
            .iter()
            .any(|pattern| pattern.matches(&relative));
        if excluded || (!self.filter.include.is_empty() && !included) {
            return self.skipped(entry.path(), SkipReason::Filtered);
        }
        if is_hidden(entry.file_name()) && !self.filter.hidden {
            return self.skipped(entry.path(), SkipReason::Hidden);
        }
        if self.filter.is_backup(entry.path()) {
            return self.skipped(entry.path(), SkipReason::Backup);
        }
        match entry.metadata() {
            Ok(metadata) => {
                self.candidate(entry.path(), relative, root, &metadata, included || matched);
            }
            Err(error) => self.unwalkable(root, &error),
        }
    }

    /// A file that may be an image. `named`: somebody asked for just this file, so it is never merely left out.
    fn candidate(
        &mut self,
        path: &Path,
        relative: PathBuf,
        root: &Path,
        metadata: &Metadata,
        named: bool,
    ) {
        if !self.seen.insert(lexical(path)) {
            return self.skipped(path, SkipReason::Repeated);
        }
        if !metadata.is_file() {
            let failure = Failure::new(
                Stage::Discover,
                FailureKind::Unreadable,
                "neither a file nor a folder",
            );
            return self.refuse(path, named, SkipReason::Special, failure);
        }
        let extension = path.extension().and_then(OsStr::to_str);
        let promises = named || extension.is_some_and(codecs::looks_like_picture);
        let head = match read_head(path) {
            Ok(head) => head,
            Err(error) => return self.failed(path, &error),
        };
        match codecs::sniff(&head, extension) {
            Sniffed::Known(format) => (self.see)(Sighting::Image(Found {
                path: path.to_owned(),
                relative,
                root: root.to_owned(),
                format,
                bytes: metadata.len(),
                modified: modified(metadata),
                announced: codecs::announced_size(format, &head),
            })),
            Sniffed::Foreign(foreign) => {
                let reason = foreign.reason();
                let failure = Failure::new(Stage::Discover, FailureKind::Unsupported, reason);
                let skip = SkipReason::NotAPicture(foreign.name.to_owned());
                self.refuse(path, named || foreign.picture, skip, failure);
            }
            Sniffed::Empty => {
                let failure =
                    Failure::new(Stage::Discover, FailureKind::Damaged, "the file is empty");
                self.refuse(
                    path,
                    promises,
                    SkipReason::NotAPicture("empty".to_owned()),
                    failure,
                );
            }
            Sniffed::Unknown => {
                let reason = codecs::unlike(&head, extension);
                let failure = Failure::new(Stage::Discover, FailureKind::Unrecognized, reason);
                self.refuse(
                    path,
                    promises,
                    SkipReason::NotAPicture("unknown".to_owned()),
                    failure,
                );
            }
        }
    }

    /// What was asked for and cannot be had is a failure; what merely lay there is left out.
    fn refuse(&mut self, path: &Path, asked_for: bool, skip: SkipReason, failure: Failure) {
        if asked_for {
            (self.see)(Sighting::Failed(path.to_owned(), failure));
        } else {
            self.skipped(path, skip);
        }
    }

    fn skipped(&mut self, path: &Path, reason: SkipReason) {
        (self.see)(Sighting::Skipped(path.to_owned(), reason));
    }

    fn failed(&mut self, path: &Path, error: &io::Error) {
        let kind = FailureKind::of_reading(error);
        let failure = Failure::capture(Stage::Discover, kind, error);
        (self.see)(Sighting::Failed(path.to_owned(), failure));
    }

    /// A folder that cannot be listed may hold images: that is a failure. A link that leads nowhere is one if its name
    /// promises a picture.
    fn unwalkable(&mut self, root: &Path, error: &walkdir::Error) {
        let path = error.path().unwrap_or(root).to_owned();
        if error.loop_ancestor().is_some() {
            return self.skipped(&path, SkipReason::Loop);
        }
        let gone = error
            .io_error()
            .is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
        let extension = path.extension().and_then(OsStr::to_str);
        if gone && !extension.is_some_and(codecs::looks_like_picture) {
            return self.skipped(&path, SkipReason::Special);
        }
        match error.io_error() {
            Some(error) => self.failed(&path, error),
            None => self.skipped(&path, SkipReason::Special),
        }
    }
}

fn read_head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_LEN);
    File::open(path)?
        .take(HEAD_LEN as u64)
        .read_to_end(&mut head)?;
    Ok(head)
}

/// When a file was last changed, in nanoseconds since 1970.
pub(super) fn modified(metadata: &Metadata) -> Option<u128> {
    let time = metadata.modified().ok()?;
    Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos())
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn name_of(path: &Path) -> PathBuf {
    path.file_name().map(PathBuf::from).unwrap_or_default()
}

/// A listed path keeps its folders if it leads down from where we are; otherwise its name is all that is mirrored.
fn mirrored(path: &Path) -> PathBuf {
    let downward = |component| matches!(component, Component::Normal(_) | Component::CurDir);
    if path.components().all(downward) {
        path.components()
            .filter(|component| matches!(component, Component::Normal(_)))
            .collect()
    } else {
        name_of(path)
    }
}

/// The path from the root, without `.` and without asking the system.
fn lexical(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.components()
        .filter(|component| *component != Component::CurDir)
        .collect()
}

/// The folders before the first component with a wildcard, and the rest.
fn split_pattern(path: &Path) -> (PathBuf, PathBuf) {
    let wild = |component: &Component<'_>| {
        let text = component.as_os_str().as_encoded_bytes();
        text.iter().any(|byte| b"*?[{".contains(byte))
    };
    let base: PathBuf = path
        .components()
        .take_while(|component| !wild(component))
        .collect();
    let rest = path
        .components()
        .skip_while(|component| !wild(component))
        .collect();
    let base = if base.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        base
    };
    (base, rest)
}
