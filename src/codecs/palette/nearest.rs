//! The colour of a palette that is nearest to another.

use super::Rgba;

/// A colour with its light weighed by its alpha: where nothing is seen, colours do not differ.
pub(super) type Weighed = [i32; 4];

pub(super) fn weighed(color: Rgba) -> Weighed {
    let [red, green, blue, alpha] = color.map(i32::from);
    let part = |value: i32| (value * alpha + 127) / 255;
    [part(red), part(green), part(blue), alpha]
}

/// A palette in the order of its brightness, so that few colours are looked at for each pixel.
#[derive(Debug)]
pub(super) struct Nearest {
    /// Brightness, colour, and its place in the palette.
    sorted: Vec<(i32, Weighed, u8)>,
    /// What was last found for a colour, by its hash.
    found: Vec<(Weighed, u8)>,
}

const REMEMBERED: usize = 1 << 14;

impl Nearest {
    pub(super) fn new(palette: &[Rgba]) -> Self {
        let places = palette.iter().zip(0..=u8::MAX);
        let mut sorted: Vec<_> = places
            .map(|(color, place)| {
                let color = weighed(*color);
                (brightness(color), color, place)
            })
            .collect();
        sorted.sort_unstable();
        Self {
            sorted,
            // No colour is this one.
            found: vec![([-1; 4], 0); REMEMBERED],
        }
    }

    /// Its place in the palette; of several that are as near, the first in the order of brightness.
    pub(super) fn find(&mut self, color: Weighed) -> u8 {
        let slot = slot(color);
        if self.found[slot].0 == color {
            return self.found[slot].1;
        }
        let place = self.search(color);
        self.found[slot] = (color, place);
        place
    }

    fn search(&self, color: Weighed) -> u8 {
        let wanted = brightness(color);
        let middle = self.sorted.partition_point(|(bright, ..)| *bright < wanted);
        let (below, above) = self.sorted.split_at(middle);
        let mut below = below.iter().rev().peekable();
        let mut above = above.iter().peekable();
        let (mut least, mut place) = (i32::MAX, 0);
        loop {
            let gap = |entry: Option<&&(i32, Weighed, u8)>| {
                entry.map_or(i32::MAX, |(bright, ..)| (bright - wanted).abs())
            };
            let (under, over) = (gap(below.peek()), gap(above.peek()));
            let nearer = under.min(over);
            // Brightness is a sum of three: its square is no more than three times that of the distance.
            if nearer == i32::MAX || nearer.saturating_mul(nearer) / 3 > least {
                return place;
            }
            let next = if under <= over {
                below.next()
            } else {
                above.next()
            };
            let Some((_, other, index)) = next else {
                return place;
            };
            let distance = distance(color, *other);
            if distance < least {
                (least, place) = (distance, *index);
            }
        }
    }
}

fn brightness(color: Weighed) -> i32 {
    color[0] + color[1] + color[2]
}

pub(super) fn distance(one: Weighed, other: Weighed) -> i32 {
    let parts = one.iter().zip(other);
    parts.map(|(a, b)| (a - b) * (a - b)).sum()
}

fn slot(color: Weighed) -> usize {
    let mix = |hash: u32, part: &i32| (hash ^ part.cast_unsigned()).wrapping_mul(2_654_435_761);
    color.iter().fold(0, mix) as usize >> 18
}
