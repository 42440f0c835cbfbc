use super::*;
use crate::codecs;
use crate::image::{Limits, Raster, Samples};
use crate::warning::Damage;

fn picture(size: Size, pixels: Vec<[u8; 4]>) -> Image {
    let samples = pixels.into_flattened();
    Image::new(Raster::new(size, Channels::Rgba, samples).unwrap())
}

fn pixels(image: &Image) -> Vec<[u8; 4]> {
    let Samples::U8(samples) = image.raster.samples() else {
        panic!("{:?}", image.raster.depth());
    };
    samples.as_chunks::<4>().0.to_vec()
}

/// Frames that move, stand still, vanish and come back, in a few colours each.
fn film(size: Size, count: u32) -> Vec<Frame> {
    let frame = |at: u32| {
        let mut pixels = Vec::new();
        for y in 0..size.height {
            for x in 0..size.width {
                let shade = |value: u32| u8::try_from(value % 256).unwrap();
                let moves = x / 3 == at % 5 && y / 2 == at % 3;
                let hole = at % 4 == 2 && x > y;
                pixels.push(match (moves, hole) {
                    (true, _) => [250, shade(at * 40), 3, 255],
                    (false, true) => [0; 4],
                    (false, false) => [shade(x * 11), shade(y * 23), 90, 255],
                });
            }
        }
        Frame {
            image: picture(size, pixels),
            delay: Delay::new(at * 3, 100),
        }
    };
    (0..count).map(frame).collect()
}

fn written(frames: &[Frame], plays: Plays, options: &EncodeOptions) -> Vec<u8> {
    let size = frames[0].image.raster.size();
    let mut writer = CODEC.write_frames(size, plays, options).unwrap();
    for frame in frames {
        writer.add(frame.clone()).unwrap();
    }
    writer.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<(Plays, Vec<Frame>), DecodeError> {
    let layout = CODEC.header(bytes)?;
    let mut reader = CODEC
        .frames(bytes, &layout, &Limits::default())?
        .expect("several");
    let mut frames = Vec::new();
    while let Some(frame) = reader.next()? {
        frames.push(frame);
    }
    Ok((reader.plays(), frames))
}

#[test]
fn an_animation_comes_back_as_it_was() {
    for plays in [Plays::Endless, Plays::Times(1), Plays::Times(7)] {
        for count in [2, 3, 9] {
            let film = film(Size::new(23, 11), count);
            let bytes = written(&film, plays, &EncodeOptions::default());
            let (played, frames) = read(&bytes).unwrap();
            assert_eq!(played, plays);
            assert_eq!(frames, film);
        }
    }
}

#[test]
fn frames_of_all_colours_that_a_palette_has_are_exact() {
    let size = Size::new(16, 16);
    let shades = |shift: u8| {
        let pixels = (0..=255_u8).map(|at| [at, at.wrapping_add(shift), 255 - at, 255]);
        Frame {
            image: picture(size, pixels.collect()),
            delay: Delay::new(7, 100),
        }
    };
    let film: Vec<Frame> = [0, 0, 90, 91].map(shades).to_vec();
    let bytes = written(&film, Plays::Endless, &EncodeOptions::default());
    assert_eq!(read(&bytes).unwrap().1, film);
}

#[test]
fn what_stands_still_is_not_written_again() {
    let size = Size::new(60, 60);
    let mut pixels: Vec<[u8; 4]> = (0..3600_u32)
        .map(|at| {
            let noise = at.wrapping_mul(2_654_435_761) >> 16;
            let [low, high, ..] = noise.to_le_bytes();
            [low, high, low ^ high, 255]
        })
        .collect();
    let mut film = Vec::new();
    for at in 0..10_u8 {
        pixels[usize::from(at) + 600] = [at, 0, 0, 255];
        film.push(Frame {
            image: picture(size, pixels.clone()),
            delay: Delay::new(4, 100),
        });
    }
    let all = written(&film, Plays::Endless, &EncodeOptions::default());
    let first = written(&film[..1], Plays::Endless, &EncodeOptions::default());
    assert!(
        all.len() < first.len() + 9 * 100,
        "{} {}",
        all.len(),
        first.len()
    );
    // Though its colours are not what they were, they do not change.
    let (_, frames) = read(&all).unwrap();
    let (before, after) = (
        self::pixels(&frames[0].image),
        self::pixels(&frames[9].image),
    );
    assert_eq!(before[700..], after[700..]);
}

#[test]
fn as_many_colours_as_are_asked_for() {
    let size = Size::new(40, 40);
    let slope = (0..1600_u32).map(|at| {
        let part = |value: u32| u8::try_from(value).unwrap();
        [part(at % 40 * 6), part(at / 40 * 6), 30, 255]
    });
    let image = picture(size, slope.collect());
    for (text, most) in [("colors=2", 2), ("colors=16,dither=none", 16), ("", 256)] {
        let mut options = EncodeOptions::default();
        let read = options.details.read(Format::Gif, text);
        read.unwrap().unwrap();
        let bytes = CODEC.encode(image.clone(), &options).unwrap();
        let layout = CODEC.header(&bytes).unwrap();
        let decoded = CODEC.decode(&bytes, &layout).unwrap();
        let mut colors = pixels(&decoded.picture);
        colors.sort_unstable();
        colors.dedup();
        assert!(colors.len() <= most && colors.len() > most / 2, "{text}");
    }
    for wrong in ["colors=1", "colors=257", "dither=perhaps", "colour=3"] {
        let read = EncodeOptions::default().details.read(Format::Gif, wrong);
        assert!(read.unwrap().is_err(), "{wrong}");
    }
}

#[test]
fn of_a_file_that_is_cut_the_whole_frames_are_kept_and_said_to_be_damaged() {
    let film = film(Size::new(23, 11), 4);
    let whole = written(&film, Plays::Endless, &EncodeOptions::default());
    assert_eq!(read(&whole[..whole.len() - 1]).unwrap().1, film);
    let (mut kept, mut nothing) = (0, 0);
    for length in 0..whole.len() - 1 {
        let cut = &whole[..length];
        let Ok(layout) = CODEC.header(cut) else {
            continue;
        };
        let Ok(Some(mut frames)) = CODEC.frames(cut, &layout, &Limits::default()) else {
            continue;
        };
        let mut read = Vec::new();
        let ended = loop {
            match frames.next() {
                Ok(Some(frame)) => read.push(frame),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        let damage = frames.warnings().damage().cloned();
        if ended {
            assert_eq!(read, film[..read.len()], "{length}");
            let wanted = Warning::damaged(Format::Gif, Damage::Truncated);
            // Between frames nothing says that there should be more.
            let between = damage.is_none() && scan::scan(cut, 9).frames == read.len();
            assert!(between || damage == Some(wanted), "{length}: {damage:?}");
            kept += usize::from(damage.is_some());
        } else {
            assert!(read.is_empty(), "{length}");
            nothing += 1;
        }
    }
    assert!(kept > whole.len() / 3, "{kept} of {}", whole.len());
    assert_eq!(nothing, 0, "of one picture alone there are no frames");
}

#[test]
fn of_a_first_frame_that_is_cut_there_is_what_can_be_had() {
    let film = film(Size::new(23, 40), 1);
    let whole = written(&film, Plays::Endless, &EncodeOptions::default());
    let uncut = codecs::decode(&CODEC, &whole, &Limits::default()).unwrap();
    let Samples::U8(wanted) = uncut.picture.raster.samples() else {
        panic!("the depth has changed");
    };
    let (mut rows, mut errors) = (0, 0);
    for length in 0..whole.len() - 2 {
        let Ok(read) = codecs::decode(&CODEC, &whole[..length], &Limits::default()) else {
            errors += 1;
            continue;
        };
        let truncated = Warning::damaged(Format::Gif, Damage::Truncated);
        let damage = read.warnings.damage();
        assert!(damage.is_none_or(|damage| *damage == truncated));
        let Samples::U8(samples) = read.picture.raster.samples() else {
            panic!("the depth has changed");
        };
        let (row, other) = (samples.chunks(23 * 4), wanted.chunks(23 * 4));
        let there = row.zip(other).take_while(|(row, other)| row == other);
        let there = there.count();
        assert!(there >= rows && there > 0, "{length}");
        assert_eq!(damage.is_none(), samples == wanted, "{length}");
        assert!(samples[there * 23 * 4..].iter().all(|sample| *sample == 0));
        rows = there;
    }
    // There is nothing of it before its colours, and a row.
    assert!(rows > 20 && errors < 3 * 256 + 100, "{rows}, {errors}");
}

#[test]
fn a_frame_that_is_packed_in_no_way_draws_nothing() {
    let mut file = on_a_small_canvas(0, 1, 1);
    let codes: Vec<usize> = (0..file.len() - 2)
        .filter(|at| file[*at..].starts_with(b"\x02\x02\x4c"))
        .collect();
    assert_eq!(codes.len(), 2);
    let played = |file: &[u8]| {
        let layout = CODEC.header(file).unwrap();
        let mut frames = CODEC.frames(file, &layout, &Limits::default());
        let frames = frames.as_mut().unwrap().as_mut().unwrap();
        let mut read = Vec::new();
        while let Some(frame) = frames.next().unwrap() {
            read.push(frame.image.raster.into_samples());
        }
        (read, frames.warnings().damage().is_some())
    };
    let (whole, damaged) = played(&file);
    assert_eq!((whole.len(), damaged), (2, false));
    file[codes[0]] = 0;
    let (read, damaged) = played(&file);
    assert_eq!(read, [Samples::U8(vec![0; 3 * 2 * 4]), whole[1].clone()]);
    assert!(damaged);
    file[codes[0]] = 2;
    file[codes[1]] = 255;
    assert_eq!(played(&file), (whole[..1].to_vec(), true));
}

/// A frame on a canvas of 3 x 2.
fn on_a_small_canvas(left: u16, width: u16, height: u16) -> Vec<u8> {
    let mut file = b"GIF89a\x03\0\x02\0\x80\0\0\xff\0\0\0\xff\0".to_vec();
    for _ in 0..2 {
        file.push(b',');
        for number in [left, 0, width, height] {
            file.extend(number.to_le_bytes());
        }
        // Two colours; a few of them, and the end.
        file.extend(b"\0\x02\x02\x4c\x01\0");
    }
    file.push(b';');
    file
}

#[test]
fn frames_that_lie_about_their_size_take_no_memory() {
    for (left, width, height) in [(0, 65_535, 65_535), (65_000, 900, 1), (0, 0, 9), (2, 2, 1)] {
        let file = on_a_small_canvas(left, width, height);
        let layout = CODEC.header(&file).unwrap();
        let limits = Limits { max_pixels: 1000 };
        let frames = CODEC.frames(&file, &layout, &limits);
        if layout.size.pixels() > 1000 {
            assert!(matches!(frames, Err(DecodeError::Limit(_))));
        } else if let Ok(Some(frame)) = frames.unwrap().unwrap().next() {
            assert_eq!(frame.image.raster.size(), layout.size);
        }
    }
}

/// A screen of 4 x 3 whose frames, of 2 x 2, lie beside each other and beyond it.
fn beyond(places: &[(u16, u16)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let palette = [9, 8, 7, 200, 100, 50];
    let mut encoder = gif::Encoder::new(&mut bytes, 4, 3, &palette).unwrap();
    for (left, top) in places {
        let frame = gif::Frame {
            left: *left,
            top: *top,
            width: 2,
            height: 2,
            buffer: vec![1; 4].into(),
            ..gif::Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn the_picture_holds_its_first_frame_and_no_other() {
    const SEEN: [u8; 4] = [200, 100, 50, 255];
    for (first, size) in [
        ((0, 0), Size::new(4, 3)),
        ((2, 1), Size::new(4, 3)),
        ((3, 2), Size::new(5, 4)),
        ((0, 7), Size::new(4, 9)),
    ] {
        let file = beyond(&[first]);
        let layout = CODEC.header(&file).unwrap();
        let image = codecs::decode(&CODEC, &file, &Limits::default()).unwrap();
        let image = image.picture;
        assert_eq!((layout.size, image.layout()), (size, layout), "{first:?}");
        let seen = pixels(&image).into_iter().filter(|pixel| *pixel == SEEN);
        assert_eq!(seen.count(), 4, "{first:?}");
        let (_, frames) = read(&beyond(&[first, (40, 40), (3, 2)])).unwrap();
        assert_eq!(frames.len(), 3);
        assert!(frames.iter().all(|frame| frame.image.layout() == layout));
    }
    let limits = Limits { max_pixels: 1000 };
    let error = codecs::decode(&CODEC, &beyond(&[(60_000, 60_000)]), &limits);
    assert!(matches!(error, Err(DecodeError::Limit(_))), "{error:?}");
}
