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
            let light = colors.into_iter().map(srgb_to_linear);
            Ok(light.collect::<Vec<f32>>())
        };
        let black = light(&[1.0; 4])?;
        let deepened = Deepened::by([black[0], black[1], black[2]]);
        let mut out = vec![S::default(); self.0.len() / 4 * 3];
        let pieces = out
            .par_chunks_mut(PIECE * 3)
            .zip(self.0.par_chunks(PIECE * 4));
        pieces.try_for_each(|(out, inks)| {
            let inks: Vec<f32> = inks.iter().map(|ink| ink.to_f32() / S::MAX).collect();
            let (pixels, _) = out.as_chunks_mut::<3>();
            for (pixel, light) in pixels.iter_mut().zip(light(&inks)?.as_chunks().0) {
                let light = deepened.light(*light);
                *pixel = light.map(|part| S::from_f32(linear_to_srgb(part) * S::MAX));
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

/// A way to bring the darkest that inks can do to black: X, Y and Z are stretched each from white (ISO 18619:2015, 4.3.2; as in
/// `LittleCMS`, the darkest keeps its hue).
#[derive(Debug)]
struct Deepened {
    rows: [[f32; 3]; 3],
    offset: [f32; 3],
}

/// sRGB's primaries as X, Y and Z relative to D50 (IEC 61966-2-1, adapted as Bradford did), and the way back.
const TO_XYZ: [[f32; 3]; 3] = [
    [0.436_066, 0.385_147, 0.143_066],
    [0.222_488, 0.716_873, 0.060_608],
    [0.013_916, 0.097_076, 0.714_096],
];
const FROM_XYZ: [[f32; 3]; 3] = [
    [3.134_107, -1.617_39, -0.490_631],
    [-0.978_784, 1.916_278, 0.033_453],
    [0.071_982, -0.228_985, 1.405_385],
];

/// The luminance of a lightness of 50. A darkest colour beyond it is the mistake of a profile.
const HALF_LIGHTNESS: f32 = 0.184_2;

fn times(rows: [[f32; 3]; 3], color: [f32; 3]) -> [f32; 3] {
    rows.map(|row| row[0] * color[0] + row[1] * color[1] + row[2] * color[2])
}

impl Deepened {
    fn by(darkest: [f32; 3]) -> Self {
        let (white, black) = (times(TO_XYZ, [1.0; 3]), times(TO_XYZ, darkest));
        let black = if black[1] > HALF_LIGHTNESS {
            [0.0; 3]
        } else {
            black
        };
        let stretch = |at: usize| white[at] / (white[at] - black[at]);
        let shift = |at: usize| -black[at] * stretch(at);
        let stretched = [0, 1, 2].map(|at: usize| TO_XYZ[at].map(|part| part * stretch(at)));
        let column = |at: usize| {
            times(
                FROM_XYZ,
                [stretched[0][at], stretched[1][at], stretched[2][at]],
            )
        };
        let columns = [0, 1, 2].map(column);
        Self {
            rows: [0, 1, 2].map(|at: usize| columns.map(|column| column[at])),
            offset: times(FROM_XYZ, [0, 1, 2].map(shift)),
        }
    }

    /// What sRGB can show of it.
    fn light(&self, light: [f32; 3]) -> [f32; 3] {
        let [red, green, blue] = times(self.rows, light);
        let [more_red, more_green, more_blue] = self.offset;
        [red + more_red, green + more_green, blue + more_blue].map(|part| part.clamp(0.0, 1.0))
    }
}
