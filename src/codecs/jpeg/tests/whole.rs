//! Whole pictures, by the reader and by the library.

use super::super::super::{Decoded, EncodeOptions, Format, decode};
use super::super::target::GRAY;
use super::super::whole::has_end;
use crate::image::{Channels, Image, Limits, Raster, Samples, Size};
use crate::warning::{Damage, Warning, Warnings};

/// Files that are read here, and by the library.
const SAMPLES: [(&str, &[u8]); 15] = samples!(
    "420",
    "410",
    "422",
    "440",
    "444",
    "gray",
    "gray2x2",
    "optimized",
    "progressive",
    "progressive_gray",
    "progressive_restarts",
    "restarts",
    "separate",
    "mixed",
    "rgb"
);

fn read(bytes: &[u8]) -> Decoded<Image> {
    decode(Format::Jpeg.codec(), bytes, &Limits::default()).unwrap()
}

/// What is said of the damage.
fn damage(bytes: &[u8]) -> Option<String> {
    let warnings = read(bytes).warnings;
    warnings.damage().map(|warning| warning.reason.clone())
}

/// Whether that is this.
fn tells(said: Option<String>, damage: Damage) -> bool {
    said == Some(Warning::damaged("jpeg", damage).reason)
}

/// Where the data of the first scan begin.
fn data(bytes: &[u8]) -> usize {
    let scan = memchr::memmem::find(bytes, b"\xff\xda").unwrap();
    scan + 2 + usize::from(bytes[scan + 3])
}

#[test]
fn there_is_nothing_to_say_of_a_whole_file_whatever_follows_it() {
    for (name, bytes) in SAMPLES {
        assert_eq!(damage(bytes), None, "{name}");
        let followed = [bytes, &[0; 100], bytes, b"\xff"].concat();
        assert_eq!(damage(&followed), None, "{name}");
    }
}

#[test]
fn a_file_that_is_cut_is_gray_from_there_on() {
    for (name, bytes) in SAMPLES {
        let start = data(bytes);
        for part in [start, start + (bytes.len() - start) / 2, bytes.len() - 2] {
            let cut = damage(&bytes[..part]);
            assert!(tells(cut, Damage::Truncated), "{name} to {part}");
        }
    }
    let (_, bytes) = SAMPLES[0];
    let half = read(&bytes[..usize::midpoint(data(bytes), bytes.len())]);
    let [whole, half] = [read(bytes), half].map(|read| samples(read.picture.raster));
    let (quarter, end) = (whole.len() / 4, whole.len() * 9 / 10);
    assert_eq!(half[..quarter], whole[..quarter]);
    assert!(half[end..].iter().all(|sample| *sample == GRAY));
}

#[test]
fn data_that_are_missing_in_the_middle_are_missed() {
    for (name, bytes) in samples!("420", "444", "gray", "optimized") {
        let (start, length) = (data(bytes), bytes.len());
        let middle = start + (length - start) / 3;
        let gone = [&bytes[..middle], &bytes[middle + (length - start) / 2..]].concat();
        assert!(tells(damage(&gone), Damage::Corrupt), "{name}");
    }
}

/// What is read for a small picture of a file, and what is read for a whole one.
fn both_ways(bytes: &[u8]) -> [Warnings; 2] {
    let codec = Format::Jpeg.codec();
    let layout = codec.header(bytes).unwrap();
    let small = codec.planes(bytes, &layout, Size::new(30, 22), (2, 2));
    [small.unwrap().warnings, read(bytes).warnings]
}

/// Those that refine each other are read only as far as a small picture needs.
#[test]
fn small_pictures_and_whole_ones_come_with_the_same_warnings() {
    for (name, bytes) in samples!("420", "422", "gray", "optimized", "restarts", "separate") {
        let (start, length) = (data(bytes), bytes.len());
        let at = |part| start + (length - start) * part / 10;
        let [small, whole] = both_ways(bytes);
        assert!(small.is_empty() && whole.is_empty(), "{name}");
        let cut = bytes[..at(5)].to_vec();
        let gone = [&bytes[..at(3)], &bytes[at(8)..]].concat();
        let zeros = [&bytes[..at(3)], &[0; 99], &bytes[at(4)..]].concat();
        for damaged in [cut, gone, zeros] {
            let [small, whole] = both_ways(&damaged);
            assert!(whole.damage().is_some(), "{name}");
            assert_eq!(small, whole, "{name}");
        }
    }
}

fn samples(raster: Raster) -> Vec<u8> {
    match raster.into_samples() {
        Samples::U8(samples) => samples,
        Samples::U16(_) | Samples::F32(_) => unreachable!("JPEG has 8 bits"),
    }
}

fn by_library(bytes: &[u8]) -> Vec<u8> {
    let jpeg = ::image::ImageFormat::Jpeg;
    let picture = ::image::load_from_memory_with_format(bytes, jpeg);
    picture.unwrap().into_bytes()
}

/// Inverse transforms round differently, and so do ways to bring chroma to its size.
#[test]
fn colours_are_the_librarys() {
    // Of several scans, the library takes chroma for gray.
    for (name, bytes) in SAMPLES.iter().filter(|(name, _)| *name != "separate") {
        let (ours, theirs) = (samples(read(bytes).picture.raster), by_library(bytes));
        assert_eq!(ours.len(), theirs.len(), "{name}");
        let sum: u64 = ours
            .iter()
            .zip(&theirs)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        assert!(sum <= ours.len() as u64, "{name}: {sum} of {}", ours.len());
    }
}

#[test]
fn pictures_of_odd_sizes_are_whole() {
    for (width, height) in [(1, 1), (2, 1), (1, 9), (17, 3), (8, 16), (33, 31)] {
        let size = Size::new(width, height);
        let shade = |at: u32| (at * 3 % 100 + 80).to_le_bytes()[0];
        let pixels: Vec<u8> = (0..width * height).flat_map(|at| [shade(at); 3]).collect();
        let raster = Raster::new(size, Channels::Rgb, pixels).unwrap();
        for quality in [80, 100] {
            let options = EncodeOptions {
                quality: Some(quality),
                ..EncodeOptions::default()
            };
            let codec = Format::Jpeg.codec();
            let image = Image::new(raster.clone());
            let bytes = codec.encode(image, &options).unwrap();
            let made = read(&bytes).picture.raster;
            assert_eq!(made.size(), size);
            for (ours, theirs) in samples(made).iter().zip(by_library(&bytes)) {
                assert!(ours.abs_diff(theirs) <= 3, "{size} at {quality}");
            }
        }
    }
}

#[test]
fn the_end_is_found_where_it_is_and_nowhere_else() {
    for whole in [
        b"\xff\xd8\xff\xd9".as_slice(),
        b"\xff\xd8\xff\xc0\0\x02\xff\xda\0\x02data\xff\xff\xd9",
    ] {
        assert!(has_end(whole));
        assert!(!has_end(&whole[..whole.len() - 1]));
    }
    assert!(!has_end(b""));
    assert!(!has_end(&[255; 100]));
    assert!(!has_end(b"\xff\xd8\xff\xe1\0\x04\xff\xd9"));
    assert!(!has_end(b"\xff\xd8\xff\xe0\xff\xff\xff\xd9"));
    assert!(!has_end(b"\xff\xda\0\x02\xff\0\xff\xd1a"));
}
