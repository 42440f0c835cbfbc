//! Curves through points, as image editors have them: cubic between two points, and monotone wherever the points are
//! (F. N. Fritsch and R. E. Carlson, "Monotone piecewise cubic interpolation", SIAM J. Numer. Anal. 17, 1980), so that no
//! curve overshoots its points.
//!
//! It works on sRGB-encoded values; pictures in linear light are encoded for it and decoded again. Before its first point and
//! behind its last one a curve is level. Alpha is left alone. Gray pictures become coloured where one channel has a curve of
//! its own.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::Layout;
use crate::params::{ParamError, Params};
use crate::pipeline::point::{Map, Point, Stage, narrow};

/// Takes values along curves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// For all colours, after those of their own.
    pub all: Knots,
    /// For red, green and blue.
    pub each: [Knots; 3],
}

/// Points that a curve goes through, by their places; none where it changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Knots(Vec<Knot>);

/// The value that a value becomes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Knot(f64, f64);

/// A text that is no point, or no curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseKnotsError {
    /// It is not `IN:OUT`.
    #[error("a point is `IN:OUT`, both from 0 to 1")]
    Knot,
    /// There is more than one value for a value, or only one point.
    #[error("a curve has two points or more, each further to the right than the one before")]
    Order,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "curves",
    aliases: &[],
    value: Value::Needed("POINTS"),
    summary: "take values along a curve through points",
    details: "POINTS, `IN:OUT,IN:OUT,...`, two or more from left to right, 0 to 1: values IN become OUT,\n\
              those between lie on a smooth curve that does not overshoot.\n\
              red=(POINTS), green=(POINTS), blue=(POINTS): for one colour, before the curve of all.",
    example: "0:0,0.25:0.2,0.75:0.8,1:1",
    cost: Cost::Light,
    elsewhere: "`Curves` of GIMP and Photoshop; ffmpeg `curves` (`IN/OUT`)",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("curves", text);
    let mut all = Vec::new();
    let each = [
        params.take_named("red")?,
        params.take_named("green")?,
        params.take_named("blue")?,
    ];
    while let Some(knot) = params.take::<Knot>("point")? {
        all.push(knot);
    }
    if all.is_empty() && each.iter().all(Option::is_none) {
        let what = "points such as `0:0,0.25:0.2,1:1`";
        return Err(params.error(ParamError::Missing(what)).into());
    }
    let malformed = |error: ParseKnotsError| ParamError::Malformed(error.to_string());
    let all = match all.as_slice() {
        [] => Knots::default(),
        _ => Knots::new(all).map_err(|error| params.error(malformed(error)))?,
    };
    params.finish()?;
    Ok(Op::Curves(Curves {
        all,
        each: each.map(Option::unwrap_or_default),
    }))
}

impl FromStr for Knot {
    type Err = ParseKnotsError;

    fn from_str(text: &str) -> Result<Self, ParseKnotsError> {
        let number = |text: &str| {
            let number = text.trim().parse().ok();
            number.filter(|number| (0.0..=1.0).contains(number))
        };
        let knot = text.split_once(':').and_then(|(from, to)| {
            let (from, to) = (number(from)?, number(to)?);
            Some(Self(from, to))
        });
        knot.ok_or(ParseKnotsError::Knot)
    }
}

impl FromStr for Knots {
    type Err = ParseKnotsError;

    /// With parentheses or without.
    fn from_str(text: &str) -> Result<Self, ParseKnotsError> {
        let inner = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'));
        let knots: Result<Vec<Knot>, _> = inner
            .unwrap_or(text)
            .split(',')
            .map(|part| part.trim().parse())
            .collect();
        Self::new(knots?)
    }
}

impl fmt::Display for Knots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Knot(from, to)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{from}:{to}")?;
        }
        Ok(())
    }
}

impl Knots {
    fn new(knots: Vec<Knot>) -> Result<Self, ParseKnotsError> {
        // Closer than this, the slope between two points is no number to reckon with.
        const NEAREST: f64 = 1e-6;
        let ordered = knots
            .windows(2)
            .all(|pair| pair[1].0 - pair[0].0 >= NEAREST);
        if knots.len() < 2 || !ordered {
            return Err(ParseKnotsError::Order);
        }
        Ok(Self(knots))
    }

    #[expect(clippy::float_cmp, reason = "whether values become the very same")]
    fn changes_nothing(&self) -> bool {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else {
            return true;
        };
        let is_diagonal = self.0.iter().all(|Knot(from, to)| from == to);
        is_diagonal && first.0 <= 0.0 && last.0 >= 1.0
    }

    /// The curve through them; `None` where it changes nothing.
    fn map(&self) -> Option<Arc<Map>> {
        if self.changes_nothing() {
            return None;
        }
        let spline = Spline::new(&self.0);
        Some(Arc::new(move |value| spline.at(value)))
    }
}

/// Points with the slope of the curve in each.
struct Spline {
    knots: Vec<[f32; 3]>,
}

impl Spline {
    fn new(knots: &[Knot]) -> Self {
        let slopes = slopes(knots);
        let knots = knots.iter().zip(slopes);
        Self {
            knots: knots
                .map(|(Knot(from, to), slope)| [*from, *to, slope].map(narrow))
                .collect(),
        }
    }

    /// Cubic Hermite interpolation.
    fn at(&self, value: f32) -> f32 {
        let next = self.knots.partition_point(|[from, ..]| *from <= value);
        let before = next.checked_sub(1).and_then(|at| self.knots.get(at));
        match (before, self.knots.get(next)) {
            (Some([x0, y0, slope0]), Some([x1, y1, slope1])) => {
                let width = x1 - x0;
                let t = (value - x0) / width;
                let rest = 1.0 - t;
                let bent = rest * slope0 - t * slope1 + (t - rest) * (y1 - y0) / width;
                y0 + t * (y1 - y0) + t * rest * width * bent
            }
            (Some([_, level, _]), None) | (None, Some([_, level, _])) => *level,
            (None, None) => value,
        }
    }
}

/// Slopes of three-point differences, brought down where the curve would not be monotone.
fn slopes(knots: &[Knot]) -> Vec<f64> {
    let secants: Vec<f64> = knots
        .windows(2)
        .map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0))
        .collect();
    let last = secants.len() - 1;
    let slope = |at: usize| {
        let (before, after) = (secants[at.saturating_sub(1)], secants[at.min(last)]);
        if before * after > 0.0 {
            f64::midpoint(before, after)
        } else {
            0.0
        }
    };
    let mut slopes: Vec<f64> = (0..knots.len()).map(slope).collect();
    for (at, secant) in secants.iter().enumerate() {
        if secant.abs() <= 0.0 {
            continue;
        }
        // Within a circle of radius 3 the curve is monotone.
        let (first, second) = (slopes[at] / secant, slopes[at + 1] / secant);
        let length = first.hypot(second);
        if length > 3.0 {
            slopes[at] = 3.0 * first / length * secant;
            slopes[at + 1] = 3.0 * second / length * secant;
        }
    }
    slopes
}

impl Operation for Curves {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let named = Channel::ALL.into_iter().zip(&self.each);
        let named = named.filter(|(_, knots)| !knots.0.is_empty());
        let named = named.map(|(channel, knots)| format!("{channel}=({knots})"));
        let all = Some(self.all.to_string()).filter(|all| !all.is_empty());
        all.into_iter().chain(named).collect::<Vec<_>>().join(",")
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let stays = self.each.iter().all(Knots::changes_nothing);
        let channels = layout
            .channels
            .with_gray(layout.channels.is_gray() && stays);
        Ok(Layout { channels, ..layout })
    }

    fn point(&self) -> Option<Point> {
        let each = self.each.iter().map(Knots::map).zip(Channel::ALL);
        let mut stages: Vec<Stage> = each
            .filter_map(|(map, channel)| Some(channel.alone(map?)))
            .collect();
        if let Some(map) = self.all.map() {
            stages.push(Stage::curve(move |value| map(value)));
        }
        Some(Point::encoded(stages))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(text: &str) -> Arc<Map> {
        text.parse::<Knots>().unwrap().map().unwrap()
    }

    #[test]
    fn curves_go_through_their_points_and_never_beyond() {
        let text = "0:0.1,0.2:0.1,0.3:0.8,0.55:0.81,0.9:0.2,1:0.3";
        let curve = curve(text);
        let knots: Knots = text.parse().unwrap();
        for Knot(from, to) in &knots.0 {
            assert!((curve(narrow(*from)) - narrow(*to)).abs() < 1e-6);
        }
        for pair in knots.0.windows(2) {
            let [low, high] = [pair[0].1.min(pair[1].1), pair[0].1.max(pair[1].1)].map(narrow);
            let mut last = curve(narrow(pair[0].0));
            for step in 1..=100 {
                let place = pair[0].0 + (pair[1].0 - pair[0].0) * f64::from(step) / 100.0;
                let value = curve(narrow(place));
                assert!((low - 1e-6..=high + 1e-6).contains(&value), "{place}");
                let rises = pair[1].1 >= pair[0].1;
                let is_monotone = if rises {
                    value >= last - 1e-6
                } else {
                    value <= last + 1e-6
                };
                assert!(is_monotone, "{place}: {last} {value}");
                last = value;
            }
        }
    }

    #[test]
    fn between_three_points_it_is_what_a_hand_computes() {
        let curve = curve("0:0,0.5:0.25,1:1");
        // Slopes 0.5, 1 and 1.5. In the middle of the first half: 0.125 + 0.5 * (0.5 - 1.0) / 8.
        assert!((curve(0.25) - 0.09375).abs() < 1e-6);
        // And of the second: 0.625 + 0.5 * (1.0 - 1.5) / 8.
        assert!((curve(0.75) - 0.59375).abs() < 1e-6);
    }

    #[test]
    fn two_points_are_a_line_and_level_beyond() {
        let curve = curve("(0.2:0.9, 0.8:0.3)");
        for (value, wanted) in [(0.0, 0.9), (0.2, 0.9), (0.5, 0.6), (0.8, 0.3), (2.0, 0.3)] {
            assert!((curve(value) - wanted).abs() < 1e-6, "{value}");
        }
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        for text in [
            "", "0:0", "0:0,0:1", "1:0,0:1", "0:0,1:2", "0,1", "x:0,1:1", "red=0:0",
        ] {
            assert!(format!("curves {text}").parse::<Op>().is_err(), "{text}");
        }
    }
}
