use std::sync::Arc;

use moxcms::{
    BarycentricWeightScale, CmsError, InterpolationMethod, Layout, RenderingIntent,
    TransformExecutor, TransformOptions,
};
use rayon::prelude::*;

use super::{Profile, Space};
use crate::image::raster::with_samples;
use crate::image::{Channels, Depth, Raster, Sample, Samples};

/// Why colours cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColorError {
    /// It is no ICC profile, or a broken one.
    #[error("it is no ICC profile that can be read ({0})")]
    Malformed(String),
    /// It is longer than any.
    #[error("it has {0} bytes, more than any real profile")]
    TooLong(usize),
    /// It is about something else than light or ink.
    #[error("it is for other samples than gray, RGB and CMYK")]
    Space,
    /// It is for other samples than the picture has.
    #[error("it is for {0:?} samples, and the picture has others")]
    Mismatch(Space),
    /// There is no way from one to the other.
    #[error("it leads nowhere ({0})")]
    Unconnected(String),
}

impl ColorError {
    pub(super) fn malformed(error: CmsError) -> Self {
        Self::Malformed(format!("{error:?}"))
    }

    pub(super) fn unconnected(error: CmsError) -> Self {
        Self::Unconnected(format!("{error:?}"))
    }
}

/// Pixels that one task converts.
pub(super) const PIECE: usize = 1 << 14;

/// Samples for which there are ways from one profile to another.
pub(super) trait Convert: Sample {
    /// The way for samples of these layouts.
    fn way(
        from: &Profile,
        to: &Profile,
        layouts: (Layout, Layout),
    ) -> Result<Arc<dyn TransformExecutor<Self> + Send + Sync>, CmsError>;
}

macro_rules! convert {
    ($sample:ty, $create:ident) => {
        impl Convert for $sample {
            fn way(
                from: &Profile,
                to: &Profile,
                (before, after): (Layout, Layout),
            ) -> Result<Arc<dyn TransformExecutor<Self> + Send + Sync>, CmsError> {
                let options = options(Self::DEPTH);
                from.parsed().$create(before, to.parsed(), after, options)
            }
        }
    };
}

convert!(u8, create_transform_8bit);
convert!(u16, create_transform_16bit);
convert!(f32, create_transform_f32);

/// What conversions have in common. Perceptual intent, as in browsers and in most tools; tetrahedra between the points of
/// a table, as in `LittleCMS`.
fn options(depth: Depth) -> TransformOptions {
    TransformOptions {
        rendering_intent: RenderingIntent::Perceptual,
        allow_use_cicp_transfer: false,
        prefer_fixed_point: depth == Depth::U8,
        interpolation_method: InterpolationMethod::Tetrahedral,
        barycentric_weight_scale: BarycentricWeightScale::High,
        allow_extended_range_rgb_xyz: true,
    }
}

/// The same colours as samples of another profile, which is one for RGB. Gray stays gray. What the other cannot show is
/// brought to its edge, but for floats. Alpha is left alone.
///
/// # Errors
/// The profile is not for such samples, or cannot be used.
pub fn convert(raster: &Raster, from: &Profile, to: &Profile) -> Result<Raster, ColorError> {
    let (size, channels) = (raster.size(), raster.channels());
    let way = match (from.space(), channels) {
        (Space::Gray | Space::Rgb, Channels::Gray | Channels::GrayAlpha) => None,
        (Space::Rgb, Channels::Rgb) => Some(Layout::Rgb),
        (Space::Rgb, Channels::Rgba) => Some(Layout::Rgba),
        (space @ (Space::Gray | Space::Cmyk), _) => return Err(ColorError::Mismatch(space)),
    };
    let count = channels.count();
    let converted = with_samples!(raster.samples(), |samples| Samples::from(match way {
        Some(layout) => run(samples, (from, layout, count), (to, layout, count))?,
        None => gray(samples, count, from, to)?,
    }));
    match Raster::new(size, channels, converted) {
        Ok(raster) => Ok(raster),
        Err(_) => unreachable!("a sample comes of each"),
    }
}

/// Converts samples in pieces, from a profile, a layout and its number of samples to another. The result does not depend on
/// how they are cut.
pub(super) fn run<S: Convert>(
    samples: &[S],
    (from, before, parts): (&Profile, Layout, usize),
    (to, after, others): (&Profile, Layout, usize),
) -> Result<Vec<S>, ColorError> {
    let way = S::way(from, to, (before, after)).map_err(ColorError::unconnected)?;
    let mut out = vec![S::default(); samples.len() / parts * others];
    out.par_chunks_mut(PIECE * others)
        .zip(samples.par_chunks(PIECE * parts))
        .try_for_each(|(out, samples)| way.transform(samples, out))
        .map_err(ColorError::unconnected)?;
    Ok(out)
}

/// Gray, and alpha where a pixel has `count` samples. Integers are looked up in a table of all there are.
fn gray<S: Sample>(
    samples: &[S],
    count: usize,
    from: &Profile,
    to: &Profile,
) -> Result<Vec<S>, ColorError> {
    let mut out = samples.to_vec();
    if S::DEPTH == Depth::F32 {
        let shades: Vec<f32> = samples
            .iter()
            .step_by(count)
            .map(|shade| shade.to_f32())
            .collect();
        let shades = converted_shades(&shades, from, to)?;
        for (out, shade) in out.iter_mut().step_by(count).zip(shades) {
            *out = S::from_f32(shade);
        }
    } else {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "65535 at the most"
        )]
        let last = S::MAX as u16;
        let all: Vec<f32> = (0..=last).map(|shade| f32::from(shade) / S::MAX).collect();
        let table = converted_shades(&all, from, to)?;
        for out in out.iter_mut().step_by(count) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an integer from 0 to MAX"
            )]
            let at = out.to_f32() as usize;
            *out = S::from_f32(table[at] * S::MAX);
        }
    }
    Ok(out)
}

/// Gray is converted as the colour with three equal parts, of which the green one counts: the others are equal to it but for
/// rounding.
fn converted_shades(shades: &[f32], from: &Profile, to: &Profile) -> Result<Vec<f32>, ColorError> {
    let (layout, parts) = match from.space() {
        Space::Gray => (Layout::Gray, 1),
        Space::Rgb | Space::Cmyk => (Layout::Rgb, 3),
    };
    let each = shades
        .iter()
        .flat_map(|shade| std::iter::repeat_n(*shade, parts));
    let samples: Vec<f32> = each.collect();
    let colors = run(&samples, (from, layout, parts), (to, Layout::Rgb, 3))?;
    Ok(colors.chunks_exact(3).map(|color| color[1]).collect())
}
