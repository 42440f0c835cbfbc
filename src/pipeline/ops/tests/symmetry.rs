//! What becomes of pictures of one colour, and of pictures that are turned.

use super::*;

/// A picture that is all of one colour, of which red has this value.
fn plain(size: Size, channels: Channels, depth: Depth, (value, alpha): (u8, u8)) -> Image {
    let mut pixel = vec![value, 255 - value, value / 3];
    pixel.truncate(channels.colors());
    if channels.has_alpha() {
        pixel.push(alpha);
    }
    let samples = pixel.repeat(usize::try_from(size.pixels()).unwrap());
    Image::new(
        Raster::new(size, channels, samples)
            .unwrap()
            .to_depth(depth),
    )
}

/// Pictures of one colour, of every kind.
fn plain_ones() -> impl Iterator<Item = Image> {
    let values = [0, 1, 77, 254, 255].into_iter();
    let kinds = values.flat_map(|value| [1, 77, 255].map(|alpha| (value, alpha)));
    kinds.flat_map(|(value, alpha)| {
        let layouts = layouts().filter(move |(_, channels)| channels.has_alpha() || alpha == 255);
        layouts.flat_map(move |(depth, channels)| {
            [Size::new(1, 1), Size::new(13, 9)]
                .map(|size| plain(size, channels, depth, (value, alpha)))
        })
    })
}

/// How far apart two colours are, on a scale of 0 to 1.
fn apart(a: &[f32], b: &[f32]) -> f32 {
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Integers stay the very same; of floats only what rounding does is let pass.
fn tolerance(image: &Image) -> f32 {
    match image.raster.samples() {
        Samples::F32(_) => 1e-5,
        Samples::U8(_) | Samples::U16(_) => 0.0,
    }
}

#[test]
fn one_colour_stays_one_colour() {
    let uneven = |op: &Op| {
        let mut names = CASES.iter().flat_map(|cases| cases.uneven);
        names.any(|(name, _)| *name == op.info().name)
    };
    let even: Vec<Op> = every_op().into_iter().filter(|op| !uneven(op)).collect();
    for image in plain_ones() {
        for op in &even {
            let Ok(made) = op.apply(image.clone()) else {
                continue;
            };
            let made = (values(&made.raster), made.raster.channels().count());
            let (first, rest) = made.0.split_at(made.1);
            for pixel in rest.chunks_exact(made.1) {
                let off = apart(first, pixel);
                assert!(off <= tolerance(&image), "{op} {:?}: {off}", image.layout());
            }
        }
    }
}

#[test]
fn one_colour_stays_the_same_where_it_must() {
    let constant: Vec<Op> = CASES
        .iter()
        .flat_map(|cases| cases.constant)
        .map(|text| op(text))
        .collect();
    // At an alpha of 1 colours that are multiplied by it have fewer bits than they had.
    let faint = |image: &Image| {
        let channels = image.raster.channels();
        channels.has_alpha() && values(&image.raster)[channels.colors()] < 0.01
    };
    for image in plain_ones().filter(|image| !faint(image)) {
        let count = image.raster.channels().count();
        let before = &values(&image.raster)[..count];
        for op in &constant {
            let Ok(made) = op.apply(image.clone()) else {
                continue;
            };
            assert_eq!(made.raster.channels(), image.raster.channels(), "{op}");
            for pixel in values(&made.raster).chunks_exact(count) {
                let off = apart(before, pixel);
                let layout = image.layout();
                assert!(
                    off <= tolerance(&image),
                    "{op} {layout:?}: {before:?} {pixel:?}"
                );
            }
        }
    }
}

fn turned(image: &Image) -> Image {
    Image {
        raster: image.raster.clone().turned(Orientation::Turn90),
        ..image.clone()
    }
}

/// What the operations make of turned pictures where that is not what they make of the picture, turned.
fn unlike(cases: &[(&str, &str, f32)], sizes: &[Size]) -> Vec<String> {
    let mut unlike = Vec::new();
    for (depth, channels) in layouts() {
        for size in sizes {
            // Overshoot that is clipped between rows and columns would depend on their order.
            let image = apply("contrast 0.5", &noise(*size, channels, depth));
            for (text, other, levels) in cases {
                let other = op(if other.is_empty() { text } else { other });
                let results = (op(text).apply(image.clone()), other.apply(turned(&image)));
                let (Ok(wanted), Ok(made)) = results else {
                    continue;
                };
                let wanted = turned(&wanted);
                assert_eq!(wanted.layout(), made.layout(), "{text} {size}");
                let same = wanted.raster == made.raster;
                let off = difference(&wanted.raster, &made.raster) * 255.0;
                if !same && (off > *levels || *levels <= 0.0) {
                    unlike.push(format!("{text} {size} {channels:?} {depth:?}: {off}"));
                }
            }
        }
    }
    unlike
}

#[test]
fn quarter_turns_come_before_or_after() {
    for cases in CASES {
        let mut unlike_ones = unlike(cases.turned, &[Size::new(1, 9), Size::new(37, 42)]);
        unlike_ones.extend(unlike(cases.turned_whole, &[Size::new(48, 36)]));
        assert!(unlike_ones.is_empty(), "{unlike_ones:#?}");
    }
}

#[test]
fn every_operation_says_whether_it_has_a_direction() {
    let name = |text: &&str| text.split(' ').next().unwrap().to_owned();
    let mut said: Vec<String> = CASES
        .iter()
        .flat_map(|cases| {
            let turned = cases.turned.iter().chain(cases.turned_whole);
            let directed = cases.directed.iter().map(|(name, _)| name);
            turned.map(|(text, _, _)| text).chain(directed)
        })
        .map(name)
        .collect();
    said.sort();
    for info in ALL {
        assert!(said.iter().any(|name| name == info.name), "{}", info.name);
    }
}
