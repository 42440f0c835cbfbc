//! JPEG XL (ISO/IEC 18181). All files are read; those that are written are without loss, in sRGB, made fast rather than small: the
//! encoders that do more are not free to be part of this program.

use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, InitializeResult, JxlImage, JxlThreadPool, PixelFormat};
use zune_core::bit_depth::BitDepth as Bits;
use zune_core::colorspace::ColorSpace;
use zune_core::options::EncoderOptions;
use zune_jpegxl::JxlSimpleEncoder;

use super::store::{orientation, prepare};
use super::through_image::{admit, encoder_failed};
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
    stores: &STORES,
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: 1 << 18,
    carries: Carries {
        exif: Some(i32::MAX as usize),
        xmp: Some(i32::MAX as usize),
        ..Carries::NOTHING
    },
    note: "written without loss, in sRGB, with alpha in 8 bits; of an animation, the first frame",
};

/// The encoder does not say of alpha that it is deep.
static STORES: [(Channels, Depth); 6] = [
    (Channels::Gray, Depth::U8),
    (Channels::GrayAlpha, Depth::U8),
    (Channels::Rgb, Depth::U8),
    (Channels::Rgba, Depth::U8),
    (Channels::Gray, Depth::U16),
    (Channels::Rgb, Depth::U16),
];

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

    fn lossless(&'static self) -> Option<&'static dyn Codec> {
        Some(self)
    }

    /// The picture, its residuals in bits, and the file.
    fn memory(&self, picture: &Layout, _options: &EncodeOptions) -> u64 {
        picture.bytes().saturating_mul(4)
    }

    fn encode(&self, image: Image, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
        admit(&INFO, image.raster.size())?;
        let Image { raster, metadata } = prepare(image, &INFO, options);
        // What EXIF says of it does not count, and the encoder cannot say it elsewhere.
        let raster = raster.turned(orientation(&metadata));
        let codestream = codestream(&raster)?;
        Ok(in_boxes(codestream, &metadata))
    }
}

/// The shortest side that the encoder takes.
const SHORTEST: u32 = 2;

fn codestream(raster: &Raster) -> Result<Vec<u8>, EncodeError> {
    let size = raster.size();
    if size.width.min(size.height) < SHORTEST {
        return Err(EncodeError::Small {
            format: INFO.format,
            min_side: SHORTEST,
            size,
        });
    }
    let (bytes, bits): (&[u8], _) = match raster.samples() {
        Samples::U8(samples) => (samples, Bits::Eight),
        Samples::U16(samples) => (bytemuck::cast_slice(samples), Bits::Sixteen),
        Samples::F32(_) => unreachable!("the format stores no floats"),
    };
    let channels = match raster.channels() {
        Channels::Gray => ColorSpace::Luma,
        Channels::GrayAlpha => ColorSpace::LumaA,
        Channels::Rgb => ColorSpace::RGB,
        Channels::Rgba => ColorSpace::RGBA,
    };
    let options = EncoderOptions::new(raster.width(), raster.height(), channels, bits);
    let encoder = JxlSimpleEncoder::new(bytes, options.set_num_threads(1));
    let mut codestream = Vec::new();
    encoder.encode(&mut codestream).map_err(|error| {
        let said = DecoderSaid(format!("{error:?}").trim().to_owned());
        encoder_failed(INFO.format, said)
    })?;
    Ok(codestream)
}

/// A file of boxes (ISO/IEC 18181-2, 9) where there is something to say beside the codestream; else the codestream alone.
fn in_boxes(codestream: Vec<u8>, metadata: &Metadata) -> Vec<u8> {
    const HEAD: &[u8] = b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ";
    if metadata.exif.is_none() && metadata.xmp.is_none() {
        return codestream;
    }
    let mut file = HEAD.to_vec();
    if let Some(exif) = &metadata.exif {
        // Where the block begins.
        append(&mut file, *b"Exif", &[&[0; 4], exif]);
    }
    if let Some(xmp) = &metadata.xmp {
        append(&mut file, *b"xml ", &[xmp]);
    }
    // A box of this length reaches to the end.
    file.extend([0; 4]);
    file.extend(*b"jxlc");
    file.extend(codestream);
    file
}

/// A box. No block is longer than what a length says: see [`INFO`].
fn append(file: &mut Vec<u8>, kind: [u8; 4], content: &[&[u8]]) {
    let length = 8 + content.iter().map(|part| part.len()).sum::<usize>();
    file.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    file.extend(kind);
    for part in content {
        file.extend(*part);
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
    fn what_is_written_comes_back_whatever_its_size() {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u16::try_from(state >> 16).unwrap_or_default()
        };
        let sizes = [(2, 2), (2, 300), (257, 3), (300, 270)];
        for (number, (width, height)) in (0..).zip(sizes) {
            let size = Size::new(width, height);
            for channels in Channels::ALL {
                let count = usize::try_from(size.pixels()).unwrap() * channels.count();
                // Noise, and long stretches of one shade.
                let mask = if number % 2 == 0 { 0xffff } else { 0x0300 };
                let deep: Vec<u16> = (0..count).map(|_| noise() & mask).collect();
                let deep = Raster::new(size, channels, deep).unwrap();
                for raster in [deep.clone(), deep.to_depth(Depth::U8)] {
                    if !STORES.contains(&(channels, raster.depth())) {
                        continue;
                    }
                    let image = Image {
                        raster,
                        metadata: Metadata {
                            exif: (number > 1).then(|| b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec()),
                            xmp: (number > 2).then(|| b"<x:xmpmeta/>".to_vec()),
                            ..Metadata::default()
                        },
                    };
                    let file = CODEC
                        .encode(image.clone(), &EncodeOptions::default())
                        .unwrap();
                    let back = codecs::decode(&CODEC, &file, &Limits::default()).unwrap();
                    let back = back.picture;
                    assert_eq!(back.raster, image.raster, "{size} {channels:?}");
                    assert_eq!(back.metadata.exif, image.metadata.exif);
                    assert_eq!(back.metadata.xmp, image.metadata.xmp);
                }
            }
        }
    }

    #[test]
    fn a_line_of_pixels_is_refused_with_the_reason() {
        let line = Raster::new(Size::new(9, 1), Channels::Gray, vec![1_u8; 9]).unwrap();
        let written = CODEC.encode(Image::new(line), &EncodeOptions::default());
        let said = written.unwrap_err().to_string();
        assert_eq!(
            said,
            "jxl takes at least 2 pixels a side, and the picture is 9x1"
        );
    }
}
