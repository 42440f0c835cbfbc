use std::fmt::Write as _;

use super::*;
use crate::codecs::{EncodeOptions, Format};
use crate::image::{Channels, Depth, Image, Raster, Size};

/// A .cube file of what becomes of each colour.
fn cube(size: usize, head: &str, color: impl Fn([f32; 3]) -> [f32; 3]) -> String {
    let mut text = format!("TITLE \"test\"\n{head}\nLUT_3D_SIZE {size}\n\n");
    for blue in 0..size {
        for green in 0..size {
            for red in 0..size {
                let at = [red, green, blue].map(|place| part(place, size - 1));
                let [r, g, b] = color(at);
                writeln!(text, "{r} {g} {b}").unwrap();
            }
        }
    }
    text
}

fn mixed(table: &Table, colors: &[[f32; 3]]) -> Vec<[f32; 3]> {
    let mut planes = [0, 1, 2].map(|at| colors.iter().map(|color| color[at]).collect::<Vec<_>>());
    let [red, green, blue] = &mut planes;
    table.mix([red, green, blue]);
    let [red, green, blue] = planes;
    let pixels = red.into_iter().zip(green).zip(blue);
    pixels.map(|((r, g), b)| [r, g, b]).collect()
}

/// Some of everything: corners, faces, points of the grid, equal parts, beyond the ends.
fn colors() -> Vec<[f32; 3]> {
    let mut values: Vec<f32> = (0..=12_u8).map(|at| f32::from(at) / 12.0).collect();
    values.extend([0.123_4, 0.499_999_97, 0.999_999_9, -0.5, 1.5]);
    let mut colors = Vec::new();
    for red in &values {
        for green in &values {
            colors.extend(values.iter().map(|blue| [*red, *green, *blue]));
        }
    }
    colors
}

fn near(made: &[[f32; 3]], wanted: impl Iterator<Item = [f32; 3]>) {
    for (made, wanted) in made.iter().zip(wanted) {
        for (made, wanted) in made.iter().zip(wanted) {
            assert!((made - wanted).abs() < 2e-6, "{made} {wanted}");
        }
    }
}

#[test]
fn what_is_linear_comes_out_exactly_and_values_beyond_are_brought_to_the_ends() {
    let linear = |[r, g, b]: [f32; 3]| [0.5 * g + 0.1, 1.0 - r, 0.2 * r + 0.3 * g + 0.4 * b];
    for size in [2, 3, 7, 13] {
        let table = read(cube(size, "", linear).as_bytes(), 1.0).unwrap();
        let clamped = colors()
            .into_iter()
            .map(|color| color.map(|v| v.clamp(0.0, 1.0)));
        near(&mixed(&table, &colors()), clamped.map(linear));
    }
}

/// By the definition: the colour that is the furthest along goes first.
fn by_tetrahedra(
    size: usize,
    points: &dyn Fn([usize; 3]) -> [f32; 3],
    color: [f32; 3],
) -> [f32; 3] {
    let last = part(size - 1, 1);
    let places = color.map(|value| value.clamp(0.0, 1.0) * last);
    let mut corner = places.map(|place| {
        (0..size - 1)
            .rev()
            .find(|at| part(*at, 1) <= place)
            .unwrap()
    });
    let mut ways: Vec<(f32, usize)> = (0..3)
        .map(|at| (places[at] - part(corner[at], 1), at))
        .collect();
    ways.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut sum = points(corner);
    for (way, channel) in ways {
        let before = points(corner);
        corner[channel] += 1;
        let after = points(corner);
        sum = [0, 1, 2].map(|at| sum[at] + way * (after[at] - before[at]));
    }
    sum
}

#[test]
fn tables_are_interpolated_in_tetrahedra_at_every_level_and_grays_stay_gray() {
    let bent = |[r, g, b]: [f32; 3]| [r * r, (g * b).sqrt(), (1.0 - r) * b * b + r * g];
    let size = 5;
    let table = read(cube(size, "", bent).as_bytes(), 1.0).unwrap();
    let points = |at: [usize; 3]| bent(at.map(|place| part(place, size - 1)));
    let [lowest, highest] = simd::at_both_levels(|| mixed(&table, &colors()));
    assert!(lowest == highest);
    near(
        &lowest,
        colors()
            .into_iter()
            .map(|color| by_tetrahedra(size, &points, color)),
    );
    let same = read(cube(17, "", |color| color.map(f32::sqrt)).as_bytes(), 1.0).unwrap();
    let grays: Vec<[f32; 3]> = (0..=255).map(|gray| [part(gray, 255); 3]).collect();
    let made = mixed(&same, &grays);
    assert!(
        made.iter()
            .all(|[r, g, b]| r.to_bits() == g.to_bits() && g.to_bits() == b.to_bits())
    );
}

#[test]
fn no_number_is_anywhere_and_nothing_breaks() {
    let table = read(cube(3, "", |color| color).as_bytes(), 1.0).unwrap();
    let made = mixed(&table, &[[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]]);
    assert_eq!(made, [[0.0, 1.0, 0.0]]);
}

#[test]
fn domains_and_amounts_are_heeded() {
    let double = |color: [f32; 3]| color.map(|value| value * 2.0);
    let head = "DOMAIN_MIN -1 -1 -1\nDOMAIN_MAX 3 3 3\n";
    let table = read(cube(5, head, double).as_bytes(), 1.0).unwrap();
    assert_eq!(mixed(&table, &[[-1.0, 1.0, 3.0]]), [[0.0, 1.0, 2.0]]);
    let half = read(cube(5, head, double).as_bytes(), 0.5).unwrap();
    assert_eq!(mixed(&half, &[[-1.0, 1.0, 3.0]]), [[-0.5, 1.0, 2.5]]);
    let range = read(
        cube(5, "LUT_3D_INPUT_RANGE -1.0 3.0", double).as_bytes(),
        1.0,
    )
    .unwrap();
    assert_eq!(mixed(&range, &[[-1.0, 1.0, 3.0]]), [[0.0, 1.0, 2.0]]);
}

#[test]
fn curves_are_followed_along_lines() {
    let text = "LUT_1D_SIZE 3\r\n# red falls\r\n1 0 0\r\n0.5\t0.25 0.5\r\n0 1 1\r\n";
    let table = read(text.as_bytes(), 1.0).unwrap();
    let Table::Curves(curves) = &table else {
        panic!("it has one dimension");
    };
    for (channel, value, wanted) in [
        (0, 0.25, 0.75),
        (1, 0.75, 0.625),
        (2, 7.0, 1.0),
        (1, 0.5, 0.25),
    ] {
        assert!((curves.at(channel, value) - wanted).abs() < 1e-6);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let rows = "0 0 0\n".repeat(8);
    for (text, line, what) in [
        (String::new(), 1, "neither"),
        ("0 0 0\n".to_owned(), 1, "neither"),
        ("LUT_3D_SIZE 2\n0 0 0\n\n".to_owned(), 2, "after 1 rows"),
        (format!("LUT_3D_SIZE 2\n{rows}0 0 0\n"), 10, "more rows"),
        (
            format!("LUT_3D_SIZE 2\n{rows}TITLE x\n"),
            10,
            "behind numbers",
        ),
        ("LUT_3D_SIZE 1\n".to_owned(), 1, "from 2 to 144"),
        ("LUT_3D_SIZE 145\n".to_owned(), 1, "from 2 to 144"),
        ("# x\nLUT_1D_SIZE 65537\n".to_owned(), 2, "from 2 to 65536"),
        ("LUT_3D_SIZE 2\nLUT_1D_SIZE 2\n".to_owned(), 2, "only one"),
        ("LUT_3D_SIZE 2\n0 0\n".to_owned(), 2, "not 3 numbers"),
        ("LUT_3D_SIZE 2\n0 0 nan\n".to_owned(), 2, "no word"),
        ("LUT_3D_SIZE 2\n0 0 1e99\n".to_owned(), 2, "not 3 numbers"),
        (
            "DOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 0 1\n".to_owned(),
            2,
            "ends before",
        ),
        ("\u{feff}GIMP\n".to_owned(), 1, "`GIMP`"),
    ] {
        let error = check(text.as_bytes()).unwrap_err().to_string();
        if what == "no word" {
            assert!(error.starts_with("line 2: "), "{error}");
            continue;
        }
        assert!(
            error.starts_with(&format!("line {line}: ")),
            "{text}: {error}"
        );
        assert!(error.contains(what), "{text}: {error}");
    }
}

/// A `HaldCLUT` picture of what becomes of each colour.
fn hald(level: usize, depth: Depth, color: impl Fn([f32; 3]) -> [f32; 3]) -> Vec<u8> {
    let (size, width) = (level * level, level * level * level);
    let mut samples = Vec::new();
    for at in 0..width * width {
        let places = [at % size, at / size % size, at / size / size];
        samples.extend(color(places.map(|place| part(place, size - 1))));
    }
    let width = u32::try_from(width).unwrap();
    let raster = Raster::new(Size::new(width, width), Channels::Rgb, samples).unwrap();
    let image = Image::new(raster.to_depth(depth));
    let codec = Format::Png.codec();
    codec.encode(image, &EncodeOptions::default()).unwrap()
}

#[test]
fn pictures_are_tables() {
    let linear = |[r, g, b]: [f32; 3]| [g, 1.0 - r, 0.5 * b];
    let file = hald(4, Depth::U16, linear);
    assert!(check(&file[..24]).is_ok());
    let table = read(&file, 1.0).unwrap();
    let inner: Vec<[f32; 3]> = colors()
        .into_iter()
        .map(|color| color.map(|v| v.clamp(0.0, 1.0)))
        .collect();
    for (made, color) in mixed(&table, &inner).iter().zip(&inner) {
        for (made, wanted) in made.iter().zip(linear(*color)) {
            assert!((made - wanted).abs() < 1e-5, "{made} {wanted}");
        }
    }
    assert!(read(&file[..200], 1.0).is_err());
    assert!(check(&file[..20]).is_err());
    let mut odd = file;
    odd[23] += 1;
    assert!(check(&odd).unwrap_err().to_string().contains("64x65"));
}
