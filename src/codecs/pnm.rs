//! Netpbm (netpbm.sourceforge.net).

use ::image::ImageFormat;
use ::image::error::ImageError;

use super::store::INTEGERS;
use super::through_image::ThroughImage;
use super::{Carries, CodecInfo, EncodeOptions, Format};
use crate::image::{Channels, Depth, Image, Samples, Size, Transfer};

static INFO: CodecInfo = CodecInfo {
    format: Format::Pnm,
    name: "pnm",
    title: "PNM (PBM, PGM, PPM, PAM)",
    extensions: &["pnm", "pbm", "pgm", "ppm", "pam"],
    magic: &[],
    stores: &INTEGERS,
    float_transfer: Transfer::Srgb,
    default_quality: None,
    has_effort: false,
    details: None,
    max_side: u32::MAX,
    carries: Carries::NOTHING,
    note: "written as PGM or PPM; as PAM where those have no room",
};

pub(super) static CODEC: ThroughImage = ThroughImage::new(&INFO, ImageFormat::Pnm, encode);

/// Written here rather than by the `image` crate, whose encoder refuses 16-bit colour: gray as PGM and RGB as PPM, which
/// everything reads, and PAM where there is alpha. Samples of 16 bits stand most significant byte first.
#[expect(
    clippy::unnecessary_wraps,
    reason = "what every format's encoder looks like"
)]
fn encode(image: &Image, _: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    let (raster, Size { width, height }) = (&image.raster, image.raster.size());
    let max = if raster.depth() == Depth::U8 {
        255
    } else {
        65535
    };
    let pam = |tuple: &str, depth: u8| {
        format!(
            "P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL {max}\nTUPLTYPE {tuple}\nENDHDR\n"
        )
    };
    let header = match raster.channels() {
        Channels::Gray => format!("P5\n{width} {height}\n{max}\n"),
        Channels::Rgb => format!("P6\n{width} {height}\n{max}\n"),
        Channels::GrayAlpha => pam("GRAYSCALE_ALPHA", 2),
        Channels::Rgba => pam("RGB_ALPHA", 4),
    };
    let mut out = header.into_bytes();
    match raster.samples() {
        Samples::U8(samples) => out.extend_from_slice(samples),
        Samples::U16(samples) => out.extend(samples.iter().flat_map(|sample| sample.to_be_bytes())),
        // `stores` names no floats.
        Samples::F32(_) => {}
    }
    Ok(out)
}
