//! `cargo run --release --example gallery`: writes `docs/ops.md`, and pictures of what each operation does into `docs/ops/`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "whoever runs it wants to see what went wrong"
)]

mod page;

use std::fs;
use std::path::Path;

use lightmill::codecs::{EncodeOptions, Format, Sniffed, sniff};
use lightmill::pipeline::Recipe;
use lightmill::pipeline::ops::{ALL, Op, OpDefaults};

/// What pictures are written with: they are many.
const QUALITY: u8 = 70;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Operations name their files as they are seen from here.
    std::env::set_current_dir(root).unwrap();
    fs::create_dir_all("docs/ops").unwrap();
    let befores = page::SAMPLES.iter().map(|sample| {
        let ops = prepared(sample);
        write(&page::before(sample), sample, ops)
    });
    let afters = ALL.iter().map(|info| {
        let op = Op::parse(info.name, page::example(info), &OpDefaults::default()).unwrap();
        let sample = page::sample(info);
        let mut ops = prepared(sample);
        ops.push(op);
        write(&page::after(info), sample, ops)
    });
    let bytes: usize = befores.chain(afters).sum();
    fs::write("docs/ops.md", page::text()).unwrap();
    println!("docs/ops.md, and {bytes} bytes of pictures");
}

/// What every picture begins with: it is made small.
fn prepared(sample: &str) -> Vec<Op> {
    let steps = page::preparation(sample).iter();
    steps.map(|step| step.parse().unwrap()).collect()
}

/// Makes the picture with this name, and says how many bytes it has.
fn write(name: &str, sample: &str, ops: Vec<Op>) -> usize {
    let bytes = fs::read(format!("sample_images/{}", page::file(sample))).unwrap();
    let Sniffed::Known(source) = sniff(&bytes, None) else {
        panic!("{sample} is no picture");
    };
    let recipe = Recipe {
        ops,
        encode: EncodeOptions {
            quality: Some(QUALITY),
            ..EncodeOptions::default()
        },
        ..Recipe::default()
    };
    let made = recipe.process(&bytes, source, Format::WebP, u64::MAX, &mut |_| {});
    let made = made.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
    fs::write(format!("docs/{name}"), &made.bytes).unwrap();
    made.bytes.len()
}
