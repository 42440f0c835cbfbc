//! In which colours a picture is worked on and written.
//!
//! They are converted once, to those of the file that is written: behind what only turns the picture and makes it smaller,
//! as that is done to encoded values either way and leaves less to convert, and before everything else.

use serde::{Deserialize, Serialize};

use super::Recipe;
use crate::codecs::CodecInfo;
use crate::color::{self, ColorError, Profile, Space};
use crate::image::{Channels, Image, Metadata, Transfer};
use crate::warning::{Warning, Warnings};

/// In which colours files are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Colors {
    /// sRGB, which needs no profile.
    #[default]
    Srgb,
    /// Those that come, with their profile; sRGB where the format carries none.
    Keep,
    /// Display P3, with its profile; sRGB where the format carries none, and for gray.
    DisplayP3,
    /// Those of an ICC profile for RGB, which goes along; sRGB where the format carries none, and for gray.
    Profile(Vec<u8>),
    /// Whatever the samples say where nobody explains them.
    Strip,
}

/// What is to be done with the colours of a picture.
#[derive(Debug)]
pub(super) enum Conversion {
    /// Its samples stay what they are; this profile explains them.
    None(Option<Vec<u8>>),
    /// They are converted, and this profile explains what becomes of them.
    To(Box<(Profile, Profile)>, Option<Vec<u8>>),
}

impl Conversion {
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None(_))
    }

    /// The profile that explains the samples in the end.
    pub(super) fn icc(self) -> Option<Vec<u8>> {
        match self {
            Self::None(icc) | Self::To(_, icc) => icc,
        }
    }
}

impl Recipe {
    /// What is to be done with the colours that metadata describe, of a picture that has `before` and becomes one that has
    /// `after`. A profile that cannot be used goes to the warnings.
    pub(super) fn conversion(
        &self,
        metadata: &Metadata,
        (before, after): (Channels, Channels),
        target: &CodecInfo,
        warnings: &mut Warnings,
    ) -> Conversion {
        let loses_color = after.is_gray() && !before.is_gray();
        let explains = target.carries.icc && !loses_color;
        let wanted = match &self.colors {
            Colors::Strip => return Conversion::None(None),
            Colors::Keep if explains => return Conversion::None(own_icc(metadata)),
            Colors::DisplayP3 if explains && !before.is_gray() => Some(Profile::display_p3()),
            // The settings have read it before.
            Colors::Profile(icc) if explains && !before.is_gray() => Profile::parse(icc).ok(),
            Colors::Srgb | Colors::Keep | Colors::DisplayP3 | Colors::Profile(_) => None,
        };
        let own = own_profile(metadata, before).unwrap_or_else(|error| {
            warnings.add(Warning::profile_ignored(&error));
            None
        });
        match (own, wanted) {
            (None, None) => Conversion::None(None),
            (Some(own), None) => Conversion::To(Box::new((own, Profile::srgb())), None),
            (own, Some(wanted)) => {
                let icc = match &self.colors {
                    Colors::Profile(icc) => Some(icc.clone()),
                    Colors::Srgb | Colors::Keep | Colors::DisplayP3 | Colors::Strip => wanted.icc(),
                };
                if metadata.icc.is_some() && metadata.icc == icc {
                    return Conversion::None(icc);
                }
                let own = own.unwrap_or_else(Profile::srgb);
                Conversion::To(Box::new((own, wanted)), icc)
            }
        }
    }
}

/// The profile that explains the samples as they are, if they need one.
fn own_icc(metadata: &Metadata) -> Option<Vec<u8>> {
    let cicp = || {
        Profile::from_cicp(metadata.cicp?)
            .filter(|profile| !profile.is_srgb())?
            .icc()
    };
    metadata.icc.clone().or_else(cicp)
}

/// What the samples mean, where that is not sRGB.
fn own_profile(metadata: &Metadata, channels: Channels) -> Result<Option<Profile>, ColorError> {
    let profile = match (&metadata.icc, metadata.cicp) {
        (Some(icc), _) => Some(Profile::parse(icc)?),
        (None, Some(cicp)) => Profile::from_cicp(cicp),
        (None, None) => None,
    };
    match profile.as_ref().map(Profile::space) {
        Some(Space::Gray) if !channels.is_gray() => Err(ColorError::Mismatch(Space::Gray)),
        // Inks were made light of when they were read.
        Some(Space::Cmyk) | None => Ok(None),
        Some(Space::Gray | Space::Rgb) => Ok(profile.filter(|profile| !profile.is_srgb())),
    }
}

/// In sRGB, whatever it is in; a profile that cannot be used goes to the warnings.
pub(super) fn to_srgb(image: Image, warnings: &mut Warnings) -> Image {
    let own = own_profile(&image.metadata, image.raster.channels());
    let conversion = match own {
        Ok(None) => Conversion::None(None),
        Ok(Some(own)) => Conversion::To(Box::new((own, Profile::srgb())), None),
        Err(error) => {
            warnings.add(Warning::profile_ignored(&error));
            Conversion::None(None)
        }
    };
    convert(image, conversion, warnings)
}

/// Does it. A profile that turns out to lead nowhere goes to the warnings.
pub(super) fn convert(image: Image, conversion: Conversion, warnings: &mut Warnings) -> Image {
    let Image {
        raster,
        mut metadata,
    } = image;
    metadata.cicp = None;
    let (raster, icc) = match conversion {
        Conversion::None(icc) => (raster, icc),
        Conversion::To(profiles, icc) => {
            let (from, to) = *profiles;
            let raster = raster.to_transfer(metadata.transfer, Transfer::Srgb);
            metadata.transfer = Transfer::Srgb;
            match color::convert(&raster, &from, &to) {
                Ok(converted) => (converted, icc),
                Err(error) => {
                    warnings.add(Warning::profile_ignored(&error));
                    (raster, None)
                }
            }
        }
    };
    metadata.icc = icc;
    Image { raster, metadata }
}
