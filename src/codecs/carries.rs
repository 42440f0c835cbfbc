//! What files carry beside samples.

use crate::image::Metadata;

/// What a format's files carry beside samples, as we write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carries {
    /// Whether an ICC profile.
    pub icc: bool,
    /// The longest EXIF block, in bytes; none if it carries none.
    pub exif: Option<usize>,
    /// Whether the values of an EXIF block change their places in it: maker's notes do not survive that.
    pub moves_exif: bool,
    /// The longest XMP packet, in bytes; none if it carries none.
    pub xmp: Option<usize>,
    /// The longest IPTC datasets, in bytes; none if it carries none.
    pub iptc: Option<usize>,
}

impl Carries {
    /// Samples and nothing else.
    pub const NOTHING: Self = Self {
        icc: false,
        exif: None,
        moves_exif: false,
        xmp: None,
        iptc: None,
    };

    /// What of these there is room for. What is too long for its place stands in the list, with its length and the most that
    /// there is room for; what has no place at all does not.
    pub fn fit(&self, mut metadata: Metadata) -> (Metadata, Vec<TooLong>) {
        metadata.icc.take_if(|_| !self.icc);
        let places = [
            ("EXIF", &mut metadata.exif, self.exif),
            ("XMP", &mut metadata.xmp, self.xmp),
            ("IPTC", &mut metadata.iptc, self.iptc),
        ];
        let mut too_long = Vec::new();
        for (what, block, most) in places {
            let removed = block.take_if(|block| most.is_none_or(|most| block.len() > most));
            if let (Some(block), Some(most)) = (removed, most) {
                let bytes = block.len();
                too_long.push(TooLong { what, bytes, most });
            }
        }
        (metadata, too_long)
    }
}

/// Blocks that a file carries, as they are found in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) exif: Option<Vec<u8>>,
    pub(super) xmp: Option<Vec<u8>>,
    pub(super) iptc: Option<Vec<u8>>,
}

/// A block that a format has a place for, which is too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// Its name.
    pub what: &'static str,
    /// Its length.
    pub bytes: usize,
    /// The most that there is room for.
    pub most: usize,
}
