use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How sample values relate to light.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Transfer {
    /// The curve of sRGB (IEC 61966-2-1), or of the ICC profile that comes along: what nearly every file holds.
    #[default]
    Srgb,
    /// Proportional to light, as Radiance HDR and `OpenEXR` hold it.
    Linear,
}

/// An encoded sRGB value (0 to 1) as linear light; odd around zero, so that values outside survive.
pub(crate) fn srgb_to_linear(value: f32) -> f32 {
    let v = value.abs();
    let linear = if v <= 0.040_45 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    };
    linear.copysign(value)
}

/// Linear light as an encoded sRGB value; the inverse of [`srgb_to_linear`].
pub(crate) fn linear_to_srgb(value: f32) -> f32 {
    let v = value.abs();
    let encoded = if v <= 0.003_130_8 {
        v * 12.92
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    };
    encoded.copysign(value)
}

/// An sRGB colour with straight alpha, each part from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Color {
    /// Red.
    pub red: f32,
    /// Green.
    pub green: f32,
    /// Blue.
    pub blue: f32,
    /// Opacity: 0 is fully transparent.
    pub alpha: f32,
}

impl Color {
    /// White that cannot be seen: what new area is made of unless a background is named. Where a format cannot hold
    /// alpha, it becomes white.
    pub const TRANSPARENT: Self = Self {
        red: 1.0,
        green: 1.0,
        blue: 1.0,
        alpha: 0.0,
    };

    /// Opaque white.
    pub const WHITE: Self = Self {
        alpha: 1.0,
        ..Self::TRANSPARENT
    };

    /// Opaque black.
    pub const BLACK: Self = Self {
        red: 0.0,
        green: 0.0,
        blue: 0.0,
        alpha: 1.0,
    };

    /// Whether nothing shines through it.
    pub fn is_opaque(self) -> bool {
        self.alpha >= 1.0
    }

    /// Whether one gray sample can hold it.
    #[expect(clippy::float_cmp, reason = "the parts of a gray are the same number")]
    pub fn is_gray(self) -> bool {
        self.red == self.green && self.green == self.blue
    }

    /// Luma by the weights of Rec. 709, the ones CSS and `ImageMagick` use for grayscale.
    pub fn luma(self) -> f32 {
        0.2126 * self.red + 0.7152 * self.green + 0.0722 * self.blue
    }

    /// The colour parts, as samples with the given transfer hold them.
    #[must_use]
    pub fn in_transfer(self, transfer: Transfer) -> Self {
        match transfer {
            Transfer::Srgb => self,
            Transfer::Linear => Self {
                red: srgb_to_linear(self.red),
                green: srgb_to_linear(self.green),
                blue: srgb_to_linear(self.blue),
                alpha: self.alpha,
            },
        }
    }
}

/// A text that names no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no colour; write a CSS colour such as `white`, `#ff8800`, `#0008` or `transparent`"
)]
pub struct ParseColorError(String);

impl FromStr for Color {
    type Err = ParseColorError;

    /// Any colour CSS can write: a name, `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb(...)`, `hsl(...)`, `transparent`. Parts
    /// that lie beyond what sRGB can show are brought to its edge.
    fn from_str(text: &str) -> Result<Self, ParseColorError> {
        if text.eq_ignore_ascii_case("transparent") {
            return Ok(Self::TRANSPARENT);
        }
        let no_color = || ParseColorError(text.to_owned());
        let color = csscolorparser::parse(text).map_err(|_| no_color())?;
        let parts = color.to_array();
        if parts.iter().any(|part| part.is_nan()) {
            return Err(no_color());
        }
        let [red, green, blue, alpha] = parts;
        Ok(Self {
            red,
            green,
            blue,
            alpha,
        })
    }
}

impl fmt::Display for Color {
    /// `#rrggbbaa`, or `color(srgb ...)` where 8 bits are not enough; reads back as the same colour.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::TRANSPARENT {
            return f.write_str("transparent");
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float cast saturates"
        )]
        let [red, green, blue, alpha] =
            [self.red, self.green, self.blue, self.alpha].map(|part| (part * 255.0).round() as u8);
        let short = format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}");
        if short.parse() == Ok(*self) {
            return f.write_str(&short);
        }
        let Self {
            red,
            green,
            blue,
            alpha,
        } = self;
        write!(f, "color(srgb {red} {green} {blue} / {alpha})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_curves_undo_each_other() {
        for step in 0..=1000_u16 {
            let value = f32::from(step) / 1000.0;
            assert!(
                (linear_to_srgb(srgb_to_linear(value)) - value).abs() < 1e-5,
                "{value}"
            );
        }
    }

    #[test]
    fn colors_read_back_what_they_write() {
        for text in [
            "white",
            "#ff8800",
            "#0008",
            "rgb(1 2 3)",
            "rgb(1,2,3%)",
            "hsl(33 20% 7% / 0.1)",
            "lab(50% 40 30)",
            "color(srgb 3 -2 1e-9 / 2)",
            "transparent",
        ] {
            let color: Color = text.parse().unwrap();
            assert_eq!(color.to_string().parse(), Ok(color), "{text}");
            let parts = [color.red, color.green, color.blue, color.alpha];
            assert!(
                parts.iter().all(|part| (0.0..=1.0).contains(part)),
                "{text}"
            );
        }
        assert_eq!("#f80".parse::<Color>().unwrap().to_string(), "#ff8800ff");
        assert!("whitish".parse::<Color>().is_err());
    }
}
