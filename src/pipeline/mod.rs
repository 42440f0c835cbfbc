//! Bytes to picture, picture to picture, picture to bytes: pure steps over values.

mod alpha;
pub mod anchor;
mod bands;
mod bilateral;
mod boxes;
mod canny;
mod canvas;
mod clahe;
mod color;
mod compose;
mod convolution;
mod direct;
mod drawn;
mod finish;
mod frames;
mod gain_map;
mod gaussian;
pub mod geometry;
mod goal;
mod gradient;
mod grain;
mod guided;
mod histogram;
mod kept;
pub mod length;
mod light;
mod linear;
mod luma;
mod lut;
mod median;
mod need;
mod nlm;
pub mod ops;
mod planar;
mod point;
mod resample;
mod score;
mod skew;
mod text;
mod warp;
mod weigh;

use serde::{Deserialize, Serialize};

use crate::codecs::{self, Codec, DecodeError, Decoded, EncodeError, EncodeOptions, Format};
use crate::failure::{Failure, FailureKind, Stage};
use crate::image::{Image, Layout, Limits};
use crate::metadata::{Credit, Dropped, Retention};
use crate::warning::{Warning, Warnings};
use frames::{Made, Taken};
use kept::Remarks;
use ops::{Op, OpError};

pub use color::Colors;
pub use frames::{Frames, ParseFramesError};
pub use goal::Goal;

/// All that is done to each picture of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The operations, in order.
    pub ops: Vec<Op>,
    /// How files are written.
    pub encode: EncodeOptions,
    /// Whether files are written so that no sample is lost that their format can hold.
    pub lossless: bool,
    /// What files must be, beside being of a quality.
    pub goal: Goal,
    /// In which colours files are written.
    pub colors: Colors,
    /// Which pictures are taken of files that hold several.
    pub frames: Frames,
    /// What travels along of what describes a picture.
    pub metadata: Retention,
    /// Names that are written into each picture.
    pub credit: Credit,
    /// Whether pictures are made of what the sensors of cameras have measured, instead of those that cameras have made.
    pub develop: bool,
    /// Whether a picture of which a part is missing or broken fails, instead of being made of what can be had.
    pub strict: bool,
    /// What a picture may ask for.
    pub limits: Limits,
}

/// What came out of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processed {
    /// The file.
    pub bytes: Vec<u8>,
    /// The picture as it was found, or drawn.
    pub before: Layout,
    /// The picture as it was written, before the target format's own storage.
    pub after: Layout,
    /// What must be said of it all the same.
    pub warnings: Warnings,
    /// What described the picture that was found, and does not describe the one that was written.
    pub dropped: Dropped,
}

/// Why nothing came out of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It did not make it.
    Failed(Failure),
    /// It would take about so many bytes of memory, which is more than there is for it.
    NeedsMemory(u64),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Refusal {
    /// See [`more_than`].
    fn with_more_than(self, memory: u64) -> Self {
        match self {
            Self::Failed(failure) => more_than(memory, failure),
            Self::NeedsMemory(_) => self,
        }
    }
}

fn admit(need: u64, memory: u64) -> Result<(), Refusal> {
    if need > memory {
        return Err(Refusal::NeedsMemory(need));
    }
    Ok(())
}

impl Recipe {
    /// The bytes of memory that a file of this length takes at the least, whatever is in it.
    pub fn least_memory(&self, file_bytes: u64) -> u64 {
        self.need(file_bytes, &[], &[], 0)
    }

    /// The bytes of memory that the files take which operations need, with what is made of them.
    pub fn held(&self) -> u64 {
        let held = self.ops.iter().map(Op::held);
        held.fold(0, u64::saturating_add)
    }

    /// See [`need::need`]; with what the operations of this recipe keep.
    fn need(&self, file_bytes: u64, layouts: &[Layout], ops: &[Op], encoded: u64) -> u64 {
        need::need(file_bytes, layouts, ops, encoded).saturating_add(self.held())
    }

    /// What a file's header announces, and what this recipe would make of it; no pixel is touched.
    pub fn survey(&self, bytes: &[u8], source: Format) -> Result<(Layout, Layout), Failure> {
        let layouts = self.layouts(bytes, source)?;
        Ok((layouts[0], layouts[layouts.len() - 1]))
    }

    /// Decodes a file, applies the operations, encodes the result. `enter` is called as each stage begins. A picture
    /// that would need more than `memory` bytes is refused before any of its pixels is allocated.
    pub fn process(
        &self,
        bytes: &[u8],
        source: Format,
        target: Format,
        memory: u64,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Processed, Refusal> {
        let made = self.made(bytes, source, target, memory, enter)?;
        let made = self.with_gain_map(made, bytes, (source, target), memory)?;
        Ok(self.no_larger(made, bytes, (source, target)))
    }

    fn made(
        &self,
        bytes: &[u8],
        source: Format,
        target: Format,
        memory: u64,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Processed, Refusal> {
        enter(Stage::Decode);
        if source.codec().is_drawn() {
            return self.by_drawing(bytes, source, target, memory, enter);
        }
        let layouts = self.layouts(bytes, source)?;
        let (before, after) = (layouts[0], layouts[layouts.len() - 1]);
        let writer = self.writer(target).map_err(|error| unencodable(&error))?;
        let need = |from: usize| {
            let encoded = writer.memory(&after, &self.encode);
            let encoded = encoded.saturating_add(self.goal.memory(&after));
            let coded = encoded.max(self.reader(source).reading(&before));
            self.need(
                bytes.len() as u64,
                &layouts[from..],
                &self.ops[from..],
                coded,
            )
        };
        let mut remarks = Remarks::default();
        let codec = self.reader(source);
        let taken = self.taken(bytes, &before, codec, writer, memory, &mut remarks)?;
        let made = match taken {
            Taken::Each(frames) => {
                let file_bytes = bytes.len() as u64;
                let made = self.by_frames(file_bytes, frames, writer, memory, &mut remarks, enter);
                let made = made.map_err(|refusal| refusal.with_more_than(memory))?;
                return Ok(made.processed(remarks));
            }
            Taken::One(image) => {
                let before = image.layout();
                let layouts = self.layouts_from(before)?;
                let after = layouts[layouts.len() - 1];
                let encoded = writer.memory(&after, &self.encode);
                let file_bytes = bytes.len() as u64;
                admit(self.need(file_bytes, &layouts, &self.ops, encoded), memory)?;
                let bytes = self.by_image(*image, target, &mut remarks, enter);
                Made::of(bytes, before, after)
            }
            Taken::Picture => {
                let route = self.route(bytes, before, source, writer);
                let mut made = None;
                if let Some(route) = route {
                    let need = match route.memory {
                        Some(rows) => need(route.plan.ops).saturating_add(rows),
                        None => need(0),
                    };
                    admit(need, memory)?;
                    made = self.by_planes(bytes, route, source, writer, &mut remarks, enter);
                }
                let made = if let Some(made) = made {
                    made
                } else {
                    admit(need(0), memory)?;
                    self.by_pixels(bytes, source, target, &mut remarks, enter)
                };
                Made::of(made, before, after)
            }
        };
        let made = made.map_err(|failure| more_than(memory, failure))?;
        Ok(made.processed(remarks))
    }

    fn by_pixels(
        &self,
        bytes: &[u8],
        source: Format,
        target: Format,
        remarks: &mut Remarks,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Vec<u8>, Failure> {
        let decoded = codecs::decode(self.reader(source), bytes, &self.limits)
            .map_err(|error| undecodable(&error))?;
        let image = self.accept(decoded, remarks)?;
        self.by_image(image, target, remarks, enter)
    }

    fn by_image(
        &self,
        image: Image,
        target: Format,
        remarks: &mut Remarks,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Vec<u8>, Failure> {
        if !self.ops.is_empty() {
            enter(Stage::Operate);
        }
        let image = self.worked(image, target, remarks)?;
        enter(Stage::Encode);
        self.encoded(image, target, remarks)
    }

    /// The picture as it is to be written.
    fn worked(
        &self,
        image: Image,
        target: Format,
        remarks: &mut Remarks,
    ) -> Result<Image, Failure> {
        let plan = planar::Plan::new(&self.ops, image.layout());
        let first = if plan.reduces() { plan.ops } else { 0 };
        let (first, rest) = self.ops.split_at(first);
        let image = self.operated(first, image)?;
        self.completed(image, rest, target, remarks)
    }

    /// What was decoded, if its damage may pass; what there is to say of it goes to the warnings.
    fn accept<T>(&self, decoded: Decoded<T>, remarks: &mut Remarks) -> Result<T, Failure> {
        let decoded = self.without_others(decoded);
        if let Some(damage) = decoded.warnings.damage().filter(|_| self.strict) {
            return Err(broken(damage));
        }
        remarks.warnings.extend(decoded.warnings);
        Ok(decoded.picture)
    }

    /// Converts colours, applies the rest of the operations, and encodes the result.
    fn finish(
        &self,
        image: Image,
        ops: &[Op],
        target: Format,
        remarks: &mut Remarks,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Vec<u8>, Failure> {
        let image = self.completed(image, ops, target, remarks)?;
        enter(Stage::Encode);
        self.encoded(image, target, remarks)
    }

    /// Converts colours, applies the rest of the operations, and leaves of the metadata what travels on.
    fn completed(
        &self,
        image: Image,
        ops: &[Op],
        target: Format,
        remarks: &mut Remarks,
    ) -> Result<Image, Failure> {
        let before = image.layout();
        let after = after(ops, before)?;
        let channels = (before.channels, after.channels);
        let conversion = self.conversion(
            &image.metadata,
            channels,
            target.info(),
            &mut remarks.warnings,
        );
        let image = color::convert(image, conversion, &mut remarks.warnings);
        let image = self.operated(ops, image)?;
        if ops.iter().any(Op::looks) {
            // Of several frames it is the first that is told of.
            remarks.found.get_or_insert_with(|| image.layout());
        }
        Ok(Image {
            metadata: self.kept(image.metadata, image.raster.size(), target, remarks),
            ..image
        })
    }

    /// What becomes of a picture by these operations. Where the size of what one leaves could not be told before, that of what
    /// the others make of it is held against the limits now.
    fn operated(&self, ops: &[Op], image: Image) -> Result<Image, Failure> {
        let Some(at) = ops.iter().position(Op::looks) else {
            return apply(ops, image);
        };
        let (first, rest) = ops.split_at(at + 1);
        let image = apply(first, image)?;
        self.layouts_by(rest, image.layout())?;
        self.operated(rest, image)
    }

    fn encoded(
        &self,
        image: Image,
        target: Format,
        remarks: &mut Remarks,
    ) -> Result<Vec<u8>, Failure> {
        let writer = self.writer(target).map_err(|error| unencodable(&error))?;
        self.write(image, writer, &mut remarks.warnings)
    }

    fn reader(&self, source: Format) -> &'static dyn Codec {
        let developing = codecs::developing().filter(|codec| codec.info().format == source);
        match developing {
            Some(codec) if self.develop => codec,
            _ => source.codec(),
        }
    }

    fn writer(&self, target: Format) -> Result<&'static dyn Codec, EncodeError> {
        let codec = target.codec();
        if let Some(depth) = self.encode.depth.filter(|depth| !codec.info().has(*depth)) {
            let format = target;
            return Err(EncodeError::Depth { format, depth });
        }
        if !self.lossless {
            return Ok(codec);
        }
        codec.lossless().ok_or(EncodeError::Lossy(target))
    }

    /// The layout that a file announces, and what each operation makes of it, each within the limits: never none. Of a
    /// picture that is made of shapes it is what is drawn that counts.
    fn layouts(&self, bytes: &[u8], source: Format) -> Result<Vec<Layout>, Failure> {
        let header = self.reader(source).header(bytes);
        let before = header.map_err(|error| undecodable(&error))?;
        if let Some(drawing) = self.drawing(source.codec(), before) {
            return self.drawn(drawing);
        }
        self.limits
            .admit(&before)
            .map_err(|error| undecodable(&error.into()))?;
        self.layouts_from(before)
    }

    /// What each operation makes of a layout, and the layout itself: never none.
    fn layouts_from(&self, before: Layout) -> Result<Vec<Layout>, Failure> {
        self.layouts_by(&self.ops, before)
    }

    fn layouts_by(&self, ops: &[Op], before: Layout) -> Result<Vec<Layout>, Failure> {
        let mut layouts = vec![before];
        let mut layout = before;
        for op in ops {
            layout = op
                .layout(layout)
                .map_err(|error| inapplicable(op, &error))?;
            self.limits
                .admit(&layout)
                .map_err(|error| inapplicable(op, &error.into()))?;
            layouts.push(layout);
        }
        Ok(layouts)
    }
}

fn apply(ops: &[Op], image: Image) -> Result<Image, Failure> {
    ops::apply_all(ops, image).map_err(|(op, error)| inapplicable(op, &error))
}

/// What becomes of a layout.
fn after(ops: &[Op], layout: Layout) -> Result<Layout, Failure> {
    let mut ops = ops.iter();
    ops.try_fold(layout, |layout, op| {
        op.layout(layout).map_err(|error| inapplicable(op, &error))
    })
}

/// What a warning says, where it may not pass.
fn broken(damage: &Warning) -> Failure {
    Failure::new(Stage::Decode, FailureKind::Damaged, damage.reason.as_str())
}

fn unencodable(error: &EncodeError) -> Failure {
    let kind = match error {
        EncodeError::Encoder {
            source: ::image::ImageError::Limits(_),
            ..
        } => FailureKind::OutOfMemory,
        EncodeError::Encoder { .. }
        | EncodeError::Side { .. }
        | EncodeError::Small { .. }
        | EncodeError::Planes { .. }
        | EncodeError::OnePicture(_)
        | EncodeError::NoFrames(_)
        | EncodeError::Sizes { .. }
        | EncodeError::ReadOnly(_)
        | EncodeError::Depth { .. }
        | EncodeError::Lossy(_) => FailureKind::Unencodable,
    };
    Failure::capture(Stage::Encode, kind, error)
}

/// An encoder that has got no memory may get it where there is more than this.
fn more_than(memory: u64, failure: Failure) -> Refusal {
    match memory.checked_add(1) {
        Some(more) if failure.kind == FailureKind::OutOfMemory => Refusal::NeedsMemory(more),
        _ => Refusal::Failed(failure),
    }
}

fn undecodable(error: &DecodeError) -> Failure {
    let kind = match error {
        DecodeError::Damaged { .. } | DecodeError::Inconsistent { .. } => FailureKind::Damaged,
        DecodeError::Unsupported { .. } => FailureKind::Unsupported,
        DecodeError::Limit(_) | DecodeError::Memory { .. } => FailureKind::TooLarge,
    };
    Failure::capture(Stage::Decode, kind, error)
}

fn inapplicable(op: &Op, error: &OpError) -> Failure {
    let kind = if matches!(error, OpError::Limit(_)) {
        FailureKind::TooLarge
    } else {
        FailureKind::Inapplicable
    };
    let mut failure = Failure::capture(Stage::Operate, kind, error);
    failure.causes.insert(0, format!("`{op}`"));
    failure
}

#[cfg(test)]
mod tests;
