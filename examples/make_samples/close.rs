//! Close by and artificial: fruit on a table, a wet street at night, leaves, and a mark with soft edges.

use std::f32::consts::{PI, TAU};
use std::sync::LazyLock;

use crate::paint::{Vec3, fractal, hash, hex, noise, smooth};

/// Centre, radius, colour, and how much of a mirror it is.
const BALLS: [(Vec3, f32, u32, f32); 6] = [
    (Vec3(-0.95, 0.62, 0.25), 0.62, 0xe8_7d12, 0.0),
    (Vec3(0.32, 0.56, 0.75), 0.56, 0xef_9417, 0.0),
    (Vec3(0.12, 0.42, -0.55), 0.42, 0x4a_1d45, 0.0),
    (Vec3(1.12, 0.50, 0.05), 0.50, 0x86_a422, 0.0),
    (Vec3(-0.42, 0.22, -0.98), 0.22, 0xc9_ccd0, 0.8),
    (Vec3(0.78, 0.17, -0.95), 0.17, 0xa8_1020, 0.0),
];

/// Light of a still life by a window, straight ahead at `x`, `y` = 0, 0.
pub(crate) fn still_life(x: f32, y: f32) -> Vec3 {
    let way = Vec3(x * 0.72, -y * 0.72 - 0.17, 1.0).unit();
    look(Vec3(0.0, 1.75, -5.2), way, true)
}

/// What a ray meets. One bounce is enough: mirrors do not see each other.
fn look(eye: Vec3, way: Vec3, bounce: bool) -> Vec3 {
    let hit = |&(center, radius, color, mirror): &(Vec3, f32, u32, f32)| {
        let to = eye - center;
        let half = way.dot(to);
        let inside = half * half - to.dot(to) + radius * radius;
        let point = eye + way * (-half - inside.max(0.0).sqrt());
        let normal = (point - center) * (1.0 / radius);
        (inside > 0.0 && half < 0.0).then_some((point, normal, color, mirror))
    };
    let nearest = |a: &(Vec3, Vec3, u32, f32), b: &(Vec3, Vec3, u32, f32)| {
        way.dot(a.0).total_cmp(&way.dot(b.0))
    };
    let Some((point, flat, color, mirror)) = BALLS.iter().filter_map(hit).min_by(nearest) else {
        return room(eye, way);
    };
    // Pores too small to show in the outline, and too shallow to break up the window.
    let (u, v) = (flat.0 * 2.0 + flat.2, flat.1 * 2.0 - flat.2);
    let pores = Vec3(
        noise(1, u * 20.0, v * 20.0),
        noise(2, u * 20.0, v * 20.0),
        0.0,
    );
    let normal = (flat + pores * (0.10 * (1.0 - mirror))).unit();
    let skin = hex(color) * (1.0 + 0.25 * fractal(3, u * 2.0, v * 2.0, 5));
    let smoother = flat.mix(normal, 0.12).unit();
    let bounced = way - smoother * (2.0 * way.dot(smoother));
    let rim = 0.04 + 0.5 * (1.0 + way.dot(flat)).clamp(0.0, 1.0).powi(4);
    let shine = Vec3(1.0, 0.98, 0.94) * (window(bounced) * (rim + 0.05) * 9.0 + rim * 0.12);
    let from_table = hex(0xb0_703c) * (0.35 * (0.5 - 0.5 * flat.1));
    let light = skin * (from_table + Vec3(1.0, 1.0, 1.0) * lit(point, normal));
    if mirror > 0.0 && bounce {
        return light.mix(look(point, bounced, false), mirror) + shine;
    }
    light + shine
}

/// The table, the wall behind it, and whatever is behind the eye.
fn room(eye: Vec3, way: Vec3) -> Vec3 {
    let point = eye + way * (eye.1 / (-way.1).max(1e-4));
    if (-6.0..2.6).contains(&point.2) {
        let board = (point.2 * 1.1).floor();
        let (along, across) = (point.0 * 0.8 + board * 7.0, point.2 * 9.0);
        let grain = fractal(20, along, across, 6);
        let pores = noise(29, point.0 * 9.0, point.2 * 160.0).max(0.0);
        let inside = (point.2 * 1.1 - board - 0.5).abs();
        let seam = smooth(0.488, 0.47, inside);
        let tone = (0.5 + 0.6 * grain).clamp(0.0, 1.0);
        let wood = hex(0x98_6238).mix(hex(0x5a_3218), tone) * (1.0 - 0.3 * pores);
        return wood * (lit(point, Vec3(0.0, 1.0, 0.0)) * (0.25 + 0.75 * seam));
    }
    if way.2 < 0.0 {
        return hex(0x50_4a44) * (0.3 + 0.4 * (way.1 + 0.3).max(0.0));
    }
    let point = eye + way * ((2.6 - eye.2) / way.2);
    let wash = (-0.10 * (point.0 + 2.6).powi(2) - 0.05 * (point.1 - 2.2).powi(2)).exp();
    // What comes through the panes falls aslant on the wall.
    let pane = |t: f32| smooth(0.62, 0.52, t.abs()) * smooth(0.03, 0.09, t.abs());
    let patch = pane(point.0 - 0.55) * pane((point.1 - 2.75 + 0.35 * point.0) * 0.8);
    let plaster = 1.0 + 0.10 * fractal(25, point.0 * 4.0, point.1 * 4.0, 6);
    let light = hex(0xff_d8a8) * (0.75 * patch) + Vec3(1.0, 1.0, 1.0) * (0.12 + 0.75 * wash);
    hex(0x70_7f82) * plaster * light
}

fn toward_window() -> Vec3 {
    Vec3(-0.62, 0.62, -0.48).unit()
}

/// Window and room light that reaches a surface, less what the balls take away.
fn lit(point: Vec3, normal: Vec3) -> f32 {
    let (mut direct, mut around) = (1.0_f32, 1.0_f32);
    for (center, radius, ..) in BALLS {
        let to = center - point;
        let (square, along) = (to.dot(to), to.dot(toward_window()));
        let clear = (square - along * along).max(0.0).sqrt() - radius;
        if along > 0.01 && square > radius * radius * 1.001 {
            // The window is wide, so shadows soften with the distance from what casts them.
            direct = direct.min(smooth(-0.16 * along, 0.22 * along, clear));
        }
        around *= 1.0
            - normal.dot(to).max(0.0) / square.sqrt() * radius * radius
                / square.max(radius * radius);
    }
    1.35 * direct * normal.dot(toward_window()).max(0.0) + 0.30 * around * (0.6 + 0.4 * normal.1)
}

/// How bright the window is in a reflection that goes this way: four panes.
fn window(way: Vec3) -> f32 {
    let side = Vec3(0.61, 0.0, -0.79);
    let (ahead, up) = (way.dot(toward_window()), toward_window().1);
    let (u, v) = (
        way.dot(side) / ahead,
        (way.1 / ahead - up) / (1.0 - up * up).sqrt(),
    );
    let pane = |t: f32| smooth(0.42, 0.38, t.abs()) * smooth(0.02, 0.05, t.abs());
    if ahead > 0.0 {
        pane(u) * pane(v * 0.9)
    } else {
        0.0
    }
}

/// A city through a wet pane at night: lights out of focus, drops in focus.
pub(crate) fn night(x: f32, y: f32) -> Vec3 {
    let mut light = street(x, y);
    for drop in 0..110 {
        let size = 0.004 + 0.024 * hash(51, drop, 0).powi(4);
        let (dx, dy) = (x - hash(52, drop, 0) * 1.6, (y - hash(53, drop, 0)) * 0.85);
        let from_middle = dx.hypot(dy) / size;
        if from_middle < 1.1 {
            // A drop is a small lens: it shows the street upside down, and dark at its rim.
            let (seen_x, seen_y) = (x - dx / size * 0.13, 0.45 - dy / size * 0.35);
            let rim = 1.0 - 0.7 * smooth(0.6, 1.0, from_middle);
            let glint = smooth(0.3, 0.1, (dx / size + 0.35).hypot(dy / size + 0.4));
            let seen = street(seen_x, seen_y) * rim + hex(0xb8_c8d8) * (glint * 0.7);
            light = light.mix(seen, smooth(1.06, 0.94, from_middle));
        }
    }
    light
}

struct Lamp {
    x: f32,
    y: f32,
    radius: f32,
    color: Vec3,
}

static LAMPS: LazyLock<Vec<Lamp>> = LazyLock::new(|| (0..110).map(lamp).collect());

fn lamp(index: i32) -> Lamp {
    const COLORS: [u32; 6] = [
        0xff_b45a, 0xff_d9a0, 0xff_4a32, 0xff_8a3c, 0x58_c8ff, 0x70_90ff,
    ];
    let random = |what: u32| hash(60 + what, index, 7);
    // Far lamps are small and close to the horizon, near ones large and high.
    let near = random(0).powf(2.2);
    Lamp {
        x: random(1) * 1.7 - 0.1,
        y: 0.60 - (0.05 + 0.45 * near.max(random(5).powi(3))) * random(2),
        radius: 0.010 + 0.046 * near,
        color: hex(COLORS[(random(3).powf(1.4) * 6.0) as usize]) * (0.2 + 0.8 * random(4)),
    }
}

fn street(x: f32, y: f32) -> Vec3 {
    let dusk = hex(0x14_1a33).mix(hex(0x46_2c38), smooth(0.0, 0.6, y));
    let wet = smooth(0.60, 0.66, y) * (1.0 + 0.8 * noise(66, x * 12.0, y * 60.0));
    let mut light = dusk * (1.0 - 0.75 * smooth(0.55, 1.0, y));
    for lamp in LAMPS.iter() {
        let (dx, dy) = (x - lamp.x, y - lamp.y);
        let far = dx.hypot(dy) / lamp.radius;
        // Lenses draw an unsharp point as a disc that is brightest at its edge.
        let disc = smooth(1.06, 0.94, far) * (0.55 + 0.45 * far * far);
        let mirrored = wet * (-(y - 0.62) * 6.0 - (dx / lamp.radius).powi(2) * 0.6).exp();
        let halo = 0.03 * (-far * lamp.radius * 8.0).exp();
        light = light + lamp.color * (disc * 0.9 + 0.16 * mirrored + halo);
    }
    light
}

/// Half the width of a leaf at `u`, from its stalk at -1 to its tip at 1.
fn half_width(u: f32) -> f32 {
    0.50 * (1.0 - u * u).max(0.0).powf(0.75) * (1.0 - 0.38 * u)
}

/// How far a place is from the middle vein, which is bent; negative on the left.
fn from_middle(u: f32, v: f32) -> f32 {
    v - 0.08 * (u * 1.8).sin()
}

/// How much of a leaf is at `u` along it and `v` across, 0 to 1.
pub(crate) fn leaf_cover(u: f32, v: f32, softness: f32) -> f32 {
    let across = from_middle(u, v).abs();
    let teeth = 0.025 * ((u * 26.0 + across * 8.0).rem_euclid(1.0) - 0.5) * (1.0 - u * u);
    smooth(softness, -softness, across - half_width(u) - teeth) * smooth(1.0, 0.97, u.abs())
}

/// The light of a leaf at `u` along it and `v` across.
pub(crate) fn leaf(seed: u32, u: f32, v: f32) -> Vec3 {
    let (across, half) = (from_middle(u, v).abs(), half_width(u));
    let place = (u - across * 0.85 + 0.03 * noise(seed, u * 5.0, v * 5.0)) * 6.5;
    let from_vein = (place - place.round()).abs();
    let side = smooth(0.09, 0.02, from_vein) * smooth(half, half * 0.5, across);
    let middle = smooth(0.022, 0.006, across - 0.008 * (1.0 - u));
    let mesh = smooth(0.10, 0.0, fractal(seed + 5, u * 16.0, v * 16.0, 3).abs());
    let lean = 0.18 * from_middle(u, v).signum() * (1.0 - across);
    let dome = (0.72 + 0.55 * from_vein + lean) * (1.0 + 0.25 * mesh);
    let blotch = fractal(seed + 9, u * 2.5, v * 2.5, 5);
    let age = (0.45 + 0.5 * blotch + 0.3 * hash(seed, 1, 1)).clamp(0.0, 1.0);
    let rust = smooth(0.45, 1.2, blotch + across / (half + 0.05) * 0.5) * 0.55;
    let green = hex(0x3f_7d22).mix(hex(0x86_ad2c), age);
    let blade = green.mix(hex(0xb8_6a1e), rust) * dome;
    blade.mix(hex(0xcf_d98a), (0.6 * middle).max(0.28 * side))
}

/// A heap of leaves, the upper ones sharp and bright, the lower ones soft and dark.
pub(crate) fn foliage(x: f32, y: f32) -> Vec3 {
    const LEAVES: i32 = 170;
    let gloss = 0.15 * smooth(0.2, 0.9, fractal(75, x * 5.0, y * 5.0, 4));
    let mut light = hex(0x0c_160a);
    for index in 0..LEAVES {
        let height = index as f32 / LEAVES as f32;
        let dx = x - hash(71, index, 0) * 1.8 + 0.15;
        let dy = y - hash(72, index, 0) * 1.3 + 0.15;
        let size = 0.10 + 0.13 * hash(73, index, 0);
        if dx.hypot(dy) > size * 1.2 {
            continue;
        }
        let (sin, cos) = (hash(74, index, 0) * TAU).sin_cos();
        let local = |x: f32, y: f32| ((x * cos + y * sin) / size, (y * cos - x * sin) / size * 1.1);
        let (shadow_u, shadow_v) = local(dx - 0.012, dy - 0.022);
        light = light * (1.0 - 0.6 * leaf_cover(shadow_u, shadow_v, 0.16));
        let (u, v) = local(dx, dy);
        let cover = leaf_cover(u, v, 0.012 + 0.05 * (1.0 - height).powi(2));
        if cover > 0.0 {
            let blade = leaf(index.cast_unsigned(), u, v) * (0.25 + height * height);
            light = light.mix(blade + hex(0xdd_e8ee) * (gloss * height), cover);
        }
    }
    light
}

/// The sails of a mill in a ring, `turn` of a sail ahead: colour as shown, and how opaque it is.
pub(crate) fn mark(x: f32, y: f32, turn: f32) -> (Vec3, f32) {
    const SAILS: [u32; 8] = [
        0xf6_b31b, 0xf2_7f1b, 0xe3_3b2e, 0xc0_2a6b, 0x6a_35a8, 0x2d_5fd0, 0x18_9bc4, 0x3c_b46a,
    ];
    let far = x.hypot(y);
    let around = (y.atan2(x) + far * 1.5) / TAU * 8.0 + 8.0 - turn;
    let (sail, along) = (SAILS[around as usize % 8], around.fract());
    let edge = smooth(
        0.0,
        0.05 / far.max(0.05),
        along.min(1.0 - along) * far * PI / 4.0 / 0.3,
    );
    let blade =
        edge * smooth(0.14, 0.18, far) * smooth(0.80, 0.74, far) * (1.0 - 0.85 * along.powf(1.4));
    let ring = smooth(0.05, 0.025, (far - 0.89).abs()) + smooth(0.11, 0.08, far);
    let (color, cover) = if ring > 0.0 {
        (hex(0x20_3a5c), ring.min(1.0))
    } else {
        (hex(sail), blade)
    };
    (color * (1.05 - 0.25 * y), cover)
}
