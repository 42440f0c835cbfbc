//! Makes `sample_images/`: small pictures of everything the tests and the README have to do with.
//!
//! `cargo run --release --example make_samples [DIR]`
//!
//! All of them are computed, so nobody's photographs are needed, and a second run on the same machine
//! writes the same bytes. (Another C library may round a power or a sine differently.)
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixel positions and noise cells stay small, and colours are clamped first"
)]

mod close;
mod files;
mod land;
mod paint;

use std::path::{Path, PathBuf};
use std::{env, fs};

use image::metadata::Orientation;
use image::{DynamicImage, Rgb, Rgb32FImage, RgbImage, Rgba, RgbaImage};

use crate::files::Done;
use crate::land::Land;
use crate::paint::{develop, paint, tone};

const LAKE: Land = Land {
    seed: 11,
    sun: (1.02, 0.34),
    colors: [0x2f_5a96, 0xd9_b9a2, 0xff_a552, 0x24_3328],
    shore: 0.64,
    peaks: 0.40,
    clouds: 0.55,
    lighthouse: None,
};

const EVENING: Land = Land {
    seed: 57,
    sun: (3.9, 0.50),
    colors: [0x3a_3566, 0xd8_8a7a, 0xff_7a3a, 0x1c_1a24],
    shore: 0.70,
    peaks: 0.50,
    clouds: 0.75,
    lighthouse: None,
};

const SUMMER: Land = Land {
    seed: 83,
    sun: (1.3, 0.10),
    colors: [0x1f_6cc0, 0xbf_dcee, 0xff_e9c0, 0x2c_4a20],
    shore: 0.60,
    peaks: 0.34,
    clouds: 0.70,
    lighthouse: None,
};

const COAST: Land = Land {
    seed: 29,
    sun: (1.25, 0.30),
    colors: [0x2d_6fb4, 0xcf_dde2, 0xff_d9a0, 0x4a_5a58],
    shore: 0.78,
    peaks: 0.07,
    clouds: 0.72,
    lighthouse: Some(0.38),
};

fn main() -> Done {
    let folder = env::args_os().nth(1);
    let folder = PathBuf::from(folder.unwrap_or_else(|| "sample_images".into()));
    fs::create_dir_all(folder.join("orientation"))?;
    fs::create_dir_all(folder.join("trips/2024"))?;
    photographs(&folder)?;
    transparent(&folder)?;
    many_bits(&folder)?;
    other_formats(&folder)?;
    files::cube(&folder.join("evening.cube"), 9, evening)?;
    orientations(&folder.join("orientation"))?;
    trips(&folder.join("trips"))
}

/// More contrast, what is bright warmer, what is dark cooler.
fn evening(color: [f32; 3]) -> [f32; 3] {
    let [red, green, blue] = color.map(|value| {
        let steep = value * value * (3.0 - 2.0 * value);
        0.65 * value + 0.35 * steep
    });
    let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let warmth = luma - 0.35;
    let tinted = [
        red + 0.09 * warmth,
        green + 0.01 * warmth,
        blue - 0.12 * warmth,
    ];
    tinted.map(|value| value.clamp(0.0, 1.0))
}

/// The still life, sized to fit the shorter side.
fn table(width: u32, height: u32) -> Rgb32FImage {
    let aspect = width as f32 / height as f32;
    let zoom = aspect.min(1.0);
    paint(width, height, |x, y| {
        close::still_life((x - aspect / 2.0) / zoom, (y - 0.5) / zoom)
    })
}

fn land(width: u32, height: u32, place: &Land) -> Rgb32FImage {
    paint(width, height, |x, y| place.light(x, y))
}

/// Eight bits and no grain: a lossless format would have to keep every speck.
fn clean(light: &Rgb32FImage) -> DynamicImage {
    develop(light, 0.0).to_rgb8().into()
}

fn photographs(folder: &Path) -> Done {
    let lake = develop(&land(1600, 1067, &LAKE), 0.016);
    let upright = Orientation::NoTransforms;
    files::jpeg_with_exif(&folder.join("landscape.jpg"), &lake, 87, upright)?;
    let gray = develop(&land(601, 401, &EVENING), 0.03).to_luma8().into();
    for (name, picture, quality) in [
        ("portrait.jpg", develop(&table(800, 1200), 0.014), 86),
        (
            "panorama.jpg",
            develop(&land(1801, 317, &EVENING), 0.014),
            84,
        ),
        (
            "foliage.jpg",
            develop(&paint(720, 540, close::foliage), 0.01),
            82,
        ),
        ("gray.jpg", gray, 80),
    ] {
        files::jpeg(&folder.join(name), &picture, quality)?;
    }
    let gray = clean(&paint(300, 225, close::foliage)).to_luma8();
    files::png(&folder.join("gray.png"), &gray.into())?;
    let night = clean(&paint(600, 400, close::night));
    files::png(&folder.join("night.png"), &night)
}

/// Paints a picture whose light comes with cover, four samples per pixel, from -1 to 1 each way.
///
/// Fully clear pixels hold a loud green: whoever mixes colours without their alpha gets it as a fringe.
fn cut_out(side: u32, shape: impl Fn(f32, f32) -> (paint::Vec3, f32)) -> RgbaImage {
    let across = 2.0 / side as f32;
    let at = |x: f32, y: f32| shape(x * across - 1.0, y * across - 1.0);
    RgbaImage::from_fn(side, side, |column, row| {
        let (x, y) = (column as f32, row as f32);
        let samples = [
            at(x + 0.25, y + 0.25),
            at(x + 0.75, y + 0.25),
            at(x + 0.25, y + 0.75),
            at(x + 0.75, y + 0.75),
        ];
        let cover = samples.iter().map(|(_, cover)| cover).sum::<f32>();
        if cover < 0.01 {
            return Rgba([0, 255, 0, 0]);
        }
        let clear = paint::Vec3(0.0, 0.0, 0.0);
        let light = samples
            .iter()
            .fold(clear, |sum, (light, share)| sum + *light * (share / cover));
        let [red, green, blue] =
            [light.0, light.1, light.2].map(|value| (tone(value) * 255.0).round() as u8);
        Rgba([red, green, blue, (cover / 4.0 * 255.0).round() as u8])
    })
}

fn mill(side: u32, turn: f32) -> RgbaImage {
    cut_out(side, |x, y| close::mark(x, y, turn))
}

fn transparent(folder: &Path) -> Done {
    let leaf = cut_out(420, |x, y| {
        let (along, across) = ((x - y) * 0.74, (x + y) * 0.74);
        let stalk = paint::smooth(0.022, 0.008, (across + 0.06 + 0.1 * (along + 0.9)).abs())
            * paint::smooth(-1.25, -1.2, along)
            * paint::smooth(-0.8, -0.9, along);
        let cover = close::leaf_cover(along, across, 0.02);
        let light = close::leaf(4, along, across).mix(paint::hex(0x8a_8a3a), stalk * (1.0 - cover));
        (light, cover.max(stalk))
    });
    DynamicImage::from(leaf).save(folder.join("leaf.webp"))?;
    files::png(&folder.join("logo.png"), &mill(256, 0.0).into())?;
    let sizes = [16, 32, 48].map(|side| mill(side, 0.0));
    files::icon(&folder.join("icon.ico"), &sizes)?;
    let turning = [0.0, 0.33, 0.67].map(|turn| mill(96, turn));
    files::animation(&folder.join("palette.gif"), turning.to_vec())
}

/// More than eight bits a channel, and light above white.
fn many_bits(folder: &Path) -> Done {
    // A clear sky: so gentle a slope that eight bits show bands when it is stretched.
    let dusk = paint(240, 160, |x, y| {
        let glow = (-((x - 0.9) * (x - 0.9) + (y - 1.1) * (y - 1.1)) * 2.2).exp();
        paint::hex(0x0d_1a3a).mix(paint::hex(0x5a_4a78), y * y)
            + paint::hex(0xff_8a3c) * (glow * 0.9)
    });
    let dusk = develop(&dusk, 0.0).to_rgb16().into();
    files::png(&folder.join("gradient-16bit.png"), &dusk)?;
    let gray = DynamicImage::from(develop(&table(240, 160), 0.0).to_luma16());
    gray.save(folder.join("gray-16bit.tiff"))?;
    let bright = DynamicImage::from(land(96, 64, &LAKE));
    bright.save(folder.join("light.hdr"))?;
    Ok(bright.save(folder.join("light.exr"))?)
}

fn other_formats(folder: &Path) -> Done {
    let coast = develop(&land(210, 140, &COAST), 0.02).to_rgb8();
    // A print on the glass of a scanner: cream border, dark lid.
    let scan = RgbImage::from_fn(250, 180, |x, y| {
        match (x.checked_sub(20), y.checked_sub(20)) {
            (Some(x), Some(y)) if x < 210 && y < 140 => *coast.get_pixel(x, y),
            _ if (8..242).contains(&x) && (8..172).contains(&y) => Rgb([243, 238, 224]),
            _ => Rgb([38, 38, 42]),
        }
    });
    scan.save(folder.join("scan.bmp"))?;
    clean(&paint(160, 120, close::foliage)).save(folder.join("pixels.qoi"))?;
    clean(&table(150, 113)).save(folder.join("old.tga"))?;
    let summer = clean(&land(150, 100, &SUMMER));
    files::pixmap(&folder.join("plain.ppm"), &summer)?;
    let dot = RgbImage::from_pixel(1, 1, Rgb([230, 120, 40]));
    files::png(&folder.join("tiny.png"), &dot.into())
}

/// One picture, stored in each of the eight ways a camera can be held.
fn orientations(folder: &Path) -> Done {
    let upright = develop(&land(480, 320, &COAST), 0.01);
    for orientation in (1..=8).filter_map(Orientation::from_exif) {
        let name = format!("exif-{}.jpg", orientation.to_exif());
        files::jpeg_with_exif(&folder.join(name), &upright, 82, orientation)?;
    }
    Ok(())
}

/// Folders in folders, a name that is not plain ASCII, and a file that is no picture.
fn trips(folder: &Path) -> Done {
    files::no_picture(&folder.join("no-picture.jpg"))?;
    let harbour = develop(&land(800, 533, &COAST), 0.012);
    files::jpeg(&folder.join("2024/harbour.jpg"), &harbour, 84)?;
    let lake = clean(&land(300, 200, &SUMMER));
    files::png(&folder.join("2024/été au lac.png"), &lake)
}
