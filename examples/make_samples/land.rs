//! Outdoors: sky, ridges behind ridges, a lighthouse if wanted, and the water that mirrors them.

use crate::paint::{Vec3, fractal, hash, hex, noise, smooth};

const RIDGES: u32 = 5;

/// A place, a time of day and the weather.
pub(crate) struct Land {
    pub(crate) seed: u32,
    /// Where the sun stands, in picture heights from the top left.
    pub(crate) sun: (f32, f32),
    /// Colour overhead, at the horizon, around the sun, and of the nearest ridge.
    pub(crate) colors: [u32; 4],
    /// Height of the waterline, and how far the highest ridge rises above it.
    pub(crate) shore: f32,
    pub(crate) peaks: f32,
    /// 0 is clear, 1 overcast.
    pub(crate) clouds: f32,
    /// Where a lighthouse stands, if one does.
    pub(crate) lighthouse: Option<f32>,
}

impl Land {
    pub(crate) fn light(&self, x: f32, y: f32) -> Vec3 {
        if y < self.shore {
            self.above(x, y)
        } else {
            self.water(x, y)
        }
    }

    fn above(&self, x: f32, y: f32) -> Vec3 {
        let light = self.ridges(RIDGES, x, y);
        match self.lighthouse {
            Some(place) => {
                let light = self.headland(light, x - place, y);
                lighthouse(light, x - place, y - self.shore)
            }
            None => light,
        }
    }

    fn sun_distance(&self, x: f32, y: f32) -> f32 {
        (x - self.sun.0).hypot(y - self.sun.1)
    }

    fn glow(&self, x: f32, y: f32) -> Vec3 {
        let distance = self.sun_distance(x, y);
        hex(self.colors[2]) * (1.1 * (-7.0 * distance).exp() + 0.45 * (-1.8 * distance).exp())
    }

    fn sky(&self, x: f32, y: f32) -> Vec3 {
        let up = (1.0 - y / self.shore).clamp(0.0, 1.0);
        let glow = self.glow(x, y);
        let clear = hex(self.colors[1]).mix(hex(self.colors[0]), up.powf(0.6)) + glow;
        let disc = Vec3(16.0, 12.0, 7.0) * smooth(0.024, 0.014, self.sun_distance(x, y));
        // Dividing by the height lays the clouds out as a ceiling seen from below.
        let (far_x, far_y) = ((x - self.sun.0) / (up + 0.3), 1.6 / (up + 0.22));
        let body = fractal(self.seed, far_x * 1.1, far_y * 1.7, 7)
            + 0.3 * noise(self.seed + 40, far_x, far_y);
        let cover = smooth(0.5 - self.clouds, 1.35 - self.clouds, body) * smooth(0.0, 0.15, up);
        let edge = 1.0 - cover;
        let cloud = hex(self.colors[1]).mix(hex(0xff_ffff), 0.35) * (0.45 + 0.55 * edge)
            + glow * (0.5 + 1.3 * edge);
        (clear + disc).mix(cloud, cover * 0.85)
    }

    /// What this many ridges and the sky behind them look like; 0 is the sky alone.
    fn ridges(&self, ridges: u32, x: f32, y: f32) -> Vec3 {
        let Some(ridge) = ridges.checked_sub(1) else {
            return self.sky(x, y);
        };
        let near = ridge as f32 / (RIDGES - 1) as f32;
        let reach = self.peaks * (1.0 - 0.84 * near);
        if y < self.shore - 1.8 * reach {
            return self.ridges(ridge, x, y);
        }
        let seed = self.seed + 100 + ridge * 20;
        let along = x * (1.5 + 1.4 * near) + 3.7 * near;
        let rough = 1.0 - fractal(seed, along, 0.5, 8).abs() * 1.3;
        let swell = noise(seed + 9, along * 0.6, 8.5);
        let rise = reach * (0.5 + 0.38 * rough + 0.32 * swell);
        let woods = self.peaks * smooth(0.4, 0.7, near) * conifers(seed, x, 110.0 - 60.0 * near);
        let below = y - (self.shore - rise.max(0.004) - woods * (0.02 + 0.08 * near));
        let cover = smooth(-0.0006, 0.0006, below);
        if cover <= 0.0 {
            return self.ridges(ridge, x, y);
        }
        let ground = self.ground(ridge, x, y, below, rise);
        if cover >= 1.0 {
            ground
        } else {
            self.ridges(ridge, x, y).mix(ground, cover)
        }
    }

    /// Rock, snow and trees of a ridge, `below` its crest, through the air in front of it.
    fn ground(&self, ridge: u32, x: f32, y: f32, below: f32, rise: f32) -> Vec3 {
        let near = ridge as f32 / (RIDGES - 1) as f32;
        let seed = self.seed + 300 + ridge * 20;
        // Gullies run down and away from the crest; the side that faces the sun is lit.
        let (down, side) = (
            below / self.peaks,
            0.03 * ((self.sun.0 - x) * 4.0).clamp(-1.0, 1.0),
        );
        let stone = |x: f32| fractal(seed, x * 9.0 + down * 2.5, down * 5.0 - x * 2.0, 7);
        let wooded = smooth(0.4, 0.7, near);
        let steep = 2.4 - 1.9 * wooded;
        let facing = (steep * (stone(x + side) - stone(x))).clamp(-0.9, 0.9);
        let line = 0.26 + 0.45 * stone(x) + 0.5 * facing - down;
        let snow =
            smooth(-0.04, 0.06, line) * smooth(0.55, 0.2, near) * smooth(0.1, 0.3, self.peaks);
        let rock = hex(self.colors[3]).mix(hex(0x60_6470), 0.5 * (1.0 - near)) * (1.0 + facing);
        let crown = noise(seed + 5, x * 160.0, below * 150.0) * wooded;
        let lit = (rock * (1.0 + 0.7 * crown)).mix(hex(0xdc_e4f0) * (0.65 + 0.5 * facing), snow);
        // Air between us and the ridge, and mist that lies at its foot.
        let haze = hex(self.colors[1]) * 0.7 + self.glow(x, y) * 0.55;
        let air = 0.58 * (1.0 - near).powf(0.9) + 0.05;
        let mist = smooth(0.2, 1.0, below / (rise + 0.01)) * 0.4 * (1.0 - near.powi(3));
        lit.mix(haze, (air + mist).min(0.95))
    }

    /// The rock the lighthouse stands on, falling to the sea on the right; `x` from the tower.
    fn headland(&self, behind: Vec3, x: f32, y: f32) -> Vec3 {
        let fall = smooth(0.55, -0.12, x) * smooth(-0.75, -0.2, x);
        let cracks = noise(self.seed + 73, x * 90.0 + y * 50.0, y * 170.0);
        let rock = 1.1 * fractal(self.seed + 70, x * 14.0 + y * 9.0, y * 30.0, 7) + 0.4 * cracks;
        let rise = 0.145 * fall.powf(0.8) + 0.022 * fall * fractal(self.seed + 71, x * 7.0, 0.5, 6)
            - 0.002;
        let below = y - (self.shore - rise);
        let grass = hex(0x4e_6230).mix(
            hex(0x8c_8248),
            0.5 + 0.5 * noise(self.seed + 72, x * 40.0, y * 160.0),
        );
        let stone = hex(0x78_6a5c) * (0.75 + 0.8 * rock).max(0.08);
        let turf = smooth(0.05, 0.0, below + 0.05 * rock) * smooth(0.02, 0.06, rise);
        behind.mix(stone.mix(grass, turf), smooth(-0.0008, 0.0008, below))
    }

    fn water(&self, x: f32, y: f32) -> Vec3 {
        let depth = (y - self.shore) / (1.0 - self.shore);
        let far = 1.0 / (depth + 0.035);
        let (wave_x, wave_y) = ((x - self.sun.0) * far * 1.1, far * 4.5);
        // Waves close to the horizon are smaller than a pixel and even out.
        let calm = smooth(0.0, 0.25, depth);
        let swell = noise(self.seed + 60, wave_x * 0.7, wave_y * 1.6);
        let ripple = fractal(self.seed + 61, wave_x * 2.2, wave_y * 4.0, 4);
        let slope = (0.5 * swell + 0.6 * ripple) * (0.15 + 0.85 * calm);
        let mirrored = self.shore - (y - self.shore) * 0.95 + slope * (0.012 + 0.16 * depth);
        let mirror = self.above(x + ripple * 0.004, mirrored.min(self.shore - 0.002));
        let body = hex(self.colors[0]).mix(hex(0x16_3038), 0.75) * 0.8;
        let glint =
            self.glow(self.sun.0 + (x - self.sun.0) * 1.6, 0.3) * smooth(0.45, 0.9, slope) * 1.2;
        mirror.mix(body, (0.12 + 0.42 * depth + 0.25 * slope).clamp(0.05, 0.8)) + glint
    }
}

/// How high a wood's treetops reach at this place, 0 to 1: two rows of narrow, ragged cones.
fn conifers(seed: u32, x: f32, per_unit: f32) -> f32 {
    let row = |row: u32| {
        let place = x * per_unit * (1.0 + 0.37 * row as f32) + 0.5 * row as f32;
        let tree = place.floor() as i32;
        let lean = hash(seed + row, tree, 1) * 0.3 - 0.15;
        let cone = 1.0 - (place.fract() - 0.5 - lean).abs() * 2.9;
        let branches = 0.10 * (place * 31.0).sin().abs() + 0.15 * noise(seed, place * 8.0, 0.5);
        (cone - branches).max(0.0) * (0.3 + 0.7 * hash(seed + row, tree, 0).powi(2))
    };
    row(0).max(row(1)) + 0.25 * (1.0 + noise(seed + 7, x * per_unit * 0.25, 0.5))
}

/// A red and white tower; `x` from its axis, `y` from the waterline up is negative.
fn lighthouse(behind: Vec3, x: f32, y: f32) -> Vec3 {
    const EDGE: f32 = 0.0012;
    let block = |left: f32, right: f32, top: f32, bottom: f32| {
        smooth(left - EDGE, left + EDGE, x)
            * smooth(right + EDGE, right - EDGE, x)
            * smooth(top - EDGE, top + EDGE, y)
            * smooth(bottom + EDGE, bottom - EDGE, y)
    };
    let half = 0.031 + 0.018 * smooth(-0.52, -0.08, y);
    let round = (x / half).clamp(-1.0, 1.0);
    let shade = 0.22 + 0.78 * (1.0 - round * round).sqrt() * (0.55 + 0.45 * round);
    let band = smooth(-0.04, 0.04, ((y + 0.06) * 26.0).sin());
    let plaster = 1.0 + 0.07 * fractal(31, x * 60.0, y * 18.0, 4);
    let wall = hex(0xf4_efe6).mix(hex(0xc0_281e), band) * (shade * plaster * 1.05);
    let dark = hex(0x22_2628);
    let roof = 0.036 * ((y + 0.625) / 0.05).clamp(0.0, 1.0);
    let house = hex(0xf0_e8d8) * (0.7 + 0.2 * x / 0.16);
    let pane = hex(0xff_e2a0) * (1.2 + 1.6 * (-x * x * 4000.0).exp());
    let bars = ((x / 0.026).clamp(-1.0, 1.0).asin() * 6.0).cos().abs();
    let lamp = pane.mix(dark, smooth(0.75, 0.95, bars));
    let (slant, tiles) = ((y + 0.185) * 0.3, 0.8 + 0.2 * (y * 900.0).sin());
    let parts = [
        (house, block(0.03, 0.16, -0.185, -0.07)),
        (
            hex(0x9a_3a26) * tiles,
            block(0.02 - slant, 0.17 + slant, -0.235, -0.18),
        ),
        (dark, block(0.07, 0.088, -0.155, -0.125)),
        (dark, block(0.118, 0.136, -0.155, -0.125)),
        (wall, block(-half, half, -0.52, -0.06)),
        (dark, block(-0.008, 0.006, -0.40, -0.375)),
        (dark, block(-0.008, 0.006, -0.27, -0.245)),
        (lamp, block(-0.026, 0.026, -0.578, -0.52)),
        (dark.mix(wall, 0.12), block(-0.045, 0.045, -0.528, -0.514)),
        (dark.mix(wall, 0.12), block(-0.043, 0.043, -0.553, -0.549)),
        (
            hex(0xa8_261c) * (shade + 0.2),
            block(-roof, roof, -0.625, -0.575),
        ),
        (dark, block(-0.002, 0.002, -0.665, -0.62)),
    ];
    parts
        .iter()
        .fold(behind, |light, (color, cover)| light.mix(*color, *cover))
}
