//! Blocks that describe pictures, of whatever is in files.

use lightmill::image::{Metadata, Orientation, Size};
use lightmill::metadata::{Credit, Retention, Written, edit, exif};

/// Room for names, and for what a block must have.
const ROOM: usize = 4096;

/// Any bytes are no block, or become one that is understood, says what it was told to, and does not change when it is edited again. The
/// first byte says what stays.
pub fn check(data: &[u8]) {
    let Some((first, data)) = data.split_first() else {
        return;
    };
    let policy = match first % 4 {
        0 => Retention::Keep,
        1 => Retention::Copyright,
        2 => Retention::NoGps,
        _ => Retention::Strip,
    };
    let names = Credit {
        copyright: Some("© somebody".to_owned()),
        artist: Some("<somebody>".to_owned()),
    };
    let credit = if first & 4 == 0 {
        names
    } else {
        Credit::default()
    };
    let written = Written {
        size: Size::new(7, 70_000),
        moves_exif: first & 8 != 0,
    };
    let block = || Some(data.to_vec());
    let metadata = Metadata {
        orientation: Orientation::Turn90,
        exif: block(),
        xmp: block(),
        iptc: block(),
        ..Metadata::default()
    };
    let once = edit(metadata, policy, &credit, written);
    let of = |block: &Option<Vec<u8>>| block.as_ref().map_or(0, Vec::len);
    for length in [
        of(&once.metadata.exif),
        of(&once.metadata.xmp),
        of(&once.metadata.iptc),
    ] {
        assert!(
            length <= 2 * data.len() + ROOM,
            "{length} of {}",
            data.len()
        );
    }
    if let Some(block) = &once.metadata.exif {
        let said = exif::orientation(block);
        assert!(
            policy == Retention::Strip || said == Some(Orientation::Turn90),
            "{said:?}"
        );
    }
    let twice = edit(once.metadata.clone(), policy, &credit, written);
    assert!(twice.broken.is_empty(), "{:?}", twice.broken);
    let thrice = edit(twice.metadata.clone(), policy, &credit, written);
    assert_eq!(thrice.metadata.xmp, twice.metadata.xmp);
    assert_eq!(thrice.metadata.iptc, twice.metadata.iptc);
    let _tiff = exif::of_tiff(data);
    let carried = exif::OfPage {
        exif: twice.metadata.exif.as_deref(),
        ..exif::OfPage::default()
    };
    let _made = exif::PagedTiff::default().add(data, &carried);
}
