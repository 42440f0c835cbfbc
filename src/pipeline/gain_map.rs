//! Gain maps go where their pictures go, as far as those are only turned, cut and scaled.

use super::geometry::Kernel;
use super::resample::{Stretch, resample};
use super::{Processed, Recipe, Refusal, admit, after, apply};
use crate::codecs::{self, EncodeOptions, Format, GainMap};
use crate::image::{Image, Layout, Metadata, Raster, Size};
use crate::metadata::{Part, Retention};
use crate::warning::{Warning, Warnings};

/// At which a map is written at the least: its faults are seen much brighter than those of the picture.
const QUALITY: u8 = 90;

impl Recipe {
    /// What was made of a picture, with its gain map, if it had one and that can be kept.
    pub(super) fn with_gain_map(
        &self,
        mut made: Processed,
        bytes: &[u8],
        (source, target): (Format, Format),
        memory: u64,
    ) -> Result<Processed, Refusal> {
        let found = (source == Format::Jpeg).then(|| GainMap::find(bytes));
        let Some(map) = found.flatten() else {
            return Ok(made);
        };
        made.dropped.add(Part::GainMap);
        // A deliberate policy is no surprise.
        if !matches!(self.metadata, Retention::Keep | Retention::NoGps) {
            return Ok(made);
        }
        admit(self.map_memory(bytes, made.before)?, memory)?;
        let attached = if self.loses_its_colors(bytes, &map, &made) {
            Err("whose colours the picture no longer has")
        } else {
            self.attached(&made, &map, target)
        };
        match attached {
            Ok(bytes) => {
                made.bytes = bytes;
                made.dropped.remove(Part::GainMap);
            }
            Err(why) => made.warnings.add(Warning::gain_map_dropped(why)),
        }
        Ok(made)
    }

    /// Bytes of memory that it takes to bring a map through the operations.
    fn map_memory(&self, bytes: &[u8], before: Layout) -> Result<u64, Refusal> {
        let layouts = self.layouts_from(before)?;
        Ok(self.need(bytes.len() as u64, &layouts, &self.ops, 0))
    }

    /// Whether a map of three colours lies behind a picture whose colours were converted: it is about those that it had. One of
    /// light alone means the same for all.
    fn loses_its_colors(&self, bytes: &[u8], map: &GainMap<'_>, made: &Processed) -> bool {
        let jpeg = Format::Jpeg.codec();
        let is_gray = jpeg
            .header(map.file)
            .is_ok_and(|layout| layout.channels.is_gray());
        let Some(metadata) = jpeg.metadata(bytes).filter(|_| !is_gray) else {
            return !is_gray;
        };
        let channels = (made.before.channels, made.after.channels);
        let mut unsaid = Warnings::none();
        let conversion = self.conversion(&metadata, channels, jpeg.info(), &mut unsaid);
        !conversion.is_none()
    }

    /// The file with the map behind it, or why that cannot be.
    fn attached(
        &self,
        made: &Processed,
        map: &GainMap<'_>,
        target: Format,
    ) -> Result<Vec<u8>, &'static str> {
        if target != Format::Jpeg {
            return Err("which only JPEG files hold");
        }
        if !self.moves_only(made.before) {
            return Err("which cannot follow all that is done to the picture");
        }
        let moved = self.moved(map, made.before);
        let moved = moved.ok_or("which is damaged")?;
        let file = map.attach(&made.bytes, &moved);
        let file = file.ok_or("for which XMP has no room")?;
        let most = self.goal.max_bytes.unwrap_or(u64::MAX);
        let fits = file.len() as u64 <= most;
        fits.then_some(file)
            .ok_or("with which the file would be too large")
    }

    fn moves_only(&self, before: Layout) -> bool {
        let mut layout = before;
        self.ops.iter().all(|op| {
            let moves = op.moves(&layout);
            layout = after(std::slice::from_ref(op), layout).unwrap_or(layout);
            moves
        })
    }

    /// The map as a file of its own, for the picture that is made of one of the layout `before`. It is brought to the size of the
    /// picture, so that the operations do to it what they do to that, and then back.
    fn moved(&self, map: &GainMap<'_>, before: Layout) -> Option<Vec<u8>> {
        let jpeg = Format::Jpeg.codec();
        let decoded = codecs::decode(jpeg, map.file, &self.limits).ok()?;
        let small = decoded.picture.raster;
        let coarseness = f64::from(before.size.width) / f64::from(small.size().width);
        let wide = scaled(&small, before.size, Kernel::Triangle)?;
        let metadata = Metadata {
            orientation: before.orientation,
            ..Metadata::default()
        };
        let moved = apply(
            &self.ops,
            Image {
                raster: wide,
                metadata,
            },
        )
        .ok()?;
        let raster = scaled(
            &moved.raster,
            coarser(moved.raster.size(), coarseness),
            Kernel::Box,
        )?;
        let metadata = Metadata {
            xmp: map.xmp.clone(),
            ..Metadata::default()
        };
        let options = EncodeOptions {
            quality: Some(self.encode.quality.unwrap_or(QUALITY).max(QUALITY)),
            ..EncodeOptions::default()
        };
        jpeg.encode(Image { raster, metadata }, &options).ok()
    }
}

fn scaled(raster: &Raster, size: Size, kernel: Kernel) -> Option<Raster> {
    if raster.size() == size {
        return Some(raster.clone());
    }
    let whole = raster.size();
    let (across, down) = (Stretch::whole(whole.width), Stretch::whole(whole.height));
    resample(raster, across, down, size, kernel).ok()
}

/// A size with one pixel for so many, across and down.
fn coarser(whole: Size, coarseness: f64) -> Size {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates"
    )]
    let side = |length: u32| (f64::from(length) / coarseness).round().max(1.0) as u32;
    Size::new(side(whole.width), side(whole.height))
}
