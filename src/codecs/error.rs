//! What can go wrong with files.

use super::Format;
use crate::image::{Depth, LimitError, RasterError, Size};

/// Why bytes are no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The file breaks its format's rules.
    #[error("damaged {format} file")]
    Damaged {
        /// The format it was read as.
        format: Format,
        /// What the decoder said.
        source: DecoderSaid,
    },
    /// The file is fine, and uses what the decoder does not know.
    #[error("unsupported kind of {format} file")]
    Unsupported {
        /// The format it was read as.
        format: Format,
        /// What the decoder said.
        source: DecoderSaid,
    },
    /// The picture, or what decoding it takes, exceeds a limit.
    #[error("over a limit")]
    Limit(#[from] LimitError),
    /// The decoder would need more memory than such a picture may.
    #[error("{format} file that needs more memory than its size justifies")]
    Memory {
        /// The format it was read as.
        format: Format,
        /// What the decoder said.
        source: DecoderSaid,
    },
    /// The decoder's samples do not fill its own header's size.
    #[error("inconsistent {format} file")]
    Inconsistent {
        /// The format it was read as.
        format: Format,
        /// What does not fit.
        source: RasterError,
    },
}

/// A decoder's own words, without those that say again which format it was.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DecoderSaid(pub(super) String);

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A side is longer than the format can say.
    #[error("{format} holds at most {max_side} pixels a side, and the picture is {size}")]
    Side {
        /// The format.
        format: Format,
        /// Its longest side.
        max_side: u32,
        /// The picture's size.
        size: Size,
    },
    /// A side is shorter than its encoder takes.
    #[error("{format} takes at least {min_side} pixels a side, and the picture is {size}")]
    Small {
        /// The format.
        format: Format,
        /// The shortest side.
        min_side: u32,
        /// The picture's size.
        size: Size,
    },
    /// It takes no planes.
    #[error("{format} cannot be written from the planes of a picture of {size}")]
    Planes {
        /// The format.
        format: Format,
        /// The picture's size.
        size: Size,
    },
    /// It holds a single picture.
    #[error("{0} holds a single picture")]
    OnePicture(Format),
    /// There is nothing to be written.
    #[error("{0} file without a frame")]
    NoFrames(Format),
    /// A frame has another size than the first.
    #[error("a frame of a {format} file cannot be {size} where the first is {first}")]
    Sizes {
        /// The format.
        format: Format,
        /// The size of the first.
        first: Size,
        /// The size of another.
        size: Size,
    },
    /// It is read, and not written.
    #[error("{0} files are read, and not written")]
    ReadOnly(Format),
    /// It has no such samples.
    #[error("{format} holds no samples of {depth}")]
    Depth {
        /// The format.
        format: Format,
        /// What was asked for.
        depth: Depth,
    },
    /// Nothing may be lost, and the format loses something however it is written.
    #[error("{0} cannot be written without loss")]
    Lossy(Format),
    /// The encoder refused.
    #[error("{format} encoder failed")]
    Encoder {
        /// The format.
        format: Format,
        /// What it said.
        source: ::image::ImageError,
    },
}
