//! Every sample image, decoded, made smaller and encoded in a sandbox: the same bytes as without one.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use lightmill::codecs::{Format, HEAD_LEN, Sniffed, sniff};
use lightmill::pipeline::Recipe;
use lightmill::pipeline::ops::{Op, OpDefaults};
use lightmill::worker::Grant;

use super::column::Column;
use super::needs::{input, output};
use super::outcome::{Outcome, Row, WORKS};
use super::scene::{Scene, Stage, World};

pub(super) static ROW: Row = Row::new("process a picture", process, [WORKS; 3]);

/// How many of the pictures came out otherwise, or not at all.
pub(super) fn compare(columns: &[&Column], world: &World) -> usize {
    let open = columns.iter().find(|column| column.is_open()).unwrap();
    let closed = columns.iter().filter(|column| column.seccomp);
    let closed = closed.max_by_key(|column| column.landlock).unwrap();
    let files = walkdir::WalkDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/sample_images"))
        .sort_by_file_name();
    let files = files.into_iter().map(Result::unwrap);
    // Tables of colours lie among the pictures.
    let files = files.filter(|file| file.path().extension().is_none_or(|end| end != "cube"));
    let (mut same, mut wrong) = (0, 0);
    for file in files.filter(|entry| entry.file_type().is_file()) {
        let expected = processed(file.path(), open, world);
        let found = processed(file.path(), closed, world);
        if expected == found && (expected.0 == Outcome::Works || trips(file.path())) {
            same += 1;
        } else {
            wrong += 1;
            let (path, name) = (file.path().display(), closed.name);
            println!(
                "WRONG: {path}: {} in {name}, {} without",
                found.0, expected.0
            );
        }
    }
    println!(
        "{same} samples become the same bytes in \"{}\" as without a sandbox",
        closed.name
    );
    wrong
}

/// Not everything in there is a picture.
fn trips(file: &Path) -> bool {
    file.parent()
        .is_some_and(|folder| folder.ends_with("trips"))
}

fn processed(file: &Path, column: &Column, world: &World) -> (Outcome, Vec<u8>) {
    let scene = Scene::new(column, world).with_input(file);
    let outcome = scene.try_out(ROW.name);
    (outcome, fs::read(scene.path("stage")).unwrap())
}

/// What a worker does with a picture, by two threads.
fn process(_stage: &Stage) -> io::Result<()> {
    let mut bytes = Vec::new();
    input().read_to_end(&mut bytes)?;
    let recipe = Recipe {
        ops: vec![Op::parse("resize", "200x200", &OpDefaults::default()).unwrap()],
        ..Recipe::default()
    };
    let work = || {
        recipe.process(
            &bytes,
            format_of(&bytes),
            Format::Png,
            u64::MAX,
            &mut |_| {},
        )
    };
    let picture = Grant::default().run(2, work).unwrap();
    output().write_all(&picture.bytes)
}

/// One of the formats cannot be told by its first bytes: it is what is left.
fn format_of(bytes: &[u8]) -> Format {
    let head = &bytes[..bytes.len().min(HEAD_LEN)];
    match sniff(head, Some("tga")) {
        Sniffed::Known(format) => format,
        Sniffed::Foreign(_) | Sniffed::Empty | Sniffed::Unknown => panic!("no picture"),
    }
}
