//! Whose panic it is. In our own code it is a finding, and ends the process. Decoders of others are allowed to panic,
//! since a worker catches that and goes on: each place is noted once, with the shortest file that leads there.

use std::fs::{self, File};
use std::io::Write;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Where files that make others panic are kept.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/panics");

/// Below this stands what cargo has fetched: the code of others. A place in the standard library counts as ours until
/// somebody has looked at it.
const FETCHED: &str = "/registry/src/";

/// Where the last panic in code of others was raised.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Lets panics in code of others unwind; all others still end the process.
pub fn watch() {
    let abort = panic::take_hook();
    panic::set_hook(Box::new(move |info| match place_of_others(info) {
        Some(place) => *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = Some(place),
        None => abort(info),
    }));
}

/// `png-0.18.0_src_decoder.rs_12`, if that is where it was raised.
fn place_of_others(info: &PanicHookInfo<'_>) -> Option<String> {
    let location = info.location()?;
    let (_, below) = location.file().split_once(FETCHED)?;
    let (_registry, path) = below.split_once('/')?;
    Some(format!("{}_{}", path.replace('/', "_"), location.line()))
}

/// Does what a worker does with a file; a panic that gets here is one of others, and the file is kept.
pub fn forgive<T>(name: &str, data: &[u8], work: impl FnOnce() -> T) -> Option<T> {
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    result.inspect_err(|_| keep(name, data)).ok()
}

fn keep(name: &str, data: &[u8]) {
    let place = PLACE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let folder = Path::new(KEPT).join(name);
    let path = folder.join(place.unwrap_or_else(|| "unknown".to_owned()));
    let shortest = fs::metadata(&path).map_or(u64::MAX, |metadata| metadata.len());
    if (data.len() as u64) < shortest {
        let kept = fs::create_dir_all(&folder).and_then(|()| File::create(&path)?.write_all(data));
        kept.expect("the folder for findings can be written to");
    }
}
