//! Pictures whose luma and chroma are turned, scaled and written as the planes they came as: what most thumbnails need, for a
//! fraction of the work.
//!
//! Chroma lies in the middle of the pixels that share it. Where it is resampled, and where it ends up when the picture
//! is turned, follows from that, so that nothing is displaced.

use super::geometry::Kernel;
use super::ops::Op;
use super::resample::{Axis, Resampler, Stretch};
use crate::image::{Layout, Orientation, Plane, Planes, Size};

/// What the operations at the beginning of a recipe amount to, if it is only turning and then scaling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// How many operations.
    pub(super) ops: usize,
    /// From what is stored to what is seen.
    turn: Orientation,
    /// The size that is stored.
    stored: Size,
    /// What is cut out of the turned picture, and the size it is brought to.
    across: Stretch,
    down: Stretch,
    pub(super) size: Size,
    kernel: Kernel,
    /// The size of the whole picture, as it is stored, when it is scaled like that.
    pub(super) whole: Size,
    /// How it must be turned after all that.
    pub(super) orientation: Orientation,
}

/// An operation that scales: the part of the picture that it takes, the size it brings it to, and the size the whole
/// picture would have then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaling {
    pub(super) across: Stretch,
    pub(super) down: Stretch,
    pub(super) size: Size,
    pub(super) whole: Size,
    pub(super) kernel: Kernel,
}

impl Plan {
    /// The plan for the beginning of these operations.
    pub(super) fn new(ops: &[Op], stored: Layout) -> Self {
        let mut plan = Self {
            ops: 0,
            turn: Orientation::Upright,
            stored: stored.size,
            across: Stretch::whole(stored.size.width),
            down: Stretch::whole(stored.size.height),
            size: stored.size,
            kernel: Kernel::Lanczos3,
            whole: stored.size,
            orientation: stored.orientation,
        };
        let mut layout = stored;
        for op in ops {
            if let Some(turn) = op.turn(&layout) {
                plan.turn = plan.turn.then(turn);
            } else if let Some(scaling) = op.scaling(layout.size) {
                plan.ops += 1;
                return plan.scaled(scaling);
            } else {
                break;
            }
            plan.ops += 1;
            match op.layout(layout) {
                Ok(next) => layout = next,
                Err(_) => break,
            }
            plan.across = Stretch::whole(layout.size.width);
            plan.down = Stretch::whole(layout.size.height);
            plan.size = layout.size;
            plan.orientation = layout.orientation;
        }
        plan
    }

    fn scaled(self, scaling: Scaling) -> Self {
        Self {
            across: scaling.across,
            down: scaling.down,
            size: scaling.size,
            kernel: scaling.kernel,
            whole: self.turn.inverse().applied_to(scaling.whole),
            ..self
        }
    }

    /// Whether planes can be brought to that size at all.
    pub(super) fn is_possible(&self) -> bool {
        self.kernel != Kernel::Nearest
    }

    /// Whether the picture stays as it is.
    pub(super) fn changes_nothing(&self) -> bool {
        let whole = |stretch, length| stretch == Stretch::whole(length);
        self.turn == Orientation::Upright
            && self.size == self.stored
            && whole(self.across, self.stored.width)
            && whole(self.down, self.stored.height)
    }

    /// Whether less than all samples will do.
    pub(super) fn reduces(&self) -> bool {
        self.whole.width < self.stored.width && self.whole.height < self.stored.height
    }

    /// Turns and scales planes. Chroma is to have one sample for `coarseness` pixels across and down.
    pub(super) fn apply(&self, planes: Planes, coarseness: (u32, u32)) -> Planes {
        // Both planes of chroma are resampled alike.
        let mut last = None;
        let made = planes.planes.into_iter().enumerate().map(|(at, plane)| {
            let coarseness = if at == 0 { (1, 1) } else { coarseness };
            self.make(plane, coarseness, &mut last)
        });
        Planes {
            size: self.size,
            planes: made.collect(),
        }
    }

    fn make(&self, plane: Plane, coarseness: (u32, u32), last: &mut Option<Resampler>) -> Plane {
        let (transposed, mirror_x, mirror_y) = self.turn.parts();
        let seen = self.turn.applied_to(self.stored);
        let x = Way {
            stretch: self.across,
            seen: seen.width,
            size: self.size.width,
            coarseness: coarseness.0,
            mirrored: mirror_x,
        };
        let y = Way {
            stretch: self.down,
            seen: seen.height,
            size: self.size.height,
            coarseness: coarseness.1,
            mirrored: mirror_y,
        };
        let (across, down) = if transposed { (y, x) } else { (x, y) };
        let (across, down) = (across.axis(plane.extent.0), down.axis(plane.extent.1));
        let (columns, rows) = (across.target, down.target);
        let is_there = across.copied_from() == Some(0)
            && down.copied_from() == Some(0)
            && columns <= plane.columns()
            && rows <= plane.rows();
        if is_there {
            let whole = Plane {
                extent: (as_float(columns), as_float(rows)),
                ..plane
            };
            return Plane {
                extent: (x.extent(), y.extent()),
                ..whole.turned(self.turn)
            };
        }
        let from = (plane.columns(), plane.rows());
        let known = last.take().filter(|known| known.is_for(from, across, down));
        let resampler =
            last.insert(known.unwrap_or_else(|| Resampler::new(from, across, down, self.kernel)));
        let made = Plane {
            samples: resampler.run(&plane),
            stride: columns,
            extent: (as_float(columns), as_float(rows)),
        };
        let turned = made.turned(self.turn);
        Plane {
            extent: (x.extent(), y.extent()),
            ..turned
        }
    }
}

/// One axis of the picture as it is seen.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// The part that is taken, of so many pixels.
    stretch: Stretch,
    seen: u32,
    /// Pixels that it becomes, and how many of them share a sample.
    size: u32,
    coarseness: u32,
    /// Whether what is stored runs the other way.
    mirrored: bool,
}

impl Way {
    /// How many samples the picture covers.
    fn extent(&self) -> f64 {
        f64::from(self.size) / f64::from(self.coarseness)
    }

    /// The same in samples of a plane, as it is stored, that has `extent` of them.
    fn axis(&self, extent: f64) -> Axis {
        let target = self.size.div_ceil(self.coarseness);
        // The last sample may cover pixels that are not there.
        let length = self.stretch.length * f64::from(target) / self.extent();
        let start = if self.mirrored {
            f64::from(self.seen) - self.stretch.start - length
        } else {
            self.stretch.start
        };
        let scale = extent / f64::from(self.seen);
        Axis {
            start: start * scale,
            length: length * scale,
            target: target as usize,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of pictures")]
fn as_float(length: usize) -> f64 {
    length as f64
}
