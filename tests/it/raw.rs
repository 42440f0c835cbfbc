//! Whole runs: what the sensors of cameras have measured.

use super::support::Scene;

/// Pixels a side of a patch, of which there are two beside two.
const PATCH: u32 = 32;
const SIDE: u32 = 2 * PATCH;
/// Red, green and blue of each patch, as light, in hundredths of the sensor's full scale.
const LIGHT: [[u16; 3]; 4] = [[20, 20, 20], [60, 10, 5], [5, 40, 10], [10, 15, 70]];

struct Dng {
    entries: Vec<(u16, u16, u32, u32)>,
    /// What does not fit into an entry, and where it begins.
    values: Vec<u8>,
}

/// Bytes that the directory may take.
const VALUES_AT: u32 = 1024;
const SAMPLES_AT: u32 = 2048;

impl Dng {
    fn short(&mut self, tag: u16, value: u16) {
        self.entries.push((tag, 3, 1, value.into()));
    }

    fn long(&mut self, tag: u16, value: u32) {
        self.entries.push((tag, 4, 1, value));
    }

    fn apart(&mut self, tag: u16, kind: u16, count: usize, bytes: &[u8]) {
        let at = VALUES_AT + u32::try_from(self.values.len()).unwrap();
        let count = u32::try_from(count).unwrap();
        self.values.extend(bytes);
        self.entries.push((tag, kind, count, at));
    }

    fn text(&mut self, tag: u16, text: &str) {
        let bytes = [text.as_bytes(), b"\0"].concat();
        self.apart(tag, 2, bytes.len(), &bytes);
    }

    /// Fractions of 10,000, with a sign (type 10) or without (5).
    fn fractions(&mut self, tag: u16, kind: u16, values: &[i32]) {
        let pairs = values.iter().flat_map(|value| [*value, 10_000]);
        let bytes: Vec<u8> = pairs.flat_map(i32::to_le_bytes).collect();
        self.apart(tag, kind, values.len(), &bytes);
    }
}

/// A file as the standard has it (Adobe, DNG 1.4), of a sensor that sees as sRGB has it: its matrix is that of IEC 61966-2-1.
fn dng(orientation: u16) -> Vec<u8> {
    let mut dng = Dng {
        entries: Vec::new(),
        values: Vec::new(),
    };
    dng.long(0x00fe, 0);
    dng.long(0x0100, SIDE);
    dng.long(0x0101, SIDE);
    dng.short(0x0102, 16);
    dng.short(0x0103, 1);
    dng.short(0x0106, 32_803);
    dng.text(0x010f, "Nobody");
    dng.text(0x0110, "Chart");
    dng.long(0x0111, SAMPLES_AT);
    dng.short(0x0112, orientation);
    dng.short(0x0115, 1);
    dng.long(0x0116, SIDE);
    dng.long(0x0117, SIDE * SIDE * 2);
    dng.entries.push((0x828d, 3, 2, 2 | 2 << 16));
    dng.entries.push((0x828e, 1, 4, 0x0201_0100));
    dng.entries.push((0xc612, 1, 4, 0x0000_0401));
    dng.text(0xc614, "Nobody's Chart");
    dng.long(0xc61a, 0);
    dng.long(0xc61d, 65_535);
    let matrix = [
        32_406, -15_372, -4_986, -9_689, 18_758, 415, 557, -2_040, 10_570,
    ];
    dng.fractions(0xc621, 10, &matrix);
    dng.fractions(0xc628, 5, &[10_000; 3]);
    dng.short(0xc65a, 21);
    assemble(&dng)
}

fn assemble(dng: &Dng) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend(u16::try_from(dng.entries.len()).unwrap().to_le_bytes());
    for (tag, kind, count, value) in &dng.entries {
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.resize(VALUES_AT as usize, 0);
    file.extend(&dng.values);
    file.resize(SAMPLES_AT as usize, 0);
    for at in 0..SIDE * SIDE {
        let (x, y) = (at % SIDE, at / SIDE);
        let patch = x / PATCH + y / PATCH * 2;
        let part = x % 2 + y % 2;
        let light = LIGHT[patch as usize][part as usize];
        file.extend((light * 655).to_le_bytes());
    }
    file
}

/// IEC 61966-2-1, of 16 bits.
fn encoded(light: u16) -> f64 {
    let light = f64::from(light) * 655.0 / 65_535.0;
    65_535.0 * (1.055 * light.powf(1.0 / 2.4) - 0.055)
}

#[test]
fn sensors_are_developed_where_that_is_asked_for() {
    let scene = Scene::new();
    scene.write("in/chart.dng", dng(6));
    scene.run("convert in -o out --develop -f png").exits(0);
    let picture = scene.picture("out/chart.png");
    assert_eq!(picture.color(), image::ColorType::Rgb16);
    let picture = picture.into_rgb16();
    assert_eq!(picture.dimensions(), (SIDE, SIDE));
    for (patch, light) in (0..).zip(LIGHT) {
        let (x, y) = (patch % 2, patch / 2);
        // A quarter turned to the right.
        let (x, y) = (1 - y, x);
        let middle = PATCH / 2;
        let pixel = picture.get_pixel(x * PATCH + middle, y * PATCH + middle).0;
        for (sample, light) in pixel.into_iter().zip(light) {
            let off = (f64::from(sample) - encoded(light)).abs();
            assert!(off < 300.0, "{patch}: {pixel:?}, {}", encoded(light));
        }
    }
    scene
        .run("convert in -o small --develop --resize 16x16")
        .exits(0);
    assert_eq!(scene.names("small"), ["chart.jpg"]);
}

#[test]
fn sensors_alone_are_no_picture() {
    let scene = Scene::new();
    scene.write("in/chart.dng", dng(1));
    scene.run("convert in -o out").exits(1).complains(&[
        "chart.dng",
        "no JPEG picture",
        "--develop",
    ]);
    let mut cut = dng(1);
    cut.truncate(6000);
    scene.write("in/chart.dng", cut);
    scene
        .run("convert in -o out --develop")
        .exits(1)
        .complains(&["chart.dng"]);
}
