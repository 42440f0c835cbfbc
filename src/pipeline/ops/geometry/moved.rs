//! What operations share that move every point of the picture by a matrix.

use crate::image::{Color, Image, Layout, Size};
use crate::pipeline::canvas;
use crate::pipeline::warp::{self, Map};

/// The picture moved by a matrix, in the smallest upright box that holds it.
pub(super) struct Moved {
    /// a, b, c, d: `x`, `y` goes to `a x + b y`, `c x + d y`.
    pub(super) matrix: [f64; 4],
    /// Pixels to the right and down by which the picture is moved in the box.
    pub(super) shift: (f64, f64),
    /// What is filled with this.
    pub(super) background: Color,
}

impl Moved {
    /// Without being moved in the box.
    pub(super) fn by(matrix: [f64; 4], background: Color) -> Self {
        let shift = (0.0, 0.0);
        Self {
            matrix,
            shift,
            background,
        }
    }

    fn changes_nothing(&self) -> bool {
        let off = |(is, identity): (f64, f64)| (is - identity).abs() > 0.0;
        let moved = [self.shift.0, self.shift.1];
        let mut entries = self.matrix.into_iter().zip([1.0, 0.0, 0.0, 1.0]);
        !entries.any(off) && moved.iter().all(|by| by.abs() <= 0.0)
    }

    fn size(&self, size: Size) -> Size {
        warp::bounds(self.matrix, size)
    }

    pub(super) fn layout(&self, layout: Layout) -> Layout {
        if self.changes_nothing() {
            return layout;
        }
        Layout {
            size: self.size(layout.size),
            channels: canvas::channels_over(layout.channels, self.background),
            ..layout
        }
    }

    /// A copy of the picture with the channels of the result: either the picture is there no longer, or the result not yet.
    pub(super) fn scratch(before: &Layout, after: &Layout) -> u64 {
        let channels = after.channels.with_alpha(before.channels.has_alpha());
        if before.channels == channels {
            return 0;
        }
        let copy = Layout {
            channels,
            ..*before
        };
        let least = before.bytes().min(after.bytes());
        copy.bytes().saturating_sub(least)
    }

    pub(super) fn apply(&self, image: Image) -> Image {
        let own = image.raster.size();
        let size = self.size(own);
        match Map::of(self.matrix, own, size) {
            Some(map) if !self.changes_nothing() => {
                let map = map.moved(self.shift.0, self.shift.1);
                warp::onto(image, size, &map, self.background)
            }
            Some(_) | None => image,
        }
    }
}
