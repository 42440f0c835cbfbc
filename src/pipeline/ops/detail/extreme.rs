//! The form that [`erode`](super::erode) and [`dilate`](super::dilate) share: each sample becomes the least or the greatest of a
//! square window (J. Serra, "Image Analysis and Mathematical Morphology", 1982).
//!
//! It has one step for each bit of its side, on vectors: those of two samples make that of four, and so on. Where alpha is not the
//! same everywhere, colours are compared times alpha, so that what cannot be seen has no say.

pub(super) const RADIUS: u32 = 1;
pub(super) const MOST: u32 = 127;

/// Rows that are kept, of a few threads.
pub(super) const SCRATCH: u64 = 32 << 20;

/// Makes one of them.
macro_rules! extreme {
    ($(#[$about:meta])* $kind:ident, $name:literal, $extreme:expr, $summary:literal, $elsewhere:literal) => {
        use serde::{Deserialize, Serialize};

        use super::extreme::{MOST, RADIUS, SCRATCH};
        use super::params::parse_radius;
        use super::{Cost, OpError, OpInfo, Operation, Value};
        use crate::image::{Image, Layout};
        use crate::pipeline::median::{self, Extreme};

        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        pub struct $kind {
            /// How far the window reaches, in pixels; 0 changes nothing.
            pub radius: u32,
        }

        pub(crate) static INFO: OpInfo = OpInfo {
            name: $name,
            aliases: &[],
            value: Value::Optional("RADIUS"),
            summary: $summary,
            details: "RADIUS, 0 to 127, whole: how far the window reaches, in pixels: 1 is 3x3 pixels, 2 is 5x5; default 1,\n\
                      0 changes nothing. Each channel by itself; beyond its edges the picture goes on as it is there.\n\
                      A large radius takes little longer than a small one.",
            example: "2",
            cost: Cost::Light,
            elsewhere: $elsewhere,
            parse: |text, _| {
                let radius = parse_radius($name, text, RADIUS, MOST)?;
                Ok($kind { radius }.into())
            },
        };

        impl Operation for $kind {
            fn info(&self) -> &'static OpInfo {
                &INFO
            }

            fn arguments(&self) -> String {
                self.radius.to_string()
            }

            fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
                SCRATCH
            }

            fn apply(&self, mut image: Image) -> Result<Image, OpError> {
                if self.radius > 0 {
                    median::extremes(&mut image.raster, self.radius as usize, $extreme);
                }
                Ok(image)
            }
        }
    };
}
pub(super) use extreme;
