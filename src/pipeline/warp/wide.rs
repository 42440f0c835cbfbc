use super::draw::clamped;
use super::pixel::weighed;
use crate::image::{Sample, Size};
use crate::pipeline::point::narrow;

/// The cubic, stretched along two axes that stand upright on each other.
pub(super) struct Wide {
    /// From pixels of the picture to places on either axis of the cubic.
    first: (f64, f64),
    second: (f64, f64),
    /// How far it reaches, across and down.
    reach: (f64, f64),
}

impl Wide {
    /// Along these axes. See [`super::Map::ellipse`].
    pub(super) fn new(((cos, sin), (longer, shorter)): ((f64, f64), (f64, f64))) -> Self {
        Self {
            first: (cos / longer, sin / longer),
            second: (-sin / shorter, cos / shorter),
            reach: (
                2.0 * (longer * cos.abs() + shorter * sin.abs()),
                2.0 * (longer * sin.abs() + shorter * cos.abs()),
            ),
        }
    }

    /// The mean of the picture around a point. Beyond its edges it goes on as it is there.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "places are near the picture"
    )]
    pub(super) fn mean<S: Sample, const N: usize>(
        &self,
        pixels: &[[S; N]],
        size: Size,
        (x, y): (f64, f64),
    ) -> [f32; N] {
        let (width, height) = (size.width as usize, size.height as usize);
        let range = |at: f64, reach: f64| {
            let first = (at - reach - 0.5).ceil() as isize;
            let last = (at + reach - 0.5).floor() as isize;
            first..=last
        };
        let (mut sums, mut whole) = ([0.0; N], 0.0);
        for row in range(y, self.reach.1) {
            let line = &pixels[clamped(row, height) * width..][..width];
            let off_y = row as f64 + 0.5 - y;
            for column in range(x, self.reach.0) {
                let off_x = column as f64 + 0.5 - x;
                let weight = cubic(narrow(off_x * self.first.0 + off_y * self.first.1))
                    * cubic(narrow(off_x * self.second.0 + off_y * self.second.1));
                let values = weighed::<S, N>(&line[clamped(column, width)]);
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += weight * value;
                }
                whole += weight;
            }
        }
        let scale = 1.0 / whole;
        sums.map(|sum| sum * scale)
    }
}

/// The Catmull-Rom cubic at this distance.
fn cubic(at: f32) -> f32 {
    let t = at.abs();
    if t < 1.0 {
        (1.5 * t - 2.5) * t * t + 1.0
    } else if t < 2.0 {
        ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0
    } else {
        0.0
    }
}
