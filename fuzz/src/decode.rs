//! Files of each format, as a worker meets them.

use lightmill::codecs::{self, ALL, Format, HEAD_LEN, announced_size, sniff};
use lightmill::failure::{FailureKind, Stage};
use lightmill::image::{Layout, Limits};
use lightmill::pipeline::{Recipe, Refusal, ops};

use crate::panics::forgive;

/// Small, so that many files are tried in a second.
const LIMITS: Limits = Limits {
    max_pixels: 1 << 20,
};

/// Pictures of at most so many pixels are also worked on and written.
const MOST_PROCESSED: u64 = 1 << 12;

/// More than a picture of that size takes, unless the operation makes it much larger. Bytes.
const MEMORY: u64 = 64 << 20;

/// Decoding any bytes as `format` ends in a picture or a failure. A picture is what its header has announced; what is
/// made of it reads back.
pub fn check(format: Format, data: &[u8]) {
    let head = &data[..data.len().min(HEAD_LEN)];
    sniff(head, format.info().extensions.first().copied());
    announced_size(format, head);
    let decoded = forgive(format.info().name, data, || decode(format, data)).flatten();
    if decoded.is_some_and(|layout| layout.size.pixels() <= MOST_PROCESSED) {
        forgive(format.info().name, data, || process(format, data));
    }
}

fn decode(format: Format, data: &[u8]) -> Option<Layout> {
    let header = format.codec().header(data).ok()?;
    let decoded = codecs::decode(format.codec(), data, &LIMITS).ok()?;
    assert_eq!(
        decoded.picture.layout(),
        header,
        "the picture is not what its header announced"
    );
    Some(header)
}

fn process(format: Format, data: &[u8]) {
    // The file itself is all there is: its length picks the operation and what is written.
    let op = ops::ALL[data.len() % ops::ALL.len()];
    let op = ops::Op::parse(op.name, op.example, &ops::OpDefaults::default());
    let written = ALL.iter().map(|codec| codec.info());
    let written: Vec<_> = written.filter(|info| info.is_written()).collect();
    let target = written[data.len() % written.len()].format;
    let recipe = Recipe {
        ops: vec![op.expect("an example is an operation")],
        limits: LIMITS,
        ..Recipe::default()
    };
    match recipe.process(data, format, target, MEMORY, &mut |_| {}) {
        Ok(out) => {
            let written = codecs::decode(target.codec(), &out.bytes, &LIMITS);
            let written = written.expect("what was written is a file of its format");
            assert!(written.warnings.is_empty(), "{:?}", written.warnings);
            let written = written.picture;
            assert_eq!(written.raster.size(), out.after.size, "written as {target}");
        }
        Err(Refusal::NeedsMemory(bytes)) => assert!(bytes > MEMORY),
        Err(Refusal::Failed(failure)) => {
            assert_ne!(
                failure.stage,
                Stage::Decode,
                "it was decoded before: {failure}"
            );
            assert_ne!(failure.kind, FailureKind::Internal, "{failure}");
        }
    }
}
