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
        "gamma 0.45",
        "levels 0.3,70%,gamma=0.8,low=1,high=0.2,channel=green",
        "levels high=0.5",
        "curves green=(0:1,1:0)",
        "curves 0:0.2,0.5:0.4,0.6:0.9,0.9:0.1,blue=(0.1:0,0.5:0.8)",
        "vibrance -1",
        "hue -100.5",
        "modulate brightness=0.8",
        "modulate saturation=2,hue=300",
        "color-matrix 0,1,0,0.1,1,0,-0.5,0,0,0,1,0",
        "channel-mix mono=(0.5,0.5,0.1)",
        "channel-mix red=blue,blue=red",
        "tint teal",
        "duotone navy",
        "auto-level",
        "normalize",
        "normalize 20%,70%,each",
        "equalize",
        "white-balance",
        "white-balance amount=0.5",
        "white-balance tint=-20",
        "threshold 30%",
        "threshold",
        "threshold adaptive",
        "quantize 5",
        "quantize 200,dither=none",
        "lut sample_images/evening.cube",
        "threshold adaptive,radius=2,sensitivity=0.01",
    ],
    same: &[
        "brightness 1",
        "contrast 1",
        "saturation 1",
        "exposure 0",
        "sepia 0",
        "gamma 1",
        "levels 0,100%",
        "levels gamma=1,channel=blue",
        "curves 0:0,1:1",
        "curves 0:0,0.3:0.3,1:1,red=(0:0,1:1)",
        "vibrance 0",
        "hue 0",
        "hue -720",
        "modulate 1,1,360",
        "color-matrix 1,0,0,0,1,0,0,0,1",
        "channel-mix green=green",
        "tint red,amount=0",
        "white-balance amount=0",
        "lut sample_images/evening.cube,amount=0",
        "white-balance temperature=6504",
    ],
    mirrored: &[
        "negate",
        "brightness 0.7",
        "exposure 1",
        "sepia 0.5",
        "posterize 5",
        "grayscale",
        "saturation 2",
        "gamma 2.2",
        "levels 10%,90%",
        "curves 0:0,0.25:0.2,0.75:0.8,1:1",
        "vibrance 1",
        "hue 40",
        "modulate 1.1,1.3,15",
        "channel-mix red=blue",
        "tint orange",
        "duotone navy,gold",
        "auto-level each",
        "normalize low=10%,high=80%",
        "equalize",
        "white-balance",
        "white-balance temperature=3500",
        "threshold otsu",
        "threshold adaptive,radius=3",
        "lut sample_images/evening.cube",
    ],
    rough: &[],
    constant: &[
        "normalize",
        "equalize",
        "white-balance",
        "quantize 7",
        "quantize 7,dither=ordered",
        "lut sample_images/evening.cube,amount=0",
    ],
    uneven: &[],
    turned: &[
        ("brightness 1.2", "", 0.0),
        ("contrast 0.5", "", 0.0),
        ("exposure 0.7", "", 0.0),
        ("gamma 1.4", "", 0.0),
        ("levels 10%,90%", "", 0.0),
        ("curves 0:0,0.25:0.2,0.75:0.8,1:1", "", 0.0),
        ("auto-level", "", 0.0),
        ("normalize each", "", 0.0),
        ("equalize", "", 0.0),
        ("white-balance", "", 0.0),
        ("white-balance temperature=3500", "", 0.0),
        ("saturation 2", "", 0.0),
        ("vibrance 0.6", "", 0.0),
        ("hue 40", "", 0.0),
        ("modulate 1.1,1.3,15", "", 0.0),
        ("color-matrix 0,1,0,0.1,1,0,-0.5,0,0,0,1,0", "", 0.0),
        ("channel-mix red=blue", "", 0.0),
        ("grayscale", "", 0.0),
        ("negate", "", 0.0),
        ("sepia", "", 0.0),
        ("tint orange", "", 0.0),
        ("duotone navy,gold", "", 0.0),
        ("posterize 5", "", 0.0),
        ("quantize 200,dither=none", "", 0.0),
        ("threshold otsu", "", 0.0),
        ("threshold adaptive,radius=3", "", 0.0),
        ("lut sample_images/evening.cube", "", 0.0),
    ],
    turned_whole: &[("clahe tiles=6x4", "clahe tiles=4x6", 1.01)],
    directed: &[],
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
        ("hue 180", [35, 135, 185, 77]),
        // 255 x (100 / 255) ^ (1 / 2) = 159.7.
        ("gamma 2", [226, 160, 113, 77]),
        ("levels 20%,60%", [255, 122, 0, 77]),
        (
            "levels 20%,60%,low=1,high=0,channel=blue",
            [200, 100, 255, 77],
        ),
        ("levels low=0.2", [211, 131, 91, 77]),
        ("curves 0:1,1:0", [55, 155, 205, 77]),
        ("curves green=(0:1,1:0)", [200, 155, 50, 77]),
        ("vibrance -1", [166, 107, 78, 77]),
        ("color-matrix 0,0,1,0,1,0,1,0,0", [50, 100, 200, 77]),
        ("color-matrix 1,0,0,0.1,0,1,0,0,0,0,1,-1", [226, 100, 0, 77]),
        ("channel-mix red=blue,blue=red", [50, 100, 200, 77]),
        ("channel-mix mono=(0.5,0.2,0.1)", [125, 125, 125, 77]),
        ("duotone black", [118, 118, 118, 77]),
        ("duotone red,blue", [137, 0, 118, 77]),
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

/// Hue is turned and chroma raised; what has none of either keeps its lightness, and white and black are both.
#[test]
fn oklch_keeps_apart_what_it_is_made_of() {
    let grays: Vec<u8> = (0..=255).flat_map(|gray| [gray; 3]).collect();
    let grays = Image::new(Raster::new(Size::new(256, 1), Channels::Rgb, grays).unwrap());
    for text in ["modulate saturation=3", "modulate 1,1,77", "tint gray"] {
        assert!(apply(text, &grays) == grays, "{text}");
    }
    let image = noise(Size::new(37, 41), Channels::Rgb, Depth::F32);
    let there = apply("modulate 0.8,0.5,100", &image);
    let back = apply("modulate 1.25,2,-100", &there);
    assert!(difference(&image.raster, &back.raster) < 1e-4);
}

#[test]
fn values_are_spread_as_the_picture_has_them() {
    let raster = |samples: &[u8]| {
        let width = u32::try_from(samples.len()).unwrap() / 4;
        Raster::new(Size::new(width, 1), Channels::Rgba, samples.to_vec()).unwrap()
    };
    // What is clear does not count. Together 20 and 220 are the ends; 10 % of two are both of them.
    let before = [20, 60, 40, 255, 120, 162, 220, 255, 0, 255, 0, 0];
    let cases = [
        ("auto-level", [0, 51, 26, 255, 128, 181, 255, 255]),
        ("auto-level each", [0, 0, 0, 255, 255, 255, 255, 255]),
        ("normalize each", [0, 0, 0, 255, 255, 255, 255, 255]),
        ("equalize each", [0, 0, 0, 255, 255, 255, 255, 255]),
        // Luma is 50.052 and 157.258.
        ("equalize", [0, 10, 0, 255, 218, 255, 255, 255]),
        ("normalize", [0, 24, 0, 255, 166, 255, 255, 255]),
        ("threshold 40%", [0, 0, 0, 255, 255, 255, 255, 255]),
        ("threshold otsu", [0, 0, 0, 255, 255, 255, 255, 255]),
    ];
    for (text, wanted) in cases {
        for depth in [Depth::U8, Depth::U16] {
            let image = Image::new(raster(&before).to_depth(depth));
            let seen = apply(text, &image).raster.to_depth(Depth::U8);
            let Samples::U8(samples) = seen.into_samples() else {
                panic!("it was given 8 bits");
            };
            assert_eq!(samples[..8], wanted, "{text} {depth:?}");
        }
    }
}

#[test]
fn gray_is_equalized_by_the_part_that_is_darker() {
    let samples = vec![30_u8, 30, 40, 40, 40, 50, 90, 90, 90, 200];
    let raster = Raster::new(Size::new(10, 1), Channels::Gray, samples).unwrap();
    let result = apply("equalize", &Image::new(raster)).raster;
    // 3, 4, 7 and 8 of 8 are above 30.
    let wanted = vec![0, 0, 96, 96, 96, 128, 223, 223, 223, 255];
    assert_eq!(result.samples(), &Samples::U8(wanted));
}

#[test]
fn numbers_out_of_range_are_refused() {
    for text in [
        "brightness -1",
        "brightness 101",
        "brightness nan",
        "contrast inf",
        "saturation x",
        "gamma 0",
        "levels 50%,50%",
        "levels -1%",
        "modulate hue=nan",
        "color-matrix 1,2,3",
        "color-matrix 1,0,0,0,1,0,0,0,inf",
        "channel-mix",
        "channel-mix mono=red,red=blue",
        "channel-mix red=(1,2)",
        "duotone",
        "normalize 5%,4%",
        "white-balance temperature=900",
        "white-balance tint=1,amount=1",
        "threshold 101%",
        "lut no/such.cube",
        "lut sample_images/plain.ppm",
        "lut sample_images/logo.png",
        "threshold otsu,adaptive",
        "threshold adaptive,radius=0",
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
