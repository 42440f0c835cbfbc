//! JPEG XL (ISO/IEC 18181). Files are read, and not written: no encoder is free to be part of this program.

use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, InitializeResult, JxlImage, JxlThreadPool, PixelFormat};

use super::{
    Carries, Codec, CodecInfo, DecodeError, Decoded, DecoderSaid, EncodeError, EncodeOptions,
    Format, Magic,
};
use crate::image::{
    Channels, Cicp, Depth, Image, Layout, Metadata, Orientation, Raster, Samples, Size, Transfer,
};
use crate::warning::{Warning, Warnings};

static INFO: CodecInfo = CodecInfo {
    format: Format::Jxl,
    name: "jxl",
    title: "JPEG XL",
    extensions: &["jxl"],
    magic: &[
        Magic {
            offset: 0,
            bytes: b"\xff\x0a",
        },
        Magic {
            offset: 0,
            bytes: b"\0\0\0\x0cJXL \r\n\x87\n",
        },
    ],
    stores: &[],
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 0,
    carries: Carries::NOTHING,
    note: "no encoder has a licence that fits; of an animation, the first frame",
};

/// Memory that the decoder may take for each sample, and beside them all, in bytes: it computes in floats, and keeps several
/// of them.
const OF_A_SAMPLE: u64 = 32;
const SCRATCH: u64 = 256 << 20;

pub(super) static CODEC: Jxl = Jxl;

/// See the module.
pub(super) struct Jxl;

impl Codec for Jxl {
    fn info(&self) -> &'static CodecInfo {
        &INFO
    }

    fn usual_pixels(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(8)
    }

    fn header(&self, bytes: &[u8]) -> Result<Layout, DecodeError> {
        let builder = JxlImage::builder().pool(JxlThreadPool::none());
        let tracker = AllocTracker::with_limit(length(SCRATCH));
        let mut image = builder.alloc_tracker(tracker).build_uninit();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (some, more) = rest.split_at(rest.len().min(PIECE));
            let taken = image.feed_bytes(some).map_err(|error| damaged(&*error))?;
            if taken < some.len() && taken == 0 {
                break;
            }
            rest = rest.get(taken..).unwrap_or(more);
            match image.try_init().map_err(|error| damaged(&*error))? {
                InitializeResult::NeedMoreData(unready) => image = unready,
                InitializeResult::Initialized(image) => return layout(&image),
            }
        }
        Err(truncated())
    }

    fn decode(&self, bytes: &[u8], layout: &Layout) -> Result<Decoded<Image>, DecodeError> {
        let samples = layout.size.pixels() * layout.channels.count() as u64;
        let limit = samples.saturating_mul(OF_A_SAMPLE).saturating_add(SCRATCH);
        let image = JxlImage::builder()
            .pool(JxlThreadPool::none())
            .alloc_tracker(AllocTracker::with_limit(length(limit)))
            .read(bytes)
            .map_err(|error| damaged(&*error))?;
        if !image.is_loading_done() {
            return Err(truncated());
        }
        let render = image.render_frame(0).map_err(|error| damaged(&*error))?;
        let mut stream = render.stream();
        let count = length(samples);
        let samples = match layout.depth {
            Depth::U8 => {
                let mut samples = vec![0_u8; count];
                stream.write_to_buffer(&mut samples);
                Samples::U8(samples)
            }
            Depth::U16 => {
                let mut samples = vec![0_u16; count];
                stream.write_to_buffer(&mut samples);
                Samples::U16(samples)
            }
            Depth::F32 => {
                let mut samples = vec![0_f32; count];
                stream.write_to_buffer(&mut samples);
                Samples::F32(samples)
            }
        };
        let raster = Raster::new(layout.size, layout.channels, samples);
        let raster = raster.map_err(|source| DecodeError::Inconsistent {
            format: INFO.format,
            source,
        })?;
        let more = image.num_loaded_keyframes() > 1;
        let more = more.then(|| Warning::frames_dropped("an animation of several frames"));
        Ok(Decoded {
            picture: Image {
                raster,
                metadata: metadata(&image),
            },
            warnings: more.into_iter().collect::<Warnings>(),
        })
    }

    fn written_as(&self) -> Format {
        Format::Png
    }

    fn encode(&self, _: Image, _: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        Err(EncodeError::ReadOnly(INFO.format))
    }
}

/// Bytes that are handed to the parser at once.
const PIECE: usize = 1 << 16;

fn length(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn damaged(said: &(dyn std::error::Error + Send + Sync)) -> DecodeError {
    DecodeError::Damaged {
        format: INFO.format,
        source: DecoderSaid(said.to_string()),
    }
}

fn truncated() -> DecodeError {
    DecodeError::Damaged {
        format: INFO.format,
        source: DecoderSaid("the file ends too early".to_owned()),
    }
}

/// The decoder turns pictures upright by itself.
fn layout(image: &JxlImage) -> Result<Layout, DecodeError> {
    let channels = match image.pixel_format() {
        PixelFormat::Gray => Channels::Gray,
        PixelFormat::Graya => Channels::GrayAlpha,
        PixelFormat::Rgb => Channels::Rgb,
        PixelFormat::Rgba => Channels::Rgba,
        PixelFormat::Cmyk | PixelFormat::Cmyka => {
            return Err(DecodeError::Unsupported {
                format: INFO.format,
                source: DecoderSaid("its samples are inks".to_owned()),
            });
        }
    };
    Ok(Layout {
        size: Size::new(image.width(), image.height()),
        channels,
        depth: match image.image_header().metadata.bit_depth {
            BitDepth::IntegerSample { bits_per_sample } if bits_per_sample <= 8 => Depth::U8,
            BitDepth::IntegerSample { .. } => Depth::U16,
            BitDepth::FloatSample { .. } => Depth::F32,
        },
        orientation: Orientation::Upright,
    })
}

fn metadata(image: &JxlImage) -> Metadata {
    let cicp = image
        .rendered_cicp()
        .map(|[primaries, transfer, matrix, range]| Cicp {
            primaries,
            transfer,
            matrix,
            full_range: range != 0,
        });
    let boxes = image.aux_boxes();
    let exif = boxes.first_exif().ok();
    let exif = exif.and_then(|exif| exif.has_data().then(|| upright(exif.unwrap().payload())));
    let xmp = boxes.first_xml();
    Metadata {
        icc: cicp.is_none().then(|| image.rendered_icc()),
        cicp,
        exif,
        xmp: xmp.has_data().then(|| xmp.unwrap().to_vec()),
        ..Metadata::default()
    }
}

/// What EXIF says of the orientation does not count here (ISO/IEC 18181-2, 9.5).
fn upright(exif: &[u8]) -> Vec<u8> {
    use ::image::metadata::Orientation as ExifOrientation;
    let mut exif = exif.to_vec();
    let _dropped: Option<ExifOrientation> = ExifOrientation::remove_from_exif_chunk(&mut exif);
    exif
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs;
    use crate::image::Limits;

    /// A bare codestream, made by cjxl's lossless mode.
    const SAMPLE: &[u8] = include_bytes!("samples/gradient.jxl");

    #[test]
    fn a_picture_comes_out() {
        let decoded = codecs::decode(&CODEC, SAMPLE, &Limits::default()).unwrap();
        assert_eq!(decoded.picture.layout(), CODEC.header(SAMPLE).unwrap());
        let Samples::U8(samples) = decoded.picture.raster.samples() else {
            panic!("it has 8 bits");
        };
        for (at, pixel) in samples.chunks_exact(3).enumerate() {
            let (x, y) = (at % 16, at / 16);
            let expected = [x * 16, y * 16, (x + y) * 8].map(|value| u8::try_from(value).unwrap());
            assert_eq!(pixel, expected, "{x}, {y}");
        }
    }

    #[test]
    fn broken_files_end_in_an_error() {
        for length in 0..SAMPLE.len() {
            let cut = codecs::decode(&CODEC, &SAMPLE[..length], &Limits::default());
            assert!(cut.is_err(), "{length}");
        }
        for at in 0..SAMPLE.len() {
            let mut bytes = SAMPLE.to_vec();
            bytes[at] ^= 1 << (at % 8);
            let _whatever: Result<_, _> = codecs::decode(&CODEC, &bytes, &Limits::default());
        }
    }

    #[test]
    fn nothing_is_written() {
        let decoded = codecs::decode(&CODEC, SAMPLE, &Limits::default()).unwrap();
        let written = CODEC.encode(decoded.picture, &EncodeOptions::default());
        assert!(matches!(written, Err(EncodeError::ReadOnly(Format::Jxl))));
    }
}
