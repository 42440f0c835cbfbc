//! What describes the pictures that are written.

use super::Recipe;
use crate::codecs::Format;
use crate::image::{Layout, Metadata, Size};
use crate::metadata::{self, Dropped, Part, Written};
use crate::warning::{Warning, Warnings};

/// What there is to say of a picture that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    /// What must be said.
    pub(super) warnings: Warnings,
    /// What no longer describes it.
    pub(super) dropped: Dropped,
    /// What it has become, where that could not be told before its pixels were seen.
    pub(super) found: Option<Layout>,
}

impl Recipe {
    /// What describes a picture of this size in a file of a format. That what was to be kept does not fit, or makes no sense, goes
    /// to the warnings; that the policy, or the format, is not for it is no surprise.
    pub(super) fn kept(
        &self,
        metadata: Metadata,
        size: Size,
        target: Format,
        remarks: &mut Remarks,
    ) -> Metadata {
        let carries = target.info().carries;
        let written = Written {
            size,
            moves_exif: carries.moves_exif,
        };
        let edited = metadata::edit(metadata, self.metadata, &self.credit, written);
        remarks.dropped.extend(edited.dropped);
        for (part, reason) in edited.broken {
            let warning = Warning::metadata_broken(part.word(), &reason);
            remarks.warnings.add(warning);
        }
        let before = present(&edited.metadata);
        let (metadata, too_long) = carries.fit(edited.metadata);
        for ((part, before), (_, after)) in before.into_iter().zip(present(&metadata)) {
            if before && !after {
                remarks.dropped.add(part);
            }
        }
        for block in too_long {
            let (what, bytes, most) = (block.what, block.bytes, block.most);
            let warning = Warning::metadata_dropped(what, bytes, target, most);
            remarks.warnings.add(warning);
        }
        if carries.exif.is_none() && metadata.xmp.is_none() && !self.credit.is_empty() {
            remarks
                .warnings
                .add(Warning::no_place_for("copyright and artist", target));
        }
        metadata
    }
}

/// Which blocks there are.
fn present(metadata: &Metadata) -> [(Part, bool); 3] {
    [
        (Part::Exif, metadata.exif.is_some()),
        (Part::Xmp, metadata.xmp.is_some()),
        (Part::Iptc, metadata.iptc.is_some()),
    ]
}
