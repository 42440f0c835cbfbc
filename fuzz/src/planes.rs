//! JPEG files as the planes that they hold: what is read, written and requantised without pixels in between.

use lightmill::codecs::{self, Codec, Decoded, EncodeOptions, Format};
use lightmill::image::{
    Channels, Color, Image, Layout, Limits, Metadata, Plane, Planes, Samples, Size,
};
use lightmill::warning::Warnings;

use crate::panics::forgive;

/// Small, so that many files are tried in a second.
const LIMITS: Limits = Limits {
    max_pixels: 1 << 20,
};

/// Pictures of at most so many pixels are also written, and read again.
const MOST_WRITTEN: u64 = 1 << 12;

/// Eighths of the picture's size that are asked for: with what is kept in reserve, each leads to another scale.
const EIGHTHS: [u32; 5] = [1, 2, 3, 4, 8];

/// Qualities with rough steps and with fine ones; the last is written with a sample of chroma for each pixel.
const QUALITIES: [u8; 3] = [1, 50, 100];

/// A picture of somebody else, and longer than most that are tried: what reading it leaves behind must not matter to anybody.
const ANOTHER: &[u8] = include_bytes!("../../src/codecs/jpeg/samples/optimized.jpg");

/// The most that the mean of a block's samples may differ from the one sample that stands for it: both are rounded.
const MEANS: f64 = 1.01;

/// The most that two decoders may differ in a sample: each rounds, and one of them in integers all the way.
const ROUNDED: u8 = 3;

/// Any bytes end in planes or in nothing. Planes are of the size that the header announced, have the samples that they
/// say they have, and enough of them; what is written of them, or of their coefficients, reads back.
pub fn check(data: &[u8]) {
    let codec = Format::Jpeg.codec();
    // The reader itself is ours alone, but its callers ask the library first.
    let header = forgive("jpeg", data, || codec.header(data).ok()).flatten();
    let Some(header) = header.filter(|header| LIMITS.admit(header).is_ok()) else {
        return;
    };
    let mut readings = Vec::new();
    for eighths in EIGHTHS {
        for coarseness in [(1, 1), (2, 2)] {
            let part = |length: u32| (length * eighths / 8).max(1);
            let wish = Wish {
                whole: Size::new(part(header.size.width), part(header.size.height)),
                coarseness,
            };
            if let Some(reading) = wish.read(codec, data, &header) {
                examine(&reading.planes, &header, wish.whole);
                assert_eq!(reading.metadata.orientation, header.orientation);
                write(codec, &reading, data.len());
                readings.push((wish, reading));
            }
        }
    }
    assert_same_means(&readings);
    assert_same_damage(&readings, data);
    if let Some((wish, reading)) = readings.get(data.len() % readings.len().max(1)) {
        assert_same_again(codec, data, &header, *wish, reading);
    }
    for quality in QUALITIES {
        recode(codec, data, &header, quality);
    }
}

/// What is asked for: see [`Codec::planes`].
#[derive(Debug, Clone, Copy)]
struct Wish {
    whole: Size,
    coarseness: (u32, u32),
}

/// What came of it.
#[derive(Debug, PartialEq)]
struct Reading {
    planes: Planes,
    metadata: Metadata,
    warnings: Warnings,
}

impl Wish {
    fn read(self, codec: &dyn Codec, data: &[u8], header: &Layout) -> Option<Reading> {
        let decoded = codec.planes(data, header, self.whole, self.coarseness)?;
        let (planes, metadata) = decoded.picture;
        Some(Reading {
            planes,
            metadata,
            warnings: decoded.warnings,
        })
    }
}

/// However small a picture is made, a block's samples have one mean: its first coefficient. What was clipped has lost it.
fn assert_same_means(readings: &[(Wish, Reading)]) {
    let planes = |at: usize| {
        readings
            .iter()
            .map(move |(_, read)| read.planes.planes.get(at))
    };
    for at in 0..3 {
        let all: Vec<&Plane> = planes(at).flatten().collect();
        let width = |plane: &&&Plane| plane.extent.0;
        let by_width = |a: &&&Plane, b: &&&Plane| width(a).total_cmp(&width(b));
        let (Some(small), Some(large)) = (all.iter().min_by(by_width), all.iter().max_by(by_width))
        else {
            continue;
        };
        // Nothing else shows that there is one sample for a block.
        if times(small, large) == Some((8, 8)) {
            for plane in &all {
                assert_means(small, plane);
            }
        }
    }
}

/// How many times larger a plane is, across and down, if that is known.
fn times(small: &Plane, large: &Plane) -> Option<(usize, usize)> {
    let ratio = |small: f64, large: f64| {
        (1..=8_u8)
            .find(|ratio| (large / small - f64::from(*ratio)).abs() < 1e-6)
            .map(usize::from)
    };
    let (small, large) = (small.extent, large.extent);
    ratio(small.0, large.0).zip(ratio(small.1, large.1))
}

/// `means` has one sample for a block. Blocks that the picture ends in are not all there.
fn assert_means(means: &Plane, plane: &Plane) {
    let (across, down) = times(means, plane).expect("all scales are of whole samples for a block");
    let rows = plane.samples.chunks_exact(plane.stride * down);
    for (rows, means) in rows.zip(means.samples.chunks_exact(means.stride)) {
        for (column, mean) in means.iter().enumerate().take(plane.stride / across) {
            let lines = rows.chunks_exact(plane.stride);
            let block = lines.flat_map(|line| &line[column * across..][..across]);
            if block.clone().any(|sample| [0, 255].contains(sample)) {
                continue;
            }
            let sum: f64 = block.map(|sample| f64::from(*sample)).sum();
            let found = sum / float(across * down);
            let distance = (found - f64::from(*mean)).abs();
            assert!(distance <= MEANS, "{across}x{down}: {found} is not {mean}");
        }
    }
}

/// What is wrong with a file does not depend on what is wanted of it; but where scans refine each other, not all are read.
fn assert_same_damage(readings: &[(Wish, Reading)], data: &[u8]) {
    let is_progressive = data.windows(2).any(|marker| marker == b"\xff\xc2");
    if let Some(((_, first), others)) = readings.split_first().filter(|_| !is_progressive) {
        for (wish, other) in others {
            assert_eq!(first.warnings, other.warnings, "{wish:?}");
        }
    }
}

/// Reading comes to the same whatever was read before, and, of a file that is whole, whatever stands behind it.
fn assert_same_again(
    codec: &dyn Codec,
    data: &[u8],
    header: &Layout,
    wish: Wish,
    reading: &Reading,
) {
    let other = codec.header(ANOTHER).expect("it is a file");
    let read = codec.planes(ANOTHER, &other, other.size, (1, 1));
    assert!(read.is_some_and(|read| read.warnings.is_empty()));
    let again = wish.read(codec, data, header);
    assert!(
        again.as_ref() == Some(reading),
        "{wish:?}: not the same again"
    );
    if reading.warnings.is_empty() {
        let followed = [data, b"\0\xff\xd0\xff\xda", data].concat();
        let again = wish.read(codec, &followed, header);
        assert!(
            again.as_ref() == Some(reading),
            "{wish:?}: read on behind the end"
        );
    }
}

/// Coefficients of another quality are a file, which at that quality is as it should be already.
fn recode(codec: &dyn Codec, data: &[u8], header: &Layout, quality: u8) {
    let recode = |data: &[u8], header: &Layout| {
        codec.recode(data, header, &with(quality), &mut |metadata| metadata)
    };
    let Some(Decoded { picture: file, .. }) = recode(data, header) else {
        return;
    };
    let written = codec.header(&file).expect("what is written has a header");
    let (before, after) = (header.channels, written.channels);
    assert_eq!((written.size, after), (header.size, before));
    let again = recode(&file, &written).expect("it is one of ours");
    assert!(again.warnings.is_empty(), "{:?}", again.warnings);
    assert!(
        again.picture == file,
        "quality {quality} is not quality {quality}"
    );
    if header.size.pixels() <= MOST_WRITTEN {
        // Coefficients without reason are as they were: what they mean is not for two decoders to agree on.
        read_again(codec, &file, header.size, components(before));
    }
}

/// Writes planes that are such as some quality takes them. Where several do, the file's length picks one.
fn write(codec: &dyn Codec, reading: &Reading, length: usize) {
    let planes = as_picture(reading.planes.clone());
    let (first, others) = (length % QUALITIES.len(), QUALITIES.iter().cycle());
    let options = others.skip(first).take(QUALITIES.len());
    let mut options = options.map(|quality| with(*quality));
    let is_fit = |options: &EncodeOptions| {
        let fit = codec.coarseness(options);
        fit.is_some_and(|fit| is_sampled(&planes, fit))
    };
    let is_small = planes.size.pixels() <= MOST_WRITTEN;
    if let Some(options) = options.find(is_fit).filter(|_| is_small) {
        let file = codec.encode_planes(&planes, &reading.metadata, &options);
        let file = file.expect("planes are written");
        let (read, image) = read_again(codec, &file, planes.size, planes.planes.len());
        if let ([luma], Samples::U8(samples)) = (read.planes.as_slice(), image.raster.samples()) {
            assert_alike(luma, samples);
        }
    }
}

fn with(quality: u8) -> EncodeOptions {
    EncodeOptions {
        quality: Some(quality),
        ..EncodeOptions::default()
    }
}

fn components(channels: Channels) -> usize {
    if channels == Channels::Gray { 1 } else { 3 }
}

/// Whether these are planes of what the header announced, with samples enough for a picture of the size `whole`.
fn examine(planes: &Planes, header: &Layout, whole: Size) {
    assert_eq!(planes.size, header.size, "another size than announced");
    assert_eq!(planes.planes.len(), components(header.channels));
    for plane in &planes.planes {
        let (width, height) = plane.extent;
        assert!(width > 0.0 && height > 0.0);
        assert!(plane.columns() >= 1 && plane.rows() >= 1);
        // Nothing of the picture is beyond the samples.
        assert!(float(plane.columns()) >= width && float(plane.rows()) >= height);
        assert!(plane.stride * plane.rows() <= plane.samples.len());
    }
    let (width, height) = planes.planes[0].extent;
    assert!((f64::from(whole.width)..=f64::from(header.size.width)).contains(&width));
    assert!((f64::from(whole.height)..=f64::from(header.size.height)).contains(&height));
}

/// Planes that were read at less than their size, as a picture of that size.
fn as_picture(planes: Planes) -> Planes {
    let side = |length| u32::try_from(length).expect("a picture's length");
    let luma = &planes.planes[0];
    Planes {
        size: Size::new(side(luma.columns()), side(luma.rows())),
        ..planes
    }
}

/// Whether there is a sample of chroma for so many pixels across and down.
fn is_sampled(planes: &Planes, (across, down): (u32, u32)) -> bool {
    let Size { width, height } = planes.size;
    let wanted = (
        width.div_ceil(across) as usize,
        height.div_ceil(down) as usize,
    );
    let mut chroma = planes.planes.iter().skip(1);
    chroma.all(|plane| (plane.columns(), plane.rows()) == wanted)
}

/// What was written is a file that both decoders read.
fn read_again(codec: &dyn Codec, file: &[u8], size: Size, components: usize) -> (Planes, Image) {
    let image = codecs::decode(codec, file, &LIMITS).expect("what is written is a file");
    let image = image.picture;
    let channels = image.raster.channels().count();
    assert_eq!((image.raster.size(), channels), (size, components));
    let header = codec.header(file).expect("it was decoded");
    let planes = codec.planes(file, &header, size, (1, 1));
    let (planes, _) = planes.expect("it is one of ours").picture;
    assert_eq!((planes.size, planes.planes.len()), (size, components));
    (planes, image)
}

/// Whether two decoders made the same of a file, but for what they round.
fn assert_alike(luma: &Plane, samples: &[u8]) {
    let found: Vec<u8> = luma.lines().flatten().copied().collect();
    assert_eq!(found.len(), samples.len());
    let pairs = found.iter().zip(samples);
    let most = pairs.map(|(ours, theirs)| ours.abs_diff(*theirs)).max();
    assert!(most <= Some(ROUNDED), "the library differs by {most:?}");
}

fn float(length: usize) -> f64 {
    u32::try_from(length).expect("a picture's length").into()
}
