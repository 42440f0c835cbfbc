//! Tone and colour.

use super::*;

pub(super) const CASES: Cases = Cases {
    more: &[
        "brightness 0.3",
        "contrast 0.5",
        "saturation 0",
        "exposure -1.3",
        "posterize 2",
        "sepia",
    ],
    same: &[
        "brightness 1",
        "contrast 1",
        "saturation 1",
        "exposure 0",
        "sepia 0",
    ],
    mirrored: &[
        "negate",
        "brightness 0.7",
        "exposure 1",
        "sepia 0.5",
        "posterize 5",
        "grayscale",
        "saturation 2",
    ],
    rough: &[],
};

#[test]
fn point_operations_are_what_css_says() {
    let pixel = |samples: [u8; 4]| {
        Image::new(Raster::new(Size::new(1, 1), Channels::Rgba, samples.to_vec()).unwrap())
    };
    let before = pixel([200, 100, 50, 77]);
    // 0.213 x 200 + 0.715 x 100 + 0.072 x 50 = 117.7; 2 x (100 - 127.5) + 127.5 = 72.5, and ties go to even.
    let cases = [
        ("negate", [55, 155, 205, 77]),
        ("brightness 0.5", [100, 50, 25, 77]),
        ("brightness 2", [255, 200, 100, 77]),
        ("brightness 0", [0, 0, 0, 77]),
        ("contrast 0", [128, 128, 128, 77]),
        ("contrast 2", [255, 72, 0, 77]),
        ("saturation 0", [118, 118, 118, 77]),
        ("saturation 2", [255, 82, 0, 77]),
    ];
    for (text, wanted) in cases {
        assert_eq!(apply(text, &before).raster, pixel(wanted).raster, "{text}");
    }
    let gray = apply("grayscale", &before).raster;
    assert_eq!(gray.samples(), &Samples::U8(vec![118, 77]));
}

#[test]
fn linear_light_is_encoded_before_factors_are_applied() {
    let encoded = noise(Size::new(9, 9), Channels::Rgba, Depth::F32);
    let mut linear = encoded.clone();
    linear.raster = linear.raster.to_transfer(Transfer::Srgb, Transfer::Linear);
    linear.metadata.transfer = Transfer::Linear;
    for text in ["brightness 0.5", "contrast 0.7", "saturation 0.3"] {
        let wanted = apply(text, &encoded).raster;
        let result = apply(text, &linear).raster;
        let result = result.to_transfer(Transfer::Linear, Transfer::Srgb);
        assert!(difference(&wanted, &result) < 1e-4, "{text}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for text in [
        "brightness -1",
        "brightness 101",
        "brightness nan",
        "contrast inf",
        "saturation x",
    ] {
        assert!(text.parse::<Op>().is_err(), "{text}");
    }
}

#[test]
fn floats_beyond_white_survive_what_can_keep_them() {
    let bright = Raster::new(Size::new(1, 1), Channels::Gray, vec![3.0_f32]).unwrap();
    let result = apply("brightness 0.5", &Image::new(bright)).raster;
    assert_eq!(result.samples(), &Samples::F32(vec![1.5]));
}

/// What is done together comes out as what is done one by one, but for the rounding in between.
#[test]
fn neighbours_that_look_at_pixels_are_done_together() {
    let chains: [&[&str]; 4] = [
        &["brightness 0.7", "contrast 1.4", "negate", "saturation 1.5"],
        &[
            "saturation 0.5",
            "brightness 1.3",
            "blur 1",
            "negate",
            "contrast 0.8",
        ],
        &["grayscale", "brightness 0.7", "negate"],
        &["negate", "grayscale", "contrast 0.5", "flip", "negate"],
    ];
    for (depth, channels) in layouts() {
        let image = noise(Size::new(37, 41), channels, depth);
        for chain in chains {
            let ops: Vec<Op> = chain.iter().map(|text| op(text)).collect();
            let together = apply_all(&ops, image.clone()).unwrap();
            let one_by_one = chain
                .iter()
                .fold(image.clone(), |image, text| apply(text, &image));
            assert_eq!(together.layout(), one_by_one.layout());
            let far = difference(&together.raster, &one_by_one.raster);
            // Rounded up to three times, and spread by up to 1.5 x 1.4 in between.
            let levels = if depth == Depth::U8 { 3.0 } else { 0.02 };
            assert!(
                far * 255.0 <= levels,
                "{chain:?} {channels:?} {depth:?}: {far}"
            );
        }
    }
}
