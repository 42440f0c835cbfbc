//! Film grain: noise that follows from its place, blurred to grains, and added where tones show it.
//!
//! Noise goes on beyond the picture, so that grains are the same at its edges. It is made for a band of rows at a time; rows that the
//! next band looks at as well are kept.

mod add;
mod noise;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::gaussian::Banded;
use super::point::{BLOCK, load, store};
use crate::image::raster::with_samples;
use crate::image::{Channels, Image, Sample};
use crate::simd;
use add::Add;
use noise::Film;

/// Rows of a band, at least: twice as many as the blur reaches, which are made before it.
const ROWS: usize = 128;

/// What is added.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grain {
    /// Standard deviation in the middle tones, full intensity being 1, if blurring left noise as strong as it is.
    pub(super) amount: f32,
    /// Of the Gaussian that makes grains of it; 0 leaves single pixels.
    pub(super) sigma: f64,
    pub(super) seed: u64,
    /// Whether each colour has grains of its own.
    pub(super) color: bool,
}

/// Adds grain to all colours.
pub(super) fn add(image: &mut Image, grain: &Grain) {
    let (channels, width) = (image.raster.channels(), image.raster.width());
    with_samples!(image.raster.samples_mut(), |samples| {
        let add = match (channels, grain.color) {
            (Channels::Gray, _) => Grain::add::<_, 1, 1>,
            (Channels::GrayAlpha, _) => Grain::add::<_, 2, 1>,
            (Channels::Rgb, false) => Grain::add::<_, 3, 1>,
            (Channels::Rgb, true) => Grain::add::<_, 3, 3>,
            (Channels::Rgba, false) => Grain::add::<_, 4, 1>,
            (Channels::Rgba, true) => Grain::add::<_, 4, 3>,
        };
        add(grain, samples, width);
    });
}

/// How noise is divided.
struct Bands {
    blur: Banded,
    /// How far noise goes on beyond the picture.
    reach: usize,
    /// Rows of the picture that a band has.
    rows: usize,
}

impl Bands {
    fn new(sigma: f64) -> Self {
        let blur = Banded::new(sigma);
        let reach = blur.reach();
        let rows = ROWS.max(2 * reach).next_multiple_of(blur.step());
        Self { blur, reach, rows }
    }
}

impl Grain {
    fn add<S: Sample, const COUNT: usize, const NOISES: usize>(
        &self,
        samples: &mut [S],
        width: usize,
    ) {
        if self.sigma > 0.0 {
            self.add_grains::<S, COUNT, NOISES>(samples, width);
        } else {
            self.add_noise::<S, COUNT, NOISES>(samples, width);
        }
    }

    fn add_to_row<S: Sample, const COUNT: usize, const NOISES: usize>(
        &self,
        row: &mut [S],
        noise: &[[f32; NOISES]],
    ) {
        let mut colors = [[0.0; BLOCK]; 3];
        let (pixels, _) = row.as_chunks_mut::<COUNT>();
        for (pixels, noise) in pixels.chunks_mut(BLOCK).zip(noise.chunks(BLOCK)) {
            load(pixels, &mut colors);
            simd::run(Add {
                colors: &mut colors,
                noise,
                amount: self.amount,
            });
            store(pixels, &colors);
        }
    }

    fn add_noise<S: Sample, const COUNT: usize, const NOISES: usize>(
        &self,
        samples: &mut [S],
        width: usize,
    ) {
        let film = Film::new(self.seed);
        let rows = samples.par_chunks_exact_mut(width * COUNT).enumerate();
        let scratch = || vec![[0.0; NOISES]; width];
        rows.for_each_init(scratch, |noise, (y, row)| {
            film.expose(noise.as_flattened_mut(), 0, y as u64);
            self.add_to_row::<S, COUNT, NOISES>(row, noise);
        });
    }

    fn add_grains<S: Sample, const COUNT: usize, const NOISES: usize>(
        &self,
        samples: &mut [S],
        width: usize,
    ) {
        let film = Film::new(self.seed);
        let Bands { blur, reach, rows } = Bands::new(self.sigma);
        let (row_len, wide) = (width * COUNT, width + 2 * reach);
        // The place of the first noise of a row, and the row of the first that is there: before the picture, both.
        let left = 0_u64.wrapping_sub((reach * NOISES) as u64);
        let mut top = 0_u64.wrapping_sub(reach as u64);
        let mut noise: Vec<[f32; NOISES]> = Vec::new();
        for band in samples.chunks_mut(rows * row_len) {
            let height = band.len() / row_len;
            let kept = noise.len();
            noise.resize((height + 2 * reach) * wide, [0.0; NOISES]);
            let new = noise[kept..].par_chunks_exact_mut(wide).enumerate();
            let first = (kept / wide) as u64;
            new.for_each(|(index, row)| {
                let y = top.wrapping_add(first + index as u64);
                film.expose(row.as_flattened_mut(), left, y);
            });
            blur.run(&noise, wide, (band, row_len), |grains, row| {
                let grains = &grains[reach..reach + width];
                self.add_to_row::<S, COUNT, NOISES>(row, grains);
            });
            noise.drain(..height * wide);
            top = top.wrapping_add(height as u64);
        }
    }

    /// Bytes of memory that it takes for a picture of this size.
    pub(super) fn scratch(&self, (width, height): (usize, usize), channels: Channels) -> u64 {
        /// Rows that are under way in threads.
        const UNDER_WAY: usize = 64;
        let noises = if self.color { channels.colors() } else { 1 };
        if self.sigma <= 0.0 {
            return (UNDER_WAY * width * noises * size_of::<f32>()) as u64;
        }
        let Bands { blur, reach, rows } = Bands::new(self.sigma);
        let row = (width + 2 * reach) * noises;
        let noise = (rows.min(height) + 2 * reach) * row;
        let numbers = noise + blur.scratch(noise) + UNDER_WAY * row;
        (numbers * size_of::<f32>()) as u64
    }
}
