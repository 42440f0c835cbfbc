//! Files that are to be so small, or to look so good: the quality is searched for.

use serde::{Deserialize, Serialize};

use super::score::Original;
use super::{Colors, Frames, Processed, Recipe, planar, unencodable};
use crate::codecs::{self, Codec, Decoded, EncodeOptions, Format};
use crate::failure::{Failure, FailureKind, Stage};
use crate::image::{Image, Layout};
use crate::metadata::{Credit, Dropped, Retention};
use crate::warning::{Warning, WarningKind, Warnings};

/// What a file must be, at the least quality that does it. With neither, the quality alone counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// The most bytes that it may have.
    pub max_bytes: Option<u64>,
    /// How much it must look like the picture it was made of: the least score in terms of SSIMULACRA2.
    pub score: Option<f64>,
    /// Whether a file that would not be smaller than its source, and shows the same, is the source itself.
    pub never_larger: bool,
}

impl Goal {
    pub(super) const fn is_none(&self) -> bool {
        self.max_bytes.is_none() && self.score.is_none()
    }

    /// Bytes of memory that it takes to find out, beside what it takes to write the picture.
    pub(super) fn memory(&self, picture: &Layout) -> u64 {
        let copies = if self.is_none() { 0 } else { picture.bytes() };
        let looks = self.score.map_or(0, |_| {
            let pixels = picture.size.pixels();
            pixels.saturating_mul(super::score::BYTES_OF_A_PIXEL)
        });
        copies.saturating_add(looks)
    }
}

/// A file, and the quality it was written at.
struct Written {
    quality: u8,
    bytes: Vec<u8>,
}

impl Recipe {
    /// What was made, or the file that it was made of, if that is as good and no larger.
    pub(super) fn no_larger(
        &self,
        made: Processed,
        source: &[u8],
        formats: (Format, Format),
    ) -> Processed {
        let may_stay = self.goal.never_larger
            && formats.0 == formats.1
            && made.bytes.len() >= source.len()
            && made.warnings.is_empty();
        if !may_stay || self.changes(source, formats.0, made.before) {
            return made;
        }
        Processed {
            bytes: source.to_vec(),
            dropped: Dropped::default(),
            ..made
        }
    }

    /// Whether more becomes of a file than another one of the same.
    fn changes(&self, bytes: &[u8], format: Format, before: Layout) -> bool {
        let plan = planar::Plan::new(&self.ops, before);
        let is_same_picture = plan.changes_nothing() && plan.ops == self.ops.len();
        let describes = self.metadata == Retention::Keep && self.credit == Credit::default();
        let is_deep = self.encode.depth.is_some_and(|depth| depth != before.depth);
        if is_deep || !is_same_picture || !describes || matches!(self.frames, Frames::Number(_)) {
            return true;
        }
        let codec = format.codec();
        let metadata = codec.metadata(bytes).or_else(|| {
            let Decoded { picture, warnings } = codecs::decode(codec, bytes, &self.limits).ok()?;
            // Of several pictures the first alone is another file.
            let dropped = |warning: &Warning| warning.kind == WarningKind::FramesDropped;
            let is_part = self.frames == Frames::First && warnings.iter().any(dropped);
            (!is_part).then_some(picture.metadata)
        });
        metadata.is_none_or(|metadata| {
            let channels = (before.channels, before.channels);
            let mut unsaid = Warnings::none();
            let conversion = self.conversion(&metadata, channels, codec.info(), &mut unsaid);
            // Where profiles are stripped, what is left must mean the same.
            let strips = self.colors == Colors::Strip && metadata.icc.is_some();
            !conversion.is_none() || strips || !unsaid.is_empty()
        })
    }

    /// The file that the goal asks for.
    pub(super) fn write(
        &self,
        image: Image,
        writer: &dyn Codec,
        warnings: &mut Warnings,
    ) -> Result<Vec<u8>, Failure> {
        let info = writer.info();
        let Some(usual) = info.default_quality.filter(|_| !self.lossless) else {
            let encoded = writer.encode(image, &self.encode);
            let bytes = encoded.map_err(|error| unencodable(&error))?;
            return self.within(bytes, "and its format has no quality to give up");
        };
        if self.goal.is_none() {
            let encoded = writer.encode(image, &self.encode);
            return encoded.map_err(|error| unencodable(&error));
        }
        let write = |quality| {
            let options = EncodeOptions {
                quality: Some(quality),
                ..self.encode.clone()
            };
            let encoded = writer.encode(image.clone(), &options);
            let bytes = encoded.map_err(|error| unencodable(&error))?;
            Ok(Written { quality, bytes })
        };
        // Nothing is written better than it is asked for, or than is usual where only its size counts.
        let most = match self.goal.score {
            Some(_) => self.encode.quality.unwrap_or(100),
            None => self.encode.quality.unwrap_or(usual),
        };
        let mut best = match self.goal.score {
            Some(score) => self.good_enough(score, most, &image, writer, &write, warnings)?,
            None => write(most)?,
        };
        if let Some(max_bytes) = self.goal.max_bytes
            && best.bytes.len() as u64 > max_bytes
        {
            let fits = |written: &Written| Ok(written.bytes.len() as u64 <= max_bytes);
            let below = best.quality.saturating_sub(1).max(1);
            if let Some(smaller) = last(1..=below, &write, fits)? {
                return Ok(smaller.bytes);
            }
            best = write(1)?;
            return self.within(best.bytes, "at the least quality there is");
        }
        Ok(best.bytes)
    }

    /// As [`Self::within`], for files of several pictures: no quality is searched for, as it would take all of them each time.
    pub(super) fn within_as_several(
        &self,
        bytes: Vec<u8>,
        warnings: &mut Warnings,
    ) -> Result<Vec<u8>, Failure> {
        if self.goal.score.is_some() {
            warnings.add(Warning::unscored());
        }
        self.within(
            bytes,
            "and no quality is searched for where a file holds several pictures",
        )
    }

    /// The file, unless it is too large, however it is written.
    fn within(&self, bytes: Vec<u8>, why: &str) -> Result<Vec<u8>, Failure> {
        match self.goal.max_bytes {
            Some(most) if bytes.len() as u64 > most => {
                let length = bytes.len();
                let reason = format!("the file would have {length} bytes, more than {most}, {why}");
                Err(Failure::new(
                    Stage::Encode,
                    FailureKind::Unencodable,
                    &reason,
                ))
            }
            _ => Ok(bytes),
        }
    }

    /// The file of the least quality that looks good enough. If there is none, that of the most, and a warning.
    fn good_enough(
        &self,
        score: f64,
        most: u8,
        image: &Image,
        writer: &dyn Codec,
        write: &dyn Fn(u8) -> Result<Written, Failure>,
        warnings: &mut Warnings,
    ) -> Result<Written, Failure> {
        let incomparable = |error| Failure::capture(Stage::Encode, FailureKind::Internal, &error);
        let original = Original::new(image).map_err(incomparable)?;
        let scored = |written: &Written| {
            let again = codecs::decode(writer.info().format.codec(), &written.bytes, &self.limits);
            let again = again
                .map_err(|error| Failure::capture(Stage::Encode, FailureKind::Internal, &error))?;
            original.score(&again.picture).map_err(incomparable)
        };
        if let Some(found) = first(1..=most, write, |written| Ok(scored(written)? >= score))? {
            return Ok(found);
        }
        let best = write(most)?;
        let reached = scored(&best)?;
        warnings.add(Warning::below_target(reached, score));
        Ok(best)
    }
}

/// The file of the least quality that is right, by halving; as if all beyond the first that is right were so, too.
fn first(
    qualities: std::ops::RangeInclusive<u8>,
    write: &dyn Fn(u8) -> Result<Written, Failure>,
    is_right: impl Fn(&Written) -> Result<bool, Failure>,
) -> Result<Option<Written>, Failure> {
    let (mut low, mut high) = (*qualities.start(), *qualities.end());
    let mut found = None;
    while low <= high {
        let middle = low + (high - low) / 2;
        let written = write(middle)?;
        if is_right(&written)? {
            high = middle - 1;
            found = Some(written);
        } else {
            low = middle + 1;
        }
    }
    Ok(found)
}

/// As [`first`], the file of the most quality that is right.
fn last(
    qualities: std::ops::RangeInclusive<u8>,
    write: &dyn Fn(u8) -> Result<Written, Failure>,
    is_right: impl Fn(&Written) -> Result<bool, Failure>,
) -> Result<Option<Written>, Failure> {
    let (low, high) = (*qualities.start(), *qualities.end());
    let mirrored = |quality| write(low + (high - quality));
    first(low..=high, &mirrored, is_right)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_edge_is_found_wherever_it_lies_in_few_steps() {
        for edge in 0..=101_usize {
            let tries = Cell::new(0);
            let write = |quality| {
                tries.set(tries.get() + 1);
                let bytes = vec![0; usize::from(quality) * 10];
                Ok(Written { quality, bytes })
            };
            let least = first(1..=100, &write, |file| Ok(file.bytes.len() >= edge * 10)).unwrap();
            let most = last(1..=100, &write, |file| Ok(file.bytes.len() <= edge * 10)).unwrap();
            let quality = |file: Option<Written>| file.map(|file| usize::from(file.quality));
            assert_eq!(quality(least), (edge <= 100).then_some(edge.max(1)));
            assert_eq!(quality(most), (edge >= 1).then_some(edge.min(100)));
            assert!(tries.get() <= 14, "{}", tries.get());
        }
    }

    #[test]
    fn a_failure_ends_the_search() {
        let fails = |_| Err(Failure::new(Stage::Encode, FailureKind::Unencodable, "no"));
        assert!(first(1..=100, &fails, |_| Ok(true)).is_err());
        assert!(last(1..=100, &fails, |_| Ok(true)).is_err());
    }
}
