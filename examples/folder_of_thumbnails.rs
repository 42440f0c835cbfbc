//! A program that makes thumbnails in worker processes, and shows what becomes of each image.
//!
//! `cargo run --release --example folder_of_thumbnails -- sample_images thumbs`
#![expect(clippy::print_stdout, reason = "it talks to a person")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "events come in more kinds than it shows"
)]

use std::env;
use std::process::ExitCode;

use lightmill::event::Event;
use lightmill::{Batch, BatchError, worker};

fn main() -> ExitCode {
    // The workers are this very program, started again: this line is where they leave the path of `main`.
    worker::init();
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            println!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// How many images failed.
fn run() -> Result<usize, BatchError> {
    let mut arguments = env::args().skip(1);
    let input = arguments
        .next()
        .unwrap_or_else(|| "sample_images".to_owned());
    let output = arguments.next().unwrap_or_else(|| "thumbs".to_owned());
    let batch = Batch::new()
        .input(input)
        .output(output)
        .thumbnail("320")?
        .apply("sharpen 0.6")?;
    let summary = batch.run(|event| match event {
        Event::JobDone { source, after, .. } => println!("{} is {after} now", source.display()),
        Event::JobFailed {
            source, failure, ..
        } => println!("{}: {failure}", source.display()),
        _ => {}
    })?;
    println!("{} made, {} failed", summary.done, summary.failed);
    Ok(summary.failed)
}
