//! Reading AV1: the one place of this format that is not safe Rust. `rav1d` is dav1d in Rust, and is called as C would call it.
//!
//! It is handed memory, opens nothing, and with one thread starts none.

#![expect(unsafe_code, reason = "rav1d has the interface of a C library")]

use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use rav1d::include::dav1d::data::Dav1dData;
use rav1d::include::dav1d::dav1d::{Dav1dContext, Dav1dLogger, Dav1dSettings};
use rav1d::include::dav1d::headers::{
    DAV1D_PIXEL_LAYOUT_I400, DAV1D_PIXEL_LAYOUT_I420, DAV1D_PIXEL_LAYOUT_I422,
    DAV1D_PIXEL_LAYOUT_I444,
};
use rav1d::include::dav1d::picture::Dav1dPicture;
use rav1d::src::lib::{
    dav1d_close, dav1d_data_create, dav1d_data_unref, dav1d_default_settings, dav1d_get_picture,
    dav1d_open, dav1d_picture_unref, dav1d_send_data,
};

use crate::codecs::heif::{CodingError, Frame, Plane, Properties};
use crate::image::{Cicp, Size};

/// What the library's numbers mean.
fn failed(result: i32) -> CodingError {
    match -result {
        libc::ENOMEM => CodingError::Memory,
        libc::ENOPROTOOPT => CodingError::Unsupported(None),
        _ => CodingError::Damaged,
    }
}

/// The first picture of some data, which may have as many pixels as this size and no more.
pub(super) fn decode(
    data: &[u8],
    properties: &Properties,
    size: Size,
) -> Result<Frame, CodingError> {
    let mut decoder = Decoder::new(size, properties.operating_point)?;
    decoder.send(data)?;
    decoder.frame()
}

/// A decoder and the data that it has not taken yet.
struct Decoder {
    context: Option<Dav1dContext>,
    data: Dav1dData,
}

impl Decoder {
    fn new(size: Size, operating_point: u8) -> Result<Self, CodingError> {
        let mut settings = MaybeUninit::<Dav1dSettings>::uninit();
        let place = NonNull::from(&mut settings).cast();
        // SAFETY: there is room for settings, and the call fills it.
        unsafe { dav1d_default_settings(place) };
        // SAFETY: they were filled just now.
        let mut settings = unsafe { settings.assume_init() };
        settings.n_threads = 1;
        settings.max_frame_delay = 1;
        settings.all_layers = 0;
        settings.operating_point = operating_point.min(31).into();
        settings.frame_size_limit = u32::try_from(size.pixels()).unwrap_or(u32::MAX);
        // SAFETY: nothing is called where there is nothing to call.
        settings.logger = unsafe { Dav1dLogger::new(None, None) };
        let mut context = None;
        let (place, settings) = (NonNull::from(&mut context), NonNull::from(&mut settings));
        // SAFETY: both are there; the settings are read, and the context is written.
        let result = unsafe { dav1d_open(Some(place), Some(settings)) };
        if result.0 != 0 {
            return Err(failed(result.0));
        }
        let data = Dav1dData::default();
        Ok(Self { context, data })
    }

    /// Hands over a copy of the data, which the library frees.
    fn send(&mut self, data: &[u8]) -> Result<(), CodingError> {
        if data.is_empty() {
            return Err(CodingError::Damaged);
        }
        // SAFETY: the call fills what it is given, or returns a null.
        let room = unsafe { dav1d_data_create(Some(NonNull::from(&mut self.data)), data.len()) };
        if room.is_null() {
            return Err(CodingError::Memory);
        }
        // SAFETY: the room is new, and has been asked for with this length.
        unsafe { ptr::copy_nonoverlapping(data.as_ptr(), room, data.len()) };
        Ok(())
    }

    /// Lets it decode until there is a picture.
    fn frame(&mut self) -> Result<Frame, CodingError> {
        let mut picture = Picture(Dav1dPicture::default());
        loop {
            let mut is_all_sent = self.data.sz == 0;
            if !is_all_sent {
                let data = NonNull::from(&mut self.data);
                // SAFETY: the context is open, and the data are as `dav1d_data_create` or this very call left them.
                let sent = unsafe { dav1d_send_data(self.context, Some(data)) }.0;
                if sent != 0 && sent != -libc::EAGAIN {
                    return Err(failed(sent));
                }
                is_all_sent = self.data.sz == 0;
            }
            let place = NonNull::from(&mut picture.0);
            // SAFETY: the context is open, and the picture is empty.
            let got = unsafe { dav1d_get_picture(self.context, Some(place)) }.0;
            match got {
                0 => return picture.frame(),
                // What there is makes no picture.
                again if again == -libc::EAGAIN && is_all_sent => return Err(CodingError::Damaged),
                again if again == -libc::EAGAIN => {}
                error => return Err(failed(error)),
            }
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the data are as the library left them.
        unsafe { dav1d_data_unref(Some(NonNull::from(&mut self.data))) };
        // SAFETY: the context came from `dav1d_open`, and is not used again.
        unsafe { dav1d_close(Some(NonNull::from(&mut self.context))) };
    }
}

/// What the decoder has made; it gives that back.
struct Picture(Dav1dPicture);

impl Picture {
    fn frame(&self) -> Result<Frame, CodingError> {
        let picture = &self.0;
        // SAFETY: a picture that was made points to its header, which lives as long as it does.
        let header = picture.seq_hdr.map(|header| unsafe { header.as_ref() });
        let header = header.ok_or(CodingError::Damaged)?;
        let [width, height, bits] = [picture.p.w, picture.p.h, picture.p.bpc];
        let unsigned = |length| u32::try_from(length).map_err(|_| CodingError::Damaged);
        let size = Size::new(unsigned(width)?, unsigned(height)?);
        let chroma = match picture.p.layout {
            DAV1D_PIXEL_LAYOUT_I400 => None,
            DAV1D_PIXEL_LAYOUT_I420 => Some((2, 2)),
            DAV1D_PIXEL_LAYOUT_I422 => Some((2, 1)),
            DAV1D_PIXEL_LAYOUT_I444 => Some((1, 1)),
            _ => return Err(CodingError::Unsupported(None)),
        };
        let mut planes = vec![self.plane(0, size)?];
        if let Some((across, down)) = chroma {
            let size = Size::new(size.width.div_ceil(across), size.height.div_ceil(down));
            planes.extend([self.plane(1, size)?, self.plane(2, size)?]);
        }
        let point = |number| u8::try_from(number).unwrap_or(2);
        Ok(Frame {
            size,
            bits: u8::try_from(bits).map_err(|_| CodingError::Damaged)?,
            chroma,
            planes,
            cicp: Cicp {
                primaries: point(header.pri),
                transfer: point(header.trc),
                matrix: point(header.mtrx),
                full_range: header.color_range != 0,
            },
        })
    }

    /// A copy of the samples of a plane of this size.
    fn plane(&self, index: usize, size: Size) -> Result<Plane, CodingError> {
        let start = self.0.data[index].ok_or(CodingError::Damaged)?;
        let stride = self.0.stride[index.min(1)];
        let (width, height) = (size.width as usize, size.height as usize);
        let mut samples = Vec::new();
        samples
            .try_reserve_exact(width * height)
            .map_err(|_| CodingError::Memory)?;
        for row in 0..height {
            // SAFETY: planes have as many rows as the picture, so far from each other.
            let row = unsafe { start.cast::<u8>().offset(stride * row.cast_signed()) };
            if self.0.p.bpc == 8 {
                // SAFETY: in each row there are as many samples as the picture is wide.
                let row = unsafe { std::slice::from_raw_parts(row.as_ptr(), width) };
                samples.extend(row.iter().map(|sample| u16::from(*sample)));
            } else {
                // SAFETY: likewise, and pictures of more than 8 bits have samples of two bytes, whose rows are aligned to 64.
                let row = unsafe { std::slice::from_raw_parts(row.cast::<u16>().as_ptr(), width) };
                samples.extend_from_slice(row);
            }
        }
        Ok(Plane { samples, width })
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: it is empty, or the decoder made it.
        unsafe { dav1d_picture_unref(Some(NonNull::from(&mut self.0))) };
    }
}
