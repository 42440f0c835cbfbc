//! The reader against the library, on small files of every kind that it knows.
#![expect(clippy::cast_precision_loss, reason = "small numbers")]

use super::super::{EncodeOptions, Format, decode};
use super::reader;
use super::segments::NotOurs;
use super::sequential::ROOM;
use super::tables::Tables;
use super::walk::{Leg, Walker, empty_window};
use crate::image::{
    Channels, Color, Depth, Gathered, Layout, Limits, Metadata, Orientation, Plane, Planes,
    Samples, Size,
};
use crate::warning::Damage;

macro_rules! samples {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../samples/", $name, ".jpg")).as_slice())),*]
    };
}

mod blocks;
mod damage;
mod whole;

/// Files of the same picture.
fn ours() -> [(&'static str, &'static [u8]); 16] {
    samples!(
        "444",
        "422",
        "420",
        "440",
        "411",
        "410",
        "gray",
        "gray2x2",
        "restarts",
        "separate",
        "coarse",
        "optimized",
        "progressive",
        "progressive_restarts",
        "progressive_gray",
        "progressive_bands"
    )
}

/// What the library says of a file; of one that it refuses, what the samples are.
fn layout(bytes: &[u8]) -> Layout {
    let header = Format::Jpeg.codec().header(bytes);
    header.unwrap_or(Layout {
        size: Size::new(155, 117),
        channels: Channels::Rgb,
        depth: Depth::U8,
        orientation: Orientation::Upright,
    })
}

#[derive(Debug)]
struct Picture {
    planes: Planes,
    metadata: Metadata,
    damage: Option<Damage>,
}

fn read(bytes: &[u8], whole: Size, coarseness: (u32, u32)) -> Result<Picture, NotOurs> {
    let layout = layout(bytes);
    let mut rows = Gathered::default();
    let told = reader::rows(bytes, &layout, whole, coarseness, &mut rows)?;
    Ok(Picture {
        planes: rows.planes(layout.size),
        metadata: told.metadata,
        damage: told.damage,
    })
}

/// As many samples as there are.
fn whole(bytes: &[u8]) -> Picture {
    read(bytes, Size::new(155, 117), (1, 1)).unwrap()
}

fn eighth(bytes: &[u8]) -> Picture {
    read(bytes, Size::new(12, 9), (8, 8)).unwrap()
}

/// The library's pixels: of each, as many samples as the file has components.
fn reference(bytes: &[u8]) -> (Vec<u8>, usize) {
    let jpeg = ::image::ImageFormat::Jpeg;
    let picture = ::image::load_from_memory_with_format(bytes, jpeg).unwrap();
    let channels = picture.color().channel_count().into();
    (picture.into_bytes(), channels)
}

fn luma(pixel: &[u8]) -> f64 {
    match pixel {
        [gray] => f64::from(*gray),
        [r, g, b] => 0.299 * f64::from(*r) + 0.587 * f64::from(*g) + 0.114 * f64::from(*b),
        _ => panic!("there are one or three"),
    }
}

#[test]
fn luma_is_the_librarys() {
    for (name, bytes) in ours() {
        let (pixels, channels) = reference(bytes);
        let picture = whole(bytes);
        let plane = &picture.planes.planes[0];
        assert_eq!((plane.columns(), plane.rows()), (155, 117), "{name}");
        let samples = plane.lines().flatten();
        for (at, (sample, pixel)) in samples.zip(pixels.chunks_exact(channels)).enumerate() {
            // A colour out of range has lost its luma.
            let clipped = channels == 3 && pixel.iter().any(|part| [0, 255].contains(part));
            let distance = (f64::from(*sample) - luma(pixel)).abs();
            assert!(clipped || distance <= 2.0, "{name}: {distance} at {at}");
        }
    }
}

#[test]
fn colours_are_the_librarys_where_each_pixel_has_its_own() {
    let bytes = ours()[0].1;
    let raster = whole(bytes).planes.to_raster().unwrap();
    let Samples::U8(samples) = raster.into_samples() else {
        panic!("planes have 8 bits");
    };
    let (pixels, _) = reference(bytes);
    assert_eq!(samples.len(), pixels.len());
    let distances = samples.iter().zip(&pixels).map(|(a, b)| a.abs_diff(*b));
    // Two transforms and two conversions, each of which rounds.
    assert!(distances.max() <= Some(3));
}

/// The mean of each block of so many samples across and down that lies wholly inside.
fn means(plane: &Plane, (across, down): (usize, usize)) -> Vec<Vec<f64>> {
    let lines: Vec<&[u8]> = plane.lines().collect();
    let mean = |rows: &[&[u8]], x: usize| {
        let samples = rows.iter().flat_map(|row| &row[x..x + across]);
        samples.map(|sample| f64::from(*sample)).sum::<f64>() / (across * down) as f64
    };
    let of_rows = |rows: &[&[u8]]| {
        let columns = (0..=rows[0].len() - across).step_by(across);
        columns.map(|x| mean(rows, x)).collect()
    };
    lines.chunks_exact(down).map(of_rows).collect()
}

/// The mean of a block is its DC coefficient at every scale, but for what is rounded and clipped.
#[test]
fn every_scale_has_the_same_means() {
    // What is as coarse as that is clipped.
    for (name, bytes) in ours().into_iter().filter(|(name, _)| *name != "coarse") {
        let planes = eighth(bytes).planes.planes;
        for size in [15, 30, 45, 60, 75, 90, 105, 120] {
            let other = read(bytes, Size::new(size, size * 3 / 4), (1, 1));
            let other = other.unwrap_or_else(|_| panic!("{name} at {size}"));
            for (small, large) in planes.iter().zip(&other.planes.planes) {
                let side = |ratio: f64| {
                    let is_it = |side: &u8| (ratio - f64::from(*side)).abs() < 0.01;
                    usize::from((1..=8_u8).find(is_it).unwrap())
                };
                let across = side(large.extent.0 / small.extent.0);
                let down = side(large.extent.1 / small.extent.1);
                let rows = small.lines().zip(means(large, (across, down)));
                for (small, mean) in rows.flat_map(|(small, means)| small.iter().zip(means)) {
                    let distance = (f64::from(*small) - mean).abs();
                    assert!(distance <= 6.0, "{name} at {size}: {small} is not {mean}");
                }
            }
        }
    }
}

#[test]
fn no_more_is_decoded_than_is_wanted() {
    let bytes = ours()[2].1;
    let extents = |size, coarseness| {
        let picture = read(bytes, Size::new(size, size * 3 / 4), coarseness).unwrap();
        assert_eq!(picture.planes.size, Size::new(155, 117));
        let planes = picture.planes.planes.iter();
        planes.map(|plane| plane.extent.0).collect::<Vec<_>>()
    };
    assert_eq!(extents(12, (1, 1)), [19.375, 9.6875 * 2.0, 9.6875 * 2.0]);
    assert_eq!(extents(12, (2, 2)), [19.375, 9.6875, 9.6875]);
    assert_eq!(extents(155, (2, 2)), [155.0, 77.5, 77.5]);
}

#[test]
fn what_is_not_understood_is_left_to_the_library() {
    for (name, bytes) in samples!("mixed", "arithmetic", "rgb") {
        let read = read(bytes, Size::new(12, 9), (1, 1));
        assert_eq!(read.err(), Some(NotOurs), "{name}");
    }
}

/// Whatever a file holds, reading it comes to an end; and a file that lacks data is not taken for whole.
#[test]
fn damage_is_noticed_or_does_no_harm() {
    for (name, bytes) in ours() {
        for length in (0..bytes.len()).step_by(997) {
            let cut = &bytes[..length];
            for size in [12, 155] {
                let _any: Result<Picture, NotOurs> = read(cut, Size::new(size, size), (2, 2));
            }
        }
        // Those that refine may have said all that matters before.
        let rest = if name.starts_with("prog") {
            bytes.len() * 19 / 20
        } else {
            300
        };
        let cut = &bytes[..bytes.len() - rest];
        let damage = read(cut, Size::new(12, 9), (2, 2)).map(|picture| picture.damage);
        assert_eq!(damage, Ok(Some(Damage::Truncated)), "{name}");
        let dice = &mut Dice(7);
        for _ in 0..10 {
            let mut broken = bytes.to_vec();
            for _ in 0..3 {
                let at = dice.below(u32::try_from(broken.len()).unwrap()) as usize;
                broken[at] = dice.byte();
            }
            for size in [12, 30, 155] {
                let _any: Result<Picture, NotOurs> = read(&broken, Size::new(size, size), (2, 2));
            }
        }
    }
}

/// The limits were held against the header that the library read. No other one may be followed.
#[test]
fn a_picture_that_was_not_announced_is_not_read() {
    let bytes = ours()[2].1;
    let announced = layout(bytes);
    let read = |layout| {
        let mut rows = Gathered::default();
        reader::rows(bytes, &layout, Size::new(12, 9), (1, 1), &mut rows)
    };
    assert!(read(announced).is_ok());
    let size = Size::new(155, 116);
    assert!(read(Layout { size, ..announced }).is_err());
    let channels = Channels::Gray;
    assert!(
        read(Layout {
            channels,
            ..announced
        })
        .is_err()
    );
}

/// Each scan takes its time: a file may have one for each component and no more.
#[test]
fn no_component_is_read_twice() {
    let [(_, bytes)] = samples!("separate");
    let begins = memchr::memmem::find_iter(bytes, b"\xff\xda").collect::<Vec<_>>();
    let [first, second, ..] = begins[..] else {
        panic!("there are three scans");
    };
    let twice = [&bytes[..second], &bytes[first..]].concat();
    assert!(read(&twice, Size::new(12, 9), (1, 1)).is_err());
    assert!(read(bytes, Size::new(12, 9), (1, 1)).is_ok());
}

/// Markers that seem to come twice are passed over, with what is behind them, until nothing is left.
#[test]
fn stale_markers_come_to_an_end() {
    let [(_, bytes)] = samples!("restarts");
    for by in 1..8 {
        let mut other = bytes.to_vec();
        for at in 1..other.len() {
            if other[at - 1] == 0xff && (0xd0..0xd8).contains(&other[at]) {
                other[at] = 0xd0 + (other[at] - 0xd0 + by) % 8;
            }
        }
        // Only markers that are far from what was expected are taken for those that were.
        let taken = (3..6).contains(&by);
        let picture = read(&other, Size::new(12, 9), (1, 1)).unwrap();
        assert_eq!(picture.damage.is_none(), taken, "{by}");
    }
}

/// What a marker that came twice is followed by is passed over, even where it is longer than the window.
#[test]
fn data_behind_a_stale_marker_are_passed_over() {
    let [(_, bytes)] = samples!("restarts");
    let second = memchr::memmem::find(bytes, b"\xff\xd1").unwrap();
    for length in [10, 2 * ROOM] {
        let stale = [b"\xff\xd0".as_slice(), &vec![0x55; length]].concat();
        let longer = [&bytes[..second], &stale, &bytes[second..]].concat();
        let planes = |bytes| read(bytes, Size::new(155, 117), (1, 1)).unwrap().planes;
        assert_eq!(planes(&longer), planes(bytes), "{length}");
    }
}

/// xorshift64* (S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: u32) -> u32 {
        (self.next() >> 32) as u32 % limit
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

/// Several places at once lead where one would, on data that nobody made for it.
#[test]
fn walking_side_by_side_finds_what_walking_alone_finds() {
    let file = ours()[2].1;
    let mut segments = super::segments::Segments::new(file).unwrap();
    segments.next_scan().unwrap().unwrap();
    let code = |class: &[Option<super::huffman::Code>; 4], at: usize| class[at].clone().unwrap();
    let (dc, ac) = (&segments.tables.dc, &segments.tables.ac);
    let luma = Tables::of(&code(dc, 0), &code(ac, 0));
    let chroma = Tables::of(&code(dc, 1), &code(ac, 1));
    let units = [
        vec![luma.clone(); 4]
            .into_iter()
            .chain([chroma.clone(), chroma.clone()])
            .collect(),
        vec![luma.clone()],
        vec![luma.clone(), chroma.clone(), chroma],
        vec![luma.clone(), luma.clone(), luma],
    ];
    let dice = &mut Dice(3);
    let mut window = empty_window();
    for unit in units.iter().cycle().take(8) {
        window[..40_000]
            .iter_mut()
            .for_each(|byte| *byte = dice.byte());
        let mut walker = Walker::new(unit);
        let start = dice.below(1000);
        let leg = Leg {
            start,
            stop: start + dice.below(300_000),
            blocks: [usize::MAX, dice.below(5_000) as usize][usize::from(start.is_multiple_of(2))],
        };
        let way = walker.follow(&window, leg);
        let alone = walker.each(&window, &[leg]).swap_remove(0);
        // Either may go on a little.
        let both = way.len().min(alone.len());
        assert_eq!(way[..both], alone[..both]);
        for way in [way, alone] {
            assert!(way.len() > leg.blocks || *way.last().unwrap() >= leg.stop);
        }
    }
}

#[test]
fn a_new_quality_takes_what_its_steps_take_and_nothing_else() {
    let again = |bytes: &[u8], quality| {
        let options = EncodeOptions {
            quality: Some(quality),
            ..EncodeOptions::default()
        };
        Format::Jpeg
            .codec()
            .recode(bytes, &layout(bytes), &options, &mut |metadata| metadata)
            .map(|recoded| recoded.picture)
    };
    for (name, bytes) in samples!("420", "gray", "restarts", "progressive_bands") {
        let same = again(bytes, 88).unwrap();
        assert_eq!(reference(&same), reference(bytes), "{name}");
        let less = again(bytes, 60).unwrap();
        assert!(less.len() < same.len(), "{name}");
        let ((before, _), (after, _)) = (reference(bytes), reference(&less));
        let error = before
            .iter()
            .zip(&after)
            .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
        let mean = error.sum::<f64>() / f64::from(u32::try_from(before.len()).unwrap());
        assert!((1.0..150.0).contains(&mean), "{name}: {mean}");
    }
    // Other samplings are not for this, nor is what is not read here.
    for (name, bytes) in samples!("422", "444", "rgb") {
        assert!(again(bytes, 60).is_none(), "{name}");
    }
    assert!(again(ours()[0].1, 95).is_some());
}

#[test]
fn chroma_is_shared_as_asked() {
    let options = |quality, text| {
        let mut options = EncodeOptions {
            quality: Some(quality),
            ..EncodeOptions::default()
        };
        let read = options.details.read(Format::Jpeg, text).unwrap();
        read.map(|()| options)
    };
    let [(_, sample)] = samples!("444");
    let read = |bytes: &[u8]| decode(Format::Jpeg.codec(), bytes, &Limits::default());
    let picture = read(sample).unwrap().picture;
    for (text, across, down) in [
        ("", 2, 2),
        ("subsampling=444", 1, 1),
        ("subsampling=4:2:2", 2, 1),
        ("subsampling=440", 1, 2),
        ("subsampling=420", 2, 2),
    ] {
        let options = options(80, text).unwrap();
        let bytes = Format::Jpeg
            .codec()
            .encode(picture.clone(), &options)
            .unwrap();
        let frame = memchr::memmem::find(&bytes, b"\xff\xc0").unwrap();
        assert_eq!(bytes[frame + 11], across << 4 | down, "{text}");
        let after = read(&bytes).unwrap();
        assert_eq!(after.picture.raster.size(), picture.raster.size());
    }
    for wrong in ["subsampling=411", "444", "quality=3"] {
        assert!(options(80, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_travels_with_the_pixels_is_found() {
    let mut image = crate::image::Image::new(crate::image::Raster::filled(
        Size::new(3, 2),
        Channels::Rgb,
        Depth::U8,
        crate::image::Transfer::Srgb,
        Color::WHITE,
    ));
    let icc = {
        let mut profile = vec![7; 70_000];
        profile[16..20].copy_from_slice(b"RGB ");
        profile
    };
    image.metadata.icc = Some(icc.clone());
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    image.metadata.exif = Some(exif.clone());
    let options = EncodeOptions::default();
    let bytes = Format::Jpeg.codec().encode(image, &options).unwrap();
    let metadata = read(&bytes, Size::new(3, 2), (1, 1)).unwrap().metadata;
    assert_eq!(metadata.icc, Some(icc));
    assert_eq!(metadata.exif, Some(exif));
    assert_eq!(metadata.orientation, Orientation::Turn90);

    // A part of the profile that comes twice makes it none, as for the library.
    let name = memchr::memmem::find(&bytes, b"ICC_PROFILE").unwrap();
    let begin = name - 4;
    let length = usize::from(u16::from_be_bytes([bytes[begin + 2], bytes[begin + 3]]));
    let end = begin + 2 + length;
    let twice = [&bytes[..end], &bytes[begin..]].concat();
    let metadata = read(&twice, Size::new(3, 2), (1, 1)).unwrap().metadata;
    assert_eq!(metadata.icc, None);
}
