//! Writing AV1, by rav1e.
//!
//! A picture is cut into tiles by its size alone, so that its bytes do not tell how many threads have made it; the encoder takes
//! those of the pool that it runs in.

use rav1e::prelude::Rational;
use rav1e::prelude::{
    ChromaSamplePosition, ChromaSampling, ColorDescription, ColorPrimaries, Config, Context,
    EncoderConfig, EncoderStatus, FrameType, InvalidConfig, MatrixCoefficients, Pixel, PixelRange,
    SceneDetectionSpeed, SpeedSettings, TransferCharacteristics, Tune,
};

use super::write::Coded;
use crate::image::Size;

/// A component to be coded: as many rows of samples as it has, nothing in between.
pub(super) struct Source<T> {
    pub(super) samples: Vec<T>,
    pub(super) width: usize,
}

/// A picture to be coded.
pub(super) struct Job<T> {
    pub(super) size: Size,
    pub(super) bits: u8,
    /// Pixels across and down that share a sample of chroma, if there is chroma.
    pub(super) chroma: Option<(u32, u32)>,
    pub(super) planes: Vec<Source<T>>,
    /// Whether a profile says what the colours are, which else are those of sRGB.
    pub(super) has_profile: bool,
    pub(super) quality: u8,
    pub(super) speed: u8,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("the encoder takes no such picture")]
    Config(#[from] InvalidConfig),
    #[error("the encoder gave up")]
    Status(#[from] EncoderStatus),
    #[error("the file would be longer than the format can say")]
    Long,
}

/// Pixels of a tile, at the least. Smaller tiles keep more threads busy, and make larger files.
const TILE: u64 = if cfg!(test) { 1 << 14 } else { 1 << 20 };
const MOST_TILES: u64 = 64;

pub(super) fn encode<T: Pixel>(job: &Job<T>) -> Result<Coded, Refused> {
    let mut context: Context<T> = Config::new()
        .with_encoder_config(config(job))
        .new_context()?;
    let mut frame = context.new_frame();
    for (plane, source) in frame.planes.iter_mut().zip(&job.planes) {
        let rows = source.samples.chunks_exact(source.width);
        let stride = plane.cfg.stride;
        for (to, from) in plane.data_origin_mut().chunks_mut(stride).zip(rows) {
            to[..from.len()].copy_from_slice(from);
        }
    }
    context.send_frame(frame)?;
    context.flush();
    let mut data = Vec::new();
    loop {
        match context.receive_packet() {
            Ok(packet) if packet.frame_type == FrameType::KEY => data.extend(packet.data),
            Ok(_) | Err(EncoderStatus::Encoded) => {}
            Err(EncoderStatus::LimitReached) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Coded {
        data,
        bits: job.bits,
        chroma: job.chroma,
    })
}

fn config<T>(job: &Job<T>) -> EncoderConfig {
    let quantizer = quantizer(job.quality);
    let tiles = (job.size.pixels() / TILE).clamp(1, MOST_TILES);
    EncoderConfig {
        width: job.size.width as usize,
        height: job.size.height as usize,
        time_base: Rational::new(1, 1),
        bit_depth: job.bits.into(),
        chroma_sampling: match job.chroma {
            None => ChromaSampling::Cs400,
            Some((1, 1)) => ChromaSampling::Cs444,
            Some((_, 1)) => ChromaSampling::Cs422,
            Some(_) => ChromaSampling::Cs420,
        },
        chroma_sample_position: ChromaSamplePosition::Unknown,
        pixel_range: PixelRange::Full,
        color_description: job.chroma.map(|_| description(job.has_profile)),
        still_picture: true,
        min_key_frame_interval: 0,
        max_key_frame_interval: 0,
        quantizer,
        min_quantizer: u8::try_from(quantizer).unwrap_or(u8::MAX),
        tune: Tune::Psychovisual,
        tiles: usize::try_from(tiles).unwrap_or(1),
        speed_settings: speed(job.speed),
        ..EncoderConfig::default()
    }
}

fn description(has_profile: bool) -> ColorDescription {
    let matrix_coefficients = MatrixCoefficients::BT601;
    if has_profile {
        return ColorDescription {
            color_primaries: ColorPrimaries::Unspecified,
            transfer_characteristics: TransferCharacteristics::Unspecified,
            matrix_coefficients,
        };
    }
    ColorDescription {
        color_primaries: ColorPrimaries::BT709,
        transfer_characteristics: TransferCharacteristics::SRGB,
        matrix_coefficients,
    }
}

/// There is one picture: nothing to look ahead to, no scenes, no motion.
fn speed(preset: u8) -> SpeedSettings {
    let mut settings = SpeedSettings::from_preset(preset);
    settings.multiref = false;
    settings.rdo_lookahead_frames = 1;
    settings.scene_detection_mode = SceneDetectionSpeed::None;
    settings.motion.include_near_mvs = false;
    settings
}

/// The encoder's own scale, from 1, fine, to 255: without loss it cannot code. Between these points, at which a photo is as near to
/// what it was as sharp's file of the same quality (by PSNR), it is even.
fn quantizer(quality: u8) -> usize {
    const POINTS: [(usize, usize); 5] = [(0, 255), (30, 190), (60, 128), (80, 84), (100, 1)];
    let quality = usize::from(quality.min(100));
    let after = POINTS
        .iter()
        .position(|(at, _)| *at >= quality)
        .unwrap_or(4)
        .max(1);
    let ((from, coarse), (to, fine)) = (POINTS[after - 1], POINTS[after]);
    coarse - (coarse - fine) * (quality - from) / (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_goes_all_the_way_down_the_scale() {
        let scale: Vec<usize> = (0..=100).map(quantizer).collect();
        assert!(
            scale.is_sorted_by(|coarse, fine| coarse > fine),
            "{scale:?}"
        );
        assert_eq!([scale[0], scale[60], scale[100]], [255, 128, 1]);
    }
}
