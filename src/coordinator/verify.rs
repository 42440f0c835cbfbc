//! What a worker says of its work, against what can be seen of it: the worker may have been taken over by its image.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::codecs::{self, Sniffed};
use crate::failure::{self, Failure, FailureKind, Stage};
use crate::image::{Limits, Size};
use crate::job::{Job, Rendered};
use crate::store;

/// Where this much room is left, in bytes, no output has failed for want of it.
const ROOM: u64 = 4 << 30;

/// Whether the staged file is what the worker says it is, as far as its length and its first bytes tell.
pub(super) fn staged(
    job: &Job,
    rendered: &Rendered,
    staging: &Path,
    limits: Limits,
) -> Result<(), Failure> {
    let (bytes, head) = look(staging).map_err(|error| {
        let kind = FailureKind::of_writing(&error, job.home.is_dir());
        Failure::capture(Stage::Publish, kind, &error)
    })?;
    if bytes != rendered.bytes {
        let reason = format!(
            "the finished file has {bytes} bytes, and should have {}",
            rendered.bytes
        );
        return Err(Failure::new(
            Stage::Publish,
            FailureKind::Unwritable,
            reason,
        ));
    }
    let info = job.target.info();
    if codecs::sniff(&head, info.extensions.first().copied()) != Sniffed::Known(job.target) {
        return Err(lie(format!("the finished file is no {}", info.name)));
    }
    let possible = |size: &Size| (1..=limits.max_pixels).contains(&size.pixels());
    match [rendered.before, rendered.after]
        .iter()
        .find(|size| !possible(size))
    {
        Some(size) => Err(lie(format!(
            "the worker spoke of a picture of {size}, which cannot be"
        ))),
        None => Ok(()),
    }
}

fn lie(reason: String) -> Failure {
    Failure::new(Stage::Publish, FailureKind::Internal, reason)
}

/// The length of a plain file, and its first bytes.
fn look(staging: &Path) -> io::Result<(u64, Vec<u8>)> {
    let file = store::open_staged(staging)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("the finished file is no plain file"));
    }
    let mut head = Vec::with_capacity(codecs::HEAD_LEN);
    file.take(codecs::HEAD_LEN as u64).read_to_end(&mut head)?;
    Ok((metadata.len(), head))
}

/// Whether the failure of a worker ends the run, because every other image would meet it too. No worker can bring that
/// about by saying so where it is not true.
pub(super) fn ends_run(failure: &Failure, job: &Job) -> bool {
    failure.kind.ends_run()
        && if failure.kind == FailureKind::OutputGone {
            !job.home.is_dir()
        } else if failure.kind == FailureKind::NoDescriptors {
            File::open(&job.home).is_err_and(|error| failure::lacks_descriptors(&error))
        } else {
            // Quotas do not show here: they fail image by image.
            store::room(&job.home).is_none_or(|bytes| bytes < ROOM)
        }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;
    use crate::codecs::Format;
    use crate::job::{Cost, JobId};
    use crate::metadata::Dropped;
    use crate::warning::Warnings;

    fn job(home: &Path) -> Job {
        Job {
            id: JobId(0),
            source: "in.png".into(),
            format: Format::Png,
            target: Format::Png,
            output: "out.png".into(),
            replaces_ours: false,
            home: home.to_owned(),
            source_bytes: 1,
            source_modified: None,
            cost: Cost::default(),
        }
    }

    fn rendered(bytes: usize) -> Rendered {
        Rendered {
            bytes: bytes as u64,
            crc: 0,
            before: Size::new(1, 1),
            after: Size::new(1, 1),
            micros: 0,
            warnings: Warnings::none(),
            dropped: Dropped::nothing(),
        }
    }

    fn verdict(content: &[u8], said: &Rendered) -> Result<(), FailureKind> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("1");
        File::create(&path).unwrap().write_all(content).unwrap();
        staged(&job(home.path()), said, &path, Limits::default()).map_err(|failure| failure.kind)
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

    #[test]
    fn only_a_file_of_the_target_format_and_the_length_said_is_taken() {
        let lie = Err(FailureKind::Internal);
        assert_eq!(verdict(PNG, &rendered(PNG.len())), Ok(()));
        assert_eq!(verdict(b"", &rendered(0)), lie);
        assert_eq!(verdict(b"garbage", &rendered(7)), lie);
        assert_eq!(verdict(b"\xff\xd8\xff\xe0", &rendered(4)), lie, "a JPEG");
        let short = verdict(PNG, &rendered(PNG.len() + 1));
        assert_eq!(short, Err(FailureKind::Unwritable));
    }

    #[test]
    fn sizes_that_cannot_be_are_no_size() {
        for size in [
            Size::new(0, 5),
            Size::new(u32::MAX, u32::MAX),
            Size::new(1 << 15, 1 << 15),
        ] {
            for end in 0..2 {
                let mut said = rendered(PNG.len());
                *[&mut said.before, &mut said.after][end] = size;
                assert_eq!(verdict(PNG, &said), Err(FailureKind::Internal), "{size}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed_and_a_pipe_not_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let (link, pipe) = (home.path().join("link"), home.path().join("pipe"));
        let target = home.path().join("target");
        File::create(&target).unwrap().write_all(PNG).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let node = rustix::fs::FileType::Fifo;
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, node, mode, 0).unwrap();
        for path in [link, pipe] {
            let said = rendered(PNG.len());
            assert!(staged(&job(home.path()), &said, &path, Limits::default()).is_err());
        }
    }

    #[test]
    fn only_what_is_so_ends_the_run() {
        let home = tempfile::tempdir().unwrap();
        let job = job(home.path());
        let ends = |kind| ends_run(&Failure::new(Stage::Write, kind, "said so"), &job);
        assert!(!ends(FailureKind::OutputGone));
        assert!(!ends(FailureKind::NoDescriptors));
        assert!(!ends(FailureKind::Damaged));
        drop(home);
        assert!(ends(FailureKind::OutputGone));
    }
}
