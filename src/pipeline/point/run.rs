//! One pass over the picture, whatever is done to its pixels.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use rayon::prelude::*;

use super::tables::{Lookup, Table};
use super::{Curve, Mix, Point, Stage};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Samples, Transfer, linear_to_srgb, srgb_to_linear};
use crate::simd::{self, Loop};

/// Samples that one task handles: enough to be worth handing over, few enough to share out.
const BATCH: usize = 1 << 16;

/// Pixels that are worked on at once: few enough to stay in the nearest cache.
const BLOCK: usize = 256;

/// Runs `change` over all pixels of `count` samples, on all threads there are.
fn for_each_pixel<S: Sample>(samples: &mut [S], count: usize, change: impl Fn(&mut [S]) + Sync) {
    samples
        .par_chunks_mut(BATCH / count * count)
        .for_each(|batch| batch.chunks_exact_mut(count).for_each(&change));
}

/// Does these, one after the other.
pub(super) fn apply(points: &[Point], mut image: Image) -> Image {
    let is_float = matches!(image.raster.samples(), Samples::F32(_));
    let channels = image.raster.channels();
    let terms = Terms {
        transfer: image.metadata.transfer,
        is_gray: channels.is_gray(),
        is_float,
    };
    let steps = terms.steps(points);
    if steps.is_empty() {
        return image;
    }
    with_samples!(image.raster.samples_mut(), |samples| run(
        samples, channels, &steps
    ));
    image
}

/// What is done between two mixes: some curves in a row, or one mix.
pub(super) enum Step<'a> {
    Curves(Vec<Link<'a>>),
    Mix(&'a dyn Mix),
}

/// A curve in a row of them.
#[derive(Clone, Copy)]
pub(super) enum Link<'a> {
    Curve(&'a Curve),
    /// Values that the samples could not hold become the nearest that they can.
    Clamp,
    Encode,
    Decode,
}

impl Link<'_> {
    fn at(self, channel: usize, value: f32) -> f32 {
        match self {
            Self::Curve(curve) => (curve.maps[channel])(value),
            Self::Clamp => value.clamp(0.0, 1.0),
            Self::Encode => linear_to_srgb(value),
            Self::Decode => srgb_to_linear(value),
        }
    }
}

/// What a row of curves makes of a value.
pub(super) fn follow(links: &[Link<'_>], channel: usize, value: f32) -> f32 {
    let at = |value, link: &Link<'_>| link.at(channel, value);
    links.iter().fold(value, at)
}

impl Step<'_> {
    /// Whether all colours have the same curves.
    pub(super) fn is_same_for_all(links: &[Link<'_>]) -> bool {
        links.iter().all(|link| match link {
            Link::Curve(curve) => {
                let [first, others @ ..] = &curve.maps;
                others.iter().all(|map| std::sync::Arc::ptr_eq(first, map))
            }
            Link::Clamp | Link::Encode | Link::Decode => true,
        })
    }

    /// Whether one of them has steps.
    pub(super) fn is_stepped(links: &[Link<'_>]) -> bool {
        let mut links = links.iter();
        links.any(|link| matches!(link, Link::Curve(curve) if curve.stepped))
    }
}

/// The picture that stages are run on.
struct Terms {
    transfer: Transfer,
    is_gray: bool,
    is_float: bool,
}

impl Terms {
    /// All stages in a row, with what has to happen between them.
    fn steps<'a>(&self, points: &'a [Point]) -> Vec<Step<'a>> {
        let mut steps: Vec<Step<'a>> = Vec::new();
        let mut space = self.transfer;
        for point in points {
            let stages: Vec<&Stage> = self.stages(point).collect();
            if stages.is_empty() {
                continue;
            }
            if !steps.is_empty() && !self.is_float {
                link(&mut steps, Link::Clamp);
            }
            let wanted = point.space.unwrap_or(self.transfer);
            convert(&mut steps, space, wanted);
            space = wanted;
            for stage in stages {
                match stage {
                    Stage::Curve(curve) => link(&mut steps, Link::Curve(curve)),
                    Stage::Mix(mix) | Stage::MixOfColors(mix) => steps.push(Step::Mix(&**mix)),
                }
            }
        }
        convert(&mut steps, space, self.transfer);
        steps
    }

    /// Those that may change something.
    fn stages<'a>(&self, point: &'a Point) -> impl Iterator<Item = &'a Stage> {
        let is_gray = self.is_gray;
        let stages = point.stages.iter();
        stages.filter(move |stage| !(is_gray && matches!(stage, Stage::MixOfColors(_))))
    }
}

fn link<'a>(steps: &mut Vec<Step<'a>>, link: Link<'a>) {
    match steps.last_mut() {
        Some(Step::Curves(links)) => links.push(link),
        Some(Step::Mix(_)) | None => steps.push(Step::Curves(vec![link])),
    }
}

fn convert(steps: &mut Vec<Step<'_>>, from: Transfer, to: Transfer) {
    match (from, to) {
        (Transfer::Srgb, Transfer::Linear) => link(steps, Link::Decode),
        (Transfer::Linear, Transfer::Srgb) => link(steps, Link::Encode),
        (Transfer::Srgb, Transfer::Srgb) | (Transfer::Linear, Transfer::Linear) => {}
    }
}

fn run<S: Lookup>(samples: &mut [S], channels: Channels, steps: &[Step<'_>]) {
    let (count, colors) = (channels.count(), channels.colors());
    if let [Step::Curves(links)] = steps {
        return curves_alone(samples, (count, colors), links);
    }
    let first = match steps.first() {
        Some(Step::Curves(links)) => S::table(links),
        Some(Step::Mix(_)) | None => None,
    };
    let steps = &steps[usize::from(first.is_some())..];
    let tables: Vec<Option<Table<'_>>> = steps.iter().map(|step| Table::new::<S>(step)).collect();
    samples
        .par_chunks_mut(BATCH / count * count)
        .for_each(|batch| {
            let mut planes = [[0.0; BLOCK]; 3];
            for block in batch.chunks_mut(BLOCK * count) {
                let length = block.len() / count;
                load(block, (count, colors), first.as_ref(), &mut planes);
                let [red, green, blue] = &mut planes;
                for (step, table) in steps.iter().zip(&tables) {
                    let planes = [
                        &mut red[..length],
                        &mut green[..length],
                        &mut blue[..length],
                    ];
                    match (step, table) {
                        (Step::Mix(mix), _) => mix.mix(planes),
                        (Step::Curves(_), Some(table)) => table.apply(planes),
                        (Step::Curves(_), None) => {}
                    }
                }
                simd::run(Store {
                    block,
                    count,
                    colors,
                    planes: &planes,
                });
            }
        });
}

/// Integers go through a table, so that curves may be slow.
fn curves_alone<S: Lookup>(samples: &mut [S], (count, colors): (usize, usize), links: &[Link<'_>]) {
    let Some(table) = S::table(links) else {
        return for_each_pixel(samples, count, |pixel| {
            for (channel, sample) in pixel[..colors].iter_mut().enumerate() {
                *sample = S::from_f32(follow(links, channel, sample.to_f32() / S::MAX) * S::MAX);
            }
        });
    };
    let table = table.map(|values| {
        let whole = values.iter().map(|value| S::from_f32(value * S::MAX));
        whole.collect::<Vec<S>>()
    });
    if count == colors && Step::is_same_for_all(links) {
        let table = &table[0];
        return for_each_pixel(samples, 1, |pixel| pixel[0] = table[pixel[0].index()]);
    }
    for_each_pixel(samples, count, |pixel| {
        for (sample, table) in pixel[..colors].iter_mut().zip(&table) {
            *sample = table[sample.index()];
        }
    });
}

/// Fills the planes with a block of pixels. Gray is all three colours.
fn load<S: Lookup>(
    block: &[S],
    (count, colors): (usize, usize),
    first: Option<&[Vec<f32>; 3]>,
    planes: &mut [[f32; BLOCK]; 3],
) {
    if let Some(tables) = first {
        for (channel, plane) in planes.iter_mut().enumerate() {
            let at = channel.min(colors - 1);
            for (value, pixel) in plane.iter_mut().zip(block.chunks_exact(count)) {
                *value = tables[at][pixel[at].index()];
            }
        }
        return;
    }
    simd::run(Load {
        block,
        count,
        colors,
        planes,
    });
}

struct Load<'a, S> {
    block: &'a [S],
    count: usize,
    colors: usize,
    planes: &'a mut [[f32; BLOCK]; 3],
}

impl<S: Sample> Loop for Load<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let scale = S::MAX.recip();
        for (channel, plane) in self.planes.iter_mut().enumerate() {
            let at = channel.min(self.colors - 1);
            for (value, pixel) in plane.iter_mut().zip(self.block.chunks_exact(self.count)) {
                *value = pixel[at].to_f32() * scale;
            }
        }
    }
}

struct Store<'a, S> {
    block: &'a mut [S],
    count: usize,
    colors: usize,
    planes: &'a [[f32; BLOCK]; 3],
}

impl<S: Sample> Loop for Store<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (channel, plane) in self.planes.iter().enumerate().take(self.colors) {
            let pixels = self.block.chunks_exact_mut(self.count);
            for (value, pixel) in plane.iter().zip(pixels) {
                pixel[channel] = S::from_f32(value * S::MAX);
            }
        }
    }
}
