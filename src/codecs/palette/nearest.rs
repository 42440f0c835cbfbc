//! The colour of a palette that is nearest to another.

use super::{MOST_COLORS, Rgba};
use crate::simd::{self, Loop};

/// A colour with its light weighed by its alpha: where nothing is seen, colours do not differ.
pub(super) type Weighed = [i32; 4];

pub(super) fn weighed(color: Rgba) -> Weighed {
    let [red, green, blue, alpha] = color.map(i32::from);
    let part = |value: i32| (value * alpha + 127) / 255;
    [part(red), part(green), part(blue), alpha]
}

/// A palette that colours are looked up in: all of it is compared, in vectors, which takes less time than to choose what to compare.
#[derive(Debug)]
pub(super) struct Nearest {
    /// Red, green, blue and alpha of each colour, in the order of brightness.
    parts: [[i32; MOST_COLORS]; 4],
    /// Its place in the palette.
    places: Vec<u8>,
    /// What was last found for a colour, by its hash.
    found: Vec<(Weighed, u8)>,
}

const REMEMBERED: usize = 1 << 14;

/// Colours that are compared at once.
const STRIP: usize = 16;
const NEXT: i32 = 16;

/// A part of no colour, further from all than any is.
const NOWHERE: i32 = 1 << 10;

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
        let mut parts = [[NOWHERE; MOST_COLORS]; 4];
        for (at, (_, color, _)) in sorted.iter().enumerate() {
            for (parts, part) in parts.iter_mut().zip(color) {
                parts[at] = *part;
            }
        }
        Self {
            parts,
            places: sorted.iter().map(|(_, _, place)| *place).collect(),
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
        let count = self.places.len().next_multiple_of(STRIP);
        let parts = self.parts.each_ref().map(|parts| &parts[..count]);
        let at = simd::run(Search { parts, color });
        let place = self.places.get(at).copied().unwrap_or(0);
        self.found[slot] = (color, place);
        place
    }
}

/// Finds the nearest.
struct Search<'a> {
    parts: [&'a [i32]; 4],
    color: Weighed,
}

impl Loop for Search<'_> {
    type Output = usize;

    #[expect(
        clippy::inline_always,
        reason = "it is compiled with the loop it belongs to: see `simd`"
    )]
    #[inline(always)]
    fn run(self) -> usize {
        // The distance above, the place below: the least of them is both.
        let mut least = [i32::MAX; STRIP];
        let mut places: [i32; STRIP] = std::array::from_fn(|at| i32::try_from(at).unwrap_or(0));
        let [red, green, blue, alpha] = self.parts.map(|parts| parts.as_chunks::<STRIP>().0);
        let strips = red.iter().zip(green).zip(blue).zip(alpha);
        for (((red, green), blue), alpha) in strips {
            for at in 0..STRIP {
                let off = [
                    red[at] - self.color[0],
                    green[at] - self.color[1],
                    blue[at] - self.color[2],
                    alpha[at] - self.color[3],
                ];
                let distance =
                    off[0] * off[0] + off[1] * off[1] + off[2] * off[2] + off[3] * off[3];
                least[at] = least[at].min((distance << 8) + places[at]);
                places[at] += NEXT;
            }
        }
        let least = least.into_iter().fold(i32::MAX, i32::min);
        usize::try_from(least & 0xff).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_colour_is_nearer_than_the_one_that_is_found() {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        for count in [1, 2, 15, 16, 17, 255, 256] {
            let palette: Vec<Rgba> = (0..count)
                .map(|_| [next(), next(), next(), next() | 0x80])
                .collect();
            let mut nearest = Nearest::new(&palette);
            for _ in 0..500 {
                let color = weighed([next(), next(), next(), next()]);
                let off = |other: &Rgba| distance(color, weighed(*other));
                let found = off(&palette[usize::from(nearest.find(color))]);
                assert_eq!(
                    Some(found),
                    palette.iter().map(off).min(),
                    "{count} {color:?}"
                );
            }
        }
    }
}
