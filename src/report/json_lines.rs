//! `--events`: every event as one JSON object a line, for programs. `docs/events.md` is their contract.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Report, ReportError, is_standard_output};
use crate::event::{Event, VERSION};

/// The events in a file or a pipe.
pub struct JsonLines {
    path: PathBuf,
    out: Box<dyn Write>,
    /// The line in hand; kept for its memory.
    line: Vec<u8>,
    start: Option<Instant>,
}

#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    t: f64,
    #[serde(flatten)]
    event: &'a Event,
}

impl JsonLines {
    /// Opens the file, which is emptied if it is there; `-` is standard output.
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        if is_standard_output(path) {
            return Ok(Self::writing_to(path, io::stdout()));
        }
        let file = File::create(path).map_err(|source| ReportError::Events {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::writing_to(path, file))
    }

    /// Writes to `out`, which errors call `path`.
    pub fn writing_to(path: &Path, out: impl Write + 'static) -> Self {
        Self {
            path: path.to_owned(),
            out: Box::new(out),
            line: Vec::new(),
            start: None,
        }
    }

    fn observe_at(&mut self, event: &Event, now: Instant) -> io::Result<()> {
        if *event == Event::Tick {
            return Ok(());
        }
        // What is skipped while the plan is made comes before `run-started`, and counts from there all the same.
        let start = *self.start.get_or_insert(now);
        let t = seconds(now.saturating_duration_since(start));
        self.line.clear();
        let v = VERSION;
        serde_json::to_writer(&mut self.line, &Line { v, t, event })?;
        self.line.push(b'\n');
        // One write for each event: whoever reads the pipe sees it at once, and never half of it. Through a pipe that
        // costs 3 us more than a large buffer would, or a second and a half in a run of 100,000 images.
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

/// With three decimals.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

impl Report for JsonLines {
    fn observe(&mut self, event: &Event) -> Result<(), ReportError> {
        self.observe_at(event, Instant::now())
            .map_err(|source| ReportError::Events {
                path: self.path.clone(),
                source,
            })
    }
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, Sink};
    use super::*;
    use crate::event::{Isolation, SkipReason, StopCause};
    use crate::failure::{FailureKind, Stage};
    use crate::warning::WarningKind;
    use serde_json::{Map, Value};

    const DOCS: &str = include_str!("../../docs/events.md");

    fn lines_of(events: &[Event]) -> Vec<String> {
        let sink = Sink::default();
        let mut lines = JsonLines::writing_to(Path::new("-"), sink.clone());
        for event in events {
            lines.observe(event).unwrap();
        }
        sink.take().lines().map(str::to_owned).collect()
    }

    fn object(line: &str) -> Map<String, Value> {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn each_event_is_a_line_and_ticks_are_none() {
        let mut events = samples::one_of_each();
        events.insert(3, Event::Tick);
        let lines = lines_of(&events);
        assert_eq!(lines.len(), events.len() - 1);
        for line in lines {
            let object = object(&line);
            assert_eq!(object["v"], VERSION);
            assert!(
                object["t"].is_f64() && object["event"].is_string(),
                "{line}"
            );
        }
    }

    #[test]
    fn time_counts_from_the_first_event_in_milliseconds() {
        let sink = Sink::default();
        let mut lines = JsonLines::writing_to(Path::new("-"), sink.clone());
        let start = Instant::now();
        for micros in [0, 1_234_567, 60_000_499] {
            let now = start + Duration::from_micros(micros);
            lines
                .observe_at(&samples::job_entered(7, 3, Stage::Decode), now)
                .unwrap();
        }
        insta::assert_snapshot!(sink.take(), @r#"
        {"v":1,"t":0.0,"event":"job-entered","job":7,"worker":3,"stage":"decode"}
        {"v":1,"t":1.235,"event":"job-entered","job":7,"worker":3,"stage":"decode"}
        {"v":1,"t":60.0,"event":"job-entered","job":7,"worker":3,"stage":"decode"}
        "#);
    }

    #[test]
    fn a_reader_that_left_is_told_of() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut lines = JsonLines::writing_to(Path::new("-"), Closed);
        assert!(lines.observe(&Event::Tick).is_ok());
        let error = lines.observe(&samples::worker_lost(1)).unwrap_err();
        assert!(error.is_broken_pipe());
        assert_eq!(
            error.to_string(),
            "cannot write the events to standard output"
        );
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_told_of_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/events.jsonl");
        let error = JsonLines::open(&path).unwrap_err();
        assert!(
            error.to_string().contains("missing/events.jsonl`"),
            "{error}"
        );
    }

    #[test]
    fn lines_are_in_the_file_as_soon_as_they_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut lines = JsonLines::open(&path).unwrap();
        lines.observe(&samples::run_started(1, 1)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.ends_with("}\n"), "{text}");
    }

    /// What stands under the heading of an event.
    fn section(event: &str) -> &'static str {
        let heading = format!("\n### `{event}`\n");
        let (_, rest) = DOCS
            .split_once(&heading)
            .unwrap_or_else(|| panic!("docs/events.md has no section for `{event}`"));
        rest.split("\n#").next().unwrap()
    }

    /// The names of all fields, those of objects within as `before.width`.
    fn fields(object: &Map<String, Value>, prefix: &str, names: &mut Vec<String>) {
        for (name, value) in object {
            let name = format!("{prefix}{name}");
            if let Value::Object(inner) = value {
                fields(inner, &format!("{name}."), names);
            }
            names.push(name);
        }
    }

    fn field_names(line: &str) -> Vec<String> {
        let mut names = Vec::new();
        fields(&object(line), "", &mut names);
        names.retain(|name| !["v", "t", "event"].contains(&name.as_str()));
        names
    }

    #[test]
    fn every_event_and_field_is_documented() {
        for line in lines_of(&samples::one_of_each()) {
            let event = object(&line)["event"].as_str().unwrap().to_owned();
            let section = section(&event);
            for name in field_names(&line) {
                let row = format!("\n| `{name}` |");
                assert!(section.contains(&row), "{event}: no row for `{name}`");
            }
            let example = section.lines().find(|line| line.starts_with('{'));
            let example = example.unwrap_or_else(|| panic!("{event}: no example"));
            assert_eq!(object(example)["event"], event);
            assert_eq!(
                field_names(example),
                field_names(&line),
                "example of {event}"
            );
        }
    }

    /// All values of an enum; breaks when one is added.
    macro_rules! all {
        ($name:ident: $($variant:ident $(($inner:expr))?),* $(,)?) => {{
            let _exhaustive = |value: $name| match value { $($name::$variant { .. } => {}),* };
            vec![$(serde_json::to_value($name::$variant $(($inner))?).unwrap()),*]
        }};
    }

    #[test]
    fn every_word_is_documented() {
        let words = [
            all!(Isolation: Process, Thread, None),
            all!(StopCause: Interrupted, TooManyFailures, CannotGoOn),
            all!(Stage: Discover, Read, Decode, Operate, Encode, Write, Publish),
            all!(SkipReason: NotAPicture(String::new()), Hidden, Filtered, Backup, Repeated, Loop, Special,
                OutputExists, UpToDate, NotSmaller),
            all!(FailureKind: Unreadable, Vanished, Changed, Unrecognized, Unsupported, Damaged,
                TooLarge, Inapplicable, Unencodable, Unwritable, Exists, DiskFull, OutputGone,
                Internal, WorkerLost, TimedOut, OutOfMemory, NoDescriptors),
            all!(WarningKind: Damaged, FramesDropped, PartsDropped, MetadataDropped, ProfileIgnored, BelowTarget),
        ];
        for word in words.into_iter().flatten() {
            let tag = word.as_object().and_then(|object| object.keys().next());
            let word = tag.map_or_else(|| word.as_str().unwrap(), String::as_str);
            assert!(
                DOCS.contains(&format!("| `{word}` |")),
                "no row for `{word}`"
            );
        }
    }
}
