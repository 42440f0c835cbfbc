//! What every operation promises, and what they promise of each other.

mod composition;
mod detail;
mod geometry;
mod symmetry;
mod tone;

use super::*;
use crate::image::{Channels, Cicp, Depth, Metadata, Orientation, Raster, Samples, Size, Transfer};

/// Sizes that no block of pixels divides.
const SIZES: [Size; 5] = [
    Size::new(1, 1),
    Size::new(3, 5),
    Size::new(1, 9),
    Size::new(37, 41),
    Size::new(130, 2),
];

/// A picture of noise, the same each time.
fn noise(size: Size, channels: Channels, depth: Depth) -> Image {
    let count = usize::try_from(size.pixels()).unwrap() * channels.count();
    let mut state = 0x2545_F491_4F6C_DD1D_u64 ^ size.pixels();
    let samples: Vec<u16> = iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u16::try_from(state >> 48).unwrap()
    })
    .take(count)
    .collect();
    Image::new(
        Raster::new(size, channels, samples)
            .unwrap()
            .to_depth(depth),
    )
}

fn op(text: &str) -> Op {
    text.parse().unwrap()
}

fn apply(text: &str, image: &Image) -> Image {
    op(text).apply(image.clone()).unwrap()
}

/// Every depth with every set of channels.
fn layouts() -> impl Iterator<Item = (Depth, Channels)> {
    Depth::ALL
        .into_iter()
        .flat_map(|depth| Channels::ALL.map(|channels| (depth, channels)))
}

/// The samples as numbers from 0 to 1.
fn values(raster: &Raster) -> Vec<f32> {
    match raster.clone().to_depth(Depth::F32).into_samples() {
        Samples::F32(values) => values,
        Samples::U8(_) | Samples::U16(_) => unreachable!("they were made floats"),
    }
}

/// The largest difference between samples, on a scale of 0 to 1; colours count as much as they can be seen.
fn difference(a: &Raster, b: &Raster) -> f32 {
    assert_eq!((a.size(), a.channels()), (b.size(), b.channels()));
    let channels = a.channels();
    let seen = |raster| {
        let mut values = values(raster);
        if channels.has_alpha() {
            for pixel in values.chunks_exact_mut(channels.count()) {
                let alpha = pixel[channels.colors()];
                pixel[..channels.colors()]
                    .iter_mut()
                    .for_each(|color| *color *= alpha);
            }
        }
        values
    };
    let pairs = seen(a).into_iter().zip(seen(b));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// What the tests need to know of a family.
struct Cases {
    /// Operations that stress it, beside the examples.
    more: &'static [&'static str],
    /// Operations that change nothing, on pictures of 41 x 37 pixels.
    same: &'static [&'static str],
    /// Operations that do not care where a pixel stands: mirrored before or after, it is the same to the last bit.
    mirrored: &'static [&'static str],
    /// Operations of which 8 bits and 16 differ by more than a level of 255, and by how many at the most: those that round
    /// in between, or have steps.
    rough: &'static [(&'static str, f32)],
    /// Operations that leave colours as they are where there is only one.
    constant: &'static [&'static str],
    /// Names of operations that make more than one colour of one, and why.
    uneven: &'static [(&'static str, &'static str)],
    /// Operations that have no direction: what one makes of a turned picture is what another makes, turned, but for so many levels of
    /// 255. The other one is empty where it is the same.
    turned: &'static [(&'static str, &'static str, f32)],
    /// The same on pictures that their cells divide.
    turned_whole: &'static [(&'static str, &'static str, f32)],
    /// Names of operations that have a direction which no parameter turns, and why.
    directed: &'static [(&'static str, &'static str)],
}

const CASES: &[Cases] = &[
    geometry::CASES,
    tone::CASES,
    detail::CASES,
    composition::CASES,
];

/// Every operation as its example writes it, and the further ones of each family.
fn every_op() -> Vec<Op> {
    let examples = ALL
        .iter()
        .map(|info| op(&format!("{} {}", info.name, info.example)));
    let more = CASES.iter().flat_map(|cases| cases.more);
    examples.chain(more.map(|text| op(text))).collect()
}

#[test]
fn examples_read_back_and_name_themselves() {
    for info in ALL {
        let example = op(&format!("{} {}", info.name, info.example));
        assert_eq!(example.info().name, info.name);
        let takes_nothing = info.value == Value::None;
        assert_eq!(takes_nothing, info.example.is_empty(), "{example}");
        assert!(takes_nothing || !info.details.is_empty(), "{example}");
        assert!(!info.summary.is_empty(), "{example}");
    }
    for op in every_op() {
        assert_eq!(op.to_string().parse::<Op>().unwrap(), op, "{op}");
        let bytes = postcard::to_stdvec(&op).unwrap();
        assert_eq!(postcard::from_bytes::<Op>(&bytes).unwrap(), op, "{op}");
    }
}

#[test]
fn names_are_told_apart() {
    let mut all: Vec<&str> = names().collect();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
    for info in ALL {
        let found = info
            .aliases
            .iter()
            .map(|alias| OpInfo::find(alias).unwrap());
        assert!(found.into_iter().all(|found| found.name == info.name));
    }
    let listed: Vec<&str> = FAMILIES
        .iter()
        .flat_map(|(_, ops)| ops.iter().map(|info| info.name))
        .collect();
    assert!(listed.iter().eq(ALL.iter().map(|info| &info.name)));
}

#[test]
fn examples_change_something() {
    // Neither black nor white, so that there is something to stretch.
    let mut image = apply(
        "contrast 0.8",
        &noise(Size::new(37, 41), Channels::Rgba, Depth::U8),
    );
    image.metadata.orientation = Orientation::Turn90;
    // They look for lines of text and for plain edges, and noise has neither.
    let finds_something = |info: &&&OpInfo| !["deskew", "trim"].contains(&info.name);
    for info in ALL.iter().filter(finds_something) {
        let mut ops = every_op().into_iter();
        let changes = |op: &Op| op.apply(image.clone()).unwrap() != image;
        let changing = ops.find(|op| op.info().name == info.name && changes(op));
        assert!(changing.is_some(), "{}", info.name);
    }
}

#[test]
fn surplus_and_unknown_parameters_are_refused() {
    for info in ALL {
        for extra in ["wibble=3", "1,2,3,4,5,6,7"] {
            let text = format!("{} {},{extra}", info.name, info.example);
            assert!(text.parse::<Op>().is_err(), "{text}");
        }
        let needs_a_value = matches!(info.value, Value::Needed(_));
        assert_eq!(
            info.name.parse::<Op>().is_err(),
            needs_a_value,
            "{}",
            info.name
        );
    }
}

#[test]
fn results_have_the_layout_announced_and_keep_what_travels_along() {
    let metadata = Metadata {
        orientation: Orientation::Turn90,
        transfer: Transfer::Srgb,
        icc: Some(vec![1, 2, 3]),
        exif: Some(vec![4, 5]),
        xmp: Some(vec![6]),
        iptc: Some(vec![7]),
        cicp: Some(Cicp {
            primaries: 9,
            transfer: 16,
            matrix: 9,
            full_range: true,
        }),
    };
    for (depth, channels) in layouts() {
        for size in SIZES {
            let image = Image {
                metadata: metadata.clone(),
                ..noise(size, channels, depth)
            };
            for op in every_op() {
                let announced = op.layout(image.layout());
                let result = op.apply(image.clone());
                let mut made = result.as_ref().map(Image::layout).map_err(Clone::clone);
                if let (Ok(made), Ok(announced), true) = (&mut made, &announced, op.looks()) {
                    let (most, is) = (announced.size, made.size);
                    assert!(is.width <= most.width && is.height <= most.height, "{op}");
                    made.size = most;
                }
                assert_eq!(made, announced, "{op} {size} {channels:?} {depth:?}");
                if let Ok(result) = result {
                    let metadata = Metadata {
                        orientation: result.metadata.orientation,
                        ..metadata.clone()
                    };
                    assert_eq!(result.metadata, metadata, "{op}");
                }
            }
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let pools = [1, 2, 3, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap()
    });
    for (depth, channels) in layouts() {
        let image = noise(Size::new(133, 29), channels, depth);
        for op in every_op() {
            let mut results = pools
                .iter()
                .map(|pool| pool.install(|| op.apply(image.clone()).unwrap()));
            let first = results.next().unwrap();
            for other in results {
                assert!(other == first, "{op} {channels:?} {depth:?}");
            }
        }
    }
}

#[test]
fn parameters_that_say_nothing_change_nothing() {
    for (depth, channels) in layouts() {
        for transfer in [Transfer::Srgb, Transfer::Linear] {
            let mut image = noise(Size::new(41, 37), channels, depth);
            image.metadata.transfer = transfer;
            for text in CASES.iter().flat_map(|cases| cases.same) {
                assert!(
                    apply(text, &image) == image,
                    "{text} {channels:?} {depth:?}"
                );
            }
        }
    }
}

#[test]
fn turns_and_mirrors_agree_with_each_other() {
    for (depth, channels) in layouts() {
        let image = noise(Size::new(37, 41), channels, depth);
        let chain = |ops: &[&str]| {
            ops.iter()
                .fold(image.clone(), |image, op| apply(op, &image))
        };
        assert!(chain(&["flip", "flip"]) == image);
        assert!(chain(&["flop", "flop"]) == image);
        assert!(chain(&["flip", "flop"]) == chain(&["flop", "flip"]));
        for orientation in Orientation::ALL {
            let mut stored = image.clone();
            stored.raster = stored.raster.turned(orientation.inverse());
            stored.metadata.orientation = orientation;
            assert!(apply("auto-orient", &stored) == image, "{orientation:?}");
        }
        for op in CASES.iter().flat_map(|cases| cases.mirrored) {
            for mirror in ["flip", "flop"] {
                assert!(
                    chain(&[op, mirror]) == chain(&[mirror, op]),
                    "{op} {mirror} {channels:?} {depth:?}"
                );
            }
        }
    }
}

#[test]
fn eight_bits_agree_with_sixteen() {
    for channels in Channels::ALL {
        let mut shallow = noise(Size::new(37, 41), channels, Depth::U8);
        if let Samples::U8(samples) = shallow.raster.samples_mut() {
            // Overshoot that is clipped between passes would depend on their order.
            for sample in samples {
                *sample = 64 + *sample / 2;
            }
        }
        let deep = Image::new(shallow.raster.clone().to_depth(Depth::U16));
        for op in every_op() {
            let a = op.apply(shallow.clone()).unwrap();
            let b = op.apply(deep.clone()).unwrap();
            let far = difference(&a.raster, &b.raster);
            let mut rough = CASES.iter().flat_map(|cases| cases.rough);
            let rough = rough.find(|(name, _)| *name == op.info().name);
            // Colours and alpha are rounded.
            let levels = rough.map_or(1.01, |(_, levels)| *levels);
            assert!(far * 255.0 < levels, "{op} {channels:?}: {}", far * 255.0);
        }
    }
}

/// Colours that stay within their scale, whatever is done to them here.
#[test]
fn planes_become_what_pixels_become() {
    let size = Size::new(60, 45);
    let image = apply("contrast 0.3", &noise(size, Channels::Rgb, Depth::U8));
    let planes = Planes::from_raster(&image.raster, (1, 1)).unwrap();
    let pixels = Image::new(planes.clone().to_raster().unwrap());
    let mut done = Vec::new();
    for op in every_op() {
        let Some(planes) = op.apply_to_planes(planes.clone(), (1, 1)) else {
            continue;
        };
        let wanted = op.apply(pixels.clone()).unwrap().raster;
        let off = difference(&planes.to_raster().unwrap(), &wanted);
        assert!(off <= 6.0 / 255.0, "{op}: {off}");
        done.push(op.to_string());
    }
    for able in ["auto-orient", "resize 20x30", "flip", "rotate 90", "blur 7"] {
        assert!(done.contains(&able.to_owned()), "{able}");
    }
    for unable in ["resize 30%,kernel=nearest", "extend 3", "saturation 0"] {
        assert!(!done.contains(&unable.to_owned()), "{unable}");
    }
    let outside = op("crop 5x5+99+99");
    assert_eq!(outside.apply_to_planes(planes.clone(), (1, 1)), None);
    assert_eq!(op("blur 2").apply_to_planes(planes, (2, 1)), None);
}
