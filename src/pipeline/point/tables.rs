//! Curves, computed once for all the values that a picture can hold.
#![expect(
    clippy::inline_always,
    reason = "inner loops are compiled with the loop they belong to: see `simd`"
)]

use super::run::{Link, Step, follow};
use crate::image::Sample;
use crate::simd::{self, Loop};

/// Samples that may be few enough for a table.
pub(super) trait Lookup: Sample {
    /// How finely values between two samples are told apart; none where curves have to be followed for each value.
    const POINTS: Option<u16>;

    /// What these curves make of each sample there can be; `None` where there are too many.
    fn table(links: &[Link<'_>]) -> Option<Tables<f32>>;

    /// Every sample there can be, in order; none where there are too many.
    fn all() -> Vec<Self>;

    /// The place in such a table.
    fn index(self) -> usize;

    /// As far from the end of the scale as it is from the beginning.
    fn reversed(self) -> Self;

    /// Replaces samples by what a table of all that there can be has in their place.
    fn replace(samples: &mut [Self], table: &[Self]);
}

/// What a table does that vectors can do as well, which do not look up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Replacement<'a, S> {
    /// It counts backwards.
    Reversed,
    /// One value below a sample, another from there on.
    Step {
        first: S,
        last: S,
        at: S,
    },
    Table(&'a [S]),
}

impl<'a, S: Lookup> Replacement<'a, S> {
    pub(super) fn of(table: &'a [S]) -> Self {
        let all = S::all();
        if all.iter().rev().eq(table) {
            return Self::Reversed;
        }
        let (Some(&first), Some(&last)) = (table.first(), table.last()) else {
            return Self::Table(table);
        };
        let step = table.iter().take_while(|value| **value == first).count();
        match all.get(step) {
            Some(&at) if table[step..].iter().all(|value| *value == last) => {
                Self::Step { first, last, at }
            }
            Some(_) | None => Self::Table(table),
        }
    }

    pub(super) fn apply(self, samples: &mut [S]) {
        match self {
            Self::Reversed => simd::run(Reversed(samples)),
            Self::Step { first, last, at } => simd::run(Stepped {
                samples,
                first,
                last,
                at,
            }),
            Self::Table(table) => S::replace(samples, table),
        }
    }
}

/// One for all channels, or one for each of red, green and blue.
pub(super) struct Tables<T>(Vec<Vec<T>>);

impl<T> Tables<T> {
    fn new(links: &[Link<'_>], table: impl Fn(usize) -> Vec<T>) -> Self {
        let count = if Step::is_same_for_all(links) { 1 } else { 3 };
        Self((0..count).map(table).collect())
    }

    /// This one for all.
    pub(super) fn of(table: Vec<T>) -> Self {
        Self(vec![table])
    }

    /// The one for all, if there is one.
    pub(super) fn single(&self) -> Option<&[T]> {
        match self.0.as_slice() {
            [single] => Some(single),
            _ => None,
        }
    }

    /// For red, green and blue.
    pub(super) fn each(&self) -> [&[T]; 3] {
        let last = self.0.len() - 1;
        [0, 1, 2].map(|channel| self.0[channel.min(last)].as_slice())
    }

    /// Made of each by itself.
    pub(super) fn map<U>(self, map: impl Fn(Vec<T>) -> Vec<U>) -> Tables<U> {
        Tables(self.0.into_iter().map(map).collect())
    }
}

macro_rules! integer_lookup {
    ($integer:ty, $points:expr) => {
        impl Lookup for $integer {
            const POINTS: Option<u16> = Some($points);

            fn table(links: &[Link<'_>]) -> Option<Tables<f32>> {
                Some(Tables::new(links, |channel| {
                    (0..=Self::MAX)
                        .map(|sample| {
                            follow(links, channel, sample.to_f32() / <Self as Sample>::MAX)
                        })
                        .collect()
                }))
            }

            fn all() -> Vec<Self> {
                (0..=Self::MAX).collect()
            }

            fn index(self) -> usize {
                usize::from(self)
            }

            #[inline(always)]
            fn reversed(self) -> Self {
                Self::MAX - self
            }

            fn replace(samples: &mut [Self], table: &[Self]) {
                // Of such a length nothing can lie outside.
                let table: Result<&[Self; 1 << Self::BITS], _> = table.try_into();
                let Ok(table) = table else { return };
                for sample in samples {
                    *sample = table[sample.index()];
                }
            }
        }
    };
}

integer_lookup!(u8, 1 << 14);
integer_lookup!(u16, u16::MAX);

impl Lookup for f32 {
    const POINTS: Option<u16> = None;

    fn table(_: &[Link<'_>]) -> Option<Tables<f32>> {
        None
    }

    fn all() -> Vec<Self> {
        Vec::new()
    }

    /// There is no table for it.
    fn index(self) -> usize {
        0
    }

    fn reversed(self) -> Self {
        1.0 - self
    }

    fn replace(_: &mut [Self], _: &[Self]) {}
}

/// Samples that become as far from one end of their scale as they were from the other.
struct Reversed<'a, S>(&'a mut [S]);

impl<S: Lookup> Loop for Reversed<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for sample in self.0 {
            *sample = sample.reversed();
        }
    }
}

/// Samples that become one value below `at`, and another from there on.
struct Stepped<'a, S> {
    samples: &'a mut [S],
    first: S,
    last: S,
    at: S,
}

impl<S: Copy + PartialOrd> Loop for Stepped<'_, S> {
    type Output = ();

    /// What does not change is taken out first: as fields compilers read it anew for each sample.
    #[inline(always)]
    fn run(self) {
        let Self {
            samples,
            first,
            last,
            at,
        } = self;
        for sample in samples {
            let is_below = *sample < at;
            *sample = if is_below { first } else { last };
        }
    }
}

/// Curves for values that lie anywhere.
pub(super) enum Table<'a> {
    /// Looked up, and interpolated between two points.
    Points(Tables<Rise>),
    /// Followed for each value.
    Links(&'a [Link<'a>]),
}

/// A point of a table, and how far it is to the next.
type Rise = [f32; 2];

impl<'a> Table<'a> {
    /// For a step, if it is one of curves, in a picture with such samples.
    pub(super) fn new<S: Lookup>(step: &'a Step<'a>) -> Option<Self> {
        let Step::Curves(links) = step else {
            return None;
        };
        Some(match S::POINTS {
            Some(points) if !Step::is_stepped(links) => {
                let value = |at| f32::from(at) / f32::from(points);
                let tables = Tables::new(links, |channel| {
                    (0..=points)
                        .map(|at| follow(links, channel, value(at)))
                        .collect()
                });
                Self::Points(tables.map(|table| {
                    let pairs = table.windows(2);
                    pairs.map(|pair| [pair[0], pair[1] - pair[0]]).collect()
                }))
            }
            Some(_) | None => Self::Links(links),
        })
    }

    /// Changes the values in these planes of red, green and blue.
    pub(super) fn apply(&self, planes: [&mut [f32]; 3]) {
        for (channel, plane) in planes.into_iter().enumerate() {
            match self {
                Self::Points(tables) => simd::run(Between {
                    table: tables.each()[channel],
                    values: plane,
                }),
                Self::Links(links) => {
                    for value in plane {
                        *value = follow(links, channel, *value);
                    }
                }
            }
        }
    }
}

/// Values become what a table has at their place from 0 to 1.
struct Between<'a> {
    table: &'a [Rise],
    values: &'a mut [f32],
}

/// Values that are worked on at once.
const STRIP: usize = 64;

impl Loop for Between<'_> {
    type Output = ();

    #[expect(
        clippy::cast_precision_loss,
        reason = "a table has no more places than a float tells apart"
    )]
    #[inline(always)]
    fn run(self) {
        // From 2^23 on a float has no bits for fractions: what is added rounds, and the number is in the low bits. At a point of
        // the table it may be the one before, with all of the way gone.
        const FRACTIONLESS: f32 = 8_388_608.0;
        let last = self.table.len() as f32;
        let (mut places, mut ways) = ([0; STRIP], [0.0; STRIP]);
        for values in self.values.chunks_mut(STRIP) {
            for ((place, way), value) in places.iter_mut().zip(&mut ways).zip(values.iter()) {
                // What is no number is at the first place.
                let exact = (value * last).max(0.0).min(last);
                let before = (exact - 0.5).max(0.0).min(last - 1.0) + FRACTIONLESS;
                *place = before.to_bits() & 0xffff;
                *way = exact - (before - FRACTIONLESS);
            }
            for (value, (place, way)) in values.iter_mut().zip(places.iter().zip(&ways)) {
                let [low, rise] = self.table[*place as usize];
                *value = low + way * rise;
            }
        }
    }
}
