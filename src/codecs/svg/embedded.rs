//! Pictures of pixels within a drawing, as `data:` holds them. They are decoded when they are drawn; here their headers are
//! read, so that none is larger than may be.

use std::sync::{Arc, Mutex, PoisonError};

use resvg::usvg::ImageKind;

use crate::codecs::{Format, HEAD_LEN, Sniffed, sniff};
use crate::warning::{Warning, Warnings};

/// Pixels of one.
const MOST_PIXELS: u64 = 1 << 26;

/// Bytes of all, each as often as it is shown.
const MOST_BYTES: usize = 256 << 20;

/// What is known of those that were met so far.
#[derive(Debug, Default)]
pub(super) struct Embedded(Mutex<Met>);

#[derive(Debug, Default)]
struct Met {
    bytes: usize,
    warnings: Warnings,
}

impl Embedded {
    /// What is drawn of one; none where it is left out.
    pub(super) fn take(&self, data: Arc<Vec<u8>>) -> Option<ImageKind> {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.bytes = met.bytes.saturating_add(data.len());
        let taken = if met.bytes > MOST_BYTES {
            Err("pictures within it, which are too many")
        } else {
            kind(data)
        };
        taken
            .inspect_err(|what| met.warnings.add(Warning::part_dropped(what)))
            .ok()
    }

    pub(super) fn warnings(self) -> Warnings {
        let met = self.0.into_inner();
        met.unwrap_or_else(PoisonError::into_inner).warnings
    }
}

/// What a picture is, by its content and whatever it is said to be; or what is left out.
fn kind(data: Arc<Vec<u8>>) -> Result<ImageKind, &'static str> {
    const STRANGE: &str = "a picture within it of a kind that is not drawn";
    let head = &data[..data.len().min(HEAD_LEN)];
    let Sniffed::Known(format) = sniff(head, None) else {
        return Err(STRANGE);
    };
    let layout = format.codec().header(&data);
    let layout = layout.map_err(|_| "a picture within it that is damaged")?;
    if layout.size.pixels() > MOST_PIXELS {
        return Err("a picture within it that is too large");
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "browsers know these everywhere"
    )]
    match format {
        Format::Jpeg => Ok(ImageKind::JPEG(data)),
        Format::Png => Ok(ImageKind::PNG(data)),
        Format::Gif => Ok(ImageKind::GIF(data)),
        Format::WebP => Ok(ImageKind::WEBP(data)),
        _ => Err(STRANGE),
    }
}
