use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A part of what described a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Part {
    /// The EXIF block, or all of it but rights and artist.
    Exif,
    /// Where the picture was taken, wherever that stood.
    Location,
    /// The camera maker's own notes in EXIF.
    MakerNote,
    /// A small copy of the picture.
    Thumbnail,
    /// The XMP packet, or all of it but rights and creators.
    Xmp,
    /// The IPTC datasets, or all of them but rights and creators.
    Iptc,
    /// The gain map of a picture for bright screens.
    GainMap,
}

impl Part {
    const ALL: [Self; 7] = [
        Self::Exif,
        Self::Location,
        Self::MakerNote,
        Self::Thumbnail,
        Self::Xmp,
        Self::Iptc,
        Self::GainMap,
    ];

    /// The word for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exif => "EXIF",
            Self::Location => "location",
            Self::MakerNote => "maker's notes",
            Self::Thumbnail => "thumbnail",
            Self::Xmp => "XMP",
            Self::Iptc => "IPTC",
            Self::GainMap => "gain map",
        }
    }
}

/// Which parts of what described a picture do not travel on: each is there once, whoever says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped(u8);

impl Dropped {
    /// None.
    pub const fn nothing() -> Self {
        Self(0)
    }

    /// Adds one.
    pub const fn add(&mut self, part: Part) {
        self.0 |= 1 << part as u8;
    }

    /// Takes one away.
    pub const fn remove(&mut self, part: Part) {
        self.0 &= !(1 << part as u8);
    }

    /// Adds those of another.
    pub const fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this is among them.
    pub const fn has(self, part: Part) -> bool {
        self.0 & 1 << part as u8 != 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(move |part| self.has(*part))
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{}", part.word())?;
        }
        Ok(())
    }
}

impl Serialize for Dropped {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().collect::<Vec<_>>())
    }
}

impl<'de> Deserialize<'de> for Dropped {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut dropped = Self::nothing();
        Vec::<Part>::deserialize(from)?
            .into_iter()
            .for_each(|part| dropped.add(part));
        Ok(dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_there_once_and_travel() {
        let mut dropped = Dropped::nothing();
        for part in [Part::Xmp, Part::Location, Part::Xmp] {
            dropped.add(part);
        }
        assert_eq!(dropped.to_string(), "location, XMP");
        let json = serde_json::to_string(&dropped).unwrap();
        assert_eq!(json, r#"["location","xmp"]"#);
        let sent = postcard::to_stdvec(&dropped).unwrap();
        assert_eq!(postcard::from_bytes::<Dropped>(&sent).unwrap(), dropped);
        let often = postcard::to_stdvec(&vec![Part::Iptc; 1000]).unwrap();
        let heard: Dropped = postcard::from_bytes(&often).unwrap();
        assert_eq!(heard.iter().count(), 1);
    }
}
