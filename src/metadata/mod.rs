//! What describes a picture and is none of it: EXIF, XMP and IPTC, what of them travels on, and how it stays true.
//!
//! A block that cannot be understood does not travel at all. Formats carry the blocks in their own ways; what stands in them
//! is the same everywhere, and known here.

mod dropped;
pub mod exif;
mod iptc;
mod retention;
pub mod xmp;

use crate::image::{Metadata, Orientation, Size};

pub use dropped::{Dropped, Part};
pub use retention::{Blocks, Credit, ParseRetentionError, Retention};

/// A picture that is going to be written.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// Its size.
    pub size: Size,
    /// Whether values in its EXIF block must change their places: maker's notes do not survive that.
    pub moves_exif: bool,
}

/// What travels on, and what does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edited {
    /// What describes the picture that is written.
    pub metadata: Metadata,
    /// What does not, because that is the policy, or because it would be true no longer.
    pub dropped: Dropped,
    /// Blocks that should have travelled and cannot be understood: which, and why.
    pub broken: Vec<(Part, String)>,
}

/// Brings what described a picture to what describes the one that is written. Colour is none of its business.
pub fn edit(metadata: Metadata, policy: Retention, credit: &Credit, written: Written) -> Edited {
    let mut edited = Edited {
        metadata,
        ..Edited::default()
    };
    edited.edit_exif(policy, credit, written);
    edited.edit_xmp(policy, credit, written);
    edited.edit_iptc(policy, credit);
    edited
}

impl Edited {
    fn edit_exif(&mut self, policy: Retention, credit: &Credit, written: Written) {
        let keep = match policy {
            Retention::Keep => exif::Keep::All,
            Retention::NoGps => exif::Keep::NoLocation,
            Retention::Copyright => exif::Keep::Credit,
            Retention::Only(blocks) if blocks.exif => exif::Keep::All,
            Retention::Strip | Retention::Only(_) => exif::Keep::Nothing,
        };
        let wanted = exif::Wanted {
            keep,
            maker_note: !written.moves_exif,
            // Who wants nothing gets nothing.
            orientation: match keep {
                exif::Keep::Nothing => Orientation::Upright,
                exif::Keep::All | exif::Keep::NoLocation | exif::Keep::Credit => {
                    self.metadata.orientation
                }
            },
            size: written.size,
            artist: credit.artist.as_deref(),
            copyright: credit.copyright.as_deref(),
        };
        let bytes = self.metadata.exif.take();
        let block = bytes.as_deref().map(exif::Block::parse);
        let made = match &block {
            Some(Ok(block)) => {
                self.note_dropped(block, &wanted);
                exif::edited(block, &wanted)
            }
            Some(Err(error)) => Err(*error),
            None => Ok(exif::new(&wanted)),
        };
        self.metadata.exif = made.unwrap_or_else(|error| {
            if keep != exif::Keep::Nothing {
                self.broken.push((Part::Exif, error.to_string()));
            }
            self.dropped.add(Part::Exif);
            exif::new(&wanted)
        });
    }

    fn edit_xmp(&mut self, policy: Retention, credit: &Credit, written: Written) {
        let Some(packet) = self.metadata.xmp.take() else {
            return;
        };
        let keep = match policy {
            Retention::Keep => xmp::Keep::All,
            Retention::NoGps => xmp::Keep::NoLocation,
            Retention::Copyright => xmp::Keep::Credit,
            Retention::Only(blocks) if blocks.xmp => xmp::Keep::All,
            Retention::Strip | Retention::Only(_) => return self.dropped.add(Part::Xmp),
        };
        let wanted = xmp::Wanted {
            keep,
            orientation: self.metadata.orientation,
            size: written.size,
            artist: credit.artist.as_deref(),
            copyright: credit.copyright.as_deref(),
        };
        match xmp::edited(&packet, &wanted) {
            Ok(edited) => {
                for (part, is_dropped) in [
                    (
                        Part::Xmp,
                        keep == xmp::Keep::Credit || edited.packet.is_none(),
                    ),
                    (Part::Location, edited.lost_location),
                    (Part::Thumbnail, edited.lost_thumbnail),
                    (Part::GainMap, edited.lost_gain_map),
                ] {
                    if is_dropped {
                        self.dropped.add(part);
                    }
                }
                self.metadata.xmp = edited.packet;
            }
            Err(error) => self.broken(Part::Xmp, &error),
        }
    }

    fn edit_iptc(&mut self, policy: Retention, credit: &Credit) {
        let Some(datasets) = self.metadata.iptc.take() else {
            return;
        };
        let keep = match policy {
            Retention::Keep => iptc::Keep::All,
            Retention::NoGps => iptc::Keep::NoLocation,
            Retention::Copyright => iptc::Keep::Credit,
            Retention::Only(blocks) if blocks.iptc => iptc::Keep::All,
            Retention::Strip | Retention::Only(_) => return self.dropped.add(Part::Iptc),
        };
        let (artist, copyright) = (credit.artist.as_deref(), credit.copyright.as_deref());
        match iptc::edited(&datasets, keep, artist, copyright) {
            Ok(edited) => {
                if keep == iptc::Keep::Credit || edited.datasets.is_none() {
                    self.dropped.add(Part::Iptc);
                }
                if edited.lost_location {
                    self.dropped.add(Part::Location);
                }
                self.metadata.iptc = edited.datasets;
            }
            Err(error) => self.broken(Part::Iptc, &error),
        }
    }

    fn broken(&mut self, part: Part, error: &dyn std::error::Error) {
        self.broken.push((part, error.to_string()));
        self.dropped.add(part);
    }

    fn note_dropped(&mut self, block: &exif::Block<'_>, wanted: &exif::Wanted<'_>) {
        let keep = wanted.keep;
        let all = !matches!(keep, exif::Keep::All | exif::Keep::NoLocation);
        for (part, is_dropped) in [
            (Part::Exif, all),
            (
                Part::Location,
                block.has(exif::Directory::Gps) && keep != exif::Keep::All,
            ),
            (
                Part::MakerNote,
                block.has_maker_note() && (keep != exif::Keep::All || !wanted.maker_note),
            ),
            (Part::Thumbnail, block.has(exif::Directory::Thumbnail)),
        ] {
            if is_dropped {
                self.dropped.add(part);
            }
        }
    }
}
