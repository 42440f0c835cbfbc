use std::ops::Range;

use crate::image::Size;

/// Where the pixels of a result are in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::pipeline) struct Map {
    /// How far across the picture a step to the right and a step down lead.
    across: (f64, f64),
    /// How far down.
    down: (f64, f64),
    /// The middle of the picture, and the point of the result at which it is seen.
    from: (f64, f64),
    to: (f64, f64),
}

/// A stretch that is not filtered: what is skipped of every sixth pixel is hardly seen, and interpolation is sharper.
const UNFILTERED: f64 = 1.2;

impl Map {
    /// The map under which the picture, of size `picture`, is moved by a matrix, which takes a point `x`, `y` to
    /// `a x + b y`, `c x + d y`, and is put into the middle of the result, of size `result`. `None` where the matrix makes
    /// nothing of it.
    pub(in crate::pipeline) fn of(
        [a, b, c, d]: [f64; 4],
        picture: Size,
        result: Size,
    ) -> Option<Self> {
        let determinant = a * d - b * c;
        if !determinant.is_normal() {
            return None;
        }
        Some(Self {
            across: (d / determinant, -b / determinant),
            down: (-c / determinant, a / determinant),
            from: middle(picture),
            to: middle(result),
        })
    }

    /// The same, with the picture moved to the right and down in the result.
    pub(in crate::pipeline) fn moved(self, x: f64, y: f64) -> Self {
        Self {
            to: (self.to.0 + x, self.to.1 + y),
            ..self
        }
    }

    /// The point of the picture that is seen in the middle of pixel `x`, `y` of the result.
    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        reason = "pixels of a row are far fewer than 2^52"
    )]
    pub(super) fn source(&self, x: usize, y: usize) -> (f64, f64) {
        let (x, y) = (x as f64 + 0.5 - self.to.0, y as f64 + 0.5 - self.to.1);
        (
            x * self.across.0 + y * self.across.1 + self.from.0,
            x * self.down.0 + y * self.down.1 + self.from.1,
        )
    }

    /// The other way: where the pixels of the picture are in the result.
    pub(super) fn inverse(&self) -> Self {
        let determinant = self.across.0 * self.down.1 - self.across.1 * self.down.0;
        Self {
            across: (self.down.1 / determinant, -self.across.1 / determinant),
            down: (-self.down.0 / determinant, self.across.0 / determinant),
            from: self.to,
            to: self.from,
        }
    }

    /// Which of some columns of row `y` of the result are seen within a box of the picture, given by its sides: from the left to the
    /// right, from the top to the bottom.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the row"
    )]
    pub(super) fn columns(
        &self,
        sides: [(f64, f64); 2],
        y: usize,
        within: Range<usize>,
    ) -> Range<usize> {
        let nothing = within.start..within.start;
        let (mut first, mut last) = (within.start as f64, within.end as f64 - 1.0);
        let (from, next) = (self.source(0, y), self.source(1, y));
        let axes = [(from.0, next.0 - from.0), (from.1, next.1 - from.1)];
        for ((at, step), (low, high)) in axes.into_iter().zip(sides) {
            if low > high || step.abs() < 1e-9 && !(low..=high).contains(&at) {
                return nothing;
            }
            if step.abs() >= 1e-9 {
                let (one, other) = ((low - at) / step, (high - at) / step);
                first = f64::max(first, one.min(other));
                last = f64::min(last, one.max(other));
            }
        }
        if first.ceil() > last.floor() {
            return nothing;
        }
        first.ceil() as usize..last.floor() as usize + 1
    }

    /// How far apart columns and rows of the picture are for a pixel of the result.
    pub(super) fn steps(&self) -> (f64, f64) {
        (
            self.across.0.hypot(self.across.1),
            self.down.0.hypot(self.down.1),
        )
    }

    /// The axes of the ellipse in the picture that a pixel of the result is made of, none shorter than a pixel: the first one's
    /// direction, and both lengths. `None` where hardly anything is shrunk.
    pub(super) fn ellipse(&self) -> Option<((f64, f64), (f64, f64))> {
        // The eigenvectors and eigenvalues of the map times its transpose.
        let dot = |a: (f64, f64), b: (f64, f64)| a.0 * b.0 + a.1 * b.1;
        let (xx, xy, yy) = (
            dot(self.across, self.across),
            dot(self.across, self.down),
            dot(self.down, self.down),
        );
        let (mean, half) = (f64::midpoint(xx, yy), (xx - yy) / 2.0);
        let apart = half.hypot(xy);
        let longer = (mean + apart).sqrt();
        if longer <= UNFILTERED {
            return None;
        }
        let shorter = (mean - apart).max(0.0).sqrt();
        let angle = xy.atan2(half) / 2.0;
        let (sin, cos) = angle.sin_cos();
        Some(((cos, sin), (longer, shorter.max(1.0))))
    }
}

fn middle(size: Size) -> (f64, f64) {
    (f64::from(size.width) / 2.0, f64::from(size.height) / 2.0)
}

/// The smallest upright box that holds a picture moved by a matrix.
pub(in crate::pipeline) fn bounds([a, b, c, d]: [f64; 4], size: Size) -> Size {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    // What sticks out by less than a thousandth of a pixel cannot be seen, and is mostly rounding.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates"
    )]
    let length = |a: f64, b: f64| (a.abs() + b.abs() - 1e-3).ceil().max(1.0) as u32;
    Size::new(length(width * a, height * b), length(width * c, height * d))
}
