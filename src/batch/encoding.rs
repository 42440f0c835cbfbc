//! How files are written.

use super::{Batch, SettingsError};
use crate::codecs::Format;
use crate::coordinator::FormatChoice;
use crate::image::{Color, Depth};

impl Batch {
    /// Writes this format, whatever was read.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = FormatChoice::To(format);
        self
    }

    /// Quality of formats that have one, 1 to 100.
    #[must_use]
    pub fn quality(mut self, quality: u8) -> Self {
        self.encode.quality = Some(quality);
        self
    }

    /// How hard is tried to make files small: from 1, fast, to 10. Formats have defaults of their own.
    #[must_use]
    pub fn effort(mut self, effort: u8) -> Self {
        self.encode.effort = Some(effort);
        self
    }

    /// What only one format knows, as it is written on the command line: `details(Format::Jpeg, "subsampling=444")`.
    ///
    /// # Errors
    /// The format has no options of its own, or not such.
    pub fn details(mut self, format: Format, text: &str) -> Result<Self, SettingsError> {
        let read = self.encode.details.read(format, text);
        read.ok_or(SettingsError::NoDetails(format))??;
        self.detailed.push(format);
        Ok(self)
    }

    /// Writes files so that no sample is lost that their format can hold. Formats that always lose something are refused.
    #[must_use]
    pub fn lossless(mut self, lossless: bool) -> Self {
        self.lossless = lossless;
        self
    }

    /// Stores samples so, instead of as they are found. Formats that do not are refused.
    #[must_use]
    pub fn depth(mut self, depth: Depth) -> Self {
        self.encode.depth = Some(depth);
        self
    }

    /// Whether shades that a file has no room for become a fine pattern of those that are nearest, right in the mean.
    #[must_use]
    pub fn dither(mut self, dither: bool) -> Self {
        self.encode.dither = dither;
        self
    }

    /// What shows through where a format holds no alpha.
    #[must_use]
    pub fn background(mut self, background: Color) -> Self {
        self.encode.background = background;
        self
    }

    /// The most bytes that a file may have: its quality is lowered as far as that takes, from what it would be otherwise. An image
    /// that cannot be made so small fails.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.goal.max_bytes = Some(bytes);
        self
    }

    /// How much files must look like what they were made of, in terms of SSIMULACRA2: 100 is the same, 90 cannot be told apart, 70 is
    /// high quality. Each gets the least quality that does it, up to what [`Self::quality`] says.
    #[must_use]
    pub fn target_score(mut self, score: f64) -> Self {
        self.goal.score = Some(score);
        self
    }

    /// Whether an output that would not be smaller than its source, and shows the same, is a copy of the source.
    #[must_use]
    pub fn never_larger(mut self, never_larger: bool) -> Self {
        self.goal.never_larger = never_larger;
        self
    }
}
