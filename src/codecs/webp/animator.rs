//! libwebp's encoder of animations. What is said of the encoder of pictures holds here, too.

#![expect(unsafe_code, reason = "libwebp is a C library")]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::slice;

use libwebp_sys::{
    WEBP_MUX_ABI_VERSION, WebPAnimEncoder, WebPAnimEncoderAdd, WebPAnimEncoderAssemble,
    WebPAnimEncoderDelete, WebPAnimEncoderNewInternal, WebPAnimEncoderOptionsInitInternal,
    WebPConfig, WebPData, WebPDataClear,
};

use super::libwebp::{Picture, Refused, Source, Way, config};
use crate::codecs::WebPDetails;
use crate::image::Size;

/// An animation that is being written.
pub(super) struct Animator {
    encoder: NonNull<WebPAnimEncoder>,
    config: WebPConfig,
    size: Size,
    /// When the next frame begins, in milliseconds.
    elapsed: c_int,
}

/// Key frames are at least and at most so far from each other, as the library's own tools have it: (lossless, lossy).
const KEY_FRAMES: [(c_int, c_int); 2] = [(9, 17), (3, 5)];

/// From here on every way to write a frame is tried.
const TRIES_ALL: u8 = 9;

impl Animator {
    /// `plays` of none is without an end.
    pub(super) fn new(
        size: Size,
        plays: u32,
        way: Way,
        effort: Option<u8>,
        details: WebPDetails,
    ) -> Result<Self, Refused> {
        let config = config(way, effort, details)?;
        let mut options = MaybeUninit::uninit();
        let version = c_int::try_from(WEBP_MUX_ABI_VERSION).unwrap_or_default();
        // SAFETY: it writes all of the options, or says no.
        let done = unsafe { WebPAnimEncoderOptionsInitInternal(options.as_mut_ptr(), version) };
        if done == 0 {
            return Err(Refused::Other("it is of another version"));
        }
        // SAFETY: they were written.
        let mut options = unsafe { options.assume_init() };
        // The format has 16 bits for it.
        options.anim_params.loop_count = c_int::try_from(plays.min(0xffff)).unwrap_or_default();
        options.anim_params.bgcolor = 0;
        (options.kmin, options.kmax) = KEY_FRAMES[usize::from(config.lossless == 0)];
        options.minimize_size = c_int::from(effort.is_some_and(|effort| effort >= TRIES_ALL));
        let narrow = |side: u32| c_int::try_from(side);
        let too_long = |_| Refused::Other("the picture is too large");
        let width = narrow(size.width).map_err(too_long)?;
        let height = narrow(size.height).map_err(too_long)?;
        // SAFETY: the options are complete; it copies them.
        let encoder =
            unsafe { WebPAnimEncoderNewInternal(width, height, &raw const options, version) };
        Ok(Self {
            encoder: NonNull::new(encoder).ok_or(Refused::Memory)?,
            config,
            size,
            elapsed: 0,
        })
    }

    /// Adds a frame that is shown for so many milliseconds.
    pub(super) fn add(&mut self, rgba: &[u8], milliseconds: u64) -> Result<(), Refused> {
        let mut picture = Picture::new(self.size)?;
        picture.keep_colors();
        picture.take(self.size, Source::Rgba(rgba))?;
        let (encoder, frame) = (self.encoder.as_ptr(), picture.as_mut());
        // SAFETY: all are complete, and the encoder copies what it needs later.
        let done =
            unsafe { WebPAnimEncoderAdd(encoder, frame, self.elapsed, &raw const self.config) };
        if done == 0 {
            return Err(match picture.error() {
                Refused::Memory => Refused::Memory,
                Refused::Other(_) => Refused::Other("a frame cannot be added"),
            });
        }
        let until = c_int::try_from(milliseconds)
            .ok()
            .and_then(|milliseconds| self.elapsed.checked_add(milliseconds));
        self.elapsed = until.ok_or(Refused::Other("it lasts for too long"))?;
        Ok(())
    }

    /// The file.
    pub(super) fn finish(self) -> Result<Vec<u8>, Refused> {
        let encoder = self.encoder.as_ptr();
        let end = ptr::null_mut();
        // SAFETY: no frame ends them; the time says how long the last is shown.
        let done = unsafe { WebPAnimEncoderAdd(encoder, end, self.elapsed, ptr::null()) };
        if done == 0 {
            return Err(Refused::Other("the last frame cannot be ended"));
        }
        let mut data = WebPData::default();
        // SAFETY: the data are empty before it, and whole behind it.
        let done = unsafe { WebPAnimEncoderAssemble(encoder, &raw mut data) };
        let mut out = Vec::new();
        let fits = out.try_reserve_exact(data.size).is_ok();
        if done > 0 && fits && !data.bytes.is_null() {
            // SAFETY: it says where they are, and how many.
            out.extend_from_slice(unsafe { slice::from_raw_parts(data.bytes, data.size) });
        }
        // SAFETY: they are the library's own.
        unsafe { WebPDataClear(&mut data) };
        match (done, fits) {
            (0, _) => Err(Refused::Other("the frames cannot be put together")),
            (_, false) => Err(Refused::Memory),
            (_, true) => Ok(out),
        }
    }
}

impl Drop for Animator {
    fn drop(&mut self) {
        // SAFETY: it is complete, and nobody else's.
        unsafe { WebPAnimEncoderDelete(self.encoder.as_ptr()) };
    }
}
