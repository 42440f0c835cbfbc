//! Each operation and each codec on one of the project's own samples: `cargo bench --bench pipeline [-- FILTER]`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot read its sample has nothing to measure"
)]

use std::fs;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lightmill::codecs::{self, EncodeOptions, Format};
use lightmill::image::{Color, Image, Limits};
use lightmill::pipeline::ops::{self, Op, OpDefaults};

fn sample() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_images/landscape.jpg")).unwrap()
}

fn picture() -> Image {
    let decoded = codecs::decode(Format::Jpeg.codec(), &sample(), &Limits::default());
    decoded.unwrap().picture
}

fn operations(criterion: &mut Criterion) {
    let picture = picture();
    let mut group = criterion.benchmark_group("operations");
    group.throughput(Throughput::Elements(picture.raster.size().pixels()));
    for info in ops::ALL {
        let op = Op::parse(info.name, info.example, &OpDefaults::default()).unwrap();
        group.bench_function(op.to_string(), |bencher| {
            bencher.iter_batched(
                || picture.clone(),
                |picture| op.apply(picture).unwrap(),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn formats(criterion: &mut Criterion) {
    let picture = Op::parse("resize", "256x256", &OpDefaults::default())
        .unwrap()
        .apply(picture())
        .unwrap();
    let options = EncodeOptions {
        quality: None,
        background: Color::WHITE,
    };
    for (name, decoding) in [("decode", true), ("encode", false)] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(picture.raster.size().pixels()));
        for codec in codecs::ALL {
            let bytes = codec.encode(picture.clone(), &options).unwrap();
            group.bench_function(codec.info().name, |bencher| {
                if decoding {
                    bencher.iter(|| codecs::decode(*codec, &bytes, &Limits::default()).unwrap());
                } else {
                    bencher.iter_batched(
                        || picture.clone(),
                        |p| codec.encode(p, &options).unwrap(),
                        BatchSize::LargeInput,
                    );
                }
            });
        }
        group.finish();
    }
}

criterion_group!(benches, operations, formats);
criterion_main!(benches);
