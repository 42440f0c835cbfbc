//! libwebp's encoder: the one place of this format that is not safe Rust.
//!
//! It is handed memory and a function that takes what it writes. It opens nothing, starts no thread (`thread_level` stays
//! 0), and says no where memory is wanting.

#![expect(unsafe_code, reason = "libwebp is a C library")]

use std::ffi::{c_int, c_void};
use std::ptr;

use libwebp_sys::{
    WebPConfig, WebPEncCSP, WebPEncode, WebPEncodingError, WebPPicture, WebPPictureFree,
    WebPPictureImportRGB, WebPPictureImportRGBA, WebPPreset,
};

use crate::codecs::{MOST_EFFORT, WebPDetails};
use crate::image::Size;

/// Samples, row after row and nothing between the rows.
pub(super) enum Source<'a> {
    Rgb(&'a [u8]),
    Rgba(&'a [u8]),
    /// For lossy files. The encoder may paint over them.
    Planes(&'a mut Yuv),
}

/// Luma and chroma in VP8's range: a sample of chroma for two pixels across and down, the last ones for what there is.
pub(super) struct Yuv {
    pub(super) luma: Vec<u8>,
    pub(super) blue: Vec<u8>,
    pub(super) red: Vec<u8>,
}

/// How a file is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// With a quality of 1 to 100.
    Lossy(u8),
    /// With each sample as it is, also where nothing is seen of it.
    Lossless,
    /// With each sample near to what it is: from 0, further off, to 100.
    NearLossless(u8),
}

/// Why libwebp made no file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("memory is wanting")]
    Memory,
    #[error("{0}")]
    Other(&'static str),
}

/// A file in its simple form, or, lossy with alpha, in its extended one.
/// `effort` is from 1 to [`MOST_EFFORT`], or the library's default.
pub(super) fn encode(
    size: Size,
    source: Source<'_>,
    way: Way,
    effort: Option<u8>,
    details: WebPDetails,
) -> Result<Vec<u8>, Refused> {
    let config = config(way, effort, details)?;
    let mut picture = Picture::new(size)?;
    // It makes chroma with more care of colours than of samples that are chroma already.
    picture.0.use_argb = c_int::from(!matches!(way, Way::Lossy(_)) || details.sharp_yuv);
    picture.take(size, source)?;
    let mut out = Vec::new();
    picture.0.writer = Some(write);
    picture.0.custom_ptr = (&raw mut out).cast::<c_void>();
    // SAFETY: both are complete; the samples and `out`, to which the picture points, outlive the call.
    let done = unsafe { WebPEncode(&raw const config, &raw mut picture.0) };
    if done == 0 {
        return Err(picture.error());
    }
    Ok(out)
}

pub(super) fn config(
    way: Way,
    effort: Option<u8>,
    details: WebPDetails,
) -> Result<WebPConfig, Refused> {
    let quality = match way {
        Way::Lossy(quality) => f32::from(quality),
        Way::Lossless | Way::NearLossless(_) => effort.map_or(LOSSLESS_EFFORT, |effort| {
            f32::from(effort.clamp(1, MOST_EFFORT)) * 10.0
        }),
    };
    let config = WebPConfig::new_with_preset(WebPPreset::WEBP_PRESET_DEFAULT, quality);
    let mut config = config.map_err(|()| Refused::Other("it knows no such quality"))?;
    if let Some(effort) = effort {
        config.method = method(effort);
    }
    match way {
        Way::Lossy(_) => {
            config.use_sharp_yuv = c_int::from(details.sharp_yuv);
            config.alpha_quality = details.alpha_quality.map_or(100, c_int::from);
        }
        Way::Lossless => {
            config.lossless = 1;
            config.exact = 1;
        }
        Way::NearLossless(level) => {
            config.lossless = 1;
            config.near_lossless = c_int::from(level);
        }
    }
    Ok(config)
}

/// The library's own scale of effort goes from 0 to 6.
fn method(effort: u8) -> c_int {
    c_int::from(effort.clamp(1, MOST_EFFORT) - 1) * 6 / c_int::from(MOST_EFFORT - 1)
}

/// In lossless files quality is how hard is tried, from 0 to 100; this is the library's own default.
const LOSSLESS_EFFORT: f32 = 75.0;

/// What the encoder reads from; it gives back what it has allocated for that.
pub(super) struct Picture(WebPPicture);

impl Picture {
    pub(super) fn new(size: Size) -> Result<Self, Refused> {
        let picture = WebPPicture::new();
        let mut picture = picture.map_err(|()| Refused::Other("it is of another version"))?;
        let narrow = |length: u32| c_int::try_from(length);
        let too_long = |_| Refused::Other("the picture is too large");
        picture.width = narrow(size.width).map_err(too_long)?;
        picture.height = narrow(size.height).map_err(too_long)?;
        Ok(Self(picture))
    }

    /// Lets it take colours as they are, and not as luma and chroma.
    pub(super) fn keep_colors(&mut self) {
        self.0.use_argb = 1;
    }

    pub(super) fn as_mut(&mut self) -> &mut WebPPicture {
        &mut self.0
    }

    /// Takes the samples over: pixels as a copy, planes as they lie there.
    pub(super) fn take(&mut self, size: Size, source: Source<'_>) -> Result<(), Refused> {
        let (width, height) = (size.width as usize, size.height as usize);
        let (across, down) = (width.div_ceil(2), height.div_ceil(2));
        let enough = match &source {
            Source::Rgb(samples) => samples.len() >= 3 * width * height,
            Source::Rgba(samples) => samples.len() >= 4 * width * height,
            Source::Planes(yuv) => {
                let halves = yuv.blue.len().min(yuv.red.len());
                yuv.luma.len() >= width * height && halves >= across * down
            }
        };
        if !enough {
            return Err(Refused::Other("there are too few samples"));
        }
        let row = self.0.width;
        let done = match source {
            // SAFETY: there are `height` rows of `3 * width` samples.
            Source::Rgb(samples) => unsafe {
                WebPPictureImportRGB(&raw mut self.0, samples.as_ptr(), 3 * row)
            },
            // SAFETY: there are `height` rows of `4 * width` samples.
            Source::Rgba(samples) => unsafe {
                WebPPictureImportRGBA(&raw mut self.0, samples.as_ptr(), 4 * row)
            },
            Source::Planes(yuv) => {
                self.point_to(yuv);
                1
            }
        };
        if done == 0 {
            return Err(self.error());
        }
        Ok(())
    }

    fn point_to(&mut self, yuv: &mut Yuv) {
        let picture = &mut self.0;
        picture.colorspace = WebPEncCSP::WEBP_YUV420;
        picture.y = yuv.luma.as_mut_ptr();
        picture.u = yuv.blue.as_mut_ptr();
        picture.v = yuv.red.as_mut_ptr();
        picture.a = ptr::null_mut();
        picture.y_stride = picture.width;
        picture.uv_stride = picture.width / 2 + picture.width % 2;
    }

    /// What its last call has complained of. To take what it writes takes nothing but memory.
    pub(super) fn error(&self) -> Refused {
        match self.0.error_code {
            WebPEncodingError::VP8_ENC_ERROR_OUT_OF_MEMORY
            | WebPEncodingError::VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY
            | WebPEncodingError::VP8_ENC_ERROR_BAD_WRITE => Refused::Memory,
            WebPEncodingError::VP8_ENC_ERROR_PARTITION0_OVERFLOW
            | WebPEncodingError::VP8_ENC_ERROR_PARTITION_OVERFLOW
            | WebPEncodingError::VP8_ENC_ERROR_FILE_TOO_BIG => {
                Refused::Other("the file would be larger than the format allows")
            }
            WebPEncodingError::VP8_ENC_ERROR_BAD_DIMENSION => {
                Refused::Other("the picture is too large")
            }
            WebPEncodingError::VP8_ENC_OK
            | WebPEncodingError::VP8_ENC_ERROR_NULL_PARAMETER
            | WebPEncodingError::VP8_ENC_ERROR_INVALID_CONFIGURATION
            | WebPEncodingError::VP8_ENC_ERROR_USER_ABORT
            | WebPEncodingError::VP8_ENC_ERROR_LAST => Refused::Other("it does not say why"),
        }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: it is complete, and this frees only what the library has allocated for it.
        unsafe { WebPPictureFree(&raw mut self.0) };
    }
}

/// Appends what the encoder has written to the bytes that the picture points to; 0 where there is no memory for it.
unsafe extern "C" fn write(data: *const u8, length: usize, picture: *const WebPPicture) -> c_int {
    // SAFETY: the encoder hands on the picture that it was given.
    let out = unsafe { (*picture).custom_ptr }.cast::<Vec<u8>>();
    // SAFETY: `encode` has put it there, and looks at it again only when the encoder is through.
    let out = unsafe { &mut *out };
    if length == 0 {
        return 1;
    }
    // SAFETY: the encoder says how much it has written.
    let data = unsafe { std::slice::from_raw_parts(data, length) };
    if out.try_reserve(length).is_err() {
        return 0;
    }
    out.extend_from_slice(data);
    1
}
