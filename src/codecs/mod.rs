//! Formats: one file each, and the list. No input or output, no clock, no environment: bytes in, bytes out.
//!
//! To add one: write its file, then its lines below. What `lightmill formats` prints, which extensions mean what, and
//! the round-trip tests come from [`ALL`].

mod avif;
mod bmp;
mod boxes;
mod carries;
mod details;
mod error;
mod exr;
mod frames;
mod gif;
mod hdr;
#[cfg(feature = "heic")]
mod heic;
mod heif;
mod ico;
mod jp2;
mod jpeg;
mod jxl;
mod pages;
pub(crate) mod palette;
mod png;
mod pnm;
mod qoi;
mod raw;
mod sniff;
mod store;
#[cfg(feature = "svg")]
mod svg;
mod tga;
mod through_image;
mod tiff;
mod webp;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::image::{
    Channels, Depth, Gathered, Image, Layout, Limits, Metadata, Planes, Size, TakeRows, Transfer,
};
use crate::suggest;
use crate::warning::Warnings;

pub use avif::AvifDetails;
pub use carries::{Carries, TooLong};
pub use details::{
    Details, DetailsInfo, EncodeOptions, MOST_EFFORT, ParseSubsamplingError, Subsampling,
};
pub use error::{DecodeError, DecoderSaid, EncodeError};
pub use frames::{Delay, Frame, Plays, ReadFrames, Several, WriteFrames};
pub use gif::GifDetails;
pub use jpeg::{GainMap, JpegDetails};
pub use palette::{Dither, ParseDitherError};
pub use png::PngDetails;
pub use sniff::{Foreign, HEAD_LEN, Sniffed, announced_size, looks_like_picture, sniff, unlike};
pub use tiff::{Packing, ParsePackingError, TiffDetails};
pub use webp::WebPDetails;

/// Makes [`Format`] and [`ALL`] from one list of `module::Variant`, some of which may be there in some builds only.
macro_rules! formats {
    ($($(#[$when:meta])* $module:ident::$format:ident),* $(,)?) => {
        /// A kind of image file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Format {
            $($(#[$when])* #[doc = concat!("See `codecs/", stringify!($module), ".rs`.")] $format),*
        }

        /// Every codec, in the order of the documentation.
        pub const ALL: &[&dyn Codec] = &[$($(#[$when])* &$module::CODEC),*];

        impl Format {
            /// What reads and writes it.
            pub fn codec(self) -> &'static dyn Codec {
                match self { $($(#[$when])* Self::$format => &$module::CODEC),* }
            }
        }
    };
}

formats! {
    jpeg::Jpeg,
    png::Png,
    webp::WebP,
    avif::Avif,
    gif::Gif,
    tiff::Tiff,
    bmp::Bmp,
    qoi::Qoi,
    pnm::Pnm,
    tga::Tga,
    hdr::Hdr,
    exr::Exr,
    ico::Ico,
    jxl::Jxl,
    jp2::Jp2,
    raw::Raw,
    #[cfg(feature = "heic")]
    heic::Heic,
    #[cfg(feature = "svg")]
    svg::Svg,
}

/// What reads and writes one format.
pub trait Codec: Sync {
    /// Its entry for people and for the rest of the program.
    fn info(&self) -> &'static CodecInfo;

    /// What the file says of its picture, without decoding it.
    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError>;

    /// The picture; of a damaged file, as much of it as can be had, with a warning. Called only for a layout that has
    /// passed the limits: use [`decode`].
    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError>;

    /// Whether its pictures are made of shapes, not of pixels: [`Self::decode`] draws them as large as it is told.
    fn is_drawn(&self) -> bool {
        false
    }

    /// Pixels that a file of so many bytes usually holds, for an estimate of the work.
    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes / 3
    }

    /// The rows of the picture's planes, with enough samples for a picture of the size `whole` whose chroma has one sample for
    /// `coarseness` pixels across and down. `None` where the file, or the format, is not for that, even where rows have been
    /// taken already: [`Self::decode`] is, and says what is wrong with it. Called only for a layout that has passed the
    /// limits; no other picture is read.
    fn rows(
        &self,
        _bytes: &[u8],
        _layout: &Layout,
        _whole: Size,
        _coarseness: (u32, u32),
        _rows: &mut dyn TakeRows,
    ) -> Option<Decoded<Metadata>> {
        None
    }

    /// Bytes of memory that [`Self::rows`] takes; `None` where it is clear from the headers that there will be no rows.
    fn rows_memory(
        &self,
        _bytes: &[u8],
        _layout: &Layout,
        _whole: Size,
        _coarseness: (u32, u32),
    ) -> Option<u64> {
        None
    }

    /// What travels with the picture whose rows [`Self::rows`] reads.
    fn metadata(&self, _bytes: &[u8]) -> Option<Metadata> {
        None
    }

    /// As [`Self::rows`], all of them.
    fn planes(
        &self,
        bytes: &[u8],
        layout: &Layout,
        whole: Size,
        coarseness: (u32, u32),
    ) -> Option<Decoded<(Planes, Metadata)>> {
        let mut rows = Gathered::default();
        let read = self.rows(bytes, layout, whole, coarseness, &mut rows)?;
        Some(Decoded {
            picture: (rows.planes(layout.size), read.picture),
            warnings: read.warnings,
        })
    }

    /// A file of the same picture, as these options would have it, without any pixels in between; `keep` says what of the
    /// metadata travels on. `None` where there is no such way. For the layout, see [`Self::rows`].
    fn recode(
        &self,
        _bytes: &[u8],
        _layout: &Layout,
        _options: &EncodeOptions,
        _keep: &mut dyn FnMut(Metadata) -> Metadata,
    ) -> Option<Decoded<Vec<u8>>> {
        None
    }

    /// The pictures of a file that holds several, in their order; `None` where there is one, or they are not to be told apart. For
    /// the layout, see [`Self::rows`]; whoever reads asks the limits about each picture that comes, but no frame that is
    /// larger than a picture may be is taken in.
    fn frames<'a>(
        &self,
        _bytes: &'a [u8],
        _layout: &Layout,
        _limits: &Limits,
    ) -> Result<Option<Box<dyn ReadFrames + 'a>>, DecodeError> {
        Ok(None)
    }

    /// How several pictures are written to one file; `None` where they are not.
    fn several(&self) -> Option<Several> {
        None
    }

    /// What takes pictures for such a file. `size` is that of the first.
    fn write_frames(
        &self,
        _size: Size,
        _plays: Plays,
        _options: &EncodeOptions,
    ) -> Result<Box<dyn WriteFrames>, EncodeError> {
        Err(EncodeError::OnePicture(self.info().format))
    }

    /// Bytes of memory that it takes to read a picture of this layout, where that may be more than three times the picture.
    fn reading(&self, _picture: &Layout) -> u64 {
        0
    }

    /// Bytes of memory that it usually takes to write a picture of this layout, with the picture and the file.
    fn memory(&self, picture: &Layout, options: &EncodeOptions) -> u64 {
        store::memory(picture, self.info(), options)
    }

    /// What writes files of the format from which every sample that it stores is read back as it was. `None` where there is
    /// no such way.
    fn lossless(&'static self) -> Option<&'static dyn Codec> {
        None
    }

    /// The format that its pictures are written in where nobody asks for one: itself, if it is written at all.
    fn written_as(&self) -> Format {
        self.info().format
    }

    /// The pixels across and down for one sample of chroma that [`Self::encode_planes`] is to get. `None` where it is not
    /// to be called.
    fn coarseness(&self, _options: &EncodeOptions) -> Option<(u32, u32)> {
        None
    }

    /// The file, from planes.
    fn encode_planes(
        &self,
        planes: &Planes,
        _metadata: &Metadata,
        _options: &EncodeOptions,
    ) -> Result<Vec<u8>, EncodeError> {
        let (format, size) = (self.info().format, planes.size);
        Err(EncodeError::Planes { format, size })
    }

    /// The file. The picture is brought to what the format stores first.
    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError>;
}

/// What was read of a file, and what must be said of that.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<T> {
    /// A picture, in whatever form.
    pub picture: T,
    /// What is wrong with it, or was left out.
    pub warnings: Warnings,
}

impl<T> From<T> for Decoded<T> {
    /// There is nothing to say.
    fn from(picture: T) -> Self {
        let warnings = Warnings::none();
        Self { picture, warnings }
    }
}

/// What can be said of a format.
#[derive(Debug)]
pub struct CodecInfo {
    /// Its value.
    pub format: Format,
    /// The word people type: `jpeg`.
    pub name: &'static str,
    /// Its name in full.
    pub title: &'static str,
    /// Extensions without dot, lower case; the first is the one we give.
    pub extensions: &'static [&'static str],
    /// The beginnings that give it away; empty where there is none.
    pub magic: &'static [Magic],
    /// What its files hold as we write them; nothing if we do not.
    pub stores: &'static [(Channels, Depth)],
    /// The transfer of its float samples. Integers are always encoded.
    pub float_transfer: Transfer,
    /// Quality when nobody names one; `None` where the format (as we write it) has none.
    pub default_quality: Option<u8>,
    /// Whether it can be written faster, or smaller, than by default.
    pub has_effort: bool,
    /// Options of its own, beside those that formats share.
    pub details: Option<&'static DetailsInfo>,
    /// The longest side it can hold.
    pub max_side: u32,
    /// What its files carry beside samples.
    pub carries: Carries,
    /// What is worth knowing; empty or one line.
    pub note: &'static str,
}

/// Bytes at a fixed place. `None` stands for any byte.
#[derive(Debug)]
pub struct Magic {
    /// Where they stand.
    pub offset: usize,
    /// The bytes.
    pub bytes: &'static [u8],
}

/// What makes pictures of what the sensors of cameras have measured; `None` in a build without it.
pub fn developing() -> Option<&'static dyn Codec> {
    #[cfg(feature = "develop")]
    return Some(&raw::develop::CODEC);
    #[cfg(not(feature = "develop"))]
    None
}

/// Header, then limits, then pixels: the one way to a picture, so that no codec can forget the limits.
pub fn decode(
    codec: &dyn Codec,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Decoded<Image>, DecodeError> {
    let layout = codec.header(bytes)?;
    limits.admit(&layout)?;
    codec.decode(bytes, &layout)
}

impl CodecInfo {
    /// Whether files of the format are written.
    pub fn is_written(&self) -> bool {
        !self.stores.is_empty()
    }

    /// Whether such samples are written.
    pub fn has(&self, depth: Depth) -> bool {
        self.stores.iter().any(|(_, stored)| *stored == depth)
    }
}

impl Format {
    /// Its entry.
    pub fn info(self) -> &'static CodecInfo {
        self.codec().info()
    }

    /// The format that files with this extension should hold.
    pub fn from_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        let mut infos = ALL.iter().map(|codec| codec.info());
        let info = infos.find(|info| info.extensions.contains(&extension.as_str()));
        info.map(|info| info.format)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().name)
    }
}

/// A word that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format `{word}`{hint}")]
pub struct ParseFormatError {
    word: String,
    hint: String,
}

impl FromStr for Format {
    type Err = ParseFormatError;

    /// A format's name or one of its extensions.
    fn from_str(word: &str) -> Result<Self, ParseFormatError> {
        let mut infos = ALL.iter().map(|codec| codec.info());
        let named = infos.find(|info| info.name == word);
        Self::from_extension(word)
            .or(named.map(|info| info.format))
            .ok_or_else(|| ParseFormatError {
                word: word.to_owned(),
                hint: suggest::hint(word, ALL.iter().map(|codec| codec.info().name)),
            })
    }
}

#[cfg(test)]
mod tests;
