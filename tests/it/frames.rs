use std::io::Cursor;

use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::{AnimationDecoder, Delay, Frame, RgbaImage};
use tiff::ColorType;
use tiff::decoder::Decoder;
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;

use super::support::{Finished, Scene};

/// A square that wanders over a ground of few colours, `count` times, for a tenth of a second more each.
fn film(count: u32) -> Vec<Frame> {
    let frame = |at: u32| {
        let picture = RgbaImage::from_fn(40, 30, |x, y| {
            if x.abs_diff(5 + at * 6) < 4 && y.abs_diff(15) < 4 {
                [250, 20, 20, 255].into()
            } else {
                let shade = |part: u32| u8::try_from(part * 40).unwrap();
                [20, shade(y / 6), shade(x / 8), 255].into()
            }
        });
        let delay = Delay::from_numer_denom_ms(100 * (at + 1), 1);
        Frame::from_parts(picture, 0, 0, delay)
    };
    (0..count).map(frame).collect()
}

fn gif(frames: Vec<Frame>, repeat: Option<Repeat>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    if let Some(repeat) = repeat {
        encoder.set_repeat(repeat).unwrap();
    }
    encoder.encode_frames(frames).unwrap();
    drop(encoder);
    bytes
}

/// Frames as another decoder composes them.
fn frames(bytes: &[u8]) -> Vec<Frame> {
    let decoder = GifDecoder::new(Cursor::new(bytes)).unwrap();
    decoder.into_frames().collect_frames().unwrap()
}

fn warned(finished: &Finished) -> bool {
    finished.summary()["warned"] != 0
}

#[test]
fn an_animation_stays_one_whatever_is_done_to_it() {
    let scene = Scene::new();
    scene.write("in/film.gif", gif(film(5), Some(Repeat::Finite(3))));
    for (command, size) in [
        ("convert in -o same", (40, 30)),
        ("thumbnail in -o small --size 20", (20, 15)),
        ("convert in -o turned --rotate 90 --blur 1", (30, 40)),
        ("convert in --in-place --flip", (40, 30)),
    ] {
        let finished = scene.run(&format!("{command} --events -")).exits(0);
        assert!(!warned(&finished), "{command}");
        let folder = command.split(' ').nth(3).unwrap();
        let folder = if folder == "--flip" { "in" } else { folder };
        let made = scene.read(format!("{folder}/film.gif"));
        let made_frames = frames(&made);
        assert_eq!(made_frames.len(), 5, "{command}");
        for (frame, at) in made_frames.iter().zip(1..) {
            assert_eq!(frame.buffer().dimensions(), size);
            assert_eq!(frame.delay(), Delay::from_numer_denom_ms(100 * at, 1));
        }
        let again = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x03\0\0";
        assert!(made.windows(again.len()).any(|window| window == again));
    }
    let [same, turned] = ["same", "in"].map(|folder| scene.read(format!("{folder}/film.gif")));
    for ((before, same), flipped) in film(5).iter().zip(frames(&same)).zip(frames(&turned)) {
        assert_eq!(before.buffer(), same.buffer());
        let flipped = image::imageops::flip_vertical(flipped.buffer());
        assert_eq!(before.buffer(), &flipped);
    }
}

#[test]
fn one_frame_is_taken_where_one_is_asked_for() {
    let scene = Scene::new();
    scene.write("in/film.gif", gif(film(4), None));
    for number in 1..=4_u8 {
        let command = format!("convert in -o out{number} -f png --frames {number} --events -");
        let finished = scene.run(&command).exits(0);
        assert!(!warned(&finished));
        let picture = scene.picture(format!("out{number}/film.png")).to_rgba8();
        let wanted = &film(4)[usize::from(number) - 1];
        assert_eq!(&picture, wanted.buffer());
    }
    let finished = scene.run("convert in -o first --frames first --events -");
    assert!(!warned(&finished.exits(0)));
    assert_eq!(frames(&scene.read("first/film.gif")).len(), 1);
    let finished = scene.run("convert in -o jpeg -f jpeg").exits(0);
    finished.complains(&["an animation of several frames; only the first is kept"]);
}

#[test]
fn a_frame_that_is_not_there_is_a_failure_that_says_how_many_are() {
    let scene = Scene::new();
    scene.write("in/film.gif", gif(film(4), None));
    scene.write("in/one.gif", gif(film(1), None));
    scene.copy("logo.png", "in/logo.png");
    let finished = scene.run("convert in -o out --frames 9").exits(1);
    finished.complains(&[
        "in/film.gif: cannot decode: there is no frame 9: the file holds 4 pictures",
        "in/one.gif: cannot decode: there is no frame 9: the file holds a single picture",
        "in/logo.png: cannot decode: there is no frame 9: the file holds a single picture",
    ]);
    scene.run("convert in -o out2 --frames 1").exits(0);
    let wrong = scene.run("convert in -o out3 --frames 0").exits(2);
    wrong.complains(&["it is `all`, `first`, or a number from 1 on"]);
}

#[test]
fn the_same_animation_comes_of_any_number_of_workers_and_threads() {
    let scene = Scene::new();
    for name in ["a", "b", "c"] {
        scene.write(format!("in/{name}.gif"), gif(film(3), None));
    }
    let made = |jobs: u8, more: &str| {
        let folder = format!("out{jobs}{}", more.len());
        let command = format!("convert in -o {folder} --resize 33x --blur 2 -j {jobs} {more}");
        scene.run(&command).exits(0);
        scene.tree(&folder)
    };
    let one: Vec<_> = made(1, "").into_values().collect();
    for (jobs, more) in [(4, ""), (2, "--isolation thread")] {
        let other: Vec<_> = made(jobs, more).into_values().collect();
        assert_eq!(one, other);
    }
}

#[test]
fn many_frames_have_limits_that_the_failure_names() {
    let scene = Scene::new();
    // 1200 pixels each; sixteen times 2000 for all.
    scene.write("in/film.gif", gif(film(40), None));
    let command = "convert in -o out --max-pixels 2000";
    let finished = scene.run(command).exits(1);
    finished.complains(&["its first 27 pictures are 0.0 megapixels together"]);
    scene.run(&format!("{command} --frames 30")).exits(0);
    scene.write("in/film.gif", many_tiny_frames(70_000));
    let finished = scene.run("convert in -o out2").exits(1);
    finished.complains(&["it holds more than 65536 pictures"]);
}

/// Frames of a single pixel.
fn many_tiny_frames(count: usize) -> Vec<u8> {
    let mut file = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\xff\0".to_vec();
    // Its place and size; codes: clear, 1, end.
    let frame = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0";
    file.extend(frame.repeat(count));
    file.push(b';');
    file
}

#[test]
fn animations_become_each_other() {
    let scene = Scene::new();
    scene.write("in/film.gif", gif(film(5), Some(Repeat::Infinite)));
    scene.run("convert in -o png -f png").exits(0);
    scene.run("convert png -o gif -f gif").exits(0);
    let bytes = scene.read("png/film.png");
    let decoder = image::codecs::png::PngDecoder::new(Cursor::new(&bytes)).unwrap();
    let theirs = decoder.apng().unwrap().into_frames().collect_frames();
    let back = frames(&scene.read("gif/film.gif"));
    for ((before, png), gif) in film(5).iter().zip(theirs.unwrap()).zip(back) {
        assert_eq!(before.buffer(), png.buffer());
        assert_eq!(before.buffer(), gif.buffer());
        assert_eq!((before.delay(), before.delay()), (png.delay(), gif.delay()));
    }
}

/// A file of pages, each of a size, a depth and colours of its own: gray, colours, and colours with alpha in 16 bits.
fn paged() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut file = TiffEncoder::new(&mut bytes).unwrap();
    let mut page = file.new_image::<colortype::Gray8>(60, 30).unwrap();
    page.encoder().write_tag(Tag::Artist, "A. Gray").unwrap();
    page.resolution_unit(tiff::tags::ResolutionUnit::Inch);
    page.write_data(&[80; 60 * 30]).unwrap();
    let mut page = file.new_image::<colortype::RGB8>(20, 40).unwrap();
    page.encoder().write_tag(Tag::Artist, "R. G. Blue").unwrap();
    let name = Tag::from_u16_exhaustive(0x011d);
    page.encoder().write_tag(name, "Plate 2").unwrap();
    page.write_data(&[200, 10, 60].repeat(20 * 40)).unwrap();
    let page = file.new_image::<colortype::RGBA16>(25, 25).unwrap();
    page.write_data(&[9000_u16, 8000, 7000, 60_000].repeat(25 * 25))
        .unwrap();
    bytes.into_inner()
}

/// The size, the kind of colours, the samples and the artist of each page.
fn pages(bytes: &[u8]) -> Vec<(u32, u32, ColorType, Vec<u8>, String)> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).unwrap();
    let mut pages = Vec::new();
    loop {
        let (width, height) = decoder.dimensions().unwrap();
        let color = decoder.colortype().unwrap();
        let mut samples = decoder.read_image().unwrap();
        let samples = samples.as_buffer(0).as_bytes().to_vec();
        let artist = decoder.get_tag_ascii_string(Tag::Artist);
        pages.push((width, height, color, samples, artist.unwrap_or_default()));
        if !decoder.more_images() {
            return pages;
        }
        decoder.next_image().unwrap();
    }
}

#[test]
fn every_page_is_kept_as_it_is_and_worked_on() {
    let scene = Scene::new();
    let source = paged();
    scene.write("in/scan.tif", &source);
    let finished = scene.run("convert in -o same --events -").exits(0);
    assert!(!warned(&finished));
    assert_eq!(pages(&scene.read("same/scan.tif")), pages(&source));
    scene.run("thumbnail in -o small --size 10").exits(0);
    let small = pages(&scene.read("small/scan.tif"));
    let sizes: Vec<_> = small.iter().map(|page| (page.0, page.1)).collect();
    assert_eq!(sizes, [(10, 5), (5, 10), (10, 10)]);
    let kinds: Vec<_> = small.iter().map(|page| page.2).collect();
    let expected = [ColorType::Gray(8), ColorType::RGB(8), ColorType::RGBA(16)];
    assert_eq!(kinds, expected);
    let artists: Vec<_> = small.iter().map(|page| page.4.as_str()).collect();
    assert_eq!(artists, ["A. Gray", "R. G. Blue", ""]);
    scene.run("convert in --in-place --flip").exits(0);
    assert_eq!(pages(&scene.read("in/scan.tif")).len(), 3);
}

#[test]
fn pages_are_left_out_only_where_that_is_asked_for_or_said() {
    let scene = Scene::new();
    let source = paged();
    scene.write("in/scan.tif", &source);
    let all = pages(&source);
    for (number, wanted) in (1..).zip(&all) {
        scene
            .run(&format!("convert in -o out{number} --frames {number}"))
            .exits(0);
        let made = pages(&scene.read(format!("out{number}/scan.tif")));
        assert_eq!(made, std::slice::from_ref(wanted));
    }
    let finished = scene.run("convert in -o jpeg -f jpeg --events -").exits(0);
    finished.complains(&["a file of several pages; only the first is kept"]);
    let too_large = scene.run("convert in -o ico -f ico --resize 300x300!");
    too_large
        .exits(1)
        .complains(&["ico holds at most 256 pixels a side"]);
    scene
        .run("convert in -o ico -f ico --on-conflict overwrite")
        .exits(0);
    let count = u16::from_le_bytes([scene.read("ico/scan.ico")[4], 0]);
    assert_eq!(count, 3);
}

#[test]
fn the_whole_frames_of_a_damaged_animation_are_kept_unless_nothing_may_be_damaged() {
    let scene = Scene::new();
    let whole = gif(film(5), Some(Repeat::Infinite));
    scene.write("in/film.gif", &whole[..whole.len() - 40]);
    let finished = scene.run("convert in -o out --events -").exits(0);
    assert!(warned(&finished));
    finished.complains(&["damaged gif file: the file ends too early; decoded as far as it goes"]);
    assert_eq!(frames(&scene.read("out/film.gif")).len(), 4);
    let strict = scene.run("convert in -o strict --strict").exits(1);
    strict.complains(&["damaged gif file: the file ends too early"]);
    scene.run("convert in -o fourth --frames 4 -f png").exits(0);
    let fifth = scene.run("convert in -o fifth --frames 5 -f png").exits(1);
    fifth.complains(&["damaged gif file: the file ends too early"]);
}
