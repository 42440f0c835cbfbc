//! Any affine map.

use serde::{Deserialize, Serialize};

use super::background;
use super::moved::Moved;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::image::{Color, Image, Layout};
use crate::params::{ParamError, Params, push_unless};

/// Moves every point of the picture by a matrix: `x`, `y` goes to `a x + b y`, `c x + d y`. The result is the smallest upright
/// box that holds it; for its channels see [`crate::pipeline::ops::Extend`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    /// a, b, c, d.
    pub matrix: [f64; 4],
    /// Pixels to the right and down by which the picture is moved in the box.
    pub shift: (f64, f64),
    /// What is filled with this.
    pub background: Color,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "affine",
    aliases: &[],
    value: Value::Needed("A,B,C,D"),
    summary: "move every point by a matrix",
    details: "A,B,C,D, each from -100 to 100: the point x, y goes to A*x + B*y, C*x + D*y; y counts downwards.\n\
              The result is the smallest box that holds all of the picture.\n\
              dx=, dy=, -10000 to 10000, default 0: pixels by which the picture is moved in the box, and fractions of them.\n\
              background=COLOR: what is filled; default transparent, which adds alpha.",
    example: "1,0.2,-0.1,0.9,background=white",
    cost: Cost::Medium,
    elsewhere: "ImageMagick `-affine` with `-transform`, sharp `affine()`, libvips `affine`, OpenCV `warpAffine`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("affine", text);
    let mut matrix = [0.0; 4];
    for (entry, name) in matrix.iter_mut().zip(["a", "b", "c", "d"]) {
        let what = "four numbers such as `1,0.2,0,1`";
        *entry = params.need_number(name, what, -100.0..=100.0)?;
    }
    let shift = |params: &mut Params<'_>, name| params.named_number(name, 0.0, -1e4..=1e4);
    let shift = (shift(&mut params, "dx")?, shift(&mut params, "dy")?);
    let background = background::take(&mut params, defaults, Color::TRANSPARENT)?;
    let [a, b, c, d] = matrix;
    if (a * d - b * c).abs() < 1e-4 {
        let message =
            "the matrix leaves nothing of the picture: its determinant is 0, or nearly so";
        return Err(params
            .error(ParamError::Malformed(message.to_owned()))
            .into());
    }
    params.finish()?;
    let op = Affine {
        matrix,
        shift,
        background,
    };
    Ok(op.into())
}

impl Affine {
    fn moved(&self) -> Moved {
        Moved {
            matrix: self.matrix,
            shift: self.shift,
            background: self.background,
        }
    }
}

impl Operation for Affine {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let [a, b, c, d] = self.matrix;
        let mut parts = format!("{a},{b},{c},{d}");
        push_unless(&mut parts, "dx", self.shift.0, 0.0);
        push_unless(&mut parts, "dy", self.shift.1, 0.0);
        background::push(&mut parts, self.background, Color::TRANSPARENT);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        Ok(self.moved().layout(layout))
    }

    fn scratch(&self, before: &Layout, after: &Layout) -> u64 {
        Moved::scratch(before, after)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        Ok(self.moved().apply(image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused() {
        for value in [
            "",
            "1,2,3",
            "1,2,2,4",
            "1,0,0,1,5",
            "1,0,0,x",
            "nan,0,0,1",
            "1,0,0,1e9",
        ] {
            assert!(format!("affine {value}").parse::<Op>().is_err(), "{value}");
        }
    }
}
