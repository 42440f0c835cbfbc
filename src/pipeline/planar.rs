//! Pictures whose luma and chroma are turned, scaled and written as the planes they came as: what most thumbnails need, for a
//! fraction of the work.
//!
//! Chroma lies in the middle of the pixels that share it. Where it is resampled, and where it ends up when the picture
//! is turned, follows from that, so that nothing is displaced.

use std::rc::Rc;

use super::geometry::Kernel;
use super::ops::Op;
use super::resample::{Axis, Resampler, Rows, Stretch};
use crate::image::{Layout, Orientation, Plane, Planes, Shape, Size, TakeRows};

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
    brought: Size,
    /// What is made of that: where it begins, from the left and from the top, and its size.
    first: (u32, u32),
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
            brought: stored.size,
            first: (0, 0),
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
            } else if let Some(scaling) = op.prescaling(layout.size) {
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
            plan.brought = layout.size;
            plan.size = layout.size;
            plan.orientation = layout.orientation;
        }
        plan
    }

    fn scaled(self, scaling: Scaling) -> Self {
        Self {
            across: scaling.across,
            down: scaling.down,
            brought: scaling.size,
            size: scaling.size,
            kernel: scaling.kernel,
            whole: self.turn.inverse().applied_to(scaling.whole),
            ..self
        }
    }

    /// The same with what follows it, as long as that only cuts: nothing is made of what is cut away. To be had where each pixel has
    /// its own chroma.
    pub(super) fn with_cuts(mut self, ops: &[Op]) -> Self {
        let scales = self.across != Stretch::whole(self.brought.width)
            || self.down != Stretch::whole(self.brought.height);
        if !scales {
            return self;
        }
        let next = |plan: &Self| ops.get(plan.ops)?.cut(plan.size);
        while let Some((left, top, size)) = next(&self) {
            self.first = (self.first.0 + left, self.first.1 + top);
            self.size = size;
            self.ops += 1;
        }
        self
    }

    /// Whether planes can be brought to that size at all.
    pub(super) fn is_possible(&self) -> bool {
        self.kernel != Kernel::Nearest
    }

    /// Whether the picture stays as it is.
    pub(super) fn changes_nothing(&self) -> bool {
        let whole = |stretch, length| stretch == Stretch::whole(length);
        self.turn == Orientation::Upright
            && self.brought == self.stored
            && self.size == self.stored
            && whole(self.across, self.stored.width)
            && whole(self.down, self.stored.height)
    }

    /// Whether less than all samples will do.
    pub(super) fn reduces(&self) -> bool {
        self.whole.width < self.stored.width && self.whole.height < self.stored.height
    }

    /// What takes planes, and turns and scales them. Chroma is to have one sample for `coarseness` pixels across and down.
    pub(super) fn taker(&self, coarseness: (u32, u32)) -> Taker {
        Taker {
            plan: *self,
            coarseness,
            planes: Vec::new(),
        }
    }

    /// Turns and scales planes that are there whole.
    pub(super) fn apply(&self, planes: &Planes, coarseness: (u32, u32)) -> Planes {
        let mut taker = self.taker(coarseness);
        let extent = |plane: &Plane| Shape {
            extent: plane.extent,
        };
        taker.begin(&planes.planes.iter().map(extent).collect::<Vec<_>>());
        for (at, plane) in planes.planes.iter().enumerate() {
            plane.lines().for_each(|line| taker.row(at, line));
        }
        taker.finish()
    }

    /// What becomes of the plane with this number, across and down as it is seen.
    fn ways(&self, plane: usize, coarseness: (u32, u32)) -> (Way, Way) {
        let (_, mirror_x, mirror_y) = self.turn.parts();
        let seen = self.turn.applied_to(self.stored);
        let coarseness = if plane == 0 { (1, 1) } else { coarseness };
        let x = Way {
            stretch: self.across,
            seen: seen.width,
            brought: self.brought.width,
            first: self.first.0,
            size: self.size.width,
            coarseness: coarseness.0,
            mirrored: mirror_x,
        };
        let y = Way {
            stretch: self.down,
            seen: seen.height,
            brought: self.brought.height,
            first: self.first.1,
            size: self.size.height,
            coarseness: coarseness.1,
            mirrored: mirror_y,
        };
        (x, y)
    }
}

/// Takes planes row by row, and keeps no more of them than what they become.
#[derive(Debug)]
pub(super) struct Taker {
    plan: Plan,
    coarseness: (u32, u32),
    planes: Vec<Making>,
}

/// A plane that is being made.
#[derive(Debug)]
enum Making {
    /// The first rows as they are, so many, and of each so many samples.
    Kept {
        rows: usize,
        columns: usize,
        samples: Vec<u8>,
    },
    Resampled {
        columns: usize,
        rows: Rows,
    },
}

impl TakeRows for Taker {
    fn begin(&mut self, shapes: &[Shape]) {
        let plan = self.plan;
        // Both planes of chroma are resampled alike.
        let mut last: Option<Rc<Resampler>> = None;
        for (at, shape) in shapes.iter().enumerate() {
            let (x, y) = plan.ways(at, self.coarseness);
            let (across, down) = if plan.turn.parts().0 { (y, x) } else { (x, y) };
            let across = across.axis(shape.extent.0);
            let down = down.axis(shape.extent.1);
            let (columns, rows) = (across.count, down.count);
            let from = (shape.columns(), shape.rows());
            let is_there = across.copied_from() == Some(0)
                && down.copied_from() == Some(0)
                && columns <= from.0
                && rows <= from.1;
            self.planes.push(if is_there {
                Making::Kept {
                    rows,
                    columns,
                    samples: Vec::with_capacity(rows * columns),
                }
            } else {
                let known = last.take().filter(|known| known.is_for(from, across, down));
                let resampler =
                    known.unwrap_or_else(|| Resampler::new(from, across, down, plan.kernel).into());
                last = Some(resampler.clone());
                Making::Resampled {
                    columns,
                    rows: Rows::new(resampler),
                }
            });
        }
    }

    fn row(&mut self, plane: usize, row: &[u8]) {
        match &mut self.planes[plane] {
            Making::Kept {
                rows,
                columns,
                samples,
            } => {
                if samples.len() < *rows * *columns {
                    samples.extend_from_slice(&row[..*columns]);
                }
            }
            Making::Resampled { rows, .. } => rows.push(row),
        }
    }
}

impl Taker {
    /// The planes that were made, of all rows.
    pub(super) fn finish(self) -> Planes {
        let (plan, coarseness) = (self.plan, self.coarseness);
        let planes = self.planes.into_iter().enumerate().map(|(at, making)| {
            let (columns, samples) = match making {
                Making::Kept {
                    columns, samples, ..
                } => (columns, samples),
                Making::Resampled { columns, rows } => (columns, rows.finish()),
            };
            let made = Plane {
                stride: columns,
                extent: (as_float(columns), as_float(samples.len() / columns)),
                samples,
            };
            let (x, y) = plan.ways(at, coarseness);
            Plane {
                extent: (x.extent(), y.extent()),
                ..made.turned(plan.turn)
            }
        });
        Planes {
            planes: planes.collect(),
            size: plan.size,
        }
    }
}

/// One axis of the picture as it is seen.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// The part that is taken, of so many pixels.
    stretch: Stretch,
    seen: u32,
    /// Pixels that it becomes; those that are made of them, from the first one on; and how many of them share a sample.
    brought: u32,
    first: u32,
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
        let target = self.brought.div_ceil(self.coarseness);
        let count = self.size.div_ceil(self.coarseness);
        let first = self.first / self.coarseness;
        // The last sample may cover pixels that are not there.
        let covered = f64::from(self.brought) / f64::from(self.coarseness);
        let length = self.stretch.length * f64::from(target) / covered;
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
            first: if self.mirrored {
                (target - first - count) as usize
            } else {
                first as usize
            },
            count: count as usize,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of pictures")]
fn as_float(length: usize) -> f64 {
    length as f64
}
