//! Bytes to picture, picture to picture, picture to bytes: pure steps over values.

mod alpha;
mod canvas;
mod color;
mod direct;
mod gaussian;
pub mod geometry;
mod linear;
mod need;
pub mod ops;
mod planar;
mod point;
mod resample;

use ::image::metadata::Orientation as ExifOrientation;
use serde::{Deserialize, Serialize};

use crate::codecs::{self, Codec, DecodeError, Decoded, EncodeError, EncodeOptions, Format};
use crate::failure::{Failure, FailureKind, Stage};
use crate::image::{Image, Layout, Limits, Metadata, Orientation};
use crate::warning::{Warning, Warnings};
use ops::{Op, OpError};

pub use color::Colors;

/// All that is done to each picture of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The operations, in order.
    pub ops: Vec<Op>,
    /// How files are written.
    pub encode: EncodeOptions,
    /// Whether files are written so that no sample is lost that their format can hold.
    pub lossless: bool,
    /// In which colours files are written.
    pub colors: Colors,
    /// Whether EXIF travels to formats that can carry it.
    pub keep_exif: bool,
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
    /// The picture as it was found.
    pub before: Layout,
    /// The picture as it was written, before the target format's own storage.
    pub after: Layout,
    /// What must be said of it all the same.
    pub warnings: Warnings,
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

fn admit(need: u64, memory: u64) -> Result<(), Refusal> {
    if need > memory {
        return Err(Refusal::NeedsMemory(need));
    }
    Ok(())
}

impl Recipe {
    /// The bytes of memory that a file of this length takes at the least, whatever is in it.
    pub fn least_memory(file_bytes: u64) -> u64 {
        need::need(file_bytes, &[], 0)
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
        enter(Stage::Decode);
        let layouts = self.layouts(bytes, source)?;
        let (before, after) = (layouts[0], layouts[layouts.len() - 1]);
        let writer = self.writer(target).map_err(|error| unencodable(&error))?;
        let need = |from: usize| {
            let encoded = writer.memory(&after);
            need::need(bytes.len() as u64, &layouts[from..], encoded)
        };
        let mut warnings = Warnings::none();
        let mut made = None;
        if let Some(route) = self.route(bytes, before, source, writer) {
            let need = match route.memory {
                Some(rows) => need(route.plan.ops).saturating_add(rows),
                None => need(0),
            };
            admit(need, memory)?;
            made = self.by_planes(bytes, route, source, writer, &mut warnings, enter);
        }
        let made = if let Some(made) = made {
            made
        } else {
            admit(need(0), memory)?;
            self.by_pixels(bytes, source, target, &mut warnings, enter)
        };
        let bytes = made.map_err(|failure| more_than(memory, failure))?;
        Ok(Processed {
            bytes,
            before,
            after,
            warnings,
        })
    }

    fn by_pixels(
        &self,
        bytes: &[u8],
        source: Format,
        target: Format,
        warnings: &mut Warnings,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Vec<u8>, Failure> {
        let decoded = codecs::decode(source.codec(), bytes, &self.limits)
            .map_err(|error| undecodable(&error))?;
        let mut image = self.accept(decoded, warnings)?;
        if !self.ops.is_empty() {
            enter(Stage::Operate);
        }
        let plan = planar::Plan::new(&self.ops, image.layout());
        let first = if plan.reduces() { plan.ops } else { 0 };
        let (first, rest) = self.ops.split_at(first);
        image = apply(first, image)?;
        self.finish(image, rest, target, warnings, enter)
    }

    /// What was decoded, if its damage may pass; what there is to say of it goes to the warnings.
    fn accept<T>(&self, decoded: Decoded<T>, warnings: &mut Warnings) -> Result<T, Failure> {
        if let Some(damage) = decoded.warnings.damage().filter(|_| self.strict) {
            let reason = damage.reason.as_str();
            return Err(Failure::new(Stage::Decode, FailureKind::Damaged, reason));
        }
        warnings.extend(decoded.warnings);
        Ok(decoded.picture)
    }

    /// Converts colours, applies the rest of the operations, and encodes the result.
    fn finish(
        &self,
        image: Image,
        ops: &[Op],
        target: Format,
        warnings: &mut Warnings,
        enter: &mut dyn FnMut(Stage),
    ) -> Result<Vec<u8>, Failure> {
        let before = image.layout();
        let after = after(ops, before)?;
        let channels = (before.channels, after.channels);
        let conversion = self.conversion(&image.metadata, channels, target.info(), warnings);
        let image = apply(ops, color::convert(image, conversion, warnings))?;
        enter(Stage::Encode);
        let image = Image {
            metadata: self.kept(image.metadata, target, warnings),
            ..image
        };
        let writer = self.writer(target);
        let encoded = writer.and_then(|writer| writer.encode(image, &self.encode));
        encoded.map_err(|error| unencodable(&error))
    }

    fn writer(&self, target: Format) -> Result<&'static dyn Codec, EncodeError> {
        let codec = target.codec();
        if !self.lossless {
            return Ok(codec);
        }
        codec.lossless().ok_or(EncodeError::Lossy(target))
    }

    /// The layout that a file announces, and what each operation makes of it, each within the limits: never none.
    fn layouts(&self, bytes: &[u8], source: Format) -> Result<Vec<Layout>, Failure> {
        let header = source.codec().header(bytes);
        let before = header.map_err(|error| undecodable(&error))?;
        self.limits
            .admit(&before)
            .map_err(|error| undecodable(&error.into()))?;
        let mut layouts = vec![before];
        let mut layout = before;
        for op in &self.ops {
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

    /// What travels on to files of a format. What would, but does not fit, goes to the warnings.
    fn kept(&self, mut metadata: Metadata, target: Format, warnings: &mut Warnings) -> Metadata {
        metadata.exif.take_if(|_| !self.keep_exif);
        let (mut metadata, too_long) = target.info().carries.fit(metadata);
        for block in too_long {
            let (what, bytes, most) = (block.what, block.bytes, block.most);
            warnings.add(Warning::metadata_dropped(what, bytes, target, most));
        }
        let upright = metadata.orientation == Orientation::Upright;
        if let Some(exif) = metadata.exif.as_mut().filter(|_| upright) {
            // The pixels are upright now: a reader must not turn them again.
            let _turned: Option<ExifOrientation> = ExifOrientation::remove_from_exif_chunk(exif);
        }
        metadata
    }
}

fn apply(ops: &[Op], image: Image) -> Result<Image, Failure> {
    let mut ops = ops.iter();
    ops.try_fold(image, |image, op| {
        op.apply(image).map_err(|error| inapplicable(op, &error))
    })
}

/// What becomes of a layout.
fn after(ops: &[Op], layout: Layout) -> Result<Layout, Failure> {
    let mut ops = ops.iter();
    ops.try_fold(layout, |layout, op| {
        op.layout(layout).map_err(|error| inapplicable(op, &error))
    })
}

fn unencodable(error: &EncodeError) -> Failure {
    let kind = match error {
        EncodeError::Encoder {
            source: ::image::ImageError::Limits(_),
            ..
        } => FailureKind::OutOfMemory,
        EncodeError::Encoder { .. }
        | EncodeError::Side { .. }
        | EncodeError::Planes { .. }
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
mod tests {
    use super::*;
    use crate::image::{Channels, Color, Depth, Raster, Samples, Size, Transfer};

    fn recipe(ops: &[&str]) -> Recipe {
        Recipe {
            ops: ops.iter().map(|op| op.parse().unwrap()).collect(),
            keep_exif: true,
            ..Recipe::default()
        }
    }

    /// A 3x2 JPEG whose EXIF says: turn by 90 degrees.
    fn sideways() -> Vec<u8> {
        let raster = Raster::filled(
            Size::new(3, 2),
            Channels::Rgb,
            Depth::U8,
            Transfer::Srgb,
            Color::WHITE,
        );
        let mut image = Image::new(raster);
        image.metadata.exif =
            Some(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec());
        let options = EncodeOptions::default();
        Format::Jpeg.codec().encode(image, &options).unwrap()
    }

    #[test]
    fn a_picture_made_upright_is_not_turned_again() {
        let out = recipe(&["auto-orient"])
            .process(
                &sideways(),
                Format::Jpeg,
                Format::Jpeg,
                u64::MAX,
                &mut |_| {},
            )
            .unwrap();
        let layout = Format::Jpeg.codec().header(&out.bytes).unwrap();
        assert_eq!(
            (layout.size, layout.orientation),
            (Size::new(2, 3), Orientation::Upright)
        );
    }

    #[test]
    fn an_orientation_left_alone_still_says_the_truth() {
        let out = recipe(&[])
            .process(
                &sideways(),
                Format::Jpeg,
                Format::Jpeg,
                u64::MAX,
                &mut |_| {},
            )
            .unwrap();
        let layout = Format::Jpeg.codec().header(&out.bytes).unwrap();
        assert_eq!(
            (layout.size, layout.orientation),
            (Size::new(3, 2), Orientation::Turn90)
        );
    }

    fn fine() -> EncodeOptions {
        EncodeOptions {
            quality: Some(100),
            ..EncodeOptions::default()
        }
    }

    /// Edges with noise on them, in colours that are not cut off, with chroma for each pixel.
    fn photo() -> Vec<u8> {
        let samples: Vec<u8> = (0..3 * 70 * 50_u32)
            .map(|at| {
                let edge = if at % 81 < 40 { 90 } else { 130 };
                edge + (at.wrapping_mul(2_654_435_761) >> 27) as u8
            })
            .collect();
        let raster = Raster::new(Size::new(70, 50), Channels::Rgb, samples).unwrap();
        let options = fine();
        let codec = Format::Jpeg.codec();
        codec.encode(Image::new(raster), &options).unwrap()
    }

    #[test]
    fn luma_and_chroma_become_what_pixels_become() {
        let recipes: [&[&str]; 6] = [
            &["blur 1"],
            &["rotate 90", "blur 5"],
            &["resize 41x", "sharpen 0.8"],
            &["flip", "crop 32x21+5+3", "blur 2"],
            &["negate", "blur 0.7", "contrast 0.8"],
            &["blur 2", "resize 30x"],
        ];
        for ops in recipes {
            let recipe = Recipe {
                encode: fine(),
                ..recipe(ops)
            };
            // There is no way to write planes as PNG.
            let [direct, wanted] = [Format::Jpeg, Format::Png].map(|target| {
                let out = recipe.process(&photo(), Format::Jpeg, target, u64::MAX, &mut |_| {});
                let out = codecs::decode(target.codec(), &out.unwrap().bytes, &recipe.limits);
                out.unwrap().picture.raster
            });
            assert_eq!(direct.size(), wanted.size(), "{ops:?}");
            let (Samples::U8(direct), Samples::U8(wanted)) = (direct.samples(), wanted.samples())
            else {
                panic!("the depth has changed");
            };
            for (direct, wanted) in direct.iter().zip(wanted) {
                let off = direct.abs_diff(*wanted);
                assert!(off <= 6, "{ops:?}: {direct} for {wanted}");
            }
        }
    }

    #[test]
    fn exif_that_a_file_cannot_hold_is_left_out_and_said_so() {
        let raster = |side| {
            let size = Size::new(side, side);
            Raster::filled(size, Channels::Rgb, Depth::U8, Transfer::Srgb, Color::WHITE)
        };
        let warned = |bytes: usize, target: Format| {
            let mut image = Image::new(raster(2));
            image.metadata.exif = Some(vec![7; bytes]);
            let options = EncodeOptions::default();
            let png = Format::Png.codec().encode(image, &options).unwrap();
            let made = recipe(&[]).process(&png, Format::Png, target, u64::MAX, &mut |_| {});
            made.unwrap().warnings
        };
        let most = Format::Jpeg.info().carries.exif.unwrap();
        assert!(warned(most, Format::Jpeg).is_empty());
        assert!(warned(most + 1, Format::Png).is_empty());
        assert!(
            warned(most + 1, Format::Gif).is_empty(),
            "which never holds any"
        );
        let expected = Warning::metadata_dropped("EXIF", most + 1, Format::Jpeg, most);
        assert_eq!(
            warned(most + 1, Format::Jpeg),
            [expected].into_iter().collect()
        );
    }

    /// Who wants little of a JPEG file needs little memory, however large its picture is.
    #[test]
    fn a_thumbnail_takes_no_memory_for_the_picture() {
        let size = Size::new(3000, 2000);
        let raster = Raster::filled(size, Channels::Rgb, Depth::U8, Transfer::Srgb, Color::WHITE);
        let options = EncodeOptions::default();
        let codec = Format::Jpeg.codec();
        let bytes = codec.encode(Image::new(raster), &options).unwrap();
        let made = |ops: &[&str], target| {
            recipe(ops).process(&bytes, Format::Jpeg, target, 30 << 20, &mut |_| {})
        };
        assert!(made(&["resize 200x200"], Format::Jpeg).is_ok());
        assert!(made(&["resize 200x200", "grayscale"], Format::Png).is_ok());
        let whole = made(&["grayscale"], Format::Png);
        assert!(matches!(whole, Err(Refusal::NeedsMemory(_))), "{whole:?}");
    }

    #[test]
    fn limits_hold_for_what_operations_make() {
        let mut recipe = recipe(&["resize 4000x4000!"]);
        recipe.limits.max_pixels = 1_000_000;
        let failure = recipe.survey(&sideways(), Format::Jpeg).unwrap_err();
        assert_eq!(
            (failure.stage, failure.kind),
            (Stage::Operate, FailureKind::TooLarge)
        );
        assert!(failure.reason().contains("16.0 megapixels"), "{failure}");
    }
}
