//! Files that hold several pictures: each is worked on as one alone would be, and written before the next is read.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::kept::Remarks;
use super::{Processed, Recipe, Refusal, admit, broken, undecodable, unencodable};
use crate::codecs::{Codec, DecodeError, Decoded, Frame, ReadFrames, WriteFrames};
use crate::failure::{Failure, FailureKind, Stage};
use crate::image::{Image, Layout, Sum};
use crate::warning::WarningKind;

/// Which pictures of a file that holds several are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Frames {
    /// All, where the file that is written holds several in the same way; else the first, with a warning.
    #[default]
    All,
    /// The one that is taken for the picture of the file where only one is looked at: nearly always the first.
    First,
    /// The one with this number; the first is 1.
    Number(NonZeroU32),
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::First => f.write_str("first"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// A text that says of no frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is `all`, `first`, or a number from 1 on")]
pub struct ParseFramesError;

impl FromStr for Frames {
    type Err = ParseFramesError;

    fn from_str(text: &str) -> Result<Self, ParseFramesError> {
        match text {
            "all" => Ok(Self::All),
            "first" => Ok(Self::First),
            number => number
                .parse()
                .map(Self::Number)
                .map_err(|_| ParseFramesError),
        }
    }
}

/// What is to be made of a file.
pub(super) enum Taken<'a> {
    /// The picture that its codec decodes.
    Picture,
    /// One of several.
    One(Box<Image>),
    /// Every one.
    Each(Box<dyn ReadFrames + 'a>),
}

/// What came of a file.
pub(super) struct Made {
    pub(super) bytes: Vec<u8>,
    pub(super) before: Layout,
    pub(super) after: Layout,
}

impl Made {
    pub(super) fn of(
        bytes: Result<Vec<u8>, Failure>,
        before: Layout,
        after: Layout,
    ) -> Result<Self, Failure> {
        bytes.map(|bytes| Self {
            bytes,
            before,
            after,
        })
    }

    pub(super) fn processed(self, remarks: Remarks) -> Processed {
        Processed {
            bytes: self.bytes,
            before: self.before,
            after: remarks.found.unwrap_or(self.after),
            warnings: remarks.warnings,
            dropped: remarks.dropped,
        }
    }
}

impl Recipe {
    /// What is to be made of a file whose layout has passed the limits. `memory` is what there is for it.
    pub(super) fn taken<'a>(
        &self,
        bytes: &'a [u8],
        layout: &Layout,
        source: &dyn Codec,
        writer: &dyn Codec,
        memory: u64,
        remarks: &mut Remarks,
    ) -> Result<Taken<'a>, Refusal> {
        let may_be_each = self.frames == Frames::All && writer.several().is_some();
        let number = match self.frames {
            Frames::All if may_be_each => None,
            Frames::All | Frames::First => return Ok(Taken::Picture),
            Frames::Number(number) => Some(number.get()),
        };
        // Before anything is allocated for them.
        if source.several().is_some() || number.is_some() {
            let canvases = layout.bytes().saturating_mul(3);
            admit(
                self.need(bytes.len() as u64, &[*layout], &[], canvases),
                memory,
            )?;
        }
        let frames = source.frames(bytes, layout, &self.limits);
        let frames = frames.map_err(|error| undecodable(&error))?;
        match (frames, number) {
            (None, None | Some(1)) => Ok(Taken::Picture),
            (None, Some(number)) => Err(beyond(number, 1).into()),
            (Some(frames), Some(number)) => {
                let image = self.numbered(frames, number, remarks)?;
                Ok(Taken::One(Box::new(image)))
            }
            (Some(frames), None) if writer.several() == Some(frames.several()) => {
                Ok(Taken::Each(frames))
            }
            (Some(_), None) => Ok(Taken::Picture),
        }
    }

    fn numbered(
        &self,
        mut frames: Box<dyn ReadFrames + '_>,
        number: u32,
        remarks: &mut Remarks,
    ) -> Result<Image, Failure> {
        let failed = |error: DecodeError| undecodable(&error);
        let missing = |frames: &dyn ReadFrames, there| match frames.warnings().damage() {
            Some(damage) => broken(damage),
            None => beyond(number, there),
        };
        for passed in 0..number - 1 {
            if !frames.skip().map_err(failed)? {
                return Err(missing(&*frames, passed));
            }
        }
        let frame = frames.next().map_err(failed)?;
        let Some(Frame { image, .. }) = frame else {
            return Err(missing(&*frames, number - 1));
        };
        self.accept(said(&*frames), remarks)?;
        self.limits
            .admit(&image.layout())
            .map_err(|error| undecodable(&error.into()))?;
        Ok(image)
    }

    /// Works on each, and writes them to one file.
    pub(super) fn by_frames(
        &self,
        file_bytes: u64,
        mut frames: Box<dyn ReadFrames + '_>,
        writer: &dyn Codec,
        memory: u64,
        remarks: &mut Remarks,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Made, Refusal> {
        let target = writer.info().format;
        let mut sum = Sum::default();
        let mut open: Option<(Box<dyn WriteFrames>, Layout, Layout)> = None;
        while let Some(frame) = frames.next().map_err(|error| undecodable(&error))? {
            let before = frame.image.layout();
            self.limits
                .admit_next(&before, &mut sum)
                .map_err(|error| undecodable(&error.into()))?;
            let layouts = self.layouts_from(before)?;
            let after = layouts[layouts.len() - 1];
            let held = frames.memory();
            let held = held.saturating_add(open.as_ref().map_or(0, |(out, ..)| out.written()));
            let need = self.need(
                file_bytes,
                &layouts,
                &self.ops,
                writer.memory(&after, &self.encode),
            );
            admit(need.saturating_add(held), memory)?;
            if open.is_none() {
                enter(Stage::Operate);
            }
            let image = self.worked(frame.image, target, remarks)?;
            let frame = Frame { image, ..frame };
            let (out, ..) = if let Some(open) = &mut open {
                open
            } else {
                let size = frame.image.raster.size();
                let out = writer.write_frames(size, frames.plays(), &self.encode);
                let out = out.map_err(|error| unencodable(&error))?;
                open.insert((out, before, after))
            };
            out.add(frame).map_err(|error| unencodable(&error))?;
        }
        self.accept(said(&*frames), remarks)?;
        enter(Stage::Encode);
        let Some((out, before, after)) = open else {
            return Err(beyond(1, 0).into());
        };
        let bytes = out.finish().map_err(|error| unencodable(&error))?;
        let bytes = self.within_as_several(bytes, &mut remarks.warnings)?;
        Ok(Made {
            bytes,
            before,
            after,
        })
    }

    /// What was decoded of a file, for whom others are no loss.
    pub(super) fn without_others<T>(&self, mut decoded: Decoded<T>) -> Decoded<T> {
        if self.frames != Frames::All {
            let loss = |kind| kind == WarningKind::FramesDropped;
            let warnings = decoded.warnings.into_iter();
            decoded.warnings = warnings.filter(|warning| !loss(warning.kind)).collect();
        }
        decoded
    }
}

fn said(frames: &dyn ReadFrames) -> Decoded<()> {
    Decoded {
        picture: (),
        warnings: frames.warnings(),
    }
}

/// There are not so many.
fn beyond(number: u32, there: u32) -> Failure {
    let holds = match there {
        0 => "no picture".to_owned(),
        1 => "a single picture".to_owned(),
        there => format!("{there} pictures"),
    };
    let reason = format!("there is no frame {number}: the file holds {holds}");
    Failure::new(Stage::Decode, FailureKind::Inapplicable, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_written_as_they_are_read() {
        for text in ["all", "first", "1", "70000"] {
            assert_eq!(text.parse::<Frames>().unwrap().to_string(), text);
        }
        for wrong in ["", "0", "-1", "last", "1-3", "5000000000"] {
            assert!(wrong.parse::<Frames>().is_err(), "{wrong}");
        }
    }
}
