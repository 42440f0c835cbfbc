use super::*;
use crate::codecs::{Delay, Frame, Limits, decode};
use crate::image::Orientation;
use crate::warning::{Damage, Warning};

fn options(quality: Option<u8>) -> EncodeOptions {
    EncodeOptions {
        quality,
        ..EncodeOptions::default()
    }
}

/// Hills of different colours with a little grain, the same each time; alpha slopes from one corner to the other.
fn picture(size: Size, channels: Channels) -> Image {
    let mut seed = 1_u32;
    let mut samples = Vec::new();
    for y in 0..size.height {
        for x in 0..size.width {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = f64::from(seed >> 29);
            for channel in 0..channels.count() {
                let last = channels.has_alpha() && channel + 1 == channels.count();
                let value = if last {
                    f64::from((x * 3 + y * 5) % 256)
                } else {
                    let phase = f64::from(u32::try_from(channel).unwrap()) * 2.0;
                    let (x, y) = (f64::from(x) / 17.0, f64::from(y) / 23.0);
                    120.0 + 60.0 * (x + phase).sin() + 50.0 * (y - phase).cos() + grain
                };
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "0 to 255"
                )]
                samples.push(value as u8);
            }
        }
    }
    Image::new(Raster::new(size, channels, samples).unwrap())
}

/// What is read of a file, in these channels.
fn read(bytes: &[u8], channels: Channels) -> Vec<u8> {
    let image = decode(&CODEC, bytes, &Limits::default()).unwrap();
    match image.picture.raster.to_channels(channels).into_samples() {
        Samples::U8(samples) => samples,
        Samples::U16(_) | Samples::F32(_) => panic!("WebP holds bytes"),
    }
}

fn samples(image: &Image) -> &[u8] {
    match image.raster.samples() {
        Samples::U8(samples) => samples,
        Samples::U16(_) | Samples::F32(_) => panic!("made of bytes"),
    }
}

/// Peak signal-to-noise ratio in decibels.
fn psnr(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let squares: u64 = one
        .iter()
        .zip(other)
        .map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2))
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "small pictures")]
    let mean = squares as f64 / one.len() as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

#[test]
fn a_higher_quality_is_closer_and_larger() {
    for channels in Channels::ALL {
        let before = picture(Size::new(161, 119), channels);
        let mut last = (0.0, 0);
        for (quality, least) in [(10, 27.0), (50, 32.0), (80, 34.0), (100, 37.0)] {
            let bytes = CODEC
                .encode(before.clone(), &options(Some(quality)))
                .unwrap();
            let psnr = psnr(&read(&bytes, channels), samples(&before));
            assert!(psnr > least, "{channels:?} at {quality}: {psnr} dB");
            assert!(psnr > last.0, "{channels:?} at {quality}: {psnr} dB");
            assert!(bytes.len() > last.1, "{channels:?} at {quality}");
            last = (psnr, bytes.len());
        }
    }
}

#[test]
fn alpha_is_kept_to_the_last_shade() {
    let before = picture(Size::new(61, 43), Channels::Rgba);
    let bytes = CODEC.encode(before.clone(), &options(Some(20))).unwrap();
    let after = read(&bytes, Channels::Rgba);
    let alphas = |samples: &[u8]| {
        samples
            .iter()
            .skip(3)
            .step_by(4)
            .copied()
            .collect::<Vec<_>>()
    };
    assert_eq!(alphas(&after), alphas(samples(&before)));
}

#[test]
fn every_small_size_is_written_both_ways() {
    for channels in Channels::ALL {
        for width in 1..20 {
            for height in [1, 2, 3, 7, 8, 15, 16, 17, 33] {
                let before = picture(Size::new(width, height), channels);
                let bytes = CODEC.encode(before.clone(), &options(None)).unwrap();
                let psnr = psnr(&read(&bytes, channels), samples(&before));
                assert!(psnr > 24.0, "{channels:?} {width}x{height}: {psnr} dB");
                let bytes = LOSSLESS.encode(before.clone(), &options(None)).unwrap();
                assert_eq!(read(&bytes, channels), samples(&before), "{width}x{height}");
            }
        }
    }
}

#[test]
fn lossless_is_exact_even_where_nothing_is_seen() {
    let mut before = picture(Size::new(40, 30), Channels::Rgba);
    let clear = |samples: &mut [u8]| samples.iter_mut().skip(3).step_by(4).for_each(|a| *a = 0);
    if let Samples::U8(samples) = before.raster.samples_mut() {
        clear(samples);
    }
    let bytes = LOSSLESS.encode(before.clone(), &options(None)).unwrap();
    assert_eq!(read(&bytes, Channels::Rgba), samples(&before));
}

#[test]
fn what_comes_as_planes_is_as_good_as_what_comes_as_pixels() {
    for channels in [Channels::Gray, Channels::Rgb] {
        for size in [Size::new(160, 120), Size::new(161, 119), Size::new(1, 1)] {
            let before = picture(size, channels);
            let planes = Planes::from_raster(&before.raster, COARSENESS).unwrap();
            let metadata = Metadata::default();
            let bytes = CODEC
                .encode_planes(&planes, &metadata, &options(Some(85)))
                .unwrap();
            let by_planes = psnr(&read(&bytes, channels), samples(&before));
            let bytes = CODEC.encode(before.clone(), &options(Some(85))).unwrap();
            let by_pixels = psnr(&read(&bytes, channels), samples(&before));
            assert!(
                by_planes > (by_pixels - 0.3).min(45.0),
                "{channels:?} {size}: {by_planes} dB, {by_pixels} dB"
            );
        }
    }
}

#[test]
fn black_and_white_stay_what_they_are() {
    for (value, channels) in [
        (0, Channels::Gray),
        (255, Channels::Gray),
        (0, Channels::Rgb),
        (255, Channels::Rgb),
    ] {
        let raster = Raster::new(
            Size::new(16, 16),
            channels,
            vec![value; 256 * channels.count()],
        );
        let before = Image::new(raster.unwrap());
        let planes = Planes::from_raster(&before.raster, COARSENESS).unwrap();
        let made = [
            CODEC.encode_planes(&planes, &Metadata::default(), &options(None)),
            CODEC.encode(before.clone(), &options(None)),
        ];
        for bytes in made {
            let after = read(&bytes.unwrap(), channels);
            assert!(
                after.iter().all(|sample| sample.abs_diff(value) <= 1),
                "{after:?}"
            );
        }
    }
}

/// A TIFF structure of one entry: orientation 6.
const EXIF: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

#[test]
fn profile_and_exif_travel_with_and_without_alpha() {
    let profile = |space: &[u8; 4], length: usize| {
        let mut profile = vec![1; length];
        profile[16..20].copy_from_slice(space);
        profile
    };
    for codec in [&CODEC, &LOSSLESS] {
        for channels in Channels::ALL {
            let space = if channels.is_gray() { b"GRAY" } else { b"RGB " };
            for (icc, exif) in [
                (Some(profile(space, 200)), None),
                (None, Some(EXIF.to_vec())),
                // An odd length is made even, and read as it was.
                (Some(profile(space, 201)), Some(EXIF.to_vec())),
            ] {
                let mut image = picture(Size::new(23, 17), channels);
                image.metadata.icc.clone_from(&icc);
                image.metadata.exif.clone_from(&exif);
                let plain = codec.encode(picture(Size::new(23, 17), channels), &options(None));
                let bytes = codec.encode(image, &options(None)).unwrap();
                assert_eq!(bytes.len() % 2, 0);
                assert_eq!(
                    bytes[4..8],
                    (u32::try_from(bytes.len()).unwrap() - 8).to_le_bytes()
                );
                assert_eq!(
                    bytes[20] & ALPHA_FLAG != 0,
                    channels.has_alpha(),
                    "{channels:?}"
                );
                assert_eq!(read(&bytes, channels), read(&plain.unwrap(), channels));
                let after = decode(&CODEC, &bytes, &Limits::default())
                    .unwrap()
                    .picture
                    .metadata;
                let turn = if exif.is_some() {
                    Orientation::Turn90
                } else {
                    Orientation::Upright
                };
                assert_eq!(
                    (after.icc, after.exif, after.orientation),
                    (icc, exif, turn)
                );
            }
        }
    }
}

/// In the flags of the extended form (RFC 9649, 2.7.1).
const ALPHA_FLAG: u8 = 0x10;

#[test]
fn the_same_picture_gives_the_same_bytes() {
    for codec in [&CODEC, &LOSSLESS] {
        let encode = || codec.encode(picture(Size::new(99, 77), Channels::Rgba), &options(None));
        assert_eq!(encode().unwrap(), encode().unwrap());
    }
}

#[test]
fn a_side_is_as_long_as_the_format_allows_and_no_longer() {
    let line = |width| {
        Raster::new(
            Size::new(width, 1),
            Channels::Gray,
            vec![7_u8; width as usize],
        )
    };
    for codec in [&CODEC, &LOSSLESS] {
        let bytes = codec
            .encode(Image::new(line(16_383).unwrap()), &options(None))
            .unwrap();
        assert_eq!(CODEC.header(&bytes).unwrap().size, Size::new(16_383, 1));
        let error = codec
            .encode(Image::new(line(16_384).unwrap()), &options(None))
            .unwrap_err();
        let told = "webp holds at most 16383 pixels a side, and the picture is 16384x1";
        assert_eq!(error.to_string(), told);
    }
    let planes = Planes::from_raster(&line(16_384).unwrap(), COARSENESS).unwrap();
    let error = CODEC.encode_planes(&planes, &Metadata::default(), &options(None));
    assert!(matches!(error, Err(EncodeError::Side { .. })));
}

#[test]
fn what_libwebp_says_becomes_an_error() {
    let (size, few) = (Size::new(4, 4), [0; 12]);
    let error = libwebp::encode(
        size,
        Source::Rgb(&few),
        Way::Lossless,
        None,
        WebPDetails::default(),
    )
    .unwrap_err();
    assert!(matches!(error, Refused::Other(_)));
    let size = Size::new(20_000, 1);
    let many = vec![0; 60_000];
    for way in [Way::Lossless, Way::Lossy(80)] {
        let error = libwebp::encode(size, Source::Rgb(&many), way, None, WebPDetails::default())
            .unwrap_err();
        assert_eq!(error.to_string(), "the picture is too large");
    }
    let memory = refused(Refused::Memory);
    let limit = matches!(
        &memory,
        EncodeError::Encoder {
            source: ImageError::Limits(_),
            ..
        }
    );
    assert!(limit, "{memory}");
}

#[test]
fn an_animation_has_more_than_one_frame() {
    let file = |frames: usize| {
        let head = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02123456789".to_vec();
        // An odd length is filled up.
        [head, b"ANMF\x03\0\0\0abc\0".repeat(frames)].concat()
    };
    assert_eq!(frames::more(&file(1)), None);
    assert_eq!(frames::more(&file(2)), Some(Several::Animation.what()));
    assert_eq!(frames::more(&[255; 60]), None);
    for length in 0..40 {
        assert_eq!(frames::more(&file(2)[..length]), None);
    }
}

fn detailed(text: &str) -> EncodeOptions {
    let mut options = options(None);
    options.details.read(Format::WebP, text).unwrap().unwrap();
    options
}

#[test]
fn each_detail_changes_what_is_written() {
    let before = picture(Size::new(90, 70), Channels::Rgba);
    let length = |text: &str| {
        let bytes = CODEC.encode(before.clone(), &detailed(text)).unwrap();
        let after = decode(&CODEC, &bytes, &Limits::default()).unwrap().picture;
        (bytes.len(), error(&before, &after))
    };
    let (exact, none) = length("near-lossless=100");
    let (near, little) = length("near-lossless=20");
    assert!(
        near < exact && none == 0.0 && little > 0.0 && little < 40.0,
        "{little}"
    );
    let usual = length("");
    for text in ["alpha-quality=1", "sharp-yuv"] {
        let (bytes, error) = length(text);
        let differs = bytes != usual.0 || (error - usual.1).abs() > 1e-6;
        assert!(differs, "{text}");
    }
    for wrong in [
        "near-lossless=101",
        "alpha-quality=-1",
        "sharp",
        "quality=3",
    ] {
        let read = options(None).details.read(Format::WebP, wrong);
        assert!(read.unwrap().is_err(), "{wrong}");
    }
}

/// The mean square of what is seen of samples that are off.
fn error(one: &Image, other: &Image) -> f64 {
    let (Samples::U8(one), Samples::U8(other)) = (one.raster.samples(), other.raster.samples())
    else {
        panic!("the depth has changed");
    };
    let off = |(one, other): (&[u8; 4], &[u8; 4])| {
        let seen = f64::from(one[3]) / 255.0;
        let parts = one.iter().zip(other);
        parts
            .map(|(a, b)| (f64::from(a.abs_diff(*b)) * seen).powi(2))
            .sum::<f64>()
    };
    let (one, other) = (one.as_chunks().0, other.as_chunks().0);
    one.iter().zip(other).map(off).sum::<f64>() / f64::from(u32::try_from(one.len()).unwrap())
}

/// Frames of which parts move, and vanish.
fn film() -> Vec<Frame> {
    let frame = |at: u32| {
        let mut image = picture(Size::new(40, 24), Channels::Rgba);
        if let Samples::U8(samples) = image.raster.samples_mut() {
            for (pixel, place) in samples.as_chunks_mut::<4>().0.iter_mut().zip(0_u32..) {
                pixel[3] = 255;
                if place % 40 / 8 == at % 5 {
                    *pixel = if at.is_multiple_of(2) {
                        [0; 4]
                    } else {
                        [250, 9, 9, 255]
                    };
                }
            }
        }
        let delay = [Delay::new(1, 25), Delay::NONE, Delay::new(70, 1)][at as usize % 3];
        Frame { image, delay }
    };
    (0..5).map(frame).collect()
}

fn animated(codec: &WebP, plays: Plays, film: &[Frame]) -> Vec<u8> {
    let size = film[0].image.raster.size();
    let mut writer = codec.write_frames(size, plays, &options(None)).unwrap();
    for frame in film {
        writer.add(frame.clone()).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn an_animation_comes_back_as_it_was() {
    for (codec, plays, most) in [
        (&LOSSLESS, Plays::Endless, 0.0),
        (&CODEC, Plays::Times(1), 500.0),
        (&CODEC, Plays::Times(12), 500.0),
    ] {
        let mut film = film();
        film[0].image.metadata.icc = Some(vec![7; 99]);
        film[0].image.metadata.icc.as_mut().unwrap()[16..20].copy_from_slice(b"RGB ");
        let bytes = animated(codec, plays, &film);
        let layout = CODEC.header(&bytes).unwrap();
        let frames = CODEC.frames(&bytes, &layout, &Limits::default()).unwrap();
        let mut reader = frames.expect("several");
        assert_eq!(reader.plays(), plays);
        for wanted in &film {
            let frame = reader.next().unwrap().unwrap();
            assert_eq!(frame.delay, wanted.delay);
            assert_eq!(frame.image.metadata.icc, film[0].image.metadata.icc);
            let off = error(&wanted.image, &frame.image);
            assert!(off <= most, "{off}");
        }
        assert_eq!(reader.next().unwrap(), None);
    }
}

#[test]
fn of_an_animation_that_is_cut_the_whole_frames_are_kept_and_said_to_be_damaged() {
    let whole = animated(&CODEC, Plays::Endless, &film());
    let count_of = |file: &[u8]| {
        let layout = CODEC.header(file).ok()?;
        let mut frames = CODEC.frames(file, &layout, &Limits::default()).ok()??;
        let mut count = 0;
        while frames.next().unwrap().is_some() {
            count += 1;
        }
        Some((count, frames.warnings().damage().cloned()))
    };
    let all = count_of(&whole).unwrap();
    assert_eq!(all.1, None);
    let truncated = Warning::damaged(Format::WebP, Damage::Truncated);
    let mut kept = 0;
    for length in (0..whole.len()).step_by(7) {
        let Some((count, damage)) = count_of(&whole[..length]) else {
            continue;
        };
        assert!(count > 0 && count < all.0, "{length}: {count}");
        assert_eq!(damage, Some(truncated.clone()), "{length}");
        kept += 1;
    }
    assert!(kept > 0);
}
