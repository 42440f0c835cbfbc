use super::*;
use crate::image::{Channels, Cicp, Depth, Metadata, Raster, Samples, Size, Transfer};

fn raster(channels: Channels, samples: impl Into<Samples>) -> Raster {
    let samples = samples.into();
    let pixels = u32::try_from(samples.len() / channels.count()).unwrap();
    Raster::new(Size::new(pixels, 1), channels, samples).unwrap()
}

fn bytes(raster: &Raster) -> &[u8] {
    match raster.samples() {
        Samples::U8(samples) => samples,
        Samples::U16(_) | Samples::F32(_) => panic!("the depth has changed"),
    }
}

fn near(made: &[u8], wanted: &[u8]) {
    assert_eq!(made.len(), wanted.len());
    for (made, wanted) in made.iter().zip(wanted) {
        assert!(made.abs_diff(*wanted) <= 1, "{made} for {wanted}");
    }
}

/// The exponent by which a profile can hold it.
const GAMMA: f32 = 563.0 / 256.0;

fn gamma() -> Profile {
    Profile::from_gamma(GAMMA, Chromaticities::SRGB).unwrap()
}

/// The primaries of sRGB, with samples that are light itself.
fn linear() -> Profile {
    Profile::from_gamma(1.0, Chromaticities::SRGB).unwrap()
}

#[test]
fn srgb_is_known_by_what_it_says_not_by_its_name() {
    let again = |profile: Profile| Profile::parse(&profile.icc().unwrap()).unwrap();
    assert!(Profile::srgb().is_srgb());
    assert!(again(Profile::srgb()).is_srgb());
    assert!(Profile::srgb_with(Chromaticities::SRGB).unwrap().is_srgb());
    for other in [Profile::display_p3(), gamma(), linear()] {
        assert!(!again(other).is_srgb());
    }
    let cicp = |primaries, transfer| {
        let (matrix, full_range) = (0, true);
        Profile::from_cicp(Cicp {
            primaries,
            transfer,
            matrix,
            full_range,
        })
    };
    assert!(cicp(1, 13).unwrap().is_srgb());
    assert!(!cicp(12, 13).unwrap().is_srgb());
    assert!(cicp(2, 2).is_none(), "nothing is said");
    assert!(cicp(255, 13).is_none());
}

#[test]
fn colors_of_other_spaces_become_what_they_look_like() {
    let (p3, srgb) = (Profile::display_p3(), Profile::srgb());
    // Red, green and blue of sRGB, and a gray, as Display P3 has them (CSS Color 4, 10.3 and its sample code).
    let colors = [255, 0, 0, 0, 255, 0, 0, 0, 255, 90, 90, 90];
    let wide = convert(&raster(Channels::Rgb, colors.to_vec()), &srgb, &p3).unwrap();
    near(
        bytes(&wide),
        &[234, 51, 35, 117, 251, 76, 0, 0, 245, 90, 90, 90],
    );
    let back = convert(&wide, &p3, &srgb).unwrap();
    for (back, color) in bytes(&back).iter().zip(colors) {
        assert!(back.abs_diff(color) <= 5, "{back} for {color}");
    }
    let beyond = raster(Channels::Rgba, vec![0_u8, 255, 0, 77]);
    assert_eq!(
        bytes(&convert(&beyond, &p3, &srgb).unwrap()),
        [0, 255, 0, 77]
    );
}

#[test]
fn every_depth_says_the_same() {
    let (p3, srgb) = (Profile::display_p3(), Profile::srgb());
    let samples: Vec<u8> = (0..=250)
        .step_by(10)
        .flat_map(|v| [v, 250 - v, 99, v])
        .collect();
    let shallow = raster(Channels::Rgba, samples);
    let wanted = convert(&shallow, &p3, &srgb).unwrap();
    for depth in [Depth::U16, Depth::F32] {
        let made = convert(&shallow.clone().to_depth(depth), &p3, &srgb).unwrap();
        assert_eq!(made.depth(), depth);
        near(bytes(&made.to_depth(Depth::U8)), bytes(&wanted));
    }
}

#[test]
fn gray_takes_the_curve_and_stays_gray() {
    let shades: Vec<u8> = (0..=255).collect();
    let wanted: Vec<u8> = shades
        .iter()
        .map(|shade| {
            let light = (f32::from(*shade) / 255.0).powf(GAMMA);
            crate::image::Sample::from_f32(crate::image::linear_to_srgb(light) * 255.0)
        })
        .collect();
    let gray = raster(Channels::Gray, shades.clone());
    let to = Profile::srgb();
    near(bytes(&convert(&gray, &gamma(), &to).unwrap()), &wanted);
    let clear: Vec<u8> = shades
        .iter()
        .flat_map(|shade| [*shade, 255 - shade])
        .collect();
    let made = convert(&raster(Channels::GrayAlpha, clear.clone()), &gamma(), &to).unwrap();
    let pairs = bytes(&made).as_chunks::<2>().0;
    near(
        &pairs.iter().map(|pair| pair[0]).collect::<Vec<u8>>(),
        &wanted,
    );
    assert!(
        pairs
            .iter()
            .zip(shades)
            .all(|(pair, shade)| pair[1] == 255 - shade)
    );
    for depth in [Depth::U16, Depth::F32] {
        let made = convert(&gray.clone().to_depth(depth), &gamma(), &to).unwrap();
        near(bytes(&made.to_depth(Depth::U8)), &wanted);
    }
}

#[test]
fn pictures_are_converted_alike_however_many_threads_there_are() {
    let samples: Vec<u8> = (0..3 * 70_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let picture = raster(Channels::Rgb, samples);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| convert(&picture, &Profile::display_p3(), &Profile::srgb()).unwrap())
    };
    assert!(with(1) == with(3));
}

#[test]
fn what_is_no_profile_is_refused() {
    assert!(Profile::parse(b"").is_err());
    assert!(Profile::parse(&[7; 300]).is_err());
    let whole = Profile::display_p3().icc().unwrap();
    for length in 0..whole.len() {
        let _no_panic = Profile::parse(&whole[..length]).map(|profile| {
            let gray = raster(Channels::Rgb, vec![7_u8, 8, 9]);
            convert(&gray, &profile, &Profile::srgb())
        });
    }
    let beyond = Chromaticities {
        red: (0.3, 0.0),
        ..Chromaticities::SRGB
    };
    assert!(Profile::from_gamma(2.2, beyond).is_none());
    assert!(Profile::from_gamma(0.0, Chromaticities::SRGB).is_none());
    assert!(Profile::from_gamma(f32::NAN, Chromaticities::SRGB).is_none());
    let line = Chromaticities {
        red: (0.3, 0.6),
        ..Chromaticities::SRGB
    };
    assert!(
        Profile::srgb_with(line).is_none(),
        "red and green are the same"
    );
}

#[test]
fn inks_nobody_explains_take_their_part_of_the_light() {
    let inks = Inks(vec![
        0_u8, 0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255, 128, 0, 0, 128,
    ]);
    let wanted = [255, 255, 255, 0, 255, 255, 255, 0, 0, 0, 0, 0, 63, 127, 127];
    assert_eq!(inks.to_plain_rgb(), wanted);
    assert_eq!(
        inks.to_srgb(&Profile::srgb()).unwrap_err(),
        ColorError::Mismatch(Space::Rgb)
    );
}

/// A profile of inks (ICC.1:2001-04): gray of these lightnesses, without black ink and with it, whatever the others are; paper is
/// the first.
pub(crate) fn gray_inks(without: u16, with: u16, paper: u16) -> Vec<u8> {
    let lab = |lightness: u16| [lightness * 652, 0x8000, 0x8000];
    // Black ink varies fastest.
    let points = (0..16).map(|point| match point {
        0 => paper,
        point if point % 2 == 1 => with,
        _ => without,
    });
    let mut table = b"mft2\0\0\0\0\x04\x03\x02\0".to_vec();
    let identity: [i32; 9] = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    table.extend(identity.iter().flat_map(|part| (part << 16).to_be_bytes()));
    let straight = [0_u16, 65_535];
    let numbers = [2_u16, 2]
        .into_iter()
        .chain(straight.repeat(4))
        .chain(points.flat_map(lab))
        .chain(straight.repeat(3));
    table.extend(numbers.flat_map(u16::to_be_bytes));
    let mut icc = vec![0; 128];
    icc[8] = 2;
    icc[12..24].copy_from_slice(b"prtrCMYKLab ");
    icc[36..40].copy_from_slice(b"acsp");
    icc[68..80].copy_from_slice(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    let length = u32::try_from(table.len()).unwrap();
    icc.extend(
        [1_u32, u32::from_be_bytes(*b"A2B0"), 144, length]
            .iter()
            .flat_map(|part| part.to_be_bytes()),
    );
    icc.extend(table);
    let length = u32::try_from(icc.len()).unwrap();
    icc[..4].copy_from_slice(&length.to_be_bytes());
    icc
}

#[test]
fn the_darkest_that_inks_can_do_becomes_black() {
    let inks = Inks(vec![0_u8, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 0]);
    let by = |icc: &[u8]| inks.to_srgb(&Profile::parse(icc).unwrap()).unwrap();
    // Lightness 50 is a luminance of 0.1842, and 10 one of 0.0113 (CIE 15); what is left between black and white is 0.175 of
    // it, which sRGB writes as 116.
    near(
        &by(&gray_inks(50, 10, 100)),
        &[255, 255, 255, 0, 0, 0, 116, 116, 116],
    );
    // Ink that makes nothing darker is a mistake.
    near(
        &by(&gray_inks(50, 80, 100)),
        &[255, 255, 255, 198, 198, 198, 119, 119, 119],
    );
}

#[test]
fn light_is_what_samples_encode() {
    let all: Vec<u8> = (0..=255)
        .flat_map(|shade| [shade, 255 - shade, 7, 9])
        .collect();
    let picture = raster(Channels::Rgba, all);
    let tagged = |profile: Profile| Metadata {
        icc: profile.icc(),
        ..Metadata::default()
    };
    for metadata in [
        Metadata::default(),
        tagged(gamma()),
        tagged(Profile::display_p3()),
    ] {
        let light = Light::of(&metadata).unwrap();
        for depth in Depth::ALL {
            let picture = picture.clone().to_depth(depth);
            let shed = light.shed(&picture);
            assert_ne!(shed.depth(), Depth::U8);
            let caught = light.catch(&shed, depth);
            assert_eq!(caught.depth(), depth);
            let same = caught.to_depth(Depth::U8) == picture.to_depth(Depth::U8);
            assert!(same, "{depth:?}");
        }
    }
    // Half of all light looks like 188 (IEC 61966-2-1).
    let half = raster(Channels::Gray, vec![32_768_u16]);
    let caught = Light::of(&Metadata::default())
        .unwrap()
        .catch(&half, Depth::U8);
    assert_eq!(bytes(&caught), [188]);
    let linear = Metadata {
        transfer: Transfer::Linear,
        ..Metadata::default()
    };
    assert!(Light::of(&linear).is_none());
}
