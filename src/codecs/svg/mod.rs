//! SVG (W3C, Scalable Vector Graphics 1.1 and 2), drawn by resvg. What a file says is looked at by `document` first.

mod document;
mod embedded;
mod nesting;

use resvg::tiny_skia::{Pixmap, Transform};

use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DecoderSaid, EncodeError, EncodeOptions,
    Format,
};
use crate::image::{Channels, Depth, Image, Layout, Orientation, Raster, Samples, Size, Transfer};
use document::{Document, DocumentError};

static INFO: CodecInfo = CodecInfo {
    format: Format::Svg,
    name: "svg",
    title: "SVG",
    extensions: &["svg", "svgz"],
    magic: &[],
    stores: &[],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 0,
    carries: Carries::NOTHING,
    note: "drawn at the size that is asked for; without its text, and without what is not in the file",
};

pub(super) static CODEC: Svg = Svg;

/// See the module.
pub(super) struct Svg;

impl Codec for Svg {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    /// The drawing takes time whatever the length of the file.
    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(16).saturating_add(1 << 18)
    }

    fn is_drawn(&self) -> bool {
        true
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        let document = Document::read(bytes)?;
        let size = document.tree.size();
        Ok(Layout {
            size: Size::new(pixels(size.width()), pixels(size.height())),
            channels: Channels::Rgba,
            depth: Depth::U8,
            orientation: Orientation::Upright,
        })
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let Document { tree, warnings } = Document::read(bytes)?;
        let Size { width, height } = layout.size;
        let mut pixmap = Pixmap::new(width, height).ok_or(DocumentError::Large)?;
        let scale = Transform::from_scale(
            float(width) / tree.size().width(),
            float(height) / tree.size().height(),
        );
        resvg::render(&tree, scale, &mut pixmap.as_mut());
        drop(tree);
        let samples = Samples::U8(pixmap.take_demultiplied());
        let raster = Raster::new(layout.size, layout.channels, samples);
        let raster = raster.map_err(|source| DecodeError::Inconsistent {
            format: INFO.format,
            source,
        })?;
        Ok(Decoded {
            picture: Image::new(raster),
            warnings,
        })
    }

    fn written_as(&self) -> Format {
        Format::Png
    }

    fn encode(&self, _: Image, _: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        Err(EncodeError::ReadOnly(INFO.format))
    }
}

impl From<DocumentError> for DecodeError {
    fn from(error: DocumentError) -> Self {
        let format = INFO.format;
        let source = DecoderSaid(error.to_string());
        match error {
            DocumentError::Encoding => Self::Unsupported { format, source },
            DocumentError::Parser(_) | DocumentError::Packed => Self::Damaged { format, source },
            DocumentError::Long
            | DocumentError::Elements
            | DocumentError::Entities
            | DocumentError::Deep
            | DocumentError::Large => Self::Memory { format, source },
        }
    }
}

/// A length of the document in whole pixels, at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and what is too large is refused"
)]
fn pixels(length: f32) -> u32 {
    (length.round() as u32).max(1)
}

#[expect(clippy::cast_precision_loss, reason = "a length of a picture")]
fn float(length: u32) -> f32 {
    length as f32
}

#[cfg(test)]
mod tests;
