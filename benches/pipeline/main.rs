//! What a picture goes through, step by step: `cargo bench --bench pipeline [-- FILTER]`, for example `-- reader` or `-- blur`.
//!
//! All is done to a photo of 12 megapixels, on one thread; throughput is in pixels of what goes in. What may use vector
//! instructions is measured at each level that the processor has.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot read its sample has nothing to measure"
)]

mod photo;
mod progressive;

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BatchSize, Bencher, BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group,
    criterion_main,
};
use lightmill::codecs::{self, Format};
use lightmill::image::{Limits, Metadata, Size};
use lightmill::pipeline::Recipe;
use lightmill::pipeline::ops::{self, Op, OpDefaults};
use lightmill::simd::Level;
use photo::{COARSENESS, PHOTO, options, planes, resized};

/// Short: there are some ninety.
fn short() -> Criterion {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.build_global().unwrap();
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .nresamples(2000)
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn group<'a>(criterion: &'a mut Criterion, name: &str, size: Size) -> Group<'a> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(size.pixels()));
    group
}

/// Measures it with each set of vector instructions that there is.
fn at_each_level(group: &mut Group<'_>, name: &str, mut measure: impl FnMut(&mut Bencher<'_>)) {
    let detected = Level::detected();
    let levels = [Level::Baseline, Level::V3];
    for level in levels.into_iter().filter(|level| *level <= detected) {
        level.force();
        let id = BenchmarkId::new(name, format!("{level:?}"));
        group.bench_function(id, &mut measure);
    }
    detected.force();
}

/// As much of a JPEG file as a picture of an eighth, a quarter, half of its size takes, and all of it.
fn reader(criterion: &mut Criterion) {
    let size = PHOTO.size();
    let progressive = progressive::file(&PHOTO.file, &PHOTO.planes().planes);
    let mut group = group(criterion, "reader", size);
    for (name, file) in [("baseline", &PHOTO.file), ("progressive", &progressive)] {
        for scale in [8, 4, 2, 1] {
            let whole = wanted(size, scale);
            let columns = planes(file, whole).planes[0].columns();
            assert_eq!(columns, size.width.div_ceil(scale) as usize, "the scale");
            at_each_level(&mut group, &format!("{name}/1:{scale}"), |bencher| {
                bencher.iter(|| planes(file, whole));
            });
        }
    }
    group.bench_function("baseline/pixels", |bencher| {
        let codec = Format::Jpeg.codec();
        bencher.iter(|| codecs::decode(codec, &PHOTO.file, &Limits::default()).unwrap());
    });
    group.finish();
}

/// A size for which the reader decodes to one in `scale`: it takes somewhat more than is asked for, and has no scale in
/// between.
fn wanted(size: Size, scale: u32) -> Size {
    let part = |length: u32| {
        if scale == 1 {
            length
        } else {
            length * 82 / 100 / scale
        }
    };
    Size::new(part(size.width), part(size.height))
}

fn resize(criterion: &mut Criterion) {
    let size = PHOTO.size();
    let mut group = group(criterion, "resize", size);
    for part in ["8%", "40%", "130%"] {
        let op = Op::parse("resize", part, &OpDefaults::default()).unwrap();
        on_pixels(&mut group, &op, &format!("pixels/{part}"));
        on_planes(&mut group, &op, &format!("planes/{part}"));
    }
    group.finish();
}

/// Every operation with its own example, and what else some of them do on planes.
fn operations(criterion: &mut Criterion) {
    const MORE: [&str; 5] = [
        "brightness 0.7",
        "contrast 0.7",
        "blur 8",
        "sharpen 1",
        "rotate 90",
    ];
    let size = PHOTO.size();
    let mut group = group(criterion, "operations", size);
    let examples = ops::ALL.iter().map(|info| {
        let defaults = OpDefaults::default();
        Op::parse(info.name, info.example, &defaults).unwrap()
    });
    for op in examples.chain(MORE.map(|text| text.parse().unwrap())) {
        on_pixels(&mut group, &op, &format!("{op}/pixels"));
        on_planes(&mut group, &op, &format!("{op}/planes"));
    }
    group.finish();
}

fn on_pixels(group: &mut Group<'_>, op: &Op, name: &str) {
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            || PHOTO.picture.clone(),
            |picture| op.apply(picture).unwrap(),
            BatchSize::PerIteration,
        );
    });
}

/// Where it can.
fn on_planes(group: &mut Group<'_>, op: &Op, name: &str) {
    let planes = PHOTO.planes();
    if op.apply_to_planes(planes.clone(), COARSENESS).is_none() {
        return;
    }
    at_each_level(group, name, |bencher| {
        bencher.iter_batched(
            || planes.clone(),
            |planes| op.apply_to_planes(planes, COARSENESS),
            BatchSize::PerIteration,
        );
    });
}

/// What most outputs are: a picture for a screen, 1600 pixels wide from the photo.
fn encode(criterion: &mut Criterion) {
    let whole = PHOTO.size();
    let size = Size::new(whole.width * 2 / 5, whole.height * 2 / 5);
    let picture = resized(&PHOTO.picture, size);
    let op: Op = "resize 40%".parse().unwrap();
    let planes = op.apply_to_planes(PHOTO.planes(), COARSENESS).unwrap();
    let mut group = group(criterion, "encode", size);
    for (format, quality) in [
        (Format::Jpeg, Some(80)),
        (Format::Jpeg, Some(92)),
        (Format::WebP, Some(80)),
        (Format::Png, None),
    ] {
        let (codec, options) = (format.codec(), options(quality));
        let quality = quality.map_or(String::new(), |quality| format!(" {quality}"));
        at_each_level(
            &mut group,
            &format!("{format}{quality}/pixels"),
            |bencher| {
                bencher.iter_batched(
                    || picture.clone(),
                    |picture| codec.encode(picture, &options).unwrap(),
                    BatchSize::PerIteration,
                );
            },
        );
        if codec.coarseness(&options) == Some(COARSENESS) {
            at_each_level(
                &mut group,
                &format!("{format}{quality}/planes"),
                |bencher| {
                    let metadata = Metadata::default();
                    bencher.iter(|| codec.encode_planes(&planes, &metadata, &options).unwrap());
                },
            );
        }
    }
    group.finish();
}

/// Every format, with a small picture.
fn formats(criterion: &mut Criterion) {
    let size = Size::new(256, 256);
    let picture = resized(&PHOTO.picture, size);
    let mut group = group(criterion, "formats", size);
    let options = options(None);
    for codec in codecs::ALL {
        let bytes = codec.encode(picture.clone(), &options).unwrap();
        let name = codec.info().name;
        group.bench_function(format!("decode/{name}"), |bencher| {
            bencher.iter(|| codecs::decode(*codec, &bytes, &Limits::default()).unwrap());
        });
        group.bench_function(format!("encode/{name}"), |bencher| {
            bencher.iter_batched(
                || picture.clone(),
                |picture| codec.encode(picture, &options).unwrap(),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

/// File to file, as a worker does it.
fn recipes(criterion: &mut Criterion) {
    let mut group = group(criterion, "recipes", PHOTO.size());
    for (ops, target) in [
        (&["auto-orient", "resize 320x320>"][..], Format::Jpeg),
        (&["auto-orient", "resize 1600x1600>"], Format::Jpeg),
        (&["auto-orient", "resize 1600x1600>"], Format::WebP),
        (&["auto-orient"], Format::Jpeg),
    ] {
        let recipe = Recipe {
            ops: ops.iter().map(|text| text.parse().unwrap()).collect(),
            encode: options(Some(80)),
            ..Recipe::default()
        };
        let name = format!("{} as {target}", ops.join(", "));
        at_each_level(&mut group, &name, |bencher| {
            bencher.iter(|| {
                let file = &PHOTO.file;
                recipe.process(file, Format::Jpeg, target, u64::MAX, &mut |_| {})
            });
        });
    }
    group.finish();
}

criterion_group!(
    name = benches;
    config = short();
    targets = reader, resize, operations, encode, formats, recipes
);
criterion_main!(benches);
