//! Samples as light itself, and back: what is mixed there is mixed as it is in nature.

use rayon::prelude::*;

use super::Profile;
use crate::image::raster::with_samples;
use crate::image::{
    Depth, Metadata, Raster, Sample, Samples, Transfer, linear_to_srgb, srgb_to_linear,
};

type Curve = Box<dyn Fn(f32) -> f32 + Send + Sync>;

/// The ways between the samples of a picture, from 0 to 1, and light: one for all colours, or one for each.
pub struct Light {
    decode: Vec<Curve>,
    encode: Vec<Curve>,
}

impl Light {
    /// Those that the metadata describe, or those of sRGB. `None` where samples are light as they are.
    pub fn of(metadata: &Metadata) -> Option<Self> {
        if metadata.transfer == Transfer::Linear {
            return None;
        }
        let own = metadata
            .icc
            .as_deref()
            .and_then(|icc| Profile::parse(icc).ok());
        Some(
            own.and_then(|own| Self::by(&own))
                .unwrap_or_else(Self::srgb),
        )
    }

    fn srgb() -> Self {
        Self {
            decode: vec![Box::new(srgb_to_linear)],
            encode: vec![Box::new(linear_to_srgb)],
        }
    }

    fn by(profile: &Profile) -> Option<Self> {
        let curves = profile.curves()?;
        let decode = curves.iter().map(|curve| {
            let curve = curve.make_linear_evaluator().ok()?;
            Some(Box::new(move |value| curve.evaluate_value(value)) as Curve)
        });
        let encode = curves.iter().map(|curve| {
            let curve = curve.make_gamma_evaluator().ok()?;
            Some(Box::new(move |value| curve.evaluate_value(value)) as Curve)
        });
        Some(Self {
            decode: decode.collect::<Option<_>>()?,
            encode: encode.collect::<Option<_>>()?,
        })
    }

    /// Whether bytes that differ least are still some steps apart: 19 for the curve of sRGB, and none for a plain power.
    fn fits_in_16_bits(&self) -> bool {
        let least = |curve: &Curve| curve(1.0 / <u8 as Sample>::MAX) * <u16 as Sample>::MAX;
        self.decode.iter().all(|curve| least(curve) >= 8.0)
    }

    /// The light of samples: in 16 bits where they are bytes and that is enough, else as floats.
    pub fn shed(&self, raster: &Raster) -> Raster {
        let samples = match raster.samples() {
            Samples::U8(samples) if self.fits_in_16_bits() => {
                let tables = tables::<u8, u16>(&self.decode);
                looked_up(raster, samples, &tables).into()
            }
            Samples::U8(samples) => {
                let tables = tables::<u8, f32>(&self.decode);
                looked_up(raster, samples, &tables).into()
            }
            Samples::U16(samples) => {
                let tables = tables::<u16, f32>(&self.decode);
                looked_up(raster, samples, &tables).into()
            }
            Samples::F32(samples) => computed(raster, samples, &self.decode).into(),
        };
        same(raster, samples)
    }

    /// The samples of light that was [`Self::shed`] by some of this depth.
    pub fn catch(&self, light: &Raster, depth: Depth) -> Raster {
        let samples = match (light.samples(), depth) {
            (Samples::U16(samples), Depth::U8) => {
                let tables = tables::<u16, u8>(&self.encode);
                looked_up(light, samples, &tables).into()
            }
            (samples, _) => {
                with_samples!(samples, |samples| computed(light, samples, &self.encode)).into()
            }
        };
        same(light, samples).to_depth(depth)
    }
}

fn same(raster: &Raster, samples: Samples) -> Raster {
    match Raster::new(raster.size(), raster.channels(), samples) {
        Ok(raster) => raster,
        Err(_) => unreachable!("a sample comes of each"),
    }
}

/// What each value of an integer becomes, by each of the curves.
fn tables<A: Sample, B: Sample>(curves: &[Curve]) -> Vec<Vec<B>> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "65535 at the most"
    )]
    let last = A::MAX as u16;
    let table = |curve: &Curve| {
        let values = (0..=last)
            .into_par_iter()
            .map(|value| f32::from(value) / A::MAX);
        values
            .map(|value| B::from_f32(curve(value) * B::MAX))
            .collect()
    };
    curves.iter().map(table).collect()
}

fn looked_up<A: Sample, B: Sample>(raster: &Raster, samples: &[A], tables: &[Vec<B>]) -> Vec<B> {
    each(raster, samples, tables, |table, sample| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an integer from 0 to MAX"
        )]
        let at = sample.to_f32() as usize;
        table[at]
    })
}

fn computed<S: Sample>(raster: &Raster, samples: &[S], curves: &[Curve]) -> Vec<f32> {
    each(raster, samples, curves, |curve, sample| {
        curve(sample.to_f32() / S::MAX)
    })
}

/// Each sample by the way of its colour; alpha stays what it is.
fn each<A: Sample, B: Sample, W: Sync>(
    raster: &Raster,
    samples: &[A],
    ways: &[W],
    go: impl Fn(&W, A) -> B + Sync,
) -> Vec<B> {
    let (count, colors) = (raster.channels().count(), raster.channels().colors());
    let mut out = vec![B::default(); samples.len()];
    let rows = out
        .par_chunks_mut(raster.row_len())
        .zip(samples.par_chunks(raster.row_len()));
    rows.for_each(|(out, samples)| {
        for (out, pixel) in out.chunks_exact_mut(count).zip(samples.chunks_exact(count)) {
            for (at, (out, sample)) in out.iter_mut().zip(pixel).enumerate() {
                *out = if at < colors {
                    go(&ways[at % ways.len()], *sample)
                } else {
                    B::from_f32(sample.to_f32() / A::MAX * B::MAX)
                };
            }
        }
    });
    out
}
