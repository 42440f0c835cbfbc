//! What sizes come of a resize.

use super::Resize;
use crate::image::Size;
use crate::pipeline::geometry::{Extent, Fit};

/// By how much a side is multiplied, exactly.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    to: u32,
    from: u32,
}

impl Ratio {
    const ONE: Self = Self { to: 1, from: 1 };

    const fn is_below(self, other: Self) -> bool {
        (self.to as u64) * (other.from as u64) < (other.to as u64) * (self.from as u64)
    }

    const fn min(self, other: Self) -> Self {
        if other.is_below(self) { other } else { self }
    }

    const fn max(self, other: Self) -> Self {
        if self.is_below(other) { other } else { self }
    }

    /// A length multiplied, to the nearest pixel, at least one.
    fn of(self, length: u32) -> u32 {
        let (to, from) = (u128::from(self.to), u128::from(self.from));
        let scaled = (2 * to * u128::from(length) + from) / (2 * from);
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    }
}

/// What is to be done to a picture of a known size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// The size of the whole picture once scaled.
    pub(super) scaled: Size,
    /// What remains of it: smaller where `cover` cuts.
    pub(super) kept: Size,
    /// The result: larger where `contain` fills up.
    pub(super) result: Size,
}

impl Resize {
    pub(super) fn plan(&self, size: Size) -> Plan {
        let x = |to| Ratio {
            to,
            from: size.width,
        };
        let y = |to| Ratio {
            to,
            from: size.height,
        };
        let (across, down, boxed) = match self.extent {
            Extent::Width(width) if self.fit == Fit::Fill => (x(width), Ratio::ONE, None),
            Extent::Height(height) if self.fit == Fit::Fill => (Ratio::ONE, y(height), None),
            Extent::Width(width) => (x(width), x(width), None),
            Extent::Height(height) => (y(height), y(height), None),
            Extent::Box(..) | Extent::Percent(..) => {
                let boxed = self.extent.of(size);
                let (x, y) = (x(boxed.width), y(boxed.height));
                match self.fit {
                    Fit::Inside | Fit::Contain => (x.min(y), x.min(y), Some(boxed)),
                    Fit::Outside | Fit::Cover => (x.max(y), x.max(y), Some(boxed)),
                    Fit::Fill => (x, y, Some(boxed)),
                }
            }
        };
        let conditioned = |ratio: Ratio| match (self.only_shrink, self.only_enlarge) {
            (true, _) => ratio.min(Ratio::ONE),
            (_, true) => ratio.max(Ratio::ONE),
            (false, false) => ratio,
        };
        let scaled = Size::new(
            conditioned(across).of(size.width),
            conditioned(down).of(size.height),
        );
        let boxed = boxed.unwrap_or(scaled);
        let (mut kept, mut result) = (scaled, scaled);
        match self.fit {
            Fit::Cover => {
                kept = Size::new(
                    scaled.width.min(boxed.width),
                    scaled.height.min(boxed.height),
                );
                result = kept;
            }
            Fit::Contain => {
                result = Size::new(
                    scaled.width.max(boxed.width),
                    scaled.height.max(boxed.height),
                );
            }
            Fit::Inside | Fit::Outside | Fit::Fill => {}
        }
        Plan {
            scaled,
            kept,
            result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::ops::Op;

    #[test]
    fn sizes_are_those_of_imagemagick_and_sharp() {
        // value, picture, result
        let cases = [
            ("800x600", (1600, 1000), (800, 500)),
            ("800x600", (400, 100), (800, 200)),
            ("800x600>", (400, 100), (400, 100)),
            ("800x600>", (1000, 100), (800, 80)),
            ("800x600<", (1000, 100), (1000, 100)),
            ("800x600<", (400, 100), (800, 200)),
            ("800", (1600, 1001), (800, 501)),
            ("x600", (1600, 1000), (960, 600)),
            ("50%", (101, 1), (51, 1)),
            ("50x25%", (100, 100), (50, 25)),
            ("800x600^", (1600, 1000), (960, 600)),
            ("800x600!", (1600, 1000), (800, 600)),
            ("800x600!>", (1600, 100), (800, 100)),
            ("800,fit=fill", (1600, 1000), (800, 1000)),
            ("x600!", (1600, 1000), (1600, 600)),
            ("1x1", (10_000, 10), (1, 1)),
            ("800x600,fit=cover", (1600, 1000), (800, 600)),
            ("800x600>,fit=cover", (1600, 400), (800, 400)),
            ("800x600,fit=contain", (1600, 1000), (800, 600)),
            ("800x600>,fit=contain", (100, 50), (800, 600)),
            ("800x600<,fit=contain", (1000, 50), (1000, 600)),
            ("50x25%,fit=cover", (100, 100), (50, 25)),
            ("4294967295", (1, 4), (u32::MAX, u32::MAX)),
        ];
        for (value, from, to) in cases {
            let plan = resize(value).plan(Size::new(from.0, from.1));
            assert_eq!(plan.result, Size::new(to.0, to.1), "{value} of {from:?}");
        }
    }

    fn resize(value: &str) -> Resize {
        let Op::Resize(resize) = format!("resize {value}").parse().unwrap() else {
            panic!("`{value}` is no resize");
        };
        resize
    }
}
