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
    /// More pixels than a file's pictures may have together.
    #[error("its first {pictures} pictures are {:.1} megapixels together, more than the limit of {:.1}", megapixels(*pixels), megapixels(*most))]
    TooManyTogether {
        /// How many pictures have been looked at.
        pictures: u64,
        /// Their pixels.
        pixels: u64,
        /// The limit in force.
        most: u64,
    },
    /// More pictures than a file may hold.
    #[error("it holds more than {MOST_PICTURES} pictures")]
    TooManyPictures,
}

/// The most pictures of one file.
pub const MOST_PICTURES: u64 = 1 << 16;

/// How many of the largest pictures one file may hold.
const LARGEST_PICTURES: u64 = 16;

/// What the pictures of a file come to, as far as they have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub pictures: u64,
    /// Their pixels.
    pub pixels: u64,
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

    /// As [`Self::admit`], for one more of the pictures of a file: together they may have sixteen times the pixels of one.
    pub fn admit_next(&self, layout: &Layout, sum: &mut Sum) -> Result<(), LimitError> {
        self.admit(layout)?;
        sum.pictures += 1;
        sum.pixels = sum.pixels.saturating_add(layout.size.pixels());
        if sum.pictures > MOST_PICTURES {
            return Err(LimitError::TooManyPictures);
        }
        let most = self.max_pixels.saturating_mul(LARGEST_PICTURES);
        let Sum { pictures, pixels } = *sum;
        if pixels > most {
            return Err(LimitError::TooManyTogether {
                pictures,
                pixels,
                most,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Depth, Orientation};

    #[test]
    fn many_pictures_have_a_limit_of_their_own() {
        let layout = |width, height| Layout {
            size: Size::new(width, height),
            channels: Channels::Rgb,
            depth: Depth::U8,
            orientation: Orientation::Upright,
        };
        let limits = Limits { max_pixels: 100 };
        let mut sum = Sum::default();
        for _ in 0..16 {
            limits.admit_next(&layout(10, 10), &mut sum).unwrap();
        }
        let error = limits.admit_next(&layout(1, 1), &mut sum).unwrap_err();
        assert!(error.to_string().contains("first 17 pictures"), "{error}");
        let limits = Limits::default();
        let mut sum = Sum::default();
        let admitted =
            (0..1_000_000).take_while(|_| limits.admit_next(&layout(1, 1), &mut sum).is_ok());
        assert_eq!(admitted.count() as u64, MOST_PICTURES);
    }
}
