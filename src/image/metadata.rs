use super::{Orientation, Transfer};

/// What travels with the samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// How the stored picture must be turned to be upright.
    pub orientation: Orientation,
    /// How sample values relate to light.
    pub transfer: Transfer,
    /// ICC profile of the samples, as found in the file.
    pub icc: Option<Vec<u8>>,
    /// Primaries and transfer of the samples, where the file names them by code points. They count where there is no profile.
    pub cicp: Option<Cicp>,
    /// EXIF block (a TIFF structure, without the `Exif\0\0` prefix), as found in the file.
    pub exif: Option<Vec<u8>>,
    /// XMP packet, as found in the file.
    pub xmp: Option<Vec<u8>>,
    /// IPTC datasets (IIM records, without any wrapping), as found in the file.
    pub iptc: Option<Vec<u8>>,
}

/// Code points of ITU-T H.273 for colour, as AVIF, HEIF, PNG and JPEG XL carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cicp {
    /// Colour primaries (8.1).
    pub primaries: u8,
    /// Transfer characteristics (8.2).
    pub transfer: u8,
    /// Matrix coefficients (8.3): how the file stores the colours. Decoded samples are red, green and blue.
    pub matrix: u8,
    /// Whether stored samples use all of their range.
    pub full_range: bool,
}
