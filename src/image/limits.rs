use serde::{Deserialize, Serialize};

use super::{Layout, Size};

/// What a picture may ask for before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Pixels of a decoded picture, and of any picture that an operation makes of it.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 268 megapixels (2^28): some 16,384 x 16,384, a gigabyte as 8-bit RGBA.
    fn default() -> Self {
        Self {
            max_pixels: 1 << 28,
        }
    }
}

/// A picture is larger than the limits allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// More pixels than `max_pixels`.
    #[error("{size} is {:.1} megapixels, more than the limit of {:.1}", megapixels(size.pixels()), megapixels(*max_pixels))]
    TooManyPixels {
        /// What the header or the operation announced.
        size: Size,
        /// The limit in force.
        max_pixels: u64,
    },
    /// No pixels at all.
    #[error("{0} has no pixels")]
    Empty(Size),
}

impl Limits {
    /// Refuses a layout that is empty or too large. Called before any pixel is allocated.
    pub fn admit(&self, layout: &Layout) -> Result<(), LimitError> {
        let size = layout.size;
        if size.pixels() == 0 {
            return Err(LimitError::Empty(size));
        }
        if size.pixels() > self.max_pixels {
            return Err(LimitError::TooManyPixels {
                size,
                max_pixels: self.max_pixels,
            });
        }
        Ok(())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a figure with one decimal for people"
)]
fn megapixels(pixels: u64) -> f64 {
    pixels as f64 / 1e6
}
