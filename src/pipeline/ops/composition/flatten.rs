//! Alpha laid on a colour.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Image, Layout};
use crate::params::{ParamError, Params};

/// Lays the picture on a colour, so that nothing shines through any more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Flatten {
    /// What it is laid on; its own alpha is left out.
    pub color: Color,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "flatten",
    aliases: &[],
    value: Value::Optional("COLOR"),
    summary: "remove alpha by laying the picture on a colour",
    details: "COLOR: any opaque colour that CSS can write; default that of --background, or white.\n\
              A picture without alpha stays as it is; gray becomes colours where the colour is one.",
    example: "#ff8800",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-background COLOR -flatten` or `-alpha remove`, sharp `flatten()`, libvips `flatten`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("flatten", text);
    let color: Option<Color> = params.take("color")?;
    let color = color.or(defaults.background).unwrap_or(Color::WHITE);
    if !color.is_opaque() {
        let message = format!("{color} is not opaque, and nothing may shine through");
        return Err(params.error(ParamError::Malformed(message)).into());
    }
    params.finish()?;
    Ok(Flatten { color }.into())
}

impl Operation for Flatten {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        self.color.to_string()
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let channels = layout.channels;
        if !channels.has_alpha() {
            return Ok(layout);
        }
        let gray = channels.is_gray() && self.color.is_gray();
        let channels = channels.with_gray(gray).with_alpha(false);
        Ok(Layout { channels, ..layout })
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let channels = self.layout(image.layout())?.channels;
        if !image.raster.channels().has_alpha() {
            return Ok(image);
        }
        let raster = image.raster.to_channels(channels.with_alpha(true));
        let raster = raster.flatten(self.color, image.metadata.transfer);
        Ok(Image { raster, ..image })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Raster, Size};

    #[test]
    fn what_is_clear_shows_the_color() {
        let samples = vec![9_u8, 0, 9, 255];
        let picture = Raster::new(Size::new(2, 1), Channels::GrayAlpha, samples).unwrap();
        let flat = |text: &str| {
            let op: Op = text.parse().unwrap();
            op.apply(Image::new(picture.clone())).unwrap().raster
        };
        let gray = Raster::new(Size::new(2, 1), Channels::Gray, vec![255_u8, 9]).unwrap();
        assert_eq!(flat("flatten"), gray);
        let red = vec![255_u8, 0, 0, 9, 9, 9];
        let red = Raster::new(Size::new(2, 1), Channels::Rgb, red).unwrap();
        assert_eq!(flat("flatten #f00"), red);
        assert!("flatten #f008".parse::<Op>().is_err());
    }

    #[test]
    fn the_flag_is_its_default() {
        let defaults = OpDefaults {
            background: "#123456".parse().ok(),
            ..OpDefaults::default()
        };
        let op = Op::parse("flatten", "", &defaults).unwrap();
        assert_eq!(op.to_string(), "flatten #123456ff");
    }
}
