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
    /// EXIF block (a TIFF structure, without the `Exif\0\0` prefix), as found in the file.
    pub exif: Option<Vec<u8>>,
}
