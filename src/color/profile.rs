use moxcms::{
    Chromaticity, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, ToneReprCurve, Xyzd,
    curve_from_gamma,
};

use super::ColorError;
use crate::image::Cicp;

/// The longest profile that is read, in bytes. Those of printing presses have some two megabytes.
const LONGEST: usize = 16 << 20;

/// What the samples of a profile are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// One sample of light.
    Gray,
    /// Red, green and blue light.
    Rgb,
    /// Cyan, magenta, yellow and black ink.
    Cmyk,
}

/// Where primaries and white lie: x and y of CIE 1931.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chromaticities {
    /// White.
    pub white: (f32, f32),
    /// Red.
    pub red: (f32, f32),
    /// Green.
    pub green: (f32, f32),
    /// Blue.
    pub blue: (f32, f32),
}

impl Chromaticities {
    /// Those of sRGB (IEC 61966-2-1, as ITU-R BT.709).
    pub const SRGB: Self = Self {
        white: (0.3127, 0.329),
        red: (0.64, 0.33),
        green: (0.3, 0.6),
        blue: (0.15, 0.06),
    };
}

/// What the samples of a picture mean.
#[derive(Debug, Clone)]
pub struct Profile {
    parsed: ColorProfile,
    space: Space,
}

impl Profile {
    /// Reads an ICC profile.
    ///
    /// # Errors
    /// It is no profile, or one for samples that no picture here has.
    pub fn parse(icc: &[u8]) -> Result<Self, ColorError> {
        if icc.len() > LONGEST {
            return Err(ColorError::TooLong(icc.len()));
        }
        let parsed = ColorProfile::new_from_slice(icc).map_err(ColorError::malformed)?;
        let spaces = [
            (DataColorSpace::Gray, Space::Gray),
            (DataColorSpace::Rgb, Space::Rgb),
            (DataColorSpace::Cmyk, Space::Cmyk),
        ];
        let found = spaces.iter().find(|(own, _)| *own == parsed.color_space);
        let space = found.map(|(_, space)| *space).ok_or(ColorError::Space)?;
        Ok(Self { parsed, space })
    }

    /// sRGB (IEC 61966-2-1).
    pub fn srgb() -> Self {
        Self::rgb(ColorProfile::new_srgb())
    }

    /// Display P3 (SMPTE EG 432-1 with the white and the curve of sRGB).
    pub fn display_p3() -> Self {
        Self::rgb(ColorProfile::new_display_p3())
    }

    fn rgb(parsed: ColorProfile) -> Self {
        let space = Space::Rgb;
        Self { parsed, space }
    }

    /// What code points stand for. `None` where they leave it open, or name what has no curve.
    pub fn from_cicp(cicp: Cicp) -> Option<Self> {
        let transfer = cicp.transfer.try_into().ok()?;
        let parsed = ColorProfile::new_from_cicp(CicpProfile {
            color_primaries: cicp.primaries.try_into().ok()?,
            transfer_characteristics: transfer,
            // Decoded samples are red, green and blue of the full range, however they were stored.
            matrix_coefficients: moxcms::MatrixCoefficients::Identity,
            full_range: true,
        });
        parsed.red_trc.is_some().then(|| Self::rgb(parsed))
    }

    /// Light that is the given power of the samples. `None` where the primaries enclose nothing, or the power is none.
    pub fn from_gamma(gamma: f32, chromaticities: Chromaticities) -> Option<Self> {
        // A profile stores it with eight bits before and behind the point.
        if !(0.05..=20.0).contains(&gamma) {
            return None;
        }
        let Self { mut parsed, space } = Self::srgb_with(chromaticities)?;
        let curve = curve_from_gamma(gamma);
        parsed.red_trc = Some(curve.clone());
        parsed.green_trc = Some(curve.clone());
        parsed.blue_trc = Some(curve);
        Some(Self { parsed, space })
    }

    /// Other primaries with the curve of sRGB. `None` where they enclose nothing.
    pub fn srgb_with(chromaticities: Chromaticities) -> Option<Self> {
        let at = |(x, y): (f32, f32)| (y > 0.0).then_some(Chromaticity { x, y });
        let primaries = ColorPrimaries {
            red: at(chromaticities.red)?,
            green: at(chromaticities.green)?,
            blue: at(chromaticities.blue)?,
        };
        let mut parsed = ColorProfile::new_srgb();
        parsed.update_rgb_colorimetry(at(chromaticities.white)?.to_xyyb(), primaries);
        parsed.description = None;
        let is_finite = |color: &Xyzd| {
            let parts = [color.x, color.y, color.z];
            parts.iter().all(|part| part.abs() < 8.0)
        };
        colorants(&parsed)
            .iter()
            .all(is_finite)
            .then(|| Self::rgb(parsed))
    }

    /// What its samples are.
    pub fn space(&self) -> Space {
        self.space
    }

    /// It as an ICC profile. `None` where there is no way to write it.
    pub fn icc(&self) -> Option<Vec<u8>> {
        self.parsed.encode().ok()
    }

    /// Whether its samples mean what those of sRGB mean, to within what 8 bits can tell apart.
    pub fn is_srgb(&self) -> bool {
        let (own, srgb) = (&self.parsed, ColorProfile::new_srgb());
        if self.space != Space::Rgb
            || own.lut_a_to_b_perceptual.is_some()
            || !own.is_matrix_shaper()
        {
            return false;
        }
        let near = |(a, b): (Xyzd, Xyzd)| {
            [a.x - b.x, a.y - b.y, a.z - b.z]
                .iter()
                .all(|off| off.abs() < 0.002)
        };
        let curves = [&own.red_trc, &own.green_trc, &own.blue_trc];
        colorants(own).into_iter().zip(colorants(&srgb)).all(near)
            && curves
                .into_iter()
                .all(|curve| curve.as_ref().is_some_and(is_srgb_curve))
    }

    /// The curves from samples to light, where light is all that lies between samples and colour.
    pub(super) fn curves(&self) -> Option<Vec<&ToneReprCurve>> {
        let Self { parsed, space } = self;
        match space {
            Space::Rgb if parsed.lut_a_to_b_perceptual.is_none() && parsed.is_matrix_shaper() => {
                let curves = [&parsed.red_trc, &parsed.green_trc, &parsed.blue_trc];
                curves.into_iter().map(Option::as_ref).collect()
            }
            Space::Gray => parsed.gray_trc.as_ref().map(|curve| vec![curve]),
            Space::Rgb | Space::Cmyk => None,
        }
    }

    pub(super) fn parsed(&self) -> &ColorProfile {
        &self.parsed
    }
}

fn colorants(profile: &ColorProfile) -> [Xyzd; 3] {
    [
        profile.red_colorant,
        profile.green_colorant,
        profile.blue_colorant,
    ]
}

/// A third of an 8-bit step, in terms of encoded values, at every 64th of the scale.
fn is_srgb_curve(curve: &ToneReprCurve) -> bool {
    let Ok(own) = curve.make_linear_evaluator() else {
        return false;
    };
    (0..=64_u8).all(|step| {
        let value = f32::from(step) / 64.0;
        let light = own.evaluate_value(value);
        (crate::image::linear_to_srgb(light) - value).abs() < 1.0 / 3.0 / 255.0
    })
}
