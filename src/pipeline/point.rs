//! Operations that look at one sample or one pixel at a time.

use rayon::prelude::*;

use crate::image::{Depth, Image, Raster, Sample, Samples, Transfer};

/// Samples that one task handles: enough to be worth handing over, few enough to share out.
const BATCH: usize = 1 << 16;

/// Replaces each colour sample by `map` of it, on a scale of 0 to 1; alpha is left alone. Integers go through a table,
/// so that `map` may be slow.
pub(super) fn map_colors(raster: &mut Raster, map: impl Fn(f32) -> f32 + Sync) {
    fn table<S: Sample>(values: impl Iterator<Item = S>, map: impl Fn(f32) -> f32) -> Vec<S> {
        values
            .map(|value| S::from_f32(map(value.to_f32() / S::MAX) * S::MAX))
            .collect()
    }
    let channels = raster.channels();
    let (count, colors) = (channels.count(), channels.colors());
    match raster.samples_mut() {
        Samples::U8(samples) => {
            let table = table(0..=u8::MAX, map);
            map_samples(samples, count, colors, |value| table[usize::from(value)]);
        }
        Samples::U16(samples) => {
            let table = table(0..=u16::MAX, map);
            map_samples(samples, count, colors, |value| table[usize::from(value)]);
        }
        Samples::F32(samples) => map_samples(samples, count, colors, map),
    }
}

fn map_samples<S: Sample>(
    samples: &mut [S],
    count: usize,
    colors: usize,
    map: impl Fn(S) -> S + Sync,
) {
    if count == colors {
        return for_each_pixel(samples, 1, |pixel| pixel[0] = map(pixel[0]));
    }
    for_each_pixel(samples, count, |pixel| {
        for sample in &mut pixel[..colors] {
            *sample = map(*sample);
        }
    });
}

/// Runs `change` over all pixels of `count` samples, on all threads there are.
pub(super) fn for_each_pixel<S: Sample>(
    samples: &mut [S],
    count: usize,
    change: impl Fn(&mut [S]) + Sync,
) {
    samples
        .par_chunks_mut(BATCH / count * count)
        .for_each(|batch| batch.chunks_exact_mut(count).for_each(&change));
}

/// Runs `change` on the picture's sRGB-encoded samples, whatever its transfer.
pub(super) fn in_srgb(image: Image, change: impl FnOnce(Raster) -> Raster) -> Image {
    let raster = match image.metadata.transfer {
        Transfer::Srgb => change(image.raster),
        Transfer::Linear => {
            let depth = image.raster.depth();
            let encoded = image
                .raster
                .to_depth(Depth::F32)
                .to_transfer(Transfer::Linear, Transfer::Srgb);
            change(encoded)
                .to_transfer(Transfer::Srgb, Transfer::Linear)
                .to_depth(depth)
        }
    };
    Image { raster, ..image }
}

/// Whether a factor changes nothing.
#[expect(
    clippy::float_cmp,
    reason = "only the very number 1 leaves every sample as it is"
)]
pub(super) fn is_one(factor: f64) -> bool {
    factor == 1.0
}

/// A parameter in the precision samples are computed in.
#[expect(
    clippy::cast_possible_truncation,
    reason = "parameters need no more digits than samples have"
)]
pub(super) fn narrow(parameter: f64) -> f32 {
    parameter as f32
}
