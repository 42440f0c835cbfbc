use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Asset, AssetError};
use crate::params;
use crate::pipeline::text;

/// A file that holds a font. What is in it is looked at by workers only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Font(Asset);

/// A file that is no font.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// It cannot be had.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// It begins as no font does.
    #[error("it is neither a TrueType nor an OpenType font (.ttf, .otf, .ttc)")]
    Other,
}

impl FromStr for Font {
    type Err = FontError;

    fn from_str(path: &str) -> Result<Self, FontError> {
        let asset = Asset::read(path)?;
        if !text::looks_like_font(asset.bytes()) {
            return Err(FontError::Other);
        }
        Ok(Self(asset))
    }
}

impl fmt::Display for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&params::quoted(&self.0.to_string()))
    }
}

impl Font {
    /// Its file.
    pub(super) fn asset(&self) -> &Asset {
        &self.0
    }

    /// Bytes that it takes.
    pub(super) fn held(&self) -> u64 {
        self.0.bytes().len() as u64
    }
}
