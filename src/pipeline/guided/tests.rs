use super::*;
use crate::image::{Depth, Size};

const GUIDED: Guided = Guided {
    radius: 3,
    epsilon: 0.01,
};

fn gray(width: u32, samples: Vec<u8>) -> Raster {
    let height = u32::try_from(samples.len()).unwrap() / width;
    Raster::new(Size::new(width, height), Channels::Gray, samples).unwrap()
}

fn bytes(raster: Raster) -> Vec<u8> {
    match raster.into_samples() {
        Samples::U8(samples) => samples,
        Samples::U16(_) | Samples::F32(_) => panic!("the depth has changed"),
    }
}

#[test]
fn edges_stay_and_ripples_go() {
    let row: Vec<u8> = (0..40)
        .map(|x| {
            if x < 20 {
                40 + x % 2 * 8
            } else {
                200 + x % 2 * 8
            }
        })
        .collect();
    let found = bytes(filter(&gray(40, row.repeat(30)), GUIDED));
    let row = &found[15 * 40..][..40];
    assert!(
        row[..14].iter().all(|value| value.abs_diff(44) <= 2),
        "{row:?}"
    );
    assert!(
        row[26..].iter().all(|value| value.abs_diff(204) <= 2),
        "{row:?}"
    );
    assert!(row[20] - row[19] > 130, "{row:?}");
}

#[test]
fn one_color_stays_and_tiles_fit_together() {
    let flat = gray(600, vec![77; 600 * 300]);
    assert!(filter(&flat, GUIDED) == flat);
    // A slope stays one away from its ends, wherever tiles meet.
    let slope: Vec<u8> = (0..300_u32)
        .map(|x| u8::try_from(x * 4 / 5).unwrap())
        .collect();
    let found = bytes(filter(&gray(300, slope.repeat(270)), GUIDED));
    for (at, found) in found.iter().enumerate() {
        let x = at % 300;
        assert!(
            !(8..292).contains(&x) || found.abs_diff(slope[x]) <= 1,
            "{at}"
        );
    }
}

#[test]
fn gray_in_colors_is_the_same_gray_at_any_depth() {
    let samples: Vec<u8> = (0..1200_u32)
        .map(|at| u8::try_from(at * at % 251).unwrap())
        .collect();
    let raster = gray(40, samples);
    let wanted = bytes(filter(&raster, GUIDED));
    for channels in Channels::ALL {
        for depth in Depth::ALL {
            let other = raster.clone().to_channels(channels).to_depth(depth);
            let found = filter(&other, GUIDED);
            let found = bytes(found.to_depth(Depth::U8).to_channels(Channels::Gray));
            let mut pairs = found.iter().zip(&wanted);
            assert!(
                pairs.all(|(a, b)| a.abs_diff(*b) <= 1),
                "{channels:?} {depth:?}"
            );
        }
    }
}

#[test]
fn what_cannot_be_seen_has_no_say() {
    let pixels = [[200_u8, 10, 10, 255], [0, 255, 0, 0]].concat().repeat(40);
    let raster = Raster::new(Size::new(10, 8), Channels::Rgba, pixels.clone()).unwrap();
    assert_eq!(bytes(filter(&raster, GUIDED)), pixels);
}
