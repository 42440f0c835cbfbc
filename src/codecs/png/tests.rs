use std::io::Cursor;

use ::image::AnimationDecoder;
use ::image::codecs::png::PngDecoder;
use ::png::{BlendOp, DisposeOp};

use super::*;
use crate::codecs::{Codec, Delay, Frame};
use crate::image::{Channels, Samples};
use crate::warning::{Damage, Warning};

/// A picture of a few shades or many, with some of it not seen.
fn picture(size: Size, channels: Channels, depth: Depth, seed: u32) -> Image {
    let mut samples = Vec::new();
    for y in 0..size.height {
        for x in 0..size.width {
            for channel in 0..channels.count() {
                let value = (x * 9 + y * y * 5 + seed * 31) >> (channel + 1);
                samples.push(u8::try_from(value % 256).unwrap());
            }
        }
    }
    let raster = Raster::new(size, channels, samples).unwrap();
    Image::new(raster.to_depth(depth))
}

fn read(bytes: &[u8]) -> Image {
    let layout = CODEC.header(bytes).unwrap();
    CODEC.decode(bytes, &layout).unwrap().picture
}

fn options(effort: Option<u8>, details: &str) -> EncodeOptions {
    let mut options = EncodeOptions {
        effort,
        ..EncodeOptions::default()
    };
    let read = options.details.read(Format::Png, details).unwrap();
    read.unwrap();
    options
}

#[test]
fn every_effort_and_every_size_gives_every_sample_back() {
    let sizes = [(1, 1), (2, 1), (3, 7), (5, 5), (8, 8), (33, 21)];
    for (width, height) in sizes {
        for channels in Channels::ALL {
            for depth in [Depth::U8, Depth::U16] {
                for effort in [1, 5, 7, 10] {
                    for details in ["", "interlace"] {
                        let before = picture(Size::new(width, height), channels, depth, 3);
                        let options = options(Some(effort), details);
                        let bytes = CODEC.encode(before.clone(), &options).unwrap();
                        let after = read(&bytes);
                        assert_eq!(after.raster.depth(), depth);
                        assert_eq!(
                            after.raster.to_channels(channels),
                            before.raster,
                            "{width}x{height} {channels:?} {depth:?} {effort} {details}"
                        );
                    }
                }
            }
        }
    }
}

/// The form in which the header says that samples are stored: bits, and the type.
fn form(bytes: &[u8]) -> (u8, u8) {
    (bytes[24], bytes[25])
}

#[test]
fn few_colours_take_few_bits_where_effort_is_made() {
    let of = |colors: &[[u8; 4]]| {
        let noise = (0..700_u32).map(|at| {
            let mixed = (at + 9).wrapping_mul(2_654_435_761);
            ((mixed ^ mixed >> 13).wrapping_mul(0x85eb_ca6b) >> 16) as usize
        });
        let pixels = noise.flat_map(|at| colors[at % colors.len()]);
        let raster = Raster::new(
            Size::new(35, 20),
            Channels::Rgba,
            pixels.collect::<Vec<u8>>(),
        );
        Image::new(raster.unwrap())
    };
    let gray = |shade: u8| [shade, shade, shade, 255];
    let red = |shade: u8| [shade, 0, 0, 255];
    for (colors, expected) in [
        (vec![gray(0), gray(255)], (1, 0)),
        (vec![gray(0), gray(85)], (2, 0)),
        (vec![gray(17), gray(85)], (4, 0)),
        (vec![gray(18), gray(85)], (8, 0)),
        (vec![red(1), red(2)], (1, 3)),
        (vec![red(1), red(2), red(3), [9, 9, 9, 0]], (2, 3)),
        ((0..16).map(red).collect(), (4, 3)),
        ((0..17).map(red).collect(), (8, 3)),
    ] {
        let before = of(&colors);
        let bytes = CODEC.encode(before.clone(), &options(Some(8), "")).unwrap();
        assert_eq!(form(&bytes), expected, "{colors:?}");
        assert_eq!(
            read(&bytes).raster.to_channels(Channels::Rgba),
            before.raster
        );
        let usual = CODEC.encode(before, &EncodeOptions::default()).unwrap();
        assert_eq!(form(&usual), (8, 6));
        assert!(bytes.len() < usual.len());
    }
}

#[test]
fn a_palette_of_as_many_colours_as_are_asked_for() {
    let before = picture(Size::new(50, 40), Channels::Rgba, Depth::U16, 1);
    for (details, most, expected) in [
        ("colors=2,dither=none", 2, (1, 3)),
        ("colors=16", 16, (4, 3)),
        ("colors=200,dither=ordered,level=12", 200, (8, 3)),
    ] {
        let bytes = CODEC
            .encode(before.clone(), &options(None, details))
            .unwrap();
        assert_eq!(form(&bytes), expected, "{details}");
        let Samples::U8(samples) = read(&bytes)
            .raster
            .to_channels(Channels::Rgba)
            .into_samples()
        else {
            panic!("{details}");
        };
        let mut colors = samples.as_chunks::<4>().0.to_vec();
        colors.sort_unstable();
        colors.dedup();
        assert!(colors.len() <= most && colors.len() > most / 2, "{details}");
    }
    for wrong in [
        "colors=1",
        "level=0",
        "level=13",
        "colors=257",
        "interlaced",
    ] {
        let read = EncodeOptions::default().details.read(Format::Png, wrong);
        assert!(read.unwrap().is_err(), "{wrong}");
    }
}

#[test]
fn a_profile_stays_with_the_colours_that_it_is_for() {
    let mut icc = vec![1; 200];
    icc[16..20].copy_from_slice(b"RGB ");
    let mut before = picture(Size::new(9, 9), Channels::Gray, Depth::U8, 0);
    before.raster = before.raster.to_channels(Channels::Rgb);
    before.metadata.icc = Some(icc.clone());
    for effort in [5, 8, 10] {
        let bytes = CODEC
            .encode(before.clone(), &options(Some(effort), ""))
            .unwrap();
        assert!(form(&bytes).1 & 2 > 0, "a picture in colours");
        assert_eq!(read(&bytes).metadata.icc.as_ref(), Some(&icc));
    }
}

fn film(channels: Channels, depth: Depth) -> Vec<Frame> {
    let size = Size::new(13, 9);
    let frame = |at: u32| {
        let mut image = picture(size, channels, depth, 0);
        if let Samples::U8(samples) = image.raster.samples_mut() {
            // Something moves, stands still, and goes.
            let start = (at as usize % 3) * 40;
            samples[start..start + 17].fill(u8::try_from(at * 50).unwrap());
        }
        Frame {
            image,
            delay: [Delay::new(1, 30), Delay::NONE, Delay::new(70_000, 1000)][at as usize % 3],
        }
    };
    (0..5).map(frame).collect()
}

fn written(frames: &[Frame], plays: Plays, options: &EncodeOptions) -> Vec<u8> {
    let size = frames[0].image.raster.size();
    let mut writer = CODEC.write_frames(size, plays, options).unwrap();
    for frame in frames {
        writer.add(frame.clone()).unwrap();
    }
    writer.finish().unwrap()
}

fn played(bytes: &[u8]) -> Result<(Plays, Vec<Frame>), DecodeError> {
    let layout = CODEC.header(bytes)?;
    let frames = CODEC.frames(bytes, &layout, &Limits::default())?;
    let mut reader = frames.expect("several");
    let mut frames = Vec::new();
    while let Some(frame) = reader.next()? {
        frames.push(frame);
    }
    Ok((reader.plays(), frames))
}

#[test]
fn an_animation_comes_back_as_it_was() {
    for channels in Channels::ALL {
        for depth in [Depth::U8, Depth::U16] {
            for (plays, details) in [
                (Plays::Endless, ""),
                (Plays::Times(1), "interlace"),
                (Plays::Times(90_000), "level=1"),
            ] {
                let film = film(channels, depth);
                let bytes = written(&film, plays, &options(None, details));
                let (often, frames) = played(&bytes).unwrap();
                assert_eq!(often, plays);
                assert_eq!(frames, film, "{channels:?} {depth:?} {details}");
                let first = &film[0].image.raster;
                assert_eq!(&read(&bytes).raster, first, "for those who know of none");
            }
        }
    }
}

/// Frames of a canvas of 12 x 10, made by another encoder, with every way to lay them and to do away with them.
fn with_every_way(separate_default: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut out, 12, 10);
    encoder.set_color(::png::ColorType::Rgba);
    let blends = [BlendOp::Source, BlendOp::Over];
    // The other decoder restores what was cleared before.
    let disposals = [DisposeOp::None, DisposeOp::Previous, DisposeOp::Background];
    encoder.set_animated(9, 3).unwrap();
    encoder.set_sep_def_img(separate_default).unwrap();
    let mut writer = encoder.write_header().unwrap();
    let whole = vec![200; 12 * 10 * 4];
    if separate_default {
        writer.write_image_data(&whole).unwrap();
    }
    for at in 0..9_u8 {
        let (x, y) = (u32::from(at % 4), u32::from(at % 3));
        let (width, height) = if at == 0 { (12, 10) } else { (7, 6) };
        writer.set_frame_dimension(width, height).unwrap();
        writer
            .set_frame_position(if at == 0 { 0 } else { x }, if at == 0 { 0 } else { y })
            .unwrap();
        writer.set_blend_op(blends[usize::from(at) % 2]).unwrap();
        writer
            .set_dispose_op(disposals[usize::from(at / 2) % 3])
            .unwrap();
        writer.set_frame_delay(u16::from(at), 50).unwrap();
        let pixels = (0..width * height).flat_map(|pixel| {
            let shade = u8::try_from((pixel * 7) % 256).unwrap();
            [
                at * 28,
                shade,
                90,
                [0, 255, 120][(pixel as usize + usize::from(at)) % 3],
            ]
        });
        writer
            .write_image_data(&pixels.collect::<Vec<u8>>())
            .unwrap();
    }
    writer.finish().unwrap();
    out
}

#[test]
fn every_way_of_laying_frames_gives_what_another_decoder_makes_of_it() {
    for separate_default in [false, true] {
        let bytes = with_every_way(separate_default);
        let (plays, frames) = played(&bytes).unwrap();
        assert_eq!((plays, frames.len()), (Plays::Times(3), 9));
        let decoder = PngDecoder::new(Cursor::new(&bytes)).unwrap();
        let theirs = decoder.apng().unwrap().into_frames().collect_frames();
        for (at, (ours, theirs)) in frames.iter().zip(theirs.unwrap()).enumerate() {
            let Samples::U8(ours) = ours.image.raster.samples() else {
                panic!("the depth has changed");
            };
            for (one, other) in ours.as_chunks::<4>().0.iter().zip(theirs.buffer().pixels()) {
                let off = one.iter().zip(&other.0).map(|(a, b)| a.abs_diff(*b)).max();
                let unseen = one[3] == 0 && other.0[3] == 0;
                assert!(
                    unseen || off <= Some(2),
                    "frame {at}: {one:?} {:?}",
                    other.0
                );
            }
        }
        let default = if separate_default { 200 } else { 0 };
        let Samples::U8(samples) = read(&bytes).raster.into_samples() else {
            panic!("the depth has changed");
        };
        assert_eq!(samples[0], default);
    }
}

#[test]
fn of_an_animation_that_is_cut_the_whole_frames_are_kept_and_said_to_be_damaged() {
    let film = film(Channels::Rgba, Depth::U8);
    let whole = written(&film, Plays::Endless, &EncodeOptions::default());
    let (mut errors, mut kept) = (0, 0);
    for length in 0..whole.len() - 12 {
        let Ok(layout) = CODEC.header(&whole[..length]) else {
            continue;
        };
        match CODEC.frames(&whole[..length], &layout, &Limits::default()) {
            Ok(None) => {}
            Err(_) => errors += 1,
            Ok(Some(mut frames)) => {
                let mut count = 0;
                let ended = loop {
                    match frames.next() {
                        Ok(Some(frame)) => assert_eq!(frame, film[count]),
                        Ok(None) => break true,
                        Err(_) => break false,
                    }
                    count += 1;
                };
                assert_eq!(ended, count > 0, "{length}");
                let truncated = Warning::damaged(Format::Png, Damage::Truncated);
                let damage = frames.warnings().damage().cloned();
                if ended && length + 4 < whole.len() - 12 {
                    assert_eq!(damage, Some(truncated), "{length}");
                    kept += 1;
                }
            }
        }
    }
    assert!(
        errors + kept > whole.len() / 2 && kept > whole.len() / 4,
        "{errors}, {kept}"
    );
    let mut lying = whole.clone();
    lying[41..45].copy_from_slice(&[255; 4]);
    let layout = CODEC.header(&lying).unwrap();
    let frames = CODEC.frames(&lying, &layout, &Limits::default());
    let mut frames = frames.unwrap().unwrap();
    let read = std::iter::from_fn(|| frames.next().unwrap());
    assert!(read.eq(film[..1].iter().cloned()));
    let corrupt = Warning::damaged(Format::Png, Damage::Corrupt);
    assert_eq!(
        frames.warnings().damage(),
        Some(&corrupt),
        "its control is not one"
    );
}

/// The beginning of a file, up to the data of its picture.
fn beginning(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = SIGNATURE.to_vec();
    for (name, data) in chunks.iter().chain(&[(b"IDAT", [].as_slice())]) {
        append(&mut file, **name, data);
    }
    file
}

#[test]
fn an_animation_is_one_if_a_frame_is_lost() {
    let header = (b"IHDR", [0; 13].as_slice());
    let frames = |count: &'static [u8; 8]| (b"acTL", count.as_slice());
    let (one, three) = (frames(b"\0\0\0\x01\0\0\0\0"), frames(b"\0\0\0\x03\0\0\0\0"));
    let first = (b"fcTL", [0; 26].as_slice());
    for (chunks, expected) in [
        (&[header][..], false),
        (&[header, one, first], false),
        (&[header, one], true),
        (&[header, three, first], true),
    ] {
        let file = beginning(chunks);
        assert_eq!(reader::more(&file).is_some(), expected);
        for length in 0..file.len() {
            let _no_panic = reader::more(&file[..length]);
        }
    }
    let endless = [SIGNATURE, &[255; 40]].concat();
    assert_eq!(reader::more(&endless), None);
}
