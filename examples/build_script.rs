//! What a `build.rs` looks like that makes the pictures of a web page: two sizes of each, made again only when their
//! source is newer, and a build that fails when a picture does.
//!
//! `cargo run --release --example build_script`
#![expect(
    clippy::print_stdout,
    reason = "that is how build scripts talk to cargo"
)]

use std::env;
use std::error::Error;
use std::path::PathBuf;

use lightmill::coordinator::OnConflict;
use lightmill::event::Event;
use lightmill::{Batch, worker};

fn main() -> Result<(), Box<dyn Error>> {
    // The workers are the build script itself, started again.
    worker::init();
    let out: PathBuf = env::var_os("OUT_DIR")
        .map_or_else(|| env::temp_dir().join("lightmill-build"), PathBuf::from);
    println!("cargo::rerun-if-changed=sample_images/orientation");
    for size in ["160", "480"] {
        let batch = Batch::new()
            .input("sample_images/orientation")
            .output(out.join(size))
            .thumbnail(size)?
            .quality(80)
            .on_conflict(OnConflict::IfNewer);
        let summary = batch.run(|event| {
            if let Event::JobFailed {
                source, failure, ..
            } = event
            {
                println!("cargo::warning={}: {failure}", source.display());
            }
        })?;
        if summary.failed > 0 {
            return Err(format!("{} pictures could not be made", summary.failed).into());
        }
        println!(
            "{size}: {} made, {} up to date",
            summary.done, summary.skipped
        );
    }
    Ok(())
}
