#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small numbers"
)]

use std::io::Cursor;

use ::image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use ::image::{DynamicImage, ExtendedColorType, ImageDecoder};

use super::*;

const SAMPLINGS: [(u8, u8); 4] = [(1, 1), (2, 1), (1, 2), (2, 2)];

/// A plane that owns its samples; its rows are longer than the picture.
struct Plane {
    samples: Vec<u8>,
    width: usize,
    height: usize,
}

const BEYOND: usize = 3;

impl Plane {
    fn new(width: usize, height: usize, mut sample: impl FnMut(usize, usize) -> u8) -> Self {
        let mut samples = Vec::new();
        for y in 0..height {
            samples.extend((0..width).map(|x| sample(x, y)));
            samples.extend([0; BEYOND]);
        }
        Self {
            samples,
            width,
            height,
        }
    }

    fn samples(&self) -> Samples<'_> {
        Samples {
            samples: &self.samples,
            stride: self.width + BEYOND,
            width: self.width,
            height: self.height,
        }
    }

    fn rows(&self) -> impl Iterator<Item = u8> {
        let rows = self.samples.chunks(self.width + BEYOND);
        rows.flat_map(|row| row[..self.width].iter().copied())
    }
}

/// The sizes of the planes of a picture.
fn planes(
    size: (usize, usize),
    sampling: (u8, u8),
    sample: fn(usize, usize, usize) -> u8,
) -> [Plane; 3] {
    std::array::from_fn(|index| {
        let (across, down) = if index == 0 { (1, 1) } else { sampling };
        let (width, height) = (size.0.div_ceil(across.into()), size.1.div_ceil(down.into()));
        Plane::new(width, height, |x, y| sample(index, x, y))
    })
}

fn encode_planes(planes: &[Plane], sampling: (u8, u8), quality: u8) -> Vec<u8> {
    let components: Vec<Samples> = planes.iter().map(Plane::samples).collect();
    let (width, height) = (planes[0].width as u32, planes[0].height as u32);
    encode(
        width,
        height,
        sampling,
        &components,
        quality,
        Way::Baseline,
        &Extras::default(),
    )
}

fn decode(file: &[u8]) -> DynamicImage {
    DynamicImage::from_decoder(JpegDecoder::new(Cursor::new(file)).unwrap()).unwrap()
}

/// Mean and largest difference.
fn differences(found: &[u8], wanted: impl Iterator<Item = u8>) -> (f64, u8) {
    let all: Vec<u8> = found
        .iter()
        .zip(wanted)
        .map(|(a, b)| a.abs_diff(b))
        .collect();
    assert_eq!(all.len(), found.len());
    let sum: f64 = all.iter().map(|difference| f64::from(*difference)).sum();
    (sum / all.len() as f64, all.into_iter().max().unwrap())
}

/// A slope in luma; no colour.
fn slope(index: usize, x: usize, y: usize) -> u8 {
    if index == 0 {
        (40 + 3 * x + 2 * y) as u8
    } else {
        128
    }
}

fn noise(_: usize, x: usize, y: usize) -> u8 {
    let (x, y) = (x as u32 + 1, y as u32 + 1);
    let mixed = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77).rotate_left(13);
    let mixed = mixed ^ mixed >> 15;
    (mixed.wrapping_mul(0xc2b2_ae3d) >> 24) as u8
}

#[test]
fn pictures_of_all_sizes_come_back() {
    let bounds = [(1, 24.0), (50, 3.0), (85, 1.2), (100, 0.4)];
    for (width, height) in [
        (1, 1),
        (1, 9),
        (7, 8),
        (8, 8),
        (9, 16),
        (15, 1),
        (16, 17),
        (33, 17),
    ] {
        for (quality, bound) in bounds {
            for sampling in SAMPLINGS {
                let planes = planes((width, height), sampling, slope);
                let picture = decode(&encode_planes(&planes, sampling, quality)).into_rgb8();
                assert_eq!(picture.dimensions(), (width as u32, height as u32));
                let wanted = planes[0].rows().flat_map(|luma| [luma; 3]);
                let (mean, _) = differences(picture.as_raw(), wanted);
                assert!(
                    mean <= bound,
                    "{width} x {height}, {sampling:?}, {quality}: {mean}"
                );
            }
            let planes = planes((width, height), (1, 1), slope);
            let DynamicImage::ImageLuma8(gray) =
                decode(&encode_planes(&planes[..1], (2, 2), quality))
            else {
                panic!("not gray")
            };
            assert_eq!(gray.dimensions(), (width as u32, height as u32));
            let (mean, _) = differences(gray.as_raw(), planes[0].rows());
            assert!(mean <= bound, "{width} x {height}, gray, {quality}: {mean}");
        }
    }
}

#[test]
fn colours_come_back_in_their_places() {
    for sampling in SAMPLINGS {
        // Left and right halves of one colour each: red and blue, as JFIF has them.
        let (across, down) = (usize::from(sampling.0), usize::from(sampling.1));
        let colours = [[76, 85, 255], [29, 255, 107]];
        let planes: [Plane; 3] = std::array::from_fn(|index| {
            let (across, down) = if index == 0 { (1, 1) } else { (across, down) };
            Plane::new(64 / across, 48 / down, |x, _| {
                colours[x * across / 32][index]
            })
        });
        let picture = decode(&encode_planes(&planes, sampling, 95)).into_rgb8();
        for (x, colour) in [(5, [254, 0, 0]), (60, [0, 0, 254])] {
            let (_, most) = differences(&picture.get_pixel(x, 40).0, colour.into_iter());
            assert!(most <= 4, "{sampling:?}: {:?}", picture.get_pixel(x, 40));
        }
    }
}

#[test]
fn flat_pictures_come_back_exactly() {
    for quality in [90, 100] {
        for value in 0..=255 {
            let plane = Plane::new(11, 9, |_, _| value);
            let picture = decode(&encode_planes(&[plane], (1, 1), quality)).into_luma8();
            assert!(
                picture.as_raw().iter().all(|sample| *sample == value),
                "{value}"
            );
        }
    }
}

#[test]
fn noise_comes_back_through_codes_for_its_beginning_only() {
    // More tokens than tests hold.
    let plane = Plane::new(250, 210, |x, y| noise(0, x, y));
    let file = encode_planes(std::slice::from_ref(&plane), (1, 1), 100);
    let picture = decode(&file).into_luma8();
    let (_, most) = differences(picture.as_raw(), plane.rows());
    assert!(most <= 3, "{most}");
}

#[test]
fn files_are_smaller_than_with_the_standards_codes() {
    for quality in [10, 50, 85, 100] {
        let pictures = [noise, slope, |_, _, _| 77].map(|sample| planes((96, 96), (1, 1), sample));
        for [plane, ..] in pictures {
            let samples: Vec<u8> = plane.rows().collect();
            let mut standard = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut standard, quality);
            encoder
                .encode(&samples, 96, 96, ExtendedColorType::L8)
                .unwrap();
            let ours = encode_planes(&[plane], (1, 1), quality);
            assert!(
                ours.len() < standard.len(),
                "{} and {}",
                ours.len(),
                standard.len()
            );
        }
    }
}

#[test]
fn profile_and_exif_come_back() {
    let plane = Plane::new(8, 8, |x, _| x as u8);
    let exif = [
        b"MM\0\x2a\0\0\0\x08\0\0\0\0\0\0".as_slice(),
        &vec![7; 60_000],
    ]
    .concat();
    let icc: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let encode = |icc, exif| {
        let extras = Extras {
            icc,
            exif,
            ..Extras::default()
        };
        encode(8, 8, (1, 1), &[plane.samples()], 80, Way::Baseline, &extras)
    };
    let file = encode(Some(&icc), Some(&exif));
    let mut decoder = JpegDecoder::new(Cursor::new(&file)).unwrap();
    assert_eq!(decoder.icc_profile().unwrap().as_ref(), Some(&icc));
    assert_eq!(decoder.exif_metadata().unwrap().as_ref(), Some(&exif));
    let most = vec![1; extras::MAX_EXIF + 1];
    assert!(encode(None, Some(&most[1..])).len() > extras::MAX_EXIF);
    assert_eq!(encode(None, Some(&most)), encode(None, None));
}

/// The blocks of a plane as `encode` makes them, in zigzag order.
fn blocks(plane: &Plane, steps: &Steps) -> Vec<[i16; 64]> {
    let mut band = Band::new(&plane.samples(), plane.height.div_ceil(8));
    band.fill(&plane.samples(), 0);
    let forward = Forward::new(steps);
    let zigzag = |samples: &_| {
        let mut block = [0; 64];
        forward.run(samples, &mut block);
        AS_TRANSFORMED.places.map(|place| block[usize::from(place)])
    };
    band.blocks.iter().map(zigzag).collect()
}

#[test]
fn coefficients_make_the_same_file() {
    for sampling in SAMPLINGS {
        let planes = planes((45, 29), sampling, noise);
        let steps = [LUMA, CHROMA, CHROMA].map(|table| steps(&table, 70));
        let blocks: Vec<_> = planes
            .iter()
            .zip(&steps)
            .map(|(p, s)| blocks(p, s))
            .collect();
        let components: Vec<Blocks> = (0..3)
            .map(|n| Blocks {
                blocks: &blocks[n],
                across: planes[n].width.div_ceil(8),
                steps: &steps[n],
            })
            .collect();
        let file = write(
            45,
            29,
            sampling,
            &components,
            Way::Baseline,
            &Extras::default(),
        );
        assert_eq!(file, encode_planes(&planes, sampling, 70));
    }
}

#[test]
fn coefficients_without_reason_make_a_file() {
    let mut wild = [[i16::MIN; 64], [i16::MAX; 64], [0; 64], [1; 64]];
    wild[2][63] = -5;
    let steps = [300; 64];
    // The last two blocks are missing.
    let component = Blocks {
        blocks: &wild,
        across: 2,
        steps: &steps,
    };
    let file = write(
        16,
        24,
        (1, 1),
        &[component],
        Way::Baseline,
        &Extras::default(),
    );
    let at = file
        .windows(2)
        .position(|pair| pair[0] == 0xff && pair[1] == marker::SOF1);
    assert!(at.is_some(), "16-bit steps are not baseline");
    assert_eq!(decode(&file).into_luma8().dimensions(), (16, 24));
}

#[test]
fn steps_are_those_of_libjpeg() {
    let first = |quality| steps(&LUMA, quality)[..4].to_vec();
    assert_eq!(first(50), [16, 11, 12, 14]);
    assert_eq!(first(85), [5, 3, 4, 4]);
    assert_eq!(first(10), [80, 55, 60, 70]);
    assert_eq!(first(1), [255; 4]);
    assert_eq!(first(100), [1; 4]);
}

#[test]
fn progressive_files_hold_the_same_coefficients() {
    let noisy: fn(usize, usize, usize) -> u8 =
        |index, x, y| slope(index, x, y) ^ (noise(index, x, y) & 31);
    for (width, height) in [(1, 1), (45, 29), (70, 33)] {
        for sampling in SAMPLINGS {
            for quality in [10, 60, 100] {
                for count in [1, 3] {
                    let planes = planes((width, height), sampling, noisy);
                    let components: Vec<Samples> =
                        planes[..count].iter().map(Plane::samples).collect();
                    let [baseline, progressive] = [Way::Baseline, Way::Progressive].map(|way| {
                        let (width, height) = (width as u32, height as u32);
                        let extras = Extras::default();
                        encode(width, height, sampling, &components, quality, way, &extras)
                    });
                    assert_ne!(baseline, progressive);
                    assert_eq!(
                        decode(&baseline),
                        decode(&progressive),
                        "{width} {sampling:?} {quality}"
                    );
                }
            }
        }
    }
}

/// A run of blocks with nothing to say that is longer than a symbol can say.
#[test]
fn long_runs_of_nothing_come_back() {
    let plane = Plane::new(8 * 200, 8 * 200, |x, y| if x + y == 0 { 0 } else { 128 });
    let [baseline, progressive] = [Way::Baseline, Way::Progressive].map(|way| {
        let extras = Extras::default();
        decode(&encode(
            1600,
            1600,
            (1, 1),
            &[plane.samples()],
            90,
            way,
            &extras,
        ))
    });
    assert_eq!(baseline, progressive);
}
