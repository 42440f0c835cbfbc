//! Files that hold several pictures: read one after the other, and written as they come, so that no more than a few are in
//! memory, however long the file is.

use super::{DecodeError, EncodeError};
use crate::image::{Image, Sample, Size};
use crate::warning::Warnings;

/// In which way a file holds several pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Several {
    /// One after the other in time, all of the same size.
    Animation,
    /// Beside each other, of any size.
    Pages,
}

impl Several {
    /// What the file is, for people.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Animation => "an animation of several frames",
            Self::Pages => "a file of several pages",
        }
    }
}

/// How long a frame is shown: a fraction of a second.
#[derive(Debug, Clone, Copy)]
pub struct Delay {
    /// As many
    pub numerator: u32,
    /// of so many parts of a second; never zero.
    pub denominator: u32,
}

impl Delay {
    /// No time at all: what that means is up to the viewer.
    pub const NONE: Self = Self {
        numerator: 0,
        denominator: 1,
    };

    /// So many of as many parts of a second. Zero parts are hundredths, as APNG has it (W3C PNG, third edition, 11.3.6.2).
    pub const fn new(numerator: u32, denominator: u32) -> Self {
        let denominator = if denominator == 0 { 100 } else { denominator };
        Self {
            numerator,
            denominator,
        }
    }

    fn nanoseconds(self) -> u64 {
        let parts = u64::from(self.numerator) * 1_000_000_000;
        parts.div_euclid(u64::from(self.denominator))
    }
}

impl PartialEq for Delay {
    /// Halves are two quarters.
    fn eq(&self, other: &Self) -> bool {
        let product = |one: u32, another: u32| u64::from(one) * u64::from(another);
        product(self.numerator, other.denominator) == product(other.numerator, self.denominator)
    }
}

impl Eq for Delay {}

/// Counts time in whole ticks, so that what is rounded off a delay is not lost to the whole.
#[derive(Debug)]
pub(super) struct Ticks {
    a_second: u64,
    elapsed: u64,
    told: u64,
}

impl Ticks {
    pub(super) fn new(a_second: u64) -> Self {
        Self {
            a_second,
            elapsed: 0,
            told: 0,
        }
    }

    /// The ticks of the next delay: none only where there is no delay.
    pub(super) fn next(&mut self, delay: Delay) -> u64 {
        self.elapsed = self.elapsed.saturating_add(delay.nanoseconds());
        let nanoseconds = 1_000_000_000 / self.a_second;
        let until = self.elapsed.saturating_add(nanoseconds / 2) / nanoseconds;
        let least = u64::from(delay.numerator > 0);
        let ticks = until.saturating_sub(self.told).max(least);
        self.told = self.told.saturating_add(ticks);
        ticks
    }
}

/// How often an animation is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Plays {
    /// Without an end.
    #[default]
    Endless,
    /// So many times; once at the least.
    Times(u32),
}

impl Plays {
    /// As APNG and WebP count: none is without an end.
    pub const fn from_count(count: u32) -> Self {
        match count {
            0 => Self::Endless,
            count => Self::Times(count),
        }
    }

    /// See [`Self::from_count`].
    pub const fn count(self) -> u32 {
        match self {
            Self::Endless => 0,
            Self::Times(count) => count,
        }
    }
}

/// One picture of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The whole picture as it is seen.
    pub image: Image,
    /// How long; nothing for pages.
    pub delay: Delay,
}

/// The pictures of a file, in their order.
pub trait ReadFrames {
    /// What holds them together.
    fn several(&self) -> Several;

    /// How often they are played.
    fn plays(&self) -> Plays {
        Plays::default()
    }

    /// The next one, if there is one.
    fn next(&mut self) -> Result<Option<Frame>, DecodeError>;

    /// What must be said of those that have come. Behind one that is damaged none comes any more.
    fn warnings(&self) -> Warnings {
        Warnings::none()
    }

    /// Passes over one. Whether there was one.
    fn skip(&mut self) -> Result<bool, DecodeError> {
        Ok(self.next()?.is_some())
    }

    /// Bytes of memory that are held between two pictures.
    fn memory(&self) -> u64;
}

/// What takes pictures, and makes a file of them.
pub trait WriteFrames {
    /// Takes the next one. The metadata of the first are those of the file.
    fn add(&mut self, frame: Frame) -> Result<(), EncodeError>;

    /// Bytes of the file that are there already.
    fn written(&self) -> u64;

    /// The file.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, EncodeError>;
}

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) size: Size,
}

impl Area {
    pub(super) const fn whole(size: Size) -> Self {
        Self {
            left: 0,
            top: 0,
            size,
        }
    }

    /// The smallest that holds both.
    pub(super) fn with(self, other: Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = self.right().max(other.right());
        let bottom = self.bottom().max(other.bottom());
        Self {
            left,
            top,
            size: Size::new(right - left, bottom - top),
        }
    }

    pub(super) const fn right(self) -> u32 {
        self.left + self.size.width
    }

    pub(super) const fn bottom(self) -> u32 {
        self.top + self.size.height
    }

    /// The places of its rows in a picture of that width.
    pub(super) fn rows(self, width: u32) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (width, left) = (width as usize, self.left as usize);
        let length = self.size.width as usize;
        (self.top..self.bottom()).map(move |y| {
            let start = y as usize * width + left;
            start..start + length
        })
    }

    /// The smallest that holds each pixel of a picture of that width for which this holds; `None` where there is none.
    pub(super) fn around(size: Size, mut holds: impl FnMut(usize) -> bool) -> Option<Self> {
        let mut area: Option<Self> = None;
        for y in 0..size.height {
            let row = y as usize * size.width as usize;
            let at = |x: u32| row + x as usize;
            let Some(first) = (0..size.width).find(|x| holds(at(*x))) else {
                continue;
            };
            let last = (first..size.width).rev().find(|x| holds(at(*x)));
            let line = Self {
                left: first,
                top: y,
                size: Size::new(last.unwrap_or(first) - first + 1, 1),
            };
            area = Some(area.map_or(line, |area| area.with(line)));
        }
        area
    }
}

/// A pixel over another, both with straight alpha.
pub(super) fn over<S: Sample>(pixel: [S; 4], below: [S; 4]) -> [S; 4] {
    let [alpha, under] = [pixel[3], below[3]].map(|alpha| alpha.to_f32() / S::MAX);
    if pixel[3] == S::FULL || below[3] == S::default() {
        return pixel;
    }
    if pixel[3] == S::default() {
        return below;
    }
    let rest = under * (1.0 - alpha);
    let sum = alpha + rest;
    let mut out = [S::from_f32(sum * S::MAX); 4];
    for part in 0..3 {
        let light = pixel[part].to_f32() * alpha + below[part].to_f32() * rest;
        out[part] = S::from_f32(light / sum);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rounded_off_is_not_lost() {
        let mut ticks = Ticks::new(100);
        let thirtieths: Vec<u64> = (0..6).map(|_| ticks.next(Delay::new(1, 30))).collect();
        assert_eq!(thirtieths.iter().sum::<u64>(), 20);
        assert!(thirtieths.iter().all(|ticks| (3..=4).contains(ticks)));
        assert_eq!(ticks.next(Delay::NONE), 0);
        assert_eq!(
            ticks.next(Delay::new(1, 60_000)),
            1,
            "a delay is never made none"
        );
        let mut ticks = Ticks::new(1000);
        for cs in [0, 4, 7, 65_535, 1, 0] {
            assert_eq!(ticks.next(Delay::new(cs, 100)), u64::from(cs) * 10);
        }
        let _no_overflow = ticks.next(Delay::new(u32::MAX, 1));
    }

    #[test]
    fn delays_are_the_fractions_that_they_are() {
        assert_eq!(Delay::new(1, 2), Delay::new(50, 0));
        assert_ne!(Delay::new(1, 3), Delay::new(33, 100));
    }

    #[test]
    fn an_area_is_around_all_that_is_meant() {
        let size = Size::new(7, 5);
        let marked = [2 * 7 + 3, 3 * 7 + 1, 3 * 7 + 6];
        let area = Area::around(size, |at| marked.contains(&at)).unwrap();
        assert_eq!(
            (area.left, area.top, area.size),
            (1, 2, Size::new(6, 2)),
            "{area:?}"
        );
        let rows: Vec<_> = area.rows(7).collect();
        assert_eq!(rows, [15..21, 22..28]);
        assert_eq!(Area::around(size, |_| false), None);
        assert_eq!(Area::around(size, |_| true), Some(Area::whole(size)));
    }
}
