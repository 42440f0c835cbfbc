use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Asset, AssetError, Made, OpError};
use crate::codecs::{self, Format, HEAD_LEN, Sniffed};
use crate::image::{Image, Layout, LimitError, Limits, Raster, Size, Transfer};
use crate::params;
use crate::pipeline::color;
use crate::warning::Warnings;

/// A file that holds a picture which an operation needs. Its header is looked at when it is named; it is decoded once by
/// each worker, brought to sRGB, and turned upright.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    file: Asset,
    #[serde(skip)]
    header: Made<Option<(Format, Layout)>>,
    #[serde(skip)]
    decoded: Made<Result<Raster, OpError>>,
}

/// A file that cannot be laid over pictures.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It cannot be had.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// It holds something else.
    #[error("it is {0}")]
    Foreign(String),
    /// It is no picture that is read.
    #[error("it holds no picture that is known")]
    Unknown,
    /// Its header is damaged.
    #[error("it cannot be read: {0}")]
    Damaged(String),
    /// It is too large.
    #[error(transparent)]
    Large(#[from] LimitError),
}

impl FromStr for Picture {
    type Err = PictureError;

    fn from_str(path: &str) -> Result<Self, PictureError> {
        let picture = Self {
            file: Asset::read(path)?,
            header: Made::default(),
            decoded: Made::default(),
        };
        let format = picture.format()?;
        let header = format.codec().header(picture.file.bytes());
        let layout = header.map_err(|error| PictureError::Damaged(told(&error)))?;
        Limits::default().admit(&layout)?;
        picture.header.get_or_make(|| Some((format, layout)));
        Ok(picture)
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&params::quoted(&self.file.to_string()))
    }
}

/// An error and its causes in one line.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

impl Picture {
    fn format(&self) -> Result<Format, PictureError> {
        let bytes = self.file.bytes();
        let head = &bytes[..bytes.len().min(HEAD_LEN)];
        let extension = Path::new(self.file.path()).extension();
        match codecs::sniff(head, extension.and_then(|extension| extension.to_str())) {
            Sniffed::Known(format) => Ok(format),
            Sniffed::Foreign(foreign) => Err(PictureError::Foreign(foreign.reason())),
            Sniffed::Empty | Sniffed::Unknown => Err(PictureError::Unknown),
        }
    }

    /// What its header says of it, turned upright.
    pub(super) fn layout(&self) -> Result<Layout, OpError> {
        let (_, layout) = self.header()?;
        let size = layout.orientation.applied_to(layout.size);
        Ok(Layout { size, ..layout })
    }

    fn header(&self) -> Result<(Format, Layout), OpError> {
        let header = self.header.get_or_make(|| {
            let format = self.format().ok()?;
            let layout = format.codec().header(self.file.bytes()).ok()?;
            Some((format, layout))
        });
        header.ok_or_else(|| OpError::Library(format!("{} cannot be read", self.file)))
    }

    /// Bytes that it takes, in its file and decoded.
    pub(super) fn held(&self) -> u64 {
        let decoded = self.header().map_or(0, |(_, layout)| layout.bytes());
        decoded.saturating_add(self.file.bytes().len() as u64)
    }

    /// Its pixels; those of a drawing in the size that is wanted, those of others in their own.
    pub(super) fn raster(&self, wanted: Size) -> Result<Cow<'_, Raster>, OpError> {
        let (format, layout) = self.header()?;
        if format.codec().is_drawn() {
            let layout = Layout {
                size: wanted,
                ..layout
            };
            let drawn = format.codec().decode(self.file.bytes(), &layout);
            let drawn = drawn.map_err(|error| self.unreadable(&error))?;
            return Ok(Cow::Owned(upright(drawn.picture)));
        }
        let decoded = self.decoded.get_or_make(|| {
            let codec = format.codec();
            let decoded = codecs::decode(codec, self.file.bytes(), &Limits::default());
            let decoded = decoded.map_err(|error| self.unreadable(&error))?;
            Ok(upright(decoded.picture))
        });
        decoded.as_ref().map(Cow::Borrowed).map_err(Clone::clone)
    }

    fn unreadable(&self, error: &dyn std::error::Error) -> OpError {
        OpError::Library(format!("{}: {}", self.file, told(error)))
    }
}

/// In sRGB, and turned as it is meant to be seen.
fn upright(image: Image) -> Raster {
    let image = color::to_srgb(image, &mut Warnings::none());
    let orientation = image.metadata.orientation;
    let raster = image
        .raster
        .to_transfer(image.metadata.transfer, Transfer::Srgb);
    raster.turned(orientation)
}
