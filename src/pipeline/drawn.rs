//! Pictures that are made of shapes: they are drawn as large as they are needed, instead of being drawn and then scaled.

use super::frames::Made;
use super::kept::Remarks;
use super::ops::Op;
use super::{Processed, Recipe, Refusal, admit, more_than, undecodable, unencodable};
use crate::codecs::{Codec, Format};
use crate::failure::{Failure, Stage};
use crate::image::{Layout, Limits, Orientation};

/// How many pixels may be drawn for each that is kept, or that the picture has by itself.
const TIMES: u64 = 4;

/// What is drawn of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawing {
    layout: Layout,
    /// The operation that finds its work done.
    done: Option<usize>,
}

impl Drawing {
    /// What is drawn for these operations of a picture that has this layout by itself.
    fn new(own: Layout, ops: &[Op], limits: Limits) -> Self {
        let as_it_is = Self {
            layout: own,
            done: None,
        };
        as_it_is.scaled(ops, limits).unwrap_or(as_it_is)
    }

    /// In the size that the first operation would scale to which does more than turn; `None` where there is none, or too much
    /// would be drawn.
    fn scaled(self, ops: &[Op], limits: Limits) -> Option<Self> {
        let own = self.layout;
        let (mut layout, mut turned) = (own, Orientation::Upright);
        for (at, op) in ops.iter().enumerate() {
            if let Some(turn) = op.turn(&layout) {
                turned = turned.then(turn);
                layout = op.layout(layout).ok()?;
                continue;
            }
            let size = op.scaled(layout.size)?;
            let result = op.layout(layout).ok()?.size;
            let scaled = Layout { size, ..layout };
            // What follows from the picture's own size, as half of it does, is done; what cuts or fills up does so to what is drawn.
            let stays = op.layout(scaled).ok()?.size == result;
            if !stays && size != result {
                return None;
            }
            let size = turned.inverse().applied_to(size);
            let most = own.size.pixels().max(result.pixels());
            let drawn = Self {
                layout: Layout { size, ..own },
                done: (!stays).then_some(at),
            };
            let is_modest = size.pixels() <= most.saturating_mul(TIMES);
            return (is_modest && limits.admit(&drawn.layout).is_ok()).then_some(drawn);
        }
        None
    }
}

impl Recipe {
    /// What is drawn of a picture that has this layout by itself, if it is made of shapes.
    pub(super) fn drawing(&self, codec: &dyn Codec, own: Layout) -> Option<Drawing> {
        let is_drawn = codec.is_drawn();
        is_drawn.then(|| Drawing::new(own, &self.ops, self.limits))
    }

    /// What is left to be done to a picture that was drawn.
    fn left(&self, drawing: Drawing) -> Self {
        let ops = self.ops.iter().enumerate();
        let ops = ops.filter(|(at, _)| drawing.done != Some(*at));
        Self {
            ops: ops.map(|(_, op)| op.clone()).collect(),
            ..self.clone()
        }
    }

    /// The layout that is drawn, and what each operation makes of it, each within the limits.
    pub(super) fn drawn(&self, drawing: Drawing) -> Result<Vec<Layout>, Failure> {
        let admitted = self.limits.admit(&drawing.layout);
        admitted.map_err(|error| undecodable(&error.into()))?;
        self.left(drawing).layouts_from(drawing.layout)
    }

    /// As [`Self::made`].
    pub(super) fn by_drawing(
        &self,
        bytes: &[u8],
        source: Format,
        target: Format,
        memory: u64,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Processed, Refusal> {
        let codec = source.codec();
        let own = codec.header(bytes).map_err(|error| undecodable(&error))?;
        let drawing = Drawing::new(own, &self.ops, self.limits);
        let left = self.left(drawing);
        let layouts = self.drawn(drawing)?;
        let (layout, after) = (layouts[0], layouts[layouts.len() - 1]);
        let writer = self.writer(target).map_err(|error| unencodable(&error))?;
        // There is one picture: says no where another is asked for.
        let mut remarks = Remarks::default();
        self.taken(bytes, &layout, codec, writer, memory, &mut remarks)?;
        let encoded = writer.memory(&after, &self.encode);
        let encoded = encoded.saturating_add(self.goal.memory(&after));
        let file_bytes = bytes.len() as u64;
        admit(self.need(file_bytes, &layouts, &left.ops, encoded), memory)?;
        let decoded = codec.decode(bytes, &layout);
        let decoded = decoded.map_err(|error| undecodable(&error))?;
        let image = self.accept(decoded, &mut remarks)?;
        let made = left.by_image(image, target, &mut remarks, enter);
        let made = Made::of(made, layout, after).map_err(|failure| more_than(memory, failure))?;
        Ok(made.processed(remarks))
    }
}
