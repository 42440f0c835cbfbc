//! `--report`: one JSON document about the whole run, written at its end, whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::NamedTempFile;

use super::{Report, ReportError};
use crate::event::{Event, SkipReason, Summary, VERSION, path_text};
use crate::failure::{Failure, FailureKind, Stage};
use crate::image::Size;
use crate::metadata::Dropped;
use crate::warning::Warnings;

/// The document about the run. Keeps a row for each image until the run ends.
#[derive(Debug)]
pub struct SummaryFile {
    path: PathBuf,
    lightmill: &'static str,
    images: Vec<Image>,
}

#[derive(Serialize)]
struct Document<'a> {
    v: u32,
    lightmill: &'a str,
    summary: &'a Summary,
    images: &'a [Image],
}

/// What became of an image.
#[derive(Debug, Serialize)]
struct Image {
    #[serde(serialize_with = "path_text")]
    source: PathBuf,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
enum Outcome {
    Planned {
        #[serde(serialize_with = "path_text")]
        output: PathBuf,
    },
    Done {
        #[serde(serialize_with = "path_text")]
        output: PathBuf,
        bytes_in: u64,
        bytes_out: u64,
        before: Size,
        after: Size,
        micros: u64,
        warnings: Warnings,
        dropped: Dropped,
    },
    Failed {
        stage: Stage,
        kind: FailureKind,
        reason: String,
    },
    Skipped {
        reason: SkipReason,
    },
}

impl SummaryFile {
    /// Makes sure, before the run, that the document can be written after it.
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        let file = Self {
            path: path.to_owned(),
            lightmill: env!("CARGO_PKG_VERSION"),
            images: Vec::new(),
        };
        file.draft().map_err(|source| file.error(source))?;
        Ok(file)
    }

    /// An empty file beside the one to be, gone again unless it is persisted.
    fn draft(&self) -> io::Result<NamedTempFile> {
        if self.path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            Some(_) | None => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".lightmill-report-");
        make_ordinary(&mut builder);
        builder.tempfile_in(folder)
    }

    fn write(&mut self, summary: &Summary) -> io::Result<()> {
        // Images come in the order in which they ended, which no two runs share.
        self.images.sort_by(|a, b| a.source.cmp(&b.source));
        let draft = self.draft()?;
        let mut out = BufWriter::new(draft.as_file());
        let document = Document {
            v: VERSION,
            lightmill: self.lightmill,
            summary,
            images: &self.images,
        };
        serde_json::to_writer_pretty(&mut out, &document)?;
        out.write_all(b"\n")?;
        out.flush()?;
        drop(out);
        draft.as_file().sync_all()?;
        draft.persist(&self.path)?;
        Ok(())
    }

    fn add(&mut self, source: &Path, outcome: Outcome) {
        self.images.push(Image {
            source: source.to_owned(),
            outcome,
        });
    }

    fn error(&self, source: io::Error) -> ReportError {
        ReportError::Summary {
            path: self.path.clone(),
            source,
        }
    }
}

/// The document is for everybody whom the umask lets read; temporary files are not.
#[cfg(unix)]
fn make_ordinary(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn make_ordinary(_: &mut tempfile::Builder<'_, '_>) {}

impl Report for SummaryFile {
    fn observe(&mut self, event: &Event) -> Result<(), ReportError> {
        match event {
            Event::RunStarted { lightmill, .. } => self.lightmill = lightmill,
            Event::Planned { source, output } => {
                let output = output.clone();
                self.add(source, Outcome::Planned { output });
            }
            Event::Skipped { source, reason } => {
                let reason = reason.clone();
                self.add(source, Outcome::Skipped { reason });
            }
            Event::JobDone {
                source,
                output,
                bytes_in,
                bytes_out,
                before,
                after,
                micros,
                warnings,
                dropped,
                ..
            } => self.add(
                source,
                Outcome::Done {
                    output: output.clone(),
                    bytes_in: *bytes_in,
                    bytes_out: *bytes_out,
                    before: *before,
                    after: *after,
                    micros: *micros,
                    warnings: warnings.clone(),
                    dropped: *dropped,
                },
            ),
            Event::JobFailed {
                source, failure, ..
            } => self.add(source, Outcome::from(failure)),
            Event::RunEnded { summary } => {
                return self.write(summary).map_err(|source| self.error(source));
            }
            Event::WorkerReady { .. }
            | Event::WorkerLost { .. }
            | Event::JobStarted { .. }
            | Event::JobEntered { .. }
            | Event::JobRetried { .. }
            | Event::Stopping { .. }
            | Event::Paused
            | Event::Resumed
            | Event::Tick => {}
        }
        Ok(())
    }
}

impl From<&Failure> for Outcome {
    fn from(failure: &Failure) -> Self {
        Self::Failed {
            stage: failure.stage,
            kind: failure.kind,
            reason: failure.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use std::fs;

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "the document is long")]
    fn the_document_tells_of_every_image_in_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let mut file = SummaryFile::open(&path).unwrap();
        let events = [
            samples::skipped(SkipReason::NotAPicture("plain text".to_owned())),
            samples::run_started(2, 2_000),
            samples::job_failed(2),
            samples::job_done(1, 1_200_000),
            samples::job_warned(1),
            samples::run_ended(samples::summary()),
        ];
        for event in &events {
            assert_eq!(
                names_in(folder.path()),
                [""; 0],
                "nothing is there before the end"
            );
            file.observe(event).unwrap();
        }
        assert_eq!(names_in(folder.path()), ["report.json"]);
        insta::assert_snapshot!(fs::read_to_string(&path).unwrap(), @r#"
        {
          "v": 1,
          "lightmill": "0.1.0",
          "summary": {
            "done": 29,
            "warned": 0,
            "failed": 1,
            "skipped": 3,
            "resumed": 1,
            "left": 0,
            "bytes_in": 55100000,
            "bytes_out": 1200000,
            "pixels": 246080000,
            "workers_lost": 0,
            "elapsed": 3.2,
            "stopped": null
          },
          "images": [
            {
              "source": "photos/1.jpg",
              "outcome": "done",
              "output": "thumbs/1.jpg",
              "bytes_in": 1200000,
              "bytes_out": 14000,
              "before": {
                "width": 4000,
                "height": 3000
              },
              "after": {
                "width": 320,
                "height": 240
              },
              "micros": 38000,
              "warnings": [],
              "dropped": []
            },
            {
              "source": "photos/1.jpg",
              "outcome": "done",
              "output": "thumbs/1.jpg",
              "bytes_in": 1000,
              "bytes_out": 14000,
              "before": {
                "width": 4000,
                "height": 3000
              },
              "after": {
                "width": 320,
                "height": 240
              },
              "micros": 38000,
              "warnings": [
                {
                  "kind": "damaged",
                  "reason": "damaged jpeg file: the file ends too early"
                }
              ],
              "dropped": [
                "exif",
                "location"
              ]
            },
            {
              "source": "photos/2.jpg",
              "outcome": "failed",
              "stage": "decode",
              "kind": "damaged",
              "reason": "damaged jpeg file: unexpected end of file"
            },
            {
              "source": "photos/notes.txt",
              "outcome": "skipped",
              "reason": {
                "not-a-picture": "plain text"
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told_of_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing/report.json");
        let error = SummaryFile::open(&missing).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot write the report to `")
        );
        assert!(
            SummaryFile::open(folder.path()).is_err(),
            "a folder is no file"
        );
    }

    #[test]
    fn a_folder_that_went_away_during_the_run_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();
        let mut file = SummaryFile::open(&home.join("report.json")).unwrap();
        fs::remove_dir(&home).unwrap();
        assert!(
            file.observe(&samples::run_ended(samples::summary()))
                .is_err()
        );
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it_as_far_as_the_umask_allows() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            let metadata = fs::metadata(folder.path().join(name)).unwrap();
            metadata.permissions().mode()
        };
        fs::File::create(folder.path().join("ordinary")).unwrap();
        let mut file = SummaryFile::open(&folder.path().join("report.json")).unwrap();
        file.observe(&samples::run_ended(samples::summary()))
            .unwrap();
        assert_eq!(mode("report.json"), mode("ordinary"));
    }
}
