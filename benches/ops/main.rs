//! How long operations take on a picture: `cargo bench --bench ops -- ROUNDS FILE OPERATION...`
//!
//! One line of JSON for each operation: what it is, the picture's size, and the seconds that each round took, copying the picture left
//! out, behind one that is not counted. `benches/ops.py` runs it in turn with other libraries.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "whoever runs it wants to see what went wrong"
)]

use std::fs;
use std::time::Instant;

use lightmill::codecs::{self, Sniffed, sniff};
use lightmill::image::Limits;
use lightmill::pipeline::ops::Op;

fn main() {
    let arguments = std::env::args().skip(1);
    let mut arguments = arguments.filter(|argument| argument != "--bench");
    let (Some(rounds), Some(file)) = (arguments.next(), arguments.next()) else {
        // As cargo runs it among the tests.
        return;
    };
    let rounds: usize = rounds.parse().unwrap();
    let bytes = fs::read(&file).unwrap();
    let Sniffed::Known(format) = sniff(&bytes, None) else {
        panic!("{file} is no picture");
    };
    let picture = codecs::decode(format.codec(), &bytes, &Limits::default()).unwrap();
    let picture = picture.picture;
    for text in arguments {
        let op: Op = text.parse().unwrap();
        let seconds: Vec<f64> = (0..=rounds)
            .map(|_| {
                let picture = picture.clone();
                let start = Instant::now();
                let made = op.apply(picture).unwrap();
                let seconds = start.elapsed().as_secs_f64();
                drop(made);
                seconds
            })
            .skip(1)
            .collect();
        let size = picture.raster.size();
        println!(
            "{}",
            serde_json::json!({"op": text, "pixels": size.pixels(), "seconds": seconds})
        );
    }
}
