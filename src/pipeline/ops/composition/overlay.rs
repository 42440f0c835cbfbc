//! Another picture laid over the picture.

use serde::{Deserialize, Serialize};

use super::{
    Cost, Length, Offset, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Picture, Value,
};
use crate::image::{Channels, Depth, Image, Layout, Limits, Raster, Size, Transfer};
use crate::params::{Params, push_unless};
use crate::pipeline::compose::{self, Blend};
use crate::pipeline::geometry::{Gravity, Kernel};
use crate::pipeline::resample::{self, Stretch};

/// Lays another picture over the picture: a watermark, a logo, a texture. See `pipeline/compose` for how they are mixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// What is laid over it.
    pub picture: Picture,
    /// Where it is put.
    pub gravity: Gravity,
    /// How far from there.
    pub offset: Offset,
    /// Its width, percentages being parts of the picture's.
    pub width: Option<Length>,
    /// Its height, percentages being parts of the picture's.
    pub height: Option<Length>,
    /// How much of it is seen, from 0 to 1.
    pub opacity: f64,
    /// How its colours are mixed with those beneath.
    pub blend: Blend,
    /// Whether it is repeated to all sides.
    pub tile: bool,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "overlay",
    aliases: &["watermark"],
    value: Value::Needed("FILE"),
    summary: "lay another picture over it",
    details: "FILE: a picture in any format that is read; it is taken as sRGB, or brought there, and turned upright.\n\
              A name with a comma or `=` in it stands in double quotes.\n\
              gravity=SIDE: where it is put; default center. offset=+X+Y: pixels from there, inward from the right and the bottom.\n\
              width=, height=: its size in pixels, or a part of the picture's such as `20%`; one follows the other; default its own.\n\
              opacity=, 0 to 1, default 1: how much of it is seen.\n\
              blend=MODE: normal (the default), multiply, screen, overlay, darken, lighten, color-dodge, color-burn,\n\
              hard-light, soft-light, difference or exclusion, as CSS has them.\n\
              tile: repeated over all of the picture.",
    example: "sample_images/logo.png,gravity=southeast,offset=+1+1,width=40%,opacity=0.7",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-composite`, sharp `composite()`, libvips `composite`, Pillow `alpha_composite`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("overlay", text);
    let picture = params.need("file", "a picture such as `logo.png`")?;
    let gravity = params.take_named("gravity")?.or(defaults.side());
    let overlay = Overlay {
        picture,
        gravity: gravity.unwrap_or(Gravity::Center),
        offset: params.take_named("offset")?.unwrap_or_default(),
        width: params.take_named("width")?,
        height: params.take_named("height")?,
        opacity: params.named_number("opacity", 1.0, 0.0..=1.0)?,
        blend: params.take_named("blend")?.unwrap_or(Blend::Normal),
        tile: params.take_flag("tile"),
    };
    params.finish()?;
    Ok(overlay.into())
}

impl Overlay {
    /// How large it is on a picture of size `outer`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates, and what is too large is refused"
    )]
    fn size(&self, outer: Size) -> Result<Size, OpError> {
        let own = self.picture.layout()?.size;
        let follow = |length: u32, by: u32, own: u32| {
            let exact = f64::from(length) * f64::from(by) / f64::from(own);
            (exact.round() as u32).max(1)
        };
        let width = self.width.map(|width| width.whole(outer.width).max(1));
        let height = self.height.map(|height| height.whole(outer.height).max(1));
        let size = match (width, height) {
            (None, None) => own,
            (Some(width), None) => Size::new(width, follow(width, own.height, own.width)),
            (None, Some(height)) => Size::new(follow(height, own.width, own.height), height),
            (Some(width), Some(height)) => Size::new(width, height),
        };
        Limits::default().admit(&Layout {
            size,
            ..self.picture.layout()?
        })?;
        Ok(size)
    }

    fn changes_nothing(&self) -> bool {
        self.opacity <= 0.0
    }

    /// What is laid over a picture of this layout.
    fn layer(&self, size: Size, canvas: Layout, transfer: Transfer) -> Result<Raster, OpError> {
        let raster = self.picture.raster(size)?;
        let raster = if raster.size() == size {
            raster.into_owned()
        } else {
            let own = raster.size();
            let (across, down) = (Stretch::whole(own.width), Stretch::whole(own.height));
            resample::resample(&raster, across, down, size, Kernel::Lanczos3)?
        };
        let raster = match transfer {
            Transfer::Srgb => raster,
            // Integers would lose shades.
            Transfer::Linear => {
                let floats = raster.to_depth(Depth::F32);
                floats.to_transfer(Transfer::Srgb, transfer)
            }
        };
        let channels = canvas.channels.with_alpha(true);
        Ok(raster.to_depth(canvas.depth).to_channels(channels))
    }
}

impl Operation for Overlay {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.picture.to_string();
        push_unless(&mut parts, "gravity", self.gravity, Gravity::Center);
        push_unless(&mut parts, "offset", self.offset, Offset::default());
        for (name, length) in [("width", self.width), ("height", self.height)] {
            if let Some(length) = length {
                parts.extend([",", name, "=", &length.to_string()]);
            }
        }
        push_unless(&mut parts, "opacity", self.opacity, 1.0);
        push_unless(&mut parts, "blend", self.blend, Blend::Normal);
        if self.tile {
            parts.push_str(",tile");
        }
        parts
    }

    /// Gray becomes colours where the overlay has colours.
    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        if self.changes_nothing() {
            return Ok(layout);
        }
        self.size(layout.size)?;
        let gray = layout.channels.is_gray() && self.picture.layout()?.channels.is_gray();
        Ok(Layout {
            channels: layout.channels.with_gray(gray),
            ..layout
        })
    }

    fn held(&self) -> u64 {
        self.picture.held()
    }

    /// The overlay in its size: while it is brought there, and as it is laid over.
    fn scratch(&self, before: &Layout, after: &Layout) -> u64 {
        let size = self.size(before.size).unwrap_or(before.size);
        let layer = |depth| Layout {
            size,
            channels: Channels::Rgba,
            depth,
            ..*after
        };
        // It is brought to its size in 16 bits, while there is only one of the two pictures.
        let wide = layer(Depth::U16).bytes().saturating_mul(2);
        let first = wide.saturating_sub(before.bytes().min(after.bytes()));
        first.max(layer(after.depth).bytes())
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        if self.changes_nothing() {
            return Ok(image);
        }
        let canvas = self.layout(image.layout())?;
        let size = self.size(canvas.size)?;
        let layer = self.layer(size, canvas, image.metadata.transfer)?;
        let mut raster = image.raster.to_channels(canvas.channels);
        #[expect(clippy::cast_possible_truncation, reason = "from 0 to 1")]
        let layer = compose::Layer {
            raster: &layer,
            place: self.offset.place(self.gravity, size, canvas.size),
            opacity: self.opacity as f32,
            blend: self.blend,
            tile: self.tile,
        };
        compose::lay(&mut raster, &layer);
        Ok(Image { raster, ..image })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGO: &str = "sample_images/logo.png";

    fn over(arguments: &str, raster: &Raster) -> Raster {
        let op: Op = format!("overlay {LOGO},{arguments}").parse().unwrap();
        op.apply(Image::new(raster.clone())).unwrap().raster
    }

    fn plain(channels: Channels, value: u16, depth: Depth) -> Raster {
        let samples = vec![value; 40 * 30 * channels.count()];
        let raster = Raster::new(Size::new(40, 30), channels, samples).unwrap();
        raster.to_depth(depth)
    }

    #[test]
    fn it_is_as_large_as_it_is_told() {
        let size = |arguments: &str, outer| {
            let op: Op = format!("overlay {LOGO},{arguments}").parse().unwrap();
            let Op::Overlay(overlay) = op else {
                panic!("another operation")
            };
            overlay.size(outer).unwrap()
        };
        let own = size("opacity=1", Size::new(9, 9));
        let outer = Size::new(400, 300);
        assert_eq!(size("width=25%", outer).width, 100);
        assert_eq!(size("height=30", outer).height, 30);
        assert_eq!(size("width=10,height=10%", outer), Size::new(10, 30));
        assert_eq!(size("width=0", outer).width, 1);
        let twice = Size::new(own.width * 2, own.height * 2);
        assert_eq!(size(&format!("width={}", twice.width), outer), twice);
    }

    #[test]
    fn depths_agree_and_gray_takes_colors() {
        for channels in Channels::ALL {
            let shallow = over("width=30", &plain(channels, 9000, Depth::U8));
            assert!(!shallow.channels().is_gray());
            for depth in [Depth::U16, Depth::F32] {
                let deep = over("width=30", &plain(channels, 9000, depth)).to_depth(Depth::U8);
                let crate::image::Samples::U8(a) = shallow.samples() else {
                    panic!("8 bits")
                };
                let crate::image::Samples::U8(b) = deep.samples() else {
                    panic!("8 bits")
                };
                let far = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(far <= Some(1), "{far:?}");
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for value in [
            "",
            "no/such/file.png",
            "Cargo.toml",
            "sample_images/logo.png,gravity=up",
            "sample_images/logo.png,blend=glow",
            "sample_images/logo.png,opacity=2",
            "sample_images/logo.png,width=-1",
            "sample_images/logo.png,sample_images/logo.png",
        ] {
            assert!(format!("overlay {value}").parse::<Op>().is_err(), "{value}");
        }
        let long: Op = format!("overlay {LOGO},width=100000,height=100000")
            .parse()
            .unwrap();
        let picture = plain(Channels::Gray, 0, Depth::U8);
        assert!(matches!(
            long.apply(Image::new(picture)),
            Err(OpError::Limit(_))
        ));
    }
}
