//! Colours that stand for many: boxes are split where that lowers the error most (Wu, "Efficient statistical computations for
//! optimal color quantization", 1991), then each colour moves to the middle of what is nearest to it (Lloyd's iteration).

use super::nearest::{Nearest, Weighed, weighed};
use super::{MOST_COLORS, Rgba};

/// So many different colours are told apart; where there are more, they lose bits.
const MOST_POINTS: usize = 1 << 15;

/// More of them gain little.
const ITERATIONS: usize = 6;

/// A colour that occurs, with its light weighed by its alpha, and how often it does.
#[derive(Debug, Clone, Copy)]
struct Point {
    color: [f32; 4],
    weight: f32,
}

/// At most `most` colours for these pixels, and no more than a palette takes; at least one.
pub(crate) fn quantize(pixels: impl Iterator<Item = Rgba>, most: usize) -> Vec<Rgba> {
    let most = most.clamp(1, MOST_COLORS);
    let mut points = points(pixels);
    if points.is_empty() {
        return vec![super::CLEAR];
    }
    let mut colors = split(&mut points, most);
    for _ in 0..ITERATIONS {
        let palette: Vec<Rgba> = colors.iter().map(straight).collect();
        colors = moved(&points, &palette, colors);
    }
    let mut palette: Vec<Rgba> = colors.iter().map(straight).collect();
    palette.sort_unstable_by_key(|[red, green, blue, alpha]| (*alpha, *green, *red, *blue));
    palette.dedup();
    palette
}

/// The different colours, fewer bits of them where they are too many.
fn points(pixels: impl Iterator<Item = Rgba>) -> Vec<Point> {
    let mut keys: Vec<u32> = pixels
        .map(|pixel| {
            let [red, green, blue, alpha] = weighed(pixel);
            let part = |value: i32| u8::try_from(value).unwrap_or(u8::MAX);
            u32::from_be_bytes([part(alpha), part(red), part(green), part(blue)])
        })
        .collect();
    keys.sort_unstable();
    let mut counted: Vec<(u32, u64)> = Vec::new();
    for key in keys {
        match counted.last_mut() {
            Some((last, count)) if *last == key => *count += 1,
            _ => counted.push((key, 1)),
        }
    }
    let mut mask = u32::MAX;
    while distinct(&counted, mask) > MOST_POINTS {
        mask &= mask << 1 & 0xfefe_fefe;
        counted.sort_unstable_by_key(|(key, _)| (key & mask, *key));
    }
    let groups = counted.chunk_by(|(one, _), (other, _)| one & mask == other & mask);
    groups.map(middle).collect()
}

fn distinct(counted: &[(u32, u64)], mask: u32) -> usize {
    let groups = counted.chunk_by(|(one, _), (other, _)| one & mask == other & mask);
    groups.count()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "weights of pixels, not counts of them"
)]
fn middle(group: &[(u32, u64)]) -> Point {
    let mut sums = [0_u64; 4];
    let mut weight = 0;
    for (key, count) in group {
        let [alpha, red, green, blue] = key.to_be_bytes();
        for (sum, part) in sums.iter_mut().zip([red, green, blue, alpha]) {
            *sum += u64::from(part) * count;
        }
        weight += count;
    }
    Point {
        color: sums.map(|sum| sum as f32 / weight as f32),
        weight: weight as f32,
    }
}

/// A range of points.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    end: usize,
    /// What is lost if one colour stands for all of it.
    error: f32,
}

impl Part {
    fn new(points: &[Point], start: usize, end: usize) -> Self {
        let (sums, weight) = sums(&points[start..end]);
        let squares: f32 = points[start..end]
            .iter()
            .map(|point| point.weight * square(point.color))
            .sum();
        Self {
            start,
            end,
            error: (squares - square(sums) / weight).max(0.0),
        }
    }
}

fn square(color: [f32; 4]) -> f32 {
    color.iter().map(|part| part * part).sum()
}

fn sums(points: &[Point]) -> ([f32; 4], f32) {
    let mut sums = [0.0; 4];
    let mut weight = 0.0;
    for point in points {
        for (sum, part) in sums.iter_mut().zip(point.color) {
            *sum += part * point.weight;
        }
        weight += point.weight;
    }
    (sums, weight)
}

fn split(points: &mut [Point], most: usize) -> Vec<[f32; 4]> {
    let mut parts = vec![Part::new(points, 0, points.len())];
    while parts.len() < most {
        let divisible = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| part.end - part.start > 1);
        let worst = divisible.max_by(|(_, one), (_, other)| one.error.total_cmp(&other.error));
        let Some((at, part)) = worst.map(|(at, part)| (at, *part)) else {
            break;
        };
        let place = part.start + divide(&mut points[part.start..part.end]);
        parts[at] = Part::new(points, part.start, place);
        parts.push(Part::new(points, place, part.end));
    }
    let mean = |part: &Part| {
        let (sums, weight) = sums(&points[part.start..part.end]);
        sums.map(|sum| sum / weight)
    };
    parts.iter().map(mean).collect()
}

/// Sorts points along the axis on which they differ most, and says where to split them.
fn divide(points: &mut [Point]) -> usize {
    let (total, weight) = sums(points);
    let mean = total.map(|sum| sum / weight);
    let spread = |axis: usize| {
        let parts = points.iter().map(|point| {
            let off = point.color[axis] - mean[axis];
            point.weight * off * off
        });
        parts.sum::<f32>()
    };
    let axis = (0..4).max_by(|one, other| spread(*one).total_cmp(&spread(*other)));
    let axis = axis.unwrap_or_default();
    points.sort_unstable_by(|one, other| {
        let both = one.color.iter().zip(&other.color);
        let mut rest = both.map(|(one, other)| one.total_cmp(other));
        let first = one.color[axis].total_cmp(&other.color[axis]);
        first.then_with(|| {
            rest.find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        })
    });
    let mut below = ([0.0; 4], 0.0);
    let (mut best, mut place) = (f32::NEG_INFINITY, 1);
    for (at, point) in points.iter().enumerate().take(points.len() - 1) {
        for (sum, part) in below.0.iter_mut().zip(point.color) {
            *sum += part * point.weight;
        }
        below.1 += point.weight;
        let mut above = total;
        for (sum, part) in above.iter_mut().zip(below.0) {
            *sum -= part;
        }
        let gain = square(below.0) / below.1 + square(above) / (weight - below.1).max(1.0);
        if gain > best {
            (best, place) = (gain, at + 1);
        }
    }
    place
}

/// Each colour moved to the middle of the points that it is nearest to.
fn moved(points: &[Point], palette: &[Rgba], colors: Vec<[f32; 4]>) -> Vec<[f32; 4]> {
    let mut nearest = Nearest::new(palette);
    let mut sums = vec![([0.0_f32; 4], 0.0_f32); palette.len()];
    for point in points {
        let (sum, weight) = &mut sums[usize::from(nearest.find(rounded(point.color)))];
        for (sum, part) in sum.iter_mut().zip(point.color) {
            *sum += part * point.weight;
        }
        *weight += point.weight;
    }
    let moved = sums.into_iter().zip(colors);
    moved
        .map(|((sum, weight), color)| {
            if weight > 0.0 {
                sum.map(|sum| sum / weight)
            } else {
                color
            }
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "0 to 255")]
fn rounded(color: [f32; 4]) -> Weighed {
    color.map(|part| part.round() as i32)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate"
)]
fn straight(color: &[f32; 4]) -> Rgba {
    let alpha = color[3].round();
    if alpha < 1.0 {
        return super::CLEAR;
    }
    let part = |at: usize| (color[at] * 255.0 / color[3]).round() as u8;
    [part(0), part(1), part(2), alpha as u8]
}
