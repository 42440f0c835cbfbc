//! What AVIF and HEIC have in common: files of items (ISO/IEC 23008-12), which differ in how pictures are coded.
//!
//! `items` reads what is in the file, `read` makes a picture of it, `frame` makes pixels.

mod frame;
mod items;
mod read;

pub(super) use frame::{Frame, Plane};
pub(super) use items::Properties;
#[cfg(feature = "heic")]
pub(super) use read::is_modest;
pub(super) use read::{Coding, CodingError};
