//! `HaldCLUT`: a 3-D table as a picture, of every colour in the order of red, green and blue
//! (E. Bastien, "Color Look-Up Tables", <https://www.quelsolaar.com/technology/clut.html>).

use super::{Domain, Grid, MOST_POINTS};
use crate::codecs::{self, Format};
use crate::image::{Channels, Depth, Limits, Samples};

/// A picture that is no such table.
#[derive(Debug, thiserror::Error)]
pub(in crate::pipeline) enum HaldError {
    /// Its size is none that a table has.
    #[error(
        "a picture of {0}x{1} is no HaldCLUT: they are as high as wide, and that is 8, 27, 64, 125 and so on to 1728"
    )]
    Size(u32, u32),
    /// There is not even a header.
    #[error("it is cut off")]
    Short,
    /// It cannot be decoded.
    #[error("{0}")]
    Decode(String),
}

/// How many points along each edge, by the header of a PNG file.
pub(super) fn size(bytes: &[u8]) -> Result<usize, HaldError> {
    let number = |at: usize| {
        let bytes = bytes
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_be_bytes).ok_or(HaldError::Short)
    };
    points(number(16)?, number(20)?)
}

/// A picture of level³ by level³ pixels has level² points along each edge.
fn points(width: u32, height: u32) -> Result<usize, HaldError> {
    let level = (2..).take_while(|level| level * level <= MOST_POINTS);
    let mut fitting = level.filter(|level| level * level * level == width as usize);
    let level = fitting.next().filter(|_| width == height);
    let level = level.ok_or(HaldError::Size(width, height))?;
    Ok(level * level)
}

/// Reads the picture. Its samples are taken as they are, whatever profile it has.
pub(super) fn read(bytes: &[u8]) -> Result<Grid, HaldError> {
    let size = size(bytes)?;
    let decoded = codecs::decode(Format::Png.codec(), bytes, &Limits::default());
    let decoded = decoded.map_err(|error| HaldError::Decode(error.to_string()))?;
    let raster = decoded.picture.raster;
    let found = raster.size();
    if points(found.width, found.height)? != size {
        return Err(HaldError::Size(found.width, found.height));
    }
    let raster = raster.to_channels(Channels::Rgb).to_depth(Depth::F32);
    let Samples::F32(samples) = raster.into_samples() else {
        return Err(HaldError::Decode("it has no samples".to_owned()));
    };
    let (points, _) = samples.as_chunks();
    let points = points
        .iter()
        .map(|[red, green, blue]| [*red, *green, *blue, 0.0]);
    Ok(Grid {
        size,
        points: points.collect(),
        domain: Domain::USUAL,
    })
}
