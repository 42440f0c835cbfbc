//! What samples mean: profiles, and the ways from one to another. `moxcms` does the arithmetic.

mod cmyk;
mod convert;
mod light;
mod profile;

pub use cmyk::Inks;
pub use convert::{ColorError, convert};
pub use light::Light;
pub use profile::{Chromaticities, Profile, Space};

#[cfg(test)]
pub(crate) mod tests;
