//! One pass over the picture, whatever is done to its pixels.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use rayon::prelude::*;

use super::tables::{Lookup, Replacement, Table, Tables};
use super::weigh::Weigh;
use super::{Curve, Mix, Point, Stage};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample, Samples, Transfer, linear_to_srgb, srgb_to_linear};
use crate::simd::{self, Loop};

/// Samples that one task handles: enough to be worth handing over, few enough to share out.
pub(super) const BATCH: usize = 1 << 16;

/// Pixels that are worked on at once: few enough to stay in the nearest cache.
pub(in crate::pipeline) const BLOCK: usize = 256;

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

fn run<S: Lookup + Weigh>(samples: &mut [S], channels: Channels, steps: &[Step<'_>]) {
    match steps {
        [Step::Curves(links)] => return curves_alone(samples, channels, links),
        [Step::Mix(mix)] => {
            if let Some(rows) = mix.rows()
                && S::weigh(samples, channels, rows)
            {
                return;
            }
        }
        _ => {}
    }
    if channels.is_gray() {
        let values = S::all();
        if (1..samples.len()).contains(&values.len()) {
            return gray_alone(samples, channels, values, steps);
        }
    }
    match channels {
        Channels::Gray => run_in_blocks::<S, 1>(samples, steps),
        Channels::GrayAlpha => run_in_blocks::<S, 2>(samples, steps),
        Channels::Rgb => run_in_blocks::<S, 3>(samples, steps),
        Channels::Rgba => run_in_blocks::<S, 4>(samples, steps),
    }
}

/// Red, green and blue of a block of pixels.
pub(in crate::pipeline) type Block = [[f32; BLOCK]; 3];

fn run_in_blocks<S: Lookup, const COUNT: usize>(samples: &mut [S], steps: &[Step<'_>]) {
    let first = match steps.first() {
        Some(Step::Curves(links)) => S::table(links),
        Some(Step::Mix(_)) | None => None,
    };
    let steps = &steps[usize::from(first.is_some())..];
    let tables: Vec<Option<Table<'_>>> = steps.iter().map(|step| Table::new::<S>(step)).collect();
    let (pixels, _) = samples.as_chunks_mut::<COUNT>();
    pixels.par_chunks_mut(BATCH / COUNT).for_each(|batch| {
        let mut planes: Block = [[0.0; BLOCK]; 3];
        for block in batch.chunks_mut(BLOCK) {
            let length = block.len();
            match &first {
                Some(tables) => look_up(block, tables.each(), &mut planes),
                None => load(block, &mut planes),
            }
            for (step, table) in steps.iter().zip(&tables) {
                let planes = planes.each_mut().map(|plane| &mut plane[..length]);
                match (step, table) {
                    (Step::Mix(mix), _) => mix.mix(planes),
                    (Step::Curves(_), Some(table)) => table.apply(planes),
                    (Step::Curves(_), None) => {}
                }
            }
            store(block, &planes);
        }
    });
}

/// Whatever is done to gray is a table of what becomes of each value there can be.
fn gray_alone<S: Lookup>(
    samples: &mut [S],
    channels: Channels,
    mut values: Vec<S>,
    steps: &[Step<'_>],
) {
    run_in_blocks::<S, 1>(&mut values, steps);
    replace_all(samples, channels, &Tables::of(values));
}

/// Integers go through a table, so that curves may be slow.
fn curves_alone<S: Lookup>(samples: &mut [S], channels: Channels, links: &[Link<'_>]) {
    let (count, colors) = (channels.count(), channels.colors());
    let tables = S::table(links).map(|tables| {
        tables.map(|values| {
            let whole = values.iter().map(|value| S::from_f32(value * S::MAX));
            whole.collect::<Vec<S>>()
        })
    });
    if let Some(tables) = tables {
        return replace_all(samples, channels, &tables);
    }
    let batches = samples.par_chunks_mut(BATCH / count * count);
    batches.for_each(|batch| {
        for pixel in batch.chunks_exact_mut(count) {
            for (channel, sample) in pixel[..colors].iter_mut().enumerate() {
                let value = follow(links, channel, sample.to_f32() / S::MAX);
                *sample = S::from_f32(value * S::MAX);
            }
        }
    });
}

/// Replaces all colours by what tables have in their place.
fn replace_all<S: Lookup>(samples: &mut [S], channels: Channels, tables: &Tables<S>) {
    let (count, colors) = (channels.count(), channels.colors());
    let single = tables.single().filter(|_| count == colors);
    let single = single.map(Replacement::of);
    let batches = samples.par_chunks_mut(BATCH / count * count);
    batches.for_each(|batch| match (single, channels) {
        (Some(replacement), _) => replacement.apply(batch),
        (None, Channels::Gray) => replace::<S, 1>(batch, tables.each()),
        (None, Channels::GrayAlpha) => replace::<S, 2>(batch, tables.each()),
        (None, Channels::Rgb) => replace::<S, 3>(batch, tables.each()),
        (None, Channels::Rgba) => replace::<S, 4>(batch, tables.each()),
    });
}

/// How many of so many samples are colours.
const fn colors(count: usize) -> usize {
    if count < 3 { 1 } else { 3 }
}

/// Replaces colours by what a table for each has in their place.
fn replace<S: Lookup, const COUNT: usize>(samples: &mut [S], tables: [&[S]; 3]) {
    let (pixels, _) = samples.as_chunks_mut::<COUNT>();
    for pixel in pixels {
        for channel in 0..colors(COUNT) {
            pixel[channel] = tables[channel][pixel[channel].index()];
        }
    }
}

/// Fills the planes with what tables have for a block of pixels. Gray is all three colours.
fn look_up<S: Lookup, const COUNT: usize>(
    block: &[[S; COUNT]],
    tables: [&[f32]; 3],
    planes: &mut Block,
) {
    for (channel, plane) in planes.iter_mut().enumerate() {
        let at = channel.min(colors(COUNT) - 1);
        let table = tables[at];
        for (value, pixel) in plane.iter_mut().zip(block) {
            *value = table[pixel[at].index()];
        }
    }
}

/// The same for samples as they are, on a scale of 0 to 1.
pub(in crate::pipeline) fn load<S: Sample, const COUNT: usize>(
    block: &[[S; COUNT]],
    planes: &mut Block,
) {
    simd::run(Load { block, planes });
}

/// Makes samples of planes.
pub(in crate::pipeline) fn store<S: Sample, const COUNT: usize>(
    block: &mut [[S; COUNT]],
    planes: &Block,
) {
    simd::run(Store { block, planes });
}

struct Load<'a, S, const COUNT: usize> {
    block: &'a [[S; COUNT]],
    planes: &'a mut Block,
}

impl<S: Sample, const COUNT: usize> Loop for Load<'_, S, COUNT> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let scale = S::MAX.recip();
        let [red, green, blue] = self.planes;
        let values = red.iter_mut().zip(green).zip(blue);
        for (((red, green), blue), pixel) in values.zip(self.block) {
            let at = |channel: usize| pixel[channel.min(colors(COUNT) - 1)].to_f32() * scale;
            [*red, *green, *blue] = [at(0), at(1), at(2)];
        }
    }
}

struct Store<'a, S, const COUNT: usize> {
    block: &'a mut [[S; COUNT]],
    planes: &'a Block,
}

impl<S: Sample, const COUNT: usize> Loop for Store<'_, S, COUNT> {
    type Output = ();

    /// Samples are made first and put in their places then: compilers make vectors of either, but not of both at once.
    #[inline(always)]
    fn run(self) {
        let mut samples = [[S::default(); BLOCK]; 3];
        for (samples, values) in samples.iter_mut().zip(self.planes).take(colors(COUNT)) {
            for (sample, value) in samples.iter_mut().zip(values) {
                *sample = S::from_f32(value * S::MAX);
            }
        }
        let [red, green, blue] = &samples;
        let samples = red.iter().zip(green).zip(blue);
        for (pixel, ((red, green), blue)) in self.block.iter_mut().zip(samples) {
            pixel[0] = *red;
            if COUNT >= 3 {
                pixel[1] = *green;
                pixel[2] = *blue;
            }
        }
    }
}
