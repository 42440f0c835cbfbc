//! JPEG files as the planes that they hold: what is read, written and requantised without pixels in between.

use lightmill::codecs::{self, Codec, EncodeOptions, Format};
use lightmill::image::{
    Channels, Color, Image, Layout, Limits, Metadata, Plane, Planes, Samples, Size,
};

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
    for eighths in EIGHTHS {
        for coarseness in [(1, 1), (2, 2)] {
            let part = |length: u32| (length * eighths / 8).max(1);
            let whole = Size::new(part(header.size.width), part(header.size.height));
            if let Some(decoded) = codec.planes(data, &header, whole, coarseness) {
                let (planes, metadata) = decoded.picture;
                examine(&planes, &header, whole);
                write(codec, as_picture(planes), &metadata, data.len());
            }
        }
    }
    for quality in QUALITIES {
        let recoded = codec.recode(data, &header, &with(quality), &mut |metadata| metadata);
        if let Some(file) = recoded.map(|recoded| recoded.picture) {
            let written = codec.header(&file);
            let written = written.expect("what is written has a header");
            let (before, after) = (header.channels, written.channels);
            assert_eq!((written.size, after), (header.size, before));
            if header.size.pixels() <= MOST_WRITTEN {
                // Coefficients without reason are as they were: what they mean is not for two decoders to agree on.
                read_again(codec, &file, header.size, components(before));
            }
        }
    }
}

/// Writes planes that are such as some quality takes them. Where several do, the file's length picks one.
fn write(codec: &dyn Codec, planes: Planes, metadata: &Metadata, length: usize) {
    let (first, others) = (length % QUALITIES.len(), QUALITIES.iter().cycle());
    let options = others.skip(first).take(QUALITIES.len());
    let mut options = options.map(|quality| with(*quality));
    let is_fit = |options: &EncodeOptions| {
        let fit = codec.coarseness(options);
        fit.is_some_and(|fit| is_sampled(&planes, fit))
    };
    let is_small = planes.size.pixels() <= MOST_WRITTEN;
    if let Some(options) = options.find(is_fit).filter(|_| is_small) {
        let file = codec.encode_planes(&planes, metadata, &options);
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
        background: Color::WHITE,
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
