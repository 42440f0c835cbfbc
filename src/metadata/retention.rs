use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What travels along of what describes a picture. Colour profiles are a matter of colours, and only a list leaves them out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retention {
    /// All that the format can carry.
    #[default]
    Keep,
    /// Nothing.
    Strip,
    /// Who made it, and who has the rights.
    Copyright,
    /// All that does not say, or may say, where it was taken.
    NoGps,
    /// These blocks.
    Only(Blocks),
}

/// Blocks that describe a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// What cameras write.
    pub exif: bool,
    /// What editors write.
    pub xmp: bool,
    /// What agencies write.
    pub iptc: bool,
    /// The colour profile.
    pub icc: bool,
}

impl Retention {
    /// The blocks of which anything may travel.
    pub const fn blocks(self) -> Blocks {
        match self {
            Self::Only(blocks) => blocks,
            Self::Keep | Self::Copyright | Self::NoGps => Blocks {
                exif: true,
                xmp: true,
                iptc: true,
                icc: true,
            },
            Self::Strip => Blocks {
                exif: false,
                xmp: false,
                iptc: false,
                icc: true,
            },
        }
    }
}

/// A word that is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither `keep`, `strip`, `copyright` or `no-gps`, nor a list out of `exif,xmp,iptc,icc`"
)]
pub struct ParseRetentionError(String);

impl FromStr for Retention {
    type Err = ParseRetentionError;

    fn from_str(text: &str) -> Result<Self, ParseRetentionError> {
        match text {
            "keep" => return Ok(Self::Keep),
            "strip" => return Ok(Self::Strip),
            "copyright" => return Ok(Self::Copyright),
            "no-gps" => return Ok(Self::NoGps),
            _ => {}
        }
        let mut blocks = Blocks::default();
        for word in text.split(',') {
            match word.trim() {
                "exif" => blocks.exif = true,
                "xmp" => blocks.xmp = true,
                "iptc" => blocks.iptc = true,
                "icc" => blocks.icc = true,
                _ => return Err(ParseRetentionError(text.to_owned())),
            }
        }
        Ok(Self::Only(blocks))
    }
}

/// Names that are written into each picture, whoever stood there before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Who has the rights, in the words of a notice.
    pub copyright: Option<String>,
    /// Who made it.
    pub artist: Option<String>,
}

impl Credit {
    /// Whether there is nothing to write.
    pub const fn is_empty(&self) -> bool {
        self.copyright.is_none() && self.artist.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_lists_are_policies() {
        assert_eq!("no-gps".parse(), Ok(Retention::NoGps));
        let Ok(Retention::Only(blocks)) = "icc, exif".parse() else {
            panic!("that is a list");
        };
        assert!(blocks.exif && blocks.icc && !blocks.xmp && !blocks.iptc);
        for wrong in ["", "all", "keep,icc", "exif,", "EXIF"] {
            assert!(wrong.parse::<Retention>().is_err(), "{wrong}");
        }
    }
}
