//! Tags of EXIF blocks (CIPA DC-008-2023, 4.6; Adobe TIFF 6.0; Adobe XMP Specification Part 3, 3.2), and which of them may not
//! travel.

use super::Directory;

pub(super) const NEW_SUBFILE_TYPE: u16 = 0x00fe;
pub(crate) const IMAGE_WIDTH: u16 = 0x0100;
pub(crate) const IMAGE_LENGTH: u16 = 0x0101;
pub(crate) const ORIENTATION: u16 = 0x0112;
pub(crate) const X_RESOLUTION: u16 = 0x011a;
pub(crate) const Y_RESOLUTION: u16 = 0x011b;
pub(crate) const RESOLUTION_UNIT: u16 = 0x0128;
pub(super) const PAGE_NUMBER: u16 = 0x0129;
pub(crate) const ARTIST: u16 = 0x013b;
pub(crate) const JPEG_OFFSET: u16 = 0x0201;
pub(crate) const JPEG_LENGTH: u16 = 0x0202;
pub(crate) const YCBCR_POSITIONING: u16 = 0x0213;
pub(crate) const COPYRIGHT: u16 = 0x8298;
pub(crate) const EXIF_DIRECTORY: u16 = 0x8769;
pub(crate) const GPS_DIRECTORY: u16 = 0x8825;
pub(crate) const MAKER_NOTE: u16 = 0x927c;
pub(crate) const PIXEL_X_DIMENSION: u16 = 0xa002;
pub(crate) const PIXEL_Y_DIMENSION: u16 = 0xa003;
pub(crate) const INTEROP_DIRECTORY: u16 = 0xa005;
pub(super) const STRIP_OFFSETS: u16 = 0x0111;
pub(super) const STRIP_BYTE_COUNTS: u16 = 0x0117;
const TILE_OFFSETS: u16 = 0x0144;
const TILE_BYTE_COUNTS: u16 = 0x0145;
const SUB_DIRECTORIES: u16 = 0x014a;

/// Whether it leads to data of a picture that does not travel along.
pub(super) const fn leads_to_pixels(tag: u16) -> bool {
    matches!(
        tag,
        STRIP_OFFSETS
            | STRIP_BYTE_COUNTS
            | TILE_OFFSETS
            | TILE_BYTE_COUNTS
            | SUB_DIRECTORIES
            | JPEG_OFFSET
            | JPEG_LENGTH
    )
}

/// Whether it says whose the picture is.
pub(super) const fn is_credit(directory: Directory, tag: u16) -> bool {
    matches!((directory, tag), (Directory::Main, ARTIST | COPYRIGHT))
}

/// Whether a directory without it is incomplete (CIPA DC-008-2023, 4.6.8, table 17), and it says nothing of people and places.
pub(super) const fn is_form(directory: Directory, tag: u16) -> bool {
    matches!(
        (directory, tag),
        (
            Directory::Main,
            ORIENTATION | X_RESOLUTION | Y_RESOLUTION | RESOLUTION_UNIT | YCBCR_POSITIONING
        )
    )
}

/// Whether it describes what a TIFF file shows, and not how its samples are stored: what such a file has in common with an EXIF block.
pub(super) const fn describes(directory: Directory, tag: u16) -> bool {
    match directory {
        Directory::Main => matches!(
            tag,
            0x010d..=0x0110 // name of the document, description, make, model
                | ORIENTATION
                | X_RESOLUTION
                | Y_RESOLUTION
                | 0x011d // name of the page
                | RESOLUTION_UNIT
                | 0x0131 // software
                | 0x0132 // when it was changed
                | ARTIST
                | 0x013c // computer
                | YCBCR_POSITIONING
                | 0x4746 // rating
                | 0x4749 // rating in percent
                | COPYRIGHT
                | 0x9c9b..=0x9c9f // title, comment, author, keywords and subject, as Windows has them
                | 0xc4a5 // how to print it
        ),
        // What is said of compression is said of JPEG files only (CIPA DC-008-2023, 4.6.8, table 19), and padding of no file.
        Directory::Exif => !matches!(
            tag,
            MAKER_NOTE | 0x9101 | 0x9102 | PIXEL_X_DIMENSION | PIXEL_Y_DIMENSION | 0xea1c | 0xea1d
        ),
        Directory::Gps => true,
        Directory::Interop | Directory::Thumbnail => false,
    }
}
