//! What the scenes are saved with where `DynamicImage::save` would leave no choice.

use std::fmt::Write as _;
use std::{error, fs::File, io::Write, path::Path};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::pnm::{PnmEncoder, PnmSubtype, SampleEncoding};
use image::codecs::{gif, ico::IcoEncoder, ico::IcoFrame, jpeg::JpegEncoder};
use image::metadata::Orientation;
use image::{Delay, DynamicImage, ExtendedColorType, Frame, ImageEncoder, ImageResult, RgbaImage};

pub(crate) type Done = Result<(), Box<dyn error::Error>>;

/// A JPEG without any metadata.
pub(crate) fn jpeg(path: &Path, picture: &DynamicImage, quality: u8) -> Done {
    let encoder = JpegEncoder::new_with_quality(File::create(path)?, quality);
    Ok(picture.write_with_encoder(encoder)?)
}

/// A JPEG with EXIF, whose stored pixels must be turned as it says to stand upright like `picture`.
pub(crate) fn jpeg_with_exif(
    path: &Path,
    picture: &DynamicImage,
    quality: u8,
    orientation: Orientation,
) -> Done {
    let undo = match orientation {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => orientation,
    };
    let mut stored = picture.clone();
    stored.apply_orientation(undo);
    let mut encoder = JpegEncoder::new_with_quality(File::create(path)?, quality);
    encoder.set_exif_metadata(exif(orientation))?;
    Ok(stored.write_with_encoder(encoder)?)
}

/// The smallest useful EXIF block: a TIFF header and one directory, in the order of its tags.
fn exif(orientation: Orientation) -> Vec<u8> {
    const ASCII: u16 = 2;
    const SHORT: u16 = 3;
    const ENTRIES: u16 = 4;
    // Texts longer than four bytes lie behind the directory, which takes 2 bytes for its count,
    // 12 per entry, and 4 to say that no other directory follows.
    const MAKE_AT: u32 = 8 + 2 + 12 * ENTRIES as u32 + 4;
    const MODEL_AT: u32 = MAKE_AT + 10;
    const SOFTWARE_AT: u32 = MODEL_AT + 8;
    let mut block = b"II*\0\x08\0\0\0".to_vec();
    block.extend(ENTRIES.to_le_bytes());
    for (tag, kind, count, value) in [
        (0x010f_u16, ASCII, 10_u32, MAKE_AT),
        (0x0110, ASCII, 7, MODEL_AT),
        (0x0112, SHORT, 1, u32::from(orientation.to_exif())),
        (0x0131, ASCII, 13, SOFTWARE_AT),
    ] {
        block.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        block.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    block.extend(b"\0\0\0\0lightmill\0sample\0\0make_samples\0");
    block
}

/// Starts like any JPEG and never gets to a picture. Without a single 0xFF no reader finds its way back.
pub(crate) fn no_picture(path: &Path) -> Done {
    let header = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
    let garbage = (0..2000).map(|at| (crate::paint::hash(404, at, 0) * 255.0) as u8);
    let bytes = header.iter().copied().chain(garbage).collect::<Vec<_>>();
    Ok(File::create(path)?.write_all(&bytes)?)
}

/// A table of colours with so many points along each edge, as a .cube file.
pub(crate) fn cube(path: &Path, points: u16, color: impl Fn([f32; 3]) -> [f32; 3]) -> Done {
    let mut text = format!("TITLE \"lightmill sample\"\nLUT_3D_SIZE {points}\n");
    let part = |place: u16| f32::from(place) / f32::from(points - 1);
    for blue in (0..points).map(part) {
        for green in (0..points).map(part) {
            for red in (0..points).map(part) {
                let [red, green, blue] = color([red, green, blue]);
                writeln!(text, "{red:.4} {green:.4} {blue:.4}")?;
            }
        }
    }
    Ok(File::create(path)?.write_all(text.as_bytes())?)
}

/// A PNG packed as small as it gets, since the folder is part of the repository.
pub(crate) fn png(path: &Path, picture: &DynamicImage) -> Done {
    let file = File::create(path)?;
    let encoder = PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::Adaptive);
    Ok(picture.write_with_encoder(encoder)?)
}

/// The binary PPM that everything reads: left alone, the encoder writes the newer PAM.
pub(crate) fn pixmap(path: &Path, picture: &DynamicImage) -> Done {
    let kind = PnmSubtype::Pixmap(SampleEncoding::Binary);
    let encoder = PnmEncoder::new(File::create(path)?).with_subtype(kind);
    Ok(picture.write_with_encoder(encoder)?)
}

/// An icon in several sizes, each a PNG inside.
pub(crate) fn icon(path: &Path, pictures: &[RgbaImage]) -> Done {
    let pack = |picture: &RgbaImage| {
        let (width, height) = picture.dimensions();
        IcoFrame::as_png(picture.as_raw(), width, height, ExtendedColorType::Rgba8)
    };
    let frames = pictures.iter().map(pack).collect::<ImageResult<Vec<_>>>()?;
    Ok(IcoEncoder::new(File::create(path)?).encode_images(&frames)?)
}

/// A GIF that plays for ever, five frames a second.
pub(crate) fn animation(path: &Path, pictures: Vec<RgbaImage>) -> Done {
    let mut encoder = gif::GifEncoder::new(File::create(path)?);
    encoder.set_repeat(gif::Repeat::Infinite)?;
    let pause = Delay::from_numer_denom_ms(200, 1);
    Ok(encoder.encode_frames(
        pictures
            .into_iter()
            .map(|picture| Frame::from_parts(picture, 0, 0, pause)),
    )?)
}
