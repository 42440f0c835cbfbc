//! Sizes and places as people write them, in `ImageMagick`'s reading
//! (<https://imagemagick.org/script/command-line-processing.php#geometry>).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::image::Size;

/// A text that is no geometry, gravity or fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseGeometryError {
    /// Not of the form at all.
    #[error(
        "`{0}` is no geometry; write `800x600`, `800`, `x600` or `50%`, then `>`, `<`, `!` or `^` if you like"
    )]
    Malformed(String),
    /// A length of zero, or a percentage that is not above zero.
    #[error("`{0}` asks for a picture without pixels")]
    Zero(String),
    /// A colon, and no aspect.
    #[error("`{0}` is no aspect; write whole numbers such as `3:2`")]
    Aspect(String),
    /// A colon, and no point.
    #[error("`{0}` is no point; write parts of width and height such as `0.3:0.6` or `30%:60%`")]
    Focus(String),
    /// Not one of the words.
    #[error("`{word}` is no {what}; there are {}{hint}", .known.join(", "))]
    Word {
        /// What was written.
        word: String,
        /// What it should have been: a gravity, a fit.
        what: &'static str,
        /// The words there are.
        known: Vec<&'static str>,
        /// `; did you mean ...`, or nothing.
        hint: String,
    },
}

/// The lengths of a geometry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Extent {
    /// `800` or `800x`: the width; the height follows.
    Width(u32),
    /// `x600`: the height; the width follows.
    Height(u32),
    /// `800x600`: a box.
    Box(u32, u32),
    /// `50%` or `50x25%`: parts of the picture's own width and height, 100 being all of it.
    Percent(f64, f64),
}

impl Extent {
    /// The size it means within `whole`: a length that is not given is that of `whole`, and a percentage is rounded to
    /// the nearest pixel, at least one.
    pub fn of(self, whole: Size) -> Size {
        match self {
            Self::Width(width) => Size::new(width, whole.height),
            Self::Height(height) => Size::new(whole.width, height),
            Self::Box(width, height) => Size::new(width, height),
            Self::Percent(x, y) => Size::new(part(whole.width, x), part(whole.height, y)),
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Width(width) => write!(f, "{width}"),
            Self::Height(height) => write!(f, "x{height}"),
            Self::Box(width, height) => write!(f, "{width}x{height}"),
            Self::Percent(x, y) => write!(f, "{x}x{y}%"),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates"
)]
fn part(length: u32, percent: f64) -> u32 {
    (f64::from(length) * percent / 100.0).round().max(1.0) as u32
}

/// A size, with an optional place and conditions: `800x600>`, `50%`, `300x200+10+20`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// The lengths.
    pub extent: Extent,
    /// `+X+Y`, in pixels; may be negative.
    pub offset: Option<(i32, i32)>,
    /// `>`: act only on pictures that are larger.
    pub only_shrink: bool,
    /// `<`: act only on pictures that are smaller.
    pub only_enlarge: bool,
    /// `!`: exactly these lengths, whatever becomes of the proportions.
    pub exact: bool,
    /// `^`: the lengths are the least, not the most.
    pub at_least: bool,
}

impl Geometry {
    /// A plain box without conditions.
    pub const fn boxed(width: u32, height: u32) -> Self {
        Self {
            extent: Extent::Box(width, height),
            offset: None,
            only_shrink: false,
            only_enlarge: false,
            exact: false,
            at_least: false,
        }
    }
}

impl FromStr for Geometry {
    type Err = ParseGeometryError;

    fn from_str(text: &str) -> Result<Self, ParseGeometryError> {
        let malformed = || ParseGeometryError::Malformed(text.to_owned());
        let mut geometry = Self::boxed(0, 0);
        let mut lengths = String::new();
        let place = text.find(['+', '-']).unwrap_or(text.len());
        let (head, place) = text.split_at(place);
        let (place, tail) =
            place.split_at(place.find(['>', '<', '!', '^', '%']).unwrap_or(place.len()));
        let mut percent = false;
        for c in head.chars().chain(tail.chars()) {
            match c {
                '>' => geometry.only_shrink = true,
                '<' => geometry.only_enlarge = true,
                '!' => geometry.exact = true,
                '^' => geometry.at_least = true,
                '%' => percent = true,
                '0'..='9' | '.' | 'x' | 'X' => lengths.push(c.to_ascii_lowercase()),
                _ => return Err(malformed()),
            }
        }
        geometry.offset = parse_offset(place).ok_or_else(malformed)?;
        geometry.extent = parse_extent(&lengths, percent).ok_or_else(malformed)?;
        let contradiction = (geometry.only_shrink && geometry.only_enlarge)
            || (geometry.exact && geometry.at_least);
        if contradiction {
            return Err(malformed());
        }
        match geometry.extent {
            Extent::Width(0) | Extent::Height(0) | Extent::Box(0, _) | Extent::Box(_, 0) => {
                Err(ParseGeometryError::Zero(text.to_owned()))
            }
            Extent::Percent(x, y) if x <= 0.0 || y <= 0.0 => {
                Err(ParseGeometryError::Zero(text.to_owned()))
            }
            Extent::Width(_) | Extent::Height(_) | Extent::Box(..) | Extent::Percent(..) => {
                Ok(geometry)
            }
        }
    }
}

fn parse_extent(text: &str, percent: bool) -> Option<Extent> {
    let (width, height) = text.split_once('x').unwrap_or((text, ""));
    if percent {
        let part = |text: &str| text.parse().ok().filter(|part: &f64| part.is_finite());
        let x = part(width)?;
        let y = if height.is_empty() { x } else { part(height)? };
        return Some(Extent::Percent(x, y));
    }
    Some(match (width, height) {
        ("", "") => return None,
        (width, "") => Extent::Width(width.parse().ok()?),
        ("", height) => Extent::Height(height.parse().ok()?),
        (width, height) => Extent::Box(width.parse().ok()?, height.parse().ok()?),
    })
}

/// Nothing is no offset, `+1-2` is one, anything else is wrong.
#[expect(clippy::option_option, reason = "outer: well formed; inner: present")]
fn parse_offset(text: &str) -> Option<Option<(i32, i32)>> {
    if text.is_empty() {
        return Some(None);
    }
    let second = 1 + text.get(1..)?.find(['+', '-'])?;
    let (x, y) = text.split_at(second);
    Some(Some((x.parse().ok()?, y.parse().ok()?)))
}

impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.extent.fmt(f)?;
        if let Some((x, y)) = self.offset {
            write!(f, "{x:+}{y:+}")?;
        }
        let marks = [
            (self.only_shrink, ">"),
            (self.only_enlarge, "<"),
            (self.exact, "!"),
            (self.at_least, "^"),
        ];
        marks
            .iter()
            .filter(|(set, _)| *set)
            .try_for_each(|(_, mark)| f.write_str(mark))
    }
}

/// An enum of words that people type: `ALL`, the word of each, and reading it back.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$doc])* $variant),* }

        impl $name {
            /// Every one, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word people type for it.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::pipeline::geometry::ParseGeometryError;

            fn from_str(text: &str) -> Result<Self, $crate::pipeline::geometry::ParseGeometryError> {
                let wanted = text.to_ascii_lowercase();
                Self::ALL.iter().copied().find(|one| one.word() == wanted).ok_or_else(|| {
                    let known: Vec<&'static str> = Self::ALL.iter().map(|one| one.word()).collect();
                    $crate::pipeline::geometry::ParseGeometryError::Word {
                        word: text.to_owned(),
                        what: $what,
                        hint: $crate::suggest::hint(&wanted, known.iter().copied()),
                        known,
                    }
                })
            }
        }
    };
}

pub(super) use words;

words! {
    /// How a picture is brought to a box.
    Fit, "fit" {
        /// As large as fits into the box; nothing is cut or added.
        Inside = "inside",
        /// As small as covers the box; nothing is cut, so one side may be longer.
        Outside = "outside",
        /// Covers the box, and what sticks out is cut.
        Cover = "cover",
        /// Fits into the box, and what is missing is filled with the background.
        Contain = "contain",
        /// Exactly the box; proportions are given up.
        Fill = "fill",
    }
}

words! {
    /// The side or corner that stays in place.
    Gravity, "gravity" {
        /// The middle.
        Center = "center",
        /// The middle of the top edge.
        North = "north",
        /// The top right corner.
        NorthEast = "northeast",
        /// The middle of the right edge.
        East = "east",
        /// The bottom right corner.
        SouthEast = "southeast",
        /// The middle of the bottom edge.
        South = "south",
        /// The bottom left corner.
        SouthWest = "southwest",
        /// The middle of the left edge.
        West = "west",
        /// The top left corner.
        NorthWest = "northwest",
    }
}

words! {
    /// The filter that a resize weighs samples with.
    Kernel, "kernel" {
        /// Windowed sinc of three lobes: the sharpest; the default.
        Lanczos3 = "lanczos3",
        /// Catmull-Rom cubic: a little softer, fewer halos.
        CatmullRom = "catmull-rom",
        /// Mitchell-Netravali cubic (1/3, 1/3): softer still, hardly any halos.
        Mitchell = "mitchell",
        /// Gaussian: soft, no halos.
        Gaussian = "gaussian",
        /// Triangle, which is bilinear interpolation when enlarging.
        Triangle = "triangle",
        /// Averages the area: fast.
        Box = "box",
        /// Takes the nearest sample: for pixel art and masks.
        Nearest = "nearest",
    }
}

impl Gravity {
    /// Where a rectangle of size `inner` stands in one of size `outer`: left and top, negative where it sticks out.
    /// Odd remainders go to the right and to the bottom.
    pub fn place(self, inner: Size, outer: Size) -> (i64, i64) {
        let slack_x = i64::from(outer.width) - i64::from(inner.width);
        let slack_y = i64::from(outer.height) - i64::from(inner.height);
        let (x, y) = self.direction();
        (share(slack_x, x), share(slack_y, y))
    }

    /// A distance to the right and down, or inward from the right and from the bottom where it is there.
    pub fn inward(self, (x, y): (i32, i32)) -> (i64, i64) {
        let along = |offset: i32, direction: i8| match direction {
            1 => -i64::from(offset),
            _ => i64::from(offset),
        };
        let (right, down) = self.direction();
        (along(x, right), along(y, down))
    }

    /// -1, 0 or 1 along each axis: towards the left or top, the middle, the right or bottom.
    pub const fn direction(self) -> (i8, i8) {
        match self {
            Self::NorthWest => (-1, -1),
            Self::North => (0, -1),
            Self::NorthEast => (1, -1),
            Self::West => (-1, 0),
            Self::Center => (0, 0),
            Self::East => (1, 0),
            Self::SouthWest => (-1, 1),
            Self::South => (0, 1),
            Self::SouthEast => (1, 1),
        }
    }
}

fn share(slack: i64, direction: i8) -> i64 {
    match direction {
        -1 => 0,
        0 => slack.div_euclid(2),
        _ => slack,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_reads_as_imagemagick_does() {
        let read = |text: &str| text.parse::<Geometry>().unwrap();
        assert_eq!(read("800x600"), Geometry::boxed(800, 600));
        assert_eq!(read("800").extent, Extent::Width(800));
        assert_eq!(read("800x").extent, Extent::Width(800));
        assert_eq!(read("x600").extent, Extent::Height(600));
        assert_eq!(read("50%").extent, Extent::Percent(50.0, 50.0));
        assert_eq!(read("50%x25%").extent, Extent::Percent(50.0, 25.0));
        assert_eq!(read("12.5x25%").extent, Extent::Percent(12.5, 25.0));
        assert!(read("800x600>").only_shrink);
        assert!(read("800x600<").only_enlarge);
        assert!(read("800x600!").exact);
        assert!(read("800x600^").at_least);
        assert!(read("800x600^>").at_least && read("800x600^>").only_shrink);
        assert_eq!(read("300x200+10-20").offset, Some((10, -20)));
        assert_eq!(read("300x200-1+2!").offset, Some((-1, 2)));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "x",
            "0x5",
            "5x0",
            "0",
            "0%",
            "-5",
            "axb",
            "5x5x5",
            "5+1",
            "5x5+",
            "5x5+1",
            "5><",
            "5!^",
            "1e9",
            "99999999999",
            "5.5",
            "+1+2",
        ] {
            assert!(text.parse::<Geometry>().is_err(), "{text}");
        }
        let beyond_f64 = "9".repeat(400);
        for text in [format!("{beyond_f64}%"), format!("5x{beyond_f64}%")] {
            assert!(text.parse::<Geometry>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "800x600>",
            "800",
            "x600",
            "50%",
            "12.5x25%",
            "300x200+10-20",
            "5x7^",
            "5x7!<",
        ] {
            let geometry: Geometry = text.parse().unwrap();
            assert_eq!(
                geometry.to_string().parse::<Geometry>().unwrap(),
                geometry,
                "{text}"
            );
        }
    }

    #[test]
    fn words_read_back_and_slips_are_named() {
        for gravity in Gravity::ALL {
            assert_eq!(gravity.word().parse::<Gravity>().unwrap(), *gravity);
        }
        let message = "contian".parse::<Fit>().unwrap_err().to_string();
        assert!(message.contains("did you mean `contain`?"), "{message}");
    }

    #[test]
    fn gravity_places() {
        let (inner, outer) = (Size::new(3, 2), Size::new(10, 9));
        assert_eq!(Gravity::NorthWest.place(inner, outer), (0, 0));
        assert_eq!(Gravity::Center.place(inner, outer), (3, 3));
        assert_eq!(Gravity::SouthEast.place(inner, outer), (7, 7));
        assert_eq!(Gravity::Center.place(outer, inner), (-4, -4));
    }
}
