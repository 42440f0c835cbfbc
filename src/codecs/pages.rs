//! Files that hold several pictures beside each other, of which a decoder reads the one that the first bytes lead to: it is handed the
//! file with other first bytes.

use super::frames::{Delay, Frame, ReadFrames, Several};
use super::through_image::ThroughImage;
use super::{Codec, DecodeError, Decoded};
use crate::image::Limits;
use crate::warning::Warnings;

/// The pictures of a file.
pub(super) struct Pages {
    library: &'static ThroughImage,
    file: Vec<u8>,
    /// The bytes that lead to each.
    heads: Vec<Vec<u8>>,
    next: usize,
    limits: Limits,
    warnings: Warnings,
}

impl Pages {
    /// `None` where there is one at the most.
    pub(super) fn new(
        library: &'static ThroughImage,
        bytes: &[u8],
        heads: Vec<Vec<u8>>,
        limits: Limits,
    ) -> Option<Self> {
        (heads.len() > 1).then(|| Self {
            library,
            file: bytes.to_vec(),
            heads,
            next: 0,
            limits,
            warnings: Warnings::none(),
        })
    }
}

impl ReadFrames for Pages {
    fn several(&self) -> Several {
        Several::Pages
    }

    fn next(&mut self) -> Result<Option<Frame>, DecodeError> {
        let Some(head) = self.heads.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        if let Some(first) = self.file.get_mut(..head.len()) {
            first.copy_from_slice(head);
        }
        let layout = self.library.header(&self.file)?;
        self.limits.admit(&layout)?;
        let Decoded { picture, warnings } = self.library.decode(&self.file, &layout)?;
        // That there are others behind it is no news.
        self.warnings.extend(warnings.damage().cloned());
        let (image, delay) = (picture, Delay::NONE);
        Ok(Some(Frame { image, delay }))
    }

    fn warnings(&self) -> Warnings {
        self.warnings.clone()
    }

    fn skip(&mut self) -> Result<bool, DecodeError> {
        let is_there = self.next < self.heads.len();
        self.next += 1;
        Ok(is_there)
    }

    fn memory(&self) -> u64 {
        self.file.len() as u64
    }
}
