//! Files that were made to break decoders: a run over all of them comes to its end.

use std::collections::BTreeSet;

use super::support::Scene;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions");

#[test]
fn files_that_broke_decoders_are_accounted_for_and_cost_no_worker() {
    let scene = Scene::new();
    let finished = scene
        .call("convert -o out --include * -f png -j 2 --template {dir}/{name}.{ext} --events -")
        .arg(FILES)
        .run();
    // Some of them are pictures after all.
    assert!(matches!(finished.code, Some(0 | 1)), "{finished:?}");
    let mut named = BTreeSet::new();
    for event in ["job-done", "job-failed", "skipped"] {
        for event in finished.events_named(event) {
            let source = event["source"].as_str().unwrap().to_owned();
            assert!(named.insert(source), "named twice: {event}");
        }
    }
    let files = walkdir::WalkDir::new(FILES).into_iter();
    let files = files
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file());
    let files: BTreeSet<String> = files
        .map(|entry| entry.path().to_str().unwrap().to_owned())
        .collect();
    assert!(!files.is_empty());
    assert_eq!(named, files);
    assert_eq!(finished.summary()["workers_lost"], 0);
}
