//! Ink as light. Pictures here are gray or RGB, so inks are converted where they are read.

use moxcms::Layout;
use rayon::prelude::*;

use super::convert::{PIECE, run};
use super::{ColorError, Profile, Space};
use crate::image::{Sample, linear_to_srgb, srgb_to_linear};

/// Cyan, magenta, yellow and black of each pixel, from none to all of the scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Inks<S>(pub Vec<S>);

impl<S: Sample> Inks<S> {
    /// The colours as sRGB, by the profile of the inks: perceptually, and with the darkest that inks can do as black, as
    /// `LittleCMS` has it for version 4 of the profile of sRGB.
    ///
    /// # Errors
    /// The profile is not one of inks, or cannot be used.
    pub fn to_srgb(&self, profile: &Profile) -> Result<Vec<S>, ColorError> {
        if profile.space() != Space::Cmyk {
            return Err(ColorError::Mismatch(profile.space()));
        }
        let srgb = Profile::srgb();
        // Between the points of a table lightness is even; light is not.
        let light = |inks: &[f32]| {
            let colors = run(inks, (profile, Layout::Rgba, 4), (&srgb, Layout::Rgb, 3))?;
            Ok(colors.into_iter().map(srgb_to_linear).collect::<Vec<f32>>())
        };
        let black = darkest(&light(&[1.0; 4])?);
        let mut out = vec![S::default(); self.0.len() / 4 * 3];
        let pieces = out
            .par_chunks_mut(PIECE * 3)
            .zip(self.0.par_chunks(PIECE * 4));
        pieces.try_for_each(|(out, inks)| {
            let inks: Vec<f32> = inks.iter().map(|ink| ink.to_f32() / S::MAX).collect();
            for (out, light) in out.iter_mut().zip(light(&inks)?) {
                let light = ((light - black) / (1.0 - black)).clamp(0.0, 1.0);
                *out = S::from_f32(linear_to_srgb(light) * S::MAX);
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// The colours where nobody says what the inks look like: each takes its part of the light, and black takes its part of
    /// what is left, as in browsers.
    pub fn to_plain_rgb(&self) -> Vec<S> {
        let light = |ink: S, black: S| {
            S::from_f32((S::MAX - ink.to_f32()) * (S::MAX - black.to_f32()) / S::MAX)
        };
        let pixels = self.0.par_chunks_exact(4);
        pixels
            .flat_map_iter(|inks| [0, 1, 2].map(|at| light(inks[at], inks[3])))
            .collect()
    }
}

/// The light of a colour, weighed as sRGB's primaries are relative to D50. A darkest colour with a lightness beyond 50 is the
/// mistake of a profile.
fn darkest(light: &[f32]) -> f32 {
    const LIGHTNESS_50: f32 = 0.184_2;
    let weights = [0.2225, 0.7169, 0.0606];
    let sum: f32 = light
        .iter()
        .zip(weights)
        .map(|(part, weight)| part * weight)
        .sum();
    sum.clamp(0.0, LIGHTNESS_50)
}
