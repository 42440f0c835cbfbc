use super::*;
use crate::image::{Channels, Color, Depth, Orientation, Raster, Samples, Size, Transfer};
use crate::warning::Warning;

fn recipe(ops: &[&str]) -> Recipe {
    Recipe {
        ops: ops.iter().map(|op| op.parse().unwrap()).collect(),
        ..Recipe::default()
    }
}

/// A 3x2 JPEG whose EXIF says: turn by 90 degrees.
fn sideways() -> Vec<u8> {
    let raster = Raster::filled(
        Size::new(3, 2),
        Channels::Rgb,
        Depth::U8,
        Transfer::Srgb,
        Color::WHITE,
    );
    let mut image = Image::new(raster);
    image.metadata.exif =
        Some(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec());
    let options = EncodeOptions::default();
    Format::Jpeg.codec().encode(image, &options).unwrap()
}

#[test]
fn a_picture_made_upright_is_not_turned_again() {
    let out = recipe(&["auto-orient"])
        .process(
            &sideways(),
            Format::Jpeg,
            Format::Jpeg,
            u64::MAX,
            &mut |_| {},
        )
        .unwrap();
    let layout = Format::Jpeg.codec().header(&out.bytes).unwrap();
    assert_eq!(
        (layout.size, layout.orientation),
        (Size::new(2, 3), Orientation::Upright)
    );
}

#[test]
fn an_orientation_left_alone_still_says_the_truth() {
    let out = recipe(&[])
        .process(
            &sideways(),
            Format::Jpeg,
            Format::Jpeg,
            u64::MAX,
            &mut |_| {},
        )
        .unwrap();
    let layout = Format::Jpeg.codec().header(&out.bytes).unwrap();
    assert_eq!(
        (layout.size, layout.orientation),
        (Size::new(3, 2), Orientation::Turn90)
    );
}

fn fine() -> EncodeOptions {
    EncodeOptions {
        quality: Some(100),
        ..EncodeOptions::default()
    }
}

/// Edges with noise on them, in colours that are not cut off, with chroma for each pixel.
fn photo() -> Vec<u8> {
    let samples: Vec<u8> = (0..3 * 70 * 50_u32)
        .map(|at| {
            let edge = if at % 81 < 40 { 90 } else { 130 };
            edge + (at.wrapping_mul(2_654_435_761) >> 27) as u8
        })
        .collect();
    let raster = Raster::new(Size::new(70, 50), Channels::Rgb, samples).unwrap();
    let options = fine();
    let codec = Format::Jpeg.codec();
    codec.encode(Image::new(raster), &options).unwrap()
}

#[test]
fn luma_and_chroma_become_what_pixels_become() {
    let recipes: [&[&str]; 6] = [
        &["blur 1"],
        &["rotate 90", "blur 5"],
        &["resize 41x", "sharpen 0.8"],
        &["flip", "crop 32x21+5+3", "blur 2"],
        &["negate", "blur 0.7", "contrast 0.8"],
        &["blur 2", "resize 30x"],
    ];
    for ops in recipes {
        let recipe = Recipe {
            encode: fine(),
            ..recipe(ops)
        };
        // There is no way to write planes as PNG.
        let [direct, wanted] = [Format::Jpeg, Format::Png].map(|target| {
            let out = recipe.process(&photo(), Format::Jpeg, target, u64::MAX, &mut |_| {});
            let out = codecs::decode(target.codec(), &out.unwrap().bytes, &recipe.limits);
            out.unwrap().picture.raster
        });
        assert_eq!(direct.size(), wanted.size(), "{ops:?}");
        let (Samples::U8(direct), Samples::U8(wanted)) = (direct.samples(), wanted.samples())
        else {
            panic!("the depth has changed");
        };
        for (direct, wanted) in direct.iter().zip(wanted) {
            let off = direct.abs_diff(*wanted);
            assert!(off <= 6, "{ops:?}: {direct} for {wanted}");
        }
    }
}

#[test]
fn exif_that_a_file_cannot_hold_is_left_out_and_said_so() {
    let raster = |side| {
        let size = Size::new(side, side);
        Raster::filled(size, Channels::Rgb, Depth::U8, Transfer::Srgb, Color::WHITE)
    };
    // A description, and nothing else.
    let exif = |bytes: usize| {
        let length = u32::try_from(bytes - 26).unwrap().to_be_bytes();
        let head = b"MM\0*\0\0\0\x08\0\x01\x01\x0e\0\x02";
        let rest = [0, 0, 0, 26, 0, 0, 0, 0];
        [head.as_slice(), &length, &rest, &vec![7; bytes - 26]].concat()
    };
    let warned_of = |exif: Vec<u8>, target: Format| {
        let mut image = Image::new(raster(2));
        image.metadata.exif = Some(exif);
        let options = EncodeOptions::default();
        let png = Format::Png.codec().encode(image, &options).unwrap();
        let made = recipe(&[]).process(&png, Format::Png, target, u64::MAX, &mut |_| {});
        made.unwrap().warnings
    };
    let warned = |bytes, target| warned_of(exif(bytes), target);
    let most = Format::Jpeg.info().carries.exif.unwrap();
    assert!(warned(most - 1, Format::Jpeg).is_empty());
    assert!(warned(most + 1, Format::Png).is_empty());
    assert!(
        warned(most + 1, Format::Gif).is_empty(),
        "which never holds any"
    );
    let expected = Warning::metadata_dropped("EXIF", most + 1, Format::Jpeg, most);
    assert_eq!(
        warned(most + 1, Format::Jpeg),
        [expected].into_iter().collect()
    );
    let reason = "it does not begin as a TIFF structure does";
    let expected = Warning::metadata_broken("EXIF", reason);
    assert_eq!(
        warned_of(vec![7; 100], Format::Jpeg),
        [expected].into_iter().collect()
    );
}

/// Who wants little of a JPEG file needs little memory, however large its picture is.
#[test]
fn a_thumbnail_takes_no_memory_for_the_picture() {
    let size = Size::new(3000, 2000);
    let raster = Raster::filled(size, Channels::Rgb, Depth::U8, Transfer::Srgb, Color::WHITE);
    let options = EncodeOptions::default();
    let codec = Format::Jpeg.codec();
    let bytes = codec.encode(Image::new(raster), &options).unwrap();
    let made = |ops: &[&str], target| {
        recipe(ops).process(&bytes, Format::Jpeg, target, 30 << 20, &mut |_| {})
    };
    assert!(made(&["resize 200x200"], Format::Jpeg).is_ok());
    assert!(made(&["resize 200x200", "grayscale"], Format::Png).is_ok());
    let whole = made(&["grayscale"], Format::Png);
    assert!(matches!(whole, Err(Refusal::NeedsMemory(_))), "{whole:?}");
}

#[test]
fn limits_hold_for_what_operations_make() {
    let mut recipe = recipe(&["resize 4000x4000!"]);
    recipe.limits.max_pixels = 1_000_000;
    let failure = recipe.survey(&sideways(), Format::Jpeg).unwrap_err();
    assert_eq!(
        (failure.stage, failure.kind),
        (Stage::Operate, FailureKind::TooLarge)
    );
    assert!(failure.reason().contains("16.0 megapixels"), "{failure}");
}

/// What a crop leaves of a resized picture is the same, whether the rest was made or not.
#[test]
fn what_is_cut_away_is_not_missed() {
    let file = {
        let samples: Vec<u8> = (0..3 * 260 * 190_u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 25) as u8)
            .collect();
        let raster = Raster::new(Size::new(260, 190), Channels::Rgb, samples).unwrap();
        let codec = Format::Jpeg.codec();
        codec.encode(Image::new(raster), &fine()).unwrap()
    };
    let cuts: [&[&str]; 5] = [
        &["resize 83x", "crop 31x22+7+5"],
        &["rotate 90", "resize 70x", "crop 3:2,gravity=south"],
        &["flop", "resize 61x40,fit=cover,gravity=east", "shave 9x3"],
        &["rotate 180", "resize 50%", "crop 40%", "shave 5%", "flip"],
        &["rotate 270", "flip", "resize 40x90!", "crop 11x80+29+10"],
    ];
    for ops in cuts {
        let made = |ops: &[&str]| {
            let out = recipe(ops);
            let out = out.process(&file, Format::Jpeg, Format::Png, u64::MAX, &mut |_| {});
            let out = codecs::decode(Format::Png.codec(), &out.unwrap().bytes, &Limits::default());
            out.unwrap().picture.raster
        };
        let at = ops.iter().position(|op| op.starts_with("resize")).unwrap() + 1;
        let header = Format::Jpeg.codec().header(&file).unwrap();
        let plan = planar::Plan::new(&recipe(ops).ops, header);
        assert!(plan.with_cuts(&recipe(ops).ops).ops > plan.ops, "{ops:?}");
        let wanted = recipe(&ops[at..])
            .ops
            .iter()
            .fold(Image::new(made(&ops[..at])), |image, op| {
                op.apply(image).unwrap()
            });
        assert!(made(ops) == wanted.raster, "{ops:?}");
    }
}
